/** Many clients at once: a command that is sent again has one effect and one answer, and of two writers at one revision one is refused. */
import { randomUUID } from 'node:crypto';
import { type Api, startApi } from '../support/api';
import { SEED_COMMANDS } from '../support/fuzz-requests';
import type { Json } from '../support/cli';
import { given } from '../support/ledger';
import { Random, runSeed } from '../support/random';
import { tempDir } from '../support/temp';

let api: Api;
beforeAll(async () => {
  api = await startApi(tempDir());
  await given(api.ledger, ...SEED_COMMANDS);
});

interface Sent {
  readonly path: string;
  readonly body: object;
  readonly key: string;
}

const AT = '2024-01-01T12:00:00Z';

/** Commands of which none depends on another. */
function commands(): Sent[] {
  const fund = '/v1/portfolios/fund';
  return Array.from({ length: 4 }, (_, i) => [
    { path: '/v1/prices', body: { instrumentId: 'COIN', price: `10${i}.00`, at: `2024-01-03T0${i}:00:00Z`, source: 'test' } },
    { path: `${fund}/fees`, body: { feeId: `fee${i}`, kind: 'other', amount: '1.00', at: AT } },
    { path: `${fund}/interest`, body: { amount: `${i}.50`, at: AT } },
    { path: `${fund}/units/creations`, body: { units: '1', cash: '100.00', at: AT } },
    { path: `${fund}/fees/accruals`, body: { through: AT } },
  ])
    .flat()
    .map((command) => ({ ...command, key: randomUUID() }));
}

test('1,000 sendings of 20 commands by 50 clients: one effect each, and the same answer to each', async () => {
  const random = new Random(runSeed('retries'));
  const before = api.ledger.store.head().position;
  const sent = commands();
  expect(sent).toHaveLength(20);
  const clients = Array.from({ length: 50 }, () => {
    const order = sent.map((command) => ({ command, place: random.below(1_000_000) })).sort((a, b) => a.place - b.place);
    return order.map(({ command }) => command);
  });
  const answers = new Map<string, Json[]>(sent.map(({ key }) => [key, []]));
  await Promise.all(
    clients.map(async (order) => {
      for (const { path, body, key } of order) {
        const response = await api.call(path, { body, headers: { 'idempotency-key': key } });
        expect(response.status).toBe(201);
        answers.get(key)!.push({ ...((await response.json()) as object), etag: response.headers.get('etag') });
      }
    }),
  );
  for (const all of answers.values()) {
    expect(all).toHaveLength(50);
    expect(all.filter(({ status }) => status === 'recorded')).toHaveLength(1);
    const [first] = all;
    for (const answer of all) expect({ ...answer, status: '' }).toEqual({ ...first, status: '' });
  }
  expect(api.ledger.store.head().position - before).toBe(20);
});

test('of two writers at one revision one is recorded and one refused, every time', async () => {
  for (let round = 0; round < 50; round++) {
    const { revision } = (await (await api.call('/v1/portfolios/other')).json()) as Json;
    const write = (n: number) =>
      api.call('/v1/portfolios/other/interest', { body: { amount: `${n}.00`, at: AT }, headers: { 'if-match': `"${revision}"` } });
    const both = await Promise.all([write(1), write(2)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 412]);
    const refused = (await both.find(({ status }) => status === 412)!.json()) as Json;
    expect(refused).toMatchObject({
      code: 'WrongRevision',
      status: 412,
      errors: [{ pointer: null, parameter: 'If-Match', value: revision }],
      context: { actual: String(Number(revision) + 1) },
    });
  }
});

test('the same key for other data is refused, and changes nothing', async () => {
  const headers = { 'idempotency-key': randomUUID() };
  const body = { amount: '7.00', at: AT };
  expect((await api.call('/v1/portfolios/fund/interest', { body, headers })).status).toBe(201);
  const before = api.ledger.store.head().position;
  const other = await api.call('/v1/portfolios/fund/interest', { body: { ...body, amount: '7.0' }, headers });
  expect([other.status, await other.json()]).toMatchObject([409, { code: 'ReusedCommandId', errors: [{ parameter: 'Idempotency-Key' }] }]);
  expect(api.ledger.store.head().position).toBe(before);
});
