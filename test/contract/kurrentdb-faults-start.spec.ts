/** What is found out about a server when a ledger on it is opened: that it is away, has another store, or lost events, or keeps them under a rule that will; and such rules while it is followed. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { StoreError } from '../../libs/store/port';
import { request } from '../support/events';
import { until } from '../support/kurrentdb/samples';
import { tempDir } from '../support/temp';
import { bench, booked, cutLog, fault, putForeign, QUICK, setMetadata, SLACK, timed } from './kurrentdb-faults';

const at = bench();
/** The folder for all copies of the ledger. */
const folder = (): string => join(at.replica, readdirSync(at.replica)[0]!);

describe('a server that cannot be reached', () => {
  /** Nothing listens there. */
  const away = 'kurrentdb://127.0.0.1:1?tls=false';

  test.each(['read', 'write'] as const)('is unavailable within the timer, to %s', async (mode) => {
    const [error, millis] = await timed(fault(at.open({ url: away, mode, timers: { callMillis: 1000 } })));
    expect([error.fault, error.faultClass]).toEqual(['unavailable', 'transient']);
    expect(error.message).toMatch(/^cannot open kurrentdb:\/\/127\.0\.0\.1:1: no connection: look whether the server runs there, /);
    expect(millis).toBeLessThan(SLACK);
  });

  test('because it takes connections and never answers is unavailable within the timer', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => sockets.add(socket));
    const { port } = silent.address() as { port: number };
    const [error, millis] = await timed(fault(at.open({ url: `kurrentdb://127.0.0.1:${port}?tls=false`, timers: QUICK })));
    expect(error).toMatchObject({ fault: 'unavailable', message: expect.stringContaining('no answer within 0.8 s') as string });
    expect(millis).toBeLessThan(SLACK);
    sockets.forEach((socket) => socket.destroy());
    silent.close();
  });

  test.each([['read'], ['batchAppend'], ['readAll', 'subscribe']] as const)(
    'with its calls %s %s is unavailable within the timer',
    async (...kinds) => {
      for (const on of kinds) at.server.misbehave({ on, times: Infinity, how: { act: 'never' } });
      const [error, millis] = await timed(fault(at.open({ timers: QUICK })));
      expect(error.fault).toBe('unavailable');
      expect(millis).toBeLessThan(SLACK);
      at.server.heal();
      await at.open();
    },
  );

  test('with TLS where it has none is unavailable', async () => {
    const url = at.server.url.replace('tls=false&', '');
    expect(await fault(at.open({ url, timers: { callMillis: 1000 } }))).toMatchObject({ fault: 'unavailable' });
  });

  test('because its certificate is not there is unavailable, and nothing is left behind', async () => {
    const url = 'kurrentdb://127.0.0.1:1?tlsCAFile=/nowhere/ca.pem';
    expect(await fault(at.open({ url, timers: QUICK }))).toMatchObject({
      fault: 'unavailable',
      message: 'cannot open kurrentdb://127.0.0.1:1: Failed to load certificate file. File was not found.',
    });
    await sleep(QUICK.callMillis + 100);
  });

  test('is told of without the password, wherever one looks', async () => {
    const secret = 'c0ffee5ec2e7';
    for (const host of ['127.0.0.1:1', `127.0.0.1:${at.server.endpoint.port}`]) {
      const error = await fault(at.open({ url: `kurrentdb://admin:${secret}@${host}?tls=true`, timers: { callMillis: 800 } }));
      for (let told: Error | undefined = error; told; told = told.cause as Error | undefined) {
        const all = [
          told.message,
          told.stack,
          inspect(told, { depth: 20, showHidden: true }),
          JSON.stringify(told),
          JSON.stringify(Object.getOwnPropertyDescriptors(told)),
        ];
        expect(all.join('\n')).not.toContain(secret);
        expect(all.join('\n')).not.toContain(Buffer.from(`admin:${secret}`).toString('base64'));
      }
    }
  });
});

describe('the store on a server', () => {
  test('is missing where there is none, and then is not made by who reads', async () => {
    expect(await fault(at.open({ mode: 'read' }))).toMatchObject({ fault: 'missing', faultClass: 'business' });
    expect(at.server.events()).toEqual([]);
    expect(existsSync(at.replica) && readdirSync(at.replica)).toEqual([]);
  });

  test('is made once by processes that are the first at the same moment', async () => {
    const stores = await Promise.all([0, 1, 2].map(() => at.open({ replica: tempDir() })));
    expect(new Set(stores.map(({ storeId }) => storeId)).size).toBe(1);
    expect(at.server.events()).toHaveLength(1);
  });

  test.each([
    ['is lost before', false],
    ['is lost after', true],
  ])('is made though the connection %s it is there', async (_, applied) => {
    at.server.misbehave({ on: 'batchAppend', how: { act: 'drop', applied } });
    const first = await fault(at.open()).catch(() => undefined);
    const store = first ? await at.open() : await at.open({ mode: 'read' });
    expect(store.head().position).toBe(-1);
    expect(at.server.events()).toHaveLength(1);
  });

  test('that is new looks once through what others keep there', async () => {
    putForeign(at.server, 'others', 100);
    const store = await at.open();
    await store.append([request('a', 's', -1)]);
    await store.close();
    await at.open();
    const whole = at.asked.reads().filter((options) => options.getAll()?.hasStart());
    expect(whole).toHaveLength(1);
    expect(at.asked.reads().filter((options) => options.hasAll()).length).toBeGreaterThan(3);
  });

  test('is opened when the first to be asked is not ready', async () => {
    await (await at.open()).close();
    at.server.misbehave({ on: 'read', how: { act: 'notReady' } });
    expect((await at.open()).head().position).toBe(-1);
  });

  test('is made when the first to be asked is not ready', async () => {
    at.server.misbehave({ on: 'read', how: { act: 'notReady' } });
    expect((await at.open()).head().position).toBe(-1);
    expect(at.server.events()).toHaveLength(1);
  });

  test('may not be another than this machine has met there', async () => {
    const before = await at.open();
    await before.close();
    cutLog(at.server, 0);
    const now = await at.open({ replica: tempDir() });
    expect(now.storeId).not.toBe(before.storeId);
    const error = await fault(at.open());
    expect([error.fault, error.faultClass]).toEqual(['foreign', 'business']);
    expect(error.message).toContain(
      ` held the store ${before.storeId} before, and the store there now is ${now.storeId}; if that is meant, remove ${folder()}`,
    );
  });

  test('may not be gone from where this machine has met it, and is not made anew', async () => {
    const { storeId } = await at.open();
    cutLog(at.server, 0);
    for (const mode of ['write', 'read'] as const) {
      const error = await fault(at.open({ mode }));
      expect(error.fault).toBe('foreign');
      expect(error.message).toContain(` held the store ${storeId} before, and no store is there now; if that is meant, remove ${folder()}`);
    }
    expect(at.server.events()).toEqual([]);
  });

  test('may not be made by another program or a newer version', async () => {
    const make = (ledger: string, metadata: object, type = 'StoreCreated'): Promise<StoreError> => {
      putForeign(at.server, `${ledger}-identity`, 1, { type, metadata: Buffer.from(JSON.stringify(metadata)) });
      return fault(at.open({ url: `${at.server.url}&ledger=${ledger}` }));
    };
    const storeId = '6f6c0a0e-4b0e-4a57-9a53-1c3b6ad0a6b1';
    expect(await make('a', { storeId, format: '2' })).toMatchObject({ fault: 'newer' });
    expect(await make('b', { storeId: 'x', format: '1' })).toMatchObject({ fault: 'foreign' });
    expect(await make('c', { storeId, format: '1' }, 'Other')).toMatchObject({ fault: 'foreign' });
  });
});

describe('a log that is not what this machine has followed', () => {
  /** A store with six events and its copy, closed. */
  async function copied(): Promise<void> {
    const store = await at.open();
    for (let i = 0; i < 3; i++) await store.append([request(`c${i}`, 's', 2 * i - 1, 2)]);
    await store.close();
  }

  test('because it ends before is damage that says where', async () => {
    await copied();
    const end = at.server.events().at(-1)!;
    cutLog(at.server, 6);
    const error = await fault(at.open());
    expect(error.fault).toBe('damaged');
    expect(error.message).toBe(
      `the server's log ends at ${at.server.log.events.at(-1)!.commit}, but this machine has followed it to ${end.commit}: events are missing`,
    );
    expect((await fault(at.open({ mode: 'read' }))).fault).toBe('damaged');
  });

  test('because it ends before, though others wrote on, is damage that says where', async () => {
    await copied();
    cutLog(at.server, 6);
    putForeign(at.server, 'others', 3);
    expect(await fault(at.open())).toMatchObject({
      fault: 'damaged',
      message: 'the server has no event at revision 5 of s than this machine has seen',
      about: { stream: 's' },
    });
  });

  test('because its last event is another is damage that says where', async () => {
    await copied();
    Object.assign(at.server.events().at(-1)!, { id: randomUUID() });
    expect(await fault(at.open())).toMatchObject({
      fault: 'damaged',
      message: 'the server has another event at revision 5 of s than this machine has seen',
      about: { stream: 's' },
    });
  });
});

describe('a rule under which a stream loses events', () => {
  const rules = [{ $maxAge: 3600 }, { $maxCount: 10 }, { $tb: 1 }];
  const damage = (rule: object): object => {
    const [[name, value]] = Object.entries(rule) as [[string, number]];
    return {
      fault: 'damaged',
      message: `the stream navledger.s on the server has ${name} = ${value}, under which it loses events`,
      about: { stream: 's' },
    };
  };

  test.each(rules)('is damage at start: %j', async (rule) => {
    const store = await at.open();
    await store.append([request('a', 's', -1, 2)]);
    await store.close();
    setMetadata(at.server, 'navledger.s', rule);
    expect(await fault(at.open())).toMatchObject(damage(rule));
    expect(await fault(at.open({ replica: tempDir(), mode: 'read' }))).toMatchObject(damage(rule));
  });

  test.each(rules)('is damage as soon as it is set: %j', async (rule) => {
    const store = await at.open();
    await store.append([request('a', 's', -1, 2)]);
    setMetadata(at.server, 'navledger.s', rule);
    expect(await store.failed).toMatchObject(damage(rule));
    expect(await fault(store.append([request('b', 's', 1)]))).toMatchObject(damage(rule));
    expect(() => store.head()).toThrow('under which it loses events');
  });

  test('is no matter once it was taken away again', async () => {
    const store = await at.open();
    await store.append([request('a', 's', -1, 2)]);
    setMetadata(at.server, 'navledger.s', { $maxCount: 10 });
    setMetadata(at.server, 'navledger.s', { $acl: { $r: 'all' } });
    expect((await store.append([request('b', 's', 1)]))[0]).toMatchObject({ status: 'recorded', position: 2 });
    await until(() => store.following().live);
    const fresh = await at.open({ replica: tempDir() });
    expect(fresh.head()).toEqual(store.head());
    setMetadata(at.server, 'navledger.s', { $tb: 1 });
    expect([await store.failed, await fresh.failed]).toEqual([
      expect.objectContaining(damage({ $tb: 1 })),
      expect.objectContaining(damage({ $tb: 1 })),
    ]);
  });

  test('is no matter on streams that are not the ledger’s', async () => {
    for (const stream of ['others', 'navledger', 'navledger2.s']) {
      putForeign(at.server, stream);
      setMetadata(at.server, stream, { $maxCount: 10 });
    }
    const store = await at.open();
    expect((await store.append([request('a', 's', -1)]))[0]).toMatchObject({ position: 0 });
  });
});

describe('a server that cannot write several streams at once', () => {
  const both = () => [request('a', 's', -1), request('b', 't', -1, 2)];

  test('writes one, and refuses several with the version that they need', async () => {
    const server = await at.serve({ features: ['batchAppend'] });
    const store = await at.open({ url: server.url });
    expect(await fault(store.append(both()))).toMatchObject({
      fault: 'unavailable',
      message: 'the server took no append: it cannot write several streams at once, which needs KurrentDB 25.1 or newer',
    });
    expect(booked(server)).toEqual([]);
    expect((await store.append([request('c', 's', -1)]))[0]).toMatchObject({ status: 'recorded', position: 0 });
    expect(store.streams()).toEqual(['s']);
  });

  test('by the newest call does so by the older one', async () => {
    const server = await at.serve({ features: ['batchAppend', 'multiStreamAppend'] });
    const store = await at.open({ url: server.url });
    server.misbehave({ on: 'multiStreamAppend', how: { act: 'drop', applied: true } });
    expect(await store.append(both())).toMatchObject([
      { status: 'recorded', position: 0 },
      { status: 'recorded', firstPosition: 1, position: 2 },
    ]);
    expect(await fault(store.append([request('c', 's', 0), request('d', 't', 0)]))).toMatchObject({ fault: 'conflict' });
    expect([server.calls.appendRecords, booked(server).length]).toEqual([0, 3]);
  });
});
