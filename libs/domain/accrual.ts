/**
 * Fees that the schedules in force say are due and that were not charged. Periodic rules count from the rule's last charge, at first from the later of the schedule's `at`, the
 * rule's own beginning and the first units; a schedule that replaces another leaves no time to both or none. A charge that rounds to nothing is not made: its time stays due. Time in
 * which exactly nothing was due (a zero rate or basis) is settled. What a fill costs is not charged here: it is recorded with the fill.
 */
import { localDay } from './cron';
import { dayFraction, timeFraction } from './day-count';
import type { Ratio } from './decimal';
import { CHARGE_ORDER, type Calendar, dueTimes, flowAt, flowTimes, zoneAt } from './due-times';
import { evolve, type Fact, type FundState } from './facts';
import { AT_ONCE, type Charge, chargeOn } from './fee-amount';
import { inForce, isPeriodic, type Rule } from './fee-rules';
import type { FeeSchedule } from './fee-schedule';
import { type AdoptedSchedule, type FundRecord, ruleKey } from './fund-record';
import { highWaterMarkAt, markAfter } from './high-water-mark';
import type { Instant } from './instant';
import type { PriceView, Rates } from './price-view';

export interface DueCharge {
  readonly at: Instant;
  readonly schedule: FeeSchedule;
  readonly rule: Rule;
  readonly charge: Charge;
  /** From when the charge counts, of a periodic rule. */
  readonly since: Instant | undefined;
  /** Calendar days counted, of a rule that counts them. */
  readonly days: number | undefined;
}

interface Point {
  readonly at: Instant;
  readonly order: number;
  readonly rule: Rule;
  readonly schedule: FeeSchedule;
  readonly since: Instant;
}

/** The charges due at or before `through` and not recorded, in order. `endedAt`: nothing is due at or after the fund's end. Charges without a needed price wait for it. */
export function dueCharges(
  portfolio: FundRecord,
  prices: PriceView,
  rates: Rates,
  through: Instant,
  endedAt: Instant | undefined,
): DueCharge[] {
  const points = duePoints(portfolio, prices, through);
  if (points.length === 0) return [];
  const { terms, mandates } = portfolio;
  const due: DueCharge[] = [];
  const settled = new Map<Rule, Instant>();
  const books = new Books(portfolio);
  for (const { at, rule, schedule, since: first } of points) {
    if (endedAt !== undefined && at >= endedAt) break;
    const since = settled.get(rule) ?? first;
    const counted = isPeriodic(rule) ? timeOf(rule, zoneAt(mandates, at), since, at) : { tau: AT_ONCE, days: undefined };
    if (!counted) continue;
    const rate = rule.floating === undefined ? rule.rate : rates.at(rule.floating, at);
    if (rate === undefined) continue;
    const charge = chargeOn(terms, rule, {
      state: books.stateAt(at),
      price: prices.at(at)?.price,
      rate,
      tau: counted.tau,
      flow: rule.kind === 'creation' || rule.kind === 'redemption' ? flowAt(portfolio.timeline, rule.kind, at) : undefined,
      highWaterMark: rule.kind === 'performance' ? (books.highWaterMarkAt(at) ?? 0n) : undefined,
    });
    if (!charge) continue;
    if (charge.raw.num === 0n) settled.set(rule, at);
    if (!isMade(rule, charge)) continue;
    due.push({ at, schedule, rule, charge, since: isPeriodic(rule) ? since : undefined, days: counted.days });
    settled.set(rule, at);
    books.take(at, feeFact(rule, charge));
  }
  return due;
}

/** The time from `since` to `at` as the rule counts it; undefined where none has passed. */
export function timeOf(rule: Rule, zone: string, since: Instant, at: Instant): { tau: Ratio; days: number | undefined } | undefined {
  if (rule.trigger === 'per_second')
    return at > since
      ? { tau: timeFraction(rule.dayCount as Exclude<typeof rule.dayCount, '30/360'>, since, at), days: undefined }
      : undefined;
  const [from, to] = [localDay(since, zone), localDay(at, zone)];
  if (to <= from) return undefined;
  return { days: to - from, tau: rule.period === 'day' ? { num: BigInt(to - from), den: 1n } : dayFraction(rule.dayCount, from, to) };
}

/** Whether a charge leaves something in the books: nothing rounded away, and no rebate but of what may be earned. */
export function isMade(rule: Rule, { amount, minted }: Charge): boolean {
  if (minted !== undefined) return minted > 0n;
  return rule.kind === 'borrow' || rule.kind === 'funding' ? amount !== 0n : amount > 0n;
}

/** What the charge does to the books. */
export function feeFact(rule: Rule, { amount, minted, nextHighWaterMark }: Charge): Extract<Fact, { kind: 'fee' }> {
  const fact = { kind: 'fee', feeKind: rule.kind, amount, minted } as const;
  return nextHighWaterMark === undefined ? fact : { ...fact, nextHighWaterMark };
}

function duePoints(portfolio: FundRecord, prices: PriceView, through: Instant): Point[] {
  const { timeline, mandates, terms, schedules } = portfolio;
  const calendar: Calendar = { mandates, prices, openedAt: terms.openedAt };
  const points: Point[] = [];
  for (const [i, adopted] of schedules.entries()) {
    const next = schedules[i + 1]?.at;
    for (const rule of adopted.rules) {
      if (rule.kind === 'trading') continue;
      // Time up to the instant of the change is the old rule's, which that instant ends.
      const ends = [next, rule.until].map((t) => (t === undefined || isPeriodic(rule) ? t : t - 1n));
      const last = ends.reduce<Instant>((a, b) => (b !== undefined && b < a ? b : a), through);
      const put = (at: Instant, since: Instant): unknown =>
        points.push({ at, order: CHARGE_ORDER[rule.kind], rule, schedule: adopted.schedule, since });
      if (rule.kind === 'creation' || rule.kind === 'redemption') {
        const charged = new Set(chargesOf(portfolio, adopted, rule));
        for (const at of flowTimes(timeline, rule.kind, adopted.at - 1n, last)) if (!charged.has(at) && inForce(rule, at)) put(at, at);
        continue;
      }
      // By the second the charge is for all time up to it, also when it is asked for out of order.
      if (rule.trigger === 'per_second' && chargesOf(portfolio, adopted, rule).some((t) => t > last && (next === undefined || t <= next)))
        continue;
      const since = chargedThrough(portfolio, adopted, rule, last);
      if (since === undefined || since >= last) continue;
      for (const at of dueTimes(calendar, rule, since, last)) put(at, since);
    }
  }
  return points.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.order - b.order));
}

function chargesOf(portfolio: FundRecord, { schedule }: AdoptedSchedule, rule: Rule): readonly Instant[] {
  return portfolio.charges.get(ruleKey(schedule.id, schedule.version, rule.index)) ?? [];
}

/** From when the rule's next charge counts; undefined while there were never units. */
function chargedThrough(portfolio: FundRecord, adopted: AdoptedSchedule, rule: Rule, last: Instant): Instant | undefined {
  const times = chargesOf(portfolio, adopted, rule);
  const charged = times[countThrough(times, last) - 1];
  // A charge from before the adoption belongs to an earlier one of the same schedule.
  if (charged !== undefined && charged >= adopted.at) return charged;
  const begins = rule.from !== undefined && rule.from > adopted.at ? rule.from : adopted.at;
  for (let i = 0; i < portfolio.timeline.length; i++) {
    const row = portfolio.timeline.row(i)!;
    if (row.state.units > 0n) return row.at > begins ? row.at : begins;
  }
  return undefined;
}

/** How many of ascending times are at or before `t`. */
function countThrough(times: readonly Instant[], t: Instant): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The books with the charges that were found due so far. Asked and told in order of time. */
class Books {
  /** After the first charge: the state, and how many recorded rows are in it. */
  private state: FundState | undefined;
  private rows = 0;
  private mark: bigint | undefined;

  constructor(private readonly portfolio: FundRecord) {}

  stateAt(t: Instant): FundState {
    const { timeline } = this.portfolio;
    if (this.state === undefined) return timeline.stateAt(t);
    this.foldThrough(t);
    return this.state;
  }

  highWaterMarkAt(t: Instant): bigint | undefined {
    if (this.state === undefined) return highWaterMarkAt(this.portfolio.terms, this.portfolio.timeline, t);
    this.foldThrough(t);
    return this.mark;
  }

  take(at: Instant, fact: Fact): void {
    const { terms, timeline } = this.portfolio;
    if (this.state === undefined) {
      this.rows = timeline.countThrough(at);
      this.mark = highWaterMarkAt(terms, timeline, at);
    }
    this.state = evolve(terms, this.stateAt(at), fact);
    this.mark = markAfter(terms, this.mark, fact);
  }

  private foldThrough(t: Instant): void {
    const { terms, timeline } = this.portfolio;
    for (let row = timeline.row(this.rows); row && row.at <= t; row = timeline.row(++this.rows)) {
      this.state = evolve(terms, this.state!, row.fact);
      this.mark = markAfter(terms, this.mark, row.fact);
    }
  }
}
