/** Ledgers on a server that others write much to: looking through others' events takes long, and must neither be given up nor be begun again from the start. */
import type { KurrentStore } from '../../libs/store/kurrentdb/store';
import { request } from '../support/events';
import type { LoopbackServer } from '../support/kurrentdb/loopback';
import { bench, fault, putForeign, QUICK } from './kurrentdb-faults';
import { allEvents } from './store-contract';

const at = bench();

/** Events of others; at one millisecond for 32 of them several times what a call may take, a fraction of it between two checkpoints. */
const MANY = 36 * 1024;

async function write(store: KurrentStore, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) await store.append([request(`c${i}`, 's', i - 1)]);
}

/** Six events of ours with as many of others' before, between and after them as take long. */
async function spread(server: LoopbackServer): Promise<KurrentStore> {
  const writer = await at.open();
  await write(writer, 3);
  putForeign(server, 'other', MANY);
  await write(writer, 3, 3);
  putForeign(server, 'other', MANY);
  for (const on of ['readAll', 'subscribe'] as const) server.misbehave({ on, times: Infinity, how: { act: 'search', ms: 1 } });
  return writer;
}

const timers = { ...QUICK, callMillis: 400 };

test('a ledger is opened though it takes longer than a call to look through what others wrote', async () => {
  const writer = await spread(at.server);
  const began = Date.now();
  const follower = await at.open({ timers });
  expect(Date.now() - began).toBeGreaterThan(2 * timers.callMillis);
  expect(follower.head()).toEqual(writer.head());
  expect(await allEvents(follower.readAll(0))).toEqual(await allEvents(writer.readAll(0)));
});

test('what was looked through is not looked through again by the next process', async () => {
  await spread(at.server);
  await (await at.open({ timers })).close();
  at.server.misbehave({ on: 'readAll', times: Infinity, how: { act: 'never' } });
  const began = Date.now();
  await at.open({ timers });
  expect(Date.now() - began).toBeLessThan(MANY / 32);
});

test('pages that come too slowly are taken as far as they came', async () => {
  const writer = await at.open();
  for (let i = 0; i < 25; i++) await writer.append([request(`c${i}`, 's', 60 * i - 1, 60)]);
  at.server.misbehave({ on: 'readAll', times: Infinity, how: { act: 'slow', ms: 1 } });
  at.server.misbehave({ on: 'subscribe', times: Infinity, how: { act: 'never' } });
  // A fifth of this is less than all take, and more than the 64 that the client hands out at a time.
  expect((await at.open({ timers: { ...QUICK, callMillis: 1500 } })).head()).toEqual(writer.head());
});

test('a server that answers no page and no subscription is unavailable, however much of the log was read', async () => {
  await spread(at.server);
  at.server.heal();
  at.server.misbehave({ on: 'readAll', times: Infinity, how: { act: 'stall', after: 2 } });
  at.server.misbehave({ on: 'subscribe', times: Infinity, how: { act: 'never' } });
  const began = Date.now();
  const error = await fault(at.open({ timers }));
  expect(error).toMatchObject({
    fault: 'unavailable',
    message: expect.stringContaining('no answer within 0.2 s to a subscription') as string,
  });
  expect(Date.now() - began).toBeLessThan(10 * timers.callMillis);
});
