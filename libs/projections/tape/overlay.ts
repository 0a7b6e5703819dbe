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
  const put = (part: Part | undefined, group: Uint32Array, removed: ReadonlySet<number>): void => {
    const key = `${part?.id ?? 'between'}/${removed.size}/${signature(side, group)}`;
    for (const slot of made.take(key, () => merged(part?.ticks(), side, group, removed, segmentTicks))) slots.push(slot);
  };
  for (const part of parts) {
    const before = take(part.first - 1n);
    if (before.length > 0) put(undefined, before, NONE);
    const within = take(part.last);
    const candidates = side.removed(part.firstPosition, part.lastPosition, known);
    const removed = candidates.length === 0 ? NONE : new Set(candidates.filter((position) => part.ticks().indexOfPosition(position) >= 0));
    if (within.length === 0 && removed.size === 0) slots.push(part);
    else put(part, within, removed);
  }
  if (placed < rows.length) put(undefined, rows.subarray(placed), NONE);
  return slots;
}

const NONE: ReadonlySet<number> = new Set();

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

function merged(
  segment: Segment | undefined,
  side: SideFacts,
  rows: Uint32Array,
  removed: ReadonlySet<number>,
  segmentTicks: number,
): Slot[] {
  const slots: Slot[] = [];
  const origin = segment?.time.base ?? side.at.value(rows[0]!);
  let time = new Integers(origin);
  let price = new Integers(0n);
  const emit = (distance: Exact, value: Exact): void => {
    time.push(distance);
    price.push(value);
    if (time.n < segmentTicks) return;
    slots.push(slotOf(time, price));
    time = new Integers(origin);
    price = new Integers(0n);
  };
  const n = segment?.n ?? 0;
  let i = 0;
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    const at = narrow(side.at.value(row) - origin);
    // Rows of one instant are in log order: only the last counts.
    if (r + 1 < rows.length && side.at.raw(rows[r + 1]!) === side.at.raw(row)) continue;
    let stands = true;
    for (; i < n; i++) {
      const distance = segment!.time.relative(i);
      if (distance > at) break;
      if (removed.size > 0 && removed.has(segment!.positionAt(i))) continue;
      if (distance < at) emit(distance, segment!.price.exact(i));
      else if (segment!.positionAt(i) > side.positionAt(row)) {
        emit(distance, segment!.price.exact(i));
        stands = false;
      }
    }
    if (stands) emit(at, narrow(side.price.value(row)));
  }
  for (; i < n; i++) {
    if (removed.size > 0 && removed.has(segment!.positionAt(i))) continue;
    emit(segment!.time.relative(i), segment!.price.exact(i));
  }
  if (time.n > 0) slots.push(slotOf(time, price));
  return slots;
}

function slotOf(time: Integers, price: Integers): Slot {
  const prices = pack(price, 0, price.n);
  const ticks = new Ticks(pack(time, 0, time.n).column, prices.column);
  return {
    first: time.value(0),
    last: time.value(time.n - 1),
    min: narrow(prices.min),
    max: narrow(prices.max),
    ticks: () => ticks,
  };
}
