/**
 * Golden bytes: one log with every event of version 1, frame by frame, as it was first written. What is recorded today must have the same bytes, and what was
 * recorded then must be read for good. The file is append-only: a new version of an event adds lines, it changes none.
 * NAVLEDGER_WRITE_GOLDEN=1 writes it, for the lines of a new version.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { envelope } from '../../libs/ledger/envelope';
import { EVENT_TYPES } from '../../libs/ledger/event-codec';
import { Ledger } from '../../libs/ledger/ledger';
import { ReadModel } from '../../libs/ledger/read-model';
import { navAnswer } from '../../libs/projections/nav';
import { decode } from '../../libs/store/frame';
import { MemoryStore } from '../../libs/store/memory';
import type { StoredEvent } from '../../libs/store/port';
import { uuidv5 } from '../../libs/store/uuid';
import { viewOf } from '../support/ledger';

const FILE = join(__dirname, 'events-v1.ndjson');
const NOW = instant('2024-03-01T00:00:00Z');
const day = (n: number): string => `2024-01-0${n}T21:00:00Z`;
const commandId = (n: number): string => uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', `golden ${n}`);
const eventOf = (n: number): string => uuidv5(commandId(n), '0');
const fill = (fillId: string, side: string, quantity: string, price: string, more: object = {}): object => ({
  fillId,
  instrumentId: 'XBT',
  side,
  quantity,
  price,
  ...more,
});
const onP = (data: object): object => ({ portfolioId: 'P3', ...data });

const COMMANDS: readonly (readonly [string, object])[] = [
  ['ListInstrument', { instrumentId: 'XBT', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 4 }],
  ['RecordPrice', { instrumentId: 'XBT', price: '100', at: day(1), source: 'venue "a"', quality: 'close' }],
  [
    'OpenPortfolio',
    onP({ name: 'Drei · 三', quoteCurrency: 'USD', currencyScale: 2, unitScale: 6, instrumentId: 'XBT', targetLeverage: '3', at: day(1) }),
  ],
  [
    'AdoptMandate',
    onP({
      at: day(1),
      mandate: {
        resets: { cron: '0 21 * * *', zone: 'UTC' },
        band: { lower: '2', upper: '4' },
        sizing: 'exact',
        maxStep: '0.5',
        maxPriceAge: '2d',
      },
    }),
  ],
  [
    'AdoptFeeSchedule',
    onP({
      at: day(1),
      schedule: {
        id: 'fees',
        version: '1',
        rules: [
          {
            kind: 'management',
            trigger: 'at_reset',
            basis: 'nav',
            rate: { value: '0.0095', unit: 'fraction', period: 'year' },
            dayCount: 'ACT/365',
          },
        ],
      },
    }),
  ],
  ['CreateUnits', onP({ units: '1000', cash: '100000', fee: '5', at: day(1) })],
  [
    'ExecuteRebalance',
    onP({
      rebalanceId: 'r1',
      reason: 'creation',
      at: day(1),
      mark: '100',
      decisionPrice: '100',
      fills: [
        fill('f1', 'buy', '3000', '100.05', {
          bid: '99.95',
          ask: '100.05',
          arrivalPrice: '100',
          fee: '30',
          feeCurrency: 'USD',
          liquidity: 'taker',
          venue: 'v',
        }),
      ],
    }),
  ],
  ['RecordPrice', { instrumentId: 'XBT', price: '101', at: day(2), source: 'venue "a"' }],
  ['CorrectPrice', { instrumentId: 'XBT', corrects: eventOf(7), price: '102', reason: 'typo' }],
  ['SettleFunding', onP({ instrumentId: 'XBT', rate: '0.0001', at: day(2) })],
  ['AccrueFees', onP({ through: day(2) })],
  ['AccrueInterest', onP({ amount: '-1.5', at: '2024-01-02T21:00:00.000000001Z' })],
  ['ExecuteRebalance', onP({ rebalanceId: 'r2', reason: 'scheduled', at: day(2), fills: [fill('f2', 'sell', '10', '102')] })],
  ['ChargeFee', onP({ feeId: 'x1', kind: 'trading', fillId: 'f2', amount: '0.5', at: day(2) })],
  ['ChargeFee', onP({ feeId: 'x2', kind: 'performance', rateOfNav: '0.001', paidBy: 'units', at: day(2) })],
  ['SplitUnits', onP({ ratio: '1:10', at: day(3) })],
  ['RedeemUnits', onP({ units: '1', cash: '1000', at: day(3) })],
  ['CorrectFact', onP({ corrects: eventOf(11), replacement: onP({ amount: '1.5', at: day(2) }), reason: 'sign' })],
  ['CorrectFact', onP({ corrects: eventOf(13), reason: 'charged twice' })],
  ['AccrueFees', onP({ through: '2024-01-02T22:00:00+01:00' })],
  ['AdoptSlippageModel', onP({ at: day(3), model: { model: 'half_spread', bp: '2.5' } })],
  [
    'AdoptFeeSchedule',
    onP({
      at: day(3),
      schedule: {
        id: 'fees',
        version: '2',
        rules: [
          { kind: 'trading', liquidity: 'taker', tiers: [{ from: '0', rate: '0.0005' }], tierBy: 'marginal', minimum: '0.01', cap: '100' },
          {
            kind: 'borrow',
            trigger: 'daily',
            rate: { value: '0.05', spread: '0.004', unit: 'fraction', period: 'year' },
            dayCount: 'ACT/360',
          },
          {
            kind: 'performance',
            crystallise: { cron: '0 12 4 1 *', zone: 'UTC' },
            rate: { value: '0.2', unit: 'fraction' },
            highWaterMark: 'before_mint',
            paidBy: 'units',
          },
        ],
      },
    }),
  ],
  ['RecordPrice', { instrumentId: 'XBT', price: '104', at: day(4), source: 'venue "a"' }],
  ['AccrueFees', onP({ through: '2024-01-05T00:00:00Z' })],
];

interface Line {
  readonly position: number;
  readonly type: string;
  readonly stream: string;
  readonly frame: string;
}

async function record(): Promise<Ledger> {
  let now = NOW;
  const store = new MemoryStore({ clock: () => (now += 1_000n), storeId: '00000000-0000-4000-8000-000000000001' });
  const ledger = new Ledger(store, await ReadModel.open(store), { actor: 'auditor', clock: () => NOW });
  for (const [i, [name, data]] of COMMANDS.entries()) {
    const read = envelope(name, data, commandId(i));
    const outcome = isRefusal(read) ? { refusal: read } : await ledger.submit(read);
    if ('refusal' in outcome) throw new Error(`${name}: ${JSON.stringify(outcome.refusal)}`);
    await outcome.recorded;
  }
  return ledger;
}

async function linesOf(ledger: Ledger): Promise<{ line: Line; event: StoredEvent }[]> {
  const lines: { line: Line; event: StoredEvent }[] = [];
  for await (const slice of ledger.store.readAll(0)) {
    for (const frame of slice.frames()) {
      const { position, type, stream, bytes, start, end } = frame;
      lines.push({ line: { position, type, stream, frame: bytes.toString('hex', start, end) }, event: decode(frame) });
    }
  }
  return lines;
}

const golden = (): Line[] =>
  readFileSync(FILE, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Line);

it('writes every event as it was first written', async () => {
  const lines = (await linesOf(await record())).map(({ line }) => line);
  if (process.env['NAVLEDGER_WRITE_GOLDEN'] === '1') writeFileSync(FILE, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(lines).toEqual(golden());
});

it('holds every type of event', () => {
  expect([...new Set(golden().map(({ type }) => type))].sort()).toEqual([...EVENT_TYPES].sort());
});

it('reads what was written then to the same answer', async () => {
  const ledger = await record();
  const copy = new MemoryStore();
  await copy.adopt(
    (async function* () {
      for (const { event } of await linesOf(ledger)) yield event;
    })(),
  );
  expect(copy.head().hash).toBe(golden().at(-1)!.frame.slice(-64));
  const read = new Ledger(copy, await ReadModel.open(copy), { actor: 'reader' });
  expect(navAnswer(await viewOf(read, 'P3'), instant(day(3)))).toMatchObject({
    logPosition: String(golden().length - 1),
    units: '99.100100',
    // 100,000 − 3,000 · 100.05 − 30 − funding 30.60 − management 2.75 + 1.50 + 10 · 102 − 1,000
    cash: { USD: '-200191.85' },
    positions: [{ quantity: '2990.0000', mark: '102.00', value: '304980.00' }],
  });
});
