/** What scenarios share over one window never shows: each answers as it does alone, whatever was asked before. */
import { Fund } from '../../../test/support/fund';
import type { FeeRule } from '../../domain/fee-schedule';
import { isRefusal } from '../../domain/refusal';
import type { View } from '../view';
import { type Booked, bookedWindow } from './booked';
import { readScenario } from './scenario';
import type { ScenarioData } from './scenario-data';
import { replayScenario, scenarioSide } from './what-if';

const MANDATE = { resets: { cron: '0 9 * * *', zone: 'UTC' }, band: { lower: '2.5', upper: '3.5' }, sizing: 'exact' } as const;
const DEAR = { rate: { value: '0.9', unit: 'fraction', period: 'year' } } as const;
const day = (n: number, time = '00:00'): string => `2024-01-${String(n).padStart(2, '0')}T${time}:00Z`;

function swinging(): View {
  const fund = new Fund();
  for (let n = 1; n <= 24; n++) {
    fund.tick(day(n, '06:00'), String(100 + 2 * n + ((n * 7) % 11) - 5));
    fund.tick(day(n, '18:00'), String(100 + 2 * n + ((n * 5) % 13) - 6));
  }
  fund.given('AdoptMandate', { at: day(1), mandate: MANDATE });
  fund.given('CreateUnits', { units: '1000', cash: '100000', at: day(1, '07:00') });
  return fund.view();
}

const management: FeeRule = { kind: 'management', trigger: 'at_reset', rate: { value: '0.5', unit: 'fraction', period: 'year' } };
const base: ScenarioData = { mode: 're-decide' };
const withMandate = (mandate: ScenarioData['mandate']): ScenarioData => ({ ...base, mandate: mandate! });
const withRules = (...rules: readonly Partial<FeeRule>[]): ScenarioData => ({
  ...base,
  feeSchedule: { id: 's', version: '1', rules: rules.map((rule) => ({ ...management, ...rule })) },
});
const crystallising = (cron: string): ScenarioData => ({
  ...base,
  feeSchedule: {
    id: 's',
    version: '1',
    rules: [{ kind: 'performance', rate: { value: '0.1', unit: 'fraction' }, crystallise: { cron, zone: 'UTC' } }],
  },
});

/** Each differs from another in one thing that a replay's calendar, bands or benchmarks depend on. */
const SCENARIOS: readonly (readonly [string, ScenarioData])[] = [
  ['the base', base],
  ['another leverage', { ...base, targetLeverage: '2.6' }],
  ['a narrower band', withMandate({ band: { lower: '2.7', upper: '3.3' } })],
  ['a band that is wider on one side', withMandate({ band: { lower: '2.5', upper: '3.8' } })],
  ['no band', withMandate({ band: null })],
  ['other resets', withMandate({ resets: { cron: '0 9 * * 1', zone: 'UTC' } })],
  ['another zone', withMandate({ resets: { cron: '0 9 * * *', zone: 'Asia/Tokyo' } })],
  ['a step', withMandate({ maxStep: '0.3' })],
  ['a fee', withRules({})],
  ['a fee of another kind', withRules({ kind: 'custody' })],
  ['a fee each midnight in place of each reset', withRules({ trigger: 'daily' })],
  ['a fee by the second', withRules({ trigger: 'per_second' })],
  ['a fee that begins later', withRules({ effective: { from: '2024-01-09' } })],
  ['a fee that ends', withRules({ effective: { to: '2024-01-09' } })],
  ['a fee that is higher', withRules(DEAR)],
  ['a share of the gains', crystallising('0 0 10 * *')],
  ['a share of the gains on another day', crystallising('0 0 20 * *')],
  ['two fees', withRules(DEAR, { kind: 'custody' })],
  ['two fees, the one that is charged first written last', withRules({ ...DEAR, kind: 'custody' }, {})],
  ['a restatement', { ...withRules({}), mode: 'restate' }],
];

function windowOf(view: View): Booked {
  const booked = bookedWindow(view);
  if (isRefusal(booked)) throw new Error(booked.rule);
  return booked;
}

function answer(view: View, booked: Booked, data: ScenarioData) {
  const scenario = readScenario(data, view);
  if (isRefusal(scenario)) throw new Error(scenario.rule);
  const replayed = replayScenario(booked, scenario);
  if (isRefusal(replayed)) throw new Error(replayed.rule);
  const { rows, trades } = replayed;
  return { side: scenarioSide(booked, scenario, replayed), trades, rows: Array.from({ length: rows.length }, (_, i) => rows.row(i)) };
}

const view = swinging();
const alone = SCENARIOS.map(([, data]) => answer(view, windowOf(view), data));

test('they differ', () => {
  const seen = new Set(alone.map(({ side }) => JSON.stringify(side)));
  expect(seen.size).toBe(SCENARIOS.length);
});

test.each(SCENARIOS.map(([name, data], i) => [name, data, i] as const))('after all others: %s', (_name, data, i) => {
  const shared = windowOf(view);
  for (const [j, [, other]] of SCENARIOS.entries()) if (j !== i) answer(view, shared, other);
  expect(answer(view, shared, data)).toEqual(alone[i]);
  // And once more, from what it has left itself.
  expect(answer(view, shared, data)).toEqual(alone[i]);
});
