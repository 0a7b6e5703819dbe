/** Batches over HTTP: answered as `record` answers, at the client's pace, and ended by whoever ends them without losing what was answered. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Api, startApi } from '../support/api';
import { command, lines, recorded, run, SEED, trade, type Json } from '../support/cli';
import { id } from '../support/events';
import { given } from '../support/ledger';
import { cases } from '../support/random';
import { tempDir } from '../support/temp';
import { bearerOf, tokensFile } from '../support/tokens';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

function price(n: number, more: object = {}): string {
  const at = new Date(1_600_000_000_000 + n * 1000).toISOString();
  return command('RecordPrice', { instrumentId: 'COIN', price: '1.00', at, source: 'test' }, more);
}

/** A batch under way: lines go in by `send`, answers come by `answers`. */
class Batch {
  readonly response: Promise<IncomingMessage>;
  private readonly request: ClientRequest;
  private text = '';

  constructor(api: Api, query = '') {
    this.request = request(`${api.url}/v1/commands/batch${query}`, { method: 'POST', headers: NDJSON, agent: false });
    this.request.flushHeaders();
    this.response = new Promise((resolve, reject) => this.request.once('response', resolve).once('error', reject));
    this.request.on('error', () => undefined);
    this.response.catch(() => undefined);
  }

  /** Whether there is room for more. */
  send(text: string | Buffer): boolean {
    return this.request.write(text);
  }

  end(text = ''): void {
    this.request.end(text);
  }

  abort(): void {
    this.request.destroy();
  }

  get room(): Promise<void> {
    return new Promise((resolve) => this.request.once('drain', resolve));
  }

  /** Reads until there are so many answers. */
  async answers(count: number): Promise<Json[]> {
    const response = await this.response;
    while (this.text.split('\n').length <= count && !response.readableEnded && !response.destroyed) {
      const chunk = response.read() as Buffer | null;
      if (chunk === null)
        await new Promise<void>((resolve) => response.once('readable', resolve).once('end', resolve).once('close', resolve));
      else this.text += chunk.toString();
    }
    return lines(this.text);
  }

  all(): Promise<Json[]> {
    return this.answers(Infinity);
  }
}

async function post(
  api: Api,
  body: string | Buffer,
  query = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<[status: number, text: string]> {
  const response = await fetch(`${api.url}/v1/commands/batch${query}`, { method: 'POST', body, headers: { ...NDJSON, ...headers } });
  return [response.status, await response.text()];
}

/** Every kind of line: each command of a fund, a repetition, refusals of each sort, a blank line and lines that are none. */
const MIXED = [
  ...SEED.split('\n').slice(0, -1),
  price(1),
  price(1).replace('1.00', '1.01'),
  '',
  'no JSON',
  '[]',
  '{"command":"Nothing","data":{}}',
  price(2, { expectedRevision: '99' }).trim(),
  price(2, { commandId: 'none' }).trim(),
  command('RedeemUnits', { portfolioId: 'coin3l', units: '5000', cash: '1.00', at: '2024-01-02T00:00:00Z' }).trim(),
  trade('1', '2024-01-02T00:00:00Z', { reason: 'scheduled', quantity: '1', price: '1.00' }).trim(),
  price(3).trim(),
].map((line, i) =>
  line.startsWith('{"command":') && !line.includes('commandId')
    ? line.trim().replace(/}$/, `,"commandId":"${id(`line ${i}`)}"}`)
    : line.trim(),
);
const MIXED_BODY = `${[...MIXED, MIXED[1]].join('\n')}\r\n`;

function timeless(text: string): string {
  return text.replaceAll(/"recordedAt":"[^"]*"/g, '"recordedAt":"T"');
}

test.each<[query: string, options: string[], before: string]>([
  ['', [], ''],
  ['?dryRun=true', ['--dry-run'], ''],
  ['?atomic=true', ['--atomic'], ''],
  ['?atomic=true&dryRun=true', ['--atomic', '--dry-run'], ''],
  ['?atomic=true', ['--atomic'], 'sound'],
  ['?atomic=true&dryRun=true', ['--atomic', '--dry-run'], 'sound'],
])('answers with %s are those of `record --json %s`, byte for byte but for the time', async (query, options, sound) => {
  const api = await startApi(`${tempDir()}/data`);
  const dir = tempDir();
  await recorded(dir, command('ListInstrument', { ...COIN, instrumentId: 'OTHER' }));
  await given(api.ledger, ['ListInstrument', { ...COIN, instrumentId: 'OTHER' }]);
  const body = sound === 'sound' ? `${MIXED.slice(0, 10).join('\n')}\n` : MIXED_BODY;
  const { stdout } = await run(dir, ['record', '-', '--json', ...options], { input: body });
  expect(lines(stdout).length).toBeGreaterThan(9);
  const [status, text] = await post(api, body, query);
  expect(status).toBe(200);
  expect(timeless(text)).toBe(timeless(stdout));
  const again = await post(api, gzipSync(body), query);
  expect(timeless(again[1])).toBe(timeless((await run(dir, ['record', '-', '--json', ...options], { input: gzipSync(body) })).stdout));
});

test('a line is answered when it is durable, before the next one is sent', async () => {
  const api = await startApi();
  const batch = new Batch(api);
  batch.send(command('ListInstrument', COIN));
  for (let n = 1; n <= 5; n++) {
    expect((await batch.answers(n)).at(-1)).toMatchObject({ line: n, status: 'recorded', position: String(n - 1) });
    expect(api.ledger.store.head().position).toBe(n - 1);
    if (n < 5) batch.send(price(n));
  }
  batch.end();
  expect(await batch.all()).toHaveLength(5);
  expect((await batch.response).complete).toBe(true);
});

test('events carry who sent them', async () => {
  const api = await startApi(undefined, { actor: 'desk' });
  await post(api, command('ListInstrument', COIN));
  const { events } = (await (await api.call('/v1/events')).json()) as Json;
  expect(events[0].metadata.actor).toBe('desk');
});

test('a caller sends the commands of its scopes, line by line, under its name', async () => {
  const tokens = tokensFile();
  const desk = bearerOf(tokens, 'desk', 'recorder');
  const eye = bearerOf(tokens, 'eye', 'auditor');
  const api = await startApi(undefined, { settings: { tokensFile: tokens } });
  await given(api.ledger, ['ListInstrument', COIN]);
  const body = price(1) + command('ListInstrument', { ...COIN, instrumentId: 'OTHER' }) + price(2);
  const forbidden = { code: 'Forbidden', detail: 'Forbidden: command = "ListInstrument": needs the scope issuer' };
  for (const [query, statuses] of [
    ['?dryRun=true', ['accepted', 'refused', 'accepted']],
    ['?atomic=true', ['refused', 'refused', 'refused']],
    ['', ['recorded', 'refused', 'recorded']],
  ] as const) {
    const answers = lines((await post(api, body, query, desk))[1]);
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    expect(answers[1].problem).toMatchObject(forbidden);
  }
  const { events } = (await (await api.call('/v1/events', { headers: eye })).json()) as Json;
  expect(events.map(({ metadata }: Json) => metadata.actor)).toEqual(['tester', 'desk', 'desk']);
  expect((await post(api, body, '', eye))[0]).toBe(403);
});

test('what is not lines of commands is refused, whole', async () => {
  const api = await startApi();
  const refused = async (type: string, path: string, body = '{}'): Promise<[status: number, code: string]> => {
    const response = await fetch(api.url + path, { method: 'POST', body, headers: { 'content-type': type } });
    return [response.status, ((await response.json()) as Json).code];
  };
  const other = [415, 'UnsupportedMediaType'];
  expect(await refused('application/json', '/v1/commands/batch')).toEqual(other);
  expect(await refused('application/json', '/v1/commands/batch', '{}\n{}')).toEqual(other);
  expect(await refused('text/csv', '/v1/commands/batch')).toEqual(other);
  expect(await refused('application/x-ndjson', '/v1/prices')).toEqual(other);
  expect(await refused('application/x-ndjson', '/v1/nothing')).toEqual([404, 'NotFound']);
  expect(await refused('application/x-ndjson', '/v1/commands/batch?atomic=yes')).toEqual([422, 'InvalidField']);
  expect(await refused('application/x-ndjson', '/v1/commands/batch?all=true')).toEqual([422, 'UnknownField']);
  expect(await post(api, '')).toEqual([200, '']);
  expect(await post(api, gzipSync(price(1)).subarray(0, 12))).toEqual([
    400,
    expect.stringContaining('InvalidFile: body: its gzip data is truncated'),
  ]);
});

test('a damaged archive ends the answers with the problem', async () => {
  const api = await startApi();
  const damaged = gzipSync(Array.from({ length: 5000 }, (_, n) => price(n)).join(''));
  const [status, text] = await post(api, damaged.subarray(0, -9));
  const answers = lines(text);
  expect([status, answers[0].code ?? answers[0].problem.code]).toEqual([200, 'UnknownInstrument']);
  expect(answers.at(-1)).toMatchObject({ status: 400, code: 'InvalidFile', detail: 'InvalidFile: body: its gzip data is truncated' });
  expect(answers.slice(0, -1).map(({ line }) => line)).toEqual(answers.slice(1).map((_, i) => i + 1));
});

test('a batch that is recorded as one is limited, also when it is packed small, and records nothing beyond', async () => {
  const api = await startApi(undefined, { settings: { bodyLimit: 10_000 } });
  const body = command('ListInstrument', COIN) + price(1).repeat(90);
  expect(body.length).toBeGreaterThan(10_000);
  for (const query of ['?atomic=true', '?dryRun=true']) {
    for (const sent of [body, gzipSync(body)]) {
      const [status, text] = await post(api, sent, query);
      expect([status, JSON.parse(text).code]).toEqual([413, 'PayloadTooLarge']);
    }
  }
  expect(api.ledger.store.head().position).toBe(-1);
  const [, text] = await post(api, body);
  expect(lines(text)).toHaveLength(91);
});

test('a line too long is refused, and those behind it are read', async () => {
  const api = await startApi();
  const [, text] = await post(api, `${'x'.repeat(1024 * 1024 + 1)}\n${command('ListInstrument', COIN)}`);
  expect(lines(text)).toMatchObject([
    { line: 1, problem: { code: 'MalformedLine' } },
    { line: 2, status: 'recorded' },
  ]);
});

test('a client that pauses too long is told, behind the answers that it has', async () => {
  const api = await startApi(undefined, { settings: { arrivalTime: 200 } });
  const batch = new Batch(api);
  batch.send(command('ListInstrument', COIN) + price(1) + '{"comm');
  expect(await batch.all()).toMatchObject([{ status: 'recorded' }, { status: 'recorded' }, { status: 408, code: 'RequestTimeout' }]);
  expect((await batch.response).complete).toBe(true);
  const silent = new Batch(api);
  expect([(await silent.response).statusCode, (await silent.all())[0].code]).toEqual([408, 'RequestTimeout']);
});

test('whoever goes away amid a batch has recorded what was answered, and the server goes on', async () => {
  const api = await startApi();
  const batch = new Batch(api);
  batch.send(command('ListInstrument', COIN) + Array.from({ length: 3000 }, (_, n) => price(n)).join(''));
  const answers = await batch.answers(500);
  batch.abort();
  const head = api.ledger.store.head().position;
  expect(head).toBeGreaterThanOrEqual(Number(answers.at(-1).position));
  const [status, text] = await post(api, price(9999));
  expect([status, lines(text)[0].position]).toEqual([200, String(api.ledger.store.head().position)]);
});

test('at most 64 batches are open, and those that were left are not', async () => {
  const api = await startApi();
  await given(api.ledger, ['ListInstrument', COIN]);
  for (let round = 0; round < 2; round++) {
    const batches = Array.from({ length: 64 }, () => new Batch(api));
    for (const [i, batch] of batches.entries()) batch.send(price(i));
    for (const batch of batches) await batch.answers(1);
    expect((await post(api, price(99)))[0]).toBe(429);
    for (const batch of batches) batch.abort();
    let status = 429;
    while (status === 429) [status] = await post(api, '');
    expect(status).toBe(200);
  }
});

test('a batch ends with the server: no further line is taken, and those taken are answered', async () => {
  const api = await startApi();
  const batch = new Batch(api);
  batch.send(command('ListInstrument', COIN) + price(1));
  await batch.answers(2);
  const stopped = api.stop();
  const answers = await batch.all();
  await stopped;
  expect(answers).toMatchObject([{ line: 1 }, { line: 2 }, { status: 503, code: 'ShuttingDown' }]);
  expect((await batch.response).complete).toBe(true);
  expect(api.ledger.store.head().position).toBe(1);
});

test('a connection serves the next request after a batch that ended early and after a refused one', async () => {
  const api = await startApi();
  const send = (path: string, body: string): Promise<Response> => fetch(api.url + path, { method: 'POST', body, headers: NDJSON });
  for (let i = 0; i < 5; i++) {
    expect((await send('/v1/commands/batch?atomic=yes', price(1).repeat(1000))).status).toBe(422);
    expect((await send('/v1/prices', price(1).repeat(1000))).status).toBe(415);
    const aborted = new AbortController();
    const stream = await fetch(`${api.url}/v1/stream`, { signal: aborted.signal });
    expect(stream.status).toBe(200);
    aborted.abort();
    expect(await post(api, '')).toEqual([200, '']);
  }
});

test('lines are read as fast as their answers, however many there are, while others are served', async () => {
  const api = await startApi();
  await given(api.ledger, ['ListInstrument', COIN]);
  const batch = new Batch(api);
  // Refused as fast as anything can be.
  const chunk = '{"command":"Nothing","data":{}}\n'.repeat(2000);
  const LINES = Math.max(200_000, cases(1_000_000));
  const feed = (async () => {
    for (let sent = 0; sent < LINES; sent += 2000) if (!batch.send(chunk)) await batch.room;
    batch.end();
  })();
  const response = await batch.response;
  const decided = async (): Promise<number> => {
    const figures = await (await api.call('/metrics')).text();
    return Number(/^navledger_problems_total\{code="UnknownCommand"\} (\d+)$/m.exec(figures)![1]);
  };
  // Nobody reads the answers: the server stands still when the sockets are full, and others are served.
  for (let before = -1, now = 0; before !== now; [before, now] = [now, await decided()]) {
    for (let n = 0; n < 100; n++) await (await api.call('/v1/instruments')).arrayBuffer();
  }
  expect(await decided()).toBeLessThan(LINES / 2);
  const other = { instrumentId: 'COIN', price: '1.00', at: '2024-01-01T00:00:00Z', source: 'test' };
  expect((await api.call('/v1/prices', { body: other })).status).toBe(201);
  let newlines = 0;
  for await (const piece of response as AsyncIterable<Buffer>) for (const byte of piece) if (byte === 10) newlines++;
  await feed;
  expect(newlines).toBe(LINES);
}, 240_000);
