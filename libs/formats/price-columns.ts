/**
 * Prices of one file as columns: an exact time and an exact price a row, in sixteen bytes where all prices are 64-bit counts of units.
 * Invariant: times strictly increase.
 */
import { formatFixed } from '../domain/decimal';
import type { Instant } from '../domain/instant';

const FIRST_CAPACITY = 1024;

export class PriceColumns {
  private times: BigInt64Array = new BigInt64Array(FIRST_CAPACITY);
  /** An array of bigints once a price needs more than 64 bits. */
  private prices: BigInt64Array | bigint[] = new BigInt64Array(FIRST_CAPACITY);
  private length = 0;

  /** @param priceScale decimals of a price */
  constructor(readonly priceScale: number) {}

  get count(): number {
    return this.length;
  }

  /** When price `i` (from 0) is effective. */
  at(i: number): Instant {
    return this.times[this.checked(i)]!;
  }

  /** Price `i` in units of 10^-priceScale. */
  priceUnits(i: number): bigint {
    return this.prices[this.checked(i)]!;
  }

  /** Price `i` with exactly priceScale decimals. */
  priceText(i: number): string {
    return formatFixed(this.priceUnits(i), this.priceScale);
  }

  /** Adds a row, its price in units of 10^-priceScale; its time must be later than the last one's. */
  push(at: Instant, price: bigint): void {
    const n = this.length;
    if (n === this.times.length) this.times = grown(this.times);
    this.times[n] = at;
    if (!Array.isArray(this.prices)) {
      if (BigInt.asIntN(64, price) !== price) this.prices = Array.from(this.prices.subarray(0, n));
      else if (n === this.prices.length) this.prices = grown(this.prices);
    }
    this.prices[n] = price;
    this.length = n + 1;
  }

  /** Moves every time by `nanos`: from the start of a candle to its end. */
  shift(nanos: bigint): void {
    for (let i = 0; i < this.length; i++) this.times[i]! += nanos;
  }

  private checked(i: number): number {
    if (!(i >= 0 && i < this.length)) throw new RangeError(`row ${i} of ${this.length}`);
    return i;
  }
}

function grown(column: BigInt64Array): BigInt64Array {
  const larger = new BigInt64Array(column.length * 2);
  larger.set(column);
  return larger;
}
