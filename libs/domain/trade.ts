/**
 * The trade that a mandate asks for at a mark: sized on the slippage model and trading rule in force, as taker, and cut at the mandate's max step. And what a fill costs under a
 * trading rule. Deliberately absent: when to trade.
 */
import { abs, divRound, pow10, type Ratio, sign } from './decimal';
import { cashAtNavScale, type FundState, slopeAtNavScale, type Terms } from './facts';
import { bounded, posted } from './fee-amount';
import { inForce, type Rule } from './fee-rules';
import { RATE_SCALE } from './fee-schedule';
import type { FundRecord } from './fund-record';
import type { Instant } from './instant';
import type { Mandate } from './mandate';
import { mandateAt } from './resets';
import type { Liquidity, Side } from './portfolio-events';
import { bisectedQuantity, proportionalQuantity, wantedTrade } from './sizing';
import { isProportional, type Slippage, slipped } from './slippage';
import type { Rows } from './timeline';

export interface TradingTerms {
  /** Undefined: filled at the mark. */
  readonly slippage: Slippage | undefined;
  /** Undefined: no fee. */
  readonly rule: Rule | undefined;
}

export interface Trade {
  readonly side: Side;
  /** Above zero, units of 10^-quantityScale. */
  readonly quantity: bigint;
  /** Mark and slippage, half-even at the price scale. */
  readonly price: bigint;
  readonly fee: bigint;
}

export interface Decided {
  /** Undefined when it rounds to nothing. */
  readonly trade: Trade | undefined;
  /** The mandate's max step held it back: the rest is for the next tick. */
  readonly cut: boolean;
}

const NOTHING: Decided = { trade: undefined, cut: false };

/**
 * The trade that puts `state` at `mark` (above zero) back to L. `volume`: executed notional in the rule's window before, units of 10^-(priceScale + quantityScale).
 * Throws CostsTooHigh.
 */
export function decideTrade(
  terms: Terms,
  state: FundState,
  mark: bigint,
  mandate: Pick<Mandate, 'maxStep' | 'data'>,
  { slippage, rule }: TradingTerms,
  volume: bigint,
): Decided {
  const wanted = wantedTrade(terms, state, mark);
  const direction = sign(wanted);
  if (direction === 0n) return NOTHING;
  const priceOf = (quantity: bigint): bigint => (slippage ? slipped(slippage, terms, mark, direction * quantity) : mark);
  const exact = mandate.data.sizing === 'exact';
  /** For whatever quantity. */
  const anyPrice = !slippage || isProportional(slippage) ? priceOf(1n) : undefined;
  let quantity: bigint;
  if (!exact) quantity = proportionalQuantity(terms, wanted, mark, mark, 0n);
  else if (anyPrice !== undefined && (!rule || isShare(rule)))
    quantity = proportionalQuantity(terms, wanted, mark, anyPrice, rule?.rate ?? 0n);
  else {
    const guess = proportionalQuantity(terms, wanted, mark, mark, 0n);
    quantity = bisectedQuantity(terms, wanted, mark, guess, (q) => {
      const price = priceOf(q);
      const fee = rule ? rawFee(terms, rule, q, price, volume) : { num: 0n, den: 1n };
      return slopeAtNavScale(terms, q) * abs(price - mark) + divRound(fee.num * pow10(terms.navScale), fee.den);
    });
  }
  let cut = false;
  if (mandate.maxStep !== undefined) {
    const most = largestQuantity(terms, state, mark, mandate.maxStep);
    cut = quantity > most && most > 0n;
    if (quantity > most) quantity = most;
  }
  if (quantity === 0n) return NOTHING;
  const price = anyPrice ?? priceOf(quantity);
  const fee = rule ? fillFee(terms, rule, quantity, price, volume) : 0n;
  return { trade: { side: direction > 0n ? 'buy' : 'sell', quantity, price, fee }, cut };
}

/** The fee of a fill (quantity above zero), posted at the currency's scale: of the exact notional, rounded once unless the rule says otherwise. */
export function fillFee(terms: Terms, rule: Rule, quantity: bigint, price: bigint, volume: bigint): bigint {
  return posted(rule, rawFee(terms, rule, quantity, price, volume), terms.currencyScale);
}

/** The trading rule in force for a fill; one without liquidity counts as taker. */
export function ruleFor(rules: readonly Rule[], t: Instant, liquidity: Liquidity = 'taker'): Rule | undefined {
  return rules.find((rule) => rule.kind === 'trading' && (rule.liquidity === 'any' || rule.liquidity === liquidity) && inForce(rule, t));
}

/** What decided trades cost by the facts adopted at `t`. */
export function adoptedTrading({ schedules, slippageModels }: Pick<FundRecord, 'schedules' | 'slippageModels'>, t: Instant): TradingTerms {
  return { rule: ruleFor(mandateAt(schedules, t)?.rules ?? [], t), slippage: mandateAt(slippageModels, t)?.slippage };
}

/** Executed notional, units of 10^-(priceScale + quantityScale). */
export interface Executed {
  readonly at: Instant;
  readonly notional: bigint;
}

/** The executed notionals of the first `count` rows in (t − window, t], latest first. */
export function volumeBefore(rows: Rows, t: Instant, window: bigint, count = rows.countThrough(t)): Executed[] {
  const found: Executed[] = [];
  for (let i = count - 1; i >= 0; i--) {
    const { at, fact } = rows.row(i)!;
    if (at <= t - window) break;
    if (fact.kind === 'rebalance')
      found.push({ at, notional: fact.fills.reduce((sum, { quantity, price }) => sum + abs(quantity) * price, 0n) });
  }
  return found;
}

/** Whether the fee is a share of the notional and nothing else. */
function isShare({ tiers, flat, perUnit, minimum, cap }: Rule): boolean {
  return !tiers && flat === 0n && perUnit === 0n && minimum === undefined && cap === undefined;
}

function rawFee(terms: Terms, rule: Rule, quantity: bigint, price: bigint, volume: bigint): Ratio {
  const scale = terms.priceScale + terms.quantityScale;
  const notional = quantity * price;
  const charged = rule.tiers ? tiered(rule, notional, volume, scale) : notional * rule.rate;
  const raw = { num: charged, den: pow10(RATE_SCALE + scale) };
  if (rule.flat === 0n && rule.perUnit === 0n) return bounded(rule, raw);
  const fixed = rule.flat * pow10(terms.quantityScale) + rule.perUnit * quantity;
  return bounded(rule, { num: raw.num + fixed * pow10(terms.priceScale), den: raw.den });
}

/** Notional × rate: one rate for the fill by the volume with it, or each part at the rate of the tier that it lies in. */
function tiered({ tiers, marginal, inclusive }: Rule, notional: bigint, volume: bigint, scale: number): bigint {
  const [at, one] = [(from: bigint): bigint => from * pow10(scale), pow10(RATE_SCALE)];
  const after = (volume + notional) * one;
  if (!marginal) {
    const reached = tiers!.filter(({ from }) => (inclusive ? after >= at(from) : after > at(from))).at(-1) ?? tiers![0]!;
    return notional * reached.rate;
  }
  let charged = 0n;
  tiers!.forEach(({ from, rate }, i) => {
    const start = at(from) > volume * one ? at(from) : volume * one;
    const next = tiers![i + 1];
    const end = next && at(next.from) < after ? at(next.from) : after;
    if (end > start) charged += (end - start) * rate;
  });
  return divRound(charged, one);
}

/** At most maxStep of NAV at the mark; 0 at NAV ≤ 0. */
function largestQuantity(terms: Terms, state: FundState, mark: bigint, maxStep: bigint): bigint {
  const nav = cashAtNavScale(terms, state.cash) + slopeAtNavScale(terms, state.quantity) * mark;
  if (nav <= 0n) return 0n;
  return divRound(maxStep * nav, pow10(RATE_SCALE) * slopeAtNavScale(terms, 1n) * mark, 'floor');
}
