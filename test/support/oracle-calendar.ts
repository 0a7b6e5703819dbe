/**
 * Cron by brute force: every minute of real time is asked for its wall clock, and every wall-clock minute whether the five fields name it. A wall
 * clock minute that comes twice counts at its first coming; one that never comes fires as much later as the clock was put forward.
 */
import { DateTime } from 'luxon';

const MINUTE = 60_000;

interface Wall {
  /** Wall clock as if it were UTC, in minutes: a name for the wall-clock minute. */
  readonly name: number;
  readonly millis: number;
}

const WALLS = new Map<string, Wall[]>();
const FIRED = new Map<string, bigint[]>();

/** The instants (nanoseconds) at which the fields fire, with from < t ≤ until, over whole minutes. */
export function bruteCron(cron: string, zone: string, from: bigint, until: bigint): bigint[] {
  const key = `${cron} ${zone} ${from} ${until}`;
  let fired = FIRED.get(key);
  if (!fired) FIRED.set(key, (fired = fire(cron, zone, from, until)));
  return fired;
}

function fire(cron: string, zone: string, from: bigint, until: bigint): bigint[] {
  // A day more on both sides, so that what was shifted over the edge is seen.
  const first = Number(from / 60_000_000_000n) - 1440;
  const last = Number(until / 60_000_000_000n) + 1440;
  const walls = wallsOf(zone, first, last);
  const fires = fieldsOf(cron);
  const instants = new Set<number>();
  const seen = new Set<number>();
  for (const [i, wall] of walls.entries()) {
    const previous = walls[i - 1];
    // The clock was put forward: wall-clock minutes that never come.
    if (previous && wall.name > previous.name + 1) {
      for (let missing = previous.name + 1; missing < wall.name; missing++) {
        if (fires(missing)) instants.add(previous.millis + (missing - previous.name) * MINUTE);
      }
    }
    if (seen.has(wall.name)) continue;
    seen.add(wall.name);
    if (fires(wall.name)) instants.add(wall.millis);
  }
  return [...instants]
    .sort((a, b) => a - b)
    .map((millis) => BigInt(millis) * 1_000_000n)
    .filter((t) => t > from && t <= until);
}

function wallsOf(zone: string, first: number, last: number): Wall[] {
  const key = `${zone} ${first} ${last}`;
  let walls = WALLS.get(key);
  if (walls) return walls;
  walls = [];
  for (let minute = first; minute <= last; minute++) {
    const local = DateTime.fromMillis(minute * MINUTE, { zone });
    walls.push({ name: Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute) / MINUTE, millis: minute * MINUTE });
  }
  WALLS.set(key, walls);
  return walls;
}

/** Whether the fields name a wall-clock minute. */
function fieldsOf(cron: string): (name: number) => boolean {
  const [minute, hour, day, month, weekday] = cron.split(' ') as [string, string, string, string, string];
  return (name) => {
    const wall = new Date(name * MINUTE);
    if (!matches(minute, wall.getUTCMinutes(), 0, 59) || !matches(hour, wall.getUTCHours(), 0, 23)) return false;
    if (!matches(month, wall.getUTCMonth() + 1, 1, 12)) return false;
    const inMonth = matches(day, wall.getUTCDate(), 1, 31);
    const inWeek = matches(weekday, wall.getUTCDay(), 0, 7) || (wall.getUTCDay() === 0 && matches(weekday, 7, 0, 7));
    return day.startsWith('*') || weekday.startsWith('*') ? inMonth && inWeek : inMonth || inWeek;
  };
}

function matches(field: string, value: number, min: number, max: number): boolean {
  return field.split(',').some((part) => {
    const [range, stepText] = part.split('/') as [string, string | undefined];
    const [a, b] = range.split('-') as [string, string | undefined];
    const low = a === '*' ? min : Number(a);
    const high = a === '*' ? max : b !== undefined ? Number(b) : stepText === undefined ? low : max;
    return value >= low && value <= high && (value - low) % Number(stepText ?? 1) === 0;
  });
}

/** The local calendar day of an instant, counted from 1970-01-01. */
export function bruteDay(t: bigint, zone: string): number {
  const millis = Number(t / 1_000_000n);
  const local = DateTime.fromMillis(millis, { zone });
  return Date.UTC(local.year, local.month - 1, local.day) / 86_400_000;
}
