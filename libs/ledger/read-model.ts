/**
 * What is known, in memory: the tape of every instrument and the portfolios that were asked for, fed from the store in log order. Opens from what was
 * kept beside the store and catches up from there; `take` lets a writer see its own decisions before they are durable.
 *
 * Invariant: in are the store's events up to where it was last caught up with, behind them what was taken, and nothing else; so it must not catch up while what was
 * taken is not in the store. An event type that is not known stops it. Deliberately absent: deciding (decider.ts), the files of kept blobs (kept-model.ts).
 */
import { Portfolio } from '../domain/portfolio';
import { formatInstant, instant, type Instant } from '../domain/instant';
import { fixed } from '../domain/decimal';
import type { PortfolioEvent, PortfolioOpened } from '../domain/portfolio-events';
import type { PriceCorrected, PriceTicked } from '../domain/price-events';
import { refuse, type Refusal } from '../domain/refusal';
import { Ending } from '../domain/valuation';
import { narrow } from '../projections/tape/column';
import { PriceScanner } from '../projections/tape/scan';
import { Tape } from '../projections/tape/tape';
import type { View } from '../projections/view';
import { decode, type Frame, type Slice } from '../store/frame';
import type { EventStore, NewEvent } from '../store/port';
import { type FundEntry, type InstrumentEntry, type Known, type PortfolioEntry, ratesOf } from './entries';
import { checkType, fromStored, type LedgerEvent } from './event-codec';
import { Horizon } from './horizon';
import type { KeptModel } from './kept-model';
import { PastViews } from './past-views';
import type { Tick } from './price-chunk';
import { isPortfolioStream, isPriceStream, portfolioStream, priceStream } from './streams';
import { type FoundTick, TickFinder } from './tick-finder';

export type OnProgress = (done: number, total: number) => void;

/** Events read between two turns of the event loop, so that others get their turn. */
const TURN_EVENTS = 50_000;
const BEFORE_ALL = -(1n << 63n);

export class ReadModel implements Known {
  readonly instruments = new Map<string, InstrumentEntry>();
  readonly funds = new Map<string, FundEntry>();
  /** Log position of the last event that is in. */
  position = -1;
  private readonly horizon: Horizon;
  private readonly ticks: TickFinder;
  private readonly past = new PastViews(this);

  constructor(
    readonly store: EventStore,
    readonly kept?: KeptModel,
  ) {
    this.horizon = new Horizon(store);
    this.ticks = new TickFinder(store);
  }

  static async open(store: EventStore, kept?: KeptModel, onProgress?: OnProgress): Promise<ReadModel> {
    const model = new ReadModel(store, kept);
    kept?.load(model);
    await model.catchUp(onProgress);
    return model;
  }

  /** A model read anew: for when decisions in this one did not become durable. */
  reopen(): Promise<ReadModel> {
    return ReadModel.open(this.store, this.kept);
  }

  instrument(instrumentId: string): InstrumentEntry | undefined {
    return this.instruments.get(priceStream(instrumentId));
  }

  /** Revision of the stream's last event that is in, -1 when there is none. */
  revisionOf(stream: string): number | Promise<number> {
    return this.horizon.revisionOf(stream);
  }

  /** Takes in what the store has beyond `position`. Everything that was taken must be in the store. */
  async catchUp(onProgress?: OnProgress): Promise<void> {
    const { position: head } = this.store.head();
    if (head > this.position) await this.read(head, onProgress);
    this.horizon.position = this.position;
  }

  private async read(head: number, onProgress?: OnProgress): Promise<void> {
    const first = this.position + 1;
    let turnAt = first + TURN_EVENTS;
    for await (const slice of this.store.readAll(first, { to: head })) {
      await this.takeSlice(slice, first);
      if (this.position < turnAt) continue;
      turnAt = this.position + TURN_EVENTS;
      onProgress?.(this.position - first + 1, head - first + 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Takes in events that were decided here, on a revision of their stream, and will be appended next. Answers the log position that the first will have if nobody else writes. */
  take(stream: string, revision: number, events: readonly LedgerEvent[], news: readonly NewEvent[]): number {
    const first = this.position + 1;
    for (const [i, event] of events.entries()) {
      const position = ++this.position;
      const { eventId, at } = news[i]!;
      if (isPriceStream(stream)) this.takePrice(stream, event, at, position);
      else this.takePortfolioEvent(stream, event as PortfolioEvent, eventId, position);
    }
    this.horizon.note(stream, revision + events.length);
    return first;
  }

  /** The same for many prices of one source, at least one. */
  takeTicks(stream: string, revision: number, source: string, ticks: readonly Tick[]): number {
    const first = this.position + 1;
    const { tape } = this.instruments.get(stream)!;
    let earliest = ticks[0]!.at;
    for (const { at, price } of ticks) {
      tape.append(at, narrow(price), ++this.position, source);
      if (at < earliest) earliest = at;
    }
    this.pricesChanged(stream, earliest);
    this.horizon.note(stream, revision + ticks.length);
    return first;
  }

  /** The portfolio as known now, to decide on; undefined when its stream is empty. */
  async portfolio(portfolioId: string): Promise<PortfolioEntry | undefined> {
    const stream = portfolioStream(portfolioId);
    const entry = this.funds.get(stream);
    if (entry && isFolded(entry)) return entry;
    if (this.store.streamHead(stream) < 0) return undefined;
    const folded = await this.fold(stream, this.horizon.position);
    if (!folded) return undefined;
    if (entry) folded.firstChanged = entry.firstChanged;
    this.funds.set(stream, folded);
    return folded;
  }

  /** The fund as known now, to ask about; undefined when its stream is empty. */
  private async fund(stream: string): Promise<FundEntry | undefined> {
    const entry = this.funds.get(stream) ?? (await this.fold(stream, this.horizon.position));
    if (entry) this.funds.set(stream, entry);
    return entry;
  }

  /**
   * The tick that an event id means: its own, or the one that a correction of that id corrected. Undefined for a tick that the store has beyond what was read: the model may have it,
   * if at all, at another position.
   */
  async findTick(instrumentId: string, eventId: string): Promise<FoundTick | undefined> {
    const found = await this.ticks.find(priceStream(instrumentId), eventId);
    return found && found.position <= this.horizon.position ? found : undefined;
  }

  /** A portfolio as known at a recorded time, or now. */
  async view(portfolioId: string, knownAt?: Instant): Promise<View | Refusal> {
    const stream = portfolioStream(portfolioId);
    const logPosition = knownAt === undefined ? this.position : this.store.positionAt(knownAt);
    // The store may have got more since it was asked last.
    if (logPosition > this.position) await this.catchUp();
    const about = { field: 'portfolioId', value: portfolioId };
    if ((await this.revisionOf(stream)) < 0) return refuse('UnknownPortfolio', 'must be an open portfolio', about);
    const now = logPosition >= this.position;
    const view = now ? await this.latestView(stream) : await this.past.view(stream, logPosition, knownAt!);
    if (!view) {
      const rule = `${portfolioId} was not recorded yet at that time`;
      return refuse('Unanswerable', rule, { field: 'knownAt', value: formatInstant(knownAt!) });
    }
    if (view.portfolio.terms.portfolioId !== portfolioId) {
      return refuse('IdCaseMismatch', `differs in letter case only from ${view.portfolio.terms.portfolioId}`, about);
    }
    return knownAt === undefined || !now ? view : { ...view, knownAt };
  }

  /** Folds every portfolio of the store, so that all of them are kept. */
  async foldAll(): Promise<void> {
    for (const stream of this.store.streams()) if (isPortfolioStream(stream)) await this.fund(stream);
  }

  /** Keeps what is in beside the store, for the next process. */
  keep(always = false): void {
    this.kept?.save(this, always);
  }

  /** Folds a portfolio's stream up to a log position, from the log itself. */
  async fold(stream: string, through: number): Promise<PortfolioEntry | undefined> {
    let entry: PortfolioEntry | undefined;
    for await (const slice of this.store.readStream(stream)) {
      if (slice.position > through) break;
      for (const frame of slice.frames(0, through)) {
        const stored = decode(frame);
        const event = fromStored(stored) as PortfolioEvent;
        if (event.type === 'PortfolioOpened') entry = this.opened(event, stored.eventId, stored.position);
        else this.applyTo(entry!, event, stored.eventId, stored.position);
      }
    }
    return entry;
  }

  private async latestView(stream: string): Promise<View | undefined> {
    const entry = await this.fund(stream);
    if (!entry) return undefined;
    const { fund, ending } = entry;
    const knownAt = await this.horizon.recordedAt();
    const { tape } = this.instrument(fund.terms.instrumentId)!;
    return { portfolio: fund, ending, prices: tape.view(), rates: ratesOf(this), logPosition: this.position, knownAt };
  }

  private async takeSlice(slice: Slice, from: number): Promise<void> {
    const { stream } = slice;
    if (isPriceStream(stream)) await this.takePrices(slice, from);
    else if (isPortfolioStream(stream)) {
      for (const frame of slice.frames(from)) {
        // A portfolio that nobody asked for is folded from its stream when somebody does.
        if (this.funds.has(stream))
          this.takePortfolioEvent(stream, fromStored(decode(frame)) as PortfolioEvent, frame.eventId, frame.position);
        else checkType(frame.type, frame.position);
      }
    } else throw new Error(`the stream ${stream} at position ${slice.position} is none of this version's`);
    this.position = Math.max(this.position, slice.position + slice.count - 1);
    this.horizon.note(stream, slice.revision + slice.count - 1);
  }

  private async takePrices(slice: Slice, from: number): Promise<void> {
    const entry = this.instruments.get(slice.stream);
    const scanner = entry && new PriceScanner(entry.listing.priceScale);
    let dirtyFrom: Instant | undefined;
    for (const frame of slice.frames(from)) {
      if (frame.type === 'PriceTicked' && entry && scanner) {
        scanner.scan(frame.bytes, frame.dataStart, frame.dataEnd);
        entry.tape.append(frame.at, scanner.price, frame.position, scanner.source);
        if (dirtyFrom === undefined || frame.at < dirtyFrom) dirtyFrom = frame.at;
      } else await this.takeRarePriceEvent(slice.stream, frame);
    }
    if (dirtyFrom !== undefined) this.pricesChanged(slice.stream, dirtyFrom);
  }

  private async takeRarePriceEvent(stream: string, frame: Frame): Promise<void> {
    const { position, at } = frame;
    const event = fromStored(decode(frame)) as PriceTicked | PriceCorrected;
    if (event.type === 'PriceCorrected') await this.ticks.find(stream, event.data.corrects);
    this.takePrice(stream, event, at, position);
  }

  private takePrice(stream: string, event: LedgerEvent, at: Instant, position: number): void {
    if (event.type === 'InstrumentListed') {
      this.instruments.set(stream, { listing: event.data, tape: Tape.empty() });
      return;
    }
    if (event.type !== 'PriceTicked' && event.type !== 'PriceCorrected') throw new Error(`${event.type} does not belong into ${stream}`);
    const { listing, tape } = this.instruments.get(stream)!;
    const price = narrow(fixed(event.data.price, listing.priceScale));
    if (event.type === 'PriceTicked') {
      tape.append(at, price, position, event.data.source);
      this.pricesChanged(stream, at);
      return;
    }
    tape.correct(this.ticks.moved(event.data.corrects, event.data.at), at, price, position);
    // The tick may have stood anywhere before.
    this.pricesChanged(stream, BEFORE_ALL);
  }

  private takePortfolioEvent(stream: string, event: PortfolioEvent, eventId: string, position: number): void {
    this.past.forget(stream);
    if (event.type === 'PortfolioOpened') {
      this.funds.set(stream, this.opened(event, eventId, position));
      return;
    }
    const entry = this.funds.get(stream)!;
    if (isFolded(entry)) this.applyTo(entry, event, eventId, position);
    // A kept record does not know which fact an event id means: it is folded anew when asked for.
    else if (event.type === 'FactCorrected') this.funds.delete(stream);
    else if (event.type === 'NothingDue') noteChange(entry, undefined, position);
    else {
      entry.fund.stand(event, position);
      noteChange(entry, instant(event.data.at), position);
    }
  }

  private opened(event: PortfolioOpened, eventId: string, lastPosition: number): PortfolioEntry {
    const { listing, tape } = this.instrument(event.data.instrumentId)!;
    const fund = new Portfolio(event, listing, eventId);
    return { fund, ending: new Ending(fund.terms, fund.timeline, () => tape.view()), lastPosition, firstChanged: 0 };
  }

  private applyTo(entry: PortfolioEntry, event: Exclude<PortfolioEvent, PortfolioOpened>, eventId: string, position: number): void {
    noteChange(entry, entry.fund.apply(event, eventId, position), position);
  }

  private pricesChanged(stream: string, from: Instant): void {
    for (const { fund, ending } of this.funds.values()) {
      if (priceStream(fund.terms.instrumentId) === stream) ending.pricesChanged(from);
    }
  }
}

function isFolded(entry: FundEntry): entry is PortfolioEntry {
  return entry.fund instanceof Portfolio;
}

function noteChange(entry: FundEntry, from: Instant | undefined, position: number): void {
  entry.lastPosition = position;
  if (from === undefined) return;
  entry.ending.rewind(from);
  entry.firstChanged = Math.min(entry.firstChanged, entry.fund.timeline.countThrough(from - 1n));
}
