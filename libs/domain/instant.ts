/**
 * Instants: nanoseconds since 1970-01-01T00:00:00Z as a bigint, read from and written to RFC 3339. Luxon (milliseconds) is used for
 * calendars only and never holds the fact itself. There is no clock here: "now" always arrives from outside.
 */

export type Instant = bigint;

export const NANOS_PER_MILLI = 1_000_000n;
export const NANOS_PER_SECOND = 1_000_000_000n;
export const DAY_MILLIS = 86_400_000;
export const NANOS_PER_DAY = 86_400n * NANOS_PER_SECOND;

export const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
/** The range of a signed 64-bit count of nanoseconds, in whole years. */
const FIRST = BigInt(Date.UTC(1678, 0, 1)) * NANOS_PER_MILLI;
const LAST = BigInt(Date.UTC(2262, 0, 1)) * NANOS_PER_MILLI;

/**
 * Reads an RFC 3339 time with a zone (`Z` or a numeric offset), 0 to 9 fraction digits, years 1678 to 2261. Undefined for anything else:
 * no zone, a day or hour that does not exist, a leap second.
 */
export function parseInstant(text: unknown): Instant | undefined {
  if (typeof text !== 'string' || !RFC3339.test(text)) return undefined;
  const digits = (from: number, to = from + 2): number => Number(text.slice(from, to));
  const [year, month, day] = [digits(0, 4), digits(5), digits(8)];
  const [hour, minute, second] = [digits(11), digits(14), digits(17)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const millis = Date.UTC(year, month - 1, day, hour, minute, second);
  // A day that does not exist comes out as another one, and a year below 100 as one of the twentieth century.
  const date = new Date(millis);
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1 || date.getUTCFullYear() !== year) return undefined;
  const utc = text.endsWith('Z');
  const end = text.length - (utc ? 1 : 6);
  let offsetMillis = 0;
  if (!utc) {
    const [hours, minutes] = [digits(end + 1), digits(end + 4)];
    if (hours > 23 || minutes > 59) return undefined;
    offsetMillis = (text[end] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  const whole = BigInt(millis - offsetMillis) * NANOS_PER_MILLI;
  const instant = end === 19 ? whole : whole + BigInt(text.slice(20, end).padEnd(9, '0'));
  return instant < FIRST || instant >= LAST ? undefined : instant;
}

/** Reads a time that was validated before; throws a defect otherwise. */
export function instant(text: string): Instant {
  const value = parseInstant(text);
  if (value === undefined) throw new Error(`not an RFC 3339 time with a zone: ${text}`);
  return value;
}

/** Writes RFC 3339 UTC with as few fraction digits as hold the value (none, 3, 6 or 9), or with exactly nine. */
export function formatInstant(value: Instant, digits: 'shortest' | 'nine' = 'shortest'): string {
  const millis = epochMillis(value);
  const below = Number(value - fromEpochMillis(millis));
  const day = Math.floor(millis / DAY_MILLIS);
  const ofDay = millis - day * DAY_MILLIS;
  const second = Math.floor(ofDay / 1000);
  const text = `${dateOf(day)}T${TWO_DIGITS[Math.floor(second / 3600)]}:${TWO_DIGITS[Math.floor(second / 60) % 60]}:${TWO_DIGITS[second % 60]}`;
  const nanosOfSecond = (ofDay % 1000) * 1_000_000 + below;
  if (digits === 'shortest' && nanosOfSecond === 0) return `${text}Z`;
  const fraction = String(nanosOfSecond).padStart(9, '0');
  const shown = digits === 'nine' ? 9 : fraction.endsWith('000000') ? 3 : fraction.endsWith('000') ? 6 : 9;
  return `${text}.${fraction.slice(0, shown)}Z`;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));
/** Dates written lately: the platform's calendar takes longer than all else about a time. */
const DATES = new Map<number, string>();
const DATES_KEPT = 20_000;

/** The date of a count of days since 1970-01-01. */
function dateOf(day: number): string {
  let date = DATES.get(day);
  if (date !== undefined) return date;
  if (DATES.size >= DATES_KEPT) DATES.clear();
  DATES.set(day, (date = new Date(day * DAY_MILLIS).toISOString().slice(0, 10)));
  return date;
}

const DURATION = /^([1-9]\d{0,8})(s|m|h|d)$/;
const DURATION_SECONDS = { s: 1n, m: 60n, h: 3_600n, d: 86_400n };

/** Reads 90s, 15m, 8h or 30d (a d is 24 hours) as nanoseconds; undefined otherwise. */
export function parseDuration(text: unknown): bigint | undefined {
  const match = typeof text === 'string' ? DURATION.exec(text) : null;
  if (!match) return undefined;
  return BigInt(match[1]!) * DURATION_SECONDS[match[2] as keyof typeof DURATION_SECONDS] * NANOS_PER_SECOND;
}

/** Whole milliseconds since the epoch, rounded down: for calendars only. */
export function epochMillis(value: Instant): number {
  const millis = value / NANOS_PER_MILLI;
  return Number(value < 0n && value % NANOS_PER_MILLI !== 0n ? millis - 1n : millis);
}

export function fromEpochMillis(millis: number): Instant {
  return BigInt(millis) * NANOS_PER_MILLI;
}

/** Whole seconds of a span, rounded toward zero: for ages and counts. */
export function wholeSeconds(nanos: bigint): number {
  return Number(nanos / NANOS_PER_SECOND);
}
