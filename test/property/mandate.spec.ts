/** The price barriers of a band, calendars and sizing, each against the plain definition. */
import { cronInstants, localDay } from '../../libs/domain/cron';
import { pow10 } from '../../libs/domain/decimal';
import { evolve, type FundState, type Terms } from '../../libs/domain/facts';
import { formatInstant, instant } from '../../libs/domain/instant';
import { BAND_SCALE, pricesInside } from '../../libs/domain/mandate';
import { sizeTrade } from '../support/sizing';
import { Fraction } from '../support/fraction';
import { bruteCron, bruteDay } from '../support/oracle-calendar';
import { cases, Random, runSeed } from '../support/random';

const ONE = pow10(BAND_SCALE);

test('the prices between the barriers are those at which NAV is above 0 and the leverage not outside the band', () => {
  const random = new Random(runSeed('barriers'));
  for (let i = 0; i < 10_000; i++) {
    const base = random.pick([100n, 10_000n, 1_234_567n]);
    const L = random.pick([3n, 2n, 1n, -1n, -3n]) * 100n + random.pick([-1n, 0n, 0n, 1n]);
    // On L at `base`, or anything; small slopes make ties.
    const slope = random.oneIn(3) ? BigInt(random.between(-5, 5)) : L * BigInt(random.between(1, 50));
    const cash = random.oneIn(3) ? BigInt(random.between(-2000, 2000)) : slope === 0n ? 1n : (slope * base * (100n - L)) / L;
    const width = (random.pick([1n, 100n, 333n, 1000n]) * ONE) / 1000n;
    const near = random.oneIn(4) ? random.pick([1n, -1n]) * ONE + BigInt(random.between(-1, 1)) : (L * ONE) / 100n;
    const band = random.oneIn(5) ? undefined : { lower: near - width, upper: near + width };
    const isInside = (price: bigint): boolean => {
      const nav = cash + slope * price;
      if (nav <= 0n) return false;
      return !band || (slope * price * ONE >= band.lower * nav && slope * price * ONE <= band.upper * nav);
    };
    const { low, high } = pricesInside(cash, slope, band);
    const between = (price: bigint): boolean => (low === undefined || price >= low) && (high === undefined || price <= high);
    const edges = [low, high].flatMap((edge) => (edge === undefined ? [] : [edge - 1n, edge, edge + 1n]));
    for (const price of [...edges, 1n, base, base + 1n, BigInt(random.between(1, 3000)), pow10(30)]) {
      if (price > 0n)
        expect({ cash, slope, band, price, inside: between(price) }).toEqual({ cash, slope, band, price, inside: isInside(price) });
    }
  }
});

describe('a cron line fires as the wall clock says, minute by minute', () => {
  const lines = [
    '0 0 * * *',
    '30 2 * * *',
    '*/15 1-3 * * *',
    '59 23 * * 0',
    '30 1 * * *',
    '0 */6 10 * 1-5',
    '5 4 8-14 * 7',
    '0 16 * 3,11 1-5',
    '* 2 * * *',
    '30 0,23 * * *',
  ];
  const changes = {
    'America/New_York': ['2024-03-08T00:00:00Z', '2024-11-01T00:00:00Z'],
    'Europe/London': ['2024-03-29T00:00:00Z', '2024-10-25T00:00:00Z'],
    'Australia/Sydney': ['2024-04-04T00:00:00Z', '2024-10-03T00:00:00Z'],
    'Australia/Lord_Howe': ['2024-04-04T00:00:00Z', '2024-10-03T00:00:00Z'],
    // Put forward at midnight; back at midnight; over a whole day.
    'Africa/Cairo': ['2024-04-24T00:00:00Z', '2024-10-29T00:00:00Z'],
    'America/Santiago': ['2024-09-06T00:00:00Z', '2024-04-05T00:00:00Z'],
    'Pacific/Apia': ['2011-12-28T00:00:00Z'],
    UTC: ['2024-02-27T00:00:00Z'],
  };
  test.each(Object.entries(changes).flatMap(([zone, starts]) => starts.map((start) => ({ zone, start }))))(
    '$zone from $start',
    ({ zone, start }) => {
      const from = instant(start);
      const until = from + 5n * 86_400_000_000_000n;
      for (const line of lines) {
        expect([...cronInstants(line, zone, from, until)].map((t) => formatInstant(t))).toEqual(
          bruteCron(line, zone, from, until).map((t) => formatInstant(t)),
        );
      }
      for (let t = from; t < until; t += 17n * 60_000_000_000n) expect(localDay(t, zone)).toBe(bruteDay(t, zone));
    },
  );

  test('a time that does not exist fires an hour later, one that comes twice fires first, and neither fires again', () => {
    const fired = (line: string, from: string, until: string): string[] =>
      [...cronInstants(line, 'America/New_York', instant(from), instant(until))].map((t) => formatInstant(t));
    // 02:30 is skipped: 03:30 EDT is 07:30Z.
    expect(fired('30 2 * * *', '2024-03-10T00:00:00Z', '2024-03-11T00:00:00Z')).toEqual(['2024-03-10T07:30:00Z']);
    // Shifted onto 03:30, which is named too: once.
    expect(fired('30 2,3 * * *', '2024-03-10T00:00:00Z', '2024-03-11T00:00:00Z')).toEqual(['2024-03-10T07:30:00Z']);
    // 01:30 EDT is 05:30Z; 01:30 EST, an hour later, is not a second one.
    expect(fired('30 1 * * *', '2024-11-03T00:00:00Z', '2024-11-04T00:00:00Z')).toEqual(['2024-11-03T05:30:00Z']);
  });

  test('the window is (after, until]', () => {
    const fired = (from: string, until: string): number => [...cronInstants('0 0 * * *', 'UTC', instant(from), instant(until))].length;
    expect(fired('2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z')).toBe(1);
    expect(fired('2023-12-31T23:59:59.999999999Z', '2024-01-02T00:00:00Z')).toBe(2);
    expect(fired('2024-01-01T00:00:00Z', '2024-01-01T23:59:59.999999999Z')).toBe(0);
  });
});

test('exact sizing lands on L after slippage and fee, within half a quantity step and the roundings of what is posted', () => {
  const random = new Random(runSeed('sizing'));
  let traded = 0;
  for (let i = 0; i < cases(20_000); i++) {
    const terms = {
      currencyScale: random.pick([2, 6]),
      priceScale: random.pick([0, 2]),
      quantityScale: random.pick([0, 3, 8]),
      targetLeverage: BigInt(random.pick([300, 200, -100, -300, 150, 50, -50])),
    } as Terms;
    Object.assign(terms, { navScale: Math.max(terms.currencyScale, terms.priceScale + terms.quantityScale) });
    const mark = BigInt(random.between(50, 500)) * pow10(terms.priceScale) + BigInt(random.below(100));
    const state: FundState = {
      cash: BigInt(random.between(-200_000, 400_000)) * pow10(terms.currencyScale),
      quantity: BigInt(random.between(-1500, 3000)) * pow10(terms.quantityScale),
      units: 1n,
    };
    const decimal = (units: bigint, scale: number): Fraction => new Fraction(units, pow10(scale));
    const worth = (s: FundState): Fraction =>
      decimal(s.cash, terms.currencyScale).plus(decimal(s.quantity, terms.quantityScale).times(decimal(mark, terms.priceScale)));
    if (!worth(state).isPositive()) continue;
    const costs = { slippage: BigInt(random.pick([0, 5, 30])) * pow10(14), feeRate: BigInt(random.pick([0, 4, -1])) * pow10(14) };
    const trade = sizeTrade(terms, state, mark, 'exact', costs);
    if (!trade) continue;
    traded++;
    const quantity = trade.side === 'buy' ? trade.quantity : -trade.quantity;
    const fill = { fillId: 'f', quantity, price: trade.price, bid: undefined, ask: undefined, arrivalPrice: undefined, fee: trade.fee };
    const after = evolve(terms, state, { kind: 'rebalance', rebalanceId: 'r', fills: [fill] });
    const P = decimal(mark, terms.priceScale);
    const exposure = decimal(after.quantity, terms.quantityScale).times(P);
    const L = decimal(terms.targetLeverage, 2);
    // A step more or less moves L·N − E by P·(1 + |L|·k); posting rounds cash twice.
    const k = new Fraction(4n, 1000n).plus(decimal(1n, terms.priceScale).over(P));
    const step = P.times(Fraction.ONE.plus(L.abs().times(k))).times(new Fraction(1n, 2n * pow10(terms.quantityScale)));
    const posting = L.abs().times(decimal(1n, terms.currencyScale));
    const missed = L.times(worth(after)).minus(exposure).abs();
    expect({ state, mark, costs, trade, within: missed.compare(step.plus(posting)) <= 0 }).toMatchObject({ within: true });
    // Never the wrong way.
    expect(trade.side).toBe(L.times(worth(state)).compare(decimal(state.quantity, terms.quantityScale).times(P)) > 0 ? 'buy' : 'sell');
  }
  expect(traded).toBeGreaterThan(cases(20_000) / 4);
});
