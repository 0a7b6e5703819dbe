/** Trades at a share of slippage and a fee rate, as most tests want them. */
import { formatFixed } from '../../libs/domain/decimal';
import type { FundState, Terms } from '../../libs/domain/facts';
import { readRule } from '../../libs/domain/fee-rules';
import { decideTrade, type Trade, type TradingTerms } from '../../libs/domain/trade';

/** Units of 10^-18. */
export interface TradingCosts {
  readonly slippage: bigint;
  readonly feeRate: bigint;
}

export function tradingTerms({ slippage, feeRate }: TradingCosts): TradingTerms {
  return {
    slippage: { data: { model: 'fixed_bp', bp: '0' }, share: slippage, y: 0n, sigma: 0n, volume: 0n },
    rule: readRule({ kind: 'trading', rate: { value: formatFixed(feeRate, 18), unit: 'fraction' } }, 0, 2, ''),
  };
}

export function sizeTrade(terms: Terms, state: FundState, mark: bigint, sizing: 'exact' | 'naive', costs: TradingCosts): Trade | undefined {
  return decideTrade(terms, state, mark, { data: { sizing }, maxStep: undefined }, tradingTerms(costs), 0n).trade;
}
