/**
 * One scenario replayed over a window. Between two instants at which anything but a tick can change the books a band is an interval of prices, so the tape is asked for the first tick
 * outside and no other is visited. At an instant: the mark, then recorded facts in their order, with the scenario's charges behind them or just before the first recorded rebalance,
 * then the one trade that the scenario decides. NAV ≤ 0 after an instant ends the fund for good. Deliberately absent: what is made of it (what-if.ts).
 */
import { feeFact, isMade, timeOf } from '../../domain/accrual';
import { evolve, type Fact, type FundState, cashAtNavScale, slopeAtNavScale } from '../../domain/facts';
import { AT_ONCE, chargeOn } from '../../domain/fee-amount';
import { inForce, isPeriodic, type Rule } from '../../domain/fee-rules';
import { zoneAt, CHARGE_ORDER } from '../../domain/due-times';
import { markAfter } from '../../domain/high-water-mark';
import type { Instant } from '../../domain/instant';
import { pricesInside } from '../../domain/mandate';
import { mandateAt } from '../../domain/resets';
import { type Row, Rows } from '../../domain/timeline';
import { adoptedTrading, decideTrade, ruleFor, type Trade, type TradingTerms } from '../../domain/trade';
import { navOf } from '../../domain/valuation';
import type { Booked } from './booked';
import { type CalendarPoint, calendarOf } from './calendar';
import { type Books, recordedFact } from './recorded';
import type { Scenario } from './scenario';
import { RollingVolume } from './volume';

export interface DecidedTrade extends Trade {
  readonly at: Instant;
  readonly reason: 'scheduled' | 'band';
}

export interface Replayed {
  /** The state at `from`, then every change. */
  readonly rows: Rows;
  readonly trades: readonly DecidedTrade[];
  readonly terminatedAt: Instant | undefined;
  /** What trades were decided without. */
  readonly missing: { readonly slippage: boolean; readonly rule: boolean };
}

/** Throws CostsTooHigh. */
export function replay(booked: Booked, scenario: Scenario): Replayed {
  return new Replay(booked, scenario).run();
}

class Replay implements Books {
  state: FundState;
  price: bigint;
  highWaterMark: bigint | undefined;
  private readonly rows: Row[] = [];
  private readonly trades: DecidedTrade[] = [];
  private readonly missing = { slippage: false, rule: false };
  private readonly settled = new Map<Rule, Instant>();
  private readonly volumes = new Map<Rule, RollingVolume>();
  private readonly flowRules: readonly Rule[];
  private terminatedAt: Instant | undefined;
  /** Why the trade was decided that the max step has cut. */
  private cut: DecidedTrade['reason'] | undefined;

  constructor(
    private readonly booked: Booked,
    private readonly scenario: Scenario,
  ) {
    this.state = booked.state;
    this.price = booked.prices.at(booked.from)!.price;
    this.highWaterMark = booked.highWaterMark;
    this.flowRules = (scenario.rules ?? []).filter(({ trigger }) => trigger === 'per_flow');
    this.rows.push({ at: booked.from, position: 0, fact: { kind: 'interest', amount: 0n }, state: this.state });
  }

  run(): Replayed {
    const { facts, prices, from, to } = this.booked;
    const calendar = calendarOf(this.booked, this.scenario);
    const changes = this.scenario.mandates.filter(({ at }) => at > from && at <= to).map(({ at }) => at);
    let [f, c, m] = [0, 0, 0];
    let t = from;
    while (this.terminatedAt === undefined) {
      const change = earliest(facts[f]?.at, calendar[c]?.at, changes[m]);
      const horizon = change === undefined ? to : change - 1n;
      const tick = this.cut ? prices.next(t) : this.firstExit(t, horizon);
      if (tick && tick.at <= horizon) {
        t = tick.at;
        this.price = tick.price;
        this.trade(t, this.cut ?? 'band');
        this.check(t);
        continue;
      }
      if (change === undefined) break;
      t = change;
      this.price = prices.at(t)!.price;
      const first = f;
      while (facts[f]?.at === t) f++;
      const point = calendar[c]?.at === t ? calendar[c++] : undefined;
      if (changes[m] === t) m++;
      this.settle(t, first, f, point);
      if (point?.reset) this.trade(t, 'scheduled');
      else if (this.scenario.decides && prices.at(t)!.at === t) {
        if (this.cut) this.trade(t, this.cut);
        else if (this.outside(t)) this.trade(t, 'band');
      }
      this.check(t);
    }
    const { trades, terminatedAt, missing } = this;
    return { rows: new ArrayRows(this.rows), trades, terminatedAt, missing };
  }

  volume(rule: Rule, t: Instant): bigint {
    if (!rule.tiers) return 0n;
    let volume = this.volumes.get(rule);
    if (!volume) {
      const since = this.rows.flatMap(({ at, fact }) =>
        fact.kind === 'rebalance'
          ? fact.fills.map(({ quantity, price }) => ({ at, notional: (quantity < 0n ? -quantity : quantity) * price }))
          : [],
      );
      this.volumes.set(rule, (volume = new RollingVolume(rule.window, [...since.reverse(), ...this.booked.volumeBefore(rule.window)])));
    }
    return volume.at(t);
  }

  executed(at: Instant, notional: bigint): void {
    for (const volume of this.volumes.values()) volume.add(at, notional);
  }

  /** The first tick with after < t ≤ until at which NAV is gone or, where the scenario decides, the leverage has left the band. */
  private firstExit(after: Instant, until: Instant) {
    if (this.state.units <= 0n || this.state.quantity === 0n) {
      if (this.state.quantity === 0n && !(this.scenario.decides && this.bandAt(after))) return undefined;
      if (this.state.units <= 0n) return undefined;
    }
    const { low, high } = this.inside(after);
    return this.booked.prices.firstOutside(after, until, low, high);
  }

  private outside(t: Instant): boolean {
    if (!this.bandAt(t) || this.state.units <= 0n) return false;
    const { low, high } = this.inside(t);
    return (low !== undefined && this.price < low) || (high !== undefined && this.price > high);
  }

  private bandAt(t: Instant) {
    return this.scenario.decides ? mandateAt(this.scenario.mandates, t)?.mandate.band : undefined;
  }

  private inside(t: Instant): ReturnType<typeof pricesInside> {
    const { terms } = this.scenario;
    return pricesInside(cashAtNavScale(terms, this.state.cash), slopeAtNavScale(terms, this.state.quantity), this.bandAt(t));
  }

  /** Recorded facts and the scenario's charges of an instant, in their order. */
  private settle(t: Instant, first: number, end: number, point: CalendarPoint | undefined): void {
    const { facts } = this.booked;
    let charged = false;
    const flows = { creation: { cash: 0n, units: 0n }, redemption: { cash: 0n, units: 0n } };
    const charge = (): void => {
      if (charged) return;
      charged = true;
      this.charge(t, point?.due ?? [], flows);
    };
    for (let i = first; i < end; i++) {
      const booked = facts[i]!;
      if (booked.fact.kind === 'rebalance') charge();
      const fact = recordedFact(this.scenario, booked, this);
      if (!fact) continue;
      if (fact.kind === 'creation' || fact.kind === 'redemption') {
        flows[fact.kind].cash += fact.cash;
        flows[fact.kind].units += fact.units;
      }
      this.take(t, fact);
    }
    charge();
  }

  private charge(
    t: Instant,
    due: readonly number[],
    flows: Readonly<Record<'creation' | 'redemption', { cash: bigint; units: bigint }>>,
  ): void {
    const moved = this.flowRules.filter(({ kind }) => flows[kind as 'creation'].units > 0n);
    const byTime = due.map((index) => this.scenario.rules![index]!);
    const rules = moved.length === 0 ? byTime : [...moved, ...byTime].sort((a, b) => CHARGE_ORDER[a.kind] - CHARGE_ORDER[b.kind]);
    const { terms, mandates } = this.scenario;
    const { from, view } = this.booked;
    for (const rule of rules) {
      if (this.state.units <= 0n || navOf(terms, this.state, this.price)! <= 0n) return;
      const start = rule.from !== undefined && rule.from > from ? rule.from : from;
      const counted = isPeriodic(rule) ? timeOf(rule, zoneAt(mandates, t), this.settled.get(rule) ?? start, t) : { tau: AT_ONCE };
      if (!counted || (!isPeriodic(rule) && !inForce(rule, t))) continue;
      const rate = rule.floating === undefined ? rule.rate : view.rates.at(rule.floating, t);
      if (rate === undefined) continue;
      const charge = chargeOn(terms, rule, {
        state: this.state,
        price: this.price,
        rate,
        tau: counted.tau,
        flow: rule.trigger === 'per_flow' ? flows[rule.kind as 'creation'] : undefined,
        highWaterMark: rule.kind === 'performance' ? (this.highWaterMark ?? 0n) : undefined,
      });
      if (!charge) continue;
      if (charge.raw.num === 0n) this.settled.set(rule, t);
      if (!isMade(rule, charge)) continue;
      this.settled.set(rule, t);
      this.take(t, feeFact(rule, charge));
    }
  }

  private trade(t: Instant, reason: DecidedTrade['reason']): void {
    const { terms, mandates } = this.scenario;
    this.cut = undefined;
    if (this.state.units <= 0n || navOf(terms, this.state, this.price)! <= 0n) return;
    const trading = this.tradingAt(t);
    const { rule } = trading;
    const { trade, cut } = decideTrade(
      terms,
      this.state,
      this.price,
      mandateAt(mandates, t)!.mandate,
      trading,
      rule ? this.volume(rule, t) : 0n,
    );
    if (!trade) return;
    if (!trading.slippage) this.missing.slippage = true;
    if (!rule) this.missing.rule = true;
    if (cut) this.cut = reason;
    const { side, quantity, price, fee } = trade;
    this.trades.push({ at: t, reason, side, quantity, price, fee });
    this.executed(t, quantity * price);
    const fill = {
      fillId: '',
      quantity: side === 'buy' ? quantity : -quantity,
      price,
      fee,
      bid: undefined,
      ask: undefined,
      arrivalPrice: undefined,
    };
    this.take(t, { kind: 'rebalance', rebalanceId: '', fills: [fill] });
  }

  private tradingAt(t: Instant): TradingTerms {
    const { slippage, rules, replaces } = this.scenario;
    if (slippage && rules && replaces('trading')) return { slippage, rule: ruleFor(rules, t) };
    const adopted = adoptedTrading(this.booked.view.portfolio, t);
    return { slippage: slippage ?? adopted.slippage, rule: replaces('trading') ? ruleFor(rules!, t) : adopted.rule };
  }

  private take(at: Instant, fact: Fact): void {
    this.state = evolve(this.scenario.terms, this.state, fact);
    this.highWaterMark = markAfter(this.scenario.terms, this.highWaterMark, fact);
    this.rows.push({ at, position: this.rows.length, fact, state: this.state });
  }

  private check(t: Instant): void {
    if (this.state.units > 0n && navOf(this.scenario.terms, this.state, this.price)! <= 0n) this.terminatedAt = t;
  }
}

class ArrayRows extends Rows {
  constructor(private readonly rows: readonly Row[]) {
    super();
  }

  get length(): number {
    return this.rows.length;
  }

  row(i: number): Row | undefined {
    return this.rows[i];
  }
}

function earliest(...times: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const t of times) if (t !== undefined && (first === undefined || t < first)) first = t;
  return first;
}
