/** How figures of the sheet look: decimal strings in, text out, rounded half-even. Nothing here is parsed as floating point. */
import { divRound, fixed, formatFixed, pow10, rescale } from '../../../libs/domain/decimal';
import { grouped, rounded } from '../output';

/** Ratios and figures per unit carry this many decimals. */
const SCALE = 18;

/** A figure of 18 decimals as an integer. */
export function units18(decimal: string): bigint {
  return fixed(decimal, SCALE);
}

/** "1,234.5679" */
export function figure(decimal: string, digits: number): string {
  return grouped(formatFixed(rescale(units18(decimal), SCALE, digits), digits));
}

/** "+12.3400", "-0.0001" */
export function signed(decimal: string, digits: number): string {
  const text = figure(decimal, digits);
  return text.startsWith('-') ? text : `+${text}`;
}

/** A fraction as per cent: "-12.34 %". */
export function percent(decimal: string | null, digits = 2): string {
  if (decimal === null) return 'n/a';
  const text = formatFixed(divRound(units18(decimal), pow10(SCALE - 2 - digits)), digits);
  return `${text.startsWith('-') ? '' : '+'}${grouped(text)} %`;
}

/** The same without a plus. */
export function share(decimal: string, digits = 2): string {
  return percent(decimal, digits).replace('+', '');
}

export function isZero(decimal: string): boolean {
  return /^-?0(\.0*)?$/.test(decimal);
}

export function day(time: string): string {
  return time.slice(0, 10);
}

/** "2020-03-13 00:00Z" */
export function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}

/** A price at two decimals, or at all it has when that is not enough to tell it from nothing. */
export function priceFigure(price: string): string {
  const short = rounded(price, 2, 2);
  return grouped(isZero(short) ? price : short);
}

/** "exactly" for no distance of two figures, else "to within 1e-97". */
export function smallness(decimal: string): string {
  if (isZero(decimal)) return 'exactly';
  const zeros = /^-?0\.(0*)/.exec(decimal)?.[1]?.length ?? 0;
  return `to within 1e-${zeros}`;
}
