/**
 * The typed client that is generated from the contract records funds and asks every question over HTTP, and every answer is held against the contract. The client
 * checked in is the contract's: `node test/client/generate.mjs` writes it anew.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type Client } from '../client/generated/client';
import * as sdk from '../client/generated/sdk.gen';
import type { Problem, Recorded } from '../client/generated/types.gen';
import { startApi, type Api } from '../support/api';
import type { Json } from '../support/cli';
import { checkedFetch, type Checked } from '../support/contract';
import { tempDir } from '../support/temp';

const HERE = join(__dirname, '../client');
const DAY = (day: number, hour = '00'): string => `2024-01-0${day}T${hour}:00:00Z`;

let api: Api;
let checked: Checked;
let client: Client;
let document: Json;
beforeAll(async () => {
  api = await startApi();
  document = await (await api.call('/openapi.json')).json();
  checked = checkedFetch(document);
  client = createClient({ baseUrl: api.url, fetch: checked.fetch });
});

test('the client checked in is generated from the contract', () => {
  const fresh = join(tempDir(), 'client');
  const run = spawnSync(process.execPath, [join(HERE, 'generate.mjs'), fresh], { encoding: 'utf8' });
  expect({ code: run.status, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
  expect(filesOf(join(HERE, 'generated'))).toEqual(filesOf(fresh));
});

test('a fund with every kind of fact is recorded', async () => {
  const fund = { client, path: { id: 'coin3l' } };
  const COIN = { instrumentId: 'COIN' };
  await recorded(sdk.listInstrument({ client, body: { ...COIN, kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 } }));
  const prices = ['100.00', '104.00', '101.00', '110.00'];
  for (const [i, price] of prices.entries())
    await recorded(sdk.recordPrice({ client, body: { ...COIN, price, at: DAY(i + 1), source: 'test' } }));
  const bad = await recorded(
    sdk.recordPrice({ client, body: { ...COIN, price: '1.00', at: DAY(1, '12'), source: 'test', quality: 'late' } }),
  );
  await recorded(sdk.correctPrice({ client, body: { ...COIN, corrects: bad.eventIds[0]!, price: '101.00', reason: 'bad print' } }));
  await recorded(sdk.openPortfolio({ client, body: opening('coin3l', '3') }));
  await recorded(
    sdk.adoptMandate({
      ...fund,
      body: {
        at: DAY(1),
        mandate: {
          resets: { cron: '0 0 * * *', zone: 'UTC' },
          band: { lower: '2', upper: '4' },
          sizing: 'exact',
          maxStep: '0.5',
          maxPriceAge: '30d',
        },
      },
    }),
  );
  const rate = { value: '0.0095', unit: 'fraction', period: 'year' } as const;
  const rules = [{ kind: 'management', trigger: 'at_reset', basis: 'nav', rate, dayCount: 'ACT/365' } as const];
  await recorded(sdk.adoptFeeSchedule({ ...fund, body: { at: DAY(1), schedule: { id: 'terms', version: '1', rules } } }));
  await recorded(sdk.adoptSlippageModel({ ...fund, body: { at: DAY(1), model: { model: 'fixed_bp', bp: '1' } } }));
  await recorded(sdk.createUnits({ ...fund, body: { units: '1000', cash: '100000.00', at: DAY(1), fee: '10.00' } }));
  const bought = { fillId: 'f1', ...COIN, side: 'buy', quantity: '3000', price: '100.02' } as const;
  const first = {
    ...bought,
    bid: '99.99',
    ask: '100.01',
    arrivalPrice: '100.00',
    fee: '30.00',
    feeCurrency: 'USD',
    venue: 'x',
    liquidity: 'taker',
  } as const;
  await recorded(
    sdk.executeRebalance({
      ...fund,
      body: { rebalanceId: 'r1', reason: 'creation', at: DAY(1), decisionPrice: '100.00', mark: '100.00', fills: [first] },
    }),
  );
  await recorded(sdk.settleFunding({ ...fund, body: { ...COIN, rate: '0.0001', at: DAY(1, '08') } }));
  await recorded(sdk.accrueInterest({ ...fund, body: { amount: '-1.25', at: DAY(1, '09') } }));
  const twice = await recorded(
    sdk.chargeFee({ ...fund, body: { feeId: 'c1', kind: 'custody', amount: '5.00', at: DAY(2), period: 'January' } }),
  );
  await recorded(sdk.correctFact({ ...fund, body: { corrects: twice.eventIds[0]!, reason: 'charged twice' } }));
  await recorded(
    sdk.chargeFee({ ...fund, body: { feeId: 'c2', kind: 'performance', rateOfNav: '0.001', at: DAY(2, '01'), paidBy: 'units' } }),
  );
  expect((await recorded(sdk.accrueFees({ ...fund, body: { through: DAY(3) } }))).eventIds).toHaveLength(2);
  await recorded(sdk.redeemUnits({ ...fund, body: { units: '10', cash: '1000.00', at: DAY(3) } }));
  await recorded(sdk.splitUnits({ ...fund, body: { ratio: '10:1', at: DAY(3) } }));
  const sold = { ...bought, fillId: 'f2', side: 'sell', quantity: '100', price: '101.00' } as const;
  await recorded(sdk.executeRebalance({ ...fund, body: { rebalanceId: 'r2', reason: 'scheduled', at: DAY(3, '01'), fills: [sold] } }));
});

test('a fund without units and a fund that ends are recorded', async () => {
  await recorded(sdk.openPortfolio({ client, body: opening('empty', '-1') }));
  await recorded(sdk.openPortfolio({ client, body: opening('gone', '-3') }));
  const gone = { client, path: { id: 'gone' } };
  await recorded(sdk.createUnits({ ...gone, body: { units: '1', cash: '100.00', at: DAY(1) } }));
  const fills = [{ fillId: 'f1', instrumentId: 'COIN', side: 'sell', quantity: '30', price: '100.00' }] as const;
  await recorded(sdk.executeRebalance({ ...gone, body: { rebalanceId: 'r1', reason: 'creation', at: DAY(1), fills: [...fills] } }));
});

test('what there is is answered in pages, and one by one under its revision', async () => {
  const { data: page } = await sdk.listPortfolios({ client, query: { limit: 2 } });
  expect(page!.portfolios.map(({ portfolioId }) => portfolioId)).toEqual(['coin3l', 'empty']);
  const { data: rest } = await sdk.listPortfolios({ client, query: { limit: 2, cursor: page!.next! } });
  expect([rest!.portfolios.map(({ portfolioId }) => portfolioId), rest!.next]).toEqual([['gone'], null]);
  const { data: instruments } = await sdk.listInstruments({ client });
  expect(instruments!.instruments).toEqual([(await sdk.getInstrument({ client, path: { id: 'COIN' } })).data]);
  const { data: portfolio, response } = await sdk.getPortfolio({ client, path: { id: 'coin3l' } });
  expect(portfolio).toMatchObject({ targetLeverage: '3', mandates: [{ version: '1' }], feeSchedules: [{ schedule: { id: 'terms' } }] });
  const etag = response!.headers.get('etag')!;
  expect(etag).toBe(`"${portfolio!.revision}"`);
  const { response: unchanged } = await sdk.getPortfolio({ client, path: { id: 'coin3l' }, headers: { 'If-None-Match': etag } });
  expect([unchanged!.status, unchanged!.headers.get('etag')]).toEqual([304, etag]);
  const { response: listed } = await sdk.getInstrument({ client, path: { id: 'COIN' }, headers: { 'If-None-Match': '*' } });
  expect(listed!.status).toBe(304);
});

test('a history under other terms is answered, and a sweep is a job', async () => {
  const about = { client, path: { id: 'coin3l' } };
  const { data: answer, error } = await sdk.askWhatIf({
    ...about,
    body: { mode: 're-decide', targetLeverage: '2.5' },
    query: { every: '1d' },
  });
  expect(error).toBeUndefined();
  expect(answer).toMatchObject({ portfolioId: 'coin3l', mode: 're-decide', manifest: { logPosition: expect.any(String) } });
  const sweep = { base: { mode: 're-decide' }, vary: { targetLeverage: ['2.5', '3.5'] } };
  const { data: begun } = await sdk.askWhatIf({ ...about, body: sweep });
  const path = { job: (begun as { jobId: string }).jobId };
  while ((await sdk.getWhatIfJob({ client, path })).data!.status === 'running');
  expect((await sdk.getWhatIfResult({ client, path })).data!.points).toHaveLength(2);
  expect((await sdk.deleteWhatIfJob({ client, path })).data).toMatchObject({ status: 'done', done: 2, of: 2 });
});

test.each(['coin3l', 'empty', 'gone'])('every question about %s is answered as the contract says, or refused so', async (id) => {
  const about = { client, path: { id } };
  const at = DAY(4, '02');
  const { data: nav } = await sdk.getNav({ ...about, query: { at } });
  expect(nav).toMatchObject({ portfolioId: id, at, status: id === 'gone' ? 'terminated' : 'active' });
  expect(nav!.navPerUnit === null).toBe(id === 'empty');
  const window = { from: DAY(1), to: DAY(4) };
  const { data: history } = await sdk.getHistory({ ...about, query: { ...window, every: '12h' } });
  expect(history).toHaveLength(7);
  expect((history as Json[]).at(-1)).toMatchObject({ at: window.to });
  const { data: csv } = await sdk.getHistory({ ...about, query: { ...window, format: 'csv' } });
  expect((csv as unknown as string).split('\n')).toHaveLength(1 + 4 + 1);
  const { data: parquet } = await sdk.getHistory({ ...about, query: { ...window, format: 'parquet' }, parseAs: 'arrayBuffer' });
  expect(Buffer.from(parquet as unknown as ArrayBuffer).toString('latin1', 0, 4)).toBe('PAR1');
  const attribution = await sdk.getAttribution({ ...about, query: window });
  const audit = await sdk.getFeeAudit({ ...about, query: window });
  expect(audit.data).toMatchObject({ portfolioId: id, from: window.from, to: window.to });
  const sheet = await sdk.getTearSheet(about);
  if (id === 'coin3l') {
    expect(attribution.error ?? attribution.data).toMatchObject({ from: window.from, to: window.to });
    expect(sheet.error ?? sheet.data).toMatchObject({ portfolioId: id, attribution: { portfolioId: id } });
  } else {
    expect([attribution.response!.status, sheet.response!.status]).toEqual([422, 422]);
  }
});

test('a command id sent again is answered again, with other data refused, and a revision that is past is refused', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const body = { instrumentId: 'RATE', kind: 'rate', quoteCurrency: 'USD', priceScale: 4, quantityScale: 0 } as const;
  const first = await recorded(sdk.listInstrument({ client, body, headers }));
  const { data: again } = await sdk.listInstrument({ client, body, headers });
  expect(again).toEqual({ ...first, status: 'duplicate' });
  await refused(409, 'ReusedCommandId', sdk.listInstrument({ client, body: { ...body, priceScale: 5 }, headers }));
  const price = { instrumentId: 'RATE', price: '0.0530', at: DAY(1), source: 'test' };
  await refused(412, 'WrongRevision', sdk.recordPrice({ client, body: price, headers: { 'If-Match': '"7"' } }));
  await recorded(sdk.recordPrice({ client, body: price, headers: { 'If-Match': `"${first.revision}"` } }));
});

test('what is refused is answered with a problem of the contract', async () => {
  const nowhere = { client, path: { id: 'nowhere' } };
  await refused(404, 'UnknownPortfolio', sdk.getNav(nowhere));
  await refused(404, 'UnknownPortfolio', sdk.accrueInterest({ ...nowhere, body: { amount: '1.00', at: DAY(1) } }));
  await refused(422, 'NotEnoughUnits', sdk.redeemUnits({ client, path: { id: 'empty' }, body: { units: '1', cash: '0', at: DAY(2) } }));
  await refused(422, 'InvalidField', sdk.getNav({ client, path: { id: 'coin3l' }, query: { at: 'yesterday' } }));
  const two = { instrumentId: 'COIN', price: '1.001', at: DAY(1), source: 'x' };
  await refused(422, 'ScaleExceeded', sdk.recordPrice({ client, body: two }));
  await refused(422, 'UnknownField', sdk.recordPrice({ client, body: { ...two, surplus: '1' } as never }));
  await refused(400, 'MalformedBody', sdk.recordPrice({ client, body: '{' as never, bodySerializer: null }));
  await refused(415, 'UnsupportedMediaType', sdk.recordPrice({ client, body: two, headers: { 'Content-Type': 'text/csv' } }));
});

test('many commands are recorded at once, a line each', async () => {
  const price = (at: string) =>
    JSON.stringify({ command: 'RecordPrice', data: { instrumentId: 'COIN', price: '111.00', at, source: 'batch' } });
  const body = `${price(DAY(5))}\nnot JSON\n${price(DAY(6))}\n`;
  const batch = { client, body, bodySerializer: null, parseAs: 'text' } as const;
  const answers = async (query: { atomic?: 'true'; dryRun?: 'true' }) =>
    linesOf((await sdk.recordBatch({ ...batch, query })).data!).map(({ line, status, problem }) => [line, status, problem?.code]);
  expect(await answers({ dryRun: 'true' })).toEqual([
    [1, 'accepted', undefined],
    [2, 'refused', 'MalformedLine'],
    [3, 'accepted', undefined],
  ]);
  expect((await answers({ atomic: 'true' })).map(([, , code]) => code)).toEqual(['BatchRefused', 'MalformedLine', 'BatchRefused']);
  expect((await answers({})).map(([, status]) => status)).toEqual(['recorded', 'refused', 'recorded']);
});

test('the log is read in pages, as an export and as it grows, and its events are the same', async () => {
  const all: Json[] = [];
  for (let cursor: string | undefined; ;) {
    const { data: page } = await sdk.listEvents({ client, query: { limit: 7, ...(cursor === undefined ? {} : { cursor }) } });
    all.push(...page!.events);
    if (page!.next === null) break;
    cursor = page!.next;
  }
  expect(new Set(all.map(({ type }) => type)).size).toBeGreaterThan(12);
  const { data: exported } = await sdk.listEvents({ client, headers: { accept: 'application/x-ndjson' }, parseAs: 'text' });
  expect(linesOf(exported as unknown as string)).toEqual(all);
  const { data: part } = await sdk.listPortfolioEvents({ client, path: { id: 'coin3l' } });
  expect(part!.events).toEqual(all.filter(({ stream }) => stream === 'portfolio-coin3l'));
  const stop = new AbortController();
  const { stream } = await sdk.followEvents({ client, headers: { 'Last-Event-ID': '2' }, signal: stop.signal });
  const followed: Json[] = [];
  for await (const event of stream) {
    checked.holds('Event', event);
    followed.push(event);
    if (followed.length === all.length - 3) break;
  }
  stop.abort();
  expect(followed).toEqual(all.slice(3));
});

test('whoever runs the server is answered too', async () => {
  expect((await sdk.getLiveness({ client })).data).toEqual({ status: 'live' });
  expect((await sdk.getReadiness({ client })).data).toEqual({ status: 'ready' });
  expect((await sdk.getMetrics({ client })).data).toMatch(/^# HELP /);
  expect((await sdk.getContract({ client })).data).toEqual(document);
});

test('every operation was answered with each of its successes', () => {
  const successes = Object.values<Json>(document.paths).flatMap((methods) =>
    Object.values<Json>(methods).flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => status < '400')
        .map((status) => `${operationId} ${status}`),
    ),
  );
  expect(successes.length).toBeGreaterThan(20);
  expect(successes.filter((success) => !checked.seen.includes(success))).toEqual([]);
});

function linesOf(text: string): Json[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

interface Answered<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly response?: Response;
}

function opening(portfolioId: string, targetLeverage: string) {
  const terms = { quoteCurrency: 'USD', currencyScale: 2, unitScale: 3, instrumentId: 'COIN' };
  return { portfolioId, name: `Coin ${targetLeverage}x`, ...terms, targetLeverage, at: DAY(1) };
}

async function recorded(sent: Promise<Answered<Recorded>>): Promise<Recorded> {
  const { data, error, response } = await sent;
  expect(error ?? data).toMatchObject({ status: 'recorded', revision: expect.stringMatching(/^\d+$/) });
  expect([response!.status, response!.headers.get('etag')]).toEqual([201, `"${data!.revision}"`]);
  return data!;
}

async function refused(status: number, code: Problem['code'], sent: Promise<Answered<unknown>>): Promise<void> {
  const { error, response } = await sent;
  expect({ status: response?.status, error }).toMatchObject({ status, error: { status, code } });
}

function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(
      ({ parentPath, name }) => [join(parentPath, name).slice(folder.length), readFileSync(join(parentPath, name), 'utf8')] as const,
    ),
  );
}
