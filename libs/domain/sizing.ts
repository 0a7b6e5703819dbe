/**
 * How much to trade to put the leverage back to L. All in exact rationals, rounded once: half-even at the quantity scale. Costs are
 * proportional: slippage s of the mark and a fee rate f on the executed notional.
 *
 * Exact sizing lands on L after costs: y = (L·N − E)/(1 + L·k·sgn y), k = s + f·(1 + s·sgn y), with s taken from the fill price as rounded to the
 * price scale. With p the fill price and P the mark, k = (|p − P| + f·p)/P, so y/P = (L·N − E)/(P + L·sgn y·(|p − P| + f·p)).
 * Naive sizing trades y = L·N − E.
 */
import { abs, divRound, pow10, sign } from './decimal';
import { cashAtNavScale, type FundState, slopeAtNavScale, type Terms } from './facts';
import { RATE_SCALE } from './fee-schedule';
import type { Side } from './portfolio-events';

export interface TradingCosts {
  /** s, units of 10^-18. */
  readonly slippage: bigint;
  /** f on executed notional, units of 10^-18. */
  readonly feeRate: bigint;
}

export interface Trade {
  readonly side: Side;
  /** Above zero, units of 10^-quantityScale. */
  readonly quantity: bigint;
  /** mark·(1 ± s), half-even at the price scale. */
  readonly price: bigint;
  /** f × exact notional, half-even at the currency scale. */
  readonly fee: bigint;
}

/** The trade that puts `state` at `mark` (above zero) back to L; undefined when it rounds to nothing. Throws RangeError when costs eat every trade. */
export function sizeTrade(terms: Terms, state: FundState, mark: bigint, sizing: 'exact' | 'naive', costs: TradingCosts): Trade | undefined {
  const leverage = terms.targetLeverage; // units of 10^-2
  const slope = slopeAtNavScale(terms, state.quantity);
  const nav = cashAtNavScale(terms, state.cash) + slope * mark;
  // 100·(L·N − E) at the NAV scale.
  const wanted = leverage * nav - 100n * slope * mark;
  const direction = sign(wanted);
  if (direction === 0n) return undefined;
  const one = pow10(RATE_SCALE);
  const price = divRound(mark * (one + direction * costs.slippage), one);
  // 100·10^18·(P + L·sgn y·(|p − P| + f·p)), in price units.
  const cost = sizing === 'exact' ? leverage * direction * (abs(price - mark) * one + costs.feeRate * price) : 0n;
  const perUnit = 100n * one * mark + cost;
  if (perUnit <= 0n) throw new RangeError('costs are so high that no trade reaches the target leverage');
  const quantity = divRound(abs(wanted) * one, perUnit * pow10(terms.navScale - terms.priceScale - terms.quantityScale));
  if (quantity === 0n) return undefined;
  return { side: direction > 0n ? 'buy' : 'sell', quantity, price, fee: feeOnNotional(terms, quantity * price, costs.feeRate) };
}

/** rate × exact notional (at priceScale + quantityScale), rounded once, half-even, at the currency's scale. */
export function feeOnNotional(terms: Terms, notional: bigint, feeRate: bigint): bigint {
  return divRound(notional * feeRate * pow10(terms.currencyScale), pow10(RATE_SCALE + terms.priceScale + terms.quantityScale));
}
