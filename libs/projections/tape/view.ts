/**
 * Prices as known at one log position: slots in the order of time that do not overlap, each with its extremes, so that a search passes over
 * whole slots without loading them. A view never changes; it stays right while the tape grows.
 */
import type { PriceView, Tick } from '../../domain/price-view';
import { narrow, type Exact } from './column';
import type { Ticks } from './ticks';

/** Ticks that may be loaded when first needed. */
export interface Slot {
  readonly first: bigint;
  readonly last: bigint;
  /** No price is below; it need not be one. */
  readonly min: Exact;
  /** No price is above; it need not be one. */
  readonly max: Exact;
  ticks(): Ticks;
}

/** Index of the last slot that begins at or before `t`, -1 when there is none; tries `hint` and its neighbour first. */
export function slotAt(slots: readonly Slot[], t: bigint, hint = 0): number {
  for (let s = hint; s < slots.length && s <= hint + 1; s++) {
    if (slots[s]!.first > t) break;
    if (s + 1 === slots.length || slots[s + 1]!.first > t) return s;
  }
  let low = -1;
  for (let high = slots.length; high - low > 1;) {
    const middle = (low + high) >>> 1;
    if (slots[middle]!.first <= t) low = middle;
    else high = middle;
  }
  return low;
}

export class TapeView implements PriceView {
  private hint = 0;

  constructor(private readonly slots: readonly Slot[]) {}

  at(t: bigint): Tick | undefined {
    const s = this.find(t);
    if (s < 0) return undefined;
    const ticks = this.slots[s]!.ticks();
    return ticks.tick(ticks.time.floor(t));
  }

  next(t: bigint): Tick | undefined {
    const s = this.find(t);
    const slot = this.slots[s];
    if (slot !== undefined && slot.last > t) {
      const ticks = slot.ticks();
      return ticks.tick(ticks.time.floor(t) + 1);
    }
    return this.slots[s + 1]?.ticks().tick(0);
  }

  firstOutside(after: bigint, until: bigint, low: bigint | undefined, high: bigint | undefined): Tick | undefined {
    if ((low === undefined && high === undefined) || until <= after) return undefined;
    const lowest = low === undefined ? -Infinity : narrow(low);
    const highest = high === undefined ? Infinity : narrow(high);
    for (let s = Math.max(0, this.find(after)); s < this.slots.length; s++) {
      const slot = this.slots[s]!;
      if (slot.first > until) return undefined;
      if (slot.last <= after || (slot.min >= lowest && slot.max <= highest)) continue;
      const ticks = slot.ticks();
      const from = slot.first > after ? 0 : ticks.time.floor(after) + 1;
      const to = slot.last <= until ? ticks.n - 1 : ticks.time.floor(until);
      const found = ticks.firstOutside(from, to, low, high);
      if (found >= 0) return ticks.tick(found);
    }
    return undefined;
  }

  private find(t: bigint): number {
    const s = slotAt(this.slots, t, this.hint);
    if (s >= 0) this.hint = s;
    return s;
  }
}
