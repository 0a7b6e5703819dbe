/** Who is let in over HTTP: every route against every scope, tokens as they come and go, an open server against foreign pages, and limits. */
import { subscribe } from 'node:diagnostics_channel';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { COMMAND_SCOPES, type Scope, SCOPES } from '../../apps/api/access/scopes';
import { createToken, revokeToken } from '../../apps/api/access/token-file';
import { BATCH_ROUTE, COMMAND_ROUTES } from '../../apps/api/routes/command-routes';
import type { CommandName } from '../../libs/domain/commands';
import { startApi, type Api } from '../support/api';
import type { Json } from '../support/cli';
import { bearerOf, tokensFile } from '../support/tokens';

/** Whose tokens open a route of a scope. */
const OPENS: { readonly [S in Scope]: readonly Scope[] } = {
  reader: ['reader', 'auditor'],
  recorder: ['recorder', 'issuer'],
  issuer: ['issuer'],
  auditor: ['auditor'],
};
const PUBLIC = ['/', '/docs', '/docs/:file', '/openapi.json', '/health/live', '/health/ready'];
const LOG = ['/v1/events', '/v1/portfolios/:id/events', '/v1/stream', '/v1/portfolios/:id/stream'];
const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

/** `METHOD path` of all that Fastify serves. */
const routes = new Set<string>();
subscribe('fastify.initialization', (message) => {
  (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(`${one} ${url}`);
  });
});

/** What a route must ask for, said here anew. */
function wanted(route: string): Scope | undefined {
  const [method, path] = route.split(' ') as [string, string];
  if (PUBLIC.includes(path)) return undefined;
  if (method !== 'POST') return LOG.includes(path) ? 'auditor' : 'reader';
  const [name] = Object.entries(COMMAND_ROUTES).find(([, posted]) => `/${posted}` === path) ?? [];
  if (name !== undefined) return COMMAND_SCOPES[name as CommandName];
  // A question with a body.
  if (path === '/v1/portfolios/:id/what-if') return 'reader';
  return path === `/${BATCH_ROUTE}` ? 'recorder' : undefined;
}

const wait = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));
/** Longer than a server takes to look at its tokens again. */
const A_LOOK = 1100;

/** Status and code of an answer whose body may never end. */
async function told(api: Api, path: string, options: Parameters<Api['call']>[1] = {}): Promise<[status: number, code?: string]> {
  const answer = await api.call(path, options);
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    await answer.body?.cancel();
    return [answer.status];
  }
  return [answer.status, options.method === 'HEAD' ? undefined : ((await answer.json()) as Json).code];
}

describe('with tokens', () => {
  const file = tokensFile();
  const headers = Object.fromEntries(SCOPES.map((scope) => [scope, bearerOf(file, `the-${scope}`, scope)])) as Record<
    Scope,
    { authorization: string }
  >;
  let api: Api;
  beforeAll(async () => {
    api = await startApi(undefined, { settings: { tokensFile: file } });
  });

  test('every route is open to the scopes that it is for, and to no other', async () => {
    expect(routes.size).toBeGreaterThan(40);
    const wrong: unknown[] = [];
    for (const route of routes) {
      const [method, path] = route.split(' ') as [string, string];
      const scope = wanted(route);
      const at = path.replaceAll(/:\w+/g, 'x');
      const [bare] = await told(api, at, { method });
      if ((bare === 401) === (scope === undefined)) wrong.push({ route, without: bare });
      for (const held of SCOPES) {
        const [status] = await told(api, at, { method, headers: headers[held] });
        const expected = scope === undefined || OPENS[scope].includes(held);
        if (status === 401 || (status === 403) === expected) wrong.push({ route, held, status });
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a refusal says which scope is needed, in the problem and in the challenge', async () => {
    const answer = await api.call('/v1/instruments', { body: COIN, headers: headers.reader });
    expect([answer.status, answer.headers.get('www-authenticate'), await answer.json()]).toEqual([
      403,
      'Bearer realm="navledger", error="insufficient_scope", scope="issuer"',
      expect.objectContaining({ code: 'Forbidden', detail: 'Forbidden: the token must have the scope issuer, or one that includes it' }),
    ]);
  });

  test("the token's name is the actor of what it records", async () => {
    expect((await api.call('/v1/instruments', { body: COIN, headers: headers.issuer })).status).toBe(201);
    const { events } = (await (await api.call('/v1/events', { headers: headers.auditor })).json()) as Json;
    expect(events).toMatchObject([{ metadata: { actor: 'the-issuer' } }]);
  });

  test.each([
    ['none', undefined, 'Bearer realm="navledger"'],
    ['of another scheme', 'Basic YTpi', /error="invalid_token"/],
    ['without one', 'Bearer', /error="invalid_token"/],
    ['with two', 'Bearer a b', /error="invalid_token"/],
    ['unknown', `Bearer nvl_${'A'.repeat(43)}`, /error="invalid_token", error_description="the token is not known here"/],
    ['a JSON Web Token without an issuer', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', /error="invalid_token"/],
  ])('a token %s is challenged', async (_, authorization, challenge) => {
    const answer = await api.call('/v1/portfolios', { headers: authorization === undefined ? {} : { authorization } });
    const problem = (await answer.json()) as Json;
    expect([answer.status, problem.code]).toEqual([401, 'Unauthorized']);
    const given = answer.headers.get('www-authenticate');
    if (typeof challenge === 'string') expect(given).toBe(challenge);
    else expect(given).toMatch(challenge);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    if (authorization?.includes('.') || authorization?.includes('_'))
      expect(JSON.stringify(problem) + given).not.toContain(authorization.slice(7));
  });

  test('an unknown route is told to whoever has a token only', async () => {
    expect(await told(api, '/v2/nothing')).toEqual([401, 'Unauthorized']);
    expect(await told(api, '/v2/nothing', { headers: headers.reader })).toEqual([404, 'NotFound']);
  });

  test('the answer to a request without a token comes before its body', async () => {
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /v1/instruments HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500000\r\n\r\n{"');
    const first = await new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())));
    socket.destroy();
    expect(first).toMatch(/^HTTP\/1.1 401 /);
  });

  test('tokens that are made, end or are revoked count within a second, without a restart', async () => {
    const { token } = createToken(file, 'late', ['reader'], 1500);
    const authorization = `Bearer ${token}`;
    await wait(A_LOOK);
    expect(await told(api, '/v1/portfolios', { headers: { authorization } })).toEqual([200]);
    const other = bearerOf(file, 'leaver', 'reader');
    await wait(A_LOOK);
    expect(await told(api, '/v1/portfolios', { headers: other })).toEqual([200]);
    const gone = await api.call('/v1/portfolios', { headers: { authorization } });
    expect([gone.status, gone.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/the token expired at 2/)]);
    revokeToken(file, 'leaver');
    await wait(A_LOOK);
    expect(await told(api, '/v1/portfolios', { headers: other })).toEqual([401, 'Unauthorized']);
  });
});

describe('a server that was open', () => {
  test('asks for tokens from the first one on, and for good', async () => {
    const file = tokensFile();
    const api = await startApi(undefined, { settings: { tokensFile: file } });
    expect(await told(api, '/v1/portfolios')).toEqual([200]);
    const headers = bearerOf(file, 'first', 'reader');
    await wait(A_LOOK);
    expect(await told(api, '/v1/portfolios')).toEqual([401, 'Unauthorized']);
    expect(await told(api, '/v1/portfolios', { headers })).toEqual([200]);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    writeFileSync(file, '{"version":1,"tok');
    await wait(A_LOOK);
    expect(await told(api, '/v1/portfolios', { headers })).toEqual([503, 'AccessUnavailable']);
    expect(await told(api, '/health/live')).toEqual([200]);

    rmSync(file);
    await wait(A_LOOK);
    expect(await told(api, '/v1/portfolios', { headers })).toEqual([401, 'Unauthorized']);
    expect(await told(api, '/v1/portfolios')).toEqual([401, 'Unauthorized']);
  });

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.org', '127.example.org'])('does not start on %s', async (host) => {
    const refused = startApi(undefined, { settings: { tokensFile: tokensFile(), host } });
    await expect(refused).rejects.toThrow(
      `--host = "${host}": must be an address of this machine alone, such as 127.0.0.1, until there are tokens: see \`navledger token\``,
    );
  });

  test('does not start with tokens that are damaged', async () => {
    const file = tokensFile();
    writeFileSync(file, '{}');
    await expect(startApi(undefined, { settings: { tokensFile: file } })).rejects.toThrow(
      /^InvalidFile: .*tokens\.json: must be a file of tokens/,
    );
  });
});

describe('an open server', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi(undefined, { actor: 'clerk' });
  });

  /** `fetch` sets these headers itself. */
  function statusOf(method: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const path = method === 'POST' ? '/v1/instruments' : '/v1/portfolios';
      const sent = httpRequest(api.url + path, { method, headers: { 'content-type': 'application/json', ...headers } });
      sent.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      sent.end(method === 'POST' ? '{}' : undefined);
    });
  }

  test.each([
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['app.localhost:8080', 200],
    ['127.0.0.1', 200],
    ['127.8.9.10:99', 200],
    ['[::1]:8080', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8080', 421],
    ['notlocalhost', 421],
    ['192.0.2.1:8080', 421],
    ['[::2]', 421],
    ['[::1', 421],
  ])('asked as %p answers %i', async (host, status) => {
    expect(await statusOf('GET', { host })).toBe(status);
  });

  test.each([
    ['POST', {}, 422],
    ['POST', { host: 'localhost:80', origin: 'http://localhost:80' }, 422],
    ['POST', { 'sec-fetch-site': 'same-origin' }, 422],
    ['POST', { host: 'localhost:80', origin: 'http://localhost:81' }, 403],
    ['POST', { origin: 'https://evil.example' }, 403],
    ['POST', { origin: 'null' }, 403],
    ['POST', { 'sec-fetch-site': 'cross-site' }, 403],
    ['GET', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 200],
  ])('a browser that sends %s with %j is answered %i', async (method, headers, status) => {
    expect(await statusOf(method, headers)).toBe(status);
  });

  test('records as its own actor', async () => {
    expect((await api.call('/v1/instruments', { body: COIN })).status).toBe(201);
    const { events } = (await (await api.call('/v1/events')).json()) as Json;
    expect(events).toMatchObject([{ metadata: { actor: 'clerk' } }]);
  });
});

describe('limits', () => {
  test('a caller has so many requests a minute, whatever others send, and health is not counted', async () => {
    const file = tokensFile();
    const [one, two] = [bearerOf(file, 'one', 'reader'), bearerOf(file, 'two', 'reader')];
    const api = await startApi(undefined, { settings: { tokensFile: file, requestsPerMinute: 3 } });
    for (const left of ['2', '1', '0']) {
      const answer = await api.call('/v1/portfolios', { headers: one });
      expect([answer.status, answer.headers.get('ratelimit-limit'), answer.headers.get('ratelimit-remaining')]).toEqual([200, '3', left]);
    }
    const late = await api.call('/v1/portfolios', { headers: one });
    expect([late.status, ((await late.json()) as Json).code]).toEqual([429, 'TooManyRequests']);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(late.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await told(api, '/nothing', { headers: one })).toEqual([429, 'TooManyRequests']);
    expect(await told(api, '/v1/portfolios', { headers: two })).toEqual([200]);
    for (let i = 0; i < 5; i++) expect(await told(api, '/health/live')).toEqual([200]);
  });

  test('an address that keeps sending tokens that are none is put off, and good tokens from there are not', async () => {
    const file = tokensFile();
    const good = bearerOf(file, 'good', 'reader');
    const api = await startApi(undefined, { settings: { tokensFile: file } });
    const guess = (i: number) => told(api, '/v1/portfolios', { headers: { authorization: `Bearer nvl_${i}` } });
    for (let i = 0; i < 60; i++) expect(await guess(i)).toEqual([401, 'Unauthorized']);
    expect(await guess(60)).toEqual([429, 'TooManyRequests']);
    expect(await told(api, '/v1/portfolios', { headers: good })).toEqual([200]);
  });
});

test('no token and no digest is logged, answered or counted', async () => {
  const file = tokensFile();
  const lines: string[] = [];
  const api = await startApi(undefined, {
    settings: { tokensFile: file, logLevel: 'debug' },
    logTo: { write: (line: string) => void lines.push(line) },
  });
  const { token, record } = createToken(file, 'quiet', ['reader'], undefined);
  const unknown = `nvl_${'x'.repeat(43)}`;
  await wait(A_LOOK);
  const answers: string[] = [];
  for (const [path, sent] of [
    ['/v1/portfolios', token],
    ['/v1/events', token],
    ['/nothing', token],
    ['/v1/portfolios', unknown],
    ['/metrics', token],
  ] as const) {
    const answer = await api.call(path, { headers: { authorization: `Bearer ${sent}` } });
    answers.push(JSON.stringify([...answer.headers]) + (await answer.text()));
  }
  await api.stop();
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.join('')).toContain('"actor":"quiet"');
  for (const secret of [token, unknown, record.sha256]) expect(lines.join('') + answers.join('')).not.toContain(secret.slice(4, 30));
});
