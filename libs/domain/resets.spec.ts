import { formatInstant, instant, type Instant } from './instant';
import type { PriceView } from './price-view';
import { countedResets, MIDNIGHT_UTC } from './resets';

/** A view over ticks in order, counting what is asked of it. */
function ticksAt(...times: string[]): PriceView & { asked: number } {
  const ticks = times.map((time) => ({ at: instant(time), price: 1n }));
  return {
    asked: 0,
    at(t: Instant) {
      this.asked++;
      return ticks.findLast((tick) => tick.at <= t);
    },
    next: (t: Instant) => ticks.find((tick) => tick.at > t),
    firstOutside: () => undefined,
  };
}

describe('resets that count', () => {
  const from = instant('2024-01-01T00:00:00Z');
  const resets = (prices: PriceView, until: string): string[] =>
    Array.from(countedResets([], prices, from, instant(until), MIDNIGHT_UTC), (t) => formatInstant(t));

  it('are those with a tick since the one before', () => {
    const prices = ticksAt('2024-01-01T12:00:00Z', '2024-01-03T12:00:00Z');
    expect(resets(prices, '2024-01-06T00:00:00Z')).toEqual(['2024-01-02T00:00:00Z', '2024-01-04T00:00:00Z']);
  });

  it('are not looked for where no tick comes any more', () => {
    const prices = ticksAt('2024-01-01T12:00:00Z');
    expect(resets(prices, '2224-01-01T00:00:00Z')).toEqual(['2024-01-02T00:00:00Z']);
    expect(prices.asked).toBe(2);
  });
});
