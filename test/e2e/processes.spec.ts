/** Several processes on one store, Ctrl-C, full disks and gone readers; and help that is there at once. */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, command, eventCount, lines, run, seeded, start, type Json } from '../support/cli';

const tick = (i: number): string =>
  command('RecordPrice', {
    instrumentId: 'COIN',
    price: `${100 + i}.00`,
    at: new Date(Date.UTC(2024, 1, 1) + i * 60_000).toISOString(),
    source: 'test',
  });
const ticks = (n: number): string => Array.from({ length: n }, (_, i) => tick(i)).join('');

const LISTING = { instrumentId: 'X', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 2 };

let dir: string;
beforeEach(async () => (dir = await seeded()));

/** The next line that a child prints. */
function nextLine(child: ReturnType<typeof start>): Promise<Json> {
  return new Promise((resolve) => child.stdout!.once('data', (text: string) => resolve(JSON.parse(text.split('\n')[0]!))));
}

test('while one process writes, a second writer exits 7 and names it, readers read, a backup is taken', async () => {
  const writer = start(dir, ['record', '-', '--json']);
  const answer = nextLine(writer);
  writer.stdin!.write(tick(1));
  expect(await answer).toMatchObject({ position: '10' });
  for (const args of [
    ['record', '-'],
    ['import', 'events', '-'],
    ['import', 'prices', '--instrument', 'COIN', '--format', 'closes', '-'],
  ]) {
    const { code, stdout, stderr } = await run(dir, args, { input: tick(2) });
    expect({ args, code, stdout }).toEqual({ args, code: 7, stdout: '' });
    expect(stderr).toBe(`navledger: StoreLocked: another process (pid ${writer.pid}) writes the store in ${join(dir, 'data')}\n`);
  }
  expect(await ask(dir, 'nav', 'coin3l', '--at', '2024-02-02T00:00:00Z')).toMatchObject({
    logPosition: '10',
    marks: [{ price: '101.00' }],
  });
  expect((await run(dir, ['backup', 'b'])).code).toBe(0);
  expect((await run(dir, ['doctor'])).code).toBe(0);
  writer.stdin!.end();
  expect((await writer.done).code).toBe(0);
  expect((await run(dir, ['record', '-'], { input: tick(2) })).code).toBe(0);
});

test('Ctrl-C while recording: what was accepted is durable and answered, exit code 130', async () => {
  const child = start(dir, ['record', '-', '--json']);
  const first = nextLine(child);
  child.stdin!.write(ticks(500));
  await first;
  child.kill('SIGINT');
  const { code, stdout } = await child.done;
  expect(code).toBe(130);
  const answers = lines(stdout);
  expect(answers.every(({ status }) => status === 'recorded')).toBe(true);
  expect(await eventCount(dir)).toBe(10 + answers.length);
});

test('Ctrl-C while importing stops between chunks; run again it completes', async () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => `${Date.UTC(2020, 0, 1) + i * 60_000},5,5,5,5,1\n`).join('');
  writeFileSync(join(dir, 'm.csv'), `open_time_ms,open,high,low,close,volume\n${rows}`);
  const args = ['import', 'prices', '--instrument', 'COIN', '--format', 'binance-klines', '--json', 'm.csv'];
  const child = start(dir, args);
  while ((await eventCount(dir)) === 10) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const { code, stdout } = await child.done;
  const { recorded, stopped } = JSON.parse(stdout);
  expect({ code, stopped, whole: recorded % 1000 }).toEqual({ code: 130, stopped: true, whole: 0 });
  expect(await eventCount(dir)).toBe(10 + recorded);
  const again = await run(dir, args);
  expect({ code: again.code, ...JSON.parse(again.stdout) }).toMatchObject({
    code: 0,
    recorded: 200_000 - recorded,
    skipped: recorded,
    stopped: false,
  });
  expect(await eventCount(dir)).toBe(200_010);
});

test('Ctrl-C ends a waiting process at once', async () => {
  const child = start(dir, ['record', '-']);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill('SIGINT');
  expect(await child.done).toMatchObject({ code: 130, stdout: '' });
});

test('Ctrl-C ends a long question amid its calculation', async () => {
  const child = start(dir, ['history', 'coin3l', '--from', '2024-01-01T00:00:00Z', '--to', '2024-06-20T00:00:00Z', '--every', '1m']);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill('SIGINT');
  const { stdout } = await child.done;
  expect({ stdout, signal: child.signalCode }).toEqual({ stdout: '', signal: 'SIGINT' });
});

test('a full disk: lines that are not durable are refused with the fault, exit code 7, and what was answered stays', async () => {
  const { code, stdout } = await run(dir, ['record', '-', '--json'], { input: ticks(20_000), fileLimitKiB: 2000 });
  expect(code).toBe(7);
  const answers = lines(stdout);
  const recorded = answers.filter(({ status }) => status === 'recorded');
  const refused = answers.filter(({ status }) => status === 'refused');
  expect(recorded.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map(({ problem }) => problem.code))).toEqual(new Set(['StoreFull']));
  expect(answers.map(({ line }) => line)).toEqual(answers.map((_, i) => i + 1));
  expect(await eventCount(dir)).toBe(10 + recorded.length);
  expect((await run(dir, ['doctor'])).code).toBe(0);
  expect((await run(dir, ['record', '-'], { input: tick(30_000) })).code).toBe(0);
});

test('a full disk while importing: whole chunks stay, exit code 7', async () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => `${Date.UTC(2020, 0, 1) + i * 60_000},5,5,5,5,1\n`).join('');
  writeFileSync(join(dir, 'm.csv'), `open_time_ms,open,high,low,close,volume\n${rows}`);
  const args = ['import', 'prices', '--instrument', 'COIN', '--format', 'binance-klines', '--quiet', 'm.csv'];
  const { code, stderr } = await run(dir, args, { fileLimitKiB: 8000 });
  expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringMatching(/^navledger: StoreFull: [^\n]+\n$/) });
  expect(((await eventCount(dir)) - 10) % 1000).toBe(0);
  expect((await run(dir, args)).code).toBe(0);
  expect(await eventCount(dir)).toBe(40_010);
});

test('a reader that has seen enough is no failure', async () => {
  await run(dir, ['record', '-', '--quiet'], { input: ticks(5000) });
  const child = start(dir, ['events']);
  child.stdout!.once('data', () => child.stdout!.destroy());
  expect(await child.done).toMatchObject({ code: 0, stderr: '' });
});

describe('help', () => {
  const COMMANDS = [
    'record',
    'import prices',
    'import funding',
    'import events',
    'nav',
    'history',
    'attribution',
    'events',
    'rebuild',
    'doctor',
    'backup',
    'restore',
    'demo',
    'serve',
  ];

  test.each(COMMANDS)('%s teaches by examples', async (name) => {
    const { code, stdout } = await run(dir, [...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nExamples:\n( {2}\S.*\n)*? {2}navledger /);
    for (const option of ['--store', '--json', '--actor']) expect(stdout).toContain(option);
  });

  test('without arguments the first steps are shown; --version says which this is', async () => {
    const { code, stdout } = await run(dir, []);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('First steps:\n  navledger demo --no-serve') });
    expect((await run(dir, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('a group without a command is wrong usage', async () => {
    expect(await run(dir, ['import'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'navledger: a command is missing: see --help\nTry navledger --help.\n',
    });
  });
});

const asNobody = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0 ? test : test.skip;
asNobody('a user without a name is known by number, as in a container', () => {
  chmodSync(dir, 0o777);
  const program = [process.execPath, join(__dirname, '../../bin/navledger'), '--store', `sqlite:${join(dir, 'own')}`];
  const as = ['--reuid', '12345', '--clear-groups', ...program];
  const recorded = spawnSync('setpriv', [...as, 'record', '-'], { input: command('ListInstrument', LISTING), encoding: 'utf8' });
  expect(recorded).toMatchObject({ status: 0, stderr: '1 recorded\n' });
  const { stdout } = spawnSync('setpriv', [...as, 'events'], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toMatchObject({ metadata: { actor: '12345' } });
});
