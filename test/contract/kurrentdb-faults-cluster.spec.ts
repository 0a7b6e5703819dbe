/** A cluster whose leader changes, is killed or is asked in vain: appends find their way to whoever leads, and are recorded once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from '../support/events';
import { LoopbackCluster } from '../support/kurrentdb/cluster';
import type { AppendFault } from '../support/kurrentdb/faults';
import { until } from '../support/kurrentdb/samples';
import { bench, fault, QUICK } from './kurrentdb-faults';

let cluster: LoopbackCluster;
// Before the bench's, so that stores are closed while there are servers.
const at = bench();

beforeEach(async () => {
  cluster = await LoopbackCluster.start(3);
});
afterEach(() => cluster.stop());

const booked = (): string[] => cluster.events().flatMap(({ stream, id }) => (stream.startsWith('navledger.') ? [id] : []));
const ids = (name: string, count = 1): string[] => request(name, 's', -1, count).events.map(({ eventId }) => eventId);

describe.each(['one stream', 'several streams'])('an append to %s', (streams) => {
  /** Of three events in all. */
  const requests = (name: string, revision: number) =>
    streams === 'one stream'
      ? [request(name, 's', revision, 3)]
      : [request(name, 's', revision, 2), request(`${name} too`, 't', revision, 1)];
  const all = (name: string): string[] => requests(name, -1).flatMap(({ events }) => events.map(({ eventId }) => eventId));
  const next = streams === 'one stream' ? 2 : 1;

  test('goes to the leader after another was elected', async () => {
    const store = await at.open({ url: cluster.url });
    await store.append([requests('a', -1)[0]!]);
    cluster.elect(1);
    const answers = await store.append(requests('b', next).map((r) => ({ ...r, expectedRevision: store.streamHead(r.stream) })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 'recorded'));
    expect(answers.at(-1)!.position).toBe(store.head().position);
    expect(booked()).toEqual([...requests('a', -1)[0]!.events.map(({ eventId }) => eventId), ...all('b')]);
  });

  test('that meets the leader as it is killed is recorded once by the next', async () => {
    const store = await at.open({ url: cluster.url });
    await store.append([request('before', 'u', -1)]);
    const how: AppendFault = { act: 'drop', applied: true };
    cluster.leader.misbehave({ on: streams === 'one stream' ? 'batchAppend' : 'appendRecords', how });
    const append = store.append(requests('a', -1));
    await until(() => booked().length > 1);
    await cluster.nodes[0]!.stop();
    await sleep(150);
    cluster.elect(2);
    expect((await append).at(-1)).toMatchObject({ status: 'recorded', position: 3 });
    expect(booked()).toEqual([...ids('before'), ...all('a')]);
    expect((await store.append(requests('a', -1))).map(({ status }) => status)).toEqual(requests('a', -1).map(() => 'duplicate'));
  });

  test('waits for a leader while there is none', async () => {
    const store = await at.open({ url: cluster.url });
    await cluster.nodes[0]!.stop();
    const append = store.append(requests('a', -1));
    await sleep(200);
    expect(booked()).toEqual([]);
    cluster.elect(1);
    expect((await append).at(-1)).toMatchObject({ status: 'recorded', position: 2 });
    await until(() => store.following().live);
  });

  test('is in doubt or not applied when no leader comes, and recorded once when one has', async () => {
    const store = await at.open({ url: cluster.url, timers: QUICK });
    await cluster.nodes[0]!.stop();
    expect(['in-doubt', 'unavailable']).toContain((await fault(store.append(requests('a', -1)))).fault);
    cluster.elect(1);
    await until(() => store.following().live);
    expect((await store.append(requests('a', -1))).at(-1)).toMatchObject({ status: 'recorded', position: 2 });
    expect(booked()).toEqual(all('a'));
  });

  test('on a node that says who leads goes there', async () => {
    const store = await at.open({ url: cluster.url });
    const [first, other] = cluster.nodes as [LoopbackCluster['leader'], LoopbackCluster['leader']];
    const on = streams === 'one stream' ? 'batchAppend' : 'appendRecords';
    const before = other.calls[on];
    first.misbehave({ on, times: Infinity, how: { act: 'notLeader', leader: other.endpoint } });
    cluster.elect(1);
    expect((await store.append(requests('a', -1))).at(-1)).toMatchObject({ status: 'recorded', position: 2 });
    expect(other.calls[on]).toBeGreaterThan(before);
    expect(booked()).toEqual(all('a'));
  });
});

test('a process on a follower hears what the leader takes', async () => {
  const writer = await at.open({ url: cluster.url });
  const { address, port } = cluster.nodes[2]!.endpoint;
  const url = `kurrentdb://${address}:${port}?tls=false`;
  expect((await fault(at.open({ url }))).message).toMatch(
    /^cannot open .* the URL has to name all nodes of the cluster, or nodePreference=follower to read$/,
  );
  const follower = await at.open({ url: `${url}&nodePreference=follower`, mode: 'read' });
  for (let i = 0; i < 3; i++) await writer.append([request(`c${i}`, 's', i - 1)]);
  await until(() => follower.head().position === 2);
  expect(follower.head()).toEqual(writer.head());
});

test('a store is opened while another leader is elected', async () => {
  await (await at.open({ url: cluster.url })).close();
  await cluster.nodes[0]!.stop();
  cluster.elect(1);
  const store = await at.open({ url: cluster.url });
  expect((await store.append([request('a', 's', -1)]))[0]).toMatchObject({ status: 'recorded' });
});
