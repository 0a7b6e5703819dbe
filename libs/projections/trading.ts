/**
 * What trading and charges came to in a window (from, to], in the fund's money: exact sums over the facts in force, not per unit. Slippage is measured fill by fill
 * against the ledger's mark, as in the attribution. Leverages are those just before and just after each instant with a rebalance.
 */
import { cashAtNavScale, type FundState, slopeAtNavScale } from '../domain/facts';
import { abs } from '../domain/decimal';
import type { Instant } from '../domain/instant';
import { navOf } from '../domain/valuation';
import { divide } from './fixed-point';
import type { View } from './view';

export const PAID_KINDS = ['slippage', 'tradingFee', 'funding', 'management', 'otherFees', 'interest'] as const;
export type Paid = Record<(typeof PAID_KINDS)[number], bigint>;

/** Amounts at the NAV scale, positive where the fund paid; leverages in fixed point. */
export interface Trading {
  readonly paid: Paid;
  readonly rebalances: number;
  /** Σ |quantity × fill price|. */
  readonly turnover: bigint;
  readonly leverageBefore: readonly bigint[];
  readonly leverageAfter: readonly bigint[];
}

/** Goes through the facts of the window; needs a mark wherever there is one. */
export function tradingOf(view: View, from: Instant, to: Instant): Trading {
  const { terms, timeline } = view.portfolio;
  const paid: Paid = { slippage: 0n, tradingFee: 0n, funding: 0n, management: 0n, otherFees: 0n, interest: 0n };
  const leverageBefore: bigint[] = [];
  const leverageAfter: bigint[] = [];
  let rebalances = 0;
  let turnover = 0n;
  const note = (list: bigint[], state: FundState, price: bigint): void => {
    const nav = navOf(terms, state, price)!;
    if (nav > 0n && state.units > 0n) list.push(divide(slopeAtNavScale(terms, state.quantity) * price, nav));
  };
  for (let i = timeline.countThrough(from); i < timeline.countThrough(to);) {
    const { at } = timeline.row(i)!;
    const mark = view.prices.at(at)!.price;
    const before = timeline.stateAfter(i);
    let traded = false;
    for (; timeline.row(i)?.at === at; i++) {
      const { fact } = timeline.row(i)!;
      if (fact.kind === 'rebalance') {
        traded = true;
        rebalances++;
        for (const { quantity, price, fee } of fact.fills) {
          const slope = slopeAtNavScale(terms, quantity);
          paid.slippage += slope * (price - mark);
          paid.tradingFee += cashAtNavScale(terms, fee);
          turnover += abs(slope * price);
        }
      } else if (fact.kind === 'fee') {
        const kind = fact.feeKind === 'trading' ? 'tradingFee' : fact.feeKind === 'management' ? 'management' : 'otherFees';
        paid[kind] += cashAtNavScale(terms, fact.amount);
      } else if (fact.kind === 'funding') paid.funding += cashAtNavScale(terms, fact.amount);
      else if (fact.kind === 'interest') paid.interest -= cashAtNavScale(terms, fact.amount);
    }
    if (!traded) continue;
    note(leverageBefore, before, mark);
    note(leverageAfter, timeline.stateAfter(i), mark);
  }
  return { paid, rebalances, turnover, leverageBefore, leverageAfter };
}
