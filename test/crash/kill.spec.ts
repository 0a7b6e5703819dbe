/** A writer killed at any moment loses nothing that it acknowledged, and records nothing by halves. */
import { join } from 'node:path';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import { verifyStore } from '../../libs/store/embedded/verify';
import { runChild } from '../support/child';
import { id } from '../support/events';
import { tempDir } from '../support/temp';
import { Commands } from './commands';

const FULL = process.env.NAVLEDGER_FULL === '1';
const KILLS = FULL ? 200 : 20;
/** Kills after which a new store is begun. */
const PER_STORE = 10;

/** Kills a writer after a random time and answers the highest command that it acknowledged, with its position. */
async function killWriter(dir: string, afterMillis: number): Promise<{ index: number; position: number } | undefined> {
  const child = runChild(join(__dirname, 'append-child.ts'), [dir]);
  await child.line((line) => line.startsWith('ready'));
  await new Promise((resolve) => setTimeout(resolve, afterMillis));
  child.process.kill('SIGKILL');
  await child.ended;
  const acks = child.lines.filter((line) => line.startsWith('ack ')).map((line) => line.split(' ').map(Number));
  const last = acks.reduce<number[] | undefined>((a, b) => (a && a[1]! > b[1]! ? a : b), undefined);
  return last && { index: last[1]!, position: last[2]! };
}

async function checkStore(dir: string, acknowledged: { index: number; position: number } | undefined): Promise<number> {
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  // The log is the commands in order, each whole and once.
  const expected = new Commands();
  let left = 0;
  for await (const slice of store.readAll(0)) {
    for (const frame of slice.frames()) {
      if (left === 0) left = expected.skip().count;
      const index = expected.made.length - 1;
      const { stream, count } = expected.made[index]!;
      const first = left === count;
      if (frame.stream !== stream || frame.commandIndex !== count - left || (first && frame.commandId !== id(`command ${index}`))) {
        throw new Error(`position ${frame.position} is not event ${count - left} of command ${index}`);
      }
      left--;
    }
  }
  expect(left).toBe(0);
  const recorded = expected.made.length;
  if (acknowledged) {
    expect(recorded).toBeGreaterThan(acknowledged.index);
    expect(store.findCommand(id(`command ${acknowledged.index}`))?.position).toBe(acknowledged.position);
  }
  // The last 20 that are there are duplicates when they are sent again.
  const again = new Commands();
  while (again.made.length < recorded - 20) again.skip();
  const head = store.head();
  while (again.made.length < recorded) expect((await store.append([again.next()]))[0]!.status).toBe('duplicate');
  expect(store.head()).toEqual(head);
  await store.close();
  expect((await verifyStore(dir)).findings).toEqual([]);
  return recorded;
}

test(
  `after kill -9 at ${KILLS} random moments every acknowledged event is there once, and none half`,
  async () => {
    let dir = tempDir();
    let commands = 0;
    const moments: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      if (kill % PER_STORE === 0) dir = tempDir();
      const moment = Math.random() * 150;
      moments.push(moment);
      try {
        commands = Math.max(commands, await checkStore(dir, await killWriter(dir, moment)));
      } catch (error) {
        throw new Error(`kill ${kill}, moments ${moments.slice(-(kill % PER_STORE) - 1).join(' ')} ms: ${String(error)}`, { cause: error });
      }
    }
    expect(commands).toBeGreaterThan(100);
  },
  KILLS * 5000,
);
