/** What a server tells of itself when its log is kept by another one: whether it follows it, and what becomes of it when it cannot. */
import { MemoryStore } from '../../libs/store/memory';
import { type AppendRequest, StoreError } from '../../libs/store/port';
import { type Api, startApi } from '../support/api';
import type { Json } from '../support/cli';
import { memoryLedger } from '../support/ledger';

const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

class FollowingStore extends MemoryStore {
  fault: 'in-doubt' | undefined;
  since: number | undefined;
  fail!: (error: Error) => void;
  readonly failed = new Promise<Error>((resolve) => (this.fail = resolve));

  following(): { live: boolean; since: number | undefined } {
    return { live: this.since === undefined, since: this.since };
  }

  override append(requests: readonly AppendRequest[]): ReturnType<MemoryStore['append']> {
    return this.fault ? Promise.reject(new StoreError(this.fault, 'planted')) : super.append(requests);
  }
}

async function health(api: Api, path: string): Promise<[number, Json]> {
  const answer = await api.call(`/health/${path}`);
  return [answer.status, await answer.json()];
}

async function figures(api: Api): Promise<string> {
  return (await api.call('/metrics')).text();
}

async function behind(api: Api): Promise<number> {
  return Number(/^navledger_store_behind_seconds (\S+)$/m.exec(await figures(api))?.[1]);
}

describe('a server whose log another server keeps', () => {
  test('is not ready when it has not followed that log for more than ten seconds, and says in its metrics for how long', async () => {
    const store = new FollowingStore();
    const api = await startApi(undefined, { ledger: await memoryLedger(store) });
    expect([await health(api, 'ready'), await behind(api)]).toEqual([[200, { status: 'ready' }], 0]);
    store.since = Date.now() - 9_000;
    expect(await health(api, 'ready')).toEqual([200, { status: 'ready' }]);
    store.since = Date.now() - 10_100;
    expect(await health(api, 'ready')).toEqual([503, { status: 'cut-off' }]);
    const seconds = await behind(api);
    expect(seconds).toBeGreaterThan(10);
    expect(seconds).toBeLessThan(60);
    store.since = undefined;
    expect([await health(api, 'ready'), await behind(api)]).toEqual([[200, { status: 'ready' }], 0]);
  });

  test('goes on after an append in doubt: the same command under its id is recorded once', async () => {
    const store = new FollowingStore();
    const api = await startApi(undefined, { ledger: await memoryLedger(store) });
    store.fault = 'in-doubt';
    const headers = { 'idempotency-key': '0d9c9d1e-3f5a-4c55-9a0f-6a1f3c1b7e21' };
    const send = (): Promise<Response> => api.call('/v1/instruments', { body: COIN, headers });
    const answer = await send();
    expect([answer.status, await answer.json()]).toEqual([
      503,
      {
        type: 'urn:navledger:problem:StoreInDoubt',
        title: 'The store did not confirm: the command is recorded or not. Sent again under its id, it is recorded once.',
        status: 503,
        code: 'StoreInDoubt',
        detail: 'StoreInDoubt: planted',
      },
    ]);
    store.fault = undefined;
    expect(await health(api, 'ready')).toEqual([200, { status: 'ready' }]);
    expect([(await send()).status, await (await send()).json()]).toEqual([201, expect.objectContaining({ status: 'duplicate' })]);
  });

  test('ends when that log cannot be followed any more', async () => {
    const store = new FollowingStore();
    const api = await startApi(undefined, { ledger: await memoryLedger(store) });
    store.fail(new StoreError('damaged', 'planted'));
    expect(await api.doubt).toMatchObject({ fault: 'damaged' });
    expect(await health(api, 'ready')).toEqual([503, { status: 'in-doubt' }]);
  });

  test('only then has that series', async () => {
    expect(await figures(await startApi())).not.toContain('navledger_store_behind_seconds');
  });
});
