/**
 * Several loopback servers over one log, seen by the real client: how it finds the leader, and what it says when the leader has changed or is gone.
 */
import { KurrentDBClient, NotLeaderError, UnavailableError, UnknownError } from '@kurrent/kurrentdb-client';
import { LoopbackCluster } from '../support/kurrentdb/cluster';
import { collect, ids, noted, outcome, plain, until } from '../support/kurrentdb/samples';

let cluster: LoopbackCluster;
let found: KurrentDBClient;
const write = (list: string[], requiresLeader: boolean) => found.appendToStream('c', noted(...list), { requiresLeader });
const batches = () => cluster.nodes.map(({ calls }) => calls.batchAppend);

beforeEach(async () => {
  cluster = await LoopbackCluster.start(3);
  found = KurrentDBClient.connectionString(cluster.url);
});

afterEach(async () => {
  await found.dispose();
  await cluster.stop();
});

test('the client finds the leader by gossip', async () => {
  cluster.elect(2);
  await write(ids(1), true);
  expect(batches()).toEqual([0, 0, 1]);
  expect(await collect(found.readAll())).toHaveLength(1);
  expect(cluster.nodes[0]!.events()).toEqual(cluster.events());
});

test('a node that no longer leads turns away what requires the leader, once; the client goes on with the leader that it named', async () => {
  await write(ids(1), true);
  cluster.elect(1);
  const error = await outcome(write(ids(1), true));
  expect(error).toMatchObject({ constructor: NotLeaderError, leader: cluster.nodes[1]!.endpoint });
  await write(ids(1), true);
  expect(batches()).toEqual([2, 1, 0]);
  expect(cluster.events()).toHaveLength(2);
});

test('a node may also be told to name another, to a unary call too', async () => {
  const leader = cluster.nodes[2]!.endpoint;
  cluster.nodes[0]!.misbehave({ on: 'append', how: { act: 'notLeader', leader } });
  const unary = found.appendToStream('c', noted(...ids(1)), { credentials: { username: 'any', password: 'any' } });
  expect(await outcome(unary)).toMatchObject({ constructor: NotLeaderError, leader });
  await write(ids(1), false);
  expect(batches()).toEqual([0, 0, 1]);
});

test('a follower passes on what does not require the leader, but never what writes several streams, whose error has the leader in its text only', async () => {
  const direct = KurrentDBClient.connectionString(cluster.nodes[1]!.url);
  await direct.appendToStream('c', noted(...ids(1)));
  const { port } = cluster.leader.endpoint;
  const refused = { constructor: UnknownError, code: 9, message: expect.stringContaining(`127.0.0.1:${port}`) as string };
  await expect(direct.multiStreamAppend([{ streamName: 'c', expectedState: 0n, events: [plain()] }])).rejects.toMatchObject(refused);
  await expect(direct.appendRecords([{ streamName: 'c', record: plain() }], [])).rejects.toMatchObject(refused);
  await direct.dispose();
});

test('without a leader nodes are not ready; when another is elected all goes on, with the same log', async () => {
  const list = ids(1);
  await write(list, true);
  await cluster.leader.stop();
  expect(await outcome(write(ids(1), true))).toMatchObject({ code: 14 });
  const follower = KurrentDBClient.connectionString(cluster.nodes[2]!.url);
  await expect(follower.appendToStream('c', noted(...ids(1)))).rejects.toThrow('Could not recognize Server Is Not Ready');
  await follower.dispose();
  cluster.elect(2);
  await until(() => cluster.leader.up);
  await write(ids(1), true);
  expect(cluster.events().map(({ id }) => id)).toContain(list[0]);
  expect(cluster.events()).toHaveLength(2);
  await cluster.nodes[0]!.restart();
  expect(cluster.nodes[0]!.events()).toHaveLength(2);
});

test('reads stay with the node that they began with: when it is gone they fail although another leads, and a new client reads', async () => {
  await write(ids(1), true);
  await expect(collect(found.readAll())).resolves.toHaveLength(1);
  cluster.elect(1);
  await cluster.nodes[0]!.stop();
  for (let i = 0; i < 3; i += 1) expect(await outcome(collect(found.readAll()))).toBeInstanceOf(UnavailableError);
  expect(cluster.nodes.map(({ calls }) => calls.readAll)).toEqual([1, 0, 0]);
  const fresh = KurrentDBClient.connectionString(cluster.url);
  await expect(collect(fresh.readAll())).resolves.toHaveLength(1);
  await fresh.dispose();
});

test('reads that meet a node that no longer leads fail once with NotLeaderError', async () => {
  await write(ids(1), true);
  await expect(collect(found.readAll())).resolves.toHaveLength(1);
  cluster.elect(1);
  expect(await outcome(collect(found.readAll()))).toMatchObject({ message: expect.stringContaining('NotLeaderError') as string });
  await expect(collect(found.readAll())).resolves.toHaveLength(1);
});
