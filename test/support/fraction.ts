/**
 * Exact rationals for the oracle, as plain as they can be: a numerator and a denominator above 0, reduced only
 * when asked. Deliberately apart from the project's own decimals, so that a mistake there is not made here too.
 */
export class Fraction {
  static readonly ZERO = new Fraction(0n);
  static readonly ONE = new Fraction(1n);

  readonly num: bigint;
  readonly den: bigint;

  constructor(num: bigint, den = 1n) {
    if (den === 0n) throw new RangeError('division by zero');
    this.num = den < 0n ? -num : num;
    this.den = den < 0n ? -den : den;
  }

  /** Reads "12.50", "-3" or "63/23". */
  static of(text: string): Fraction {
    const [left, right] = text.split('/') as [string, string | undefined];
    if (right !== undefined) return Fraction.of(left).over(Fraction.of(right));
    const [whole, decimals = ''] = left.split('.') as [string, string | undefined];
    return new Fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
  }

  plus(other: Fraction): Fraction {
    // Keeps decimals decimals of the larger scale.
    if (this.den % other.den === 0n) return new Fraction(this.num + other.num * (this.den / other.den), this.den);
    if (other.den % this.den === 0n) return new Fraction(this.num * (other.den / this.den) + other.num, other.den);
    return new Fraction(this.num * other.den + other.num * this.den, this.den * other.den);
  }

  minus(other: Fraction): Fraction {
    return this.plus(other.negated());
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.num * other.num, this.den * other.den);
  }

  over(other: Fraction): Fraction {
    return new Fraction(this.num * other.den, this.den * other.num);
  }

  negated(): Fraction {
    return new Fraction(-this.num, this.den);
  }

  abs(): Fraction {
    return this.num < 0n ? this.negated() : this;
  }

  /** The same value in lowest terms. */
  reduced(): Fraction {
    let [a, b] = [this.num < 0n ? -this.num : this.num, this.den];
    while (b !== 0n) [a, b] = [b, a % b];
    return new Fraction(this.num / a, this.den / a);
  }

  /** Below, at or above the other: -1, 0 or 1. */
  compare(other: Fraction): -1 | 0 | 1 {
    const difference = this.num * other.den - other.num * this.den;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  isPositive(): boolean {
    return this.num > 0n;
  }

  isZero(): boolean {
    return this.num === 0n;
  }

  /** Units of 10^-scale, rounded half-even. */
  units(scale: number): bigint {
    const below = this.unitsBelow(scale);
    const twice = (this.num * 10n ** BigInt(scale) - below * this.den) * 2n;
    return twice > this.den || (twice === this.den && below % 2n !== 0n) ? below + 1n : below;
  }

  /** Units of 10^-scale, rounded toward minus infinity. */
  unitsBelow(scale: number): bigint {
    const scaled = this.num * 10n ** BigInt(scale);
    const quotient = scaled / this.den;
    return scaled < 0n && scaled % this.den !== 0n ? quotient - 1n : quotient;
  }

  /** Rounded half-even to `scale` decimals. */
  round(scale: number): Fraction {
    return new Fraction(this.units(scale), 10n ** BigInt(scale));
  }

  /** Written with exactly `scale` decimals, rounded half-even. */
  toFixed(scale: number): string {
    const units = this.units(scale).toString();
    const digits = units.replace('-', '').padStart(scale + 1, '0');
    const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    return units.startsWith('-') ? `-${text}` : text;
  }
}

/** The k-th root of a value ≥ 0, too low by less than 10^-digits, by halving the interval. */
export function root(value: Fraction, k: number, digits: number): Fraction {
  const ten = 10n ** BigInt(digits);
  const exponent = BigInt(k);
  const target = (value.num * ten ** exponent) / value.den;
  let low = 0n;
  let high = 1n;
  while (high ** exponent <= target) high *= 2n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** exponent <= target) low = middle;
    else high = middle;
  }
  return new Fraction(low, ten);
}

/** base^(exponent) for base > 0 and an exponent with at most two decimals, to about `digits` significant decimals; exact for whole ones. */
export function power(base: Fraction, exponent: Fraction, digits: number): Fraction {
  let hundredths = exponent.unitsBelow(2);
  let k = 100n;
  for (const prime of [2n, 2n, 5n, 5n]) {
    if (hundredths % prime === 0n && k % prime === 0n) [hundredths, k] = [hundredths / prime, k / prime];
  }
  const times = hundredths < 0n ? -hundredths : hundredths;
  const whole = new Fraction(base.num ** times, base.den ** times);
  const raised = hundredths < 0n ? Fraction.ONE.over(whole) : whole;
  return k === 1n ? raised : root(raised, Number(k), digits);
}
