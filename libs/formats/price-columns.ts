/**
 * Prices of one file as columns: an exact time and an exact price a row, sixteen bytes where prices are safe integers. Invariant: times
 * strictly increase. Where the rows came from and what was done to them stands beside them.
 */
import { formatFixed } from '../domain/decimal';
import type { Instant } from '../domain/instant';
import type { Units } from './file-decimals';

export class PriceColumns {
  private times = new BigInt64Array(1024);
  private small: Float64Array | undefined = new Float64Array(1024);
  private large: bigint[] = [];
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
    return BigInt(this.units(i));
  }

  /** Price `i` with exactly priceScale decimals. */
  priceText(i: number): string {
    return formatFixed(this.priceUnits(i), this.priceScale);
  }

  /** Price `i` as it is held. */
  units(i: number): Units {
    this.checked(i);
    return this.small === undefined ? this.large[i]! : this.small[i]!;
  }

  /** Adds a row; its time must be later than the last one's. */
  push(at: Instant, price: Units): void {
    const n = this.length;
    if (n === this.times.length) this.grow();
    if (this.small !== undefined && typeof price === 'bigint') {
      this.large = Array.from(this.small.subarray(0, n), BigInt);
      this.small = undefined;
    }
    this.times[n] = at;
    if (this.small === undefined) this.large.push(BigInt(price));
    else this.small[n] = price as number;
    this.length = n + 1;
  }

  /** Moves every time by `nanos`: from the start of a candle to its end. */
  shift(nanos: bigint): void {
    for (let i = 0; i < this.length; i++) this.times[i]! += nanos;
  }

  private grow(): void {
    const times = new BigInt64Array(this.times.length * 2);
    times.set(this.times);
    this.times = times;
    if (this.small === undefined) return;
    const small = new Float64Array(times.length);
    small.set(this.small);
    this.small = small;
  }

  private checked(i: number): number {
    if (!(i >= 0 && i < this.length)) throw new RangeError(`row ${i} of ${this.length}`);
    return i;
  }
}
