import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatInstant } from '../domain/instant';
import { readFunding } from './funding';
import { type PriceFile, type PriceFileOptions, readPrices } from './prices';

const ROOT = join(__dirname, '..', '..');
const DATA = join(ROOT, '..', 'shared', 'data');

const summary = ({ prices, missing, roundedCount }: PriceFile) => {
  const tick = (i: number) => `${formatInstant(prices.at(i))} ${prices.priceText(i)}`;
  return { count: prices.count, missing, roundedCount, first: tick(0), last: tick(prices.count - 1) };
};

it('reads twenty years of daily S&P 500 candles', async () => {
  const path = join(ROOT, 'node_modules', 'vega-datasets', 'data', 'sp500-2000.csv');
  expect(summary(await readPrices(path, { format: 'candles', priceScale: 6 }))).toEqual({
    count: 5105,
    missing: 0,
    roundedCount: 0,
    first: '2000-01-03T21:00:00Z 1455.219971',
    last: '2020-04-17T20:00:00Z 2874.560059',
  });
});

const files: [string, Omit<PriceFileOptions, 'signal'>, ReturnType<typeof summary>][] = [
  [
    'prices/btcusdt_1m_2020.csv.gz',
    { format: 'binance-klines', priceScale: 2 },
    { count: 525_788, missing: 1252, roundedCount: 0, first: '2020-01-01T00:01:00Z 7186.68', last: '2021-01-01T00:00:00Z 28923.63' },
  ],
  [
    'letf/SPY.csv.gz',
    { format: 'closes', priceScale: 4, round: true },
    { count: 7786, missing: 0, roundedCount: 7786, first: '1993-01-29T21:00:00Z 24.1133', last: '2023-12-29T21:00:00Z 461.3913' },
  ],
  [
    'rates/fed_funds_daily.csv.gz',
    { format: 'closes', priceScale: 4, multiply: '0.01', allowNegative: true },
    { count: 10_429, missing: 0, roundedCount: 0, first: '1998-01-01T21:00:00Z 0.0584', last: '2026-07-21T20:00:00Z 0.0363' },
  ],
];

describe('files outside the checkout', () => {
  if (!existsSync(DATA)) console.log('not run: no data folder beside the checkout');
  const outside = existsSync(DATA) ? it : it.skip;

  outside.each(files)('%s', async (name, options, expected) => {
    expect(summary(await readPrices(join(DATA, name), options))).toEqual(expected);
  });

  outside('funding/btcusdt_perp_8h.csv', async () => {
    const { rows } = await readFunding(join(DATA, 'funding', 'btcusdt_perp_8h.csv'));
    expect([rows.length, formatInstant(rows[0]!.at), rows[0]!.rate]).toEqual([3626, '2019-09-10T08:00:00Z', '0.0001']);
  });
});
