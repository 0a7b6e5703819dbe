/** Requests to the API that are almost right: valid ones of every route, bent in body, path, query, headers or method. The same random choices give the same requests. */
import { randomUUID } from 'node:crypto';
import type { Random } from './random';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

const DAY = '2024-01-02T00:00:00Z';
const UUID = '6f9619ff-8b86-5011-b42d-00c04fc964ff';

/** Recorded before the fuzzing: an instrument with prices and a fund with units and a position. */
export const SEED_COMMANDS: readonly (readonly [name: string, data: object])[] = [
  ['ListInstrument', { instrumentId: 'COIN', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 }],
  ['ListInstrument', { instrumentId: 'RATE', kind: 'rate', quoteCurrency: 'USD', priceScale: 6, quantityScale: 0 }],
  ['RecordPrice', { instrumentId: 'COIN', price: '100.00', at: '2024-01-01T00:00:00Z', source: 'test' }],
  ['RecordPrice', { instrumentId: 'COIN', price: '101.00', at: DAY, source: 'test' }],
  ...['fund', 'other'].flatMap((portfolioId): [string, object][] => [
    [
      'OpenPortfolio',
      {
        portfolioId,
        name: 'A fund',
        quoteCurrency: 'USD',
        currencyScale: 2,
        unitScale: 3,
        instrumentId: 'COIN',
        targetLeverage: '3',
        at: '2024-01-01T00:00:00Z',
      },
    ],
    ['CreateUnits', { portfolioId, units: '1000', cash: '100000.00', at: '2024-01-01T00:00:00Z' }],
  ]),
];

/** A body for each route of a command, as it would be accepted at least once. */
function commandOf(random: Random): readonly [path: string, name: string, data: Record<string, unknown>] {
  const n = random.below(1_000_000);
  const at = `2024-01-${String(random.between(1, 28)).padStart(2, '0')}T0${random.below(10)}:00:00Z`;
  const fill = {
    fillId: `f${n}`,
    instrumentId: 'COIN',
    side: random.pick(['buy', 'sell']),
    quantity: '1.5',
    price: '100.10',
    fee: '0.10',
    feeCurrency: 'USD',
  };
  const rule = {
    kind: 'management',
    trigger: 'at_reset',
    basis: 'nav',
    rate: { value: '0.0095', unit: 'fraction', period: 'year' },
    dayCount: 'ACT/365',
  };
  const mandate = { resets: { cron: '0 0 * * *', zone: 'UTC' }, band: { lower: '2.5', upper: '3.5' }, sizing: 'exact', maxPriceAge: '2d' };
  const open = {
    portfolioId: `p${n}`,
    name: 'P',
    quoteCurrency: 'USD',
    currencyScale: 2,
    unitScale: 4,
    instrumentId: 'COIN',
    targetLeverage: '-1',
    at,
  };
  return random.pick<readonly [string, string, Record<string, unknown>]>([
    ['/v1/instruments', 'ListInstrument', { instrumentId: `I${n}`, kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 8 }],
    ['/v1/prices', 'RecordPrice', { instrumentId: 'COIN', price: `${random.between(50, 150)}.25`, at, source: 'fuzz' }],
    ['/v1/prices/corrections', 'CorrectPrice', { instrumentId: 'COIN', corrects: UUID, price: '99.00', reason: 'late' }],
    ['/v1/portfolios', 'OpenPortfolio', open],
    ['/v1/portfolios/fund/mandates', 'AdoptMandate', { at, mandate }],
    ['/v1/portfolios/fund/fee-schedules', 'AdoptFeeSchedule', { at, schedule: { id: 's', version: `${n}`, rules: [rule] } }],
    ['/v1/portfolios/fund/units/creations', 'CreateUnits', { units: '1.5', cash: '150.00', at, fee: '1.00' }],
    ['/v1/portfolios/fund/units/redemptions', 'RedeemUnits', { units: '0.5', cash: '50.00', at }],
    ['/v1/portfolios/fund/units/splits', 'SplitUnits', { ratio: '2:1', at }],
    ['/v1/portfolios/fund/rebalances', 'ExecuteRebalance', { rebalanceId: `r${n}`, reason: 'manual', at, fills: [fill] }],
    ['/v1/portfolios/fund/fees', 'ChargeFee', { feeId: `e${n}`, kind: 'other', amount: '1.00', at }],
    ['/v1/portfolios/fund/funding', 'SettleFunding', { instrumentId: 'COIN', rate: '0.0001', at }],
    ['/v1/portfolios/fund/interest', 'AccrueInterest', { amount: '-1.00', at }],
    ['/v1/portfolios/fund/fees/accruals', 'AccrueFees', { through: at }],
    ['/v1/portfolios/fund/corrections', 'CorrectFact', { corrects: UUID, reason: 'wrong', replacement: { units: '1' } }],
  ]);
}

function questionOf(random: Random): readonly [path: string, query: Record<string, string>] {
  const at = random.pick([DAY, '2024-01-20T12:00:00Z', '2024-01-01T00:00:00Z']);
  return random.pick<readonly [string, Record<string, string>]>([
    ['/v1/portfolios/fund/nav', { at }],
    ['/v1/portfolios/fund/nav', { at, knownAt: new Date().toISOString() }],
    ['/v1/portfolios/fund/history', { from: '2024-01-01T00:00:00Z', to: at, every: '1d', format: random.pick(['csv', 'json', 'parquet']) }],
    ['/v1/portfolios/fund/attribution', { from: '2024-01-01T00:00:00Z', to: at }],
    ['/v1/portfolios/fund/tear-sheet', {}],
    ['/v1/portfolios/fund/events', { limit: '3' }],
    ['/v1/portfolios/fund', {}],
    ['/v1/portfolios', { limit: '2' }],
    ['/v1/instruments', { limit: '2', cursor: 'aW5zdHJ1bWVudHMgMQ' }],
    ['/v1/instruments/COIN', {}],
    ['/v1/events', { from: '3', limit: '2' }],
    ['/v1/stream', { from: 'x' }],
    ['/health/live', {}],
    ['/health/ready', {}],
    ['/metrics', {}],
    ['/openapi.json', {}],
    ['/', {}],
  ]);
}

const WORDS = [
  '', ' ', '0', '-0', '-1', '1e3', '1E+400', 'NaN', 'Infinity', '00.1', '.5', '5.', '+1', '0x10', '1_000', '١٢', '1,5', '9'.repeat(400), `0.${'0'.repeat(60)}1`,
  'true', 'null', 'undefined', '__proto__', 'constructor', 'toString', '../../etc/passwd', '%00', '\u0000', '\ud800', '\u202e', '💥', "' OR 1=1 --", '<script>',
  '${7*7}', 'a'.repeat(70_000), '2024-02-30T00:00:00Z', '2024-01-01', '2024-01-01T00:00:00', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z',
  '2024-01-01T00:00:60Z', '-271821-04-20T00:00:00Z', '1d', '0s', '999999999999999d', 'P1D', '"7"', 'W/"7"', '*', '"-1"', UUID, UUID.toUpperCase(), 'FUND', 'Fund', 'fund ',
  '1:0', '0:1', '99999999999999999999:1', 'base64url', 'cG9ydGZvbGlvcyA5OTk5', 'BTC/USD', 'application/x-ndjson', 'text/event-stream',
]; // prettier-ignore

function weird(random: Random): unknown {
  return random.pick<() => unknown>([
    () => random.pick(WORDS),
    () => random.pick(WORDS),
    () => random.pick([0, -1, 1.5, 1e308, -0, 2 ** 53, 1e21]),
    () => null,
    () => random.oneIn(2),
    () => [],
    () => ({}),
    () => [[[[{ a: [1] }]]]],
    () => ({ __proto__x: 1, hasOwnProperty: 1 }),
    () => Array.from({ length: random.pick([2, 1001]) }, () => 'x'),
  ])();
}

/** The value with one of its parts, or itself, replaced, removed, doubled or joined by another. */
function bent(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.oneIn(6)) return weird(random);
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    if (copy.length > 0 && !random.oneIn(3)) copy[0] = bent(copy[0], random);
    else copy.push(copy.length > 0 && random.oneIn(2) ? copy[0] : weird(random));
    return copy;
  }
  const copy: Record<string, unknown> = { ...value };
  const keys = Object.keys(copy);
  const key = keys.length === 0 ? 'x' : random.pick(keys);
  if (random.oneIn(6)) delete copy[key];
  else if (random.oneIn(8)) copy[random.pick([...WORDS.slice(0, 30), 'booking', 'extra'])] = weird(random);
  else copy[key] = bent(copy[key], random);
  return copy;
}

/** Text with bytes cut, changed or added. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  return random.pick<() => Buffer>([
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)]),
    () => Buffer.concat([Buffer.from('\ufeff'), bytes]),
    () => Buffer.concat([bytes, bytes]),
    () => Buffer.from('['.repeat(random.pick([10, 20_000]))),
    () => Buffer.from(`{"__proto__":${bytes.toString()}}`),
    () => Buffer.from(bytes.toString().replace('{', '{"at":"2024-01-01T00:00:00Z","at":null,')),
    () => Buffer.alloc(0),
    () => Buffer.alloc(random.pick([100, 1_200_000]), 'x'),
    () => Buffer.from([0x1f, 0x8b, 8, 0, random.below(256)]),
  ])();
}

const HEADERS = [
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'accept',
  'x-request-id',
  'authorization',
  'content-encoding',
  'origin',
  'expect',
];
const LEGAL = /^[\t\x20-\x7e\x80-\xff]{0,8000}$/;

function headersOf(random: Random): Record<string, string> {
  const headers: Record<string, string> = {};
  if (random.oneIn(3)) headers['idempotency-key'] = random.oneIn(4) ? UUID : randomUUID();
  if (random.oneIn(6)) headers['if-match'] = `"${random.between(-2, 40)}"`;
  if (random.oneIn(4)) {
    const [name, value] = [random.pick(HEADERS), random.pick(WORDS)];
    // "Expect" makes Node's client wait for what never comes.
    if (LEGAL.test(value) && name !== 'expect') headers[name] = value;
  }
  return headers;
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).slice(0, 9000);
}

export function fuzzRequest(random: Random): FuzzRequest {
  const headers = headersOf(random);
  if (random.oneIn(3)) {
    const [path, given] = questionOf(random);
    const query: [string, unknown][] = Object.entries(given);
    for (let i = random.below(3); i > 0; i--) {
      const name =
        query.length > 0 && !random.oneIn(3) ? random.pick(query)[0] : random.pick(['at', 'knownAt', 'cursor', 'limit', 'x', 'from']);
      query.push([name, random.pick(WORDS)]);
      if (random.oneIn(2))
        query.splice(
          query.findIndex(([key]) => key === name),
          1,
        );
    }
    const text = query.map(([name, value]) => `${name}=${encoded(String(value))}`).join('&');
    return {
      method: random.oneIn(20) ? random.pick(['HEAD', 'DELETE', 'PUT', 'OPTIONS']) : 'GET',
      path: pathOf(random, path, text),
      headers,
      body: undefined,
    };
  }
  if (random.oneIn(10)) {
    const lines = Array.from({ length: random.between(0, 5) }, () => {
      const [path, command, data] = commandOf(random);
      const line = { command, data: path.startsWith('/v1/portfolios/fund') ? { portfolioId: 'fund', ...data } : data };
      return JSON.stringify(random.oneIn(2) ? bent(line, random) : line);
    });
    const body = Buffer.from(lines.join('\n'));
    const type = random.oneIn(20) ? 'application/json' : 'application/x-ndjson';
    const query = random.pick(['', '', 'atomic=true', 'dryRun=true', 'atomic=yes', 'x=1']);
    return {
      method: 'POST',
      path: pathOf(random, '/v1/commands/batch', query),
      headers: { ...headers, 'content-type': type },
      body: random.oneIn(6) ? damaged(body, random) : body,
    };
  }
  const [path, , data] = commandOf(random);
  let value: unknown = data;
  for (let i = random.below(3); i > 0; i--) value = bent(value, random);
  const body = Buffer.from(JSON.stringify(value));
  const type = random.oneIn(15)
    ? random.pick([
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-16',
        'x',
        'application/x-ndjson',
        'multipart/form-data',
      ])
    : 'application/json';
  return {
    method: random.oneIn(30) ? random.pick(['PUT', 'PATCH', 'DELETE', 'GET']) : 'POST',
    path: pathOf(random, path, random.oneIn(20) ? `x=${encoded(random.pick(WORDS))}` : ''),
    headers: { ...headers, 'content-type': type },
    body: random.oneIn(8) ? damaged(body, random) : body,
  };
}

function pathOf(random: Random, path: string, query: string): string {
  let bentPath = path;
  if (random.oneIn(12))
    bentPath = path.replace(
      'fund',
      random.oneIn(2) ? encoded(random.pick(WORDS)) : random.pick(['FUND', '%zz', '..', '%2e%2e', 'fund%2f', 'other']),
    );
  if (random.oneIn(40)) bentPath += random.pick(['/', '//', '/x', '%00', ';a=b', '#']);
  return query === '' ? bentPath : `${bentPath}?${query}`;
}
