/**
 * Makes a plan's history through the real commands: the instrument is listed, its prices imported, and for each fund the portfolio opened, mandate and schedule adopted,
 * units created at the first price and the mandate run to the last one. Ids are derived, so a second run is answered with the first one's results and adds nothing, and
 * a run after an interruption adds what is missing.
 */
import { formatInstant, type Instant, NANOS_PER_DAY } from '../../../libs/domain/instant';
import { refuse, RefusalError } from '../../../libs/domain/refusal';
import { type FundingRow, readFunding } from '../../../libs/formats/funding';
import { CommandFlow } from '../../../libs/ledger/command-flow';
import { envelope } from '../../../libs/ledger/envelope';
import type { Host } from '../../../libs/ledger/host';
import { importPrices } from '../../../libs/ledger/import-prices';
import type { Ledger } from '../../../libs/ledger/ledger';
import { derivedCommandId } from '../../../libs/ledger/mandate-ids';
import { runMandate } from '../../../libs/ledger/mandate-runner';
import type { DemoPlan, FundPlan } from './plan';

/** Sold at the first price, at 100.00 each. */
const UNITS = { units: '100000', cash: '10000000.00' } as const;
const BEFORE_ALL = -(1n << 63n);
const YEAR = 365n * NANOS_PER_DAY;

export interface HistoryOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, done: number, of: number | undefined, unit: string) => void;
  /** Called once, when the first fund is a year old. */
  readonly onFirstYear: (portfolioId: string, at: Instant) => void;
}

/** Events recorded by this run; 0 when everything was there. Throws RefusalError, StoreError, or the signal's reason. */
export async function makeHistory(ledger: Ledger, host: Host, plan: DemoPlan, options: HistoryOptions): Promise<number> {
  const { signal, onProgress } = options;
  const before = ledger.store.head().position;
  const flow = new CommandFlow((command) => host.submit(command));
  const { instrumentId } = plan.instrument;
  const funding = await readFundingFiles(plan.funding, signal);
  await send(flow, `instrument/${instrumentId}`, 'ListInstrument', plan.instrument);
  await flow.settled();
  const { files, format, interval } = plan.prices;
  const imported = await importPrices(ledger, {
    instrumentId,
    files,
    format,
    interval,
    signal,
    onProgress: (phase, done, of) => onProgress(`${phase} prices`, done, of, phase === 'reading' ? 'bytes' : 'prices'),
  });
  signal.throwIfAborted();
  if (imported.conflictCount > 0) {
    const [first] = imported.conflicts;
    const rule = `differs in ${imported.conflictCount} rows from the prices in the store, first at ${first!.at}: ${first!.recorded} there, ${first!.given} here`;
    throw new RefusalError(refuse('PriceConflict', `${rule}; use another --store`, { field: first!.file }));
  }
  const { first, last } = await ledger.ask((model) => {
    const prices = model.instrument(instrumentId)!.tape.view();
    const start = prices.next(BEFORE_ALL)!.at;
    return { first: start, last: prices.at(1n << 63n)!.at };
  });
  const days = wholeDays(last - first);
  let yearShown = false;
  for (const fund of plan.funds) {
    await openFund(flow, plan, fund, formatInstant(first));
    await flow.settled();
    const { portfolioId } = fund;
    await runMandate(ledger, flow, {
      portfolioId,
      funding: funding.filter(({ at }) => at > first),
      signal,
      onStep: (at) => {
        onProgress(`running ${portfolioId}`, wholeDays(at - first), days, 'days');
        if (yearShown || at - first < YEAR) return;
        yearShown = true;
        options.onFirstYear(portfolioId, at);
      },
    });
  }
  return ledger.store.head().position - before;
}

async function openFund(flow: CommandFlow, plan: DemoPlan, fund: FundPlan, at: string): Promise<void> {
  const { portfolioId, name, targetLeverage, mandate } = fund;
  const { instrumentId, quoteCurrency } = plan.instrument;
  const open = { portfolioId, name, quoteCurrency, currencyScale: 2, unitScale: 4, instrumentId, targetLeverage, at };
  await send(flow, portfolioId, 'OpenPortfolio', open);
  await send(flow, portfolioId, 'AdoptMandate', { portfolioId, at, mandate });
  await send(flow, portfolioId, 'AdoptFeeSchedule', { portfolioId, at, schedule: plan.schedule });
  await send(flow, portfolioId, 'AdoptSlippageModel', { portfolioId, at, model: plan.slippage });
  await send(flow, portfolioId, 'CreateUnits', { portfolioId, ...UNITS, at });
}

async function send(flow: CommandFlow, subject: string, name: string, data: object): Promise<void> {
  const command = envelope(name, data, derivedCommandId(subject, name));
  if ('refused' in command) throw new RefusalError(command);
  try {
    await flow.send(command);
  } catch (error) {
    if (!(error instanceof RefusalError) || error.refusal.refused !== 'ReusedCommandId') throw error;
    throw new RefusalError(
      refuse('ReusedCommandId', `the store holds ${subject.replace(/^.*\//, '')} made with other options or prices; use another --store`, {
        field: name,
      }),
    );
  }
}

/** All rows of the files in order of time; of two files with the same time the first counts. */
async function readFundingFiles(files: readonly string[], signal: AbortSignal): Promise<FundingRow[]> {
  const rows = new Map<Instant, FundingRow>();
  for (const file of files) {
    for (const row of (await readFunding(file, { signal })).rows) if (!rows.has(row.at)) rows.set(row.at, row);
  }
  return [...rows.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
}

function wholeDays(nanos: bigint): number {
  return Number(nanos / NANOS_PER_DAY);
}
