/**
 * What there is: the portfolios and instruments of a store, in the order in which they were first recorded, and one of them with its terms. An answer depends on
 * its stream alone, so that the stream's revision names its version. Deliberately absent: anything that prices move (nav.ts).
 */
import { formatInstant } from '../domain/instant';
import type { FeeSchedule, SlippageModel } from '../domain/fee-schedule';
import type { MandateData } from '../domain/mandate';
import type { PortfolioOpened } from '../domain/portfolio-events';
import type { Listing } from '../domain/price-stream';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { decode } from '../store/frame';
import { fromStored } from './event-codec';
import type { ReadModel } from './read-model';
import { isPortfolioStream, portfolioStream, priceStream } from './streams';

/** A part of a list; `next` is how many were passed so far, undefined at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: number | undefined;
}

export interface InstrumentAnswer extends Listing {
  /** Of the instrument's stream. */
  readonly revision: string;
}

export interface PortfolioSummary {
  readonly portfolioId: string;
  readonly name: string;
  readonly quoteCurrency: string;
  readonly currencyScale: number;
  readonly unitScale: number;
  readonly instrumentId: string;
  readonly targetLeverage: string;
  readonly openedAt: string;
  /** Of the portfolio's stream. */
  readonly revision: string;
}

export interface PortfolioAnswer extends PortfolioSummary {
  /** In force from `at`, in that order. */
  readonly mandates: readonly { readonly at: string; readonly version: string; readonly mandate: MandateData }[];
  readonly feeSchedules: readonly { readonly at: string; readonly schedule: FeeSchedule }[];
  readonly slippageModels: readonly { readonly at: string; readonly model: SlippageModel }[];
}

/** At most `limit` instruments after the first `skip`. */
export function instruments(model: ReadModel, skip: number, limit: number): Page<InstrumentAnswer> {
  const streams = model.store.streams().filter((stream) => model.instruments.has(stream));
  const items = streams.slice(skip, skip + limit).map((stream) => instrumentAnswer(model, stream));
  return { items, next: nextOf(streams, skip, limit) };
}

export function instrument(model: ReadModel, instrumentId: string): InstrumentAnswer | Refusal {
  const about = { field: 'instrumentId', value: instrumentId };
  const found = model.instrument(instrumentId);
  if (!found) return refuse('UnknownInstrument', 'must be a listed instrument', about);
  return found.listing.instrumentId === instrumentId
    ? instrumentAnswer(model, priceStream(instrumentId))
    : refuse('IdCaseMismatch', `differs in letter case only from ${found.listing.instrumentId}`, about);
}

/** At most `limit` portfolios after the first `skip`. */
export async function portfolios(model: ReadModel, skip: number, limit: number): Promise<Page<PortfolioSummary>> {
  const streams = model.store.streams().filter(isPortfolioStream);
  const items = await Promise.all(streams.slice(skip, skip + limit).map((stream) => summaryOf(model, stream)));
  return { items, next: nextOf(streams, skip, limit) };
}

export async function portfolio(model: ReadModel, portfolioId: string): Promise<PortfolioAnswer | Refusal> {
  const view = await model.view(portfolioId);
  if (isRefusal(view)) return view;
  const { mandates, schedules, slippageModels } = view.portfolio;
  return {
    ...(await summaryOf(model, portfolioStream(portfolioId))),
    mandates: mandates.map(({ at, version, mandate }) => ({ at: formatInstant(at), version, mandate: mandate.data })),
    feeSchedules: schedules.map(({ at, schedule }) => ({ at: formatInstant(at), schedule })),
    slippageModels: slippageModels.map(({ at, slippage }) => ({ at: formatInstant(at), model: slippage.data })),
  };
}

function instrumentAnswer(model: ReadModel, stream: string): InstrumentAnswer {
  return { ...model.instruments.get(stream)!.listing, revision: String(model.store.streamHead(stream)) };
}

/** From the stream's first event, so that a list folds no portfolio. */
async function summaryOf(model: ReadModel, stream: string): Promise<PortfolioSummary> {
  for await (const slice of model.store.readStream(stream)) {
    for (const frame of slice.frames()) {
      const { at, ...terms } = (fromStored(decode(frame)) as PortfolioOpened).data;
      return { ...terms, openedAt: at, revision: String(model.store.streamHead(stream)) };
    }
  }
  throw new Error(`${stream} is empty`);
}

function nextOf(streams: readonly string[], skip: number, limit: number): number | undefined {
  return skip + limit < streams.length ? skip + limit : undefined;
}
