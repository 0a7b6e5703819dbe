/**
 * A scenario replayed the long way: every tick and every other instant is visited in order, the band is tested by comparing exposure with its bounds, and the calendar is found minute by
 * minute. No barriers, no zone maps, no lists of instants. What one fact, charge or trade comes to is the domain's own, so that two replays differ only in what happens when.
 */
import { feeFact, isMade, timeOf } from '../../libs/domain/accrual';
import { CHARGE_ORDER, zoneAt } from '../../libs/domain/due-times';
import { cashAtNavScale, evolve, type Fact, type FundState, slopeAtNavScale } from '../../libs/domain/facts';
import { AT_ONCE, chargeOn } from '../../libs/domain/fee-amount';
import { inForce, isPeriodic, type Rule } from '../../libs/domain/fee-rules';
import { markAfter } from '../../libs/domain/high-water-mark';
import { type Instant, instant } from '../../libs/domain/instant';
import type { Tick } from '../../libs/domain/price-view';
import { mandateAt } from '../../libs/domain/resets';
import { adoptedTrading, decideTrade, ruleFor } from '../../libs/domain/trade';
import type { Booked } from '../../libs/projections/what-if/booked';
import { recordedFact } from '../../libs/projections/what-if/recorded';
import type { Scenario } from '../../libs/projections/what-if/scenario';
import { bruteCron } from './oracle-calendar';

export interface PlainStep {
  readonly at: Instant;
  readonly fact: Fact;
  readonly state: FundState;
}

export interface PlainReplay {
  readonly steps: readonly PlainStep[];
  readonly terminatedAt: Instant | undefined;
  /** How often the leverage was found exactly on a bound, strictly outside, and a trade was cut. */
  readonly met: { ties: number; exits: number; cuts: number; steps: number };
}

const BAND_ONE = 10n ** 18n;
/** All windows lie in it. */
export const SPAN = { from: instant('2024-01-01T00:00:00Z') - 1n, until: instant('2024-02-01T00:00:00Z') };

/** `ticks`: all that are known, in order, one an instant. */
export function plainReplay(
  { view, from, to, state: start, highWaterMark, facts }: Booked,
  scenario: Scenario,
  ticks: readonly Tick[],
): PlainReplay {
  const { terms, mandates, rules = [], decides } = scenario;
  let state = start;
  let mark = highWaterMark;
  const steps: PlainStep[] = [];
  const met = { ties: 0, exits: 0, cuts: 0, steps: 0 };
  const executed: { at: Instant; notional: bigint }[] = [];
  const charged = new Map<Rule, Instant>();
  let cut = false;

  const markAt = (t: Instant): Tick => ticks.filter(({ at }) => at <= t).at(-1)!;
  const tickTimes = new Set(ticks.map(({ at }) => at));
  const navAt = (price: bigint): bigint => cashAtNavScale(terms, state.cash) + slopeAtNavScale(terms, state.quantity) * price;
  const take = (at: Instant, fact: Fact): void => {
    state = evolve(terms, state, fact);
    mark = markAfter(terms, mark, fact);
    steps.push({ at, fact, state });
  };
  const volume = (rule: Rule, t: Instant): bigint => {
    if (!rule.tiers) return 0n;
    const before = view.portfolio.timeline;
    let sum = 0n;
    for (let i = 0; i < before.countThrough(from); i++) {
      const { at, fact } = before.row(i)!;
      if (fact.kind === 'rebalance' && at > t - rule.window)
        for (const { quantity, price } of fact.fills) sum += (quantity < 0n ? -quantity : quantity) * price;
    }
    return executed.reduce((total, { at, notional }) => (at > t - rule.window ? total + notional : total), sum);
  };

  // The calendar, minute by minute.
  const mandateOf = (t: Instant) => mandateAt(mandates, t)?.mandate;
  const everyCron = (cron: string, zone: string, after = from, until = to): Instant[] =>
    bruteCron(cron, zone, SPAN.from, SPAN.until).filter((t) => t > after && t <= until);
  const spans = [...new Set(mandates.map(({ mandate }) => mandate.data.resets).filter((resets) => resets !== undefined))];
  const scheduledIn = (after: Instant, until: Instant): Instant[] => {
    const times = spans.flatMap(({ cron, zone }) =>
      everyCron(cron, zone, after, until).filter((t) => {
        const resets = mandateOf(t)?.data.resets;
        return resets?.cron === cron && resets.zone === zone;
      }),
    );
    return [...new Set(times)].sort((a, b) => (a < b ? -1 : 1));
  };
  const scheduled = scheduledIn(from, to);
  /** Those with a tick since the one before, at first since `previous`. */
  const counting = (previous: Instant): Set<Instant> => {
    const counts = new Set<Instant>();
    for (const t of scheduled) {
      const since = previous;
      if (ticks.some(({ at }) => at > since && at <= t)) counts.add(t);
      previous = t;
    }
    return counts;
  };
  const counted = counting(from);
  // For a rule it also counts what was scheduled before the window.
  const before = scheduledIn(terms.openedAt, from);
  const ruleResets = counting(before.at(-1) ?? terms.openedAt);
  const utcMidnights = everyCron('0 0 * * *', 'UTC');
  const zones = [...new Set(['UTC', ...mandates.map(({ mandate }) => mandate.data.resets?.zone ?? 'UTC')])];
  const midnightsOf = new Map(zones.map((zone) => [zone, new Set(everyCron('0 0 * * *', zone))]));
  const resetLike = (t: Instant): boolean => (mandateOf(t)?.data.resets ? ruleResets.has(t) : utcMidnights.includes(t));
  const crystals = new Map(
    rules
      .filter(({ crystallise }) => crystallise)
      .map((rule) => [rule, new Set(everyCron(rule.crystallise!.cron, rule.crystallise!.zone))]),
  );
  const isDue = (rule: Rule, t: Instant): boolean => {
    const begins = rule.from !== undefined && rule.from > from ? rule.from : from;
    const ends = rule.until === undefined ? to : isPeriodic(rule) ? rule.until : rule.until - 1n;
    const last = ends < to ? ends : to;
    if (t <= begins || t > last) return false;
    if (rule.trigger === 'at_reset') return resetLike(t);
    if (rule.trigger === 'per_second') return resetLike(t) || t === last;
    if (rule.trigger === 'daily') return midnightsOf.get(zoneAt(mandates, t))!.has(t);
    return crystals.get(rule)?.has(t) ?? false;
  };

  const instants = new Set<Instant>();
  for (const { at } of ticks) if (at > from && at <= to) instants.add(at);
  for (const { at } of facts) instants.add(at);
  for (const t of [...scheduled, ...utcMidnights, to]) instants.add(t);
  for (const times of [...midnightsOf.values(), ...crystals.values()]) for (const t of times) instants.add(t);
  for (const { until } of rules) if (until !== undefined && until > from && until <= to) instants.add(until);

  for (const t of [...instants].sort((a, b) => (a < b ? -1 : 1))) {
    met.steps++;
    const { price } = markAt(t);
    const books = {
      get state() {
        return state;
      },
      price,
      get highWaterMark() {
        return mark;
      },
      volume,
      executed: (at: Instant, notional: bigint) => void executed.push({ at, notional }),
    };
    const flows = { creation: { cash: 0n, units: 0n }, redemption: { cash: 0n, units: 0n } };
    let done = false;
    const charge = (): void => {
      if (done) return;
      done = true;
      const due = rules.filter((rule) => (rule.trigger === 'per_flow' ? flows[rule.kind as 'creation'].units > 0n : isDue(rule, t)));
      for (const rule of due.sort((a, b) => CHARGE_ORDER[a.kind] - CHARGE_ORDER[b.kind] || a.index - b.index)) {
        if (state.units <= 0n || navAt(price) <= 0n) return;
        const since = charged.get(rule) ?? (rule.from !== undefined && rule.from > from ? rule.from : from);
        const time = isPeriodic(rule) ? timeOf(rule, zoneAt(mandates, t), since, t) : { tau: AT_ONCE };
        if (!time || (!isPeriodic(rule) && !inForce(rule, t))) continue;
        const found = chargeOn(terms, rule, {
          state,
          price,
          rate: rule.rate,
          tau: time.tau,
          ...(rule.trigger === 'per_flow' ? { flow: flows[rule.kind as 'creation'] } : {}),
          ...(rule.kind === 'performance' ? { highWaterMark: mark ?? 0n } : {}),
        });
        if (!found) continue;
        if (found.raw.num === 0n || isMade(rule, found)) charged.set(rule, t);
        if (isMade(rule, found)) take(t, feeFact(rule, found));
      }
    };
    for (const booked of facts.filter(({ at }) => at === t)) {
      if (booked.fact.kind === 'rebalance') charge();
      const fact = recordedFact(scenario, booked, books);
      if (!fact) continue;
      if (fact.kind === 'creation' || fact.kind === 'redemption') {
        flows[fact.kind].cash += fact.cash;
        flows[fact.kind].units += fact.units;
      }
      take(t, fact);
    }
    charge();
    const mandate = mandateOf(t);
    const hasTick = tickTimes.has(t);
    if (decides && state.units > 0n && navAt(price) > 0n) {
      let wanted = counted.has(t);
      if (!wanted && hasTick) {
        wanted = cut;
        if (!wanted && mandate?.band) {
          const [exposure, nav] = [slopeAtNavScale(terms, state.quantity) * price, navAt(price)];
          const [low, high] = [exposure * BAND_ONE - mandate.band.lower * nav, mandate.band.upper * nav - exposure * BAND_ONE];
          if (low === 0n || high === 0n) met.ties++;
          wanted = low < 0n || high < 0n;
          if (wanted) met.exits++;
        }
      }
      if (wanted) {
        cut = false;
        const adopted = adoptedTrading(view.portfolio, t);
        const rule = scenario.replaces('trading') ? ruleFor(scenario.rules!, t) : adopted.rule;
        const slippage = scenario.slippage ?? adopted.slippage;
        const found = decideTrade(terms, state, price, mandate!, { rule, slippage }, rule ? volume(rule, t) : 0n);
        if (found.trade) {
          const { side, quantity, price: filled, fee } = found.trade;
          if (found.cut) met.cuts++;
          cut = found.cut;
          executed.push({ at: t, notional: quantity * filled });
          const fill = {
            fillId: '',
            quantity: side === 'buy' ? quantity : -quantity,
            price: filled,
            fee,
            bid: undefined,
            ask: undefined,
            arrivalPrice: undefined,
          };
          take(t, { kind: 'rebalance', rebalanceId: '', fills: [fill] });
        }
      }
    }
    if (state.units > 0n && navAt(price) <= 0n) return { steps, terminatedAt: t, met };
  }
  return { steps, terminatedAt: undefined, met };
}
