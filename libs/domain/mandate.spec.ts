import { type MandateData, pricesInside, readMandate } from './mandate';
import type { RefusalError } from './refusal';
import { countedResets, mandateAt, mandateSpans } from './resets';
import { NaivePrices } from '../../test/support/naive-prices';
import { formatInstant, instant } from './instant';

const BAND = { lower: '2.5', upper: '3.5' };

test.each<{ mandate: MandateData; field: string; value: unknown }>([
  { mandate: { sizing: 'exact', resets: { cron: '0 0 * *', zone: 'UTC' } }, field: '/mandate/resets/cron', value: '0 0 * *' },
  { mandate: { sizing: 'exact', resets: { cron: '60 0 * * *', zone: 'UTC' } }, field: '/mandate/resets/cron', value: '60 0 * * *' },
  { mandate: { sizing: 'exact', resets: { cron: '0 0 5-1 * *', zone: 'UTC' } }, field: '/mandate/resets/cron', value: '0 0 5-1 * *' },
  { mandate: { sizing: 'exact', resets: { cron: '0 0 * * *', zone: 'Mars/Base' } }, field: '/mandate/resets/zone', value: 'Mars/Base' },
  { mandate: { sizing: 'exact', band: { lower: '2.5', upper: 'x' } }, field: '/mandate/band/upper', value: 'x' },
  {
    mandate: { sizing: 'exact', band: { lower: `2.${'1'.repeat(19)}`, upper: '4' } },
    field: '/mandate/band/lower',
    value: `2.${'1'.repeat(19)}`,
  },
  { mandate: { sizing: 'exact', band: { lower: '3.5', upper: '2.5' } }, field: '/mandate/band', value: { lower: '3.5', upper: '2.5' } },
  { mandate: { sizing: 'exact', band: { lower: '3', upper: '4' } }, field: '/mandate/band', value: { lower: '3', upper: '4' } },
  { mandate: { sizing: 'exact', band: { lower: '2', upper: '3' } }, field: '/mandate/band', value: { lower: '2', upper: '3' } },
  { mandate: { sizing: 'exact', maxStep: '0' }, field: '/mandate/maxStep', value: '0' },
  { mandate: { sizing: 'exact', maxPriceAge: '1 day' }, field: '/mandate/maxPriceAge', value: '1 day' },
])('of a 3 times fund, $field $value is refused', ({ mandate, field, value }) => {
  let refusal;
  try {
    readMandate(mandate, 300n);
  } catch (error) {
    refusal = (error as RefusalError).refusal;
  }
  expect(refusal).toMatchObject({ refused: 'InvalidField', field, value: JSON.stringify(value) });
});

test('a mandate is read', () => {
  const data: MandateData = {
    sizing: 'exact',
    resets: { cron: '0 16 * * 1-5', zone: 'America/New_York' },
    band: BAND,
    maxStep: '0.1',
    maxPriceAge: '90s',
  };
  expect(readMandate(data, 300n)).toEqual({
    data,
    band: { lower: 25n * 10n ** 17n, upper: 35n * 10n ** 17n },
    maxStep: 10n ** 17n,
    maxPriceAge: 90_000_000_000n,
  });
  // Neither resets nor band: every rebalance is at discretion.
  expect(readMandate({ sizing: 'naive' }, -100n)).toEqual({
    data: { sizing: 'naive' },
    band: undefined,
    maxStep: undefined,
    maxPriceAge: undefined,
  });
});

describe('the prices at which a fund of 3 times at 100 keeps its leverage', () => {
  // N = 3·P − 200 for one unit of NAV 100: leverage 3·P/(3·P − 200).
  const band = readMandate({ sizing: 'exact', band: { lower: '2', upper: '4' } }, 300n).band;

  test('without a band: where NAV is above 0', () => expect(pricesInside(-200n, 3n, undefined)).toEqual({ low: 67n, high: undefined }));

  // ℓ ≤ 4 from 800/9 = 88.9 on, ℓ ≥ 2 up to 400/3 = 133.3
  test('with a band: from one bound to the other', () => expect(pricesInside(-200n, 3n, band)).toEqual({ low: 89n, high: 133n }));

  test('a price on the bound is inside: the band is left strictly', () => {
    // 3·P/(3·P − 1800) is 4 at exactly 800 and 2 at exactly 1200.
    expect(pricesInside(-1800n, 3n, band)).toEqual({ low: 800n, high: 1200n });
  });

  test('no price at all', () => {
    const { low, high } = pricesInside(-1n, 0n, undefined);
    expect(low! > high!).toBe(true);
  });
});

describe('resets', () => {
  const t = (day: number, time = '00:00:00'): bigint => instant(`2024-01-${String(day).padStart(2, '0')}T${time}Z`);
  const inForce = (position: number, at: bigint, cron?: string) => ({
    at,
    position,
    mandate: readMandate({ sizing: 'exact', ...(cron === undefined ? {} : { resets: { cron, zone: 'UTC' } }) }, 300n),
  });
  const prices = (...ticks: bigint[]) => {
    const naive = new NaivePrices();
    ticks.forEach((at, i) => naive.tick(at, 1n, i));
    return naive.view(100);
  };
  const counted = (...args: Parameters<typeof countedResets>): string[] => [...countedResets(...args)].map((at) => formatInstant(at));

  test('one without a new tick since the one before does not count', () => {
    const mandates = [inForce(0, t(1), '0 0 * * *')];
    // Day 3 has no new tick; day 4 has one at the very instant.
    expect(counted(mandates, prices(t(1), t(1, '12:00:00'), t(4)), t(1), t(5))).toEqual(['2024-01-02T00:00:00Z', '2024-01-04T00:00:00Z']);
    // A tick at the beginning itself is not new.
    expect(counted(mandates, prices(t(1)), t(1), t(3))).toEqual([]);
  });

  test('a mandate holds from its first instant, that included, to before the next one', () => {
    const mandates = [inForce(0, t(1), '0 0 * * *'), inForce(1, t(3), '0 12 * * *'), inForce(2, t(4))];
    const ticks = prices(...[1, 2, 3, 4, 5].flatMap((day) => [t(day), t(day, '06:00:00')]));
    expect(counted(mandates, ticks, t(1), t(5))).toEqual(['2024-01-02T00:00:00Z', '2024-01-03T12:00:00Z']);
    expect(counted(mandates, ticks, t(1), t(5), { cron: '0 0 * * *', zone: 'UTC' })).toEqual([
      '2024-01-02T00:00:00Z',
      '2024-01-03T12:00:00Z',
      '2024-01-04T00:00:00Z',
      '2024-01-05T00:00:00Z',
    ]);
    expect(mandateAt(mandates, t(3) - 1n)).toBe(mandates[0]);
    expect(mandateAt(mandates, t(3))).toBe(mandates[1]);
    expect(mandateAt(mandates, t(1) - 1n)).toBeUndefined();
  });

  test('spans cover the window once, in order', () => {
    const mandates = [inForce(0, t(2)), inForce(1, t(3)), inForce(2, t(3))];
    expect([...mandateSpans(mandates, t(1), t(4))]).toEqual([
      { mandate: undefined, after: t(1), until: t(2) - 1n },
      { mandate: mandates[0]!.mandate, after: t(2) - 1n, until: t(3) - 1n },
      { mandate: mandates[2]!.mandate, after: t(3) - 1n, until: t(4) },
    ]);
  });
});
