/**
 * Times as files write them: epoch counts, RFC 3339 date-times, local date-times of a named zone, dates alone. Each becomes an exact instant. Invariant: one column holds one kind of time, the first value's;
 * nothing is guessed about a zone. A date alone means the exchange's close of that day; early closes (half days) are not known here.
 */
import { DateTime, IANAZone } from 'luxon';
import { fromEpochMillis, instant, type Instant, NANOS_PER_MILLI, NANOS_PER_SECOND, parseInstant } from '../domain/instant';
import { refuse, RefusalError } from '../domain/refusal';
import type { Broken } from './csv';

export type TimeKind = 'epoch' | 'date-time' | 'date';
export type EpochUnit = 's' | 'ms' | 'us' | 'ns';

export interface TimeOptions {
  /** Local time of day, HH:MM, that a date alone means; default 16:00. */
  readonly close?: string | undefined;
  /** IANA zone of `close`, default America/New_York. Only when it is given are date-times without a zone read, as local times of it. */
  readonly zone?: string | undefined;
}

const UNIT_NANOS: Record<EpochUnit, bigint> = { s: NANOS_PER_SECOND, ms: NANOS_PER_MILLI, us: 1_000n, ns: 1n };
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))? ?(Z|z|UTC|[+-]\d\d:\d\d)?$/;
const CLOSE = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const EARLIEST = instant('1678-01-01T00:00:00Z');
/** A year short of what 64 bits hold, so that an interval can be added. */
const LATEST = instant('2261-01-01T00:00:00Z');

const BAD_TIME = 'must be an epoch count of 9 to 19 digits, an RFC 3339 time with a zone, or a date (YYYY-MM-DD), from 1678 to 2260';

/** Reads the values of one column. */
export class TimeReader {
  /** The kind of the first value; undefined before it. */
  kind: TimeKind | undefined;
  /** Nanoseconds of the unit in which the last value was counted: of an epoch count its unit, else a millisecond. */
  unit = NANOS_PER_MILLI;
  /** The column's unit when its name says it; else 9-11 digits are seconds, 12-14 milliseconds, 15-17 microseconds, 18-19 nanoseconds. */
  epochUnit: EpochUnit | undefined;
  private readonly close: string;
  private readonly zone: string;
  private readonly localZone: string | undefined;

  /** Throws RefusalError InvalidField on an unknown zone or a close that is no time of day. */
  constructor(options: TimeOptions = {}) {
    this.close = options.close ?? '16:00';
    this.zone = options.zone ?? 'America/New_York';
    this.localZone = options.zone;
    if (!CLOSE.test(this.close)) {
      throw new RefusalError(refuse('InvalidField', 'must be a time of day, HH:MM', { field: '--close', value: this.close }));
    }
    if (!IANAZone.isValidZone(this.zone)) {
      throw new RefusalError(
        refuse('InvalidField', 'must be an IANA time zone such as America/New_York', { field: '--zone', value: this.zone }),
      );
    }
  }

  /** The instant, or what is wrong. */
  read(text: string): Instant | Broken {
    const kind = DATE.test(text) ? 'date' : text.includes(':') ? 'date-time' : 'epoch';
    this.kind ??= kind;
    const at =
      kind === 'epoch' ? this.readEpoch(text) : kind === 'date' ? localTime(`${text}T${this.close}`, this.zone) : this.readDateTime(text);
    if (typeof at !== 'bigint') return at;
    if (kind !== this.kind) return { rule: `must be ${ONE_OF[this.kind]} like the first row's` };
    return at < EARLIEST || at >= LATEST ? { rule: BAD_TIME } : at;
  }

  private readEpoch(text: string): Instant | Broken {
    if (!/^\d{1,19}$/.test(text)) return { rule: BAD_TIME };
    const unit = this.epochUnit ?? unitOf(text.length);
    if (unit === undefined) return { rule: BAD_TIME };
    this.unit = UNIT_NANOS[unit];
    return BigInt(text) * this.unit;
  }

  private readDateTime(text: string): Instant | Broken {
    const match = DATE_TIME.exec(text);
    if (!match) return { rule: BAD_TIME };
    const [, date, time, seconds = ':00', fraction, zone] = match;
    const local = `${date}T${time}${seconds}`;
    const decimals = fraction === undefined ? '' : `.${fraction}`;
    if (zone !== undefined) return parseInstant(`${local}${decimals}${/[-+]/.test(zone) ? zone : 'Z'}`) ?? { rule: BAD_TIME };
    if (this.localZone === undefined)
      return { rule: 'must carry a zone (Z or an offset such as -05:00), or name the zone of local times with --zone' };
    const at = localTime(local, this.localZone);
    return typeof at === 'bigint' ? at + BigInt((fraction ?? '').padEnd(9, '0')) : at;
  }
}

const ONE_OF: Record<TimeKind, string> = { epoch: 'an epoch count', 'date-time': 'a date with a time', date: 'a date alone' };

function unitOf(digits: number): EpochUnit | undefined {
  return digits < 9 ? undefined : digits < 12 ? 's' : digits < 15 ? 'ms' : digits < 18 ? 'us' : 'ns';
}

function localTime(local: string, zone: string): Instant | Broken {
  const time = DateTime.fromISO(local, { zone });
  if (!time.isValid) return { rule: BAD_TIME };
  // A local time inside a gap is shifted by luxon; writing it back shows it.
  if (!time.toISO({ includeOffset: false })?.startsWith(local)) return { rule: `does not exist in ${zone}: the clocks skip it` };
  if (time.getPossibleOffsets().length > 1) return { rule: `comes twice in ${zone}: write it with its offset` };
  return fromEpochMillis(time.toMillis());
}
