/**
 * Fixed point with 100 decimals, for products and quotients whose exact rationals would grow without end. Every operation rounds once, half-even, so its
 * error is at most 0.5e-100 of a unit; a sum of up to a million such figures, each carried through a growth below 1e30, stays within 1e-60,
 * far below the 1e-30 at which identities are asserted.
 */
import { divRound, formatFixed, gcd, pow10 } from '../domain/decimal';

export const DIGITS = 100;
export const ONE = pow10(DIGITS);

/** num/den as fixed point. */
export function ratio(num: bigint, den: bigint): bigint {
  return divRound(num * ONE, den);
}

export function multiply(a: bigint, b: bigint): bigint {
  return divRound(a * b, ONE);
}

export function divide(a: bigint, b: bigint): bigint {
  return divRound(a * ONE, b);
}

/** Rounded once, half-even, to `scale` decimals. */
export function formatPoint(value: bigint, scale: number): string {
  return formatFixed(divRound(value, pow10(DIGITS - scale)), scale);
}

/** Square root of a value ≥ 0, rounded down. */
export function squareRoot(value: bigint): bigint {
  return root(value, 2n);
}

/** base^(num/den) for base > 0, den > 0: the den-th root by Newton's method, then an integer power. */
export function power(base: bigint, num: bigint, den: bigint): bigint {
  const common = gcd(num, den);
  let exponent = num / common;
  let factor = root(base, den / common);
  if (exponent < 0n) {
    exponent = -exponent;
    factor = divide(ONE, factor);
  }
  let result = ONE;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = multiply(result, factor);
    factor = multiply(factor, factor);
  }
  return result;
}

/** The k-th root of a fixed-point value ≥ 0, rounded down, by Newton's method from above on integers. */
function root(value: bigint, k: bigint): bigint {
  if (k === 1n || value === 0n) return value;
  // The integer k-th root of value·10^(100(k−1)).
  const target = value * ONE ** (k - 1n);
  const bits = BigInt(target.toString(2).length);
  let x = 1n << (bits / k + 1n);
  for (;;) {
    const next = ((k - 1n) * x + target / x ** (k - 1n)) / k;
    if (next >= x) return x;
    x = next;
  }
}
