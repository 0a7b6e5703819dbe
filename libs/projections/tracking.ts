/**
 * Tracking: how a fund's return differs from L times its index, in total and from period to period. Periods end at scheduled resets that count and at `to`
 * (00:00 UTC where there is no schedule). Fixed point throughout.
 */
import type { Terms } from '../domain/facts';
import { divRound } from '../domain/decimal';
import { grow } from './benchmarks';
import { divide, ONE, ratio, squareRoot } from './fixed-point';

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

/** What an index did over some periods. */
export interface IndexPath {
  /** L·r of each period. */
  readonly leveraged: readonly bigint[];
  /** Π (1 + L·r); 0 for good once it is found at or below 0. */
  readonly target: bigint;
  /** r of the whole. */
  readonly whole: bigint;
}

/** Marks: at the start of the first period and at the end of each, in order. */
export function indexPath(leverage: bigint, marks: readonly bigint[]): IndexPath {
  const leveraged: bigint[] = [];
  let target = ONE;
  for (let i = 1; i < marks.length; i++) {
    const [a, b] = [marks[i - 1]!, marks[i]!];
    leveraged.push(ratio(leverage * (b - a), 100n * a));
    if (target > 0n) target = grow(target, leverage, a, b);
  }
  const [first, last] = [marks[0]!, marks.at(-1)!];
  return { leveraged, target: target > 0n ? target : 0n, whole: ratio(last - first, first) };
}

/** `perUnit`: NAV per unit at the start of the first period and at the end of each, as many as the index has periods. */
export function tracking(terms: Pick<Terms, 'kind' | 'targetLeverage'>, perUnit: readonly bigint[], index: IndexPath): Tracking {
  const returns = (a: bigint, b: bigint): bigint => divide(b - a, a);
  const differences = index.leveraged.map((leveraged, i) => returns(perUnit[i]!, perUnit[i + 1]!) - leveraged);
  const fund = returns(perUnit[0]!, perUnit.at(-1)!);
  const basis = terms.kind === 'index' ? 252 : 365;
  return {
    difference: fund - (index.target - ONE),
    naiveDifference: fund - timesLeverage(terms.targetLeverage, index.whole),
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
