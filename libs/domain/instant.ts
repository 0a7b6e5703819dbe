/**
 * Instants: nanoseconds since 1970-01-01T00:00:00Z as a bigint, read from and written to RFC 3339. Luxon (milliseconds) is used for
 * calendars only and never holds the fact itself. There is no clock here: "now" always arrives from outside.
 */

export type Instant = bigint;

export const NANOS_PER_MILLI = 1_000_000n;
export const NANOS_PER_SECOND = 1_000_000_000n;
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
  if (typeof text !== 'string') return undefined;
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, local, fraction = '', zone] = match as unknown as [string, string, string | undefined, string];
  const millis = Date.parse(`${local}Z`);
  // Date.parse rolls 31 April over; writing it back shows it.
  if (Number.isNaN(millis) || new Date(millis).toISOString().slice(0, 19) !== local) return undefined;
  let offsetMillis = 0;
  if (zone !== 'Z') {
    const hours = Number(zone.slice(1, 3));
    const minutes = Number(zone.slice(4, 6));
    if (hours > 23 || minutes > 59) return undefined;
    offsetMillis = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  const instant = BigInt(millis - offsetMillis) * NANOS_PER_MILLI + BigInt(fraction.padEnd(9, '0'));
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
  const nanosOfSecond = ((value % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  const seconds = new Date(Number((value - nanosOfSecond) / NANOS_PER_MILLI)).toISOString().slice(0, 19);
  const fraction = nanosOfSecond.toString().padStart(9, '0');
  if (digits === 'nine') return `${seconds}.${fraction}Z`;
  if (nanosOfSecond === 0n) return `${seconds}Z`;
  if (fraction.endsWith('000000')) return `${seconds}.${fraction.slice(0, 3)}Z`;
  if (fraction.endsWith('000')) return `${seconds}.${fraction.slice(0, 6)}Z`;
  return `${seconds}.${fraction}Z`;
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
