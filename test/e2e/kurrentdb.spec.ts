/** The command line on a ledger that a server keeps: the same answers as on the embedded store, histories copied either way, and what is kept on this machine. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../libs/ledger/open';
import { openDatabase } from '../../libs/store/embedded/driver';
import { ask, command, lines, run, type Run, SEED, seeded, start } from '../support/cli';
import { LoopbackServer } from '../support/kurrentdb/loopback';
import { tempDir } from '../support/temp';

let server: LoopbackServer;
let dir: string;
beforeEach(async () => {
  server = await LoopbackServer.start();
  dir = tempDir();
});
afterEach(() => server.stop());

const there = (...args: string[]): string[] => [...args, '--store', server.url];
const price = (at: string): string => command('RecordPrice', { instrumentId: 'COIN', price: '98.00', at, source: 'test' });
const ATTRIBUTION = ['attribution', 'coin3l', '--from', '2024-01-01T00:00:00Z', '--to', '2024-01-03T00:00:00Z'];

async function seedServer(): Promise<void> {
  const { code, stdout, stderr } = await run(dir, there('record', '-', '--json'), { input: SEED });
  expect([code, stderr, lines(stdout).map(({ status, position }) => `${status} ${position}`)]).toEqual([
    0,
    '',
    Array.from({ length: 10 }, (_, i) => `recorded ${i}`),
  ]);
}

/** The slots of the one ledger that this machine follows. */
function slots(replica = 'data/replica'): string[] {
  const ledgers = readdirSync(join(dir, replica), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(ledgers).toHaveLength(1);
  const ledger = join(dir, replica, ledgers[0]!.name);
  return readdirSync(ledger)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => join(ledger, name));
}

test('what is recorded there is answered as from an embedded copy of it, and goes on under the same command ids', async () => {
  await seedServer();
  expect(await ask(dir, 'copy', '--from', server.url, '--to', 'sqlite:./copy')).toMatchObject({
    from: server.url,
    events: 10,
    copied: 10,
    position: '9',
  });
  for (const question of [ATTRIBUTION, ['nav', 'coin3l', '--at', '2024-01-03T00:00:00Z']]) {
    expect(await ask(dir, ...there(...question))).toEqual(await ask(dir, ...question, '--store', 'sqlite:./copy'));
  }
  expect((await run(dir, there('events'))).stdout).toBe((await run(dir, ['events', '--store', 'sqlite:./copy'])).stdout);
  const [first] = lines((await run(dir, there('events'))).stdout);
  const again = command('ListInstrument', first.data, { commandId: first.metadata.commandId });
  for (const store of [server.url, 'sqlite:./copy']) {
    expect((await run(dir, ['record', '-', '--store', store], { input: again })).stdout).toContain(
      'line 1: duplicate in price-coin: revision 0, position 0',
    );
  }
}, 30_000);

test('an embedded history goes to a server whole, or what of it is missing there, and comes back the same', async () => {
  dir = await seeded();
  const { hash } = await ask(dir, 'doctor');
  const up = ['copy', '--from', 'sqlite:./data', '--to', server.url];
  expect(await ask(dir, ...up)).toEqual({ from: 'sqlite:./data', to: server.url, events: 10, copied: 10, position: '9', hash });
  await run(dir, ['record', '-'], { input: price('2024-01-04T00:00:00Z') });
  expect(await ask(dir, ...up)).toMatchObject({ copied: 1, position: '10' });
  expect(await ask(dir, ...up)).toMatchObject({ copied: 0, position: '10' });
  expect(server.events().filter(({ type }) => type === 'PriceTicked')).toHaveLength(4);
  await ask(dir, 'copy', '--from', server.url, '--to', 'sqlite:./back', '--replica', './elsewhere');
  expect((await run(dir, ['events', '--store', 'sqlite:./back'])).stdout).toBe((await run(dir, ['events'])).stdout);
  expect(slots('elsewhere')).toHaveLength(1);
}, 30_000);

test('a copy to a server that is killed in the middle is a leading part of the source, and the next run completes it', async () => {
  dir = await seeded();
  const ledger = await openLedger({ url: `sqlite:${join(dir, 'data')}`, replica: dir }, 'write', { actor: 'tester' });
  for (let first = 0; first < 20_000; first += 500) {
    const ticks = Array.from({ length: 500 }, (_, i) => ({ at: BigInt(first + i) * 1_000_000_000n, price: 10_000n }));
    await ledger.submitPrices('COIN', 'test', ticks);
  }
  await ledger.close();
  const args = ['copy', '--from', 'sqlite:./data', '--to', server.url];
  const killed = start(dir, args);
  while (server.events().length < 2_000) await new Promise((resolve) => setTimeout(resolve, 1));
  killed.kill('SIGKILL');
  expect((await killed.done).code).toBe(null);
  const left = server.events().length;
  expect(left).toBeLessThan(20_000);
  const { copied, hash } = await ask(dir, ...args);
  expect([copied, hash]).toEqual([20_011 - left, (await ask(dir, 'doctor')).hash]);
  expect(server.events()).toHaveLength(20_011);
}, 60_000);

test('a server that holds another history is not written to', async () => {
  await seedServer();
  await run(dir, ['record', '-', '--store', 'sqlite:./other'], { input: SEED });
  const before = server.events().length;
  expect(await run(dir, ['copy', '--from', 'sqlite:./other', '--to', server.url])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "navledger: NotEmpty: --to: must be empty or hold a leading part of the source: it ends at position 9, and the event at position 0 is not the source's\n",
  });
  expect(server.events()).toHaveLength(before);
}, 30_000);

test('an export is read into a ledger that is empty, as it was', async () => {
  const other = await seeded();
  const { stdout: log } = await run(other, ['events']);
  expect(await run(dir, there('import', 'events', '-'), { input: log })).toMatchObject({ code: 0 });
  expect((await run(dir, there('events'))).stdout).toBe(log);
  expect(await run(dir, there('import', 'events', '-'), { input: log })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('NotEmpty') as string,
  });
}, 30_000);

test('doctor reads the log again and finds a copy on this machine that differs; rebuild makes it anew', async () => {
  await seedServer();
  const sound = await ask(dir, ...there('doctor'));
  expect(sound).toEqual({ position: '9', hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, anchored: true, findings: [] });
  const [slot] = slots();
  const db = openDatabase(join(slot!, 'log.db'));
  const { payload } = db.prepare('SELECT payload FROM slice WHERE position <= 1 ORDER BY position DESC LIMIT 1').get() as {
    payload: Uint8Array;
  };
  payload[Buffer.from(payload).indexOf('COIN')] = 'c'.charCodeAt(0);
  db.prepare('UPDATE slice SET payload = ? WHERE position = (SELECT max(position) FROM slice WHERE position <= 1)').run(payload);
  db.close();
  const { code, stdout } = await run(dir, there('doctor'));
  // Which events share a slice depends on how they came.
  expect([code, stdout.split('\n')[0]!.replace(/position [01]:/, 'position N:')]).toEqual([
    3,
    `event: in ${slot}: the log is damaged at position N: its bytes do not match its hash`,
  ]);
  expect(await ask(dir, ...there('rebuild'))).toEqual({ events: 10, portfolios: 1, instruments: 2 });
  expect(await ask(dir, ...there('doctor'))).toEqual(sound);
}, 30_000);

test.each([
  ['backup', 'file'],
  ['restore', 'file'],
])('%s is refused in one line that says what to do instead', async (...args) => {
  expect(await run(dir, there(...args))).toEqual({
    code: 2,
    stdout: '',
    stderr: `navledger: InvalidField: --store = ${JSON.stringify(server.url)}: must be sqlite:DIR: a server has a backup of its own, and \`navledger copy\` copies its ledger into an embedded store\n`,
  });
  expect(readdirSync(dir)).toEqual([]);
});

test('a ledger that is not there is missing for who asks, and made by who records', async () => {
  const url = `${server.url}&ledger=second`;
  expect(await run(dir, ['nav', 'x', '--store', url])).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(
      /^navledger: StoreMissing: there is no ledger second at kurrentdb:\/\/127\.0\.0\.1:\d+ \(ledger second\)\n$/,
    ) as string,
  });
  expect(await run(dir, ['record', '-', '--store', url], { input: SEED })).toMatchObject({ code: 0 });
  expect(server.events().filter(({ stream }) => !/^second[.-]/.test(stream))).toEqual([]);
}, 30_000);

test('a server that is away is unavailable, with exit code 7, and what is kept of it answers nothing', async () => {
  await seedServer();
  await server.stop();
  for (const args of [ATTRIBUTION, ['record', '-'], ['doctor'], ['copy', '--from', server.url, '--to', 'sqlite:./copy']]) {
    const told = await run(dir, args[0] === 'copy' ? args : there(...args), { input: price('2024-01-04T00:00:00Z') });
    expect([args[0], told]).toEqual([
      args[0],
      { code: 7, stdout: '', stderr: expect.stringMatching(/^(0 recorded\n)?navledger: StoreUnavailable: /) as string },
    ]);
  }
  expect(existsSync(join(dir, 'copy'))).toBe(false);
}, 60_000);

test('tokens lie in the folder of what this machine keeps; serve says where it is ready, and rebuild waits until it has ended', async () => {
  await seedServer();
  expect(await run(dir, there('token', 'create', '--name', 'feeder', '--scope', 'recorder', '--replica', './kept'))).toMatchObject({
    code: 0,
  });
  expect(readdirSync(join(dir, 'kept'))).toEqual(['tokens.json']);
  const serving = start(dir, there('serve', '--port', '0', '--replica', './kept'));
  const url = await new Promise<string>((resolve) => {
    serving.stdout!.on('data', (text: string) => /on (http:\S+)/.test(text) && resolve(/on (http:\S+)/.exec(text)![1]!));
  });
  expect((await fetch(`${url}/v1/portfolios`)).status).toBe(401);
  const ready = await fetch(`${url}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  const rebuild = (): Promise<Run> => run(dir, there('rebuild', '--replica', './kept'));
  expect(await rebuild()).toMatchObject({ code: 7, stderr: expect.stringContaining('StoreLocked') as string });
  serving.kill('SIGTERM');
  expect((await serving.done).stdout).toBe(`serving ${server.url} on ${url}\n`);
  expect(await rebuild()).toMatchObject({ code: 0 });
}, 30_000);
