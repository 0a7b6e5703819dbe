/**
 * Five-field cron (minute hour day-of-month month day-of-week) in an IANA zone, as a calendar of instants. A local time that does not
 * exist fires shifted by the gap; one that comes twice fires once, first. Days of month and week, both restricted, combine with "or".
 * Deliberately absent: seconds, years, @nicknames, L, W and #.
 */
import { IANAZone } from 'luxon';
import { DAY_MILLIS, epochMillis, fromEpochMillis, type Instant } from './instant';

interface CronSchedule {
  readonly zone: IANAZone;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both day fields restricted: either may match. */
  readonly eitherDay: boolean;
}

interface CronProblem {
  readonly field: 'cron' | 'zone';
  readonly problem: string;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS = [
  { name: 'minute', min: 0, max: 59, names: [] as string[] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 7, names: WEEKDAYS },
] as const;
const MINUTE_MILLIS = 60_000;
/** No local time is further from UTC, a shifted one included; milliseconds. */
const MOST_OFFSET = 16 * 60 * MINUTE_MILLIS;

/** Reads an expression and a zone; answers what is wrong, not throws. */
export function parseCron(cron: string, zoneName: string): CronSchedule | CronProblem {
  const zone = IANAZone.create(zoneName);
  if (!zone.isValid) return { field: 'zone', problem: 'must be an IANA time zone such as UTC or America/New_York' };
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== 5) return { field: 'cron', problem: 'must have five fields: minute hour day-of-month month day-of-week' };
  const sets: Set<number>[] = [];
  for (const [i, field] of FIELDS.entries()) {
    const set = readField(parts[i]!, field);
    if (!set)
      return { field: 'cron', problem: `${field.name} must be *, a value, a range, a list or a step within ${field.min}-${field.max}` };
    sets.push(set);
  }
  const [minutes, hours, days, months, weekdays] = sets as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  if (weekdays.delete(7)) weekdays.add(0);
  return {
    zone,
    minutes: [...minutes].sort((a, b) => a - b),
    hours: [...hours].sort((a, b) => a - b),
    days,
    months,
    weekdays,
    eitherDay: !parts[2]!.startsWith('*') && !parts[4]!.startsWith('*'),
  };
}

function readField(text: string, field: (typeof FIELDS)[number]): Set<number> | undefined {
  const set = new Set<number>();
  const value = (s: string): number => {
    const named = (field.names as readonly string[]).indexOf(s.toUpperCase());
    if (named >= 0) return named + field.min;
    return /^\d{1,2}$/.test(s) ? Number(s) : Number.NaN;
  };
  for (const part of text.split(',')) {
    const match = /^(\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:\/(\d{1,2}))?$/.exec(part);
    if (!match) return undefined;
    const [, range, stepText] = match as unknown as [string, string, string | undefined];
    const step = stepText === undefined ? 1 : Number(stepText);
    const [a, b] = range.split('-') as [string, string | undefined];
    const first = range === '*' ? field.min : value(a);
    const last = range === '*' ? field.max : b !== undefined ? value(b) : stepText === undefined ? first : field.max;
    if (!(step >= 1 && first >= field.min && last <= field.max && first <= last)) return undefined;
    for (let v = first; v <= last; v += step) set.add(v);
  }
  return set;
}

const PARSED = new Map<string, CronSchedule>();

/** The instants of a valid expression with after < t ≤ until, in order. */
export function* cronInstants(cron: string, zoneName: string, after: Instant, until: Instant): Generator<Instant> {
  const key = `${cron}@${zoneName}`;
  let schedule = PARSED.get(key);
  if (!schedule) {
    const parsed = parseCron(cron, zoneName);
    if ('problem' in parsed) throw new Error(`not a schedule: ${key}: ${parsed.problem}`);
    PARSED.set(key, (schedule = parsed));
  }
  if (until <= after) return;
  let previous: Instant | undefined;
  const first = Math.floor((epochMillis(after) - MOST_OFFSET) / DAY_MILLIS);
  const last = Math.floor((epochMillis(until) + MOST_OFFSET) / DAY_MILLIS);
  for (let day = first; day <= last; day++) {
    for (const t of instantsOf(schedule, day)) {
      if (t > until) return;
      // A shifted time can meet one that exists: once.
      if (t > after && (previous === undefined || t > previous)) yield (previous = t);
    }
  }
}

/** Days asked for lately, of schedules with few times a day: questions about one moment ask for the days around it again and again. */
const DAYS = new Map<CronSchedule, Map<number, readonly Instant[]>>();
const DAYS_KEPT = 20_000;
const FEW_TIMES = 24;

/** The instants of a local calendar day, ascending; a shifted time may stand there twice. */
function instantsOf(schedule: CronSchedule, day: number): readonly Instant[] {
  let known = DAYS.get(schedule);
  if (!known || known.size >= DAYS_KEPT) DAYS.set(schedule, (known = new Map<number, readonly Instant[]>()));
  let instants = known.get(day);
  if (instants) return instants;
  instants = matchesDay(schedule, new Date(day * DAY_MILLIS)) ? millisOfDay(schedule, day).map(fromEpochMillis) : [];
  if (instants.length <= FEW_TIMES) known.set(day, instants);
  return instants;
}

/** `day`: the local calendar day, as if it were one in UTC. */
function matchesDay(s: CronSchedule, day: Date): boolean {
  if (!s.months.has(day.getUTCMonth() + 1)) return false;
  const inMonth = s.days.has(day.getUTCDate());
  const inWeek = s.weekdays.has(day.getUTCDay());
  return s.eitherDay ? inMonth || inWeek : inMonth && inWeek;
}

function millisOfDay(s: CronSchedule, day: number): number[] {
  const millis = s.hours.flatMap((hour) =>
    s.minutes.map((minute) => wallClock(s.zone, day * DAY_MILLIS + (hour * 60 + minute) * MINUTE_MILLIS)),
  );
  return millis.sort((a, b) => a - b);
}

/** The instant of a wall-clock time, given as if it were one in UTC: the first of two; shifted forward by the gap when it does not exist. */
function wallClock(zone: IANAZone, asUtc: number): number {
  // The offset in force before any transition of this day gives the first of two readings and shifts a missing one by the gap.
  const before = offsetMillis(zone, asUtc - DAY_MILLIS);
  const after = offsetMillis(zone, asUtc + DAY_MILLIS);
  const first = asUtc - before;
  if (offsetMillis(zone, first) === before) return first;
  const second = asUtc - after;
  return offsetMillis(zone, second) === after ? second : first;
}

/** The local calendar day, as a count of days since 1970-01-01. */
function dayOf(zone: IANAZone, millis: number): number {
  return Math.floor((millis + offsetMillis(zone, millis)) / DAY_MILLIS);
}

/** Offsets asked for lately: the same instants are asked for again and again, and the platform's calendar is slow to answer. */
const OFFSETS = new Map<IANAZone, Map<number, number>>();
const OFFSETS_KEPT = 100_000;

function offsetMillis(zone: IANAZone, millis: number): number {
  let known = OFFSETS.get(zone);
  if (!known || known.size >= OFFSETS_KEPT) OFFSETS.set(zone, (known = new Map<number, number>()));
  let offset = known.get(millis);
  if (offset === undefined) known.set(millis, (offset = zone.offset(millis) * MINUTE_MILLIS));
  return offset;
}

/** The local calendar day of an instant, as a count of days since 1970-01-01. */
export function localDay(t: Instant, zoneName: string): number {
  return dayOf(IANAZone.create(zoneName), epochMillis(t));
}
