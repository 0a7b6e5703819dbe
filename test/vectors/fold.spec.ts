/** Published payments and books, through commands and fold. */
import { instant } from '../../libs/domain/instant';
import { navAnswer } from '../../libs/projections/nav';
import { Fraction } from '../support/fraction';
import { fill, Fund } from '../support/fund';
import payments from './funding-payments.json';
import perp from './perp-equivalence.json';

test.each(payments)('a position of $q pays $paid_by_fund at mark $mark and rate $rate', ({ q, mark, rate, paid_by_fund }) => {
  const fund = new Fund()
    .tick('2024-01-02T00:00:00Z', '100')
    .given('CreateUnits', { units: '100', cash: '1000000', at: '2024-01-02T00:00:00Z' });
  const [side, quantity] = q.startsWith('-') ? (['sell', q.slice(1)] as const) : (['buy', q] as const);
  fund.given('ExecuteRebalance', {
    rebalanceId: 'r',
    reason: 'manual',
    at: '2024-01-02T00:00:00Z',
    fills: [fill('f', side, quantity, '100')],
  });
  const before = fund.view().portfolio.timeline.stateAt(instant('2024-01-03T00:00:00Z')).cash;
  expect(fund.when('SettleFunding', { instrumentId: 'coin', rate, mark, at: '2024-01-03T00:00:00Z' })).toMatchObject([
    { type: 'FundingSettled', data: { quantity: Fraction.of(q).toFixed(3), amount: Fraction.of(paid_by_fund).toFixed(2) } },
  ]);
  const after = fund.view().portfolio.timeline.stateAt(instant('2024-01-03T00:00:00Z')).cash;
  expect(before - after).toBe(Fraction.of(paid_by_fund).units(2));
});

test('a perp in synthetic cash is worth what its wallet and entry price say', () => {
  const at = '2024-01-02T00:00:00Z';
  const later = '2024-01-03T00:00:00Z';
  const { wallet, qty, entry, synthetic_cash, after_buy_1000_at_120_12: after } = perp;
  const fund = new Fund()
    .tick(at, entry)
    .given('CreateUnits', { units: '1000', cash: wallet, at })
    .given('ExecuteRebalance', { rebalanceId: 'r1', reason: 'scheduled', at, fills: [fill('f1', 'buy', qty, entry)] });
  expect(navAnswer(fund.view(), instant(at))).toMatchObject({ cash: { USD: Fraction.of(synthetic_cash).toFixed(2) }, nav: '100000.00' });
  fund.tick(later, '120').given('ExecuteRebalance', {
    rebalanceId: 'r2',
    reason: 'scheduled',
    at: later,
    fills: [fill('f2', 'buy', '1000', '120.12', { fee: '60.06' })],
  });
  // C = wallet − q·entry = 99939.94 − 4000 · 105.03
  const cash = Fraction.of(after.wallet).minus(Fraction.of(after.qty).times(Fraction.of(after.entry)));
  expect(navAnswer(fund.view(), instant(later))).toMatchObject({
    cash: { USD: cash.toFixed(2) },
    positions: [{ quantity: Fraction.of(after.qty).toFixed(3) }],
    nav: after.equity_at_120,
  });
});
