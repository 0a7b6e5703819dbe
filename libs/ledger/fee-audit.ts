/**
 * The `fee-audit` question: folds a portfolio's stream from the log and has each charge judged on the way. The folding takes no turn of the ledger, so commands and other questions go on
 * meanwhile; what is recorded after it began is not in the answer. Deliberately absent: what is right (libs/projections/fee-audit).
 */
import { Portfolio } from '../domain/portfolio';
import { formatInstant, type Instant } from '../domain/instant';
import type { PortfolioEvent } from '../domain/portfolio-events';
import type { Listing } from '../domain/price-stream';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { Ending } from '../domain/valuation';
import type { FeeAuditAnswer } from '../projections/fee-audit/answer';
import { FeeAudit } from '../projections/fee-audit/audit';
import { TapeDamaged } from '../projections/tape/codec';
import type { Tape } from '../projections/tape/tape';
import { beforeInception, type View } from '../projections/view';
import { decode } from '../store/frame';
import { fromStored } from './event-codec';
import { ratesOf } from './entries';
import type { Ledger } from './ledger';
import type { ReadModel } from './read-model';
import { portfolioStream } from './streams';

/** Who waits for a long answer. */
export interface Watch {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What the audit reads. */
interface Source {
  readonly model: ReadModel;
  readonly view: View;
  readonly listing: Listing;
  readonly tape: Tape;
}

/** Events between two turns of the event loop. */
const TURN_EVENTS = 200;

/** The charges in (from, to]. With `knownAt`, all are judged by what was known then, else each by what was known when it was recorded. */
export async function feeAudit(
  ledger: Ledger,
  portfolioId: string,
  from: Instant,
  to: Instant,
  knownAt: Instant | undefined,
  watch: Watch,
): Promise<FeeAuditAnswer | Refusal> {
  if (from > to) return refuse('InvalidField', 'must not be after the end of the window', { field: 'from', value: formatInstant(from) });
  const sourceOf = async (model: ReadModel): Promise<Source | Refusal> => {
    const view = await model.view(portfolioId, knownAt);
    if (isRefusal(view)) return view;
    return beforeInception(view, 'to', to) ?? { model, view, ...model.instrument(view.portfolio.terms.instrumentId)! };
  };
  const answerOf = (source: Source | Refusal): Promise<FeeAuditAnswer | Refusal> =>
    isRefusal(source) ? Promise.resolve(source) : audited(source, new FeeAudit(from, to), knownAt !== undefined, watch);
  try {
    return await answerOf(await ledger.ask(sourceOf));
  } catch (error) {
    if (!(error instanceof TapeDamaged)) throw error;
    // In its turn the ledger makes anew what was kept of the prices.
    return ledger.ask(async (model) => answerOf(await sourceOf(model)));
  }
}

async function audited(
  { model, view, listing, tape }: Source,
  audit: FeeAudit,
  asKnown: boolean,
  { onProgress, signal }: Watch,
): Promise<FeeAuditAnswer> {
  const { store } = model;
  const stream = portfolioStream(view.portfolio.terms.portfolioId);
  const total = store.streamHead(stream) + 1;
  let portfolio: Portfolio | undefined;
  let done = 0;
  for await (const slice of store.readStream(stream)) {
    if (slice.position > view.logPosition) break;
    for (const frame of slice.frames(0, view.logPosition)) {
      const stored = decode(frame);
      const { eventId, position } = stored;
      const event = fromStored(stored) as PortfolioEvent;
      if (event.type === 'PortfolioOpened') portfolio = new Portfolio(event, listing, eventId);
      else
        audit.take(portfolio!, event, eventId, position, () => ({ prices: tape.view(position - 1), rates: ratesOf(model, position - 1) }));
      if (++done % TURN_EVENTS !== 0) continue;
      onProgress?.(done, total);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  }
  const prices = tape.view(view.logPosition);
  const fund = portfolio!;
  const ending = new Ending(fund.terms, fund.timeline, () => prices);
  return audit.answer({ ...view, portfolio: fund, prices, rates: ratesOf(model, view.logPosition), ending }, asKnown);
}
