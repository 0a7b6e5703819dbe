/**
 * `demo` as a person runs it: its figures against the file of prices by plain arithmetic, a second run, a run stopped and killed on the way, the commands that it
 * proposes, and a person's own candles with funding.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TearSheet } from '../../libs/projections/tear-sheet';
import { Fraction } from '../support/fraction';
import { ask, eventCount, lines, PROJECT, run, start } from '../support/cli';
import { Random } from '../support/random';
import { tempDir } from '../support/temp';

const CSV = resolve(require.resolve('vega-datasets'), '../../data/sp500-2000.csv');
const [, ...ROWS] = readFileSync(CSV, 'utf8').trim().split('\n');
const CLOSES = ROWS.map((row) => row.split(',')).map((cells) => ({ date: cells[0]!, close: cells[4]! }));
/** A listing and the prices; for each fund five facts of its opening, a trade a day, and from the second day on a management fee. */
const EVENTS = 1 + CLOSES.length + 2 * (5 + CLOSES.length + CLOSES.length - 1);

interface Demo {
  readonly recorded: string;
  readonly portfolios: readonly TearSheet[];
}

let dir: string;
let first: Demo;

beforeAll(async () => {
  dir = tempDir();
  first = await ask<Demo>(dir, 'demo', '--no-serve');
}, 120_000);

const sheet = (id: string): TearSheet => first.portfolios.find(({ portfolioId }) => portfolioId === id)!;
const units = (text: string): bigint => Fraction.of(text).units(18);

/** NAV per unit by floating point, which is good to a dozen digits: costs k on each trade, sized to land on L after them, and the fee for each calendar day. */
function plainToken(leverage: number): { start: number; end: number } {
  const k = 0.0001 + 0.0001 * 1.0001;
  let nav = 100 / (1 + Math.abs(leverage) * k);
  const begin = nav;
  for (let i = 1; i < CLOSES.length; i++) {
    const growth = Number(CLOSES[i]!.close) / Number(CLOSES[i - 1]!.close);
    const exposure = leverage * nav * growth;
    const days = (Date.parse(CLOSES[i]!.date) - Date.parse(CLOSES[i - 1]!.date)) / 86_400_000;
    nav += exposure - leverage * nav;
    nav *= 1 - (0.0095 * days) / 365;
    const wanted = leverage * nav - exposure;
    const sign = Math.sign(wanted);
    // Sold below the mark, the fee is on a little less.
    const cost = 0.0001 + 0.0001 * (1 + sign * 0.0001);
    nav -= (Math.abs(wanted) / (1 + leverage * cost * sign)) * cost;
  }
  return { start: begin, end: nav };
}

describe('the default demo', () => {
  it('records the prices, two funds, a trade a day and a fee for each day', async () => {
    expect([first.recorded, await eventCount(dir)]).toEqual([String(EVENTS), EVENTS]);
    expect(CLOSES.length).toBeGreaterThan(5_000);
  });

  it("has the price's total return, to the last digit", () => {
    const [a, b] = [Fraction.of(CLOSES[0]!.close), Fraction.of(CLOSES.at(-1)!.close)];
    const total = b.over(a).minus(Fraction.ONE).toFixed(18);
    expect([sheet('spx3l').returns.underlying, sheet('spx1s').returns.underlying]).toEqual([total, total]);
  });

  it.each([
    ['spx3l', 3n],
    ['spx1s', -1n],
  ])('%s: the ideal is the plain product of 1 + L·r over all days', (id, leverage) => {
    const { attribution } = sheet(id);
    let num = 1n;
    let den = 1n;
    for (let i = 1; i < CLOSES.length; i++) {
      const [p, q] = [CLOSES[i - 1]!, CLOSES[i]!].map(({ close }) => Fraction.of(close).units(6)) as [bigint, bigint];
      num *= p + leverage * (q - p);
      den *= p;
    }
    // n0 is printed at 18 decimals.
    const product = (units(attribution.n0) * num) / den;
    const miss = units(attribution.benchmarks.ideal) - product;
    expect(miss >= -2n && miss <= 2n).toBe(true);
  });

  it.each([
    ['spx3l', 3],
    ['spx1s', -1],
  ])('%s: NAV per unit is what a plain loop finds', (id, leverage) => {
    const { start: begin, end } = plainToken(leverage);
    const found = sheet(id);
    expect(Math.abs(Number(found.start.navPerUnit) / begin - 1)).toBeLessThan(1e-7);
    expect(Math.abs(Number(found.end.navPerUnit) / end - 1)).toBeLessThan(1e-6);
  });

  it.each(['spx3l', 'spx1s'])('%s: both views add up to the change, and drift is a matter of quantity steps', (id) => {
    const { attribution, residuals } = sheet(id);
    const { ledger, economic, change } = attribution;
    const { pricePnl, ...costs } = ledger;
    const sum = (texts: readonly string[]): bigint => texts.reduce((total, text) => total + units(text), 0n);
    const booked = sum([pricePnl, ...Object.values(costs)]) - units(change);
    const { costCarry, ...path } = economic;
    const why = sum([...Object.values(path), costCarry.total, ...Object.values(costs)]) - units(change);
    for (const miss of [booked, why]) expect(miss >= -12n && miss <= 12n).toBe(true);
    for (const text of Object.values(residuals)) expect(text).toMatch(/^-?0\.0{90}/);
    expect(Math.abs(Number(economic.drift))).toBeLessThan(1e-4);
  });

  it('adds nothing when it is run again, and shows the same sheets', async () => {
    const again = await ask(dir, 'demo', '--no-serve');
    expect(again).toEqual({ recorded: '0', portfolios: first.portfolios });
    expect(await eventCount(dir)).toBe(EVENTS);
  }, 60_000);

  it('is refused with other options on the same store, and adds nothing', async () => {
    const { code, stderr } = await run(dir, ['demo', '--no-serve', '--slippage', '5bp', '--quiet']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^navledger: ReusedCommandId: OpenPortfolio: the store holds spx3l made with other options/),
    ]);
    expect(await eventCount(dir)).toBe(EVENTS);
  }, 60_000);
});

it('goes on after Ctrl-C and after kill -9, to the same events', async () => {
  const other = tempDir();
  for (const [signal, code, from] of [
    ['SIGINT', 130, 7_000],
    ['SIGKILL', null, 14_000],
  ] as const) {
    const child = start(other, ['demo', '--no-serve', '--quiet']);
    while ((await eventCount(other)) < from && child.exitCode === null) await new Promise((wake) => setTimeout(wake, 20));
    child.kill(signal);
    expect((await child.done).code).toBe(code);
    expect(await eventCount(other)).toBeLessThan(EVENTS);
  }
  const { recorded } = await ask<{ recorded: string }>(other, 'demo', '--no-serve');
  expect(Number(recorded)).toBeGreaterThan(0);
  expect(await eventCount(other)).toBe(EVENTS);
  const told = async (where: string) =>
    lines((await run(where, ['events'])).stdout).map(({ stream, revision, type, eventId, data }) => ({
      stream,
      revision,
      type,
      eventId,
      data,
    }));
  expect(await told(other)).toEqual(await told(dir));
}, 180_000);

it('prints sheets and proposes commands that all work', async () => {
  const { code, stdout } = await run(dir, ['demo', '--no-serve']);
  expect(code).toBe(0);
  expect(stdout).toContain('start and terms make the end');
  const proposed = stdout
    .slice(stdout.indexOf('What to type next'))
    .split('\n')
    .filter((line) => line.startsWith('  ') && !line.startsWith('  #'))
    .map((line) => line.trim());
  expect(proposed.length).toBeGreaterThan(7);
  const answers = proposed.map((line) => {
    const there = line.replaceAll('bin/navledger', join(PROJECT, 'bin/navledger'));
    const { status, stdout: out, stderr } = spawnSync('bash', ['-c', `set -o pipefail; ${there}`], { cwd: dir, encoding: 'utf8' });
    return { line, status, out, stderr };
  });
  expect(answers.filter(({ status }) => status !== 0)).toEqual([]);
  const navs = answers.filter(({ line }) => line.includes(' nav ')).map(({ out }) => /NAV per unit +([\d.,]+)/.exec(out)![1]);
  // The waived fee is in the answer of now, and not in the one of before.
  expect(navs.at(-2)).not.toBe(navs.at(-1));
}, 120_000);

it("runs a person's own minutes with funding and a band", async () => {
  const own = tempDir();
  const random = new Random(4);
  const rows = ['open_time_ms,open,high,low,close,volume'];
  let price = 10_000_00;
  for (let minute = 0; minute < 5 * 1440; minute++) {
    const open = price;
    price += random.between(-900, 880) * 10;
    const text = (cents: number): string => (cents / 100).toFixed(2);
    rows.push(
      `${1_700_006_400_000 + minute * 60_000},${text(open)},${text(Math.max(open, price))},${text(Math.min(open, price))},${text(price)},1`,
    );
  }
  writeFileSync(join(own, 'coinusd_1m.csv'), `${rows.join('\n')}\n`);
  const funding = Array.from({ length: 15 }, (_, i) => `${1_700_006_400_000 + i * 8 * 3_600_000},0.000${(i % 9) + 1}`);
  writeFileSync(join(own, 'rates.csv'), `funding_time_ms,rate\n${funding.join('\n')}\n`);
  const args = ['demo', '--no-serve', '--prices', 'coinusd_1m.csv', '--funding', 'rates.csv', '--leverage', '3,-2'];
  const made = await ask<Demo>(own, ...args);
  expect(made.portfolios.map(({ portfolioId }) => portfolioId)).toEqual(['coinusd3l', 'coinusd2s']);
  const facts = lines((await run(own, ['events', '--stream', 'portfolio-coinusd3l'])).stdout);
  const count = (type: string): number => facts.filter((fact) => fact.type === type).length;
  // The first rate is before the first price, and one at 00:00 of each later day comes with a reset.
  expect(count('FundingSettled')).toBe(14);
  const reasons = facts.filter(({ type }) => type === 'RebalanceExecuted').map(({ data }) => data.reason);
  expect(reasons.filter((reason) => reason === 'creation')).toHaveLength(1);
  expect(reasons.filter((reason) => reason === 'scheduled')).toHaveLength(5);
  expect(reasons.filter((reason) => reason === 'band').length).toBeGreaterThan(0);
  expect((await ask(own, ...args)).recorded).toBe('0');
}, 60_000);

it('says why a fund that ended before its first reset has no sheet', async () => {
  const own = tempDir();
  writeFileSync(join(own, 'crash.csv'), 'date,close\n2024-01-02,100\n2024-01-03,60\n2024-01-04,50\n');
  const { code, stdout } = await run(own, ['demo', '--no-serve', '--prices', 'crash.csv', '--format', 'closes']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('No tear sheet of crash3l: Unanswerable:')]);
  expect(stdout).toContain('━━ crash1s');
});

it.each([
  [['--funding', 'x.csv'], '--funding'],
  [['--band', '0'], '--band'],
  [['--leverage', '0'], '--leverage'],
  [['--port', 'x'], '--port'],
])('refuses %j with exit code 2 and makes no store', async (args, option) => {
  const empty = tempDir();
  const { code, stderr } = await run(empty, ['demo', '--no-serve', ...args]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`InvalidField: ${option}`)]);
  expect(await eventCount(empty)).toBe(0);
});
