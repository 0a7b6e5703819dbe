/**
 * Fees that a schedule says are due. A management rule charges at each scheduled reset that counts (at 00:00 UTC each day while the mandate has no
 * schedule) for the local calendar days since the rule's last charge, at first since the later of the schedule's `at` and the first units:
 * amount = NAV · rate · days/365, on the unrounded NAV after the facts of that instant, rounded once, half-even, at the currency's scale.
 * A charge that rounds to zero is not made: its days stay due.
 */
import { cronInstants, localDay } from './cron';
import { divRound, pow10 } from './decimal';
import type { Terms } from './facts';
import { RATE_SCALE, type AccrualRule, type FeeSchedule } from './fee-schedule';
import type { Instant } from './instant';
import { type FundRecord, ruleKey } from './fund-record';
import type { PriceView } from './price-view';
import { countedResets, lastScheduled, mandateAt, mandateSpans, MIDNIGHT_UTC, scheduledResets } from './resets';
import { navOf } from './valuation';

export interface DueCharge {
  readonly at: Instant;
  readonly schedule: FeeSchedule;
  readonly rule: AccrualRule;
  /** Exact NAV before the charge, units of 10^-navScale. */
  readonly basis: bigint;
  readonly days: bigint;
  /** Units of 10^-currencyScale. */
  readonly amount: bigint;
  /** amount before rounding = rawNum / rawDen currency units (whole, not scaled). */
  readonly rawNum: bigint;
  readonly rawDen: bigint;
}

/** The charges due at or before `through` and not recorded, in order. `endedAt`: nothing is due at or after the fund's end. Instants without a needed price are passed over. */
export function dueCharges(portfolio: FundRecord, prices: PriceView, through: Instant, endedAt: Instant | undefined): DueCharge[] {
  const { terms, timeline } = portfolio;
  const points: { at: Instant; order: number; rule: AccrualRule; schedule: FeeSchedule; since: Instant }[] = [];
  for (const [i, adopted] of portfolio.schedules.entries()) {
    const next = portfolio.schedules[i + 1];
    const last = next && next.at - 1n < through ? next.at - 1n : through;
    for (const rule of adopted.rules) {
      const since = chargedThrough(portfolio, adopted, rule, last);
      if (since === undefined || since >= last) continue;
      for (const at of chargeTimes(portfolio, prices, since, last)) {
        points.push({ at, order: points.length, rule, schedule: adopted.schedule, since });
      }
    }
  }
  points.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.order - b.order));
  const due: DueCharge[] = [];
  const lastCharged = new Map<AccrualRule, Instant>();
  let charged = 0n;
  for (const { at, rule, schedule, since } of points) {
    if (endedAt !== undefined && at >= endedAt) break;
    const zone = mandateAt(portfolio.mandates, at)?.mandate.data.resets?.zone ?? 'UTC';
    const days = BigInt(localDay(at, zone) - localDay(lastCharged.get(rule) ?? since, zone));
    if (days <= 0n) continue;
    const recorded = navOf(terms, timeline.stateAt(at), prices.at(at)?.price);
    if (recorded === undefined) continue;
    const basis = recorded - charged * pow10(terms.navScale - terms.currencyScale);
    const charge = chargeOn(terms, rule, basis, days);
    if (charge.amount <= 0n) continue;
    due.push({ at, schedule, rule, basis, days, ...charge });
    lastCharged.set(rule, at);
    charged += charge.amount;
  }
  return due;
}

function chargeOn(terms: Terms, rule: AccrualRule, basis: bigint, days: bigint): { amount: bigint; rawNum: bigint; rawDen: bigint } {
  const rawNum = basis * rule.rate * days;
  const rawDen = pow10(terms.navScale + RATE_SCALE) * rule.daysPerYear;
  return { amount: divRound(rawNum * pow10(terms.currencyScale), rawDen), rawNum, rawDen };
}

/** From when the rule's next charge counts days; undefined while there were never units. */
function chargedThrough(
  portfolio: FundRecord,
  adopted: { at: Instant; schedule: FeeSchedule },
  rule: AccrualRule,
  last: Instant,
): Instant | undefined {
  const times = portfolio.charges.get(ruleKey(adopted.schedule.id, adopted.schedule.version, rule.index)) ?? [];
  const charged = times[countThrough(times, last) - 1];
  // A charge from before the adoption belongs to an earlier one of the same schedule.
  if (charged !== undefined && charged >= adopted.at) return charged;
  for (let i = 0; i < portfolio.timeline.length; i++) {
    const row = portfolio.timeline.row(i)!;
    if (row.state.units > 0n) return row.at > adopted.at ? row.at : adopted.at;
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

/** Counted resets, and midnights UTC where the mandate has no schedule; not in order. */
function* chargeTimes(portfolio: FundRecord, prices: PriceView, since: Instant, until: Instant): Generator<Instant> {
  const { mandates, terms } = portfolio;
  if (!scheduledResets(mandates, since, until).next().done) {
    // Whether a reset counts depends on the ticks since the scheduled instant before it, not on when the charging began.
    yield* countedResets(mandates, prices, lastScheduled(mandates, terms.openedAt, since), until);
  }
  for (const span of mandateSpans(mandates, since, until)) {
    if (!span.mandate?.data.resets) yield* cronInstants(MIDNIGHT_UTC.cron, MIDNIGHT_UTC.zone, span.after, span.until);
  }
}
