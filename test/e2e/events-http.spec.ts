/** The log over HTTP: pages of JSON, whole exports, and refusals. */
import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import type { Ledger } from '../../libs/ledger/ledger';
import { exportLines } from '../../libs/ledger/log-file';
import { type Api, startApi } from '../support/api';
import { recorded, run, seeded, SEED, type Json } from '../support/cli';
import { request } from '../support/events';
import { given } from '../support/ledger';
import { type Reads, watchReads } from '../support/reads';

const NDJSON = { accept: 'application/x-ndjson' };
const LISTING = { kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

let dir: string;
let api: Api;
beforeAll(async () => {
  dir = await seeded();
  await recorded(dir, SEED.replaceAll('COIN', 'ORE').replaceAll('coin3l', 'ore3l').replaceAll('RATE', 'RATE2'));
  api = await startApi(`${dir}/data`);
});

async function textOf(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await api.call(path, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return text;
}

async function problemOf(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<[status: number, code: string, detail: string]> {
  const response = await api.call(path, { headers });
  const { code, detail } = (await response.json()) as Json;
  return [response.status, code, detail];
}

test.each<[path: string, args: string[]]>([
  ['/v1/events', []],
  ['/v1/events?from=7', ['--from', '7']],
  ['/v1/events?from=999', ['--from', '999']],
  ['/v1/events?stream=price-coin', ['--stream', 'price-coin']],
  ['/v1/events?stream=portfolio-ore3l&from=14', ['--stream', 'portfolio-ore3l', '--from', '14']],
  ['/v1/portfolios/coin3l/events', ['--stream', 'portfolio-coin3l']],
  ['/v1/portfolios/coin3l/events?from=5', ['--stream', 'portfolio-coin3l', '--from', '5']],
])('an export of %s is the command line’s, byte for byte', async (path, args) => {
  const { code, stdout } = await run(dir, ['events', ...args]);
  expect(code).toBe(0);
  expect(await textOf(path, NDJSON)).toBe(stdout);
});

test.each(['/v1/events', '/v1/events?stream=portfolio-coin3l', '/v1/events?from=3', '/v1/portfolios/ore3l/events?from=11'])(
  'pages of %s, of any length, hold the events of the export, byte for byte and once',
  async (path) => {
    const exported = (await textOf(path, NDJSON)).split('\n').slice(0, -1);
    expect(exported.length).toBeGreaterThan(3);
    for (const limit of [1, 3, exported.length, 100]) {
      const seen: string[] = [];
      let next: string | null = null;
      do {
        const page = await textOf(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${next === null ? '' : `&cursor=${next}`}`);
        const { events, next: further } = JSON.parse(page) as { events: Json[]; next: string | null };
        expect(events.length).toBeLessThanOrEqual(limit);
        const ours = exported.slice(seen.length, seen.length + events.length);
        expect(page).toBe(`{"events":[${ours.join(',')}],"next":${JSON.stringify(further)}}\n`);
        seen.push(...ours);
        next = further;
      } while (next !== null);
      expect(seen).toEqual(exported);
    }
  },
);

test('an empty page is one, and a list that grows goes on where its cursor says', async () => {
  const small = await startApi();
  const page = async (query: string): Promise<Json> => (await small.call(`/v1/events${query}`)).json();
  expect(await page('')).toEqual({ events: [], next: null });
  await list(small.ledger, 3);
  const { next } = await page('?limit=2');
  await list(small.ledger, 6, 3);
  const rest = await page(`?cursor=${next}`);
  expect([rest.events.map(({ position }: Json) => position), rest.next]).toEqual([['2', '3', '4', '5'], null]);
});

test('a page has 100 events unless it is told another number, up to 1000, and ends early when it grows long', async () => {
  const small = await startApi();
  await list(small.ledger, 1001);
  const count = async (query: string): Promise<number> => ((await (await small.call(`/v1/events${query}`)).json()) as Json).events.length;
  expect([await count(''), await count('?limit=1000'), await count('?limit=1')]).toEqual([100, 1000, 1]);
  // What no command makes today: a source that long.
  const data = JSON.stringify({ instrumentId: 'I0', price: '1.00', at: '2024-01-01T00:00:00Z', source: 'x'.repeat(1_000_000) });
  await small.ledger.store.append([request('large', 'price-i0', 0, 8, { type: 'PriceTicked', data })]);
  expect(await count('?from=1000&limit=1000')).toBe(1 + 5);
});

test('what is asked wrongly is refused with parameter, value and rule', async () => {
  const { next } = JSON.parse(await textOf('/v1/events?limit=1'));
  const field = 422;
  expect(await problemOf('/v1/events?stream=portfolio-none')).toEqual([
    field,
    'InvalidField',
    'InvalidField: stream = "portfolio-none": must be a stream of the store, such as portfolio-ID or price-ID',
  ]);
  expect(await problemOf('/v1/events?stream=none', NDJSON)).toEqual([field, 'InvalidField', expect.stringContaining('must be a stream')]);
  expect(await problemOf('/v1/portfolios/none/events')).toEqual([404, 'UnknownPortfolio', expect.any(String)]);
  expect(await problemOf('/v1/portfolios/COIN3L/events')).toEqual([field, 'IdCaseMismatch', expect.any(String)]);
  expect(await problemOf('/v1/events?from=-1')).toEqual([
    field,
    'InvalidField',
    'InvalidField: from = "-1": must be a log position: a whole number from 0',
  ]);
  expect(await problemOf('/v1/events?limit=1001')).toEqual([field, 'InvalidField', expect.stringContaining('from 1 to 1000')]);
  expect(await problemOf('/v1/events?after=1')).toEqual([
    field,
    'UnknownField',
    'UnknownField: after = "1": the parameters are stream, from, limit, cursor',
  ]);
  expect(await problemOf('/v1/events?limit=1', NDJSON)).toEqual([
    field,
    'UnknownField',
    'UnknownField: limit = "1": the parameters are stream, from',
  ]);
  expect(await problemOf('/v1/events?cursor=x')).toEqual([field, 'InvalidField', expect.stringContaining('must be the next')]);
  // A cursor of another list.
  expect(await problemOf(`/v1/events?stream=price-coin&cursor=${next}`)).toEqual([
    field,
    'InvalidField',
    expect.stringContaining('must be the next of an answer to the same question'),
  ]);
  expect(await problemOf(`/v1/portfolios/coin3l/events?cursor=${next}`)).toEqual([
    field,
    'InvalidField',
    expect.stringContaining('must be the next of an answer to the same question'),
  ]);
});

describe('a large log', () => {
  const EVENTS = 60_000;
  let large: Api;
  let reads: Reads;
  beforeAll(async () => {
    large = await startApi();
    await list(large.ledger, EVENTS);
  });
  beforeEach(() => (reads = watchReads(large.ledger)));

  test('a reader that pauses is waited for, without the log piling up, and then gets all of it', async () => {
    const response = await open(`${large.url}/v1/events`);
    for (let i = 0; i < 500; i++) await (await large.call('/v1/instruments?limit=1')).arrayBuffer();
    expect(reads.events).toBeLessThan(EVENTS / 2);
    const expected = createHash('sha256');
    for await (const line of exportLines(large.ledger.store, { from: 0 })) expected.update(line);
    const received = createHash('sha256');
    for await (const chunk of response as AsyncIterable<Buffer>) received.update(chunk);
    expect([response.complete, received.digest('hex')]).toEqual([true, expected.digest('hex')]);
  });

  test('reading the log ends when the reader goes away, and with the head of a HEAD', async () => {
    (await open(`${large.url}/v1/events`)).destroy();
    await reads.over(1);
    await (await large.call('/v1/events', { method: 'HEAD', headers: NDJSON })).arrayBuffer();
    await reads.over(2);
    expect(reads.events).toBeLessThan(EVENTS / 2);
  });

  test('a page deep in the log reads no more than one at its beginning', async () => {
    await (await large.call('/v1/events?from=10&limit=10')).arrayBuffer();
    const near = reads.events;
    expect(near).toBe(11);
    await (await large.call(`/v1/events?from=${EVENTS - 1000}&limit=10`)).arrayBuffer();
    expect(reads.events).toBe(2 * near);
  });
});

/** Lists instruments, one event each. */
async function list(ledger: Ledger, to: number, from = 0): Promise<void> {
  const commands = Array.from({ length: to - from }, (_, i) => ['ListInstrument', { instrumentId: `I${from + i}`, ...LISTING }] as const);
  for (let i = 0; i < commands.length; i += 1000) await Promise.all(commands.slice(i, i + 1000).map((one) => given(ledger, one)));
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { headers: NDJSON, agent: false }, resolve).once('error', reject));
}
