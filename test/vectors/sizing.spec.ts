/** Published rebalances: how much to trade to be back at L, before costs. */
import { EMPTY_FUND, type Terms } from '../../libs/domain/facts';
import { fixed, formatFixed, formatRatio } from '../../libs/domain/decimal';
import { sizeTrade } from '../support/sizing';
import { exposure, navOf } from '../../libs/domain/valuation';
import { Fraction } from '../support/fraction';
import flow from './reset-flow.json';
import cases from './rebalance-sizing.json';

const SCALES = { currencyScale: 2, unitScale: 0, priceScale: 4, quantityScale: 18, navScale: 22 };
const NO_COSTS = { slippage: 0n, feeRate: 0n };

/** Signed quantity that brings a fund of that NAV and quantity back to L. */
function trade(L: string, nav: string, quantity: string, price: string): { signed: string | undefined; leverage: string } {
  const terms = { ...SCALES, targetLeverage: fixed(L, 2) } as Terms;
  const mark = fixed(price, SCALES.priceScale);
  const cash = Fraction.of(nav)
    .minus(Fraction.of(quantity).times(Fraction.of(price)))
    .toFixed(2);
  const state = { ...EMPTY_FUND, cash: fixed(cash, 2), quantity: fixed(quantity, 18) };
  const [naive, exact] = (['naive', 'exact'] as const).map((sizing) => sizeTrade(terms, state, mark, sizing, NO_COSTS));
  expect(exact).toEqual(naive);
  const signed = naive && formatFixed(naive.side === 'buy' ? naive.quantity : -naive.quantity, 18);
  return { signed, leverage: formatRatio(exposure(terms, state, mark), navOf(terms, state, mark)!, 18) };
}

test.each(cases)('$id: $L times at NAV $nav', ({ L, nav, price, qty, leverage_before, delta_qty, delta_notional }) => {
  const { signed, leverage } = trade(L, nav, qty, price);
  expect(leverage).toBe(Fraction.of(leverage_before.frac).toFixed(18));
  expect(signed).toBe(Fraction.of(delta_qty.frac).toFixed(18));
  expect(Fraction.of(delta_qty.frac).times(Fraction.of(price)).compare(Fraction.of(delta_notional.frac))).toBe(0);
});

test.each(flow.cases)(
  'from exactly $L times, a move of $r asks for $delta_notional of NAV $nav0',
  ({ L, r, nav0, delta_notional, side, multiplier }) => {
    const start = Fraction.of('100');
    const end = start.times(Fraction.ONE.plus(Fraction.of(r)));
    const quantity = Fraction.of(String(L)).times(Fraction.of(nav0)).over(start);
    const nav = Fraction.of(nav0).plus(quantity.times(end.minus(start)));
    const { signed } = trade(String(L), nav.toFixed(4), quantity.toFixed(18), end.toFixed(4));
    expect(signed).toBe(Fraction.of(delta_notional).over(end).toFixed(18));
    expect(signed!.startsWith('-') ? 'SELL' : 'BUY').toBe(side);
    expect(multiplier).toBe(L * (L - 1));
  },
);
