/** What becomes of an append when the server, or the way to it, fails: it is recorded once, or refused, or said to be in doubt, in good time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../libs/store/draft';
import { Connection } from '../../libs/store/kurrentdb/connection';
import { type KurrentAddress, parseKurrentUrl } from '../../libs/store/kurrentdb/url';
import type { AppendFault } from '../support/kurrentdb/faults';
import { request } from '../support/events';
import { until } from '../support/kurrentdb/samples';
import { bench, booked, fault, QUICK, SLACK, timed } from './kurrentdb-faults';

const at = bench();
const ids = (name: string, count = 1): string[] => request(name, 's', -1, count).events.map(({ eventId }) => eventId);
const stored = (): string[] => booked(at.server).map(({ id }) => id);

describe('an append that the server never answers', () => {
  test('is in doubt within the timers, and the store closes all the same', async () => {
    const store = await at.open({ timers: QUICK });
    at.server.misbehave({ on: 'batchAppend', times: Infinity, how: { act: 'never' } });
    const [error, millis] = await timed(fault(store.append([request('a', 's', -1)])));
    expect([error.fault, error.faultClass]).toEqual(['in-doubt', 'ambiguous']);
    expect(error.message).toBe('the server did not confirm the append, which may be applied: no answer within 0.8 s to an append');
    expect(millis).toBeLessThan(QUICK.appendMillis + QUICK.callMillis + SLACK);
    const [, closing] = await timed(store.close());
    expect(closing).toBeLessThan(SLACK);
    expect(booked(at.server)).toEqual([]);
  });

  test('is ended by close only when it is decided', async () => {
    const store = await at.open({ timers: QUICK });
    at.server.misbehave({ on: 'batchAppend', times: Infinity, how: { act: 'never' } });
    const append = fault(store.append([request('a', 's', -1)]));
    await until(() => at.server.calls.batchAppend > 0);
    const [, millis] = await timed(store.close());
    expect(millis).toBeLessThan(QUICK.appendMillis + QUICK.callMillis + SLACK);
    expect((await append).fault).toBe('in-doubt');
  });

  test('is ended with its client, also when it began only after that', async () => {
    let find!: () => void;
    at.server.misbehave({ on: 'features', how: { act: 'late', until: new Promise<void>((resolve) => (find = resolve)) } });
    at.server.misbehave({ on: 'batchAppend', how: { act: 'never' } });
    const connection = new Connection(parseKurrentUrl(at.server.url) as KurrentAddress, { ...QUICK, callMillis: 100 });
    await expect(connection.call('an append', (client) => client.appendToStream('s', [], { streamState: 'no_stream' }))).rejects.toThrow(
      'no answer',
    );
    const { client } = connection;
    connection.renew();
    expect(connection.client).not.toBe(client);
    find();
    await until(() => at.server.calls.batchAppend === 1);
    expect(at.server.batches.size).toBe(1);
    await until(() => at.server.batches.size === 0);
  });

  test('and is taken after all is in the log once, and a duplicate when it is sent again', async () => {
    const store = await at.open({ timers: QUICK });
    await store.append([request('before', 's', -1)]);
    let release!: () => void;
    at.server.misbehave({
      on: 'batchAppend',
      times: Infinity,
      how: { act: 'late', until: new Promise<void>((resolve) => (release = resolve)) },
    });
    expect((await fault(store.append([request('late', 's', 0, 2)]))).fault).toBe('in-doubt');
    expect(store.findCommand(request('late', 's', 0).commandId)).toBeUndefined();
    release();
    at.server.heal();
    await until(() => store.head().position === 2);
    expect((await store.append([request('late', 's', 0, 2)]))[0]).toMatchObject({ status: 'duplicate', firstPosition: 1, position: 2 });
    expect(stored()).toEqual([...ids('before'), ...ids('late', 2)]);
  });

  test.each<[string, AppendFault]>([
    ['that answers', { act: 'mute' }],
    ['that lasts', { act: 'drop', applied: true }],
  ])('but has applied, without a connection %s, is recorded as soon as the log says so, and not sent any more', async (_, how) => {
    const store = await at.open();
    at.server.misbehave({ on: 'batchAppend', times: Infinity, how });
    const [[answer], millis] = await timed(store.append([request('a', 's', -1, 2)]));
    expect(answer).toMatchObject({ status: 'recorded', firstPosition: 0, position: 1, revision: 1 });
    expect(millis).toBeLessThan(SLACK);
    await store.close();
    const { batchAppend } = at.server.calls;
    await sleep(300);
    expect([at.server.calls.batchAppend, stored()]).toEqual([batchAppend, ids('a', 2)]);
  });
});

test.each<[string, AppendFault, number]>([
  ['is not ready', { act: 'notReady' }, 2],
  ['is busy', { act: 'busy' }, 2],
  ['is unavailable', { act: 'status', code: 14 }, 2],
  ['has cancelled the call', { act: 'status', code: 1 }, 1],
  ['fails as it has never been seen to', { act: 'status', code: 2, message: 'Something else' }, 1],
  ['breaks the connection before it has applied an append', { act: 'drop', applied: false }, 1],
  ['breaks the connection inside an append', { act: 'cut', messages: 1 }, 1],
  ['breaks the connection after it has applied an append', { act: 'drop', applied: true }, 1],
  ['times out without a quorum, and applies the append never', { act: 'timeout' }, 1],
  ['times out without a quorum, and applies the append later', { act: 'timeout', applied: 100 }, 1],
])('when the server %s the append is tried again and recorded once, where it stands', async (_, how, times) => {
  const store = await at.open();
  await store.append([request('before', 's', -1, 3)]);
  at.server.misbehave({ on: 'batchAppend', times, how });
  const [answer] = await store.append([request('a', 's', 2, 2)]);
  expect(answer).toMatchObject({ status: 'recorded', firstPosition: 3, position: 4, revision: 4, eventIds: ids('a', 2) });
  await sleep(120);
  expect(stored()).toEqual([...ids('before', 3), ...ids('a', 2)]);
  expect([store.head().position, await store.append([request('a', 's', 2, 2)])]).toEqual([4, [{ ...answer, status: 'duplicate' }]]);
  const [, ...tries] = at.asked.appends().filter(({ stream }) => stream === 'navledger.s');
  expect(tries.length).toBeGreaterThanOrEqual(1);
  expect(tries).toEqual(tries.map(() => ({ stream: 'navledger.s', expected: 2n, ids: ids('a', 2) })));
});

describe('an append that times out without a quorum each time', () => {
  test('and is applied later is in doubt, then in the log once, and a duplicate when it is sent again', async () => {
    const store = await at.open({ timers: QUICK });
    let quorum!: () => void;
    const applied = new Promise<void>((resolve) => (quorum = resolve));
    at.server.misbehave({ on: 'batchAppend', times: Infinity, how: { act: 'timeout', applied } });
    expect((await fault(store.append([request('a', 's', -1, 2)]))).fault).toBe('in-doubt');
    at.server.heal();
    quorum();
    await until(() => store.head().position === 1);
    expect((await store.append([request('a', 's', -1, 2)]))[0]).toMatchObject({ status: 'duplicate', position: 1 });
    await sleep(600);
    expect(stored()).toEqual(ids('a', 2));
  });

  test('and is never applied is recorded when it is sent again', async () => {
    const store = await at.open({ timers: QUICK });
    at.server.misbehave({ on: 'batchAppend', times: Infinity, how: { act: 'timeout' } });
    expect((await fault(store.append([request('a', 's', -1, 2)]))).fault).toBe('in-doubt');
    at.server.heal();
    expect((await store.append([request('a', 's', -1, 2)]))[0]).toMatchObject({ status: 'recorded', position: 1 });
    expect(stored()).toEqual(ids('a', 2));
  });

  test('and is overtaken by another process is a conflict, and nothing of it in the log', async () => {
    const store = await at.open();
    const other = await at.open({ url: (await at.serve({ log: at.server.log })).url });
    let quorum!: () => void;
    at.server.misbehave({ on: 'batchAppend', how: { act: 'timeout', applied: new Promise<void>((resolve) => (quorum = resolve)) } });
    at.server.misbehave({ on: 'batchAppend', how: { act: 'late', until: 300 } });
    const append = fault(store.append([request('a', 's', -1, 2)]));
    await until(() => at.server.calls.batchAppend === 3);
    await other.append([request('first', 's', -1)]);
    quorum();
    expect(await append).toMatchObject({ fault: 'conflict', about: { stream: 's', expected: -1, actual: 0 } });
    expect([stored(), store.findCommand(request('a', 's', -1).commandId)]).toEqual([ids('first'), undefined]);
  });
});

test.each<[string, AppendFault]>([
  ['ready', { act: 'notReady' }],
  ['free', { act: 'busy' }],
  ['allowing it', { act: 'status', code: 7, message: 'Denied' }],
])('an append to a server that is never %s is refused as not applied, and can be sent again', async (_, how) => {
  const store = await at.open({ timers: QUICK });
  at.server.misbehave({ on: 'batchAppend', times: Infinity, how });
  expect(await fault(store.append([request('a', 's', -1)]))).toMatchObject({ fault: 'unavailable', faultClass: 'transient' });
  at.server.heal();
  expect((await store.append([request('a', 's', -1)]))[0]).toMatchObject({ status: 'recorded', position: 0 });
});

test('an append that may be applied is in doubt, though the server refuses the next try', async () => {
  const store = await at.open();
  at.server.misbehave({ on: 'batchAppend', how: { act: 'timeout' } });
  at.server.misbehave({ on: 'batchAppend', how: { act: 'status', code: 7, message: 'Denied' } });
  expect((await fault(store.append([request('a', 's', -1)]))).fault).toBe('in-doubt');
});

test('an answer given twice is taken once', async () => {
  const store = await at.open();
  at.server.misbehave({ on: 'batchAppend', times: 2, how: { act: 'answerTwice' } });
  for (const n of [0, 1, 2])
    expect((await store.append([request(`c${n}`, 's', n - 1)]))[0]).toMatchObject({ status: 'recorded', position: n });
  expect(stored()).toEqual(['c0', 'c1', 'c2'].flatMap((name) => ids(name)));
});

describe('a server that goes away', () => {
  test('and is back on its port has the append once', async () => {
    const store = await at.open();
    await store.append([request('before', 's', -1)]);
    await at.server.stop();
    const append = store.append([request('a', 's', 0)]);
    await sleep(200);
    await at.server.restart();
    expect((await append)[0]).toMatchObject({ status: 'recorded', position: 1 });
    expect(stored()).toEqual([...ids('before'), ...ids('a')]);
  });

  test('with megabytes of appends queued has them once when it is back', async () => {
    const store = await at.open();
    const data = JSON.stringify('x'.repeat(900_000));
    const calls = Array.from({ length: 16 }, (_, i) => store.append([request(`c${i}`, `s${i % 4}`, Math.floor(i / 4) - 1, 1, { data })]));
    await until(() => at.server.calls.batchAppend > 3);
    await at.server.stop();
    await sleep(50);
    await at.server.restart();
    expect((await Promise.all(calls)).map(([answer]) => answer!.status)).toEqual(calls.map(() => 'recorded'));
    expect([stored().length, new Set(stored()).size]).toEqual([16, 16]);
  });

  test('for good with megabytes of appends queued leaves no caller waiting, and what is not in doubt is not in the log', async () => {
    const store = await at.open({ timers: QUICK });
    const data = JSON.stringify('x'.repeat(900_000));
    const calls = Array.from({ length: 16 }, (_, i) =>
      store.append([request(`c${i}`, `s${i}`, -1, 1, { data })]).then(
        () => 'recorded',
        (error: { fault: string }) => error.fault,
      ),
    );
    await until(() => at.server.calls.batchAppend > 3);
    await at.server.stop();
    const [outcomes, millis] = await timed(Promise.all(calls));
    expect(millis).toBeLessThan(QUICK.appendMillis + 2 * QUICK.callMillis + QUICK.numberMillis + SLACK);
    const recorded = outcomes.filter((outcome) => outcome === 'recorded').length;
    const doubtful = outcomes.filter((outcome) => outcome === 'in-doubt').length;
    expect(outcomes.filter((outcome) => outcome === 'unavailable').length + recorded + doubtful).toBe(16);
    expect(stored().length).toBeGreaterThanOrEqual(recorded);
    expect(stored().length).toBeLessThanOrEqual(recorded + doubtful);
  });
});

test.each([-3600, -10, 10, 3600])('a clock that is %i seconds off the server does not matter', async (seconds) => {
  at.setClockAhead(-seconds);
  const store = await at.open({ clock: () => systemClock() + BigInt(seconds) * 1_000_000_000n });
  expect((await store.append([request('a', 's', -1)]))[0]).toMatchObject({ status: 'recorded', position: 0 });
  expect(at.server.calls.batchAppend).toBe(2);
});
