/** What-if and schemas as their users have them: on the command line in every format, over HTTP as a job, with wrong input; and nothing of it in the log. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import type { ScenarioData } from '../../libs/projections/what-if/scenario-data';
import { startApi } from '../support/api';
import { ask, eventCount, type Json, run } from '../support/cli';
import { tempDir } from '../support/temp';

const dir = tempDir();
const file = (name: string, data: unknown): string => {
  const path = join(dir, name);
  writeFileSync(path, typeof data === 'string' ? data : JSON.stringify(data));
  return path;
};
const scenario = (data: ScenarioData): string => file('scenario.json', data);
const WINDOW = ['--from', '2008-01-02T21:00:00Z', '--to', '2008-12-31T21:00:00Z'];
let events = 0;

beforeAll(async () => {
  await run(dir, ['demo', '--no-serve', '--quiet']);
  events = await eventCount(dir);
}, 120_000);

describe('on the command line', () => {
  it.each(['restate', 're-decide'] as const)('a %s that changes nothing differs by nothing, and is the same bytes again', async (mode) => {
    const path = scenario({ mode });
    const answer = await ask<Json>(dir, 'what-if', 'spx3l', '--scenario', path);
    expect(answer).toMatchObject({ mode, base: { nT: '52.329892265115864490' }, difference: { nT: '0.000000000000000000' } });
    expect(answer.scenario.attribution).toEqual(answer.base.attribution);
    expect(answer.scenario.rebalances).toHaveLength(mode === 'restate' ? 0 : 5104);
    expect(answer.manifest).toMatchObject({
      logPosition: String(events - 1),
      engine: expect.stringMatching(/^navledger\/\d+\.\d+\.\d+ what-if\/\d+$/),
    });
    expect(await ask(dir, 'what-if', 'spx3l', '--scenario', path)).toEqual(answer);
  });

  it('the manifest tells scenarios and results apart', async () => {
    const [a, b] = await Promise.all([
      ask<Json>(dir, 'what-if', 'spx3l', '--scenario', file('a.json', { mode: 'restate' }), ...WINDOW),
      ask<Json>(dir, 'what-if', 'spx3l', '--scenario', file('b.json', { mode: 'restate', slippage: null }), ...WINDOW),
    ]);
    expect(a.manifest.root).toBe(b.manifest.root);
    expect(a.manifest.scenarioDigest).not.toBe(b.manifest.scenarioDigest);
    expect(a.manifest.resultDigest).not.toBe(b.manifest.resultDigest);
    // Free of slippage the fund ends higher, by what slippage had cost.
    expect(b.difference.nT.startsWith('-')).toBe(false);
    expect(b.difference.byTerm.slippage).toBe(a.base.attribution.ledger.slippage.slice(1));
  });

  it('a series, as JSON, CSV and Parquet', async () => {
    const path = scenario({ mode: 're-decide', targetLeverage: '2' });
    const args = ['what-if', 'spx3l', '--scenario', path, ...WINDOW, '--every', '30d'];
    const { scenario: found } = await ask<Json>(dir, ...args);
    expect(found.series).toHaveLength(14);
    expect(found.series.at(-1)).toEqual({ at: '2008-12-31T21:00:00Z', navPerUnit: found.nT });
    const { stdout } = await run(dir, [...args, '--format', 'csv']);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'scenario,at,navPerUnit',
      ...found.series.map(({ at, navPerUnit }: Json) => `0,${at},${navPerUnit}`),
    ]);
    const parquet = join(dir, 'series.parquet');
    expect((await run(dir, [...args, '--format', 'parquet', '--out', parquet])).code).toBe(0);
    const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(parquet) });
    expect(rows).toHaveLength(14);
  });

  it('a list of scenarios and a sweep', async () => {
    const list = await ask<Json>(
      dir,
      'what-if',
      'spx3l',
      '--scenario',
      file('list.json', [{ mode: 'restate' }, { mode: 're-decide' }]),
      ...WINDOW,
    );
    expect(list.map(({ mode }: Json) => mode)).toEqual(['restate', 're-decide']);
    const grid = file('grid.json', {
      base: {
        mode: 're-decide',
        feeSchedule: { id: 'x', version: '1', rules: [{ kind: 'trading', rate: { value: '0', unit: 'fraction' } }] },
      },
      vary: { targetLeverage: ['2', '3'], 'feeSchedule.rules[0].rate.value': ['0.0001', '0.001', '0.01'] },
    });
    const sweep = await ask<Json>(dir, 'what-if', 'spx3l', '--sweep', grid, ...WINDOW);
    expect(sweep.points.map(({ vary }: Json) => Object.values(vary))).toEqual([
      ['2', '0.0001'],
      ['2', '0.001'],
      ['2', '0.01'],
      ['3', '0.0001'],
      ['3', '0.001'],
      ['3', '0.01'],
    ]);
    // Each point is what its scenario is by itself.
    const one = scenario({
      mode: 're-decide',
      targetLeverage: '3',
      feeSchedule: { id: 'x', version: '1', rules: [{ kind: 'trading', rate: { value: '0.001', unit: 'fraction' } }] },
    });
    const alone = await ask<Json>(dir, 'what-if', 'spx3l', '--scenario', one, ...WINDOW);
    expect(sweep.points[4]).toMatchObject({
      nT: alone.scenario.nT,
      attribution: alone.scenario.attribution,
      rebalances: alone.scenario.rebalances.length,
    });
    const { stdout } = await run(dir, ['what-if', 'spx3l', '--sweep', grid, ...WINDOW, '--format', 'csv']);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^targetLeverage,feeSchedule\.rules\[0\]\.rate\.value,nT,difference,rebalances,terminatedAt,pricePnl,/);
    expect(lines[4]!.split(',').slice(0, 3)).toEqual(['3', '0.001', alone.scenario.nT]);
  });

  it.each<[string, unknown, readonly string[], RegExp]>([
    ['a mode that is none', { mode: 'both' }, [], /^navledger: InvalidField: \/mode = "both": must be one of restate, re-decide$/],
    ['an unknown field', { mode: 'restate', fees: 1 }, [], /UnknownField: \/fees = 1: the scenario has no such field/],
    ['a leverage in a restatement', { mode: 'restate', targetLeverage: '2' }, [], /\/targetLeverage = "2": goes with mode re-decide/],
    ['a number for a decimal', { mode: 're-decide', targetLeverage: 2 }, [], /\/targetLeverage = 2: must be of type string/],
    [
      'a band without L inside',
      { mode: 're-decide', mandate: { band: { lower: '1', upper: '2' } } },
      [],
      /\/mandate\/band = .*inside the band/,
    ],
    [
      'overlapping dates',
      {
        mode: 'restate',
        feeSchedule: {
          id: 'x',
          version: '1',
          rules: ['2020-01-01', '2020-02-01'].map((from) => ({
            kind: 'management',
            trigger: 'daily',
            rate: { value: '0.1', unit: 'fraction', period: 'day' },
            effective: { from },
          })),
        },
      },
      [],
      /\/feeSchedule\/rules\/1\/effective = .*must not overlap/,
    ],
    [
      'a window before the history',
      { mode: 'restate' },
      ['--from', '1999-01-01T00:00:00Z'],
      /Unanswerable: from = .*must not be before 2000-01-03T21:00:00Z/,
    ],
    [
      'a window beyond it',
      { mode: 'restate' },
      ['--to', '2030-01-01T00:00:00Z'],
      /Unanswerable: to = .*must not be after 2020-04-17T20:00:00Z/,
    ],
    ['no JSON', '{"mode":', [], /--scenario = .*must hold JSON/],
    ['no JSON in several lines', 'not\njson\n', [], /--scenario = .*must hold JSON/],
    ['nothing', null, [], /InvalidField: scenario = null: must be of type object/],
    ['a list of none', [], [], /scenario = \[\]: must hold at least one scenario/],
    [
      'the second of a list',
      [{ mode: 'restate' }, { mode: 're-decide', mandate: { band: { lower: '4', upper: '2' } } }],
      [],
      /InvalidField: \/1\/mandate\/band = .*lower must be below upper/,
    ],
    ['a list in a list', [{ mode: 'restate' }, []], [], /InvalidField: \/1 = \[\]: must be of type object/],
    ['a file that cannot be written', { mode: 'restate' }, ['--out', '/nowhere/x'], /--out = .*must be a file that can be written/],
    ['a folder to write to', { mode: 'restate' }, ['--out', '.'], /--out = .*must be a file that can be written: it is a directory/],
  ])('%s is refused in one line', async (_what, data, more, expected) => {
    const { code, stdout, stderr } = await run(dir, ['what-if', 'spx3l', '--scenario', file('bad.json', data), ...more]);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr.trimEnd()).toMatch(expected);
  });

  it('a grid of a billion points is refused before any work', async () => {
    const vary = Object.fromEntries('abcdefghi'.split('').map((name) => [name, Array.from({ length: 10 }, (_, i) => i)]));
    const { code, stderr } = await run(dir, ['what-if', 'spx3l', '--sweep', file('huge.json', { base: { mode: 'restate' }, vary })]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/\/vary = .*at most 10000 scenarios, not 1000000000/)]);
  });

  it('publishes schemas that take what the pages show', async () => {
    const { stdout } = await run(dir, ['schema']);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['fee-schedule', 'scenario', 'sweep', 'AdoptSlippageModel']));
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
    const accepts = ajv.compile(await ask<Json>(dir, 'schema', 'scenario'));
    const full = {
      mode: 're-decide',
      feeSchedule: {
        id: 'x',
        version: '1',
        rules: [
          {
            kind: 'trading',
            trigger: 'per_fill',
            basis: 'executed_notional',
            liquidity: 'any',
            rate: { value: '0.0005', unit: 'fraction' },
          },
          {
            kind: 'borrow',
            trigger: 'daily',
            basis: 'financed',
            rate: { instrument: 'fed-funds', spread: '0.004', unit: 'fraction', period: 'year' },
            dayCount: 'ACT/360',
          },
        ],
      },
      slippage: { model: 'sqrt_impact', y: '1', sigmaDaily: '0.04', volumeDaily: '1000000000' },
      funding: { model: 'fixed', rate: '0.0001' },
      mandate: { sizing: 'exact', resets: { cron: '0 0 * * *', zone: 'UTC' }, band: null, maxStep: '0.1' },
      targetLeverage: '3',
    };
    expect(accepts(full)).toBe(true);
    expect(accepts({ ...full, mode: 'x' })).toBe(false);
    const { code, stderr } = await run(dir, ['schema', 'nothing']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/name = "nothing": must be one of fee-schedule, /)]);
  });
});

test("over HTTP: the command line's answer for a scenario, a job for a sweep", async () => {
  const api = await startApi(join(dir, 'data'));
  const path = '/v1/portfolios/spx3l/what-if';
  const post = (body: unknown, query = '?from=2008-01-02T21:00:00Z&to=2008-12-31T21:00:00Z') =>
    api.call(`${path}${query}`, { method: 'POST', body });
  const data = { mode: 're-decide', targetLeverage: '2' } as const;
  const alone = await ask<Json>(dir, 'what-if', 'spx3l', '--scenario', scenario(data), ...WINDOW);
  const answer = await post(data);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual(alone);
  const begun = await post({ base: data, vary: { targetLeverage: ['1', '2'] } });
  expect(begun.status).toBe(202);
  const location = begun.headers.get('location')!;
  let job: Json;
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    job = await (await api.call(location)).json();
  } while (job.status === 'running');
  expect(job).toMatchObject({ status: 'done', done: 2, of: 2, portfolioId: 'spx3l' });
  const { points } = (await (await api.call(`${location}/result`)).json()) as Json;
  expect(points[1]).toMatchObject({ vary: { targetLeverage: '2' }, nT: alone.scenario.nT });
  expect((await api.call(location, { method: 'DELETE' })).status).toBe(200);
  expect((await api.call(location)).status).toBe(404);
  const long = await post(
    { base: data, vary: { targetLeverage: Array.from({ length: 200 }, (_, i) => `1.${String(i + 100).slice(-2)}`) } },
    '',
  );
  const ended = (await (await api.call(long.headers.get('location')!, { method: 'DELETE' })).json()) as Json;
  expect(ended).toMatchObject({ status: 'cancelled', of: 200 });
  const refused = await post({ mode: 'restate', targetLeverage: '2' });
  expect([refused.status, ((await refused.json()) as Json).code]).toEqual([422, 'InvalidField']);
});

test('none of it is in the log', async () => expect(await eventCount(dir)).toBe(events));
