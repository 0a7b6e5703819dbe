/** What becomes of following the log when deliveries, subscriptions and connections fail: every event is taken in once and in order, or the store says that it cannot go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KurrentStore } from '../../libs/store/kurrentdb/store';
import { id, request } from '../support/events';
import type { ReadFault } from '../support/kurrentdb/faults';
import type { LoopbackServer } from '../support/kurrentdb/loopback';
import { until } from '../support/kurrentdb/samples';
import { bench, booked, fault, putForeign, QUICK } from './kurrentdb-faults';
import { allEvents } from './store-contract';

const at = bench();

/** A store that writes, and one that follows through a server of its own. */
async function pair(how?: ReadFault): Promise<{ writer: KurrentStore; follower: KurrentStore; server: LoopbackServer; seen: number[] }> {
  const server = await at.serve({ log: at.server.log });
  const writer = await at.open();
  if (how) server.misbehave({ on: 'subscribe', how });
  const follower = await at.open({ url: server.url, timers: QUICK });
  const seen: number[] = [];
  follower.subscribe(0, (slice) => {
    for (const frame of slice.frames()) seen.push(frame.position);
  });
  await until(() => server.calls.subscribe > 0);
  return { writer, follower, server, seen };
}

async function write(store: KurrentStore, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i++) await store.append([request(`c${i}`, 's', i - 1)]);
}

async function expectSame(a: KurrentStore, b: KurrentStore): Promise<void> {
  await until(() => a.head().position === b.head().position);
  expect(b.head()).toEqual(a.head());
}

describe('a subscription', () => {
  test.each<[string, ReadFault, number]>([
    ['that delivers an event twice', { act: 'duplicate', after: 2 }, 1],
    ['that the server ends cleanly', { act: 'end', after: 2 }, 2],
    ['that ends before anything came', { act: 'end', after: 0 }, 2],
    ['whose connection breaks', { act: 'drop', after: 2 }, 2],
    ['that fails as unavailable', { act: 'fail', after: 2, code: 14 }, 2],
    ['that the server cancels', { act: 'fail', after: 1, code: 1 }, 2],
    ['that fails as it has never been seen to', { act: 'fail', after: 2, code: 2, message: 'Something else' }, 2],
    ['that is refused by a server that is not ready', { act: 'notReady' }, 2],
    ['that is slow', { act: 'slow', ms: 20 }, 1],
  ])('%s is resumed where it was, each event once and in order', async (_, how, subscriptions) => {
    const { writer, follower, server, seen } = await pair(how);
    await write(writer, 6);
    await expectSame(writer, follower);
    await until(() => follower.following().live && server.calls.subscribe === subscriptions && seen.length === 6);
    await write(writer, 2, 6);
    await until(() => seen.length === 8);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await allEvents(follower.readAll(0))).toEqual(await allEvents(writer.readAll(0)));
  });

  test('that delivers an event of a command twice has the command once', async () => {
    const { writer, follower, seen } = await pair({ act: 'duplicate', after: 3 });
    await writer.append([request('a', 's', -1, 5)]);
    await expectSame(writer, follower);
    await writer.append([request('b', 's', 4)]);
    await until(() => seen.length === 6);
    expect(await allEvents(follower.readAll(0))).toEqual(await allEvents(writer.readAll(0)));
  });

  test('that drops inside a command has the command once', async () => {
    const { writer, follower, server, seen } = await pair({ act: 'drop', after: 3 });
    await writer.append([request('a', 's', -1, 5)]);
    // What was dropped may come by a page before there is a subscription again.
    await until(() => seen.length === 5 && server.calls.subscribe === 2);
    expect(await allEvents(follower.readAll(0))).toEqual(await allEvents(writer.readAll(0)));
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  test('that drops again and again is resumed each time', async () => {
    const { writer, follower, server, seen } = await pair({ act: 'end', after: 1 });
    for (const code of [14, 1, 14]) server.misbehave({ on: 'subscribe', how: { act: 'fail', after: 1, code } });
    await write(writer, 6);
    await expectSame(writer, follower);
    await until(() => seen.length === 6);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('that is never confirmed does not keep events back', async () => {
    const { writer, follower, server } = await pair({ act: 'never' });
    await write(writer, 3);
    await expectSame(writer, follower);
    expect(server.calls.subscribe).toBe(1);
  });

  test('that has fallen silent is left by who waits for its own event', async () => {
    const { writer, follower, server } = await pair({ act: 'stall', after: 1 });
    await write(writer, 2);
    await until(() => follower.head().position === 0);
    expect((await follower.append([request('own', 't', -1)]))[0]).toMatchObject({ status: 'recorded', position: 2 });
    await expectSame(writer, follower);
    await until(() => server.calls.subscribe === 2);
  });

  test('is one, however many listen', async () => {
    const { writer, follower, server } = await pair();
    let heard = 0;
    for (let i = 0; i < 150; i++) follower.subscribe(0, () => void heard++);
    await write(writer, 1);
    await until(() => heard === 150);
    expect(server.calls.subscribe).toBe(1);
  });
});

test('a page that is never answered, breaks off or is refused is read again', async () => {
  const { writer, follower, server } = await pair();
  const faults: ReadFault[] = [
    { act: 'never' },
    { act: 'drop', after: 1 },
    { act: 'notReady' },
    { act: 'end', after: 2 },
    { act: 'fail', after: 1, code: 2 },
  ];
  await server.stop();
  for (const how of faults) server.misbehave({ on: 'readAll', how });
  await write(writer, 6);
  await server.restart();
  await expectSame(writer, follower);
  expect(follower.hashAt(5)).toBe(writer.hashAt(5));
});

describe('a connection that breaks while nothing happens', () => {
  test('is made again, and what comes then is heard', async () => {
    const { writer, follower, server } = await pair();
    server.dropConnections();
    await write(writer, 1);
    await expectSame(writer, follower);
    await until(() => follower.following().live);
  });

  test('with its server says since when nothing is heard, and answers what is known meanwhile', async () => {
    const { writer, follower, server } = await pair();
    await write(writer, 1);
    await expectSame(writer, follower);
    const before = Date.now();
    await server.stop();
    await until(() => !follower.following().live);
    expect(follower.following().since).toBeGreaterThanOrEqual(before);
    expect(follower.following().since).toBeLessThanOrEqual(Date.now());
    await write(writer, 1, 1);
    await sleep(300);
    expect(follower.head().position).toBe(0);
    await server.restart();
    await expectSame(writer, follower);
    await until(() => follower.following().live);
    expect(follower.following()).toEqual({ live: true, since: undefined });
  });
});

describe('events that the server leaves out', () => {
  /** Of six events the follower is not given the third; the result gives it back. */
  async function hole(follower: KurrentStore, writer: KurrentStore, server: LoopbackServer): Promise<() => void> {
    await write(writer, 2);
    await expectSame(writer, follower);
    await server.stop();
    await write(writer, 4, 2);
    const { events } = at.server.log;
    const place = events.findIndex((event) => event.stream === 'navledger.s' && event.revision === 2n);
    const [lost] = events.splice(place, 1);
    await server.restart();
    return () => events.splice(place, 0, lost!);
  }

  test('once or twice are waited for', async () => {
    const { writer, follower, server, seen } = await pair();
    const { readAll } = server.calls;
    const heal = await hole(follower, writer, server);
    await until(() => server.calls.readAll >= readAll + 2);
    expect(follower.head().position).toBe(1);
    heal();
    await until(() => seen.length === 6);
    expect([seen, follower.head()]).toEqual([[0, 1, 2, 3, 4, 5], writer.head()]);
  });

  test('for good are damage, after which nothing is answered any more', async () => {
    const { writer, follower, server } = await pair();
    const ended = new Promise((resolve) => follower.subscribe(2, () => undefined, resolve));
    const heal = await hole(follower, writer, server);
    const [, , last] = booked(at.server);
    const error = await follower.failed;
    const before = at.server
      .events()
      .filter(({ commit }) => commit < last!.commit)
      .at(-1)!;
    expect(error).toMatchObject({ fault: 'damaged', faultClass: 'business' });
    expect(error.message).toBe(`the server leaves out events of its log behind C:${before.commit}/P:${before.prepare}`);
    for (const ask of [
      () => follower.head(),
      () => follower.streamHead('s'),
      () => follower.findCommand(id('c0')),
      () => follower.positionAt(0n),
    ])
      expect(ask).toThrow(error);
    expect(await fault(follower.append([request('x', 'x', -1)]))).toBe(error);
    expect(await fault(allEvents(follower.readAll(0)))).toBe(error);
    expect(await ended).toBe(error);
    expect(follower.following().live).toBe(false);
    await follower.close();
    expect(await fault(at.open({ url: server.url }))).toMatchObject({ fault: 'damaged' });
    heal();
    await expectSame(writer, await at.open({ url: server.url }));
  });
});

describe('the place in the log up to which a copy goes', () => {
  /** From where the log is read first when a store is opened. */
  async function resumed(server: LoopbackServer): Promise<{ commit: bigint; prepare: bigint }> {
    const before = at.asked.reads().length;
    await at.open({ url: server.url });
    const first = at.asked
      .reads()
      .slice(before)
      .find((options) => options.hasAll() && options.hasFilter())!;
    const position = first.getAll()!.getPosition()!;
    return { commit: BigInt(position.getCommitPosition()), prepare: BigInt(position.getPreparePosition()) };
  }

  test('has both numbers', async () => {
    const { writer, follower, server } = await pair();
    await writer.append([request('a', 's', -1), request('b', 't', -1), request('c', 'u', -1)]);
    await expectSame(writer, follower);
    await follower.close();
    const { commit, prepare } = booked(at.server).at(-1)!;
    expect(commit).toBeGreaterThan(prepare);
    expect(await resumed(server)).toEqual({ commit, prepare });
  });

  test('moves past what others keep on the server', async () => {
    const { writer, follower, server } = await pair();
    await write(writer, 1);
    await expectSame(writer, follower);
    putForeign(at.server, 'others-1', 2400);
    const own = booked(at.server).at(-1)!;
    const far = at.server.events()[1200]!;
    await sleep(100);
    await follower.close();
    const place = await resumed(server);
    expect(place.commit).toBeGreaterThan(own.commit);
    expect(place.commit).toBeGreaterThan(far.commit);
  });

  test('moves past them at start as well', async () => {
    const writer = await at.open();
    await write(writer, 1);
    putForeign(at.server, 'others-1', 100);
    const server = await at.serve({ log: at.server.log });
    const follower = await at.open({ url: server.url });
    await until(() => server.calls.subscribe > 0);
    await sleep(100);
    await follower.close();
    expect((await resumed(server)).commit).toBe(at.server.events().at(-1)!.commit);
  });
});
