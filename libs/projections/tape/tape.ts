/**
 * The tick tape: all prices of one instrument, compactly, as known at any log position. Ticks that follow the last one lie in segments.
 * Late ticks, second ticks of an instant and corrections are side facts, laid over the segments when a view is made; a long stretch of late
 * ticks that fills a hole (years imported last first) becomes segments of its own. The tape is derived: everything in it comes from the log.
 *
 * Invariant: facts arrive in log order, each log position once. Deliberately absent: reading events (scan.ts helps) and keeping blobs.
 */
import type { Instant } from '../../domain/instant';
import type { PriceView } from '../../domain/price-view';
import { asBlob, TapeDamaged, type Blob } from './codec';
import type { Exact } from './column';
import type { StoredSide, TapeChanges, TapeDirectory } from './directory';
import { Line } from './line';
import { Lru } from './lru';
import { overlay } from './overlay';
import { knownPart, PieceStore, type LoadBlob } from './piece';
import { SideFacts } from './side';
import { TapeView, type Slot } from './view';

const VIEWS_KEPT = 8;
const MERGES_KEPT = 128;

export interface TapeOptions {
  /** How many stored segments (about 4 bytes a tick) stay in memory. */
  readonly segmentsLoaded?: number;
  /** Most ticks of a segment. */
  readonly segmentTicks?: number;
  /** Fewer late ticks than this in a row are no segment of their own. */
  readonly streakTicks?: number;
}

const DEFAULTS: Required<TapeOptions> = { segmentsLoaded: 2_048, segmentTicks: 65_536, streakTicks: 4_096 };
const EMPTY: TapeDirectory = { version: 1, lastPosition: -1, sources: [], segments: [], side: [] };

export class Tape {
  /** Log position of the last fact taken in, -1 when there is none. */
  lastPosition = -1;
  private readonly sources: string[] = [];
  private readonly sourceIndexes = new Map<string, number>();
  private readonly line: Line;
  private loadedSide: SideFacts | undefined;
  /**
   * Side rows from `start` on are late ticks, rising in time up to `last`, with no tick of a segment among them: the next one is at `limit`.
   * They are made a segment from `enough` ticks on.
   */
  private streak: { readonly start: number; readonly limit: bigint; readonly enough: number; last: bigint } | undefined;
  private readonly views = new Lru<number, TapeView>(VIEWS_KEPT);
  private readonly merges = new Lru<string, readonly Slot[]>(MERGES_KEPT);
  private storedKeys: ReadonlySet<string>;
  private storedSide: readonly StoredSide[];
  /** Side rows below this are as they were stored. */
  private sideStored: number;

  private readonly store: PieceStore;
  private readonly options: Required<TapeOptions>;

  private constructor(directory: TapeDirectory, load: LoadBlob | undefined, options: TapeOptions) {
    this.options = { ...DEFAULTS, ...options };
    this.store = new PieceStore(load, this.options.segmentsLoaded);
    for (const source of directory.sources) this.sourceIndex(source);
    this.lastPosition = directory.lastPosition;
    this.line = new Line(this.store, this.options.segmentTicks, directory.segments);
    this.storedKeys = keysOf(directory);
    this.storedSide = directory.side;
    this.sideStored = rowsOf(directory.side);
  }

  /** A tape without facts. With `load` it may drop from memory what {@link TapeChanges.saved} said is stored. */
  static empty(load?: LoadBlob, options: TapeOptions = {}): Tape {
    return new Tape(EMPTY, load, options);
  }

  /**
   * A stored tape; its parts are loaded when first needed. Any method may throw TapeDamaged when they are not what was stored: then the tape
   * must be rebuilt. `segmentTicks` must be what it was.
   */
  static open(directory: TapeDirectory, load: LoadBlob, options: TapeOptions = {}): Tape {
    if (directory.version !== 1) throw new TapeDamaged(`tape version ${String(directory.version)} is not known`);
    return new Tape(directory, load, options);
  }

  /** Takes in a tick, `price` in units of the price scale. Throws a defect when `position` is not above all earlier ones. */
  append(at: Instant, price: Exact, position: number, source: string): void {
    this.advance(position);
    const index = this.sourceIndex(source);
    if (at > this.line.last) this.line.push(at, price, position, index);
    else this.appendLate(at, price, position, index);
  }

  /**
   * Takes in a correction, effective from its own `position`: the tick recorded at log position `original` (or the one corrected there)
   * stands at `at` with `price`, and keeps its place in log order. Throws a defect when there is no such tick.
   */
  correct(original: number, at: Instant, price: Exact, position: number): void {
    this.endStreak();
    const { side } = this;
    const row = side.rowOf(original);
    const source = row === undefined ? this.line.sourceOf(original) : side.sourceAt(row);
    if (source === undefined) throw new Error(`no tick at log position ${original}`);
    this.advance(position);
    side.addCorrection(row === undefined ? original : side.positionAt(row), at, price, position, source);
  }

  /** Prices from events with log position ≤ `known` (default: all). A view stays right while the tape grows. */
  view(known = Infinity): PriceView {
    const position = Math.min(known, this.lastPosition);
    return this.views.take(position, () => {
      const parts = this.line
        .parts()
        .map((part) => knownPart(part, position))
        .filter((part) => part !== undefined);
      return new TapeView(this.side.n === 0 ? parts : overlay(parts, this.side, position, this.options.segmentTicks, this.merges));
    });
  }

  /** Prices of `source` that were recorded for the instant `at`, or stand there now by a correction, in no particular order. */
  recorded(at: Instant, source: string): bigint[] {
    const index = this.sourceIndexes.get(source);
    const prices: bigint[] = [];
    if (index === undefined) return prices;
    const part = this.line.partAt(at);
    if (part !== undefined && at <= part.last) {
      const segment = part.ticks();
      const i = segment.time.floor(at);
      if (segment.time.value(i) === at && segment.sourceAt(i) === index) prices.push(segment.price.value(i));
    }
    const { side } = this;
    if (side.n === 0) return prices;
    for (const row of side.rowsAt(at)) {
      if (side.sourceAt(row) !== index) continue;
      const position = side.positionAt(row);
      if (position === side.fromAt(row) || side.standingRow(position) === row) prices.push(side.price.value(row));
    }
    return prices;
  }

  /**
   * What changed since the last changes that were saved: everything that {@link Tape.open} needs and that is not stored. `saved` must be
   * called before further facts come in, or not at all.
   */
  changes(): TapeChanges {
    const put = new Map<string, Blob>();
    const add = (bytes: Buffer): string => {
      const blob = asBlob(bytes);
      if (!this.storedKeys.has(blob.key)) put.set(blob.key, blob);
      return blob.key;
    };
    const line = this.line.toStore(add);
    const side = this.sideToStore(add);
    const directory: TapeDirectory = {
      ...EMPTY,
      lastPosition: this.lastPosition,
      sources: [...this.sources],
      segments: line.segments,
      side,
    };
    const keys = keysOf(directory);
    return {
      directory,
      put: [...put.values()],
      drop: [...this.storedKeys].filter((key) => !keys.has(key)),
      saved: () => {
        if (this.lastPosition !== directory.lastPosition) throw new Error('the tape took in facts before its changes were saved');
        line.saved();
        this.storedKeys = keys;
        this.storedSide = side;
        this.sideStored = rowsOf(side);
      },
    };
  }

  private get side(): SideFacts {
    if (this.loadedSide === undefined) {
      this.loadedSide = new SideFacts();
      for (const { key } of this.storedSide) this.loadedSide.decode(this.store.load(key));
    }
    return this.loadedSide;
  }

  private advance(position: number): void {
    if (position <= this.lastPosition) throw new Error(`log position ${position} comes after ${this.lastPosition}`);
    this.lastPosition = position;
  }

  private sourceIndex(source: string): number {
    let index = this.sourceIndexes.get(source);
    if (index === undefined) {
      index = this.sources.push(source) - 1;
      this.sourceIndexes.set(source, index);
    }
    return index;
  }

  private appendLate(at: bigint, price: Exact, position: number, source: number): void {
    const { side } = this;
    if (this.streak === undefined || at <= this.streak.last || at >= this.streak.limit) {
      this.endStreak();
      this.streak = { start: side.n, limit: this.line.firstFrom(at), enough: this.options.streakTicks, last: at };
    }
    side.addTick(at, price, position, source);
    this.streak.last = at;
    if (side.n - this.streak.start < this.options.segmentTicks) return;
    const { limit, last } = this.streak;
    this.endStreak();
    // What continues a full segment is worth one, however short.
    this.streak = { start: side.n, limit, enough: 1, last };
  }

  /** Makes the streak a segment when it is long enough. */
  private endStreak(): void {
    const { streak, side } = this;
    this.streak = undefined;
    if (streak === undefined || side.n - streak.start < streak.enough) return;
    const { segment, facts } = side.takeFrom(streak.start);
    this.sideStored = Math.min(this.sideStored, streak.start);
    this.line.insert(segment, facts);
  }

  /** Chunks of side facts; those that are stored and full, or unchanged, keep their key. */
  private sideToStore(put: (bytes: Buffer) => string): StoredSide[] {
    if (this.loadedSide === undefined) return [...this.storedSide];
    const chunks: StoredSide[] = [];
    const { segmentTicks } = this.options;
    for (let first = 0; first < this.side.n; first += segmentTicks) {
      const end = Math.min(this.side.n, first + segmentTicks);
      const stored = this.storedSide[chunks.length];
      const unchanged = stored !== undefined && stored.end === end && end <= this.sideStored;
      chunks.push({ key: unchanged ? stored.key : put(this.side.encode(first, end)), end });
    }
    return chunks;
  }
}

function rowsOf(side: readonly StoredSide[]): number {
  return side.at(-1)?.end ?? 0;
}

function keysOf(directory: TapeDirectory): ReadonlySet<string> {
  return new Set([...directory.segments, ...directory.side].map(({ key }) => key));
}
