/**
 * Decimals as files write them, as exact integer units of a declared scale. Never parsed as floating point: the short way of values of few
 * digits adds up whole numbers below 2^53.
 */
import { type Decimal, divRound, fitTo, parseDecimal, pow10 } from '../domain/decimal';
import type { Broken } from './csv';

/** Decimal digits that always fit below 2^53. */
const SAFE_DIGITS = 15;
const ZERO = 0x30;

/** Reads the values of one column, each times `multiply`, to `scale`; with `round` half-even, otherwise what does not fit is refused. */
export class DecimalReader {
  /** How many values were rounded. */
  rounded = 0;

  constructor(
    private readonly scale: number,
    private readonly multiply: Decimal | undefined,
    private readonly round: boolean,
  ) {}

  /** The value in units of 10^-scale, or what is wrong: ScaleExceeded for digits that do not fit. */
  read(text: string): bigint | Broken {
    const small = this.multiply === undefined ? smallUnits(text, this.scale) : undefined;
    if (small !== undefined) return small;
    const value = parseDecimal(text);
    if (value === undefined) return { rule: 'must be a plain decimal such as 7186.68: no exponent, sign +, separators or leading zeros' };
    const product =
      this.multiply === undefined ? value : { digits: value.digits * this.multiply.digits, scale: value.scale + this.multiply.scale };
    const exact = fitTo(product, this.scale);
    if (exact !== undefined) return exact;
    if (!this.round) {
      return {
        code: 'ScaleExceeded',
        rule: `has more than ${this.scale} decimals${this.multiply ? ' once multiplied' : ''}: --round rounds half-even`,
      };
    }
    this.rounded++;
    return divRound(product.digits, pow10(product.scale - this.scale), 'half-even');
  }
}

/** The units of a plain decimal without a sign and of few digits; undefined where the general way must decide. */
function smallUnits(text: string, scale: number): bigint | undefined {
  const point = text.indexOf('.');
  const whole = point < 0 ? text.length : point;
  let end = text.length;
  if (point >= 0) {
    if (end === point + 1) return undefined;
    while (text.charCodeAt(end - 1) === ZERO) end--;
  }
  const missing = scale - Math.max(0, end - whole - 1);
  if (whole === 0 || whole + scale > SAFE_DIGITS || missing < 0 || (whole > 1 && text.charCodeAt(0) === ZERO)) return undefined;
  let units = 0;
  for (let i = 0; i < end; i++) {
    if (i === point) continue;
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    units = units * 10 + digit;
  }
  for (let i = 0; i < missing; i++) units *= 10;
  return BigInt(units);
}
