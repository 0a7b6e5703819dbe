/**
 * What a path of points says: total and yearly growth, the deepest fall from a peak, the middle of many figures. Fixed point; a path is seen at its points only, so
 * what happened between them is not in it.
 */
import { divRound } from '../domain/decimal';
import { type Instant, NANOS_PER_DAY } from '../domain/instant';
import { divide, ONE } from './fixed-point';
import { exp, ln } from './logarithm';

export interface PathPoint {
  readonly at: Instant;
  /** Above zero. */
  readonly value: bigint;
}

export interface Drawdown {
  /** Lowest value ÷ highest value before it − 1: 0 or below. */
  readonly depth: bigint;
  readonly peak: PathPoint;
  readonly trough: PathPoint;
  /** The first point after the trough that is at the peak's height again. */
  readonly recoveredAt: Instant | undefined;
}

/** The deepest fall; the first of several alike. Needs at least one point. */
export function drawdown(points: readonly PathPoint[]): Drawdown {
  let peak = points[0]!;
  let found = { peak, trough: peak };
  for (const point of points) {
    if (point.value > peak.value) peak = point;
    // point/peak < trough/foundPeak, without a division.
    if (point.value * found.peak.value < found.trough.value * peak.value) found = { peak, trough: point };
  }
  const recovered = points.find(({ at, value }) => at > found.trough.at && value >= found.peak.value);
  return { ...found, depth: divide(found.trough.value, found.peak.value) - ONE, recoveredAt: recovered?.at };
}

/** e^69 is 10^30: a move of seconds, as if it went on for a year, and beyond what `exp` is exact for. */
const MOST_GROWTH = 69n * ONE;

/** Growth a year of 365.25 days at which `from` becomes `to` in `nanos`, as a return; undefined when nothing is left, no time passed, or the time is so short that it would be 10^30 and more. */
export function yearlyReturn(from: bigint, to: bigint, nanos: bigint): bigint | undefined {
  if (to <= 0n || nanos <= 0n) return undefined;
  const growth = divRound(ln(divide(to, from)) * NANOS_PER_DAY * 1461n, 4n * nanos);
  return growth > MOST_GROWTH ? undefined : exp(growth) - ONE;
}

export interface Spread {
  readonly min: bigint;
  /** The middle figure, or half-way between the two middle ones. */
  readonly median: bigint;
  readonly max: bigint;
}

/** Undefined without figures. */
export function spread(figures: readonly bigint[]): Spread | undefined {
  if (figures.length === 0) return undefined;
  const sorted = [...figures].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : divRound(sorted[middle - 1]! + sorted[middle]!, 2n);
  return { min: sorted[0]!, median, max: sorted[sorted.length - 1]! };
}
