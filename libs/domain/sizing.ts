/**
 * How much to trade to put the leverage back to L, in exact rationals, rounded once: half-even at the quantity scale. y is the notional at the mark, E the exposure, N the NAV.
 *
 * Naive sizing trades y = L·N − E. Exact sizing lands on L after costs. Where these are a share of the notional, slippage s of the mark and a fee rate f of the executed notional,
 * y = (L·N − E)/(1 + L·k·sgn y), k = s + f·(1 + s·sgn y), with s taken from the fill price as rounded to the price scale: with p the fill price and P the mark,
 * k = (|p − P| + f·p)/P. Other costs are bisected: the leverage after costs is tried, exactly.
 */
import { abs, divRound, pow10, sign } from './decimal';
import { cashAtNavScale, type FundState, slopeAtNavScale, type Terms } from './facts';
import { RATE_SCALE } from './fee-schedule';

/** What is wanted: 100·(L·N − E) at the NAV scale. */
export function wantedTrade(terms: Terms, state: FundState, mark: bigint): bigint {
  const slope = slopeAtNavScale(terms, state.quantity);
  const nav = cashAtNavScale(terms, state.cash) + slope * mark;
  return terms.targetLeverage * nav - 100n * slope * mark;
}

/** Quantity, 0 or more, for costs that are a share of the notional: fills at `price`, a fee of `feeRate` (10^-18). Both 0 for naive sizing. Throws CostsTooHigh. */
export function proportionalQuantity(terms: Terms, wanted: bigint, mark: bigint, price: bigint, feeRate: bigint): bigint {
  const one = pow10(RATE_SCALE);
  // 100·10^18·(P + L·sgn y·(|p − P| + f·p)), in price units.
  const cost = terms.targetLeverage * sign(wanted) * (abs(price - mark) * one + feeRate * price);
  const perUnit = 100n * one * mark + cost;
  if (perUnit <= 0n) throw new CostsTooHigh();
  return divRound(abs(wanted) * one, perUnit * pow10(terms.navScale - terms.priceScale - terms.quantityScale));
}

/**
 * The quantity, 0 or more, that comes nearest to L after `costOf` it (at the NAV scale): the first one at or beyond L or the one before, whichever is nearer, of two equally near the
 * even one. `first`: a guess above 0. Throws CostsTooHigh when a thousand times the guess does not reach L.
 */
export function bisectedQuantity(terms: Terms, wanted: bigint, mark: bigint, first: bigint, costOf: (quantity: bigint) => bigint): bigint {
  const perUnit = 100n * slopeAtNavScale(terms, 1n) * mark;
  const direction = sign(wanted);
  /** 100·sgn y·(E − L·N) after a trade: 0 on L, below 0 short of it. */
  const beyond = (q: bigint): bigint => q * perUnit - abs(wanted) + (q === 0n ? 0n : terms.targetLeverage * direction * costOf(q));
  let high = first > 0n ? first : 1n;
  for (let doublings = 0; beyond(high) < 0n; doublings++, high *= 2n) if (doublings === 10) throw new CostsTooHigh();
  let low = 0n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (beyond(middle) < 0n) low = middle;
    else high = middle;
  }
  const [under, over] = [abs(beyond(low)), abs(beyond(high))];
  return under < over || (under === over && low % 2n === 0n) ? low : high;
}

/** No trade reaches the target leverage. */
export class CostsTooHigh extends Error {
  constructor() {
    super('costs are so high that no trade reaches the target leverage');
    this.name = 'CostsTooHigh';
  }
}
