/**
 * The loopback server appends as the real one does, seen by the real client: expected revisions, ids that are known, several streams at once.
 * Reading, and what goes wrong on command, have specs of their own.
 */
import { randomUUID } from 'node:crypto';
import {
  AppendConsistencyViolationError,
  binaryEvent,
  jsonEvent,
  KurrentDBClient,
  STREAM_STATE,
  TimeoutError,
  UnknownError,
  UnsupportedError,
  WrongExpectedVersionError,
  type AppendStreamState,
  type ConsistencyCheck,
} from '@kurrent/kurrentdb-client';
import { LoopbackServer } from '../support/kurrentdb/loopback';
import { ids, noted } from '../support/kurrentdb/samples';

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

const append = (stream: string, streamState: AppendStreamState, list: string[]) =>
  client.appendToStream(stream, noted(...list), { streamState });
const revisions = (stream: string) => server.events().flatMap((event) => (event.stream === stream ? [event.id] : []));

const conflict = (streamName: string, expectedState: AppendStreamState, actualState: bigint | 'no_stream') => ({
  constructor: WrongExpectedVersionError,
  streamName,
  expectedState,
  actualState,
});

describe.each(['batchAppend', 'append'] as const)('appending by %s', (kind) => {
  const options = kind === 'append' ? { credentials: { username: 'any', password: 'any' } } : {};
  const put = (stream: string, streamState: AppendStreamState, list: string[]) =>
    client.appendToStream(stream, noted(...list), { streamState, ...options });

  test('events are stored as given, at positions that grow with gaps, and are answered with the last revision and position', async () => {
    const [a, b, c] = ids(3) as [string, string, string];
    const first = await put('s', 'no_stream', [a, b]);
    const second = await put('s', 1n, [c]);
    expect(server.calls[kind]).toBe(2);
    const stored = server.events();
    expect(stored).toMatchObject([a, b, c].map((id, i) => ({ stream: 's', revision: BigInt(i), id, type: 'noted', json: false })));
    expect(stored.map(({ data, metadata }) => [Buffer.from(data).toString(), Buffer.from(metadata).toString()])).toEqual(
      [a, b, c].map((id) => [id, `{"of":"${id}"}`]),
    );
    expect(first).toEqual({
      success: true,
      nextExpectedRevision: 1n,
      position: { commit: stored[1]!.commit, prepare: stored[1]!.prepare },
    });
    expect(second).toMatchObject({ nextExpectedRevision: 2n, position: { commit: stored[2]!.commit } });
    expect(stored[1]!.commit - stored[0]!.commit).toBeGreaterThan(1n);
    expect(stored[2]!.commit - stored[1]!.commit).toBeGreaterThan(1n);
  });

  test('another expectation than the head is a conflict that names both, and writes nothing', async () => {
    await expect(put('s', 0n, ids(1))).rejects.toMatchObject(conflict('s', 0n, 'no_stream'));
    await expect(put('s', 'stream_exists', ids(1))).rejects.toMatchObject(conflict('s', 'stream_exists', 'no_stream'));
    await put('s', 'any', ids(2));
    await put('s', 'stream_exists', ids(1));
    await expect(put('s', 'no_stream', ids(1))).rejects.toMatchObject(conflict('s', 'no_stream', 2n));
    await expect(put('s', 1n, ids(1))).rejects.toMatchObject(conflict('s', 1n, 2n));
    await expect(put('s', 3n, ids(1))).rejects.toMatchObject(conflict('s', 3n, 2n));
    expect(server.events()).toHaveLength(3);
  });

  test('the same ids after the same revision are answered as at first, also a part of them, and also later', async () => {
    const [a, b, c] = ids(3) as [string, string, string];
    const first = await put('s', 'no_stream', [a, b, c]);
    await put('s', 2n, ids(2));
    expect(await put('s', 'no_stream', [a, b, c])).toEqual(first);
    const [, stored] = server.events();
    const part = { success: true, nextExpectedRevision: 1n, position: { commit: stored!.commit, prepare: stored!.prepare } };
    expect(await put('s', 'no_stream', [a, b])).toEqual(part);
    expect(await put('s', 0n, [b])).toEqual(part);
    expect(server.events()).toHaveLength(5);
  });

  test('ids that were written only in part, or in another order, are a conflict', async () => {
    const [a, b, c] = ids(3) as [string, string, string];
    await put('s', 'no_stream', [a, b]);
    await expect(put('s', 'no_stream', [a, c])).rejects.toThrow(WrongExpectedVersionError);
    await expect(put('s', 'no_stream', [b, a])).rejects.toThrow(WrongExpectedVersionError);
    await expect(put('s', 'no_stream', [a, b, c])).rejects.toThrow(WrongExpectedVersionError);
    await expect(put('s', 'any', [a, c])).rejects.toThrow(WrongExpectedVersionError);
    expect(revisions('s')).toEqual([a, b]);
  });

  test('the same ids at the head are written a second time, and an id twice in a request twice', async () => {
    const [a, b] = ids(2) as [string, string];
    await put('s', 'no_stream', [a]);
    expect(await put('s', 0n, [a])).toMatchObject({ success: true, nextExpectedRevision: 1n });
    await put('s', 1n, [b, b]);
    expect(revisions('s')).toEqual([a, a, b, b]);
  });

  test('with any revision the same ids are found in their stream only', async () => {
    const [a] = ids(1) as [string];
    const first = await put('s', 'any', [a]);
    expect(await put('s', 'any', [a])).toEqual(first);
    await put('t', 'any', [a]);
    expect(server.events().map(({ stream }) => stream)).toEqual(['s', 't']);
  });

  test('an empty append succeeds and creates nothing', async () => {
    await expect(put('s', 'no_stream', [])).resolves.toMatchObject({ success: true });
    expect(server.events()).toEqual([]);
  });
});

test('throwOnAppendFailure=false reports a revision that is not the stream’s', async () => {
  const lenient = KurrentDBClient.connectionString(`${server.url}&throwOnAppendFailure=false`);
  await append('s', 'no_stream', ids(5));
  const wrong = await lenient.appendToStream('s', noted(...ids(1)), { streamState: 'no_stream' });
  expect(wrong).toEqual({ success: false, nextExpectedRevision: 1n, position: undefined });
  await lenient.dispose();
});

test('a deadline that has passed, as by a client clock that is behind, times out at once and writes nothing', async () => {
  const late = client.appendToStream('s', noted(...ids(1)), { deadline: -10_000 });
  await expect(late).rejects.toMatchObject({ type: 'deadline-exceeded', message: '' });
  expect(server.events()).toEqual([]);
});

describe('several streams at once', () => {
  const record = (streamName: string, id: string) => ({
    streamName,
    record: jsonEvent({ id, type: 'noted', data: { id }, metadata: { key: 'v' } }),
  });
  const check = (streamName: string, expectedState: AppendStreamState): ConsistencyCheck => ({
    type: STREAM_STATE,
    streamName,
    expectedState,
  });
  const part = (streamName: string, expectedState: AppendStreamState, list: string[]) => ({
    streamName,
    expectedState,
    events: list.map((id) => binaryEvent({ id, type: 'noted', data: Buffer.from(id) })),
  });

  test('appendRecords writes in its order, all or nothing, when every check holds, also of a stream that it does not write', async () => {
    const [a, b, c] = ids(3) as [string, string, string];
    await append('gate', 'no_stream', ids(1));
    const records = [record('x', a), record('y', b), record('x', c)];
    const broken = client.appendRecords(records, [check('x', 'no_stream'), check('gate', 7n)]);
    await expect(broken).rejects.toMatchObject({
      constructor: AppendConsistencyViolationError,
      violations: [{ checkIndex: 1, streamName: 'gate', expectedState: 7n, actualState: 0n }],
    });
    expect(server.events()).toHaveLength(1);
    const done = await client.appendRecords(records, [check('x', 'no_stream'), check('gate', 0n)]);
    const [, ...written] = server.events();
    expect(written.map(({ stream, revision, id }) => [stream, revision, id])).toEqual([
      ['x', 0n, a],
      ['y', 0n, b],
      ['x', 1n, c],
    ]);
    expect(done).toEqual({
      position: written[0]!.commit,
      responses: [
        { streamName: 'x', revision: 1n },
        { streamName: 'y', revision: 0n },
      ],
    });
    expect(new Set(written.map(({ commit }) => commit)).size).toBe(1);
    expect(new Set(written.map(({ prepare }) => prepare)).size).toBe(3);
    expect(written.every(({ commit, prepare }) => commit > prepare)).toBe(true);
    expect(JSON.parse(Buffer.from(written[0]!.metadata).toString())).toEqual({
      key: 'v',
      '$schema.name': 'noted',
      '$schema.format': 'Json',
    });
    expect(await client.appendRecords(records, [check('x', 'no_stream'), check('gate', 99n)])).toMatchObject({ responses: done.responses });
    expect(server.events()).toHaveLength(4);
  });

  test('appendRecords refuses a request without records, and two checks of one stream', async () => {
    await expect(client.appendRecords([], [check('x', 'any')])).rejects.toMatchObject({ constructor: UnknownError, code: 3 });
    const twice = client.appendRecords([record('x', randomUUID())], [check('y', 'any'), check('Y', 'no_stream')]);
    await expect(twice).rejects.toMatchObject({ constructor: UnknownError, code: 3 });
    expect(server.events()).toEqual([]);
  });

  test('multiStreamAppend writes all streams or none, knows its own ids again, and refuses a stream named twice', async () => {
    const [a, b, c] = ids(3) as [string, string, string];
    const done = await client.multiStreamAppend([part('x', 'no_stream', [a, b]), part('y', 'no_stream', [c])]);
    expect(done.responses).toEqual([
      { streamName: 'x', revision: 1n },
      { streamName: 'y', revision: 0n },
    ]);
    expect(Buffer.from(server.events()[0]!.metadata).toString()).toBe('{"$schema.format":"Bytes","$schema.name":"noted"}');
    const again = await client.multiStreamAppend([part('x', 'no_stream', [a, b]), part('y', 'no_stream', [c])]);
    expect(again.responses).toEqual(done.responses);
    const half = client.multiStreamAppend([part('x', 1n, ids(1)), part('y', 'no_stream', ids(1))]);
    await expect(half).rejects.toMatchObject(conflict('y', 'no_stream', 0n));
    await expect(client.multiStreamAppend([part('z', 'any', ids(1)), part('Z', 'any', ids(1))])).rejects.toThrow(TimeoutError);
    expect(server.events()).toHaveLength(3);
  });

  test('a server without them is asked once, and then they are not called', async () => {
    const old = await LoopbackServer.start({ features: [] });
    const other = KurrentDBClient.connectionString(old.url);
    await expect(other.appendRecords([record('x', randomUUID())], [])).rejects.toThrow(UnsupportedError);
    await expect(other.multiStreamAppend([part('x', 'any', ids(1))])).rejects.toThrow(UnsupportedError);
    await other.appendToStream('s', noted(...ids(1)));
    expect(old.calls).toMatchObject({ features: 1, append: 1, batchAppend: 0, appendRecords: 0, multiStreamAppend: 0 });
    await other.dispose();
    await old.stop();
  });
});
