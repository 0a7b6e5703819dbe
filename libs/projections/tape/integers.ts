/**
 * A growing list of integers of any size that keeps to numbers in a typed array for as long as that is exact: element i is
 * base + unit · raw(i), raw a safe integer. It starts with unit 1, takes the greatest common divisor as its unit when an element would be
 * too far away, and falls back to bigints only when that does not help either. Nothing is ever rounded.
 */
import { abs, gcd } from '../../domain/decimal';
import { Column, type Exact } from './column';

export class Integers {
  n = 0;
  /** Undefined once the list is wide. */
  private numbers: Float64Array | undefined;
  private readonly wide: bigint[] = [];
  private unit = 1n;

  constructor(
    readonly base: bigint,
    capacity = 256,
  ) {
    this.numbers = new Float64Array(capacity);
  }

  pushValue(value: bigint): void {
    const distance = value - this.base;
    const number = Number(distance);
    if (this.unit === 1n && Number.isSafeInteger(number)) this.pushNumber(number);
    else this.pushFar(distance);
  }

  /** Appends base + distance. */
  push(distance: Exact): void {
    if (typeof distance === 'number' && this.unit === 1n) this.pushNumber(distance);
    else this.pushFar(BigInt(distance));
  }

  /** Takes the last elements away, leaving `n`. */
  truncate(n: number): void {
    this.n = n;
    if (this.numbers === undefined) this.wide.length = n;
  }

  /** Orders elements of this list as their values do; comparable with other elements of this list only, and only until the next push. */
  raw(i: number): Exact {
    return this.numbers === undefined ? this.wide[i]! : this.numbers[i]!;
  }

  value(i: number): bigint {
    return this.base + this.distance(i);
  }

  /** value(i) - base. */
  distance(i: number): bigint {
    return this.numbers === undefined ? this.wide[i]! : this.unit * BigInt(this.numbers[i]!);
  }

  /** Elements from..to as numbers with their common unit; undefined when wide. Shares memory. */
  asNumbers(from: number, to: number): { readonly unit: bigint; readonly numbers: Float64Array } | undefined {
    return this.numbers && { unit: this.unit, numbers: this.numbers.subarray(from, to) };
  }

  /** The elements that there are now as a column, without copying; later pushes do not show in it. */
  live(): Column {
    if (this.numbers === undefined) return new Column({ kind: 'wide', n: this.n, base: this.base, unit: 1n }, this.wide);
    return new Column({ kind: 'offsets', n: this.n, base: this.base, unit: this.unit }, this.numbers.subarray(0, this.n));
  }

  private pushNumber(number: number): void {
    const numbers = this.numbers;
    if (numbers === undefined) {
      this.wide.push(BigInt(number));
    } else if (this.n < numbers.length) {
      numbers[this.n] = number;
    } else {
      // Columns given out share the old array, so growing replaces it.
      this.numbers = new Float64Array(Math.max(256, this.n * 2));
      this.numbers.set(numbers);
      this.numbers[this.n] = number;
    }
    this.n++;
  }

  /** For what is no safe distance in unit 1: finds a unit that holds all elements exactly, or goes over to bigints. */
  private pushFar(distance: bigint): void {
    if (this.numbers !== undefined && !this.fits(distance)) this.changeUnit(distance);
    if (this.numbers === undefined) {
      this.wide.push(distance);
      this.n++;
    } else {
      this.pushNumber(Number(distance / this.unit));
    }
  }

  private fits(distance: bigint): boolean {
    return distance % this.unit === 0n && Number.isSafeInteger(Number(distance / this.unit));
  }

  private changeUnit(distance: bigint): void {
    const old = this.numbers!.subarray(0, this.n);
    const oldUnit = this.unit;
    // The greatest common divisor of all: with it, numbers are as small as they can be.
    let common = abs(distance);
    for (let i = 0; i < old.length && common !== 1n; i++) common = gcd(common, oldUnit * BigInt(old[i]!));
    this.unit = common === 0n ? 1n : common;
    const safe = (far: bigint): boolean => Number.isSafeInteger(Number(far / this.unit));
    if (safe(distance) && old.every((number) => safe(oldUnit * BigInt(number)))) {
      this.numbers = Float64Array.from(old, (number) => Number((oldUnit * BigInt(number)) / this.unit));
    } else {
      this.unit = 1n;
      this.numbers = undefined;
      for (const number of old) this.wide.push(oldUnit * BigInt(number));
    }
  }
}
