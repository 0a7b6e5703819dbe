/**
 * Chooses the smallest form of a column for part of a list: the greatest common divisor of all distances is its unit, the smallest element
 * its base; then runs where they take less room than offsets of 1, 2, 4 or 8 bytes, and bigints where no unit helps.
 */
import { gcd } from '../../domain/decimal';
import { Column, type Offsets, type Runs } from './column';
import type { Integers } from './integers';

export interface Packed {
  readonly column: Column;
  readonly min: bigint;
  readonly max: bigint;
}

const RUN_BYTES = 12;

/** Elements from ≤ i < to, at least one. */
export function pack(list: Integers, from: number, to: number): Packed {
  return packNumbers(list, from, to) ?? packBigints(list, from, to);
}

function packNumbers(list: Integers, from: number, to: number): Packed | undefined {
  const source = list.asNumbers(from, to);
  if (source === undefined) return undefined;
  const { numbers } = source;
  let min = numbers[0]!;
  let max = min;
  let common = 0;
  let before = min;
  let lastRise = 0;
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (number < min) min = number;
    else if (number > max) max = number;
    const rise = number - before;
    if (rise !== lastRise && common !== 1) common = gcdNumbers(common, Math.abs(rise));
    lastRise = rise;
    before = number;
  }
  // A difference of two safe integers may not be exact.
  if (max - min > Number.MAX_SAFE_INTEGER) return undefined;
  const unit = common === 0 ? 1 : common;
  const offsets = new Float64Array(numbers.length);
  for (let i = 0; i < offsets.length; i++) offsets[i] = (numbers[i]! - min) / unit;
  const base = list.base + source.unit * BigInt(min);
  return formed(base, source.unit * BigInt(unit), offsets, (max - min) / unit);
}

function packBigints(list: Integers, from: number, to: number): Packed {
  const distances: bigint[] = [];
  for (let i = from; i < to; i++) distances.push(list.distance(i));
  let min = distances[0]!;
  let max = min;
  let common = 0n;
  for (const distance of distances) {
    if (distance < min) min = distance;
    if (distance > max) max = distance;
    if (common !== 1n) common = gcd(common, distance - distances[0]!);
  }
  const unit = common === 0n ? 1n : common;
  const base = list.base + min;
  const top = Number((max - min) / unit);
  if (Number.isSafeInteger(top)) {
    const offsets = Float64Array.from(distances, (distance) => Number((distance - min) / unit));
    return formed(base, unit, offsets, top);
  }
  const wide = distances.map((distance) => distance - min);
  const body = max - min < 1n << 63n ? BigInt64Array.from(wide) : wide;
  return { column: new Column({ kind: 'wide', n: wide.length, base, unit: 1n }, body), min: base, max: list.base + max };
}

function formed(base: bigint, unit: bigint, offsets: Float64Array, top: number): Packed {
  const n = offsets.length;
  const width = top < 2 ** 8 ? 1 : top < 2 ** 16 ? 2 : top < 2 ** 32 ? 4 : 8;
  const step = commonStep(offsets);
  const runs = asRuns(offsets, step, Math.floor((n * width) / RUN_BYTES));
  const column =
    runs === undefined
      ? new Column({ kind: 'offsets', n, base, unit }, narrowed(offsets, width))
      : new Column({ kind: 'runs', n, base, unit, step }, runs);
  return { column, min: base, max: base + unit * BigInt(top) };
}

/** The step that most elements rise by, if any does (majority vote). */
function commonStep(offsets: Float64Array): number {
  let step = 0;
  let votes = 0;
  for (let i = 1; i < offsets.length; i++) {
    const rise = offsets[i]! - offsets[i - 1]!;
    if (rise === step) votes++;
    else if (votes === 0) {
      step = rise;
      votes = 1;
    } else votes--;
  }
  return step;
}

/** Undefined when there would be more than `most` runs (one is always allowed). */
function asRuns(offsets: Float64Array, step: number, most: number): Runs | undefined {
  const starts = [0];
  for (let i = 1; i < offsets.length; i++) {
    if (offsets[i]! - offsets[i - 1]! === step) continue;
    if (starts.length >= most) return undefined;
    starts.push(i);
  }
  return { starts: Uint32Array.from(starts), firsts: Float64Array.from(starts, (i) => offsets[i]!) };
}

function narrowed(offsets: Float64Array, width: number): Offsets {
  if (width === 1) return Uint8Array.from(offsets);
  if (width === 2) return Uint16Array.from(offsets);
  return width === 4 ? Uint32Array.from(offsets) : offsets;
}

function gcdNumbers(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
