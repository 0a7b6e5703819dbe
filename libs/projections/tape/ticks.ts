/**
 * Ticks in the order of time, one an instant: a time and a price column with a zone map (lowest and highest price of every 64 ticks, then of
 * every 16 such blocks, and so on), so that the first price outside a range is found without going through those inside. The zone map is
 * made when first asked for and is never stored.
 */
import type { Tick } from '../../domain/price-view';
import type { Column, Offsets } from './column';

const LEAF_BITS = 6;
const FAN_OUT_BITS = 4;
/** So few ticks are gone through without a zone map. */
const SHORT = 256;

interface ZoneLevel {
  /** A block is 2^bits ticks. */
  readonly bits: number;
  readonly min: Float64Array;
  readonly max: Float64Array;
}

export class Ticks {
  readonly n: number;
  private zones: readonly ZoneLevel[] | undefined;

  constructor(
    readonly time: Column,
    readonly price: Column,
  ) {
    this.n = time.n;
  }

  tick(i: number): Tick {
    return { at: this.time.value(i), price: this.price.value(i) };
  }

  /** Index of the first tick with from ≤ index ≤ to whose price is below `low` or above `high`, -1 when there is none. */
  firstOutside(from: number, to: number, low: bigint | undefined, high: bigint | undefined): number {
    const { price } = this;
    // In offsets: outside is ≤ below or > above. Of wide columns `low` and `high` round to numbers, so a block is passed over only clearly inside.
    const wide = price.wide !== undefined;
    const below = low === undefined ? -Infinity : wide ? Number(low) : price.rank(low - 1n);
    const above = high === undefined ? Infinity : wide ? Number(high) - Math.abs(Number(high)) * Number.EPSILON : price.rank(high);
    if (to - from < SHORT) return wide ? scanWide(price, from, to, low, high) : scan(price, from, to, below, above);
    this.zones ??= zonesOf(price);
    for (let i = from; i <= to;) {
      const clear = this.clearFrom(i, below, above);
      if (clear > i) {
        i = clear;
        continue;
      }
      const end = Math.min(to, i | ((1 << LEAF_BITS) - 1));
      const found = wide ? scanWide(price, i, end, low, high) : scan(price, i, end, below, above);
      if (found >= 0) return found;
      i = end + 1;
    }
    return -1;
  }

  /** The end of the largest block that begins at or holds `i` and has nothing outside; `i` when even the smallest may have. */
  private clearFrom(i: number, below: number, above: number): number {
    for (let l = this.zones!.length - 1; l >= 0; l--) {
      const { bits, min, max } = this.zones![l]!;
      const block = i >>> bits;
      if (min[block]! > below && max[block]! <= above) return (block + 1) << bits;
    }
    return i;
  }
}

function scan(price: Column, from: number, to: number, below: number, above: number): number {
  const { offsets } = price;
  if (offsets === undefined) {
    for (let i = from; i <= to; i++) {
      const offset = price.offset(i);
      if (offset <= below || offset > above) return i;
    }
    return -1;
  }
  for (let i = from; i <= to; i++) {
    const offset = offsets[i]!;
    if (offset <= below || offset > above) return i;
  }
  return -1;
}

function scanWide(price: Column, from: number, to: number, low: bigint | undefined, high: bigint | undefined): number {
  for (let i = from; i <= to; i++) {
    const value = price.value(i);
    if ((low !== undefined && value < low) || (high !== undefined && value > high)) return i;
  }
  return -1;
}

function zonesOf(price: Column): ZoneLevel[] {
  const numbers = price.offsets ?? Float64Array.from({ length: price.n }, (_, i) => price.approximate(i));
  const zones = [levelOf(LEAF_BITS, LEAF_BITS, numbers, numbers)];
  for (let under = zones[0]!; under.min.length > 1; zones.push(under)) {
    under = levelOf(FAN_OUT_BITS, under.bits + FAN_OUT_BITS, under.min, under.max);
  }
  return zones;
}

/** Blocks of 2^span things that reach from `low` to `high`. */
function levelOf(span: number, bits: number, low: Offsets, high: Offsets): ZoneLevel {
  const count = ((low.length - 1) >>> span) + 1;
  const min = new Float64Array(count);
  const max = new Float64Array(count);
  for (let block = 0; block < count; block++) {
    const end = Math.min(low.length, (block + 1) << span);
    let lowest = Infinity;
    let highest = -Infinity;
    for (let i = block << span; i < end; i++) {
      if (low[i]! < lowest) lowest = low[i]!;
      if (high[i]! > highest) highest = high[i]!;
    }
    min[block] = lowest;
    max[block] = highest;
  }
  return { bits, min, max };
}
