/**
 * What a rule charges at one instant, computed again on the books just before a place in the order: the way in which accrual.ts finds a charge due, for one that was recorded. A charge
 * is for all time since the one before it, less time in which exactly nothing was due, whatever other charges should have been made between. Deliberately absent: charges on fills
 * (trade.ts), and which charge came before.
 */
import { type DueCharge, timeOf } from './accrual';
import { type Calendar, dueTimes, flowAt, zoneAt } from './due-times';
import { AT_ONCE, type Charge, chargeOn } from './fee-amount';
import { inForce, isPeriodic, type Rule } from './fee-rules';
import type { AdoptedSchedule, FundRecord } from './fund-record';
import { highWaterMarkAfter } from './high-water-mark';
import { formatInstant, type Instant } from './instant';
import type { PriceView, Rates } from './price-view';

/** What is known. */
export interface KnownBooks {
  readonly portfolio: FundRecord;
  readonly prices: PriceView;
  readonly rates: Rates;
}

/** Before the fact recorded at `position`, or after all of the instant when that is infinite. */
export interface Place {
  readonly at: Instant;
  readonly position: number;
}

export interface NotDue {
  /** Why nothing was due. */
  readonly reason: string;
}

/** Whether a rule's schedule and dates hold at `t`. The instant at which another takes over ends the time of the one before. */
export function covers({ schedules }: FundRecord, adopted: AdoptedSchedule, rule: Rule, t: Instant): boolean {
  const next = schedules[schedules.indexOf(adopted) + 1]?.at;
  if (!isPeriodic(rule)) return adopted.at <= t && (next === undefined || t < next) && inForce(rule, t);
  const begins = rule.from !== undefined && rule.from > adopted.at ? rule.from : adopted.at;
  return begins < t && (next === undefined || t <= next) && (rule.until === undefined || t <= rule.until);
}

/** The charge, also one that comes to 0. `last`: when the rule was charged last, at or before the place. */
export function dueAgain(
  books: KnownBooks,
  adopted: AdoptedSchedule,
  rule: Rule,
  { at, position }: Place,
  last: Instant | undefined,
): DueCharge | NotDue {
  const { portfolio, prices } = books;
  const { terms, timeline, mandates } = portfolio;
  if (!covers(portfolio, adopted, rule, at)) return { reason: 'the rule was not in force then' };
  if (last === at) return { reason: 'it was charged already for this time' };
  const found = (charge: Charge | string, since?: Instant, days?: number): DueCharge | NotDue =>
    typeof charge === 'string' ? { reason: charge } : { at, schedule: adopted.schedule, rule, charge, since, days };
  const count = timeline.countBefore(at, position);
  if (rule.kind === 'creation' || rule.kind === 'redemption') {
    const flow = flowAt(timeline, rule.kind, at);
    if (flow.units === 0n) return { reason: `there was no ${rule.kind} then` };
    return found(chargeAt(books, rule, at, count, AT_ONCE, { flow }));
  }
  const since = beginning(portfolio, adopted, rule, last);
  if (since === undefined) return { reason: 'there were no units yet' };
  const calendar: Calendar = { mandates, prices, openedAt: terms.openedAt };
  if (!isPeriodic(rule)) {
    if (since >= at || dueTimes(calendar, rule, at - 1n, at).next().done) return { reason: 'it is not one of the times of the rule' };
    return found(chargeAt(books, rule, at, count, AT_ONCE, { highWaterMark: highWaterMarkAfter(terms, timeline, count) ?? 0n }));
  }
  let settled = since;
  for (const t of dueTimes(calendar, rule, since, at)) {
    const counted = timeOf(rule, zoneAt(mandates, t), settled, t);
    if (!counted) continue;
    const charge = chargeAt(books, rule, t, t === at ? count : timeline.countThrough(t), counted.tau, {});
    if (t === at) return found(charge, settled, counted.days);
    if (typeof charge !== 'string' && charge.raw.num === 0n) settled = t;
  }
  return { reason: 'it is not one of the times of the rule' };
}

/** The charge on the books after so many facts; or why there is none. */
function chargeAt(
  { portfolio, prices, rates }: KnownBooks,
  rule: Rule,
  t: Instant,
  count: number,
  tau: Parameters<typeof chargeOn>[2]['tau'],
  more: Pick<Parameters<typeof chargeOn>[2], 'flow' | 'highWaterMark'>,
): Charge | string {
  const rate = rule.floating === undefined ? rule.rate : rates.at(rule.floating, t);
  if (rate === undefined) return `there was no tick of ${rule.floating} at or before ${formatInstant(t)}`;
  const state = portfolio.timeline.stateAfter(count);
  const charge = chargeOn(portfolio.terms, rule, { state, price: prices.at(t)?.price, rate, tau, ...more });
  return charge ?? (rule.paidBy === 'units' ? 'no units could be minted for it' : 'there was no price to know the basis');
}

/** From when the rule's next charge counts; undefined while there were never units. */
function beginning({ timeline }: FundRecord, adopted: AdoptedSchedule, rule: Rule, last: Instant | undefined): Instant | undefined {
  // A charge from before the adoption belongs to an earlier one of the same schedule.
  if (last !== undefined && last >= adopted.at) return last;
  const begins = rule.from !== undefined && rule.from > adopted.at ? rule.from : adopted.at;
  for (let i = 0; i < timeline.length; i++) {
    const row = timeline.row(i)!;
    if (row.state.units > 0n) return row.at > begins ? row.at : begins;
  }
  return undefined;
}
