/** The sheet's figures on funds small enough to work out by hand. */
import { viewOf } from '../../test/support/ledger';
import { type SmallFund, smallFund } from '../../test/support/mandate';
import { isRefusal } from '../domain/refusal';
import { type TearSheet, tearSheet } from './tear-sheet';

async function sheetOf(fund: SmallFund): Promise<TearSheet> {
  const sheet = tearSheet(await viewOf(await smallFund(fund), 'fund1'));
  if (isRefusal(sheet)) throw new Error(sheet.rule);
  return sheet;
}

describe('a 3x fund without costs on 100, 110, 99, 108.90', () => {
  let sheet: TearSheet;
  beforeAll(async () => {
    sheet = await sheetOf({ leverage: '3', closes: ['100', '110', '99', '108.90'] });
  });

  it('compounds three times the daily returns', () => {
    // 100 · 1.3 · 0.7 · 1.3 = 118.3, but for the steps of the quantity
    expect(sheet.nav.nav).toBe('118300.00');
    expect(sheet.returns.token).toMatch(/^0\.18(30000|29999)/);
    expect(sheet.returns.underlying).toBe('0.089000000000000000'); // 108.90 / 100 − 1
    expect(sheet.attribution.benchmarks.ideal).toBe('118.300000000000000000');
  });

  it('stands below the simple position by the drag', () => {
    expect(sheet.simple.value).toBe('126.700000000000000000'); // 100 · (1 + 3 · 8.9 %)
    expect(sheet.simple.drag).toMatch(/^-8\.4000/); // 118.3 − 126.7
    expect(sheet.simple.goneAt).toBeNull();
  });

  it('fell deepest from the second day to the third', () => {
    expect(sheet.drawdown.token.depth).toMatch(/^-0\.3000000|^-0\.2999999/); // 130 → 91
    expect(sheet.drawdown.token).toMatchObject({
      peakAt: '2024-01-02T00:00:00Z',
      troughAt: '2024-01-03T00:00:00Z',
      recoveredAt: null, // 118.3 is below 130
    });
    expect(sheet.drawdown.underlying.depth).toBe('-0.100000000000000000'); // 110 → 99
  });

  it('was at 3.3 / 1.3 and 2.7 / 0.7 before its resets, and at 3 after', () => {
    // ℓ before a reset: 3·(1 + r)/(1 + 3r) with r = +10 %, −10 %, +10 %
    expect(sheet.leverage.beforeRebalances!.min.slice(0, 8)).toBe('2.538461'); // 3.3 / 1.3
    expect(sheet.leverage.beforeRebalances!.median.slice(0, 8)).toBe('2.538461');
    expect(sheet.leverage.beforeRebalances!.max.slice(0, 8)).toBe('3.857142'); // 2.7 / 0.7
    expect(sheet.leverage.afterRebalances!.median).toMatch(/^3\.0000000|^2\.9999999/);
  });

  it('turned over what brought it back to 3', () => {
    expect(sheet.trading).toMatchObject({ rebalances: 3, periods: 3 });
    // |3 · 130 − 330| + |3 · 91 − 351| + |3 · 118.3 − 300.3| = 60 + 78 + 54.6 thousand
    expect(sheet.trading.turnover).toMatch(/^192(600\.0|599\.9)/);
  });

  it('paid nothing', () => {
    expect(sheet.costs.items).toEqual([]);
    expect(sheet.attribution.economic.drift).toMatch(/^-?0\.00000/);
  });

  it('has its worst day first, with what the underlying did', () => {
    expect(sheet.worst.map(({ to, underlying }) => [to.slice(0, 10), underlying])).toEqual([
      ['2024-01-03', '-0.100000000000000000'],
      // the third day's quantity was cut by a step
      ['2024-01-04', '0.100000000000000000'],
      ['2024-01-02', '0.100000000000000000'],
    ]);
    expect(sheet.worst[0]!.promised).toBe('-0.300000000000000000');
  });
});

it('adds up costs in money and in basis points of the mean NAV a year', async () => {
  const sheet = await sheetOf({
    leverage: '2',
    closes: ['100', '101', '102'],
    slippage: 10n ** 15n,
    feeRate: 2n * 10n ** 15n,
    management: '0.365',
  });
  const items = new Map(sheet.costs.items.map(({ kind, amount }) => [kind, amount]));
  expect([...items.keys()]).toEqual(['slippage', 'tradingFee', 'management']);
  // NAV after the first trade: 100,000 − 200,000 · 0.3 % = about 99,400; each day's fee 0.1 % of NAV
  expect(Number(items.get('management'))).toBeCloseTo(101_388 * 0.001 + 103_276 * 0.001, -1);
  const { amount, bpPerYear } = sheet.costs.items[2]!;
  // a year is 365.25 / 2 times these two days
  expect(Number(bpPerYear)).toBeCloseTo((Number(amount) / Number(sheet.costs.meanNav)) * (365.25 / 2) * 10_000, 1);
});

it('says when the simple position would have been gone', async () => {
  const sheet = await sheetOf({ leverage: '3', closes: ['100', '80', '66', '60'] });
  expect(sheet.simple.goneAt).toBe('2024-01-03T00:00:00Z'); // 1 + 3 · (66/100 − 1) = −0.02
});

it('ends at the last reset before NAV was gone', async () => {
  const sheet = await sheetOf({ leverage: '3', closes: ['100', '110', '60', '70'] });
  expect([sheet.endedAt, sheet.to, sheet.nav.status]).toEqual(['2024-01-03T00:00:00Z', '2024-01-02T00:00:00Z', 'active']);
});

it('is refused before there is a second price', async () => {
  const view = await viewOf(await smallFund({ leverage: '3', closes: ['100'] }), 'fund1');
  expect(tearSheet(view)).toMatchObject({ refused: 'Unanswerable' });
});
