/**
 * Side facts laid over the tape's segments, as known at one log position: segments that no side fact touches are taken as they are, the
 * others are merged into new ticks, and rows between segments form ticks of their own. Of several ticks at one instant the last in log order
 * stays. Merged ticks are kept for other views by what they were made of.
 */
import { narrow, type Exact } from './column';
import { Integers } from './integers';
import type { Lru } from './lru';
import { pack } from './pack';
import type { Segment } from './segment';
import type { SideFacts } from './side';
import { Ticks } from './ticks';
import type { Slot } from './view';

/** A segment, or the beginning of one, that is known at the position asked for. */
export interface Part extends Slot {
  /** Names the part's content among all parts of its tape. */
  readonly id: string;
  readonly firstPosition: number;
  readonly lastPosition: number;
  ticks(): Segment;
}

export function overlay(
  parts: readonly Part[],
  side: SideFacts,
  known: number,
  segmentTicks: number,
  made: Lru<string, readonly Slot[]>,
): Slot[] {
  const rows = side.visible(known);
  const slots: Slot[] = [];
  let placed = 0;
  let nextAt = rows.length === 0 ? undefined : side.at.value(rows[0]!);
  /** Rows up to and including time `t`. */
  const take = (t: bigint): Uint32Array => {
    const start = placed;
    if (nextAt !== undefined && nextAt <= t) {
      placed = side.firstRowAfter(rows, t, placed);
      nextAt = placed === rows.length ? undefined : side.at.value(rows[placed]!);
    }
    return rows.subarray(start, placed);
  };
  const put = (part: Part | undefined, group: Uint32Array, removed: readonly number[]): void => {
    const key = `${part?.id ?? 'between'}/${removed.length}/${signature(side, group)}`;
    for (const slot of made.take(key, () => new Merge(part, side, segmentTicks, group).slots(removed))) slots.push(slot);
  };
  for (const part of parts) {
    const before = take(part.first - 1n);
    if (before.length > 0) put(undefined, before, NONE);
    const within = take(part.last);
    const removed = side
      .removed(part.firstPosition, part.lastPosition, known)
      .map((position) => part.ticks().indexOfPosition(position))
      .filter((i) => i >= 0);
    if (within.length === 0 && removed.length === 0) slots.push(part);
    else put(part, within, removed);
  }
  if (placed < rows.length) put(undefined, rows.subarray(placed), NONE);
  return slots;
}

const NONE: readonly number[] = [];

/**
 * Two groups of rows, visible at any two log positions, of one stretch of time have the same signature only when they are the same: a fact
 * that one of them has beyond the other would be its latest, or, if it only took a row away, change the count.
 */
function signature(side: SideFacts, rows: Uint32Array): string {
  if (rows.length === 0) return '0';
  let latest = -1;
  for (const row of rows) latest = Math.max(latest, side.fromAt(row));
  return `${rows.length}/${latest}/${side.fromAt(rows[0]!)}/${side.fromAt(rows[rows.length - 1]!)}`;
}

/** Stretches of at least a 32nd of a full segment are not copied. */
const SLICE_BITS = 5;
/** So many ticks are looked at one by one before searching. */
const NEAR = 16;

/** Merges rows into one part, or makes ticks of rows alone. Long stretches between rows stay slices of the segment. */
class Merge {
  private readonly made: Slot[] = [];
  private readonly segment: Segment | undefined;
  private readonly n: number;
  private readonly origin: bigint;
  private time: Integers;
  private price = new Integers(0n);

  constructor(
    private readonly part: Part | undefined,
    private readonly side: SideFacts,
    private readonly segmentTicks: number,
    /** By time and position. */
    private readonly rows: Uint32Array,
  ) {
    this.segment = part?.ticks();
    this.n = this.segment?.n ?? 0;
    this.origin = this.segment?.time.base ?? side.at.value(rows[0]!);
    this.time = new Integers(this.origin);
  }

  /** `removed`: indexes of ticks to leave out. */
  slots(removed: readonly number[]): Slot[] {
    const { side, segment, rows } = this;
    const gone = [...removed].sort((a, b) => a - b);
    let nextGone = 0;
    let i = 0;
    const copyTo = (end: number): void => {
      while (i < end) {
        const stop = Math.min(end, gone[nextGone] ?? end);
        this.copy(i, stop);
        i = stop;
        if (i < end) {
          i++;
          nextGone++;
        }
      }
    };
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r]!;
      // Rows of one instant are in log order: only the last counts.
      if (r + 1 < rows.length && side.at.raw(rows[r + 1]!) === side.at.raw(row)) continue;
      const at = narrow(side.at.value(row) - this.origin);
      const same = this.indexFrom(i, at);
      copyTo(same);
      if (same < this.n && segment!.time.relative(same) === at) {
        if (gone[nextGone] !== same && segment!.positionAt(same) > side.positionAt(row)) continue;
        if (gone[nextGone] === same) nextGone++;
        i = same + 1;
      }
      this.emit(at, narrow(side.price.value(row)));
    }
    copyTo(this.n);
    this.flush();
    return this.made;
  }

  /** Index of the first tick of the segment, from `i` on, whose time is at least `at` after the origin. */
  private indexFrom(i: number, at: Exact): number {
    const { time } = this.segment ?? {};
    const near = Math.min(this.n, i + NEAR);
    while (i < near && time!.relative(i) < at) i++;
    return i < near || i === this.n ? i : Math.max(i, time!.floor(this.origin + BigInt(at) - 1n) + 1);
  }

  private copy(from: number, to: number): void {
    const { time, price } = this.segment ?? {};
    if (to - from < Math.max(2, this.segmentTicks >> SLICE_BITS)) {
      for (let i = from; i < to; i++) this.emit(time!.relative(i), price!.exact(i));
      return;
    }
    this.flush();
    const ticks = new Ticks(time!.slice(from, to), price!.slice(from, to));
    const { min, max } = this.part!;
    this.made.push({ first: ticks.time.value(0), last: ticks.time.value(ticks.n - 1), min, max, ticks: () => ticks });
  }

  private emit(distance: Exact, value: Exact): void {
    this.time.push(distance);
    this.price.push(value);
    if (this.time.n === this.segmentTicks) this.flush();
  }

  private flush(): void {
    const { time, price } = this;
    if (time.n === 0) return;
    const prices = pack(price, 0, price.n);
    const ticks = new Ticks(pack(time, 0, time.n).column, prices.column);
    const [first, last] = [time.value(0), time.value(time.n - 1)];
    this.made.push({ first, last, min: narrow(prices.min), max: narrow(prices.max), ticks: () => ticks });
    this.time = new Integers(this.origin);
    this.price = new Integers(0n);
  }
}
