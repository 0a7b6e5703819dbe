/**
 * Natural logarithm and exponential in fixed point (fixed-point.ts), for growth rates a year. Errors stay below 1e-70 of the result for arguments between
 * 1e-30 and 1e30: squaring 64 times at the end of `exp` costs 20 of the 100 digits, the rest rounds once an operation.
 */
import { divide, multiply, ONE } from './fixed-point';

const HALVINGS = 64n;

/** e^x. */
export function exp(x: bigint): bigint {
  const small = x >> HALVINGS;
  let sum = ONE;
  for (let term = small, n = 1n; term !== 0n; term = multiply(term, small) / ++n) sum += term;
  for (let i = 0n; i < HALVINGS; i++) sum = multiply(sum, sum);
  return sum;
}

/** The y with e^y = x, for x above 0: y + 2(x − e^y)/(x + e^y) converges cubically, from anywhere. Throws RangeError otherwise. */
export function ln(x: bigint): bigint {
  if (x <= 0n) throw new RangeError('a logarithm needs a value above 0');
  let y = 0n;
  for (let steps = 0; steps < 200; steps++) {
    const e = exp(y);
    const step = divide(2n * (x - e), x + e);
    y += step;
    // The next step would be the cube of this one.
    if (step * step < ONE) return y;
  }
  throw new RangeError('too far from 1 for a logarithm');
}
