/**
 * The scenario that changes nothing is what was booked, to the last unit at every event: a restatement of any history, as known at any moment, and a re-decision of a history that the
 * mandate's own engine has made. And on such histories: with scheduled resets only, what the actual leverage gives does not depend on fees, and without costs it is the ideal.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeHistory } from '../../apps/cli/demo/history';
import { planDemo } from '../../apps/cli/demo/plan';
import { abs } from '../../libs/domain/decimal';
import { isRefusal } from '../../libs/domain/refusal';
import { startHost } from '../../libs/ledger/standalone';
import { DIGITS } from '../../libs/projections/fixed-point';
import { attribute } from '../../libs/projections/attribution';
import type { View } from '../../libs/projections/view';
import type { ScenarioData } from '../../libs/projections/what-if/scenario-data';
import { whatIf } from '../../libs/projections/what-if/what-if';
import { forEachHistory, moment, viewOf } from '../support/histories';
import { memoryLedger, viewOf as ledgerView } from '../support/ledger';
import { bookedLines, replayed, scenarioLines } from '../support/what-if';

forEachHistory('a restatement that changes nothing is what was booked', 2000, (history, random) => {
  const first = history.events.findIndex((e) => e.type === 'PortfolioOpened');
  const view = viewOf(history, random.oneIn(2) ? history.events.length - 1 : random.between(first, history.events.length - 1));
  const [a, b] = [moment(history, random), moment(history, random)];
  const window = random.oneIn(2) ? [] : a < b ? [a, b] : [b, a];
  const found = replayed(view, { mode: 'restate' }, ...window);
  if (!found) return 'skipped';
  const { booked, result } = found;
  expect(scenarioLines(result)).toEqual(bookedLines(view, booked, result.terminatedAt));
  expect(result.terminatedAt).toBe(view.ending.at(booked.to));
  return 'checked';
});

const DATA = join(__dirname, '../../../shared/data');
const YEARS = process.env['NAVLEDGER_FULL'] === '1' ? [2020, 2021, 2022] : [2020];
const quiet = { signal: new AbortController().signal, onProgress: () => undefined, onFirstYear: () => undefined };
const withData = existsSync(DATA) ? it : it.skip;

withData(
  'real minutes with real funding: either mode gives the booked state at every event',
  async () => {
    const prices = YEARS.map((year) => join(DATA, `prices/btcusdt_1m_${year}.csv.gz`));
    const funding = [join(DATA, 'funding/btcusdt_perp_8h.csv')];
    const plan = planDemo({ prices, funding, tradingFee: '5bp', slippage: '1bp', management: '0.95%' });
    const ledger = await memoryLedger();
    const { host, close } = await startHost(ledger);
    await makeHistory(ledger, host, plan, quiet);
    for (const { portfolioId } of plan.funds) {
      const view = await ledgerView(ledger, portfolioId);
      for (const mode of ['restate', 're-decide'] as const) {
        const { booked, result } = replayed(view, { mode })!;
        const ended = view.ending.at(booked.to);
        expect(result.terminatedAt).toBe(ended);
        expect(scenarioLines(result)).toEqual(bookedLines(view, booked, ended));
        expect(result.trades.length).toBeGreaterThan(mode === 'restate' ? -1 : 365);
      }
    }
    await close();
  },
  600_000,
);

describe('the demo', () => {
  const views = new Map<string, View>();
  let rules: readonly object[];

  beforeAll(async () => {
    const ledger = await memoryLedger();
    const { host, close } = await startHost(ledger);
    const plan = planDemo({ tradingFee: '1bp', slippage: '1bp', management: '0.95%' });
    rules = plan.schedule.rules;
    await makeHistory(ledger, host, plan, quiet);
    for (const { portfolioId } of plan.funds) views.set(portfolioId, await ledgerView(ledger, portfolioId));
    await close();
  }, 120_000);

  const same = (id: string, data: ScenarioData): number => {
    const view = views.get(id)!;
    const { booked, result } = replayed(view, data)!;
    expect(scenarioLines(result)).toEqual(bookedLines(view, booked));
    expect(result.terminatedAt).toBeUndefined();
    return result.trades.length;
  };

  it.each(['spx3l', 'spx1s'])('%s: either mode gives the booked state at every event, also with its own terms named', (id) => {
    expect(same(id, { mode: 'restate' })).toBe(0);
    expect(same(id, { mode: 're-decide' })).toBe(5104);
    const feeSchedule = { id: 'demo', version: '1', rules } as never;
    expect(same(id, { mode: 'restate', feeSchedule, slippage: { model: 'fixed_bp', bp: '1' } })).toBe(0);
    expect(same(id, { mode: 're-decide', feeSchedule, slippage: { model: 'fixed_bp', bp: '1' } })).toBe(5104);
  });

  it('a window inside the history begins from the actual state', () => {
    const view = views.get('spx3l')!;
    const { from, to } = { from: 1_199_307_600_000_000_000n, to: 1_230_757_200_000_000_000n };
    const { booked, result } = replayed(view, { mode: 're-decide' }, from, to)!;
    expect(scenarioLines(result)).toEqual(bookedLines(view, booked));
    expect(result.trades.length).toBeGreaterThan(200);
  });

  /** n_0·Π(1 + ℓ·r) and the ideal. */
  const benchmarks = (data: ScenarioData): { a: bigint; ideal: bigint } => {
    const answer = whatIf(views.get('spx3l')!, data);
    if (isRefusal(answer)) throw new Error(answer.rule);
    const { actualLeverage, ideal } = answer.scenario.attribution!.benchmarks;
    return { a: units(actualLeverage), ideal: units(ideal) };
  };
  const units = (text: string): bigint => BigInt(text.replace('.', ''));
  /** Half a step of 1e-6 moves at most 0.5e-6 · 40 points / 100,000 units of a NAV per unit above 1 at each of 5,104 resets, carried to some 65. */
  const TOLERANCE = 10n ** 13n; // 1e-5

  it('what the leverage gives is the same under every fee schedule, and the ideal without costs', () => {
    const free = benchmarks({ mode: 're-decide', feeSchedule: null, slippage: null });
    expect(abs(free.a - free.ideal)).toBeLessThan(TOLERANCE);
    const rate = { value: '0.03', unit: 'fraction', period: 'year' } as const;
    const feeSchedule = { id: 'x', version: '1', rules: [{ kind: 'management', trigger: 'at_reset', rate }] } as const;
    const dear = benchmarks({ mode: 're-decide', feeSchedule, slippage: { model: 'fixed_bp', bp: '10' } });
    expect(dear.ideal).toBe(free.ideal);
    expect(abs(dear.a - free.a)).toBeLessThan(TOLERANCE);
  });

  it('a fee before the reset is not a fee after it', () => {
    const rate = { value: '0.0003', unit: 'fraction', period: 'day' } as const;
    const [daily, atReset] = (['daily', 'at_reset'] as const).map((trigger) => {
      const feeSchedule = { id: 'x', version: '1', rules: [{ kind: 'management', trigger, rate }] } as const;
      const answer = whatIf(views.get('spx3l')!, { mode: 're-decide', feeSchedule });
      return isRefusal(answer) ? undefined : answer.scenario.nT;
    });
    expect(daily).not.toBe(atReset);
  });

  it('attribution of a scenario adds up as that of the fund does', () => {
    const view = views.get('spx1s')!;
    const booked = attribute(view, 946_933_200_000_000_000n, 1_587_153_600_000_000_000n);
    const answer = whatIf(view, { mode: 're-decide' });
    if (isRefusal(booked) || isRefusal(answer)) throw new Error('no attribution');
    expect(answer.scenario.attribution).toEqual(answer.base.attribution);
    expect(answer.base.nT).toBe(answer.base.attribution!.nT);
    expect(units(answer.base.nT!)).toBe(roundedTo18(booked.nT));
    expect(Object.values(answer.difference.byTerm!).every((text) => /^-?0\.0{18}$/.test(text))).toBe(true);
  });

  const roundedTo18 = (x: bigint): bigint => (x + 5n * 10n ** BigInt(DIGITS - 19)) / 10n ** BigInt(DIGITS - 18);
});
