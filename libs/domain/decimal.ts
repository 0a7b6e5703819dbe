/**
 * Exact decimals: a value is a bigint of units of 10^-scale. Nothing here, and nothing that calls it, goes through a JavaScript `number`
 * with money; scales (small integers) are the only numbers. Every function that loses digits names its rounding mode.
 */

/** `digits` units of 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** An exact rational; `den` > 0. */
export interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
}

/** half-even: ties to the even neighbour · half-up: ties away from zero · down: toward zero · up: away from zero · floor: toward minus infinity. */
export type RoundingMode = 'half-even' | 'half-up' | 'down' | 'up' | 'floor';

/** Most digits before plus after the point that a decimal string may have. */
export const MAX_DIGITS = 60;
/** Largest scale of a currency, an instrument or a unit. */
export const MAX_SCALE = 18;

export const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.(\d+))?$/;
const POW10: bigint[] = [1n];

/** 10^n for n ≥ 0. */
export function pow10(n: number): bigint {
  for (let i = POW10.length; i <= n; i++) POW10.push(POW10[i - 1]! * 10n);
  return POW10[n]!;
}

/** Reads a plain decimal ("-12.50"): no exponent, no plus sign, no leading zeros, at most {@link MAX_DIGITS} digits. Undefined otherwise. */
export function parseDecimal(text: unknown): Decimal | undefined {
  if (typeof text !== 'string' || text.length > MAX_DIGITS + 2) return undefined;
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const fraction = match[1];
  if (fraction === undefined) return { digits: BigInt(text), scale: 0 };
  return { digits: BigInt(text.slice(0, -fraction.length - 1) + fraction), scale: fraction.length };
}

/** The value in units of 10^-scale when it fits exactly (trailing zeros are no digits), else undefined. */
export function fitTo(value: Decimal, scale: number): bigint | undefined {
  if (value.scale <= scale) return value.digits * pow10(scale - value.scale);
  const factor = pow10(value.scale - scale);
  return value.digits % factor === 0n ? value.digits / factor : undefined;
}

/** Reads a decimal string that must fit `scale`; throws a defect otherwise. For text that was validated when it was recorded. */
export function fixed(text: string, scale: number): bigint {
  const value = parseDecimal(text);
  const units = value && fitTo(value, scale);
  if (units === undefined) throw new Error(`not a decimal of scale ${scale}: ${text}`);
  return units;
}

/** Writes units of 10^-scale with exactly `scale` decimals. */
export function formatFixed(units: bigint, scale: number): string {
  if (scale === 0) return units.toString();
  const negative = units < 0n;
  const text = (negative ? -units : units).toString().padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** num/den rounded to an integer. Throws RangeError when den is 0. */
export function divRound(num: bigint, den: bigint, mode: RoundingMode = 'half-even'): bigint {
  if (den < 0n) {
    num = -num;
    den = -den;
  }
  const quotient = num / den;
  const rest = num - quotient * den;
  if (rest === 0n) return quotient;
  const away = num < 0n ? -1n : 1n;
  switch (mode) {
    case 'down':
      return quotient;
    case 'up':
      return quotient + away;
    case 'floor':
      return num < 0n ? quotient - 1n : quotient;
    case 'half-up':
    case 'half-even': {
      const twice = (rest < 0n ? -rest : rest) * 2n;
      if (twice > den) return quotient + away;
      if (twice < den) return quotient;
      return mode === 'half-up' || quotient % 2n !== 0n ? quotient + away : quotient;
    }
  }
}

/** Units of 10^-from as units of 10^-to; exact when to ≥ from, else rounded. */
export function rescale(units: bigint, from: number, to: number, mode: RoundingMode = 'half-even'): bigint {
  return to >= from ? units * pow10(to - from) : divRound(units, pow10(from - to), mode);
}

/** num/den as a decimal string of `scale` decimals, rounded half-even. */
export function formatRatio(num: bigint, den: bigint, scale: number): string {
  return formatFixed(divRound(num * pow10(scale), den), scale);
}

export function abs(n: bigint): bigint {
  return n < 0n ? -n : n;
}

/** -1n, 0n or 1n. */
export function sign(n: bigint): bigint {
  return n < 0n ? -1n : n > 0n ? 1n : 0n;
}

export function gcd(a: bigint, b: bigint): bigint {
  a = abs(a);
  b = abs(b);
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
