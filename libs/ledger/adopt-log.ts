/**
 * Reading a log file back into an empty store. Invariant: the store gets a history that every projection of this version can fold, or stays empty: each event is tried on
 * the facts before it as it passes, and the store commits only when the last one has passed.
 */
import { fixed, parseDecimal } from '../domain/decimal';
import { Portfolio } from '../domain/portfolio';
import type { PortfolioEvent } from '../domain/portfolio-events';
import type { PriceEvent } from '../domain/price-events';
import type { Listing } from '../domain/price-stream';
import { refuse, RefusalError } from '../domain/refusal';
import { readNdjson } from '../formats/ndjson';
import type { SourceOptions } from '../formats/source';
import { type StoredEvent, StoreError } from '../store/port';
import { fromStored } from './event-codec';
import type { Ledger } from './ledger';
import { readLog } from './log-file';
import { isPriceStream, portfolioStream, priceStream } from './streams';

export interface AdoptOptions extends Omit<SourceOptions, 'onProgress'> {
  readonly onProgress?: ((events: number) => void) | undefined;
}

/** Throws RefusalError: InvalidFile naming file, line and field, or NotEmpty (as StoreError `not-empty`); then the store is as it was. */
export async function adoptLog(
  ledger: Ledger,
  file: string,
  options: AdoptOptions = {},
): Promise<{ readonly events: number; readonly hash: string }> {
  const { onProgress, ...source } = options;
  const events = checked(
    file,
    readLog(file === '-' ? 'stdin' : file, readNdjson(file, { ...source, maxLineBytes: MAX_LINE_BYTES })),
    onProgress,
  );
  await ledger.store.adopt(events).catch((error: unknown) => {
    // It is the file that does not hold together; the store is as it was.
    if (!(error instanceof StoreError && error.fault === 'damaged')) throw error;
    throw new RefusalError(refuse('InvalidFile', error.message, { field: file }));
  });
  const { position, hash } = ledger.store.head();
  return { events: position + 1, hash };
}

/** An event's data and metadata are a mebibyte each at most. */
const MAX_LINE_BYTES = 3 << 20;
/** Events between two turns of the event loop, so that a Ctrl-C is seen. */
const TURN_EVENTS = 20_000;

async function* checked(
  file: string,
  events: AsyncIterable<StoredEvent>,
  onProgress: AdoptOptions['onProgress'],
): AsyncGenerator<StoredEvent, void, undefined> {
  const trial = new Trial();
  const refused = (subject: string, value: string | undefined, error: unknown): RefusalError =>
    new RefusalError(
      refuse('InvalidFile', `must follow from the events before it: ${(error as Error).message}`, {
        field: `${file}: ${subject}`,
        ...(value === undefined ? {} : { value }),
      }),
    );
  for await (const event of events) {
    try {
      trial.take(event);
    } catch (error) {
      throw refused(`event at position ${event.position}`, event.type, error);
    }
    yield event;
    if (event.position % TURN_EVENTS !== 0) continue;
    onProgress?.(event.position + 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const [stream, { timeline }] of trial.portfolios) {
    try {
      timeline.stateAfter(timeline.length);
    } catch (error) {
      throw refused(stream, undefined, error);
    }
  }
}

/** The facts so far, as far as later events rest on them. */
class Trial {
  private readonly listings = new Map<string, Listing>();
  /** By stream. */
  readonly portfolios = new Map<string, Portfolio>();
  /** The first 48 bits of every tick's event id. */
  private readonly ticks = new Set<number>();

  take(stored: StoredEvent): void {
    const event = fromStored(stored);
    if (isPriceStream(stored.stream)) this.takePrice(stored, event as PriceEvent);
    else this.takePortfolio(stored, event as PortfolioEvent);
  }

  private takePrice({ stream, eventId }: StoredEvent, event: PriceEvent): void {
    const { instrumentId } = event.data;
    if (typeof instrumentId !== 'string' || priceStream(instrumentId) !== stream)
      throw new Error(`instrumentId does not belong into ${stream}`);
    const listing = this.listings.get(stream);
    if (event.type === 'InstrumentListed') {
      const { priceScale, quantityScale } = event.data;
      if (listing || !isScale(priceScale) || !isScale(quantityScale))
        throw new Error('an instrument is listed once, with scales from 0 to 18');
      this.listings.set(stream, event.data);
      return;
    }
    if (event.type === 'PriceTicked') {
      if (typeof event.data.source !== 'string') throw new Error('source must be a text');
      this.ticks.add(short(eventId));
    } else if (event.type !== 'PriceCorrected') throw new Error(`it does not belong into ${stream}`);
    else if (!this.ticks.has(short(event.data.corrects))) throw new Error('it corrects no price before it');
    if (!listing) throw new Error('the instrument is not listed');
    if (!parseDecimal(event.data.price)) throw new Error('price must be a decimal in a string');
    fixed(event.data.price, listing.priceScale);
  }

  private takePortfolio({ stream, eventId, position }: StoredEvent, event: PortfolioEvent): void {
    const { portfolioId } = event.data;
    if (typeof portfolioId !== 'string' || portfolioStream(portfolioId) !== stream)
      throw new Error(`portfolioId does not belong into ${stream}`);
    const portfolio = this.portfolios.get(stream);
    if (event.type === 'PortfolioOpened') {
      const listing = this.listings.get(priceStream(event.data.instrumentId));
      if (portfolio || !listing) throw new Error('a portfolio is opened once, on an instrument that is listed');
      if (!isScale(event.data.currencyScale) || !isScale(event.data.unitScale)) throw new Error('its scales must be from 0 to 18');
      this.portfolios.set(stream, new Portfolio(event, listing, eventId));
    } else if (portfolio) portfolio.apply(event, eventId, position);
    else throw new Error('the portfolio is not open');
  }
}

function isScale(scale: unknown): boolean {
  return Number.isInteger(scale) && (scale as number) >= 0 && (scale as number) <= 18;
}

function short(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
