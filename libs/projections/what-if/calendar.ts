/**
 * The instants of a scenario that are known before it is replayed: scheduled resets that count and the times at which its rules are due. Deliberately absent: band exits, flows and
 * recorded facts.
 */
import { CHARGE_ORDER, dueTimes, type Calendar as Dates, resetTimes } from '../../domain/due-times';
import { isPeriodic, type Rule } from '../../domain/fee-rules';
import type { Instant } from '../../domain/instant';
import type { Costless } from '../costless';
import { Lru } from '../tape/lru';
import type { Booked } from './booked';
import type { Scenario } from './scenario';

export interface CalendarPoint {
  readonly at: Instant;
  readonly reset: boolean;
  /** Rules by their index, in the order in which they are charged. */
  readonly due: readonly number[];
}

/** In order; shared by scenarios that differ in no time. A reset does not count without a tick since the one before that counted, or since `from`. */
export function calendarOf(booked: Booked, scenario: Pick<Scenario, 'terms' | 'decides' | 'mandates' | 'rules'>): readonly CalendarPoint[] {
  const times = scenario.rules?.map(({ kind, trigger, crystallise, from, until }) => [kind, trigger, crystallise, `${from} ${until}`]);
  const costless = booked.costless(scenario);
  let known = CALENDARS.get(costless);
  if (!known) CALENDARS.set(costless, (known = new Lru(CALENDARS_KEPT)));
  return known.take(JSON.stringify([scenario.decides, times]), () => made(booked, scenario));
}

/** By what a window has whatever is traded and charged. */
const CALENDARS = new WeakMap<Costless, Lru<string, readonly CalendarPoint[]>>();
const CALENDARS_KEPT = 16;

function made(
  { prices, from, to, view, costless }: Booked,
  scenario: Pick<Scenario, 'terms' | 'decides' | 'mandates' | 'rules'>,
): readonly CalendarPoint[] {
  const { mandates, decides } = scenario;
  const points = new Map<Instant, { reset: boolean; due: number[] }>();
  const point = (at: Instant): { reset: boolean; due: number[] } => {
    let found = points.get(at);
    if (!found) points.set(at, (found = { reset: false, due: [] }));
    return found;
  };
  if (decides) for (const at of costless(scenario).resets) point(at).reset = true;
  const dates: Dates = { mandates, prices, openedAt: view.portfolio.terms.openedAt };
  const rules = (scenario.rules ?? []).filter(({ trigger }) => trigger !== 'per_fill' && trigger !== 'per_flow');
  for (const rule of [...rules].sort((a, b) => CHARGE_ORDER[a.kind] - CHARGE_ORDER[b.kind] || a.index - b.index)) {
    const start = rule.from !== undefined && rule.from > from ? rule.from : from;
    // Time up to the end of a rule is charged at that instant, if it is due then.
    const ends = rule.until === undefined ? to : isPeriodic(rule) ? rule.until : rule.until - 1n;
    const last = ends < to ? ends : to;
    for (const at of timesOf(dates, rule, start, last)) point(at).due.push(rule.index);
  }
  return [...points].map(([at, found]) => ({ at, ...found })).sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** As the domain says, but by the second at the resets and at the end. */
function* timesOf(dates: Dates, rule: Rule, since: Instant, until: Instant): Generator<Instant> {
  if (rule.trigger !== 'per_second') {
    yield* dueTimes(dates, rule, since, until);
    return;
  }
  let last = since;
  for (const at of resetTimes(dates, since, until)) yield (last = at);
  if (last < until) yield until;
}
