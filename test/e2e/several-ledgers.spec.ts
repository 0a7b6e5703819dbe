/** Two ledgers on one server, as two processes: what callers of both send at the same time is recorded once, and both answer the same. */
import { formatInstant, instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { Ledger } from '../../libs/ledger/ledger';
import { ReadModel } from '../../libs/ledger/read-model';
import { navAnswer } from '../../libs/projections/nav';
import { openKurrentStore } from '../../libs/store/kurrentdb/store';
import { LoopbackServer } from '../support/kurrentdb/loopback';
import { given, send } from '../support/ledger';
import { until } from '../support/reads';
import { tempDir } from '../support/temp';

const BEGIN = instant('2024-01-01T00:00:00Z');
const at = formatInstant(BEGIN);
const CALLERS = 4;
const ROUNDS = 25;

let server: LoopbackServer;
const ledgers: Ledger[] = [];

async function open(): Promise<Ledger> {
  const store = await openKurrentStore(server.url, { mode: 'write', replica: tempDir() });
  const ledger = new Ledger(store, await ReadModel.open(store), { actor: 'tester' });
  ledgers.push(ledger);
  return ledger;
}

beforeAll(async () => {
  server = await LoopbackServer.start();
});

afterAll(async () => {
  await Promise.all(ledgers.map((ledger) => ledger.close()));
  await server.stop();
});

test('commands on the same streams by callers of both are all recorded, or answered as a conflict', async () => {
  const terms = { name: 'P', quoteCurrency: 'USD', currencyScale: 2, unitScale: 2, instrumentId: 'X', targetLeverage: '2' };
  await given(
    await open(),
    ['ListInstrument', { instrumentId: 'X', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 4 }],
    ['OpenPortfolio', { portfolioId: 'p', ...terms, at }],
    ['CreateUnits', { portfolioId: 'p', units: '10', cash: '1000.00', at }],
  );
  await open();
  const tally = { recorded: 0, conflict: 0 };
  let minute = 0n;
  const sent = async (ledger: Ledger, name: string, data: object): Promise<void> => {
    const answer = await send(ledger, name, data).catch(({ fault }: { fault: string }) => fault);
    if (answer === 'conflict') tally.conflict++;
    else if (typeof answer !== 'string' && !isRefusal(answer)) tally.recorded++;
    else throw new Error(JSON.stringify(answer));
  };
  const caller = async (ledger: Ledger): Promise<void> => {
    for (let i = 0; i < ROUNDS; i++) {
      await sent(ledger, 'RecordPrice', {
        instrumentId: 'X',
        price: '11',
        at: formatInstant(BEGIN + ++minute * 60_000_000_000n),
        source: 's',
      });
      await sent(ledger, 'AccrueInterest', { portfolioId: 'p', amount: '1.00', at });
    }
  };
  await Promise.all(ledgers.flatMap((ledger) => Array.from({ length: CALLERS }, () => caller(ledger))));
  const all = 2 * ledgers.length * CALLERS * ROUNDS;
  expect(tally.recorded + tally.conflict).toBe(all);
  expect(tally.recorded).toBeGreaterThan(all * 0.95);
  const last = 2 + tally.recorded;
  await until(() => ledgers.every(({ store }) => store.head().position === last));
  const answers = await Promise.all(
    ledgers.map((ledger) => ledger.askAbout('p', undefined, (view) => [view.logPosition, navAnswer(view, BEGIN)])),
  );
  expect(answers[1]).toEqual(answers[0]);
}, 120_000);
