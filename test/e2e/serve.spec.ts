/** A server in operation: starting, what one connection may use, stopping under load, and the demo that serves. Raw sockets say what well-behaved clients cannot. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { get } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Settings } from '../../apps/api/settings';
import { MemoryStore } from '../../libs/store/memory';
import { type AppendRequest, StoreError } from '../../libs/store/port';
import { startServer } from '../../apps/api/server';
import { serveUntil } from '../../apps/cli/commands/serve';
import { startApi, testSettings } from '../support/api';
import { command, eventCount, type Json, lines, recorded, run, type Run, seeded, start } from '../support/cli';
import { given, memoryLedger } from '../support/ledger';
import { tempDir } from '../support/temp';

const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

/** A connection and all that comes back on it. */
class Raw {
  text = '';
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  readonly ended: Promise<unknown>;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.text += text));
    socket.on('error', (error) => (this.error = error));
    this.ended = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() => (this.closed = true));
  }

  static async to(url: string): Promise<Raw> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    return new Raw(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Sends a blank every now and then until the connection is closed. */
  drip(): void {
    const drip = setInterval(() => this.send(' '), 50);
    void this.ended.then(() => clearInterval(drip));
  }

  async until(fits: RegExp): Promise<void> {
    while (!fits.test(this.text) && !this.closed) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(this.text).toMatch(fits);
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1]);
  }

  get problem(): Json {
    return JSON.parse(this.text.slice(this.text.indexOf('\r\n\r\n') + 4));
  }
}

const HEAD = 'host: 127.0.0.1\r\n';
const POST = `POST /v1/instruments HTTP/1.1\r\n${HEAD}content-type: application/json\r\n`;

/** A server with some settings, and a connection to it. */
async function rawApi(settings: Partial<Settings>): Promise<{ url: string; raw: () => Promise<Raw> }> {
  const { url } = await startApi(undefined, { settings });
  return { url, raw: () => Raw.to(url) };
}

describe('one connection', () => {
  test('that does not say all of its headers in time is told so and ended', async () => {
    const { raw } = await rawApi({ arrivalTime: 300 });
    const [silent, slow] = [await raw(), await raw()];
    slow.send('GET /v1/portfolios HTTP/1.1\r\nhost: 127');
    await Promise.all([silent.ended, slow.ended]);
    expect([slow.status, slow.problem.code]).toEqual([408, 'RequestTimeout']);
    expect(silent.status).toBe(408);
  });

  test('whose JSON body drips in is told so and ended, however it drips', async () => {
    const { raw } = await rawApi({ arrivalTime: 300 });
    const slow = await raw();
    slow.send(`${POST}content-length: 1000\r\n\r\n{`);
    slow.drip();
    await slow.ended;
    expect([slow.status, slow.problem.code]).toEqual([408, 'RequestTimeout']);
    expect(slow.text).toMatch(/\r\nconnection: close\r\n/i);
  });

  test('that goes on sending a body after its refusal is ended', async () => {
    const { raw } = await rawApi({ arrivalTime: 300 });
    const late = await raw();
    late.send(`POST /nowhere HTTP/1.1\r\n${HEAD}content-length: 1000\r\n\r\n`);
    late.drip();
    await late.ended;
    expect([late.status, late.problem.code]).toEqual([404, 'NotFound']);
  });

  test('is kept for the next request, and ended when none comes', async () => {
    const { raw } = await rawApi({ keepAlive: 400 });
    const idle = await raw();
    idle.send(`GET /health/live HTTP/1.1\r\n${HEAD}\r\n`);
    await idle.until(/live"}\n$/);
    idle.text = '';
    idle.send(`GET /health/live HTTP/1.1\r\n${HEAD}\r\n`);
    await idle.until(/live"}\n$/);
    const began = performance.now();
    await idle.ended;
    expect(performance.now() - began).toBeLessThan(5000);
    expect(idle.error).toBeUndefined();
  });

  test('whose client takes nothing of a long answer is ended', async () => {
    const api = await startApi(undefined, { settings: { standstill: 400 } });
    await given(api.ledger, ['ListInstrument', COIN]);
    const ticks = Array.from({ length: 100_000 }, (_, i) => ({ at: BigInt(i) * 1_000_000_000n, price: 10_000n }));
    await (
      await api.ledger.submitPrices('COIN', 'test', ticks)
    ).recorded;
    const idle = await Raw.to(api.url);
    idle.socket.pause();
    idle.send(`GET /v1/events HTTP/1.1\r\n${HEAD}accept: application/x-ndjson\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    idle.socket.resume();
    await idle.ended;
    expect(idle.text).toMatch(/^HTTP\/1\.1 200 /);
    expect(idle.text).not.toMatch(/0\r\n\r\n$/);
    expect(idle.text.split('\n').length).toBeLessThan(100_000);
  });

  test('too many is ended at once, and there is room again when one has gone', async () => {
    const { raw } = await rawApi({ maxConnections: 2 });
    const kept = [await raw(), await raw()];
    for (const one of kept) {
      one.send(`GET /health/live HTTP/1.1\r\n${HEAD}\r\n`);
      await one.until(/live"}\n$/);
    }
    const third = await raw();
    await third.ended;
    expect(third.text).toBe('');
    kept[0]!.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = await raw();
    next.send(`GET /health/live HTTP/1.1\r\n${HEAD}\r\n`);
    await next.until(/live"}\n$/);
    for (const one of [...kept, next]) one.socket.destroy();
  });

  test('sends no larger body, header or part of a path than the server takes', async () => {
    const { raw } = await rawApi({ bodyLimit: 2000 });
    const told = async (text: string): Promise<unknown[]> => {
      const one = await raw();
      one.send(text);
      await one.until(/}\n$/);
      one.socket.destroy();
      return [one.status, one.problem.code];
    };
    expect(await told(`${POST}content-length: 2001\r\n\r\n`)).toEqual([413, 'PayloadTooLarge']);
    expect(await told(`${POST}transfer-encoding: chunked\r\n\r\n7d1\r\n${' '.repeat(2001)}\r\n`)).toEqual([413, 'PayloadTooLarge']);
    expect(await told(`GET /health/live HTTP/1.1\r\n${HEAD}x: ${'x'.repeat(17_000)}\r\n\r\n`)).toEqual([431, 'HeadersTooLarge']);
    expect(await told(`GET /v1/portfolios/${'x'.repeat(101)} HTTP/1.1\r\n${HEAD}\r\n`)).toEqual([414, 'UriTooLong']);
    expect(await told(`GET /v1/portfolios/${'x'.repeat(64)} HTTP/1.1\r\n${HEAD}\r\n`)).toEqual([404, 'UnknownPortfolio']);
    expect(await told('what?\r\n\r\n')).toEqual([400, 'BadRequest']);
  });
});

test('a history that takes longer than it may is told so', async () => {
  const dir = await seeded();
  const api = await startApi(join(dir, 'data'), { settings: { questionTime: 20 } });
  const ask = (every: string): Promise<Response> =>
    api.call(`/v1/portfolios/coin3l/history?from=2024-01-01T00:00:00Z&to=2024-01-03T00:00:00Z&every=${every}&format=parquet`);
  expect((await ask('1h')).status).toBe(200);
  const answer = await ask('1s');
  expect([answer.status, (await answer.json()) as Json]).toEqual([503, expect.objectContaining({ code: 'TimedOut' })]);
});

describe('stopping', () => {
  test('answers what is under way, tells others on their connections, ends idle ones, and listens no more', async () => {
    const ledger = await memoryLedger();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { ask } = ledger;
    ledger.ask = (question) => gate.then(() => ask.call(ledger, question) as never);
    const server = await startServer(ledger, testSettings());
    const [busy, idle, next] = [await Raw.to(server.url), await Raw.to(server.url), await Raw.to(server.url)];
    busy.send(`GET /v1/portfolios HTTP/1.1\r\n${HEAD}\r\n`);
    idle.send(`GET /health/live HTTP/1.1\r\n${HEAD}\r\n`);
    // Half a request: under way, for its body is not there.
    next.send(`${POST}content-length: 4\r\n\r\n`);
    await idle.until(/live"}\n$/);
    const stopped = server.stop();
    expect(server.stop()).toBe(stopped);
    await idle.ended;
    expect(busy.text).toBe('');
    await expect(Raw.to(server.url)).rejects.toThrow('ECONNREFUSED');
    next.send('{  }');
    await next.ended;
    expect(next.status).toBe(422);
    release();
    await Promise.all([busy.ended, stopped]);
    expect([busy.status, busy.text.split('\r\n\r\n')[1]]).toEqual([200, '{"portfolios":[],"next":null}\n']);
    for (const one of [busy, next]) expect(one.text).toMatch(/\r\nconnection: close\r\n/i);
    expect([busy, idle, next].map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    await ledger.close();
  });

  test('a request that comes on a kept connection is told ShuttingDown, and health says so', async () => {
    const ledger = await memoryLedger();
    const server = await startServer(ledger, testSettings());
    const told = await Promise.all(['/v1/portfolios', '/health/live', '/health/ready'].map(() => Raw.to(server.url)));
    for (const one of told) {
      one.send(`GET /health/live HTTP/1.1\r\n${HEAD}\r\n`);
      await one.until(/live"}\n$/);
      one.text = '';
    }
    const stopped = server.stop();
    ['/v1/portfolios', '/health/live', '/health/ready'].forEach((path, i) => told[i]!.send(`GET ${path} HTTP/1.1\r\n${HEAD}\r\n`));
    await Promise.all([stopped, ...told.map(({ ended }) => ended)]);
    expect(told.map(({ status, problem, error }) => [status, problem.code ?? problem.status, error])).toEqual([
      [503, 'ShuttingDown', undefined],
      [200, 'live', undefined],
      [503, 'stopping', undefined],
    ]);
    for (const { text } of told) expect(text).toMatch(/\r\nconnection: close\r\n/i);
    await ledger.close();
  });

  test('waits for the grace period and no longer', async () => {
    const ledger = await memoryLedger();
    const server = await startServer(ledger, testSettings({ grace: 200 }));
    ledger.ask = () => new Promise(() => undefined);
    const busy = await Raw.to(server.url);
    busy.send(`GET /v1/portfolios HTTP/1.1\r\n${HEAD}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await server.stop();
    expect(performance.now() - began).toBeGreaterThan(150);
    expect(performance.now() - began).toBeLessThan(2000);
    await busy.ended;
    expect(busy.text).toBe('');
  });
});

/** Starts `navledger serve` and answers its URL once it serves. */
async function serving(cwd: string, ...args: string[]): Promise<{ url: string; child: ReturnType<typeof start>; done: Promise<Run> }> {
  const child = start(cwd, ['serve', '--port', '0', '--json', ...args]);
  const first = await Promise.race([once(child.stdout!, 'data') as Promise<[string]>, child.done]);
  if (!Array.isArray(first)) throw new Error(`it ended: ${first.stderr}`);
  return { url: (JSON.parse(first[0]) as { url: string }).url, child, done: child.done };
}

describe('navledger serve', () => {
  test('serves its store, says where, and ends well at SIGTERM', async () => {
    const dir = await seeded();
    const { url, child, done } = await serving(dir, '--log-level', 'debug');
    const nav = (await (await fetch(`${url}/v1/portfolios/coin3l/nav?at=2024-01-03T00:00:00Z`)).json()) as Json;
    expect(nav).toMatchObject({ nav: '96877.60' });
    const second = await run(dir, ['serve', '--port', '0']);
    expect(second).toMatchObject({
      code: 7,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^navledger: StoreLocked: .*${child.pid}.*\n$`)),
    });
    // Others ask meanwhile.
    expect((await run(dir, ['nav', 'coin3l', '--at', '2024-01-03T00:00:00Z'])).code).toBe(0);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await done;
    expect([code, JSON.parse(stdout)]).toEqual([0, { url }]);
    expect(lines(stderr).map(({ msg }) => msg)).toEqual(['listening', 'request', 'stopping', 'stopped']);
  });

  test('names the address and the port that others listen on', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stdout, stderr } = await run(tempDir(), ['serve', '--port', String(port)]);
    other.close();
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `navledger: InvalidField: --port = ${port}: must be free: another process listens there on 127.0.0.1\n`,
    });
  });

  test('a second signal ends it at once', async () => {
    const { url, child, done } = await serving(await seeded(), '--grace', '1h');
    const busy = await Raw.to(url);
    busy.send(`${POST}content-length: 4\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect((await done).code).toBe(130);
  });

  test('under load, every command that it answered is there after SIGTERM, and no request that it took is cut off', async () => {
    const dir = tempDir();
    await recorded(dir, command('ListInstrument', COIN));
    const { url, child, done } = await serving(dir, '--log-level', 'warn');
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const outcomes = new Map<string, number>();
    let recordedCount = 0;
    let stop = false;
    const sender = async (from: number): Promise<void> => {
      for (let i = from; !stop; i += 32) {
        const outcome = await post(agent, `${url}/v1/prices`, {
          instrumentId: 'COIN',
          price: '100.00',
          at: new Date(Date.UTC(2020, 0, 1) + i * 1000).toISOString(),
          source: 'load',
        });
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (outcome === '201') recordedCount++;
        else return;
      }
    };
    const senders = Array.from({ length: 32 }, (_, i) => sender(i));
    const all = Promise.all(senders);
    while (recordedCount < 300) await Promise.race([new Promise((resolve) => setTimeout(resolve, 1)), all]);
    child.kill('SIGTERM');
    await all;
    stop = true;
    agent.destroy();
    const { code, stderr } = await done;
    expect({ code, stderr: stderr.replace(/^.*ShuttingDown.*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
    // Whoever came too late was told, or found nobody listening.
    expect([...outcomes.keys()].filter((outcome) => !['201', '503 ShuttingDown', 'ECONNREFUSED'].includes(outcome))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(1);
    expect(await eventCount(dir)).toBe(1 + recordedCount);
  });

  test('ends a stream of events without an error', async () => {
    const { url, child, done } = await serving(await seeded());
    const stream = await fetch(`${url}/v1/stream`);
    expect(stream.status).toBe(200);
    const text = stream.text();
    const price = { instrumentId: 'COIN', price: '98.00', at: '2024-01-04T00:00:00Z', source: 'test' };
    expect(await post(new Agent(), `${url}/v1/prices`, price)).toBe('201');
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGTERM');
    expect((await done).code).toBe(0);
    expect(await text).toContain('"price":"98.00"');
  });

  test('that can no longer know what its store holds stops and says so', async () => {
    const store = new (class extends MemoryStore {
      override append(_requests: readonly AppendRequest[]): ReturnType<MemoryStore['append']> {
        return Promise.reject(new StoreError('in-doubt', 'the disk did not confirm'));
      }
    })();
    const ledger = await memoryLedger(store);
    let url = '';
    const served = serveUntil(
      (open) => startServer(open, testSettings()),
      ledger,
      new AbortController().signal,
      (at) => {
        url = at;
        return Promise.resolve();
      },
    );
    served.catch(() => undefined);
    while (url === '') await new Promise((resolve) => setTimeout(resolve, 5));
    const agent = new Agent({ keepAlive: true });
    expect(await post(agent, `${url}/v1/instruments`, COIN)).toBe('503 StoreInDoubt');
    await expect(served).rejects.toMatchObject({ fault: 'in-doubt' });
    expect(await post(agent, `${url}/v1/instruments`, COIN)).toBe('ECONNREFUSED');
    agent.destroy();
  });

  const dir = tempDir();
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=localhost'];
  const withPair = spawnSync('openssl', ['req', '-x509', ...pair]).status === 0 ? test : test.skip;
  withPair('speaks HTTPS with a certificate of its own', async () => {
    const config = join(dir, 'config.json');
    writeFileSync(config, JSON.stringify({ tlsCert: cert, tlsKey: key }));
    const { url, child, done } = await serving(dir, '--config', config);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const headers = await new Promise<Json>((resolve, reject) => {
      get(`${url}/health/live`, { rejectUnauthorized: false }, (answer) => resolve(answer.resume().headers)).on('error', reject);
    });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    child.kill('SIGTERM');
    expect((await done).code).toBe(0);
  });
});

test('demo serves what it made, until Ctrl-C', async () => {
  const dir = tempDir();
  const prices = join(dir, 'gold.csv');
  writeFileSync(prices, 'date,close\n2024-01-02,2058.95\n2024-01-03,2041.49\n2024-01-04,2043.65\n');
  const child = start(dir, ['demo', '--port', '0', '--prices', prices, '--format', 'closes', '--leverage', '2']);
  let text = '';
  child.stdout!.on('data', (piece: string) => (text += piece));
  const found = (): string | undefined => /The API is at (\S+), its page at \1\/docs;/.exec(text)?.[1];
  while (!found() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(text).toContain('What to type next');
  const sheet = await fetch(`${found()}/v1/portfolios/gold2l/tear-sheet`);
  expect(sheet.status).toBe(200);
  expect((await fetch(`${found()}/docs`)).status).toBe(200);
  child.kill('SIGINT');
  expect(await child.done).toMatchObject({ code: 0, stderr: '' });
});

test('demo refuses a port that is none before it makes anything', async () => {
  const dir = tempDir();
  expect(await run(dir, ['demo', '--port', 'x'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^navledger: InvalidField: --port = "x": .*\n$/),
  });
  expect(await eventCount(dir)).toBe(0);
});

/** Status, and code of a problem; or the error of the connection. */
function post(agent: Agent, url: string, data: object): Promise<string> {
  return new Promise((resolve) => {
    const body = JSON.stringify(data);
    const sent = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length } });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('error', (error: NodeJS.ErrnoException) => resolve(`answer ${error.code}`));
      answer.on('end', () => {
        const { code } = JSON.parse(text) as { code?: string };
        resolve(code === undefined ? String(answer.statusCode) : `${answer.statusCode} ${code}`);
      });
    });
    sent.end(body);
  });
}
