/**
 * What only hostile or broken clients send, and what it must not bring about: a recorded command that is answered as refused, text that changes on its way in, much work
 * for little, and connections that go on when their token is none any more.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { revokeToken } from '../../apps/api/access/token-file';
import { type Api, startApi } from '../support/api';
import { command, lines, type Json } from '../support/cli';
import { given } from '../support/ledger';
import { EventClient } from '../support/sse';
import { bearerOf, tokensFile } from '../support/tokens';

const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };
const PRICE = { instrumentId: 'COIN', price: '1.00', at: '2024-01-01T00:00:00Z', source: 'test' };
const FUND = {
  portfolioId: 'fund',
  name: 'F',
  quoteCurrency: 'USD',
  currencyScale: 2,
  unitScale: 3,
  instrumentId: 'COIN',
  targetLeverage: '3',
};
const HEAD = 'HTTP/1.1\r\nHost: localhost\r\n';

/** Sends bytes on one connection, each part a moment after the other; answers all that comes until it is closed. */
async function wire(api: Api, ...parts: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  socket.on('error', () => undefined);
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await closed(socket);
  return text;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

function post(path: string, type: string, body: string): string {
  return `POST ${path} ${HEAD}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const batch = (api: Api, query: string, body: string | Buffer): Promise<Response> =>
  fetch(`${api.url}/v1/commands/batch${query}`, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });

describe('bytes that are no request', () => {
  test('behind a command are no answer to it', async () => {
    const api = await startApi();
    const text = await wire(api, `${post('/v1/instruments', 'application/json', JSON.stringify(COIN))}\x01 what\r\n\r\n`);
    expect(text).not.toMatch(/ 400 /);
    expect((await api.call('/v1/instruments/COIN')).status).toBe(200);
  });

  test('do not go into an answer that has begun', async () => {
    const api = await startApi();
    const line = command('ListInstrument', COIN);
    const head = `POST /v1/commands/batch ${HEAD}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const text = await wire(api, `${head}${line.length.toString(16)}\r\n${line}\r\n`, 'no chunk\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*"recorded"/);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('in a body that is not whole are told', async () => {
    const head = `POST /v1/instruments ${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await wire(await startApi(), head, 'no chunk\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

test.each(['[]', 'null', '"text"', '7'])('a body that is no object is refused: %s', async (body) => {
  const api = await startApi();
  const answer = await fetch(`${api.url}/v1/prices`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(await answer.json()).toMatchObject({
    status: 400,
    code: 'MalformedBody',
    detail: 'MalformedBody: the body must be one JSON object',
  });
});

test('of a long value as much is shown as makes a text', async () => {
  const api = await startApi();
  await given(api.ledger, ['ListInstrument', COIN]);
  const body = JSON.stringify({ ...PRICE, source: '\u0001'.repeat(90) });
  const answer = await fetch(`${api.url}/v1/prices`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const { detail, errors } = (await answer.json()) as { detail: string; errors: { value: string }[] };
  expect(errors[0]!.value).toMatch(/^\u0001+\.\.\.$/);
  expect(detail).toContain('..."');
});

test('a body that is not UTF-8 is refused, not changed', async () => {
  const api = await startApi();
  await given(api.ledger, ['ListInstrument', COIN]);
  const body = Buffer.from(JSON.stringify({ ...PRICE, source: 'caf\u00e9' }), 'latin1');
  const answer = await fetch(`${api.url}/v1/prices`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect([answer.status, ((await answer.json()) as Json).code]).toEqual([400, 'MalformedBody']);
});

test('half a surrogate pair comes back as it was sent', async () => {
  const api = await startApi();
  await given(api.ledger, ['ListInstrument', COIN]);
  const source = 'a\ud800\u0000\r\n"';
  expect((await api.call('/v1/prices', { body: { ...PRICE, source } })).status).toBe(201);
  const { events } = (await (await api.call('/v1/events?from=1')).json()) as Json;
  expect(events[0].data.source).toBe(source);
});

test.each(['constructor', '__proto__', 'hasOwnProperty'])('a parameter called %s is refused by name', async (name) => {
  const answer = await (await startApi()).call(`/v1/portfolios?${name}=1`);
  expect([answer.status, (await answer.json()) as Json]).toEqual([422, expect.objectContaining({ code: 'UnknownField' })]);
});

test('a JSON body may drip in no longer for the case of its type', async () => {
  const api = await startApi(undefined, { settings: { arrivalTime: 300 } });
  expect(await wire(api, post('/v1/instruments', 'Application/JSON', '{}').slice(0, -1))).toMatch(/^HTTP\/1\.1 408 /);
});

test('a history that nobody takes is broken off in time', async () => {
  const api = await startApi(undefined, { settings: { questionTime: 1500 } });
  await given(api.ledger, ['ListInstrument', COIN], ['RecordPrice', PRICE], ['OpenPortfolio', { ...FUND, at: PRICE.at }]);
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write(`GET /v1/portfolios/fund/history?from=2024-01-01T00:00:00Z&to=2024-06-01T00:00:00Z&every=60s ${HEAD}\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const metrics = await (await api.call('/metrics')).text();
  expect(metrics).toMatch(
    /^navledger_http_request_seconds_count\{method="GET",route="\/v1\/portfolios\/:id\/history",status="aborted"\} 1$/m,
  );
  socket.destroy();
});

describe('a batch that is decided as one', () => {
  test.each([
    ['lines that are none', Buffer.from('x\n'.repeat(20_000))],
    ['lines of no text, packed', gzipSync(Buffer.from('\xff\n'.repeat(20_000), 'latin1'))],
  ])('has no more answers than a batch of commands: %s', async (_what, body) => {
    const answer = await batch(await startApi(), '?atomic=true', body);
    expect([answer.status, ((await answer.json()) as Json).code]).toEqual([413, 'PayloadTooLarge']);
  });
});

test('a hundred million blank lines are read in seconds', async () => {
  const body = gzipSync(Buffer.concat([Buffer.alloc(100_000_000, '\n'), Buffer.from(command('ListInstrument', COIN))]));
  const answers = lines(await (await batch(await startApi(), '', body)).text());
  expect(answers).toMatchObject([{ line: 100_000_001, status: 'recorded' }]);
}, 10_000);

describe('a token that is revoked', () => {
  test('ends the streams that were begun with it, and no others', async () => {
    const file = tokensFile();
    const [ended, kept] = [bearerOf(file, 'ended', 'auditor'), bearerOf(file, 'kept', 'auditor')];
    const api = await startApi(undefined, { settings: { tokensFile: file } });
    const clients = await Promise.all([ended, kept].map((headers) => EventClient.open(`${api.url}/v1/stream`, headers)));
    revokeToken(file, 'ended');
    await clients[0]!.closed;
    expect(clients.map(({ response }) => response.closed)).toEqual([true, false]);
    await clients[1]!.close();
  });

  test('ends a batch that goes on and on, which is told why', async () => {
    const file = tokensFile();
    const headers = { ...bearerOf(file, 'feed', 'issuer'), 'content-type': 'application/x-ndjson' };
    const api = await startApi(undefined, { settings: { tokensFile: file } });
    const sent = request(`${api.url}/v1/commands/batch`, { method: 'POST', headers, agent: false });
    sent.on('error', () => undefined).write(command('ListInstrument', COIN));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const feed = setInterval(() => sent.write(command('RecordPrice', PRICE)), 50);
    revokeToken(file, 'feed');
    const answers = lines((await response.setEncoding('utf8').toArray()).join(''));
    clearInterval(feed);
    sent.destroy();
    expect(answers.at(-1)).toMatchObject({ status: 401, code: 'Unauthorized', detail: 'Unauthorized: the token was revoked' });
    expect(api.ledger.store.head().position).toBe(answers.length - 2);
  });
});
