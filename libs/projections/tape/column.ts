/**
 * A read-only column of integers of any size: element i is base + unit · offset(i). Offsets are safe integers in the narrowest typed array
 * that holds them, or runs that rise by one step (a regular clock with gaps, positions of a bulk import, one source throughout), or, when
 * even the unit does not bring them below 2^53, bigints. Loops touch numbers only, unless the column is wide. Deliberately absent: writing
 * (integers.ts) and choosing the form (pack.ts).
 */

/** A number where that is exact (a safe integer), else a bigint. JavaScript compares the two exactly with each other. */
export type Exact = number | bigint;

export function narrow(value: bigint): Exact {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export type ColumnKind = 'runs' | 'offsets' | 'wide';

export interface ColumnShape {
  readonly kind: ColumnKind;
  readonly n: number;
  readonly base: bigint;
  /** Above zero. */
  readonly unit: bigint;
  /** Of runs: what offsets rise by from one element to the next within a run. */
  readonly step?: number;
}

/** Runs: run r begins at element starts[r] with offset firsts[r]; starts[0] is 0. */
export interface Runs {
  readonly starts: Uint32Array;
  readonly firsts: Float64Array;
}

export type Offsets = Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type Wide = BigInt64Array | readonly bigint[];

/** Sums of numbers below this in magnitude are exact. */
const EXACT = 2 ** 52;

export class Column {
  readonly n: number;
  readonly base: bigint;
  readonly unit: bigint;
  readonly step: number;
  readonly runs: Runs | undefined;
  readonly offsets: Offsets | undefined;
  /** Distances from base. */
  readonly wide: Wide | undefined;
  private readonly baseNumber: number;
  private readonly unitNumber: number;

  constructor(
    readonly shape: ColumnShape,
    body: Runs | Offsets | Wide,
  ) {
    this.n = shape.n;
    this.base = shape.base;
    this.unit = shape.unit;
    this.step = shape.step ?? 0;
    this.runs = shape.kind === 'runs' ? (body as Runs) : undefined;
    this.offsets = shape.kind === 'offsets' ? (body as Offsets) : undefined;
    this.wide = shape.kind === 'wide' ? (body as Wide) : undefined;
    this.baseNumber = exactOrNaN(this.base);
    this.unitNumber = exactOrNaN(this.unit);
  }

  /** Of a column that is not wide. */
  offset(i: number): number {
    if (this.offsets !== undefined) return this.offsets[i]!;
    const { starts, firsts } = this.runs!;
    const run = starts.length === 1 ? 0 : lastAtMost(starts, i);
    return firsts[run]! + this.step * (i - starts[run]!);
  }

  value(i: number): bigint {
    const number = this.small(i, this.baseNumber);
    return number === undefined ? this.base + this.distance(i) : BigInt(number);
  }

  /** The value, as a number where that is exact. */
  exact(i: number): Exact {
    return this.small(i, this.baseNumber) ?? narrow(this.base + this.distance(i));
  }

  /** value(i) - base, as a number where that is exact. */
  relative(i: number): Exact {
    return this.small(i, 0) ?? narrow(this.distance(i));
  }

  /** A number that is at most (at least) another element's when the value is: exact offsets, or rounded values of a wide column. */
  approximate(i: number): number {
    return this.wide === undefined ? this.offset(i) : Number(this.value(i));
  }

  /** The largest offset whose value is ≤ `value` (±Infinity beyond all safe ones). Of a column that is not wide. */
  rank(value: bigint): number {
    const distance = value - this.base;
    let quotient = distance / this.unit;
    if (distance < 0n && quotient * this.unit !== distance) quotient -= 1n;
    const number = Number(quotient);
    return Number.isSafeInteger(number) ? number : number < 0 ? -Infinity : Infinity;
  }

  /** Index of the last element ≤ `value`, -1 when there is none. Of a column that never falls. */
  floor(value: bigint): number {
    if (this.wide !== undefined) return this.floorWide(value - this.base);
    const rank = this.rank(value);
    if (this.offsets !== undefined) return lastAtMost(this.offsets, rank);
    const { starts, firsts } = this.runs!;
    const run = lastAtMost(firsts, rank);
    if (run < 0) return -1;
    const last = (run + 1 < starts.length ? starts[run + 1]! : this.n) - 1;
    return this.step === 0 ? last : Math.min(last, starts[run]! + Math.floor((rank - firsts[run]!) / this.step));
  }

  /** Elements from ≤ i < to (to at most n), at least one, as a column of their own that shares memory. */
  slice(from: number, to: number): Column {
    if (from === 0 && to === this.n) return this;
    const shape = { ...this.shape, n: to - from };
    if (this.offsets !== undefined) return new Column(shape, this.offsets.subarray(from, to));
    if (this.wide instanceof BigInt64Array) return new Column(shape, this.wide.subarray(from, to));
    if (this.wide !== undefined) return new Column(shape, this.wide.slice(from, to));
    const { starts, firsts } = this.runs!;
    const first = lastAtMost(starts, from);
    const end = lastAtMost(starts, to - 1) + 1;
    const sliced = { starts: starts.slice(first, end), firsts: firsts.slice(first, end) };
    sliced.firsts[0] = this.offset(from);
    for (let run = 0; run < sliced.starts.length; run++) sliced.starts[run] = Math.max(0, sliced.starts[run]! - from);
    return new Column(shape, sliced);
  }

  private distance(i: number): bigint {
    return this.wide === undefined ? this.unit * BigInt(this.offset(i)) : this.wide[i]!;
  }

  /** from + unit · offset when that is exact in numbers: a result below 2^52 shows that nothing on the way was above 2^53. */
  private small(i: number, from: number): number | undefined {
    if (this.wide !== undefined) return undefined;
    const number = from + this.unitNumber * this.offset(i);
    return number > -EXACT && number < EXACT ? number : undefined;
  }

  private floorWide(distance: bigint): number {
    let low = -1;
    for (let high = this.n; high - low > 1;) {
      const middle = (low + high) >>> 1;
      if (this.wide![middle]! <= distance) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Index of the last number ≤ x in a list that never falls, -1 when there is none. */
function lastAtMost(numbers: Offsets, x: number): number {
  let low = -1;
  for (let high = numbers.length; high - low > 1;) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= x) low = middle;
    else high = middle;
  }
  return low;
}

function exactOrNaN(value: bigint): number {
  const number = Number(value);
  return Math.abs(number) < EXACT ? number : Number.NaN;
}
