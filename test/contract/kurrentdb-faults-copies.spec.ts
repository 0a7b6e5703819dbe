/** Copies of a server's log on a machine: one for each process, whole after a kill at any moment, and made anew when they are not. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { basename, dirname, join } from 'node:path';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import { verifyStore } from '../../libs/store/embedded/verify';
import type { KurrentStore } from '../../libs/store/kurrentdb/store';
import { type Child, runChild } from '../support/child';
import { request } from '../support/events';
import { until } from '../support/kurrentdb/samples';
import { tempDir } from '../support/temp';
import { Commands } from '../crash/commands';
import { bench, fault, SLACK } from './kurrentdb-faults';
import { allEvents } from './store-contract';

const at = bench();
const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.process.kill('SIGKILL');
});

/** Another process with the ledger open. */
async function another(...name: string[]): Promise<{ child: Child; dir: string }> {
  const child = runChild(join(__dirname, 'kurrentdb-faults-child.ts'), [at.server.url, at.replica, ...name]);
  children.push(child);
  const [, dir] = (await child.line((line) => line.startsWith('ready'))).split(' ');
  return { child, dir: dir! };
}

/** Whether the log was read from its beginning since so many reads. */
const fromStart = (reads: number): boolean =>
  at.asked
    .reads()
    .slice(reads)
    .some((options) => options.hasAll() && options.hasFilter() && options.getAll()!.hasStart());

async function fill(store: KurrentStore, commands = 10): Promise<void> {
  const made = new Commands();
  for (let i = 0; i < commands; i++) await store.append([made.next()]);
}

describe('processes', () => {
  test('of one machine have a copy each; one that was killed leaves its copy to the next, which goes on from there', async () => {
    const writer = await at.open({ replica: tempDir() });
    await fill(writer);
    const { child, dir } = await another();
    const here = await at.open();
    expect([basename(dir), basename(here.dir), dirname(dir)]).toEqual(['1', '2', dirname(here.dir)]);
    child.process.kill('SIGKILL');
    await child.ended;
    const reads = at.asked.reads().length;
    const next = await at.open();
    expect([next.dir, fromStart(reads), next.head()]).toEqual([dir, false, writer.head()]);
    await here.close();
    expect((await at.open({ mode: 'read' })).dir).toBe(here.dir);
  });

  test('that have closed the store are held by nothing, though an append was never answered', async () => {
    at.server.misbehave({ on: 'batchAppend', skip: 1, how: { act: 'mute' } });
    const { child } = await another('a');
    await child.line((line) => line === 'recorded');
    const from = performance.now();
    await child.ended;
    expect(performance.now() - from).toBeLessThan(SLACK);
    await until(() => child.process.exitCode !== null);
    expect(child.process.exitCode).toBe(0);
  });
});

test.each([0, 15, 40])('a copy whose process is killed %i ms into its following is whole, and goes on from there', async (millis) => {
  const writer = await at.open({ replica: tempDir() });
  await fill(writer, 8);
  const { child, dir } = await another();
  const commands = new Commands();
  for (let i = 0; i < 8; i++) commands.skip();
  let over = false;
  const writing = (async () => {
    while (!over) await writer.append([commands.next()]);
  })();
  await sleep(millis);
  child.process.kill('SIGKILL');
  await child.ended;
  over = true;
  await writing;
  const reads = at.asked.reads().length;
  const store = await at.open();
  expect([store.dir, fromStart(reads), store.head()]).toEqual([dir, false, writer.head()]);
  expect(await allEvents(store.readAll(0))).toEqual(await allEvents(writer.readAll(0)));
  await store.close();
  expect((await verifyStore(dir)).findings).toEqual([]);
});

describe('a copy', () => {
  /** The file of a copy that was closed, and the head that it had. */
  async function copy(): Promise<{ file: string; head: object; storeId: string }> {
    const store = await at.open();
    await fill(store);
    const { dir, storeId } = store;
    const head = store.head();
    await store.close();
    return { file: join(dir, 'log.db'), head, storeId };
  }

  test.each<[string, (file: string) => Promise<void> | void]>([
    ['that is no database', (file) => writeFileSync(file, 'x'.repeat(8192))],
    ['that is cut short', (file) => truncateSync(file, 8192)],
    [
      'whose last bytes were changed',
      (file) => {
        const bytes = readFileSync(file);
        const last = bytes.lastIndexOf('{"name":"command 9');
        expect(last).toBeGreaterThan(0);
        bytes[last + 2]! ^= 1;
        writeFileSync(file, bytes);
      },
    ],
    [
      'of another store',
      async (file) => {
        const other = tempDir();
        const store = await openEmbeddedStore(other, { mode: 'write' });
        await store.append([request('other', 's', -1)]);
        await store.close();
        copyFileSync(join(other, 'log.db'), file);
      },
    ],
  ])('%s is made anew', async (_, harm) => {
    const { file, head } = await copy();
    await harm(file);
    const reads = at.asked.reads().length;
    const store = await at.open();
    expect([store.head(), fromStart(reads)]).toEqual([head, true]);
    await store.close();
    expect((await verifyStore(dirname(file))).findings).toEqual([]);
  });

  test('that is gone is made anew, and one that is empty', async () => {
    const { file, head } = await copy();
    rmSync(file);
    let store = await at.open();
    expect(store.head()).toEqual(head);
    await store.close();
    rmSync(file);
    writeFileSync(file, '');
    store = await at.open();
    expect(store.head()).toEqual(head);
  });

  test('from before is brought up from where it is', async () => {
    const { file } = await copy();
    const before = readFileSync(file);
    const store = await at.open();
    for (let i = 0; i < 3; i++) await store.append([request(`more ${i}`, 'more', i - 1)]);
    const head = store.head();
    await store.close();
    writeFileSync(file, before);
    const reads = at.asked.reads().length;
    expect([(await at.open()).head(), fromStart(reads)]).toEqual([head, false]);
  });

  test('holds no more than the log, and stays when the store is opened for reading', async () => {
    const { file, head } = await copy();
    const store = await at.open({ mode: 'read' });
    expect([store.head(), store.dir]).toEqual([head, dirname(file)]);
    expect(await fault(store.append([request('x', 'x', -1)]))).toMatchObject({ fault: 'read-only' });
    expect(readdirSync(dirname(file)).filter((name) => name.startsWith('adopt'))).toEqual([]);
  });

  test('that cannot be kept is refused with the folder', async () => {
    const replica = join(tempDir(), 'file');
    writeFileSync(replica, '');
    const error = await fault(at.open({ replica }));
    expect(error).toMatchObject({ fault: 'unavailable', message: expect.stringContaining(`cannot keep a copy of the log in ${replica}`) });
    rmSync(replica);
    mkdirSync(replica);
    expect((await at.open({ replica })).head().position).toBe(-1);
    expect(existsSync(replica)).toBe(true);
  });
});
