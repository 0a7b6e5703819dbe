/**
 * What the mandate's engine trades at an instant, by the slippage model, trading rule and mandate in force there, and the command that records it. Deliberately absent: when
 * (mandate-runner.ts).
 */
import type { ExecuteRebalance } from '../domain/commands';
import { formatFixed } from '../domain/decimal';
import type { FundState } from '../domain/facts';
import type { FundRecord } from '../domain/fund-record';
import { formatInstant, type Instant } from '../domain/instant';
import type { RebalanceReason } from '../domain/portfolio-events';
import { mandateAt } from '../domain/resets';
import { adoptedTrading, type Decided, decideTrade, type Trade, volumeBefore } from '../domain/trade';
import { rebalanceIdAt } from './mandate-ids';

/** The trade that puts `state` back to L at a mark. Without a mandate it is sized exactly. Throws CostsTooHigh. */
export function tradeAt(fund: FundRecord, state: FundState, at: Instant, mark: bigint): Decided {
  const trading = adoptedTrading(fund, at);
  const mandate = mandateAt(fund.mandates, at)?.mandate ?? { data: { sizing: 'exact' as const }, maxStep: undefined };
  const volume = trading.rule?.tiers
    ? volumeBefore(fund.timeline, at, trading.rule.window).reduce((sum, { notional }) => sum + notional, 0n)
    : 0n;
  return decideTrade(fund.terms, state, mark, mandate, trading, volume);
}

export function rebalanceOf(fund: FundRecord, at: Instant, reason: RebalanceReason, mark: bigint, trade: Trade): ExecuteRebalance {
  const { portfolioId, instrumentId, quantityScale, priceScale, currencyScale, quoteCurrency } = fund.terms;
  const rebalanceId = rebalanceIdAt(at);
  const price = formatFixed(mark, priceScale);
  const fill = {
    fillId: `${rebalanceId}-1`,
    instrumentId,
    side: trade.side,
    quantity: formatFixed(trade.quantity, quantityScale),
    price: formatFixed(trade.price, priceScale),
    fee: formatFixed(trade.fee, currencyScale),
    feeCurrency: quoteCurrency,
    liquidity: 'taker' as const,
  };
  return { portfolioId, rebalanceId, reason, at: formatInstant(at), mark: price, decisionPrice: price, fills: [fill] };
}
