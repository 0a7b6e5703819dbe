/** What goes wrong around a store: damage, other programs' files, other processes, full disks. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backupStore, restoreStore } from '../../libs/store/embedded/backup';
import { openDatabase } from '../../libs/store/embedded/driver';
import { type EmbeddedStore, openEmbeddedStore } from '../../libs/store/embedded/store';
import { verifyStore } from '../../libs/store/embedded/verify';
import { StoreError } from '../../libs/store/port';
import { type Child, runChild } from '../support/child';
import { request } from '../support/events';
import { tempDir } from '../support/temp';

const children: Child[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL');
    await child.ended;
  }
});

async function fault(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('expected a StoreError'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw error;
  return error.fault;
}

/** A store of `count` commands of two events each, `price 0` to …, in a new directory. */
async function madeStore(count = 20): Promise<string> {
  const dir = tempDir();
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  await fill(store, count);
  await store.close();
  return dir;
}

async function fill(store: EmbeddedStore, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await store.append([request(`price ${i}`, 'a', 2 * i - 1, 2, { data: `{"price":"marker-${i}-"}` })]);
}

/** A store as a killed writer leaves it: everything is in the write-ahead log and nothing is indexed. */
async function crashedStore(count = 20): Promise<string> {
  const alive = tempDir();
  const store = await openEmbeddedStore(alive, { mode: 'write' });
  await fill(store, count);
  const dir = tempDir();
  // By another process: closing a database file here would drop the locks of the open store.
  execFileSync('cp', ['log.db', 'log.db-wal', 'log.anchor', dir], { cwd: alive });
  await store.close();
  return dir;
}

/** Flips one bit of a text wherever it stands: SQLite leaves old copies of rows behind in its pages. */
function flipByte(file: string, marker: string): void {
  const bytes = readFileSync(file);
  let at = bytes.indexOf(marker);
  if (at < 0) throw new Error(`no ${marker} in ${file}`);
  for (; at >= 0; at = bytes.indexOf(marker, at)) bytes[at] = bytes[at]! ^ 1;
  writeFileSync(file, bytes);
}

test('a crashed store opens with all that was acknowledged', async () => {
  const dir = await crashedStore();
  const store = await openEmbeddedStore(dir, { mode: 'read' });
  expect([store.head().position, store.streamHead('a')]).toEqual([39, 39]);
  await store.close();
  expect((await verifyStore(dir)).findings).toEqual([]);
});

test('a flipped byte in an event is found by verification, and on open when the event is at the end of the log', async () => {
  const indexed = await madeStore();
  flipByte(join(indexed, 'log.db'), 'marker-7-');
  const { findings } = await verifyStore(indexed);
  expect(findings).toEqual([{ part: 'event', message: 'the log is damaged at position 14: its bytes do not match its hash' }]);

  const recent = await crashedStore();
  const wal = openDatabase(join(recent, 'log.db'));
  wal.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  wal.close();
  flipByte(join(recent, 'log.db'), 'marker-7-');
  for (const mode of ['read', 'write'] as const) expect(await fault(openEmbeddedStore(recent, { mode }))).toBe('damaged');
});

test('a flipped byte in the write-ahead log, with which SQLite drops acknowledged commits silently, is found on open', async () => {
  const dir = await crashedStore();
  flipByte(join(dir, 'log.db-wal'), 'marker-9-');
  for (const mode of ['read', 'write'] as const) {
    await expect(openEmbeddedStore(dir, { mode })).rejects.toThrow(
      'the log once held position 39, and now ends at position 17: acknowledged events are missing',
    );
  }
  expect((await verifyStore(dir)).findings).toMatchObject([{ part: 'anchor' }]);
});

test('a lost write-ahead log, a truncated, emptied or removed log is damage, not a new store', async () => {
  const lost = await crashedStore();
  rmSync(join(lost, 'log.db-wal'));
  expect(await fault(openEmbeddedStore(lost, { mode: 'write' }))).toBe('damaged');
  const truncated = await madeStore(200);
  truncateSync(join(truncated, 'log.db'), 8192);
  expect(await fault(openEmbeddedStore(truncated, { mode: 'write' }))).toBe('damaged');
  expect((await verifyStore(truncated)).findings.length).toBeGreaterThan(0);
  const emptied = await madeStore();
  truncateSync(join(emptied, 'log.db'), 0);
  const removed = await madeStore();
  rmSync(join(removed, 'log.db'));
  for (const dir of [emptied, removed]) {
    for (const mode of ['read', 'write'] as const) expect(await fault(openEmbeddedStore(dir, { mode }))).toBe('damaged');
  }
});

test('a rewritten event whose hash fits, but not the chain, is found', async () => {
  const dir = await madeStore();
  const other = await madeStore(1);
  const db = openDatabase(join(dir, 'log.db'));
  db.exec(
    `ATTACH '${join(other, 'log.db')}' AS other; UPDATE slice SET payload = (SELECT payload FROM other.slice WHERE position = 0) WHERE position = 10`,
  );
  db.close();
  const { findings } = await verifyStore(dir);
  expect(findings[0]).toMatchObject({ part: 'event', message: expect.stringContaining('position 10') as string });
});

test('indexes that do not agree with the log are found', async () => {
  for (const [sql, text] of [
    ['DELETE FROM slice_ix WHERE position = 10', '1 slices are not in the stream index'],
    ['INSERT INTO slice_ix VALUES(1, 999, 3, 1)', 'the stream index has 1 entries without a slice'],
    ['UPDATE command_ix SET position = 12 WHERE position = 10', 'at position 10 is not indexed there'],
    ["INSERT INTO command_ix VALUES(x'00112233445566778899aabbccddeeff', 3)", 'the command index has 1 entries without an event'],
  ]) {
    const dir = await madeStore();
    const db = openDatabase(join(dir, 'log.db'));
    db.exec(sql!);
    db.close();
    const { findings } = await verifyStore(dir);
    expect(findings).toEqual([{ part: 'index', message: expect.stringContaining(text!) as string }]);
  }
});

test('a file of another program, a text and a newer store are refused and left alone', async () => {
  const text = tempDir();
  writeFileSync(join(text, 'log.db'), 'not a database\n'.repeat(500));
  const foreign = tempDir();
  const db = openDatabase(join(foreign, 'log.db'));
  db.exec('CREATE TABLE t(a)');
  db.close();
  const newer = await madeStore();
  const log = openDatabase(join(newer, 'log.db'));
  log.exec('PRAGMA user_version = 2');
  log.close();
  for (const [dir, expected] of [
    [text, 'foreign'],
    [foreign, 'foreign'],
    [newer, 'newer'],
  ] as const) {
    const before = readFileSync(join(dir, 'log.db'));
    for (const mode of ['read', 'write'] as const) expect(await fault(openEmbeddedStore(dir, { mode }))).toBe(expected);
    expect(await fault(verifyStore(dir))).toBe(expected);
    expect(readFileSync(join(dir, 'log.db')).equals(before)).toBe(true);
  }
});

test('a missing store is made by a writer and refused to a reader, which makes nothing; a reader cannot write', async () => {
  const dir = join(tempDir(), 'deep', 'store');
  expect(await fault(openEmbeddedStore(dir, { mode: 'read' }))).toBe('missing');
  expect(existsSync(dir)).toBe(false);
  await (await openEmbeddedStore(dir, { mode: 'write' })).close();
  const reader = await openEmbeddedStore(dir, { mode: 'read' });
  expect(reader.head().position).toBe(-1);
  expect(await fault(reader.append([request('a', 'a', -1)]))).toBe('read-only');
  await reader.close();
});

test('one process writes: a second is refused and told the pid, until the first is killed', async () => {
  const dir = tempDir();
  const child = runChild(join(__dirname, 'hold-child.ts'), [dir]);
  children.push(child);
  const pid = Number((await child.line((line) => line.startsWith('ready'))).split(' ')[1]);
  await expect(openEmbeddedStore(dir, { mode: 'write' })).rejects.toMatchObject({ fault: 'locked', about: { holder: pid } });
  child.process.kill('SIGKILL');
  await child.ended;
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  await expect(openEmbeddedStore(dir, { mode: 'write' })).rejects.toMatchObject({ fault: 'locked', about: { holder: process.pid } });
  await store.close();
});

test('a reader sees what another process writes, at once when it asks and soon in a subscription', async () => {
  const dir = tempDir();
  const child = runChild(join(__dirname, 'hold-child.ts'), [dir]);
  children.push(child);
  await child.line((line) => line.startsWith('ready'));
  const store = await openEmbeddedStore(dir, { mode: 'read' });
  const seen: number[] = [];
  const subscription = store.subscribe(0, (slice) => {
    for (const frame of slice.frames()) seen.push(frame.position);
  });
  let position = -1;
  // 30 small commands and one beyond the size at which the writer writes its indexes.
  const counts = [...Array<number>(30).fill(2), 60_000, 1, 1];
  for (const [index, count] of counts.entries()) {
    child.process.stdin!.write(`append c${index} s${index % 2} ${store.streamHead(`s${index % 2}`)} ${count}\n`);
    position += count;
    await child.line((line) => line === `position ${position}`);
    expect(store.head().position).toBe(position);
    expect(store.findCommand(request(`c${index}`, 'x', 0).commandId)?.position).toBe(position);
  }
  for (let i = 0; seen.length <= position && i < 400; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  await subscription.close();
  expect(seen.length).toBe(position + 1);
  expect(seen.every((value, index) => value === index)).toBe(true);
  expect([store.streamHead('s0'), store.streamHead('s1'), store.streams()]).toEqual([60_030, 30, ['s0', 's1']]);
  await store.close();
});

test.each([1, 200])(
  'a full disk refuses commands of %d events, keeps what was there, and hinders nothing once there is room again',
  async (count) => {
    const dir = tempDir();
    const child = runChild(join(__dirname, 'full-child.ts'), [dir, String(count)], { fileLimitKiB: 2000 });
    children.push(child);
    const result = JSON.parse(await child.line(() => true)) as {
      faults: string[];
      recorded: number;
      before: number;
      read: number;
      after: number;
    };
    await child.ended;
    expect(result.faults).toEqual(['full', 'full', 'full']);
    expect(result.before).toBe(result.recorded * count - 1);
    expect(result.read).toBe(result.before + 1);
    expect(result.after).toBe(result.before + 20 * count);
    expect(await verifyStore(dir)).toMatchObject({ findings: [], position: result.after });
  },
);

test('a backup taken while a writer runs is one commit of it, and restores to a store that goes on', async () => {
  const dir = tempDir();
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  await fill(store, 50);
  let writing = true;
  const writer = (async () => {
    for (let i = 50; writing; i++) await store.append([request(`price ${i}`, 'a', 2 * i - 1, 2)]);
  })();
  const file = join(tempDir(), 'backup.db');
  writeFileSync(file, 'an older backup');
  const result = await backupStore(dir, file);
  writing = false;
  await writer;
  expect(result.position).toBeGreaterThanOrEqual(99);
  expect(store.hashAt(result.position)).toBe(result.hash);

  const target = join(tempDir(), 'restored');
  expect(await restoreStore(file, target)).toMatchObject({ position: result.position, hash: result.hash });
  expect((await verifyStore(target)).findings).toEqual([]);
  const restored = await openEmbeddedStore(target, { mode: 'write' });
  expect([restored.storeId, restored.head().hash]).toEqual([store.storeId, result.hash]);
  expect((await restored.append([request('price 3', 'a', 5, 2)]))[0]!.status).toBe('duplicate');
  expect((await restored.append([request('on', 'b', -1)]))[0]!.position).toBe(result.position + 1);
  await restored.close();
  await store.close();
  expect(await fault(restoreStore(file, target))).toBe('not-empty');
});

test('a damaged backup is neither taken nor restored, and leaves nothing behind', async () => {
  const dir = await madeStore();
  const file = join(tempDir(), 'backup.db');
  await backupStore(dir, file);
  const good = readFileSync(file);
  flipByte(join(dir, 'log.db'), 'marker-3-');
  expect(await fault(backupStore(dir, file))).toBe('damaged');
  expect(readFileSync(file).equals(good)).toBe(true);

  flipByte(file, 'marker-3-');
  const target = join(tempDir(), 'restored');
  expect(await fault(restoreStore(file, target))).toBe('damaged');
  expect(await fault(openEmbeddedStore(target, { mode: 'read' }))).toBe('missing');
  writeFileSync(file, good);
  await restoreStore(file, target);
  expect(await fault(restoreStore(join(target, 'nothing'), tempDir()))).toBe('missing');
  const other = tempDir();
  mkdirSync(join(other, 'something'));
  expect(await fault(restoreStore(file, other))).toBe('not-empty');
});

test('a backup clears away what killed ones left, and leaves the parts of running ones', async () => {
  const dir = await madeStore();
  const target = tempDir();
  const gone = (await runToEnd()).toString();
  for (const pid of [gone, String(process.ppid)]) writeFileSync(join(target, `backup.db.partial-${pid}`), 'part');
  writeFileSync(join(target, `backup.db.partial-${gone}-journal`), 'part');
  await backupStore(dir, join(target, 'backup.db'));
  expect(readdirSync(target).sort()).toEqual(['backup.db', `backup.db.partial-${process.ppid}`]);
});

test('a restore that was killed is run again', async () => {
  const dir = await madeStore();
  const file = join(tempDir(), 'backup.db');
  const { hash } = await backupStore(dir, file);
  const target = tempDir();
  for (const name of ['log.db.restoring', 'log.db.restoring-journal', 'writer.lock', 'writer.lock-journal', 'writer.pid'])
    writeFileSync(join(target, name), '');
  expect(await restoreStore(file, target)).toMatchObject({ hash });
});

test('a store that has no room to tidy up closes all the same, with all that was acknowledged', async () => {
  const dir = tempDir();
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  await fill(store, 3);
  const { log } = (store as unknown as { view: { log: { db: Record<string, (sql: string) => unknown> } } }).view;
  const { db } = log;
  log.db = {
    prepare: (sql) => db['prepare']!(sql),
    close: () => db['close']!(''),
    exec: (sql) => {
      const full = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
      if (sql.includes('wal_checkpoint')) throw full;
      return db['exec']!(sql);
    },
  };
  await store.close();
  const again = await openEmbeddedStore(dir, { mode: 'write' });
  expect(again.head().position).toBe(5);
  await again.close();
});

test('verification finds nothing wrong where a writer indexes what it reads', async () => {
  const dir = tempDir();
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  // More than verification reads before it lets others have a turn, and not indexed yet.
  await store.append([request('many', 'a', -1, 20_000), request('last', 'b', -1)]);
  const { writer } = store as unknown as { writer: { writeIndex(): void } };
  let turns = 0;
  const { findings, position } = await verifyStore(dir, () => {
    if (turns++ === 0) writer.writeIndex();
  });
  expect({ findings, position, turns }).toEqual({ findings: [], position: 20_000, turns: 2 });
  await store.close();
});

/** The id of a process that has ended. */
async function runToEnd(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}
