/**
 * Tracking: how a fund's return differs from L times its index, in total and from period to period. Periods end at scheduled resets that count and at `to`
 * (00:00 UTC where there is no schedule). Fixed point throughout.
 */
import type { Terms } from '../domain/facts';
import { divRound } from '../domain/decimal';
import { divide, ONE, ratio, squareRoot } from './fixed-point';
import type { Point } from './attribution-walk';
import { grow } from './benchmarks';

export interface Tracking {
  /** R_fund − (Π (1 + L·r_d) − 1); the product is 0 for good once it is found at or below 0. */
  readonly difference: bigint;
  /** R_fund − L·R_index. */
  readonly naiveDifference: bigint;
  /** Sample standard deviation of r_fund − L·r_index a period × √periods a year; undefined below two periods. */
  readonly error: bigint | undefined;
  /** Periods a year that the error is scaled by: 252 for index instruments, else 365. */
  readonly basis: 252 | 365;
  readonly periods: number;
}

/** Points: the start of the window and the end of each period, in order. */
export function tracking(terms: Terms, points: readonly Point[]): Tracking {
  const leverage = terms.targetLeverage;
  const first = points[0]!;
  const last = points[points.length - 1]!;
  const differences: bigint[] = [];
  let target = ONE;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!;
    const b = points[i]!;
    differences.push(divide(b.perUnit - a.perUnit, a.perUnit) - ratio(leverage * (b.price - a.price), 100n * a.price));
    if (target > 0n) target = grow(target, leverage, a.price, b.price);
  }
  const fund = divide(last.perUnit - first.perUnit, first.perUnit);
  const index = ratio(last.price - first.price, first.price);
  const basis = terms.kind === 'index' ? 252 : 365;
  return {
    difference: fund - ((target > 0n ? target : 0n) - ONE),
    naiveDifference: fund - timesLeverage(leverage, index),
    error: trackingError(differences, basis),
    basis,
    periods: differences.length,
  };
}

/** √(Σ (d − mean)²/(n − 1) · periods a year); undefined below two. */
export function trackingError(differences: readonly bigint[], periodsPerYear: number): bigint | undefined {
  const n = BigInt(differences.length);
  if (n < 2n) return undefined;
  const mean = divRound(
    differences.reduce((a, b) => a + b, 0n),
    n,
  );
  const squares = differences.reduce((sum, d) => sum + (d - mean) * (d - mean), 0n);
  return squareRoot(divRound(squares * BigInt(periodsPerYear), (n - 1n) * ONE));
}

function timesLeverage(leverage: bigint, x: bigint): bigint {
  return divRound(leverage * x, 100n);
}
