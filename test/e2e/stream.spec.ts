/** The log as it grows: nothing lost, nothing twice, whoever comes, goes and comes again. */
import type { Ledger } from '../../libs/ledger/ledger';
import { exportLines } from '../../libs/ledger/log-file';
import { type Api, type ApiOptions, startApi } from '../support/api';
import { lines, SEED, type Json } from '../support/cli';
import { given, memoryLedger } from '../support/ledger';
import { Random, runSeed } from '../support/random';
import { until, watchReads } from '../support/reads';
import { EventClient } from '../support/sse';
import { tempDir } from '../support/temp';

const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };
let prices = 0;

/** Records prices of COIN, one event each, `together` a turn. */
async function tick(ledger: Ledger, count: number, together = 100): Promise<void> {
  for (let left = count; left > 0; left -= together) {
    const some = Array.from({ length: Math.min(left, together) }, () => ({
      instrumentId: 'COIN',
      price: '1.00',
      at: new Date(1_600_000_000_000 + prices++ * 1000).toISOString(),
      source: 'test',
    }));
    await Promise.all(some.map((data) => given(ledger, ['RecordPrice', data])));
  }
}

async function ticking(options: ApiOptions & { readonly dir?: string } = {}): Promise<Api> {
  const { dir, ...rest } = options;
  const api = await startApi(dir, rest);
  await given(api.ledger, ['ListInstrument', COIN]);
  return api;
}

async function seed(ledger: Ledger): Promise<void> {
  for (const { command, data } of lines(SEED)) await given(ledger, [command, data]);
}

async function exported(ledger: Ledger, stream?: string): Promise<string[]> {
  const all: string[] = [];
  for await (const line of exportLines(ledger.store, { from: 0, stream })) all.push(line.slice(0, -1));
  return all;
}

async function open(api: Api, query = '', lastEventId?: string | number): Promise<EventClient> {
  const client = await EventClient.open(
    `${api.url}/v1/stream${query}`,
    lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) },
  );
  expect([client.response.statusCode, client.response.headers['content-type']]).toEqual([200, 'text/event-stream']);
  return client.until(({ lastEventId: id }) => id !== '');
}

/** Closes the ledger under a server; the end of the file will not close it again. */
async function close({ ledger }: Api): Promise<void> {
  await ledger.close();
  ledger.close = () => Promise.resolve();
}

function upTo(n: number, from = 0): number[] {
  return Array.from({ length: n - from }, (_, i) => from + i);
}

test('an event carries its position, its type and its line of the export', async () => {
  const api = await startApi();
  await seed(api.ledger);
  const client = await open(api, '?from=0');
  const all = await exported(api.ledger);
  await client.until(({ events }) => events.length === all.length);
  const expected = all.map((data) => ({ id: JSON.parse(data).position, type: JSON.parse(data).type, data }));
  expect(client.events).toEqual(expected);
  expect(client.retry).toBe(1000);
});

test('without a place to begin, only what is recorded from now on is sent, and whoever goes before the first event misses none', async () => {
  const api = await ticking();
  await tick(api.ledger, 5);
  const early = await open(api);
  expect(early.lastEventId).toBe('5');
  await early.close();
  await tick(api.ledger, 3);
  const again = await open(api, '', early.lastEventId);
  await tick(api.ledger, 1);
  await again.until(({ events }) => events.length >= 4);
  expect(again.positions).toEqual([6, 7, 8, 9]);
});

test('an empty store is followed from its first event, also by whoever comes again', async () => {
  const api = await startApi();
  const client = await open(api);
  expect(client.lastEventId).toBe('-1');
  await client.close();
  await given(api.ledger, ['ListInstrument', COIN]);
  const again = await open(api, '', client.lastEventId);
  expect((await again.until(({ events }) => events.length > 0)).positions).toEqual([0]);
});

test('the last id wins over `from`', async () => {
  const api = await ticking();
  await tick(api.ledger, 9);
  const client = await open(api, '?from=2', 6);
  expect((await client.until(({ events }) => events.length >= 3)).positions).toEqual([7, 8, 9]);
});

describe('a portfolio’s stream', () => {
  test('has its events alone, from any place, past and future', async () => {
    const api = await startApi();
    await seed(api.ledger);
    const all = (await exported(api.ledger)).map((line): Json => JSON.parse(line));
    const own = (from: number): number[] =>
      all
        .filter(({ stream }) => stream === 'portfolio-coin3l')
        .map(({ position }) => Number(position))
        .filter((p) => p >= from);
    for (const from of upTo(all.length + 1)) {
      const client = await open(api, `?portfolio=coin3l&from=${from}`);
      await client.until(({ lastEventId }) => Number(lastEventId) >= (own(from).at(-1) ?? -1));
      expect(client.positions).toEqual(own(from));
      await client.close();
    }
    const live = await open(api, '?portfolio=coin3l', 0);
    await tick(api.ledger, 3);
    await given(api.ledger, ['AccrueInterest', { portfolioId: 'coin3l', amount: '1.00', at: '2024-01-03T00:00:00Z' }]);
    await live.until(({ events }) => events.at(-1)?.type === 'InterestAccrued');
    expect(live.positions).toEqual([...own(0), all.length + 3]);
  });

  test('tells with its signs of life how far it has come, so that nothing is read twice for whoever comes again', async () => {
    const api = await startApi();
    await seed(api.ledger);
    const set = jest.spyOn(global, 'setInterval');
    const client = await open(api, '?portfolio=coin3l');
    const [beat] = set.mock.calls.find(([, millis]) => millis === 15_000)!;
    set.mockRestore();
    beat();
    await client.until(({ comments }) => comments === 1);
    expect(client.lastEventId).toBe('9');
    await tick(api.ledger, 40);
    // The stream looks at what is recorded a few turns later.
    for (let beats = 2; client.lastEventId !== '49'; beats++) {
      beat();
      await client.until(({ comments }) => comments === beats);
    }
    expect(client.events).toEqual([]);
    const reads = watchReads(api.ledger);
    const again = await open(api, '?portfolio=coin3l', client.lastEventId);
    await given(api.ledger, ['AccrueInterest', { portfolioId: 'coin3l', amount: '1.00', at: '2024-01-03T00:00:00Z' }]);
    await again.until(({ events }) => events.length === 1);
    // By the two streams and the read model.
    expect(reads.events).toBeLessThanOrEqual(3);
  });
});

test('resumed at random places, before, in and behind what is just being recorded, every event is seen once and in order', async () => {
  const random = new Random(runSeed('streams'));
  const api = await ticking({ dir: tempDir() });
  const EVENTS = 3000;
  const writing = tick(api.ledger, EVENTS - 1, 7);
  const readers = upTo(8).map(async () => {
    const seen: string[] = [];
    let last: string | undefined;
    while (seen.length < EVENTS) {
      const client = await open(api, last === undefined ? '?from=0' : '', last);
      const many = random.below(600);
      await client.until(({ events }) => events.length >= many || seen.length + events.length >= EVENTS);
      await client.close();
      // Whatever arrived after the last look counts as seen too: its id was remembered.
      seen.push(...client.events.map(({ data }) => data));
      last = client.lastEventId;
    }
    return seen;
  });
  const all = await Promise.all(readers);
  await writing;
  const expected = await exported(api.ledger);
  for (const seen of all) expect(seen).toEqual(expected);
}, 120_000);

test('two hundred clients see ten thousand events as they are recorded, each once and in order', async () => {
  const api = await ticking();
  const clients = await Promise.all(upTo(200).map(() => open(api)));
  await tick(api.ledger, 10_000, 200);
  await Promise.all(clients.map((client) => client.until(({ events }) => events.length >= 10_000)));
  for (const { positions } of clients) expect(positions).toEqual(upTo(10_001, 1));
  await Promise.all(clients.map((client) => client.close()));
}, 240_000);

test('a client that does not read is waited for, while others go on, and then gets everything', async () => {
  const EVENTS = 40_000;
  const api = await ticking();
  const reads = watchReads(api.ledger);
  const slow = await open(api);
  slow.response.pause();
  await tick(api.ledger, EVENTS, 500);
  const quick = await open(api, '?from=1');
  await quick.until(({ events }) => events.length === EVENTS);
  // All of them for one, the buffers' fill for the other.
  expect(reads.events).toBeLessThan(1.8 * EVENTS);
  slow.response.resume();
  await slow.until(({ events }) => events.length === EVENTS);
  expect(slow.positions).toEqual(upTo(EVENTS + 1, 1));
}, 120_000);

test('streams end with the server, behind a whole event, and go on at another one', async () => {
  const dir = tempDir();
  const first = await ticking({ dir });
  const client = await open(first, '?from=0');
  await tick(first.ledger, 10);
  await client.until(({ events }) => events.length >= 4);
  await first.stop();
  await client.closed;
  expect(client.ended).toBe(true);
  await close(first);
  const second = await startApi(dir);
  await tick(second.ledger, 5);
  const again = await open(second, '', client.lastEventId);
  await again.until(({ lastEventId }) => lastEventId === '15');
  expect([...client.positions, ...again.positions]).toEqual(upTo(16));
});

test('whoever goes away leaves nothing behind, and at most 256 stay', async () => {
  const api = await ticking();
  const subscribed = { open: 0 };
  const subscribe = api.ledger.store.subscribe.bind(api.ledger.store);
  api.ledger.store.subscribe = (...args) => {
    const subscription = subscribe(...args);
    subscribed.open++;
    return { close: () => subscription.close().then(() => void subscribed.open--) };
  };
  const clients = await Promise.all(upTo(256).map(() => open(api)));
  const refused = await api.call('/v1/stream');
  expect([refused.status, refused.headers.get('retry-after'), ((await refused.json()) as Json).code]).toEqual([
    429,
    '5',
    'TooManyRequests',
  ]);
  expect(subscribed.open).toBe(256);
  await Promise.all(clients.map((client) => client.close()));
  await until(() => subscribed.open === 0);
  const one = await open(api);
  await tick(api.ledger, 1);
  expect((await one.until(({ events }) => events.length > 0)).positions).toEqual([1]);
});

test('a HEAD leaves no stream open', async () => {
  const api = await ticking();
  const head = await api.call('/v1/stream', { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect(await (await api.call('/metrics')).text()).toContain('\nnavledger_http_open_streams 0\n');
});

test('a store that fails breaks the stream off', async () => {
  const ledger = await memoryLedger();
  const api = await startApi(undefined, { ledger });
  const client = await open(api);
  await close(api);
  await client.closed;
  expect(client.ended).toBe(false);
});

test.each<[query: string, last: string | undefined, status: number, code: string, about: string]>([
  ['', '1.5', 422, 'InvalidField', 'Last-Event-ID = "1.5": must be the id of an event of this stream: a log position'],
  ['', '6', 422, 'InvalidField', 'Last-Event-ID = "6": must be at most 5, the last position of the log'],
  ['?from=7', undefined, 422, 'InvalidField', 'from = "7": must be at most 6, the position of the next event'],
  ['?from=x', '1', 422, 'InvalidField', 'from = "x": must be a log position: a whole number from 0'],
  ['?portfolio=none', undefined, 404, 'UnknownPortfolio', 'portfolioId = "none": must be an open portfolio'],
  ['?stream=price-coin', undefined, 422, 'UnknownField', 'stream = "price-coin": the parameters are portfolio, from'],
])('%s with the last id %s is refused', async (query, last, status, code, about) => {
  const api = await ticking();
  await tick(api.ledger, 5);
  const response = await api.call(`/v1/stream${query}`, { headers: last === undefined ? {} : { 'last-event-id': last } });
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json; charset=utf-8']);
  expect(await response.json()).toMatchObject({ code, detail: `${code}: ${about}` });
});
