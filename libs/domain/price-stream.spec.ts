import type { PriceCommand } from './commands';
import { instant } from './instant';
import { decidePrice, type Listing } from './price-stream';
import { isRefusal } from './refusal';

const COIN: Listing = { instrumentId: 'coin', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 3 };
const RATE: Listing = { ...COIN, kind: 'rate', priceScale: 4 };
const CONTEXT = { now: instant('2024-02-01T00:00:00Z'), allowedSkew: 300_000_000_000n };
const TICK = { instrumentId: 'coin', price: '50', at: '2024-01-01T00:00:00Z', source: 'paper' };
const ID = '00000000-0000-4000-8000-000000000001';
const FOUND = { eventId: ID, at: TICK.at };

test.each<{ name: string; listing?: Listing; command: PriceCommand; code: string; field: string; value: string }>([
  {
    name: 'listing twice',
    listing: COIN,
    command: { name: 'ListInstrument', data: COIN },
    code: 'AlreadyExists',
    field: '/instrumentId',
    value: 'coin',
  },
  {
    name: 'an id in other letters',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, instrumentId: 'Coin' } },
    code: 'IdCaseMismatch',
    field: '/instrumentId',
    value: 'Coin',
  },
  {
    name: 'a price of nothing listed',
    command: { name: 'RecordPrice', data: TICK },
    code: 'UnknownInstrument',
    field: '/instrumentId',
    value: 'coin',
  },
  {
    name: 'a price of zero',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, price: '0.00' } },
    code: 'InvalidField',
    field: '/price',
    value: '0.00',
  },
  {
    name: 'a negative price',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, price: '-1' } },
    code: 'InvalidField',
    field: '/price',
    value: '-1',
  },
  {
    name: 'an exponent',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, price: '1e5' } },
    code: 'InvalidField',
    field: '/price',
    value: '1e5',
  },
  {
    name: 'more decimals than listed',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, price: '1.005' } },
    code: 'ScaleExceeded',
    field: '/price',
    value: '1.005',
  },
  {
    name: 'a day without time',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, at: '2024-01-01' } },
    code: 'InvalidField',
    field: '/at',
    value: '2024-01-01',
  },
  {
    name: 'the future',
    listing: COIN,
    command: { name: 'RecordPrice', data: { ...TICK, at: '2025-01-01T00:00:00Z' } },
    code: 'FutureTime',
    field: '/at',
    value: '2025-01-01T00:00:00Z',
  },
  {
    name: 'a correction of nothing',
    listing: COIN,
    command: { name: 'CorrectPrice', data: { instrumentId: 'coin', corrects: ID, price: '1', reason: 'x' } },
    code: 'UnknownEvent',
    field: '/corrects',
    value: ID,
  },
])('$name: $code', ({ listing, command, code, field, value }) => {
  const decided = decidePrice(listing, command, CONTEXT);
  expect(isRefusal(decided) ? { code: decided.refused, field: decided.field, value: decided.value } : decided).toEqual({
    code,
    field,
    value: JSON.stringify(value),
  });
});

test('a price is kept at its scale and its time in UTC with the digits given', () => {
  const data = { ...TICK, at: '2024-01-01T01:00:00.120+01:00', quality: 'firm' };
  expect(decidePrice(COIN, { name: 'RecordPrice', data }, CONTEXT)).toEqual([
    {
      type: 'PriceTicked',
      data: { instrumentId: 'coin', price: '50.00', at: '2024-01-01T00:00:00.120Z', source: 'paper', quality: 'firm' },
    },
  ]);
  expect(decidePrice(COIN, { name: 'RecordPrice', data: { ...TICK, at: '2024-01-01T00:00:00.1200Z' } }, CONTEXT)).toMatchObject([
    { data: { at: '2024-01-01T00:00:00.1200Z' } },
  ]);
});

test('a rate may be zero or negative', () => {
  for (const price of ['0', '-0.005'])
    expect(decidePrice(RATE, { name: 'RecordPrice', data: { ...TICK, price } }, CONTEXT)).toHaveLength(1);
});

test('a correction keeps the time of its tick unless it gives one', () => {
  const data = { instrumentId: 'coin', corrects: 'some-id', price: '51', reason: 'typing' };
  const corrected = (more: object) => decidePrice(COIN, { name: 'CorrectPrice', data: { ...data, ...more } }, CONTEXT, FOUND);
  expect(corrected({})).toEqual([
    { type: 'PriceCorrected', data: { instrumentId: 'coin', corrects: ID, price: '51.00', at: TICK.at, reason: 'typing' } },
  ]);
  expect(corrected({ at: '2024-01-02T00:00:00Z' })).toMatchObject([{ data: { corrects: ID, at: '2024-01-02T00:00:00Z' } }]);
});
