/**
 * What must hold of a fund that keeps its mandate: daily resets on time, exact sizing, quantities of 18 decimals, costs charged at the reset.
 */
import { abs, fixed, formatFixed } from '../../libs/domain/decimal';
import { formatInstant, instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { sizeTrade } from '../support/sizing';
import { attribute, type Attribution } from '../../libs/projections/attribution';
import { DIGITS } from '../../libs/projections/fixed-point';
import { fill, Fund } from '../support/fund';
import { cases, Random, runSeed } from '../support/random';

const DAYS = 12;
const LEVERAGES = ['3', '2', '1', '-1', '-3', '1.5', '0.5', '-0.5'];
const START = instant('2024-01-01T00:00:00Z');
const at = (day: number): bigint => START + BigInt(day) * 86_400_000_000_000n;

interface Costs {
  readonly slippage: string;
  readonly feeRate: string;
}

/** Runs the mandate over the prices, one a day. */
function run(L: string, prices: readonly bigint[], { slippage, feeRate }: Costs): Attribution {
  const fund = new Fund({ quantityScale: 18 }, { currencyScale: 18, targetLeverage: L });
  fund.given('AdoptMandate', { at: formatInstant(START), mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } });
  fund.given('CreateUnits', { units: '100', cash: '10000', at: formatInstant(START) });
  for (const [day, price] of prices.entries()) {
    const time = formatInstant(at(day));
    fund.tick(time, formatFixed(price, 2));
    const { portfolio } = fund.view();
    const costs = { slippage: fixed(slippage, 18), feeRate: fixed(feeRate, 18) };
    // The first trade, at the beginning of the window, is free: it starts on L.
    const free = { slippage: 0n, feeRate: 0n };
    const trade = sizeTrade(portfolio.terms, portfolio.timeline.stateAt(at(day)), price, 'exact', day === 0 ? free : costs);
    if (!trade) continue;
    const executed = fill(`f${day}`, trade.side, formatFixed(trade.quantity, 18), formatFixed(trade.price, 2), {
      fee: formatFixed(trade.fee, 18),
    });
    fund.given('ExecuteRebalance', { rebalanceId: `r${day}`, reason: 'scheduled', at: time, fills: [executed] });
  }
  const a = attribute(fund.view(), START, at(prices.length - 1));
  if (isRefusal(a)) throw new Error(a.rule);
  return a;
}

/** Half a step of 1e-18 a reset on a position of hundreds of coins leaves much less than this. */
const NEAR = 10n ** BigInt(DIGITS - 12);

/** What fixed point may miss 0 by. */
const DUST = 10n ** 10n;

test('a kept mandate drifts by nothing, ends at the ideal without costs, and its costs change neither', () => {
  const random = new Random(runSeed('invariants'));
  for (let i = 0; i < cases(500); i++) {
    const L = random.pick(LEVERAGES);
    const prices = [10_000n];
    while (prices.length < DAYS) prices.push((prices.at(-1)! * BigInt(random.between(900, 1100))) / 1000n);
    const free = run(L, prices, { slippage: '0', feeRate: '0' });
    const costly = run(L, prices, { slippage: random.pick(['0', '0.002']), feeRate: random.pick(['0.0005', '0.003', '-0.0002']) });
    const about = { L, prices: prices.map(String) };
    expect({ ...about, drift: abs(free.drift) < NEAR, ideal: abs(free.nT - free.benchmarks.ideal) < NEAR }).toEqual({
      ...about,
      drift: true,
      ideal: true,
    });
    expect({ ...about, drift: abs(costly.drift) < NEAR }).toEqual({ ...about, drift: true });
    expect(abs(costly.benchmarks.actualLeverage - free.benchmarks.actualLeverage) < NEAR).toBe(true);
    if (L !== '0.5') {
      expect({ ...about, convexity: free.convexity >= -DUST }).toEqual({ ...about, convexity: true });
      expect({ ...about, volDrag: free.volDrag <= DUST }).toEqual({ ...about, volDrag: true });
    }
    if (L === '1') expect([free.convexity, abs(free.volDrag) < DUST]).toEqual([0n, true]);
  }
});
