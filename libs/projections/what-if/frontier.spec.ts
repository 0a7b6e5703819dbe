/** The least cost for a tracking error, worked; that a frontier falls; and what it refuses. */
import { Fund } from '../../../test/support/fund';
import { isRefusal } from '../../domain/refusal';
import { formatPoint, ONE, ratio } from '../fixed-point';
import { frontier, leastCost, type Policy } from './frontier';

const share = (thousandths: bigint): bigint => ratio(thousandths, 1000n);

test.each([
  // 0.001 · 0.2³ · 9 · 4/(2√3 · 0.02) = 0.000288/0.0692820…
  [300n, '0.004156921938'],
  // 0.001 · 0.2³ · 1 · 4/(2√3 · 0.02): an inverse fund rebalances as much as a double one
  [-100n, '0.000461880215'],
  [200n, '0.000461880215'],
  [100n, '0.000000000000'],
])('of %d hundredths of leverage, a volatility of 20% and a tracking error of 2%, at 0.1% of notional: %s a year', (leverage, cost) => {
  expect(formatPoint(leastCost(share(1n), share(200n), leverage, share(20n)), 12)).toBe(cost);
});

describe('of a fund on a price that swings', () => {
  const swinging = (): Fund => {
    const fund = new Fund();
    for (let n = 1; n <= 30; n++) fund.tick(`2024-01-${String(n).padStart(2, '0')}T00:00:00Z`, String(100 + ((n * 7) % 11) - 5));
    fund.given('CreateUnits', { units: '1000', cash: '100000', at: '2024-01-01T00:00:00Z' });
    return fund.given('AdoptSlippageModel', { model: { model: 'fixed_bp', bp: '10' }, at: '2024-01-01T00:00:00Z' });
  };
  const BANDS = [500n, 1000n, 2500n];
  const policies: readonly Policy[] = [{ band: undefined, resets: 'daily' }, ...BANDS.map((band): Policy => ({ band, resets: 'none' }))];

  test('wider bands cost less and stray more, and the cheapest within an error is found', () => {
    const answer = frontier(swinging().view(), { mode: 're-decide' }, policies, {}, ONE);
    if (isRefusal(answer)) throw new Error(answer.rule);
    expect(answer.points).toHaveLength(4);
    const errors = answer.points.map(({ trackingError }) => Number(trackingError));
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    const bands = answer.points.filter(({ resets }) => resets === 'none').sort((a, b) => Number(a.band) - Number(b.band));
    const costs = bands.map(({ costPerYear }) => Number(costPerYear));
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
    expect(bands.map(({ band }) => band)).toEqual(['0.0500', '0.1000', '0.2500']);
    const least = Math.min(
      ...answer.points.filter(({ trackingError }) => Number(trackingError) <= 1).map(({ costPerYear }) => Number(costPerYear)),
    );
    expect(Number(answer.cheapest!.costPerYear)).toBe(least);
  });

  test('none strays so little as 0.0001% a year', () => {
    expect(frontier(swinging().view(), { mode: 're-decide' }, policies, {}, ratio(1n, 1_000_000n))).toMatchObject({ cheapest: null });
  });

  test('too short a window is refused', () => {
    const answer = frontier(swinging().view(), { mode: 're-decide' }, policies, { to: 1_704_240_000_000_000_000n });
    expect(answer).toMatchObject({ refused: 'Unanswerable', rule: 'there must be at least three periods to measure' });
  });
});
