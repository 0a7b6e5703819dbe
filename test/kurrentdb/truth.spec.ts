/**
 * What only a real server can show: that the semantics on which the store is built are the server's, and that two processes over one ledger agree.
 */
import { randomUUID } from 'node:crypto';
import { openKurrentStore, type KurrentStore } from '../../libs/store/kurrentdb/store';
import { StoreError } from '../../libs/store/port';
import { allEvents } from '../contract/store-contract';
import { id, request } from '../support/events';
import { tempDir } from '../support/temp';
import { addressOf, bareClient, freshLedger } from './server';

const opened: KurrentStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function open(url: string, mode: 'write' | 'read' = 'write', replica = tempDir()): Promise<KurrentStore> {
  const store = await openKurrentStore(url, { mode, replica });
  opened.push(store);
  return store;
}

/** What a store's error is; 'none' without one. */
async function fault(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    if (error instanceof StoreError) return error.fault;
    throw error;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() > end) throw new Error('waited 20 s in vain');
  }
}

test('two writers over one ledger: of two that expect the same revision one wins, and both end with the same log', async () => {
  const url = freshLedger();
  const stores = [await open(url), await open(url)];
  expect(stores[0]!.storeId).toBe(stores[1]!.storeId);
  const recorded: string[] = [];
  const rival = async (store: KurrentStore, name: string): Promise<void> => {
    for (let round = 0; round < 25; round++) {
      for (const stream of ['a', 'b']) {
        const command = request(`${name} ${stream} ${round}`, stream, store.streamHead(stream), 1 + (round % 3));
        const outcome = await fault(store.append([command]));
        expect(['none', 'conflict']).toContain(outcome);
        if (outcome === 'none') recorded.push(command.commandId);
      }
      const several = [
        request(`${name} x ${round}`, 'a', store.streamHead('a'), 2),
        request(`${name} y ${round}`, 'c', store.streamHead('c')),
      ];
      const outcome = await fault(store.append(several));
      expect(['none', 'conflict']).toContain(outcome);
      if (outcome === 'none') recorded.push(...several.map(({ commandId }) => commandId));
    }
  };
  await Promise.all(stores.map((store, i) => rival(store, `rival ${i}`)));
  await until(() => stores[0]!.head().position === stores[1]!.head().position);
  stores.push(await open(url, 'read'));
  const [first, ...others] = await Promise.all(stores.map((store) => allEvents(store.readAll(0))));
  for (const other of others) expect(other).toEqual(first);
  expect(new Set(stores.map((store) => store.head().hash)).size).toBe(1);
  const commands = first!.filter(({ commandIndex }) => commandIndex === 0).map(({ commandId }) => commandId);
  expect([...commands].sort()).toEqual([...recorded].sort());
  expect(recorded.length).toBeGreaterThan(100);
});

test('messages of many events to several streams stand whole in the log while other processes write others', async () => {
  const url = freshLedger();
  const stores = [await open(url), await open(url), await open(url)];
  const written = new Map<string, string>();
  await Promise.all(
    stores.map(async (store, i) => {
      const heads = new Map<string, number>();
      for (let round = 0; round < 40; round++) {
        const requests = Array.from({ length: 24 }, (_, n) => {
          const stream = `p${i}.${n % 5}`;
          const head = heads.get(stream) ?? -1;
          heads.set(stream, head + 1);
          return request(`${i} ${round} ${n}`, stream, head);
        });
        for (const { commandId } of requests) written.set(commandId, `${i} ${round}`);
        for (const answer of await store.append(requests))
          expect(answer).toMatchObject({ status: 'recorded', position: expect.any(Number) });
      }
    }),
  );
  const end = 3 * 40 * 24 - 1;
  await until(() => stores.every((store) => store.head().position === end));
  stores.push(await open(url, 'read'));
  expect(new Set(stores.map((store) => store.head().hash)).size).toBe(1);
  const messages = (await allEvents(stores[3]!.readAll(0))).map(({ commandId }) => written.get(commandId));
  const changes = messages.filter((message, i) => message !== messages[i - 1]);
  expect(changes).toHaveLength(3 * 40);
});

test('the same command through two processes at once is recorded once', async () => {
  const url = freshLedger();
  const stores = [await open(url), await open(url)];
  for (let i = 0; i < 20; i++) {
    const command = request(`command ${i}`, 'a', 2 * i - 1, 2);
    const answers = await Promise.all(stores.map((store) => store.append([command])));
    expect(answers.map(([answer]) => answer!.revision)).toEqual([2 * i + 1, 2 * i + 1]);
    expect(answers[0]![0]!.position).toBe(answers[1]![0]!.position);
  }
  expect(stores.map((store) => store.head().position)).toEqual([39, 39]);
});

test('several streams in one call keep their order in the log', async () => {
  const store = await open(freshLedger());
  const streams = ['b', 'a', 'b', 'c', 'a', 'b'];
  const heads = new Map<string, number>();
  const requests = streams.map((stream, i) => {
    const head = heads.get(stream) ?? -1;
    heads.set(stream, head + 2);
    return request(`command ${i}`, stream, head, 2);
  });
  await store.append(requests);
  const events = await allEvents(store.readAll(0));
  expect(events.map(({ commandId }) => commandId)).toEqual(requests.flatMap(({ commandId }) => [commandId, commandId]));
});

test("what others write on the server is no part of the log, and a stranger's event in a ledger's stream stops it", async () => {
  const url = freshLedger();
  const { ledger } = addressOf(url);
  const client = bareClient(url);
  const stranger = { id: randomUUID(), type: 'Strange', contentType: 'application/json' as const, data: { a: 1 }, metadata: undefined };
  const store = await open(url);
  await store.append([request('one', 'a', -1)]);
  await client.appendToStream(`${ledger}x.a`, stranger, { streamState: 'no_stream' });
  await store.append([request('two', 'a', 0)]);
  expect(store.head().position).toBe(1);
  await client.appendToStream(`${ledger}.a`, { ...stranger, id: randomUUID() }, { streamState: 1n });
  await until(() => {
    try {
      return store.head().position < 0;
    } catch {
      return true;
    }
  });
  expect(await fault(store.append([request('three', 'a', 2)]))).toBe('foreign');
  expect(await fault(open(url))).toBe('foreign');
});

test.each([{ maxCount: 5 }, { maxAge: 3600 }, { truncateBefore: 1 }])(
  'a stream with %j is refused by name, and taken again without it',
  async (rule) => {
    const url = freshLedger();
    const { ledger } = addressOf(url);
    const client = bareClient(url);
    const store = await open(url);
    await store.append([request('one', 'a', -1, 3)]);
    await client.setStreamMetadata(`${ledger}.a`, rule);
    expect(await fault(open(url))).toBe('damaged');
    await expect(open(url)).rejects.toThrow(`${ledger}.a`);
    await client.setStreamMetadata(`${ledger}.a`, {});
    const again = await open(url);
    expect((await allEvents(again.readAll(0))).length).toBe(3);
  },
);

test('a history is taken over with its times, positions and hashes', async () => {
  const source = await open(freshLedger());
  const target = await open(freshLedger());
  const requests = Array.from({ length: 400 }, (_, i) => request(`command ${i}`, `s${i % 5}`, Math.floor(i / 5) * 3 - 1, 3));
  for (let i = 0; i < requests.length; i += 50) await source.append(requests.slice(i, i + 50));
  await target.extend(
    (async function* () {
      yield* await allEvents(source.readAll(0));
    })(),
  );
  expect(target.head()).toEqual(source.head());
  expect(target.findCommand(id('command 399'))).toEqual(source.findCommand(id('command 399')));
});
