/** What a server tells of itself: health, metrics, log lines, request ids and headers; and that it tells no secrets. */
import { connect } from 'node:net';
import type { LogLevel } from '../../apps/api/settings';
import type { Ledger } from '../../libs/ledger/ledger';
import { MemoryStore } from '../../libs/store/memory';
import { type AppendRequest, StoreError } from '../../libs/store/port';
import { type Api, startApi } from '../support/api';
import { type Json, lines } from '../support/cli';
import { given, memoryLedger } from '../support/ledger';

const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

class Log {
  text = '';
  readonly stream = { write: (line: string) => void (this.text += line) };

  get lines(): Json[] {
    return lines(this.text);
  }

  get requests(): Json[] {
    return this.lines.filter(({ msg }) => msg === 'request');
  }

  /** The line of the last request, which is written just after its answer. */
  async last(id: string): Promise<Json> {
    for (;;) {
      const found = this.requests.find(({ requestId }) => requestId === id);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function logged(ledger?: Ledger, level: LogLevel = 'debug'): Promise<{ api: Api; log: Log }> {
  const log = new Log();
  const api = await startApi(undefined, { settings: { logLevel: level }, logTo: log.stream, ...(ledger ? { ledger } : {}) });
  return { api, log };
}

describe('the log', () => {
  test('has one line for each request: its id, method, route, status, time, actor and what became of the command', async () => {
    const { api, log } = await logged();
    const answer = (await (await api.call('/v1/instruments', { body: COIN, headers: { 'x-request-id': 'first' } })).json()) as Json;
    const { time, ms, ...line } = await log.last('first');
    expect(line).toEqual({
      level: 'info',
      msg: 'request',
      requestId: 'first',
      method: 'POST',
      route: '/v1/instruments',
      status: 201,
      actor: 'anybody',
      commandId: answer.commandId,
      stream: 'price-coin',
      revision: '0',
    });
    expect(new Date(time).getTime()).toBeLessThanOrEqual(Date.now());
    expect(ms).toBeGreaterThan(0);
    await api.call('/v1/instruments', { body: COIN, headers: { 'x-request-id': 'second' } });
    expect(await log.last('second')).toMatchObject({ level: 'info', status: 409, code: 'AlreadyExists', stream: 'price-coin' });
    await api.call('/v1/portfolios/none/nav', { headers: { 'x-request-id': 'third' } });
    expect(await log.last('third')).toMatchObject({
      level: 'info',
      route: '/v1/portfolios/:id/nav',
      status: 404,
      code: 'UnknownPortfolio',
    });
    expect(log.requests).toHaveLength(3);
  });

  test('has no line of a question that was answered, unless that is asked for', async () => {
    const { api, log } = await logged(undefined, 'info');
    await api.call('/v1/portfolios', { headers: { 'x-request-id': 'quick' } });
    await api.call('/v1/portfolios/none/nav', { headers: { 'x-request-id': 'refused' } });
    await api.call('/v1/instruments', { body: COIN, headers: { 'x-request-id': 'command' } });
    await log.last('command');
    expect(log.requests.map(({ requestId }) => requestId)).toEqual(['refused', 'command']);
    const all = await logged();
    await all.api.call('/v1/portfolios', { headers: { 'x-request-id': 'quick' } });
    expect(await all.log.last('quick')).toMatchObject({ level: 'debug', route: '/v1/portfolios', status: 200 });
  });

  test('has nothing of headers, bodies, queries and raw paths, whatever the outcome', async () => {
    const { api, log } = await logged();
    const secret = 'c0ffee5ec2e7';
    const headers = { authorization: `Bearer ${secret}`, cookie: secret, 'x-request-id': `${secret} !` };
    await api.call(`/v1/portfolios?${secret}=${secret}`, { headers });
    await api.call(`/v1/portfolios/${secret}/nav?at=${secret}`, { headers });
    await api.call(`/${secret}?token=${secret}`, { headers });
    await api.call(`/v1/%zz${secret}`, { headers });
    await api.call('/v1/instruments', { headers, body: `{"${secret}` });
    await api.call('/v1/instruments', { headers, body: { ...COIN, kind: secret } });
    await api.stop();
    expect(log.requests.map(({ route, status }) => `${status} ${route}`).sort()).toEqual([
      '400 /v1/instruments',
      '400 unknown',
      '404 unknown',
      '422 /v1/instruments',
      '422 /v1/portfolios',
      '422 /v1/portfolios/:id/nav',
    ]);
    expect(log.text).not.toContain(secret);
  });

  test('says where a failure of the server itself comes from, and the answer does not', async () => {
    const ledger = await memoryLedger();
    ledger.ask = () => Promise.reject(new TypeError('planted'));
    const { api, log } = await logged(ledger);
    const answer = await api.call('/v1/portfolios', { headers: { 'x-request-id': 'bad' } });
    expect([answer.status, (await answer.json()) as Json]).toEqual([500, expect.objectContaining({ code: 'Defect' })]);
    expect(await log.last('bad')).toMatchObject({
      level: 'error',
      status: 500,
      code: 'Defect',
      stack: expect.stringMatching(/planted[^]* at /),
    });
  });

  test('says that a client went away before its answer', async () => {
    const ledger = await memoryLedger();
    let release = (): void => undefined;
    ledger.ask = () => new Promise((_, reject) => (release = () => reject(new Error('late'))));
    const { api, log } = await logged(ledger);
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write('GET /v1/portfolios HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-id: gone\r\n\r\n');
    setTimeout(() => socket.destroy(), 100);
    expect(await log.last('gone')).toMatchObject({ status: 'aborted', route: '/v1/portfolios' });
    release();
  });
});

describe('a request id', () => {
  test.each(['a', '7f2c-1.b_C', 'x'.repeat(64)])('%s is kept', async (id) => {
    const api = await shared();
    expect((await api.call('/health/live', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).toBe(id);
  });

  test.each(['', 'a b', 'x'.repeat(65), 'ä', '{"a":1}'])('"%s" gives way to one of the server', async (id) => {
    const api = await shared();
    const ids = await Promise.all(
      [1, 2].map(async () => (await api.call('/health/live', { headers: { 'x-request-id': id } })).headers.get('x-request-id')),
    );
    expect(ids[0]).toMatch(/^[A-Za-z0-9]{8}-[0-9a-z]+$/);
    expect(new Set([...ids, id]).size).toBe(3);
  });
});

test('every answer carries the headers that an API needs, problems too, and says nothing of the software', async () => {
  const api = await shared();
  await api.call('/v1/instruments', { body: COIN });
  const policy = "default-src 'none'; frame-ancestors 'none'";
  for (const [path, cache] of [
    ['/v1/portfolios', 'no-store'],
    ['/v1/instruments/COIN', 'no-cache'],
    ['/nowhere', 'no-store'],
    ['/v1/%zz', 'no-store'],
    ['/v1/portfolios/none/nav', 'no-store'],
  ] as const) {
    const { headers } = await api.call(path);
    const told = [
      'cache-control',
      'content-security-policy',
      'x-content-type-options',
      'server',
      'x-powered-by',
      'strict-transport-security',
    ];
    expect([path, ...told.map((name) => headers.get(name))]).toEqual([path, cache, policy, 'nosniff', null, null, null]);
    expect(headers.get('x-request-id')).not.toBeNull();
  }
  const page = (await api.call('/docs')).headers.get('content-security-policy');
  expect(page).toContain("script-src 'self';");
});

describe('metrics', () => {
  test('count requests by method, route pattern and status, commands by append, and problems by code', async () => {
    const api = await startApi();
    await api.call('/v1/instruments', { body: COIN });
    await api.call('/v1/instruments', { body: COIN });
    for (let i = 0; i < 30; i++) await api.call(`/v1/portfolios/p${i}/nav?at=${i}`);
    for (let i = 0; i < 30; i++) await api.call(`/nowhere/${i}`, { method: i % 2 ? 'PUT' : 'GET' });
    await api.call('/v1/%zz');
    const found = await figures(api);
    expect(series(found, 'navledger_http_request_seconds_count')).toEqual({
      'method="POST",route="/v1/instruments",status="201"': 1,
      'method="POST",route="/v1/instruments",status="409"': 1,
      'method="GET",route="/v1/portfolios/:id/nav",status="422"': 30,
      'method="unknown",route="unknown",status="404"': 30,
      'method="unknown",route="unknown",status="400"': 1,
    });
    expect(series(found, 'navledger_append_events_sum')).toEqual({ '': 1 });
    expect(series(found, 'navledger_append_seconds_count')).toEqual({ '': 1 });
    expect(series(found, 'navledger_log_position')).toEqual({ '': 0 });
    expect(series(found, 'navledger_projection_lag_events')).toEqual({ '': 0 });
    const problems = series(found, 'navledger_problems_total');
    expect(Object.entries(problems).filter(([, n]) => n > 0)).toEqual([
      ['code="InvalidField"', 30],
      ['code="AlreadyExists"', 1],
      ['code="BadRequest"', 1],
      ['code="NotFound"', 30],
    ]);
    expect(found).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  });

  test('are of one server each', async () => {
    const [a, b] = [await startApi(), await startApi()];
    await a.call('/v1/portfolios');
    expect(await figures(a)).toContain('route="/v1/portfolios"');
    expect(await figures(b)).not.toContain('route="/v1/portfolios"');
  });
});

describe('health', () => {
  test('is live and ready', async () => {
    const api = await shared();
    expect(await health(api, 'live')).toEqual([200, { status: 'live' }]);
    expect(await health(api, 'ready')).toEqual([200, { status: 'ready' }]);
  });

  test('is behind while the store has more than the model, and asking makes it read on', async () => {
    const store = new MemoryStore();
    const api = await startApi(undefined, { ledger: await memoryLedger(store) });
    await given(await memoryLedger(store), ['ListInstrument', COIN]);
    expect(await health(api, 'ready')).toEqual([503, { status: 'behind' }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await health(api, 'ready')).toEqual([200, { status: 'ready' }]);
  });

  test('is in doubt for good when the disk did not confirm an append, whoever asks to be told', async () => {
    const store = new DoubtfulStore();
    const api = await startApi(undefined, { ledger: await memoryLedger(store) });
    let doubt: Error | undefined;
    void api.doubt.then((error) => (doubt = error));
    store.fault = 'full';
    expect((await api.call('/v1/instruments', { body: COIN })).status).toBe(507);
    expect([await health(api, 'ready'), doubt]).toEqual([[200, { status: 'ready' }], undefined]);
    store.fault = 'in-doubt';
    const answer = await api.call('/v1/instruments', { body: COIN });
    expect([answer.status, (await answer.json()) as Json]).toEqual([503, expect.objectContaining({ code: 'StoreInDoubt' })]);
    store.fault = undefined;
    expect(await health(api, 'ready')).toEqual([503, { status: 'in-doubt' }]);
    expect(doubt).toMatchObject({ fault: 'in-doubt' });
    expect(series(await figures(api), 'navledger_append_failures_total')).toEqual({ '': 2 });
  });
});

class DoubtfulStore extends MemoryStore {
  fault: 'full' | 'in-doubt' | undefined;

  override append(requests: readonly AppendRequest[]): ReturnType<MemoryStore['append']> {
    return this.fault ? Promise.reject(new StoreError(this.fault, 'planted')) : super.append(requests);
  }
}

let one: Promise<Api> | undefined;
const shared = (): Promise<Api> => (one ??= startApi());

async function health(api: Api, path: string): Promise<[number, Json]> {
  const answer = await api.call(`/health/${path}`);
  return [answer.status, await answer.json()];
}

async function figures(api: Api): Promise<string> {
  return (await api.call('/metrics')).text();
}

/** A series' values by their labels. */
function series(text: string, name: string): Record<string, number> {
  const found = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].filter(([, one]) => one === name);
  return Object.fromEntries(found.map(([, , labels = '', value]) => [labels, Number(value)]));
}
