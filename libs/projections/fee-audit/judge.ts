/**
 * What a charge or the fee of a fill should have been, on one state of knowledge: by the rule that it names, else by the rule of its kind in force, else by the share of NAV that it was
 * asked for as. Deliberately absent: which state of knowledge (audit.ts), and how it is told (answer.ts).
 */
import type { DueCharge } from '../../domain/accrual';
import { abs, fixed } from '../../domain/decimal';
import { covers, dueAgain, type KnownBooks, type NotDue, type Place } from '../../domain/due-again';
import { factOf, type FillFact, ruleOf } from '../../domain/facts';
import { AT_ONCE, type Charge, chargeOn } from '../../domain/fee-amount';
import { readRule, type Rule } from '../../domain/fee-rules';
import { RATE_SCALE } from '../../domain/fee-schedule';
import { type AdoptedSchedule, ruleKey } from '../../domain/fund-record';
import type { Instant } from '../../domain/instant';
import type { FeeCharged, RebalanceExecuted } from '../../domain/portfolio-events';
import type { Tick } from '../../domain/price-view';
import { mandateAt } from '../../domain/resets';
import { fillFee, ruleFor, volumeBefore } from '../../domain/trade';

export interface Books extends KnownBooks {
  /** When a rule ({@link ruleKey}) was charged last before the charge in question; `byHand`: charges that name no rule count as well. */
  lastCharge(key: string, byHand: boolean): Instant | undefined;
  /** When the fund ended, at or before `t`. */
  endedAt(t: Instant): Instant | undefined;
}

/** A rule of an adopted schedule. */
export interface RuleInForce {
  readonly adopted: AdoptedSchedule;
  readonly rule: Rule;
}

/** What was found to be right; `by` absent: the share of NAV that was asked for. */
export type Verdict =
  | { readonly is: 'unruled' }
  | { readonly is: 'not due'; readonly by: RuleInForce | undefined; readonly reason: string }
  | { readonly is: 'charge'; readonly by: RuleInForce | undefined; readonly charge: Charge; readonly due?: DueCharge; readonly mark?: Tick }
  | {
      readonly is: 'fill';
      readonly by: RuleInForce;
      readonly fee: bigint;
      readonly fill: FillFact;
      /** Where it counts. */ readonly volume?: bigint;
    };

const UNRULED: Verdict = { is: 'unruled' };

/** Of a charge that names no fill. */
export function judgeCharge(books: Books, data: FeeCharged['data'], place: Place): Verdict {
  if (data.schedule) return judgeNamed(books, data.schedule, data, place);
  if (data.rateOfNav !== undefined) return judgeShare(books, data, data.rateOfNav, place);
  return judgeByKind(books, data, place);
}

/** Of each fill of a rebalance, in its order. */
export function judgeFills({ portfolio }: KnownBooks, event: RebalanceExecuted, { at, position }: Place): Verdict[] {
  const { terms, timeline, schedules } = portfolio;
  const adopted = mandateAt(schedules, at);
  const fact = factOf(terms, event);
  if (fact?.kind !== 'rebalance') return [];
  const count = timeline.countBefore(at, position);
  let executed = 0n;
  return fact.fills.map((fill): Verdict => {
    const quantity = abs(fill.quantity);
    const before = executed;
    executed += quantity * fill.price;
    const rule = adopted && ruleFor(adopted.rules, at, fill.liquidity);
    if (!rule) return UNRULED;
    const by = { adopted, rule };
    if (!rule.tiers) return { is: 'fill', by, fill, fee: fillFee(terms, rule, quantity, fill.price, 0n) };
    const volume = volumeBefore(timeline, at, rule.window, count).reduce((sum, { notional }) => sum + notional, before);
    return { is: 'fill', by, fill, volume, fee: fillFee(terms, rule, quantity, fill.price, volume) };
  });
}

function judgeNamed(
  books: Books,
  { id, version, rule: index }: NonNullable<FeeCharged['data']['schedule']>,
  { source }: FeeCharged['data'],
  place: Place,
): Verdict {
  const { portfolio } = books;
  const named = portfolio.schedules.filter(({ schedule, rules }) => schedule.id === id && schedule.version === version && rules[index]);
  const adopted = named.findLast((one) => covers(portfolio, one, one.rules[index]!, place.at)) ?? named.at(-1);
  if (!adopted) return { is: 'not due', by: undefined, reason: 'no such rule was adopted' };
  const by = { adopted, rule: adopted.rules[index]! };
  return judgeBy(books, by, place, books.lastCharge(ruleKey(id, version, index), false), source);
}

/** A charge that names no rule is compared with the rule of its kind that it may stand for: the one that it agrees with, else the first that was due. */
function judgeByKind(books: Books, data: FeeCharged['data'], place: Place): Verdict {
  const { portfolio } = books;
  const inForce = portfolio.schedules.flatMap((adopted) =>
    adopted.rules
      .filter((rule) => rule.kind === data.kind && rule.kind !== 'trading' && covers(portfolio, adopted, rule, place.at))
      .map((rule) => ({ adopted, rule })),
  );
  if (inForce.length === 0) return UNRULED;
  const verdicts = inForce.map((by) => judgeBy(books, by, place, books.lastCharge(keyOf(by), true), data.source));
  const due = verdicts.filter((verdict) => verdict.is === 'charge');
  const amount = fixed(data.amount, portfolio.terms.currencyScale);
  return due.find(({ charge }) => charge.amount === amount) ?? due[0] ?? verdicts[0]!;
}

export function keyOf({ adopted: { schedule }, rule }: RuleInForce): string {
  return ruleKey(schedule.id, schedule.version, rule.index);
}

function judgeBy(
  books: Books,
  by: RuleInForce,
  place: Place,
  last: Instant | undefined,
  source: FeeCharged['data']['source'],
): Exclude<Verdict, { is: 'unruled' | 'fill' }> {
  const again: DueCharge | NotDue = dueAgain(books, by.adopted, by.rule, place, last);
  if ('reason' in again) return { is: 'not due', by, reason: again.reason };
  // What accrual itself found due was due while the fund lived, as known then.
  if (source === 'observed' && books.endedAt(place.at) !== undefined) return { is: 'not due', by, reason: 'the fund had ended' };
  const mark = books.prices.at(place.at);
  return { is: 'charge', by, charge: again.charge, due: again, ...(mark ? { mark } : {}) };
}

function judgeShare({ portfolio, prices }: Books, data: FeeCharged['data'], rateOfNav: string, { at, position }: Place): Verdict {
  const { terms, timeline } = portfolio;
  const mark = prices.at(at);
  const charge = chargeOn(terms, readRule(ruleOf(data)!, 0, terms.currencyScale, '', 'any'), {
    state: timeline.stateBefore(at, position),
    price: mark?.price,
    rate: fixed(rateOfNav, RATE_SCALE),
    tau: AT_ONCE,
  });
  if (!charge) return { is: 'not due', by: undefined, reason: 'there was no NAV to take a share of' };
  return { is: 'charge', by: undefined, charge, ...(mark ? { mark } : {}) };
}
