/** The ledger in one process: idempotency, revisions, groups that fail as one, batches that are all or nothing, and questions after decisions. */
import { given, memoryLedger, send, viewOf } from '../../test/support/ledger';
import { instant } from '../domain/instant';
import { isRefusal } from '../domain/refusal';
import { navAnswer } from '../projections/nav';
import { MemoryStore } from '../store/memory';
import { type AppendRequest, type AppendResult, StoreError } from '../store/port';
import { uuidv5 } from '../store/uuid';
import { COMMAND_CLASSES, COMMAND_HANDLERS } from './handlers';
import { envelope, type Envelope } from './envelope';
import type { Ledger } from './ledger';
import type { Accepted, Answer, Refused } from './outcomes';
import { COMMAND_NAMES } from './shapes';

const at = '2024-01-01T00:00:00Z';
const listed = ['ListInstrument', { instrumentId: 'X', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 4 }] as const;
const price = (text: string, time = at): readonly [string, object] => [
  'RecordPrice',
  { instrumentId: 'X', price: text, at: time, source: 's' },
];
const opened = [
  'OpenPortfolio',
  { portfolioId: 'p', name: 'P', quoteCurrency: 'USD', currencyScale: 2, unitScale: 2, instrumentId: 'X', targetLeverage: '2', at },
] as const;
const created = (units: string): readonly [string, object] => ['CreateUnits', { portfolioId: 'p', units, cash: '100', at }];
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function envelopeOf([name, data]: readonly [string, object], commandId?: string): Envelope {
  const read = envelope(name, data, commandId);
  if (isRefusal(read)) throw new Error(read.rule);
  return read;
}

/** A store whose next append fails as if the disk were full. */
class FailingStore extends MemoryStore {
  failNext = false;

  override append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    if (!this.failNext) return super.append(requests);
    this.failNext = false;
    return Promise.reject(new StoreError('full', 'no room'));
  }
}

function answersOf(outcomes: readonly (Accepted | Refused)[]): Promise<Answer[]> {
  return Promise.all(outcomes.map((o) => ('recorded' in o ? o.recorded : Promise.reject(new Error(o.refusal.rule)))));
}

async function unitsOf(ledger: Ledger): Promise<string> {
  const answer = navAnswer(await viewOf(ledger, 'p'), instant(at));
  return isRefusal(answer) ? answer.refused : answer.units;
}

describe('one command id', () => {
  it('answers the first result again and records nothing', async () => {
    const ledger = await memoryLedger();
    const first = await send(ledger, ...listed, id(1));
    const again = await send(ledger, ...listed, id(1));
    expect([first, again]).toEqual([expect.objectContaining({ status: 'recorded', position: '0' }), { ...first, status: 'duplicate' }]);
    expect(ledger.store.head().position).toBe(0);
  });

  it('is refused with other data, "1.0" for "1.00" included', async () => {
    const ledger = await memoryLedger();
    await given(ledger, listed);
    await send(ledger, ...price('1.00'), id(2));
    expect(await send(ledger, ...price('1.0'), id(2))).toMatchObject({ refused: 'ReusedCommandId', field: 'commandId' });
  });

  it('is one effect when it comes twice before the first is durable, and both get the same answer', async () => {
    const ledger = await memoryLedger();
    await given(ledger, listed, opened);
    const [a, b] = await Promise.all([send(ledger, ...created('5'), id(3)), send(ledger, ...created('5'), id(3))]);
    expect(b).toEqual({ ...a, status: 'duplicate' });
    expect(await unitsOf(ledger)).toBe('5.00');
  });
});

it('refuses a wrong revision and accepts the right one, "-1" for an empty stream', async () => {
  const ledger = await memoryLedger();
  expect(await send(ledger, ...listed, undefined, '0')).toMatchObject({ refused: 'WrongRevision', detail: { actual: '-1' } });
  expect(await send(ledger, ...listed, undefined, '-1')).toMatchObject({ status: 'recorded', revision: '0' });
  expect(await send(ledger, ...price('1'), undefined, '0')).toMatchObject({ status: 'recorded', revision: '1' });
});

describe('a store that fails', () => {
  it('fails everything decided on what was lost, and forgets it', async () => {
    const store = new FailingStore();
    const ledger = await memoryLedger(store);
    await given(ledger, listed, opened);
    store.failNext = true;
    const outcomes = await Promise.allSettled([send(ledger, ...created('5')), send(ledger, ...created('7'))]);
    expect(outcomes.map((o) => (o.status === 'rejected' ? (o.reason as StoreError).fault : 'recorded'))).toEqual(['full', 'full']);
    expect(await unitsOf(ledger)).toBe('0.00');
  });

  it('takes commands again afterwards, also under the same id', async () => {
    const store = new FailingStore();
    const ledger = await memoryLedger(store);
    await given(ledger, listed, opened);
    store.failNext = true;
    await expect(send(ledger, ...created('5'), id(9))).rejects.toThrow('no room');
    expect(await send(ledger, ...created('5'), id(9))).toMatchObject({ status: 'recorded', revision: '1' });
    expect(await unitsOf(ledger)).toBe('5.00');
  });
});

describe('commands sent as one', () => {
  it('are all recorded, later ones seeing earlier ones', async () => {
    const ledger = await memoryLedger();
    const outcomes = await ledger.submitAll([listed, opened, created('5')].map((c) => envelopeOf(c)));
    const answers = await answersOf(outcomes);
    expect(answers.map((a) => a.position)).toEqual(['0', '1', '2']);
  });

  it('are one effect where an id comes twice, and refused where it comes with other data', async () => {
    const ledger = await memoryLedger();
    const twice = [envelopeOf(listed), envelopeOf(opened), envelopeOf(created('5'), id(4)), envelopeOf(created('5'), id(4))];
    const outcomes = await ledger.submitAll(twice);
    const answers = await answersOf(outcomes);
    expect(answers[3]).toEqual({ ...answers[2], status: 'duplicate' });
    expect(await unitsOf(ledger)).toBe('5.00');
    const reused = await ledger.submitAll([envelopeOf(created('1'), id(5)), envelopeOf(created('2'), id(5))]);
    expect(reused[1]).toMatchObject({ refusal: { refused: 'ReusedCommandId' } });
    expect(await unitsOf(ledger)).toBe('5.00');
  });

  it('leave nothing when one is refused', async () => {
    const ledger = await memoryLedger();
    const outcomes = await ledger.submitAll(
      [listed, opened, ['RedeemUnits', { portfolioId: 'p', units: '1', cash: '1', at }]].map((c) => envelopeOf(c as never)),
    );
    expect(outcomes.map((o) => ('refusal' in o ? o.refusal.refused : 'decided'))).toEqual(['decided', 'decided', 'NotEnoughUnits']);
    expect(ledger.store.head().position).toBe(-1);
    expect(await send(ledger, ...opened)).toMatchObject({ refused: 'UnknownInstrument' });
  });

  it('leave nothing in a dry run', async () => {
    const ledger = await memoryLedger();
    await ledger.submitAll(
      [listed, opened].map((c) => envelopeOf(c)),
      true,
    );
    expect(ledger.store.head().position).toBe(-1);
    expect(await send(ledger, ...listed)).toMatchObject({ status: 'recorded', position: '0' });
  });
});

it('answers a question only after what was decided before it is durable', async () => {
  const ledger = await memoryLedger();
  await given(ledger, listed, opened);
  const sent = send(ledger, ...created('5'));
  expect(await unitsOf(ledger)).toBe('5.00');
  await sent;
});

it('corrects a price that is under way', async () => {
  const ledger = await memoryLedger();
  await given(ledger, listed);
  const correction = { instrumentId: 'X', corrects: uuidv5(id(1), '0'), price: '13', reason: 'late' };
  const both = [send(ledger, ...price('12'), id(1)), send(ledger, 'CorrectPrice', correction)];
  expect(await Promise.all(both)).toMatchObject([{ revision: '1' }, { revision: '2' }]);
});

describe('what was known', () => {
  it('does not change when a late fact arrives', async () => {
    const ledger = await memoryLedger();
    const [, , first] = await given(ledger, listed, opened, created('5'));
    await given(ledger, created('7'));
    const then = navAnswer(await viewOf(ledger, 'p', instant(first!.recordedAt)), instant(at));
    expect([then, await unitsOf(ledger)]).toEqual([expect.objectContaining({ units: '5.00', logPosition: '2' }), '12.00']);
  });

  it('stays the same for a view that was asked for before more was recorded', async () => {
    const ledger = await memoryLedger();
    await given(ledger, listed, opened, created('5'));
    const [later] = await given(ledger, price('10'));
    const askThen = async (): Promise<unknown> => navAnswer(await viewOf(ledger, 'p', instant(later!.recordedAt)), instant(at));
    await given(ledger, price('11'));
    const before = await askThen();
    await given(ledger, created('7'));
    expect([before, await askThen()]).toEqual([expect.objectContaining({ units: '5.00' }), before]);
  });

  it('is refused for a portfolio that was not there yet', async () => {
    const ledger = await memoryLedger();
    const [first] = await given(ledger, listed, opened);
    expect(await ledger.ask((model) => model.view('p', instant(first!.recordedAt)))).toMatchObject({ refused: 'Unanswerable' });
  });
});

it('has exactly one handler for each command', () => {
  const handled = COMMAND_HANDLERS.flatMap((handler) =>
    Reflect.getMetadataKeys(handler).map((key) => Reflect.getMetadata(key as string, handler) as unknown),
  );
  const ids = COMMAND_NAMES.map((name) => Reflect.getMetadata('__command__', COMMAND_CLASSES[name]) as unknown);
  expect(new Set(ids.map((x) => JSON.stringify(x))).size).toBe(COMMAND_NAMES.length);
  for (const name of COMMAND_NAMES) expect(handled.filter((x) => x === COMMAND_CLASSES[name])).toHaveLength(1);
});

it('refuses a command whose event no store takes, and nothing else with it', async () => {
  const ledger = await memoryLedger();
  await given(ledger, listed, price('10'), opened);
  // A correction's event holds the replacement as it was given and as it was decided.
  const fills = Array.from({ length: 1000 }, (_, i) => ({
    fillId: String(i).padStart(64, 'x'),
    instrumentId: 'X',
    side: i % 2 ? 'buy' : 'sell',
    quantity: '1',
    price: '10',
    venue: '\u0001'.repeat(64),
  }));
  const rebalance = { portfolioId: 'p', rebalanceId: 'r', reason: 'manual', at, fills };
  const first = await send(ledger, 'ExecuteRebalance', rebalance, id(7));
  const corrects = 'eventIds' in first ? first.eventIds[0] : '';
  const correction = envelopeOf(['CorrectFact', { portfolioId: 'p', corrects, replacement: rebalance, reason: 'late' }]);
  const outcomes = await Promise.all([
    ledger.submit(envelopeOf(created('5'))),
    ledger.submit(correction),
    ledger.submit(envelopeOf(created('6'))),
  ]);
  expect(outcomes.map((outcome) => ('refusal' in outcome ? outcome.refusal.rule : 'recorded'))).toEqual([
    'recorded',
    expect.stringMatching(/^must make events of at most 1048576 bytes; this would be one of \d{7}$/),
    'recorded',
  ]);
  expect(await unitsOf(ledger)).toBe('11.00');
});
