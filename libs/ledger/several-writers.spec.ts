/** A ledger whose log others write to as well: what comes between, what overtakes it, and what it is answered then. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { given, send } from '../../test/support/ledger';
import { NO_MISHAPS, SharedLog, type SharedView } from '../../test/support/shared-log';
import { Random } from '../../test/support/random';
import { tempDir } from '../../test/support/temp';
import { instant } from '../domain/instant';
import { isRefusal } from '../domain/refusal';
import { navAnswer } from '../projections/nav';
import { uuidv5 } from '../store/uuid';
import { CommandFlow } from './command-flow';
import { envelope, type Envelope } from './envelope';
import { importPrices } from './import-prices';
import { Ledger } from './ledger';
import { runMandate } from './mandate-runner';
import { concluded } from './outcomes';
import { MAX_TRIES } from './overtaken';
import { ReadModel } from './read-model';
import { recordLines } from './record-lines';

const day = (n: number): string => `2024-01-${String(n).padStart(2, '0')}T00:00:00Z`;
const at = day(1);
const listed = (instrumentId: string): readonly [string, object] => [
  'ListInstrument',
  { instrumentId, kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 4 },
];
const price = (text: string, time = at): readonly [string, object] => [
  'RecordPrice',
  { instrumentId: 'X', price: text, at: time, source: 's' },
];
const opened = (portfolioId: string): readonly [string, object] => [
  'OpenPortfolio',
  { portfolioId, name: 'P', quoteCurrency: 'USD', currencyScale: 2, unitScale: 2, instrumentId: 'X', targetLeverage: '2', at },
];
const created = (units: string, portfolioId = 'p'): readonly [string, object] => ['CreateUnits', { portfolioId, units, cash: '1000', at }];
const redeemed = (units: string): readonly [string, object] => ['RedeemUnits', { portfolioId: 'p', units, cash: '100', at }];
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function envelopeOf([name, data]: readonly [string, object], commandId?: string, expectedRevision?: string): Envelope {
  const read = envelope(name, data, commandId, expectedRevision);
  if (isRefusal(read)) throw new Error(read.rule);
  return read;
}

let shared: SharedLog;
let mine: Ledger;
let view: SharedView;
let other: Ledger;

async function process(seen = shared.view()): Promise<Ledger> {
  return new Ledger(seen, await ReadModel.open(seen), { actor: 'tester' });
}

/** Ten units of `p` on `X`, seen by both. */
beforeEach(async () => {
  shared = new SharedLog(() => BigInt(Date.now()) * 1_000_000n);
  await given(await process(), listed('X'), price('10'), opened('p'), created('10'));
  view = shared.view();
  mine = await process(view);
  other = await process();
});

/** Something that happens once, while the next append of mine is on its way to the log, or on its way back. */
function meanwhile(when: 'before' | 'after', work: () => unknown): void {
  view[when] = () => {
    view[when] = undefined;
    return work();
  };
}

async function units(ledger: Ledger): Promise<string> {
  const answer = await ledger.askAbout('p', undefined, (asked) => navAnswer(asked, instant(at)));
  return isRefusal(answer) ? answer.refused : answer.units;
}

/** Whether the ledger answers as one that reads the log anew. */
async function expectTrue(ledger: Ledger): Promise<void> {
  view.advance(Infinity);
  const told = (from: Ledger): Promise<unknown> =>
    from.ask(async (model) => {
      const asked = await model.view('p');
      return isRefusal(asked) ? asked : [model.position, asked.knownAt, navAnswer(asked, instant(day(20)))];
    });
  expect(await told(ledger)).toEqual(await told(await process()));
}

it('notices that the log has others’ events between its own', async () => {
  meanwhile('before', () => given(other, listed('Y')));
  const [first, second] = await Promise.all([send(mine, ...created('1')), send(mine, ...price('11', day(2)))]);
  expect([first, second]).toMatchObject([{ position: '5' }, { position: '6' }]);
  await expectTrue(mine);
});

it('corrects a tick that is in the log at another place than it was decided at', async () => {
  meanwhile('before', () => given(other, listed('Y')));
  const recorded = send(mine, ...price('11', day(2)), id(1));
  let corrected: Promise<unknown> | undefined;
  // The tick can be seen here before the append that brought it is answered.
  meanwhile('after', () => {
    view.advance(Infinity);
    corrected = send(mine, 'CorrectPrice', { instrumentId: 'X', corrects: uuidv5(id(1), '0'), price: '12', reason: 'wrong' });
  });
  expect(await recorded).toMatchObject({ position: '5' });
  expect(await corrected).toMatchObject({ position: '6' });
  await expectTrue(mine);
});

it('decides again in order what was overtaken, and what was decided behind it', async () => {
  meanwhile('before', () => given(other, price('11', day(2))));
  const all = [price('12', day(3)), opened('q'), created('5', 'q'), redeemed('10')].map((command) => send(mine, ...command));
  expect(await Promise.all(all)).toMatchObject([
    { stream: 'price-x', revision: '3' },
    { stream: 'portfolio-q', revision: '0' },
    { stream: 'portfolio-q', revision: '1' },
    { stream: 'portfolio-p', revision: '2', position: '8' },
  ]);
  await expectTrue(mine);
});

it('refuses what is impossible by then, as any refusal', async () => {
  meanwhile('before', () => given(other, redeemed('6')));
  async function* lines(): AsyncGenerator<{ line: number; text: string }> {
    const [command, data] = redeemed('5');
    yield { line: 1, text: JSON.stringify({ command, data }) };
  }
  const answers = [];
  for await (const answer of recordLines((sent) => mine.submit(sent), lines())) answers.push(answer);
  expect(answers).toMatchObject([
    { line: 1, status: 'refused', stream: 'portfolio-p', position: null, problem: { code: 'NotEnoughUnits' } },
  ]);
  expect(await units(mine)).toBe('4.00');
});

it('refuses nothing for what is under way and may be lost', async () => {
  meanwhile('before', () => given(other, created('1')));
  // The first is refused by then, which leaves enough for the second.
  const sent = [send(mine, ...redeemed('9'), undefined, '1'), send(mine, ...redeemed('8'))];
  expect(await Promise.all(sent)).toMatchObject([
    { refused: 'WrongRevision', detail: { actual: '2' } },
    { status: 'recorded', revision: '3' },
  ]);
});

it('recognises a command that another process recorded at the same time', async () => {
  meanwhile('before', () => send(other, ...created('5'), id(1)));
  const [again, next] = await Promise.all([send(mine, ...created('5'), id(1)), send(mine, ...price('12', day(3)))]);
  expect([again, next]).toMatchObject([
    { status: 'duplicate', position: '4' },
    { status: 'recorded', position: '5' },
  ]);
  await expectTrue(mine);
});

it('refuses an id that another process used at the same time, and nothing beside it', async () => {
  meanwhile('before', () => send(other, ...created('6'), id(1)));
  const both = [send(mine, ...price('12', day(3))), send(mine, ...created('5'), id(1))];
  expect(await Promise.all(both)).toMatchObject([{ status: 'recorded' }, { refused: 'ReusedCommandId' }]);
});

it('decides a batch again as a whole', async () => {
  meanwhile('before', () => given(other, redeemed('6')));
  const refused = await mine.submitAll([price('12', day(3)), redeemed('5')].map((command) => envelopeOf(command)));
  expect(refused).toMatchObject([{ stream: 'price-x' }, { refusal: { refused: 'NotEnoughUnits' } }]);
  meanwhile('before', () => given(other, redeemed('1')));
  const outcomes = await mine.submitAll([price('12', day(3)), redeemed('3')].map((command) => envelopeOf(command)));
  const answers = await Promise.all(outcomes.map(concluded));
  expect(answers).toMatchObject([{ revision: '2' }, { revision: '4' }]);
  expect(await units(mine)).toBe('0.00');
});

it(`gives up after ${MAX_TRIES} more tries, and answers the conflict`, async () => {
  let appends = 0;
  view.before = () => {
    appends++;
    return given(other, created('1'));
  };
  await expect(send(mine, ...created('5'))).rejects.toMatchObject({ fault: 'conflict' });
  expect(appends).toBe(1 + MAX_TRIES);
  expect(await units(mine)).toBe('19.00');
});

it('does not know the position of what the server did not place in time, and answers from it once it is seen', async () => {
  view = shared.view(new Random(1), { ...NO_MISHAPS, unplaced: 1 });
  mine = await process(view);
  expect(await send(mine, ...created('5'))).toMatchObject({ status: 'recorded', revision: '2', position: null });
  setTimeout(() => view.advance(), 40);
  expect(await units(mine)).toBe('15.00');
});

it('does not take in again what it sees in the log before it is told', async () => {
  meanwhile('before', () => given(other, listed('Y')));
  let more: Promise<unknown> | undefined;
  meanwhile('after', () => {
    // Both are seen: another's where its own was to be, and its own.
    view.advance(Infinity);
    more = Promise.all([send(mine, ...created('100')), send(mine, ...redeemed('13'))]);
  });
  await send(mine, ...created('5'));
  await more;
  view.before = view.after = undefined;
  expect(await send(mine, ...redeemed('103'))).toMatchObject({ refused: 'NotEnoughUnits' });
  await expectTrue(mine);
});

it('never names a revision that it has seen and not taken in', async () => {
  meanwhile('before', async () => {
    await given(other, listed('Y'));
    view.advance(Infinity);
    twice = send(mine, ...listed('Y'));
  });
  let twice: Promise<unknown> | undefined;
  await send(mine, ...created('5'));
  expect(await twice).toMatchObject({ refused: 'AlreadyExists' });
});

it('says as of when it answers, not what came since', async () => {
  const last = shared.log.head();
  await given(other, created('1'));
  const asked = await mine.ask((model) => {
    view.advance();
    return model.view('p');
  });
  expect(asked).toMatchObject({ logPosition: last.position, knownAt: last.recordedAt });
});

it('answers as known when another recorded, also when it sees that only then', async () => {
  const [answer] = await given(other, created('1'));
  const asked = await mine.ask((model) => {
    view.advance();
    return model.view('p', instant(answer!.recordedAt));
  });
  expect(asked).toMatchObject({ logPosition: 4 });
});

it('imports rows once, whoever else imports them', async () => {
  const rows = Array.from({ length: 2500 }, (_, i) => `${new Date(Date.UTC(2000, 0, 1 + i)).toISOString()},${100 + (i % 7)}.00\n`);
  const optionsFor = (first: number): Parameters<typeof importPrices>[1] => {
    const file = join(tempDir(), 'closes.csv');
    writeFileSync(file, `time,close\n${rows.slice(first).join('')}`);
    return { instrumentId: 'X', format: 'closes', files: [file] };
  };
  await expect(mine.submitPrices('X', 'closes', [{ at: instant(at), price: 1n }], 0)).rejects.toMatchObject({ fault: 'conflict' });
  // The same rows in other chunks, while the first of these are on their way.
  meanwhile('before', () => importPrices(other, optionsFor(1700)));
  const [result, again] = [await importPrices(mine, optionsFor(0)), await importPrices(mine, optionsFor(300))];
  expect(shared.log.streamHead('price-x')).toBe(1 + 2500);
  expect([result, again]).toMatchObject([
    { recorded: 1700, skipped: 800, conflictCount: 0 },
    { recorded: 0, skipped: 2200, conflictCount: 0 },
  ]);
  await expectTrue(mine);
});

it('runs a mandate beside others, and nothing is left to do', async () => {
  await given(
    other,
    ['AdoptMandate', { portfolioId: 'p', at, mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } }],
    ...Array.from({ length: 14 }, (_, i) => price(`${10 + (i % 3)}`, day(i + 2))),
  );
  view.advance(Infinity);
  const run = { portfolioId: 'p' };
  const flowOf = (ledger: Ledger): CommandFlow => new CommandFlow((sent) => ledger.submit(sent));
  const before = shared.log.streamHead('portfolio-p');
  const between = [created('1'), listed('Y'), listed('Z')];
  view.before = () => given(other, ...between.splice(0, 1));
  const { recorded, rebalances } = await runMandate(mine, flowOf(mine), run);
  view.before = undefined;
  expect(between).toEqual([listed('Z')]);
  // An accrual each day, and a trade where the price has moved.
  expect([rebalances, recorded]).toEqual([{ creation: 1, scheduled: 13, band: 0 }, 28]);
  expect(shared.log.streamHead('portfolio-p')).toBe(before + 1 + recorded);
  expect((await runMandate(mine, flowOf(mine), run)).recorded).toBe(0);
  // The late unit is in the trades.
  expect(await mine.askAbout('p', undefined, (asked) => navAnswer(asked, instant(day(15))))).toMatchObject({
    leverage: expect.stringMatching(/^(2.000|1.999)/),
  });
  await expectTrue(mine);
});
