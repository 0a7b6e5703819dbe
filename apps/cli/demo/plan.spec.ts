/** What the demo's options mean, and what they cannot. */
import { bandAround, type DemoOptions, planDemo, rate } from './plan';

const DEFAULTS: DemoOptions = { tradingFee: '1bp', slippage: '1bp', management: '0.95%' };
const E14 = 10n ** 14n;

it('reads rates in basis points, per cent and fractions, exactly', () => {
  expect(['1bp', '2.5 bp', '0.95%', '0.0001', '0'].map((text) => rate('--x', text))).toEqual([E14, (5n * E14) / 2n, 95n * E14, E14, 0n]);
});

it.each(['1e-4', '-1bp', '100%', '1', 'bp', '', '1 percent', '0.0000000000000000001'])('refuses the rate %j', (text) => {
  expect(() => rate('--slippage', text)).toThrow('--slippage');
});

it.each([
  [300n, '33%', '2.0000', '4.0000'],
  [-100n, '33%', '-1.3333', '-0.6667'],
  [150n, '33%', '1.0000', '2.0000'],
  [300n, '10%', '2.7000', '3.3000'],
  [-200n, '12.5%', '-2.2500', '-1.7500'],
])('puts a band around %s hundredths with a width of %s', (leverage, width, lower, upper) => {
  expect(bandAround(leverage, rate('--band', width))).toEqual({ lower, upper });
});

it('opens spx3l and spx1s on S&P 500 closes, reset at each close without a band', () => {
  const plan = planDemo(DEFAULTS);
  expect(plan.funds.map(({ portfolioId, targetLeverage }) => [portfolioId, targetLeverage])).toEqual([
    ['spx3l', '3'],
    ['spx1s', '-1'],
  ]);
  const mandate = { resets: { cron: '0 16 * * 1-5', zone: 'America/New_York' }, sizing: 'exact', maxPriceAge: '4d' };
  expect(plan.funds.map((fund) => fund.mandate)).toEqual([mandate, mandate]);
  expect(plan.schedule.rules).toEqual([
    {
      kind: 'management',
      trigger: 'at_reset',
      basis: 'nav',
      rate: { value: '0.0095', unit: 'fraction', period: 'year' },
      dayCount: 'ACT/365',
    },
    { kind: 'trading', trigger: 'per_fill', basis: 'executed_notional', rate: { value: '0.0001', unit: 'fraction' } },
  ]);
  expect(plan.slippage).toEqual({ model: 'fixed_bp', bp: '1' });
  expect(plan.instrument).toMatchObject({ instrumentId: 'SP500', kind: 'index', quoteCurrency: 'USD', priceScale: 6 });
});

it("names funds on a person's own candles after the file, resets them at midnight and gives them a band", () => {
  const plan = planDemo({
    ...DEFAULTS,
    prices: ['/data/btcusdt_1m_2020.csv.gz'],
    funding: ['f.csv'],
    leverage: '3,-1,1.5',
    currency: 'USDT',
  });
  expect(plan.funds.map(({ portfolioId }) => portfolioId)).toEqual(['btcusdt3l', 'btcusdt1s', 'btcusdt1.5l']);
  expect(plan.instrument).toMatchObject({ instrumentId: 'BTCUSDT', kind: 'perp', quoteCurrency: 'USDT' });
  expect(plan.funds[0]!.mandate).toEqual({
    resets: { cron: '0 0 * * *', zone: 'UTC' },
    band: { lower: '2.0000', upper: '4.0000' },
    sizing: 'exact',
    maxPriceAge: '4d',
  });
});

it.each<[Partial<DemoOptions>, string]>([
  [{ funding: ['f.csv'] }, '--funding'],
  [{ format: 'closes' }, '--format'],
  [{ prices: ['x.csv'], format: 'xml' }, '--format'],
  [{ prices: ['2020.csv'] }, '--instrument'],
  [{ prices: ['x.csv'], priceScale: '19' }, '--price-scale'],
  [{ leverage: '0' }, '--leverage'],
  [{ leverage: '3.001' }, '--leverage'],
  [{ leverage: '3,,2' }, '--leverage'],
  [{ leverage: '20', slippage: '3%' }, '--leverage'],
  [{ band: '0' }, '--band'],
  [{ resets: '0 25 * * *' }, '--resets'],
  [{ resets: '0 0 * * *', zone: 'Mars/Olympus' }, '--zone'],
  [{ zone: 'UTC' }, '--zone'],
  [{ management: 'x' }, '--management'],
])('refuses %j by its option', (wrong, option) => {
  expect(() => planDemo({ ...DEFAULTS, ...wrong })).toThrow(`InvalidField: ${option}`);
});
