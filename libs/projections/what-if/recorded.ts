/**
 * What a scenario makes of one recorded fact, on its own books: kept, left out, or computed again. A restatement keeps what the scenario does not name as it was booked; a
 * re-decision drops recorded trades and computes everything again that came from a rate. Deliberately absent: the scenario's own charges and trades (replay.ts).
 */
import { abs, divRound, fixed, pow10, rescale } from '../../domain/decimal';
import { fractionOf } from '../../domain/charge-event';
import type { Fact, FeeFact, FillFact, FundState, Terms } from '../../domain/facts';
import { AT_ONCE, chargeOn, mintFor } from '../../domain/fee-amount';
import { readRule, type Rule } from '../../domain/fee-rules';
import { type FeeRule, RATE_SCALE } from '../../domain/fee-schedule';
import { feeFact } from '../../domain/accrual';
import type { Instant } from '../../domain/instant';
import { slipped } from '../../domain/slippage';
import { fillFee, ruleFor } from '../../domain/trade';
import { navOf } from '../../domain/valuation';
import type { BookedFact } from './booked';
import type { Scenario } from './scenario';

/** The scenario's books just before the fact. */
export interface Books {
  readonly state: FundState;
  readonly price: bigint;
  readonly highWaterMark: bigint | undefined;
  /** Executed notional of the rule's window up to `t`; told of every fill. */
  volume(rule: Rule, t: Instant): bigint;
  executed(at: Instant, notional: bigint): void;
}

/** The fact as it happens in the scenario; undefined: it does not. */
export function recordedFact(scenario: Scenario, { at, fact, before }: BookedFact, books: Books): Fact | undefined {
  const { decides, terms } = scenario;
  const { state, price } = books;
  switch (fact.kind) {
    case 'creation':
    case 'redemption': {
      if (!decides || before!.units <= 0n || before!.nav === undefined || before!.nav <= 0n) return fact;
      // At the scenario's NAV per unit instead of the booked one.
      const nav = navOf(terms, state, price)!;
      if (state.units <= 0n || nav <= 0n) return fact;
      return { ...fact, cash: divRound(fact.cash * nav * before!.units, before!.nav * state.units) };
    }
    case 'split':
    case 'interest':
      return fact;
    case 'rebalance': {
      if (decides) return undefined;
      const fills = fact.fills.map((fill) => restatedFill(scenario, fill, at, books));
      return fills.every((fill, i) => fill === fact.fills[i]) ? fact : { ...fact, fills };
    }
    case 'fee':
      if (scenario.replaces(fact.feeKind) || (decides && fact.fillId !== undefined)) return undefined;
      return decides ? recharged(terms, fact, books) : fact;
    case 'funding': {
      if (scenario.funding === 'none') return undefined;
      if (scenario.funding === 'recorded' && !decides) return fact;
      const rate = scenario.funding === 'recorded' ? fact.rate : scenario.funding;
      const scale = terms.quantityScale + terms.priceScale + RATE_SCALE;
      return { ...fact, rate, amount: rescale(state.quantity * fact.mark * rate, scale, terms.currencyScale) };
    }
  }
}

function restatedFill(scenario: Scenario, fill: FillFact, at: Instant, books: Books): FillFact {
  const { terms, slippage } = scenario;
  const price = slippage ? slipped(slippage, terms, books.price, fill.quantity, fill) : fill.price;
  const quantity = abs(fill.quantity);
  let { fee } = fill;
  if (scenario.replaces('trading')) {
    const rule = ruleFor(scenario.rules ?? [], at, fill.liquidity);
    fee = rule ? fillFee(terms, rule, quantity, price, books.volume(rule, at)) : 0n;
  }
  books.executed(at, quantity * price);
  return price === fill.price && fee === fill.fee ? fill : { ...fill, price, fee };
}

/** A recorded charge on the scenario's books: at its rate where it came from one, else the same amount. */
function recharged(terms: Terms, fact: FeeFact, { state, price, highWaterMark }: Books): FeeFact | undefined {
  const { computed, minted, amount } = fact;
  const nav = navOf(terms, state, price)!;
  if (!computed) {
    if (minted === undefined) return fact;
    const units = mintFor(terms, 'set', state, nav, { num: amount, den: pow10(terms.currencyScale) });
    return units === undefined ? fact : { ...fact, minted: units };
  }
  const rule = ruleOfData(computed.rule, terms.currencyScale);
  // A flow's charge stays what it was: its cash is not known to the charge.
  if (rule.trigger === 'per_flow') return fact;
  if (rule.kind === 'performance' && highWaterMark === undefined) return undefined;
  const charge = chargeOn(terms, rule, {
    state,
    price,
    rate: fixed(computed.rate, RATE_SCALE),
    tau: computed.dayFraction === undefined ? AT_ONCE : fractionOf(computed.dayFraction),
    highWaterMark: rule.kind === 'performance' ? highWaterMark : undefined,
  });
  if (!charge) return undefined;
  return { ...fact, ...feeFact(rule, charge), feeKind: fact.feeKind };
}

const RULES = new WeakMap<FeeRule, Rule>();
const PLAIN = new Map<string, Rule>();

function ruleOfData(data: FeeRule, currencyScale: number): Rule {
  let rule = RULES.get(data);
  if (!rule) {
    const key = `${currencyScale}/${JSON.stringify(data)}`;
    rule = PLAIN.get(key) ?? readRule(data, 0, currencyScale, '/terms', 'any');
    if (PLAIN.size < 1000) PLAIN.set(key, rule);
    RULES.set(data, rule);
  }
  return rule;
}
