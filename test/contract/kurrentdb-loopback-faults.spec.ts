/**
 * What the loopback server does wrong on command, and what the real client makes of it: what an adapter has to be ready for.
 */
import {
  CancelledError,
  DeadlineExceededError,
  isCommandError,
  KurrentDBClient,
  UnavailableError,
  UnknownError,
  type AllStreamSubscription,
} from '@kurrent/kurrentdb-client';
import { BatchAppendResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb';
import { setTimeout } from 'node:timers/promises';
import type { Faults } from '../support/kurrentdb/faults';
import { LoopbackServer } from '../support/kurrentdb/loopback';
import { collect, ids, noted, outcome, plain, until } from '../support/kurrentdb/samples';

let server: LoopbackServer;
let client: KurrentDBClient;

beforeEach(async () => {
  server = await LoopbackServer.start();
  client = KurrentDBClient.connectionString(server.url);
});

afterEach(async () => {
  await client.dispose();
  await server.stop();
});

const credentials = { username: 'any', password: 'any' };
const stored = () => server.events().map(({ id }) => id);
const put = (list: string[], streamState: bigint | 'no_stream' = 'no_stream') =>
  client.appendToStream('s', noted(...list), { streamState });
/** `pending` when the promise comes to nothing within so many milliseconds. */
const within = (ms: number, promise: Promise<unknown>) => Promise.race([outcome(promise), setTimeout(ms, 'pending', { ref: false })]);

describe('appends', () => {
  test('what is never answered hangs, whatever the deadline, and nothing is written', async () => {
    server.misbehave({ on: 'batchAppend', how: { act: 'never' } });
    const hanging = client.appendToStream('s', noted(...ids(1)), { deadline: 50 });
    expect(await within(300, hanging)).toBe('pending');
    expect(server.events()).toEqual([]);
    await expect(put(ids(1))).resolves.toMatchObject({ success: true });
  });

  test('the unary call does keep its deadline', async () => {
    server.misbehave({ on: 'append', how: { act: 'never' } });
    const refused = client.appendToStream('s', noted(...ids(1)), { deadline: 100, credentials });
    await expect(refused).rejects.toThrow(DeadlineExceededError);
  });

  test('a late answer comes when it is let go', async () => {
    let release!: () => void;
    server.misbehave({ on: 'batchAppend', how: { act: 'late', until: new Promise<void>((resolve) => (release = resolve)) } });
    const late = put(ids(1));
    expect(await within(50, late)).toBe('pending');
    expect(server.events()).toEqual([]);
    release();
    await expect(late).resolves.toMatchObject({ nextExpectedRevision: 0n });
  });

  test.each([
    ['notReady', 'Could not recognize Server Is Not Ready'],
    ['busy', 'Could not recognize Server Is Busy'],
  ] as const)('%s is an UnknownError without a code, and the connection stays', async (act, message) => {
    server.misbehave({ on: 'batchAppend', skip: 1, times: 2, how: { act } });
    await put(ids(1));
    await expect(put(ids(1), 0n)).rejects.toMatchObject({ constructor: UnknownError, code: undefined, message });
    await expect(put(ids(1), 0n)).rejects.toThrow(UnknownError);
    await put(ids(1), 0n);
    expect(server.calls).toMatchObject({ batchAppend: 4, features: 1 });
    expect(server.events()).toHaveLength(2);
  });

  test('the unary call and those of several streams fail with UNAVAILABLE instead', async () => {
    for (const act of ['notReady', 'busy'] as const) {
      for (const on of ['append', 'appendRecords', 'multiStreamAppend'] as const) server.misbehave({ on, how: { act } });
      const unavailable = { constructor: UnavailableError, code: 14 };
      await expect(client.appendToStream('s', noted(...ids(1)), { credentials })).rejects.toMatchObject(unavailable);
      await expect(client.appendRecords([{ streamName: 's', record: plain() }], [])).rejects.toMatchObject(unavailable);
      const session = client.multiStreamAppend([{ streamName: 's', expectedState: 'any', events: [plain()] }]);
      await expect(session).rejects.toMatchObject(unavailable);
    }
  });

  test.each([
    ['before', false],
    ['after', true],
  ])('a connection that breaks %s the events are in fails the call with code 14, and a retry settles it', async (_, applied) => {
    const list = ids(2);
    await put(ids(1));
    server.misbehave({ on: 'batchAppend', how: { act: 'drop', applied } });
    expect(await outcome(put(list, 0n))).toMatchObject({ code: 14 });
    expect(server.events()).toHaveLength(applied ? 3 : 1);
    await expect(put(list, 0n)).resolves.toMatchObject({ success: true, nextExpectedRevision: 2n });
    expect(stored().slice(1)).toEqual(list);
  });

  test('a connection that breaks inside a request writes nothing of it', async () => {
    server.misbehave({ on: 'batchAppend', how: { act: 'cut', messages: 2 } });
    const parts = { streamState: 'no_stream', batchAppendSize: 200 } as const;
    server.misbehave({ on: 'append', how: { act: 'cut', messages: 3 } });
    expect(await outcome(client.appendToStream('s', noted(...ids(8)), parts))).toMatchObject({ code: 14 });
    expect(await outcome(client.appendToStream('s', noted(...ids(8)), { credentials }))).toMatchObject({ code: 14 });
    expect(server.events()).toEqual([]);
    await expect(client.appendToStream('s', noted(...ids(8)), parts)).resolves.toMatchObject({ nextExpectedRevision: 7n });
  });

  test('a muted answer leaves the events in and the call hanging; the same ids are answered as at first', async () => {
    const list = ids(1);
    server.misbehave({ on: 'batchAppend', how: { act: 'mute' } });
    expect(await within(50, put(list))).toBe('pending');
    expect(stored()).toEqual(list);
    await expect(put(list)).resolves.toMatchObject({ nextExpectedRevision: 0n });
    expect(stored()).toEqual(list);
  });

  test('an answer given twice is taken once', async () => {
    const answers = jest.spyOn(BatchAppendResp, 'deserializeBinary');
    server.misbehave({ on: 'batchAppend', how: { act: 'answerTwice' } });
    await expect(put(ids(1))).resolves.toMatchObject({ nextExpectedRevision: 0n });
    await expect(put(ids(1), 0n)).resolves.toMatchObject({ nextExpectedRevision: 1n });
    expect(answers).toHaveBeenCalledTimes(3);
    answers.mockRestore();
  });

  test('what timed out without a quorum is in the log later', async () => {
    const list = ids(2);
    let quorum!: () => void;
    server.misbehave({ on: 'batchAppend', how: { act: 'timeout', applied: new Promise<void>((resolve) => (quorum = resolve)) } });
    await expect(put(list)).rejects.toMatchObject({ constructor: DeadlineExceededError, message: '' });
    expect(server.events()).toEqual([]);
    quorum();
    await until(() => server.events().length === 2);
    await expect(put(list)).resolves.toMatchObject({ nextExpectedRevision: 1n });
    expect(stored()).toEqual(list);
  });

  test('and not at all when another has written first', async () => {
    const [late, first] = ids(2) as [string, string];
    server.misbehave({ on: 'batchAppend', how: { act: 'timeout', applied: 20 } });
    await expect(put([late])).rejects.toThrow(DeadlineExceededError);
    await put([first]);
    await setTimeout(40);
    expect(stored()).toEqual([first]);
  });
});

describe('reads', () => {
  beforeEach(async () => {
    await put(ids(5));
  });

  test('a read that is never answered hangs; the next one is served', async () => {
    server.misbehave({ on: 'read', how: { act: 'never' } });
    const hanging = collect(client.readStream('s'));
    await until(() => server.calls.read === 1);
    expect(await within(100, hanging)).toBe('pending');
    await expect(collect(client.readStream('s'))).resolves.toHaveLength(5);
  });

  test('a refused read is an UnavailableError, and one that breaks off has given what it had or nothing', async () => {
    server.misbehave({ on: 'readAll', how: { act: 'notReady' } });
    expect(await outcome(collect(client.readAll()))).toBeInstanceOf(UnavailableError);
    server.misbehave({ on: 'readAll', how: { act: 'drop', after: 2 } });
    expect(await outcome(collect(client.readAll()))).toBeInstanceOf(Error);
    server.misbehave({ on: 'readAll', how: { act: 'end', after: 2 } });
    await expect(collect(client.readAll())).resolves.toHaveLength(2);
    server.misbehave({ on: 'readAll', how: { act: 'fail', after: 2, code: 14 } });
    expect(await outcome(collect(client.readAll()))).toBeInstanceOf(UnavailableError);
  });

  test('a slow read takes its time', async () => {
    server.misbehave({ on: 'readAll', how: { act: 'slow', ms: 30 } });
    const from = performance.now();
    await expect(collect(client.readAll())).resolves.toHaveLength(5);
    expect(performance.now() - from).toBeGreaterThanOrEqual(140);
  });
});

describe('subscriptions', () => {
  const list = ids(4);

  /** Subscribes, and notes everything that the subscription says. */
  function watch(how?: Faults['subscribe']): { said: unknown[]; subscription: AllStreamSubscription } {
    if (how) server.misbehave({ on: 'subscribe', how });
    const said: unknown[] = [];
    const subscription = client.subscribeToAll();
    subscription.on('data', ({ event }) => said.push(list.indexOf(event!.id)));
    for (const name of ['caughtUp', 'end', 'close'] as const) subscription.on(name, () => said.push(name));
    subscription.on('error', (error) => said.push(error.constructor));
    return { said, subscription };
  }

  beforeEach(async () => {
    await put(list);
  });

  test.each([
    ['UNAVAILABLE', 14, UnavailableError],
    ['CANCELLED', 1, CancelledError],
  ])('one that fails with %s says so once, and never more', async (_, code, type) => {
    const { said } = watch({ act: 'fail', after: 2, code });
    await until(() => said.length === 3);
    await put(ids(1), 3n);
    await setTimeout(50);
    expect(said).toEqual([0, 1, type]);
    expect(server.calls.subscribe).toBe(1);
  });

  test('one whose connection breaks says so once', async () => {
    const { said } = watch({ act: 'drop', after: 0 });
    await until(() => said.length > 0);
    await setTimeout(50);
    expect(said).toEqual([UnavailableError]);
  });

  test('one that the server ends cleanly ends without an error', async () => {
    const { said } = watch({ act: 'end', after: 3 });
    await until(() => said.includes('end'));
    await setTimeout(20);
    expect(said).toEqual([0, 1, 2, 'end', 'close']);
  });

  test('one that stalls says nothing', async () => {
    const { said, subscription } = watch({ act: 'stall', after: 3 });
    await until(() => said.length === 3);
    await setTimeout(50);
    expect(said).toEqual([0, 1, 2]);
    await subscription.unsubscribe();
  });

  test('an event may come twice', async () => {
    const { said, subscription } = watch({ act: 'duplicate', after: 2 });
    await until(() => said.includes('caughtUp'));
    expect(said).toEqual([0, 1, 1, 2, 3, 'caughtUp']);
    await subscription.unsubscribe();
  });

  test('one that is refused says so', async () => {
    const { said } = watch({ act: 'notReady' });
    await until(() => said[0] === UnavailableError);
  });
});

describe('a server that is down', () => {
  test('fails appends with a plain error of code 14, and comes back on its port with its log', async () => {
    const list = ids(2);
    await put(list);
    const { url } = server;
    await server.stop();
    await outcome(put(ids(1), 1n)); // the first may meet the old connection
    const error = (await outcome(put(ids(1), 1n))) as Error;
    expect(error).toMatchObject({ code: 14 });
    expect(isCommandError(error)).toBe(false);
    await server.restart();
    expect(server.url).toBe(url);
    await expect(put(ids(1), 1n)).resolves.toMatchObject({ nextExpectedRevision: 2n });
    expect(stored().slice(0, 2)).toEqual(list);
  });

  test('fails reads while it is down', async () => {
    await put(ids(2));
    await expect(collect(client.readStream('s'))).resolves.toHaveLength(2);
    await server.stop();
    expect(await outcome(collect(client.readStream('s')))).toBeInstanceOf(UnavailableError);
    await server.restart();
    await expect(collect(client.readStream('s'))).resolves.toHaveLength(2);
  });

  test('is down for ever to the reads of a client whose first read met it so; its appends go on, and a new client reads', async () => {
    await server.stop();
    expect(await outcome(collect(client.readAll()))).toBeInstanceOf(UnavailableError);
    await server.restart();
    await put(ids(1)).catch(() => put(ids(1)));
    expect(await outcome(collect(client.readAll()))).toBeInstanceOf(UnavailableError);
    expect(server.calls.readAll).toBe(0);
    const fresh = KurrentDBClient.connectionString(server.url);
    await expect(collect(fresh.readAll())).resolves.toHaveLength(1);
    await fresh.dispose();
  });
});

test('rules befall calls in the order of their arrival: so many are let by, then so many are befallen, and the oldest rule counts', async () => {
  server.misbehave({ on: 'batchAppend', skip: 1, times: 1, how: { act: 'busy' } });
  server.misbehave({ on: 'batchAppend', times: Infinity, how: { act: 'notReady' } });
  const messages: unknown[] = [];
  for (let i = 0; i < 4; i += 1) messages.push(((await outcome(put(ids(1)))) as Error).message.split(' ').at(-1));
  expect(messages).toEqual(['Ready', 'Busy', 'Ready', 'Ready']);
  server.heal();
  await expect(put(ids(1))).resolves.toMatchObject({ success: true });
});

test('features that are refused fail what asks for them', async () => {
  server.misbehave({ on: 'features', how: { act: 'notReady' } });
  expect(await outcome(put(ids(1)))).toMatchObject({ code: 14 });
  await expect(put(ids(1))).resolves.toMatchObject({ success: true });
});
