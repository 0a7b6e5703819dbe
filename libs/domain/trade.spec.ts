/** Decided trades: exact and naive sizing, costs that are no share of the notional, the max step, and costs that leave no way to L. */
import { abs, fixed, formatFixed } from './decimal';
import { cashAtNavScale, evolve, type FundState, slopeAtNavScale, type Terms } from './facts';
import { readRule } from './fee-rules';
import type { FeeRule, SlippageModel } from './fee-schedule';
import { CostsTooHigh } from './sizing';
import { readSlippage } from './slippage';
import { decideTrade, fillFee, ruleFor } from './trade';

const TERMS = {
  targetLeverage: 300n,
  currencyScale: 6,
  unitScale: 0,
  priceScale: 2,
  quantityScale: 4,
  navScale: 6,
} as Terms;
const MARK = fixed('100', 2);
/** NAV 1,000 at the mark. */
const fund = (quantity: string): FundState => {
  const q = fixed(quantity, 4);
  return { cash: fixed('1000', 6) - q * MARK, quantity: q, units: 1n };
};
const rule = (data: Partial<FeeRule>) => readRule({ kind: 'trading', ...data }, 0, 6, '');

function decided(
  state: FundState,
  model: SlippageModel,
  fee: Partial<FeeRule> | undefined,
  more: { maxStep?: bigint; sizing?: 'naive' } = {},
) {
  const mandate = { data: { sizing: more.sizing ?? 'exact' }, maxStep: more.maxStep } as const;
  const { trade, cut } = decideTrade(TERMS, state, MARK, mandate, { slippage: readSlippage(model), rule: fee && rule(fee) }, 0n);
  return {
    trade: trade && `${trade.side} ${formatFixed(trade.quantity, 4)} at ${formatFixed(trade.price, 2)}, ${formatFixed(trade.fee, 6)}`,
    cut,
  };
}

/** 100·(E − L·N) at the mark after a trade of so much. */
function beside(state: FundState, model: SlippageModel, fee: Partial<FeeRule>, quantity: bigint): bigint {
  const one = rule(fee);
  const slippage = readSlippage(model);
  const { trade } = decideTrade(TERMS, state, MARK, { data: { sizing: 'exact' }, maxStep: undefined }, { slippage, rule: one }, 0n);
  const paid = fillFee(TERMS, one, abs(quantity), trade!.price, 0n);
  const after = evolve(TERMS, state, {
    kind: 'rebalance',
    rebalanceId: '',
    fills: [{ fillId: '', quantity, price: trade!.price, fee: paid, bid: undefined, ask: undefined, arrivalPrice: undefined }],
  });
  const exposure = slopeAtNavScale(TERMS, after.quantity) * MARK;
  return 100n * exposure - TERMS.targetLeverage * (cashAtNavScale(TERMS, after.cash) + exposure);
}

it('naive trades what is missing, exact less, as its costs take leverage room', () => {
  // 3,000 are wanted at L; 1% of slippage and 0.1% of fee: y = 3000/(1 + 3·(0.01 + 0.001·1.01)) = 2904.07…
  const costs = [{ model: 'fixed_bp', bp: '100' }, { rate: { value: '0.001', unit: 'fraction' } }] as const;
  expect(decided(fund('0'), ...costs, { sizing: 'naive' }).trade).toBe('buy 30.0000 at 101.00, 3.030000');
  expect(decided(fund('0'), ...costs).trade).toBe('buy 29.0408 at 101.00, 2.933121');
  // Selling 1,000 of 4,000: y = 1000/(1 − 3·(0.01 + 0.001·0.99)) = 1034.09…; costs raise the leverage, so more is sold.
  expect(decided(fund('40'), ...costs, { sizing: 'naive' }).trade).toBe('sell 10.0000 at 99.00, 0.990000');
  expect(decided(fund('40'), ...costs).trade).toBe('sell 10.3409 at 99.00, 1.023749');
});

it.each<[string, SlippageModel, Partial<FeeRule>]>([
  ['a flat fee', { model: 'fixed_bp', bp: '10' }, { rate: { value: '0.0005', unit: 'fraction' }, flat: '7' }],
  ['a minimum', { model: 'none' }, { rate: { value: '0.0005', unit: 'fraction' }, minimum: '25' }],
  ['a cap', { model: 'none' }, { rate: { value: '0.05', unit: 'fraction' }, cap: '1' }],
  ['a fee a unit', { model: 'none' }, { perUnit: '0.75' }],
  [
    'marginal tiers',
    { model: 'none' },
    {
      tierBy: 'marginal',
      tiers: [
        { from: '0', rate: '0.01' },
        { from: '1500', rate: '0.002' },
      ],
    } as never,
  ],
])('with %s the quantity is bisected: none that can be traded comes nearer to L', (_what, model, fee) => {
  for (const state of [fund('0'), fund('40'), fund('29')]) {
    const { trade } = decideTrade(
      TERMS,
      state,
      MARK,
      { data: { sizing: 'exact' }, maxStep: undefined },
      { slippage: readSlippage(model), rule: rule(fee) },
      0n,
    );
    const signed = trade!.side === 'buy' ? trade!.quantity : -trade!.quantity;
    const off = (q: bigint): bigint => abs(beside(state, model, fee, q));
    // The posted fee is rounded to a millionth, far less than what the smallest quantity is worth.
    const rounded = 300n;
    for (const other of [signed - 1n, signed + 1n, signed - 300n, signed + 300n])
      expect(off(signed)).toBeLessThanOrEqual(off(other) + rounded);
  }
});

it('impact grows with the trade: what is bought at once lands on L after its own impact', () => {
  const model = { model: 'sqrt_impact', y: '1', sigmaDaily: '0.04', volumeDaily: '300000' } as const;
  // Some 2,970 of 300,000: √0.0099 · 4% = 0.398%, a fill at 100.40; y(1 + 3·0.004) = 3000.
  expect(decided(fund('0'), model, undefined)).toEqual({ trade: 'buy 29.6443 at 100.40, 0.000000', cut: false });
});

it('the max step cuts a trade at a share of NAV, and says so', () => {
  const none = { model: 'none' } as const;
  // Half of NAV, 500, instead of 3,000.
  expect(decided(fund('0'), none, undefined, { maxStep: 5n * 10n ** 17n })).toEqual({ trade: 'buy 5.0000 at 100.00, 0.000000', cut: true });
  expect(decided(fund('28'), none, undefined, { maxStep: 5n * 10n ** 17n })).toEqual({
    trade: 'buy 2.0000 at 100.00, 0.000000',
    cut: false,
  });
  // A step that is less than the smallest quantity trades nothing, and leaves no rest to wait for.
  expect(decided(fund('0'), none, undefined, { maxStep: 1n })).toEqual({ trade: undefined, cut: false });
});

it('costs above what leverage can bear are refused', () => {
  // Each unit sold takes a third of itself and more: selling raises the leverage.
  expect(() => decided(fund('40'), { model: 'fixed_bp', bp: '3400' }, undefined)).toThrow(CostsTooHigh);
  expect(() => decided(fund('40'), { model: 'none' }, { rate: { value: '0.34', unit: 'fraction' }, flat: '1' })).toThrow(CostsTooHigh);
  expect(decided(fund('40'), { model: 'fixed_bp', bp: '3300' }, undefined).trade).toMatch(/^sell/);
});

it('of maker and taker rules a decided trade meets the taker one', () => {
  const rules = [rule({ liquidity: 'maker', flat: '1' }), rule({ liquidity: 'taker', flat: '2' })];
  expect([ruleFor(rules, 0n), ruleFor(rules, 0n, 'maker')]).toEqual([rules[1], rules[0]]);
});
