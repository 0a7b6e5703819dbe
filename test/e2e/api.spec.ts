/** The HTTP API: commands, questions, and refusals in the form of problems. */
import { startApi, type Api } from '../support/api';
import type { Json } from '../support/cli';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});

const COIN = { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 };

test('a command is answered 201 with the record answer and the revision as its ETag, and again with the same answer', async () => {
  const headers = { 'idempotency-key': '6f9619ff-8b86-4011-b42d-00c04fc964ff' };
  const first = await api.call('/v1/instruments', { body: COIN, headers });
  const answer = (await first.json()) as Json;
  expect([first.status, first.headers.get('etag'), first.headers.get('content-type')]).toEqual([
    201,
    '"0"',
    'application/json; charset=utf-8',
  ]);
  expect(answer).toMatchObject({
    status: 'recorded',
    commandId: headers['idempotency-key'],
    stream: 'price-coin',
    revision: '0',
    position: '0',
  });
  const again = await api.call('/v1/instruments', { body: COIN, headers });
  expect([again.status, await again.json()]).toEqual([201, { ...answer, status: 'duplicate' }]);
});
