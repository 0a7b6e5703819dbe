/** `copy` between embedded stores: the whole history or what is missing of it, never another one, whatever ends it. Servers: kurrentdb.spec.ts. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../libs/ledger/open';
import { readAnchor } from '../../libs/store/embedded/files';
import { verifyStore } from '../../libs/store/embedded/verify';
import { ask, command, eventCount, run, SEED, seeded, start } from '../support/cli';
import { tempDir } from '../support/temp';

const COPY = ['copy', '--from', 'sqlite:./data', '--to', 'sqlite:./copy'];
const price = (at: string): string => command('RecordPrice', { instrumentId: 'COIN', price: '98.00', at, source: 'test' });
const record = (dir: string, store: string, input: string) => run(dir, ['record', '-', '--store', `sqlite:./${store}`], { input });
const exported = async (dir: string, store: string) => (await run(dir, ['events', '--store', `sqlite:./${store}`])).stdout;

test('a copy is the same history to the last byte, answers the same, and knows the same commands', async () => {
  const dir = await seeded();
  const { hash } = await ask(dir, 'doctor');
  expect(await run(dir, COPY)).toEqual({ code: 0, stdout: `10 events copied; position 9, chain hash ${hash} in both\n`, stderr: '' });
  expect(await exported(dir, 'copy')).toBe(await exported(dir, 'data'));
  const nav = ['nav', 'coin3l', '--at', '2024-01-03T00:00:00Z'];
  expect(await ask(dir, ...nav, '--store', 'sqlite:./copy')).toEqual(await ask(dir, ...nav));
  expect(await ask(dir, 'doctor', '--store', 'sqlite:./copy')).toEqual({ position: '9', hash, anchored: true, findings: [] });
  const first = JSON.parse((await exported(dir, 'data')).split('\n')[0]!);
  const again = command('ListInstrument', first.data, { commandId: first.metadata.commandId });
  expect((await record(dir, 'copy', again)).stdout).toContain('line 1: duplicate in price-coin: revision 0, position 0');
});

test('what was recorded since is copied by the next run, and a run with nothing to do says so', async () => {
  const dir = await seeded();
  const answer = { from: 'sqlite:./data', to: 'sqlite:./copy' };
  const { hash } = await ask(dir, 'doctor');
  expect(await ask(dir, ...COPY)).toEqual({ ...answer, events: 10, copied: 10, position: '9', hash });
  expect(await ask(dir, ...COPY)).toEqual({ ...answer, events: 10, copied: 0, position: '9', hash });
  expect((await run(dir, COPY)).stdout).toBe(`all 10 events are there already; position 9, chain hash ${hash} in both\n`);
  await record(dir, 'data', price('2024-01-04T00:00:00Z'));
  expect(await ask(dir, ...COPY)).toMatchObject({ events: 11, copied: 1, position: '10' });
  expect(await exported(dir, 'copy')).toBe(await exported(dir, 'data'));
});

test('a source without events makes an empty store; one that is not there makes none', async () => {
  const dir = tempDir();
  await record(dir, 'data', '');
  expect(await ask(dir, ...COPY)).toMatchObject({ events: 0, copied: 0, position: '-1', hash: '0'.repeat(64) });
  const missing = await run(dir, ['copy', '--from', 'sqlite:./none', '--to', 'sqlite:./other']);
  expect(missing).toEqual({ code: 7, stdout: '', stderr: `navledger: StoreMissing: there is no store in ${join(dir, 'none')}\n` });
  expect(existsSync(join(dir, 'other'))).toBe(false);
});

describe('a target that is no leading part of the source is left as it is, and the first position that differs is named', () => {
  const refused = async (dir: string, found: string): Promise<void> => {
    const before = await exported(dir, 'copy');
    expect(await run(dir, COPY)).toEqual({
      code: 2,
      stdout: '',
      stderr: `navledger: NotEmpty: --to: must be empty or hold a leading part of the source: it ends at position ${found}\n`,
    });
    expect(await exported(dir, 'copy')).toBe(before);
  };

  test('another history from its beginning', async () => {
    const dir = await seeded();
    await record(dir, 'copy', SEED);
    await refused(dir, "9, and the event at position 0 is not the source's");
  });

  test.each([
    [1, 3],
    [5, 1],
    [2, 2],
  ])('%i events later there, %i here', async (there, here) => {
    const dir = await seeded();
    await run(dir, COPY);
    for (let i = 0; i < there; i++) await record(dir, 'copy', price(`2024-01-0${4 + i}T00:00:00Z`));
    for (let i = 0; i < here; i++) await record(dir, 'data', price(`2024-02-0${4 + i}T00:00:00Z`));
    await refused(dir, `${9 + there}, and the event at position 10 is not the source's`);
  });

  test('a whole copy that has gone on', async () => {
    const dir = await seeded();
    await run(dir, COPY);
    await record(dir, 'copy', price('2024-01-04T00:00:00Z'));
    await refused(dir, '10, and the source ends at position 9');
  });
});

test.each([
  ['sqlite:./data', 'sqlite:data/../data', '--to = "sqlite:data/../data": must be another store than --from'],
  ['sqlite:./data', 'data', '--to = "data": must be sqlite:DIR, such as sqlite:./data, or kurrentdb://HOST…'],
  ['mysql://u:secret@h', 'sqlite:./data', '--from = "mysql://u:***@h": must be sqlite:DIR, such as sqlite:./data, or kurrentdb://HOST…'],
  ['kurrentdb://b,a?tls=false', 'kurrentdb://a,b?tls=false', '--to = "kurrentdb://a,b?tls=false": must be another store than --from'],
])('from %s to %s is refused', async (from, to, told) => {
  expect(await run(tempDir(), ['copy', '--from', from, '--to', to])).toEqual({
    code: 2,
    stdout: '',
    stderr: `navledger: InvalidField: ${told}\n`,
  });
});

test('a target that another process writes is locked', async () => {
  const dir = await seeded();
  await run(dir, COPY);
  const writer = start(dir, ['record', '-', '--store', 'sqlite:./copy']);
  writer.stdin!.write(price('2024-01-04T00:00:00Z'));
  await once(writer.stdout!, 'data');
  expect(await run(dir, COPY)).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/^navledger: StoreLocked: .*\(pid \d+\)/) as string,
  });
  writer.stdin!.end();
  await writer.done;
});

describe('a copy that is ended in the middle', () => {
  const TICKS = 200_000;
  let dir: string;
  beforeAll(async () => {
    dir = await seeded();
    const ledger = await openLedger({ url: `sqlite:${join(dir, 'data')}`, replica: join(dir, 'replica') }, 'write', { actor: 'tester' });
    const chunk = 2_000;
    for (let first = 0; first < TICKS; first += chunk) {
      const ticks = Array.from({ length: chunk }, (_, i) => ({ at: BigInt(first + i) * 1_000_000_000n, price: 10_000n }));
      await ledger.submitPrices('COIN', 'test', ticks);
    }
    await ledger.close();
  }, 60_000);

  test.each([
    ['SIGKILL', null],
    ['SIGINT', 130],
  ] as const)('by %s is a leading part of the source, and the next run completes it', async (signal, code) => {
    const to = `copy-${signal}`;
    const copy = ['copy', '--from', 'sqlite:./data', '--to', `sqlite:./${to}`];
    const child = start(dir, copy);
    // A second Ctrl-C would end it at once.
    while (!readAnchor(join(dir, to))) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill(signal);
    expect((await child.done).code).toBe(code);
    const left = await eventCount(dir, to);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(TICKS);
    expect((await verifyStore(join(dir, to))).findings).toEqual([]);
    expect(await ask(dir, ...copy)).toMatchObject({ events: TICKS + 10, copied: TICKS + 10 - left });
    expect(await verifyStore(join(dir, to))).toEqual(await verifyStore(join(dir, 'data')));
  });
});
