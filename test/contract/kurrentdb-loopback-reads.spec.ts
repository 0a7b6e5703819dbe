/**
 * The loopback server is read and subscribed to as the real one is, seen by the real client, whose reads go through its native part.
 */
import {
  BACKWARDS,
  END,
  eventTypeFilter,
  KurrentDBClient,
  START,
  StreamNotFoundError,
  streamNameFilter,
  type AllStreamSubscription,
  type AppendStreamState,
  type Position,
} from '@kurrent/kurrentdb-client';
import { LoopbackServer } from '../support/kurrentdb/loopback';
import { collect, ids, noted, until } from '../support/kurrentdb/samples';

let server: LoopbackServer;
let client: KurrentDBClient;
let positions: Position[];

const append = (stream: string, streamState: AppendStreamState, list: string[]) =>
  client.appendToStream(stream, noted(...list), { streamState });
const names = (items: readonly { event?: { streamId: string; revision: bigint } }[]) =>
  items.map(({ event }) => `${event!.streamId}@${event!.revision}`);

beforeEach(async () => {
  server = await LoopbackServer.start();
  client = KurrentDBClient.connectionString(server.url);
  await append('a-1', 'no_stream', ids(3));
  await append('b-1', 'no_stream', ids(2));
  await append('a-2', 'no_stream', ids(1));
  positions = server.events().map(({ commit, prepare }) => ({ commit, prepare }));
});

afterEach(async () => {
  await client.dispose();
  await server.stop();
});

test('a stream is read in both directions, from a revision on inclusively, so many events', async () => {
  const read = async (options: Parameters<KurrentDBClient['readStream']>[1]) => names(await collect(client.readStream('a-1', options)));
  expect(await read({})).toEqual(['a-1@0', 'a-1@1', 'a-1@2']);
  expect(await read({ fromRevision: 1n })).toEqual(['a-1@1', 'a-1@2']);
  expect(await read({ fromRevision: 1n, maxCount: 1 })).toEqual(['a-1@1']);
  expect(await read({ fromRevision: 3n })).toEqual([]);
  expect(await read({ direction: BACKWARDS, fromRevision: END, maxCount: 2 })).toEqual(['a-1@2', 'a-1@1']);
  expect(await read({ direction: BACKWARDS, fromRevision: 1n })).toEqual(['a-1@1', 'a-1@0']);
  await expect(collect(client.readStream('none'))).rejects.toThrow(StreamNotFoundError);
});

test('what is read is what was written, byte for byte, with its position', async () => {
  const [first] = await collect(client.readStream('b-1'));
  const [, , , stored] = server.events();
  const { data, metadata, created, ...rest } = first!.event!;
  expect(rest).toEqual({ streamId: 'b-1', id: stored!.id, revision: 0n, type: 'noted', isJson: false, position: positions[3] });
  expect(Buffer.from(data as Uint8Array)).toEqual(Buffer.from(stored!.data));
  expect(metadata).toEqual({ of: stored!.id });
  expect(created.getTime()).toBe(Math.floor(stored!.created / 1000) * 1000);
});

test('$all is read in both directions from a position on, and by stream or type', async () => {
  const read = async (options: Parameters<KurrentDBClient['readAll']>[0]) => names(await collect(client.readAll(options)));
  const whole = ['a-1@0', 'a-1@1', 'a-1@2', 'b-1@0', 'b-1@1', 'a-2@0'];
  expect(await read({})).toEqual(whole);
  expect(await read({ fromPosition: positions[3]! })).toEqual(whole.slice(3));
  expect(await read({ fromPosition: positions[3]!, direction: BACKWARDS })).toEqual(whole.slice(0, 3).reverse());
  expect(await read({ fromPosition: END, direction: BACKWARDS, maxCount: 1 })).toEqual(['a-2@0']);
  expect(await read({ filter: streamNameFilter({ prefixes: ['b-', 'a-2'] }) })).toEqual(whole.slice(3));
  expect(await read({ filter: streamNameFilter({ regex: '-1$' }), fromPosition: positions[1]!, maxCount: 3 })).toEqual(whole.slice(1, 4));
  expect(await read({ filter: eventTypeFilter({ prefixes: ['other'] }) })).toEqual([]);
});

test('the metadata of a stream is a stream, and hides events from reads of the stream only', async () => {
  await client.setStreamMetadata('a-1', { maxCount: 2 });
  expect(await client.getStreamMetadata('a-1')).toMatchObject({ metadata: { maxCount: 2 } });
  expect(await client.getStreamMetadata('b-1')).toEqual({ streamName: 'b-1' });
  expect(names(await collect(client.readStream('a-1')))).toEqual(['a-1@1', 'a-1@2']);
  await client.setStreamMetadata('a-1', { truncateBefore: 2 });
  expect(names(await collect(client.readStream('a-1')))).toEqual(['a-1@2']);
  await client.setStreamMetadata('b-1', { maxAge: 0 });
  expect(names(await collect(client.readStream('b-1')))).toEqual([]);
  expect((await collect(client.readAll())).length).toBe(9);
});

test('a subscription gives what is there, says that it is caught up, and gives what comes, after its position exclusively', async () => {
  const seen: string[] = [];
  const subscription = client.subscribeToAll({ fromPosition: positions[2]! });
  subscription.on('data', ({ event }) => seen.push(`${event!.streamId}@${event!.revision}`));
  const caught = await new Promise((resolve) => subscription.once('caughtUp', resolve));
  expect(caught).toMatchObject({ position: positions[5] });
  expect(seen).toEqual(['b-1@0', 'b-1@1', 'a-2@0']);
  await append('a-2', 0n, ids(2));
  await until(() => seen.length === 5);
  expect(seen.slice(3)).toEqual(['a-2@1', 'a-2@2']);
  await subscription.unsubscribe();
});

test('created is in milliseconds on a subscription', async () => {
  const subscription = client.subscribeToAll({ fromPosition: START });
  const first = await new Promise<{ event?: { created: Date } }>((resolve) => subscription.once('data', resolve));
  expect(first.event!.created.getTime()).toBe(server.events()[0]!.created);
  await subscription.unsubscribe();
});

test('a filtered subscription moves its checkpoint also by what it leaves out', async () => {
  const checkpoints: Position[] = [];
  const checkpointReached = async (_: AllStreamSubscription, position: Position) => void checkpoints.push(position);
  const filter = streamNameFilter({ prefixes: ['b-'], maxSearchWindow: 2, checkpointInterval: 1, checkpointReached });
  const seen: string[] = [];
  const subscription = client.subscribeToAll({ filter });
  subscription.on('data', ({ event }) => seen.push(`${event!.streamId}@${event!.revision}`));
  await new Promise((resolve) => subscription.once('caughtUp', resolve));
  expect(seen).toEqual(['b-1@0', 'b-1@1']);
  expect(checkpoints).toEqual([positions[1], positions[3], positions[5], positions[5]]);
  await append('a-1', 2n, ids(2));
  await until(() => checkpoints.length === 5);
  const { commit, prepare } = server.events().at(-1)!;
  expect(checkpoints[4]).toEqual({ commit, prepare });
  await subscription.unsubscribe();
});
