/** `rebuild`, `doctor`, `backup`, `restore`: what is derived can go and come back, damage is found, and a copy is the store. */
import { copyFileSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../libs/store/embedded/driver';
import { ask, command, eventCount, recorded, run, seeded } from '../support/cli';

let dir: string;
beforeEach(async () => (dir = await seeded()));

const NAV = ['nav', 'coin3l', '--at', '2024-01-03T00:00:00Z'];

test('rebuild makes what is derived anew, and answers stay what they were', async () => {
  const before = await ask(dir, ...NAV);
  rmSync(join(dir, 'data/derived.db'));
  expect(await run(dir, ['rebuild'])).toMatchObject({ code: 0, stdout: 'rebuilt from 10 events, 2 instruments, 1 portfolio\n' });
  expect(await ask(dir, ...NAV)).toEqual(before);
  expect(await ask(dir, 'rebuild')).toEqual({ events: 10, portfolios: 1, instruments: 2 });
});

test('doctor finds nothing in a sound store, and says where the log ends', async () => {
  expect(await ask(dir, 'doctor')).toEqual({ position: '9', hash: expect.stringMatching(/^[0-9a-f]{64}$/), anchored: true, findings: [] });
  expect((await run(dir, ['doctor'])).stdout).toMatch(/^10 events, chain hash [0-9a-f]{64}: all is well\n$/);
});

test('doctor says when there is no anchor to hold the end of the log against', async () => {
  rmSync(join(dir, 'data/log.anchor'));
  expect(await run(dir, ['doctor'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^There is no anchor to compare the end of the log with: lost last events would not show\.\n10 events, .*: all is well\n$/,
    ),
  });
});

test('doctor finds a changed byte of an event, with exit code 3', async () => {
  const db = openDatabase(join(dir, 'data/log.db'));
  const { payload } = db.prepare('SELECT payload FROM slice WHERE position = 0').get() as { payload: Uint8Array };
  const at = Buffer.from(payload).indexOf('COIN');
  payload[at] = 'c'.charCodeAt(0);
  db.prepare('UPDATE slice SET payload = ? WHERE position = 0').run(payload);
  db.close();
  const { code, stdout } = await run(dir, ['doctor']);
  expect(code).toBe(3);
  expect(stdout).toContain('event: the log is damaged at position 0: its bytes do not match its hash\n');
});

test('doctor finds kept states and prices that are not those of the log; rebuild heals them', async () => {
  await run(dir, ['rebuild']);
  harmKept((text) => text.replace('"priceScale":2', '"priceScale":3'));
  const { code, stdout } = await run(dir, ['doctor', '--json']);
  expect({ code, parts: JSON.parse(stdout).findings.map(({ part }: { part: string }) => part) }).toEqual({
    code: 3,
    parts: expect.arrayContaining(['derived']),
  });
  expect((await run(dir, ['rebuild'])).code).toBe(0);
  expect((await run(dir, ['doctor'])).code).toBe(0);
});

/** Changes the directory of what is kept. */
function harmKept(change: (text: string) => string): void {
  const db = openDatabase(join(dir, 'data/derived.db'));
  const { json } = db.prepare('SELECT json FROM checkpoint').get() as { json: string };
  expect(change(json)).not.toBe(json);
  db.prepare('UPDATE checkpoint SET json = ?').run(change(json));
  db.close();
}

test('what is kept under bytes that are not its own is made anew without a word', async () => {
  await run(dir, ['rebuild']);
  const before = await ask(dir, ...NAV);
  const db = openDatabase(join(dir, 'data/derived.db'));
  db.exec("UPDATE blob SET bytes = x'00'");
  db.close();
  expect(await ask(dir, ...NAV)).toEqual(before);
});

test('a backup restored elsewhere is the same store', async () => {
  const saved = await ask(dir, 'backup', 'b');
  expect(saved).toMatchObject({ file: 'b', position: '9', hash: expect.any(String) });
  const restored = await ask(dir, '--store', 'sqlite:./r', 'restore', 'b');
  expect([restored.position, restored.hash]).toEqual([saved.position, saved.hash]);
  expect((await run(dir, ['--store', 'sqlite:./r', 'events'])).stdout).toBe((await run(dir, ['events'])).stdout);
  expect(await run(dir, ['--store', 'sqlite:./r', 'restore', 'b'])).toMatchObject({ code: 2, stderr: expect.stringContaining('NotEmpty') });
  await recorded(dir, command('RecordPrice', { instrumentId: 'COIN', price: '98.00', at: '2024-01-04T00:00:00Z', source: 'test' }));
  expect(await eventCount(dir, 'r')).toBe(10);
});

test('a damaged backup restores nothing, and a damaged store makes no backup', async () => {
  await run(dir, ['backup', 'b']);
  const sound = readFileSync(join(dir, 'b'));
  const harmed = Buffer.from(sound);
  harmed[sound.indexOf('"coin3l"') + 1] = 'x'.charCodeAt(0);
  writeFileSync(join(dir, 'b'), harmed);
  expect(await run(dir, ['--store', 'sqlite:./r', 'restore', 'b'])).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('StoreDamaged'),
  });
  expect(await eventCount(dir, 'r')).toBe(0);
  writeFileSync(join(dir, 'b'), sound);
  const log = openSync(join(dir, 'data/log.db'), 'r+');
  writeSync(log, 'x', readFileSync(join(dir, 'data/log.db')).indexOf('"coin3l"') + 1);
  expect(await run(dir, ['backup', 'b'])).toMatchObject({ code: 7, stderr: expect.stringContaining('StoreDamaged') });
  expect(readFileSync(join(dir, 'b')).equals(sound)).toBe(true);
});

test('derived files of another store are not believed', async () => {
  const other = await seeded();
  await recorded(other, command('RecordPrice', { instrumentId: 'COIN', price: '98.00', at: '2024-01-03T00:00:00Z', source: 'later' }));
  await run(other, ['rebuild']);
  copyFileSync(join(other, 'data/derived.db'), join(dir, 'data/derived.db'));
  expect((await ask(dir, ...NAV)).nav).toBe('96877.60');
});
