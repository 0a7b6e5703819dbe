/**
 * The mandate: what the issuer promised about putting the leverage back to L. Data with a check; the calendar is in cron.ts, the
 * reset points of a window in resets.ts.
 */
import { parseCron } from './cron';
import { abs, type Decimal, fitTo, parseDecimal } from './decimal';
import { parseDuration } from './instant';
import { refuse, RefusalError } from './refusal';

export interface MandateData {
  /** Scheduled resets: a five-field cron expression in an IANA time zone. */
  readonly resets?: { readonly cron: string; readonly zone: string };
  /** Signed leverage bounds; the leverage leaves the band strictly. */
  readonly band?: { readonly lower: string; readonly upper: string };
  /** exact lands on L after costs; naive trades L·N − E. */
  readonly sizing: 'exact' | 'naive';
  /** Largest |notional|/N of one trade. */
  readonly maxStep?: string;
  /** Older marks make an answer `stale` (90s, 15m, 8h, 30d). */
  readonly maxPriceAge?: string;
}

/** Scale at which band bounds are compared. */
export const BAND_SCALE = 18;

export interface Band {
  /** Units of 10^-18. */
  readonly lower: bigint;
  readonly upper: bigint;
}

export interface Mandate {
  readonly data: MandateData;
  readonly band: Band | undefined;
  /** Largest |notional|/N of one trade, units of 10^-18. */
  readonly maxStep: bigint | undefined;
  /** Nanoseconds. */
  readonly maxPriceAge: bigint | undefined;
}

const MAX_LEVERAGE = 100n;

/** A target leverage L in units of 10^-2. `field`: where it stands. Throws RefusalError `InvalidField`. */
export function readLeverage(text: string, field: string): bigint {
  const value = parseDecimal(text);
  const units = value && fitTo(value, 2);
  if (units === undefined || units === 0n || abs(units) > MAX_LEVERAGE * 100n)
    throw new RefusalError(
      refuse('InvalidField', `must be a decimal other than 0 from -${MAX_LEVERAGE} to ${MAX_LEVERAGE} with at most 2 decimals`, {
        field,
        value: text,
      }),
    );
  return units;
}

/**
 * Checks the data against the target leverage L (units of 10^-2) and prepares it. Throws RefusalError `InvalidField` naming field, value and rule.
 * A band must hold L inside it: lower < L < upper.
 */
export function readMandate(data: MandateData, targetLeverage: bigint): Mandate {
  const invalid = (field: string, value: unknown, rule: string): never => {
    throw new RefusalError(refuse('InvalidField', rule, { field: `/mandate/${field}`, value }));
  };
  if (data.resets) {
    const problem = parseCron(data.resets.cron, data.resets.zone);
    if ('problem' in problem) invalid(`resets/${problem.field}`, data.resets[problem.field], problem.problem);
  }
  let band: Band | undefined;
  if (data.band) {
    const bound = (name: 'lower' | 'upper'): bigint => {
      const text = data.band![name];
      const units = fit(parseDecimal(text));
      return units ?? invalid(`band/${name}`, text, `must be a decimal with at most ${BAND_SCALE} decimals`);
    };
    band = { lower: bound('lower'), upper: bound('upper') };
    const target = targetLeverage * 10n ** BigInt(BAND_SCALE - 2);
    if (band.lower >= band.upper) invalid('band', data.band, 'lower must be below upper');
    if (band.lower >= target || band.upper <= target) invalid('band', data.band, 'the target leverage must lie inside the band');
  }
  const maxStep = data.maxStep === undefined ? undefined : fit(parseDecimal(data.maxStep));
  if (data.maxStep !== undefined && (maxStep === undefined || maxStep <= 0n)) {
    invalid('maxStep', data.maxStep, 'must be a decimal above 0 with at most 18 decimals');
  }
  const maxPriceAge = data.maxPriceAge === undefined ? undefined : parseDuration(data.maxPriceAge);
  if (data.maxPriceAge !== undefined && maxPriceAge === undefined) {
    invalid('maxPriceAge', data.maxPriceAge, 'must be a duration such as 90s, 15m, 8h or 30d');
  }
  return { data, band, maxStep, maxPriceAge };
}

function fit(value: Decimal | undefined): bigint | undefined {
  return value && fitTo(value, BAND_SCALE);
}

/**
 * Whole prices P (units of 10^-priceScale) at which a position stays inside a band with positive NAV: NAV = cash + slope·P and
 * exposure = slope·P in one common unit. Every bound of a band is a linear inequality in P, so the interval is exact, ties included.
 * `low > high` means that no price is inside; an undefined end is open.
 */
export function pricesInside(cash: bigint, slope: bigint, band: Band | undefined): { low: bigint | undefined; high: bigint | undefined } {
  const one = 10n ** BigInt(BAND_SCALE);
  let low: bigint | undefined;
  let high: bigint | undefined;
  let never = false;
  /** a·P ≥ b */
  const require = (a: bigint, b: bigint): void => {
    if (a === 0n) {
      if (b > 0n) never = true;
    } else if (a > 0n) {
      const bound = -floorDiv(-b, a);
      if (low === undefined || bound > low) low = bound;
    } else {
      const bound = floorDiv(b, a);
      if (high === undefined || bound < high) high = bound;
    }
  };
  require(slope, 1n - cash); // NAV > 0
  if (band) {
    require(slope * (one - band.lower), band.lower * cash); // exposure ≥ lower·NAV
    require(slope * (band.upper - one), -band.upper * cash); // exposure ≤ upper·NAV
  }
  return never ? { low: 1n, high: 0n } : { low, high };
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n !== b < 0n && quotient * b !== a ? quotient - 1n : quotient;
}
