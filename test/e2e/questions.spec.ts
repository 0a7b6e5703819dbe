/** `nav`, `history`, `attribution` and `events` on a fund of three days that can be checked by hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, command, lines, recorded, run, seeded, type Json } from '../support/cli';

const DAY3 = '2024-01-03T00:00:00Z';
let dir: string;
/** Recorded time of the last event before the late fee. */
let before: string;

beforeAll(async () => {
  dir = await seeded();
  before = lines((await run(dir, ['events'])).stdout).at(-1).metadata.recordedAt;
}, 60_000);

const NAV = {
  portfolioId: 'coin3l',
  at: DAY3,
  status: 'active',
  quality: 'ok',
  nav: '96877.60', // 3,059.40594 * 99.00 - 206,003.59 = 96,877.59806
  units: '1000.000',
  navPerUnit: '96.877598060000000000',
  exposure: '302881.19',
  leverage: '3.126431642869738589',
  marks: [{ instrumentId: 'COIN', price: '99.00', at: DAY3, ageSeconds: 0 }],
  positions: [{ instrumentId: 'COIN', quantity: '3059.40594', mark: '99.00', value: '302881.19' }],
  cash: { USD: '-206003.59' },
  liabilities: '0.00',
};

test('nav answers one JSON document, and the same figures for reading', async () => {
  expect(await ask(dir, 'nav', 'coin3l', '--at', DAY3)).toEqual({ ...NAV, knownAt: expect.any(String), logPosition: '9' });
  const { code, stdout, stderr } = await run(dir, ['nav', 'coin3l', '--at', DAY3]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const figure of ['96,877.60  USD', '96.87759806  USD', '3.126432', '3,059.40594  COIN', '-206,003.59'])
    expect(stdout).toContain(figure);
  expect(stdout).not.toContain('\x1b');
});

test('nav without --at is now', async () => {
  const { at, marks } = await ask(dir, 'nav', 'coin3l');
  expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000);
  expect(marks[0].ageSeconds).toBeGreaterThan(60_000_000);
});

test('a late fact changes nav from when it was recorded on, and never what was known before', async () => {
  await recorded(
    dir,
    command('ChargeFee', { portfolioId: 'coin3l', feeId: 'late', kind: 'other', amount: '50.00', at: '2024-01-02T12:00:00Z' }),
  );
  expect(await ask(dir, 'nav', 'coin3l', '--at', DAY3)).toMatchObject({ nav: '96827.60', logPosition: '10' });
  expect(await ask(dir, 'nav', 'coin3l', '--at', DAY3, '--known-at', before)).toEqual({ ...NAV, knownAt: before, logPosition: '9' });
});

test('attribution answers both views, and they add up', async () => {
  const answer = await ask(dir, 'attribution', 'coin3l', '--from', '2024-01-01T00:00:00Z', '--to', DAY3, '--known-at', before);
  expect(answer).toMatchObject({
    change: '-3.122401940000000000', // 96.87759806 - 100
    ledger: {
      pricePnl: '-3.118811880000000000',
      slippage: '-0.000594059400000000',
      tradingFee: '-0.003000000000000000',
      rounding: '0.000003999400000000',
    },
    economic: { static: '-3.000000000000000000', convexity: '0.029900000000000000' },
    benchmarks: { static: '97.000000000000000000', power: '97.029900000000000000' },
    tracking: { basis: 'sqrt(365)' },
  });
  const units = (text: string): bigint => BigInt(text.replace('.', ''));
  const sum = Object.values<string>(answer.ledger).reduce((total, term) => total + units(term), 0n);
  expect(sum - units(answer.change)).toBe(0n);
  const { stdout } = await run(dir, ['attribution', 'coin3l', '--from', '2024-01-01T00:00:00Z', '--to', DAY3, '--known-at', before]);
  expect(stdout).toMatch(/^change +-3\.1224019400$/m);
  expect(stdout).toMatch(/^ {2}volatility drag +-0\.1487118812$/m);
});

describe('history', () => {
  const series = ['history', 'coin3l', '--from', '2024-01-01T00:00:00Z', '--to', '2024-01-02T12:00:00Z', '--every', '1d'];

  test('has every moment once, also where it is asked for in pieces', async () => {
    const minutes = async (to: string): Promise<string[]> =>
      (await ask<Json[]>(dir, 'history', 'coin3l', '--from', '2024-01-01T00:00:00Z', '--to', to, '--every', '1m')).map(({ at }) => at);
    const all = await minutes('2024-01-01T16:40:30Z');
    // 0 to 1,000 minutes, and half a minute more.
    expect(all).toHaveLength(1_002);
    expect(all.slice(0, -1).every((at, i) => Date.parse(at) === Date.UTC(2024, 0, 1) + i * 60_000)).toBe(true);
    expect(all.at(-1)).toBe('2024-01-01T16:40:30Z');
    // The end falls between two pieces of 500.
    expect((await minutes('2024-01-01T08:19:30Z')).slice(-2)).toEqual(['2024-01-01T08:19:00Z', '2024-01-01T08:19:30Z']);
  });

  test('is refused where it would have more moments than anybody reads', async () => {
    const { code, stderr } = await run(dir, [
      'history',
      'coin3l',
      '--from',
      '2020-01-01T00:00:00Z',
      '--to',
      '2024-01-01T00:00:00Z',
      '--every',
      '1s',
    ]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('every = "1s": must give at most 250000 moments, not 126230402'),
    });
  });

  test('is nav at from, at every step and at to, as json', async () => {
    const answers = await ask<Json[]>(dir, ...series, '--known-at', before);
    expect(answers.map(({ at, nav }) => [at, nav])).toEqual([
      ['2024-01-01T00:00:00Z', '100000.00'],
      ['2024-01-02T00:00:00Z', '102996.41'], // 3,059.40594 * 101.00 - 206,003.59
      ['2024-01-02T12:00:00Z', '102996.41'],
    ]);
    expect(answers[1]).toEqual(await ask(dir, 'nav', 'coin3l', '--at', '2024-01-02T00:00:00Z', '--known-at', before));
  });

  test('as csv, exact', async () => {
    const { stdout } = await run(dir, [...series, '--known-at', before, '--format', 'csv']);
    expect(stdout).toBe(
      'at,status,quality,nav,units,navPerUnit,exposure,leverage,mark,markAt,quantity,cash,liabilities\n' +
        '2024-01-01T00:00:00Z,active,ok,100000.00,1000.000,100.000000000000000000,300000.00,3.000000000000000000,100.00,2024-01-01T00:00:00Z,3000.00000,-200000.00,0.00\n' +
        '2024-01-02T00:00:00Z,active,ok,102996.41,1000.000,102.996409940000000000,309000.00,3.000104567916554316,101.00,2024-01-02T00:00:00Z,3059.40594,-206003.59,0.00\n' +
        '2024-01-02T12:00:00Z,active,ok,102996.41,1000.000,102.996409940000000000,309000.00,3.000104567916554316,101.00,2024-01-02T00:00:00Z,3059.40594,-206003.59,0.00\n',
    );
  });

  test('as parquet into a file, and as a table for reading', async () => {
    expect(await run(dir, [...series, '--format', 'parquet', '--out', 'h.parquet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    const bytes = readFileSync(join(dir, 'h.parquet'));
    expect([bytes.toString('latin1', 0, 4), bytes.toString('latin1', bytes.length - 4)]).toEqual(['PAR1', 'PAR1']);
    const { stdout } = await run(dir, [...series, '--known-at', before]);
    expect(stdout.split('\n')[1]).toBe('2024-01-01T00:00:00Z  100,000.00  100.000000  1,000.000    3.0000  100.00');
  });
});

describe('events', () => {
  test('are one JSON object a line, with data as it was recorded', async () => {
    const [listed, ticked] = lines((await run(dir, ['events'])).stdout);
    expect(listed).toMatchObject({ position: '0', stream: 'price-coin', revision: '0', type: 'InstrumentListed' });
    expect(ticked).toEqual({
      position: '1',
      stream: 'price-coin',
      revision: '1',
      type: 'PriceTicked',
      eventId: expect.any(String),
      data: { instrumentId: 'COIN', price: '100.00', at: '2024-01-01T00:00:00Z', source: 'test' },
      metadata: {
        actor: expect.any(String),
        schemaVersion: 1,
        commandId: expect.any(String),
        commandIndex: 0,
        digest: expect.any(String),
        recordedAt: expect.any(String),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  test('of one stream, from a position on', async () => {
    const { stdout } = await run(dir, ['events', '--stream', 'portfolio-coin3l', '--from', '5']);
    expect(lines(stdout).map(({ position, type }) => [position, type])).toEqual([
      ['5', 'RebalanceExecuted'],
      ['7', 'RebalanceExecuted'],
      ['10', 'FeeCharged'],
    ]);
  });
});
