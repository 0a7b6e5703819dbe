/** `import`: files of prices, funding rates and events become events. */
import type { Command } from 'commander';
import type { PriceFormat } from '../../../libs/formats/price-layout';
import type { FundingImportResult } from '../../../libs/ledger/import-funding';
import type { PriceImportResult } from '../../../libs/ledger/import-prices';
import { bad, choiceOption } from '../../../libs/ledger/arguments';
import { EXIT } from '../exit';
import { printJson, write } from '../output';
import { count, counted, Progress } from '../progress';
import { action, type Globals, interrupts, withHost, withLedger } from '../session';

export function registerImport(program: Command): void {
  const group = program.command('import').description('turn files of prices, funding rates or events into events');
  registerPrices(group);
  registerFunding(group);
  registerEventFile(group);
}

const PRICES_HELP = `
Formats:
  binance-klines   the exchange's 12 columns, or open_time_ms,open,high,low,close,volume
  candles          a header that names a time (or date) and a close column
  closes           a header; the first column is the date or time, the second the value

Examples:
  navledger import prices --instrument BTC --format binance-klines BTCUSDT-1m-2024-0*.csv.gz
  navledger import prices --instrument SPX --format closes --close 16:00 --zone America/New_York spx.csv
  navledger import prices --instrument FF --format closes --multiply 0.01 --round fed-funds.csv
  zcat candles.csv.gz | navledger import prices --instrument BTC --format candles -

A candle becomes one price: its close, effective at its end. The whole file is checked before the first price is recorded. A row that is there already is
skipped; with another price it is a conflict (exit code 6). An import that was stopped is simply run again.`;

interface PriceOptions {
  readonly instrument: string;
  readonly format: string;
  readonly source?: string;
  readonly interval?: string;
  readonly close?: string;
  readonly zone?: string;
  readonly multiply?: string;
  readonly round?: boolean;
}

function registerPrices(group: Command): void {
  group
    .command('prices')
    .description('prices of a listed instrument')
    .argument('<file...>', 'CSV, gzipped or not; - is standard input')
    .requiredOption('--instrument <id>', 'a listed instrument')
    .requiredOption('--format <format>', 'binance-klines, candles or closes')
    .option('--source <name>', 'what the rows are known by, with instrument and time (default: the format)')
    .option('--interval <duration>', 'length of a candle, when the file does not show it')
    .option('--close <time>', 'the time that a date alone means (default: 16:00)')
    .option('--zone <zone>', 'the zone of that time (default: America/New_York)')
    .option('--multiply <factor>', 'multiply every value, exactly')
    .option('--round', 'round half-even what does not fit the price scale')
    .addHelpText('after', PRICES_HELP)
    .action(
      action(async (globals, files: string[], { instrument, format, ...options }: PriceOptions) => {
        const formats: readonly PriceFormat[] = ['binance-klines', 'candles', 'closes'];
        const chosen = choiceOption('--format', format, formats);
        checkStdin(files);
        const { importPrices } = require('../../../libs/ledger/import-prices') as typeof import('../../../libs/ledger/import-prices');
        const reading = new Progress('reading', globals.quiet);
        const recording = new Progress('recording', globals.quiet);
        const result = await withLedger(globals, 'write', (ledger) =>
          importPrices(ledger, {
            ...options,
            instrumentId: instrument,
            format: chosen,
            files,
            signal: interrupts(),
            onProgress: (phase, done, of) => {
              if (phase === 'reading') return reading.update(done, of, 'bytes');
              reading.end();
              recording.update(done, of, 'rows');
            },
          }).finally(() => (reading.end(), recording.end())),
        );
        await (globals.json ? printJson(result) : tellPrices(globals, result));
        if (result.stopped) return EXIT.interrupted;
        return result.conflictCount > 0 ? EXIT.partly : EXIT.ok;
      }),
    );
}

async function tellPrices(globals: Globals, result: PriceImportResult): Promise<void> {
  const { instrumentId, source, files, recorded, skipped, conflictCount, conflicts, stopped } = result;
  for (const { file, at, recorded: there, given } of conflicts) {
    process.stderr.write(`PriceConflict: ${file} ${at} = ${given}: ${there} is recorded for ${instrumentId} from ${source}\n`);
  }
  if (conflictCount > conflicts.length) process.stderr.write(`and ${count(conflictCount - conflicts.length)} conflicts more\n`);
  const notes = [`${counted(recorded, 'price')} recorded`];
  if (skipped > 0) notes.push(`${count(skipped)} there already`);
  if (conflictCount > 0) notes.push(counted(conflictCount, 'conflict'));
  const sum = (pick: (file: PriceImportResult['files'][number]) => number): number => files.reduce((total, file) => total + pick(file), 0);
  const [rounded, repeated, missing, gaps] = [
    sum((f) => f.roundedCount),
    sum((f) => f.repeatedCount),
    sum((f) => f.missing),
    sum((f) => f.gaps),
  ];
  if (rounded > 0) notes.push(`${count(rounded)} rounded half-even`);
  if (repeated > 0) notes.push(`${counted(repeated, 'repeated row')} left out`);
  if (missing > 0) notes.push(`${counted(missing, 'candle')} missing in ${counted(gaps, 'gap')}`);
  if (stopped) notes.push('stopped: run it again for the rest');
  if (!globals.quiet) await write(`${instrumentId}: ${notes.join(', ')}\n`);
}

const FUNDING_HELP = `
Examples:
  navledger import funding --portfolio btc3l --instrument BTC --format rates btcusdt_perp_8h.csv

The file has a header with funding_time_ms or time, and rate; a positive rate is paid by long positions. Each row is settled at the ledger's mark of its
time. A row that is there already is skipped; with another rate it is a conflict (exit code 6). Rows at whose time nothing was held are counted, not recorded.`;

interface FundingOptions {
  readonly portfolio: string;
  readonly instrument: string;
  readonly format: string;
  readonly zone?: string;
}

function registerFunding(group: Command): void {
  group
    .command('funding')
    .description('funding rates, settled by a portfolio')
    .argument('<file...>', 'CSV, gzipped or not; - is standard input')
    .requiredOption('--portfolio <id>', 'the portfolio that pays or receives')
    .requiredOption('--instrument <id>', 'the instrument whose funding it is')
    .option('--format <format>', 'rates', 'rates')
    .option('--zone <zone>', 'the zone of times that carry none')
    .addHelpText('after', FUNDING_HELP)
    .action(
      action(async (globals, files: string[], { portfolio, instrument, format, ...options }: FundingOptions) => {
        choiceOption('--format', format, ['rates']);
        checkStdin(files);
        const { importFunding } = require('../../../libs/ledger/import-funding') as typeof import('../../../libs/ledger/import-funding');
        const progress = new Progress('recording', globals.quiet);
        const result = await withHost(globals, 'write', (host, ledger) =>
          importFunding(ledger, (envelope) => host.submit(envelope), {
            ...options,
            portfolioId: portfolio,
            instrumentId: instrument,
            files,
            signal: interrupts(),
            onProgress: (done, of) => progress.update(done, of, 'rows'),
          }).finally(progress.end),
        );
        await (globals.json ? printJson(result) : tellFunding(globals, result));
        if (result.stopped) return EXIT.interrupted;
        if (result.conflictCount + result.refusedCount === 0) return EXIT.ok;
        return result.conflictCount > 0 || result.recorded + result.skipped > 0 ? EXIT.partly : EXIT.refused;
      }),
    );
}

async function tellFunding(globals: Globals, result: FundingImportResult): Promise<void> {
  const { describeRefusal } = require('../../../libs/domain/refusal') as typeof import('../../../libs/domain/refusal');
  const { portfolioId, recorded, skipped, notHeld, conflictCount, refusedCount, refusals, stopped } = result;
  for (const { file, at, refusal } of refusals) process.stderr.write(`${file} ${at}: ${describeRefusal(refusal)}\n`);
  const notes = [`${counted(recorded, 'settlement')} recorded`];
  if (skipped > 0) notes.push(`${count(skipped)} there already`);
  if (notHeld > 0) notes.push(`${counted(notHeld, 'row')} at which nothing was held`);
  if (conflictCount > 0) notes.push(counted(conflictCount, 'conflict'));
  if (refusedCount > 0) notes.push(`${count(refusedCount)} refused`);
  if (stopped) notes.push('stopped: run it again for the rest');
  if (!globals.quiet) await write(`${portfolioId}: ${notes.join(', ')}\n`);
}

const EVENTS_HELP = `
Examples:
  navledger events | gzip > events.ndjson.gz
  navledger --store sqlite:./copy import events events.ndjson.gz

The store must be empty. It gets the same events under the same ids, positions, recorded times and hashes, or stays empty.`;

function registerEventFile(group: Command): void {
  group
    .command('events')
    .description('read back what `events` wrote, into an empty store')
    .argument('<file>', 'NDJSON, gzipped or not; - is standard input')
    .addHelpText('after', EVENTS_HELP)
    .action(
      action(async (globals, file: string) => {
        const { adoptLog } = require('../../../libs/ledger/adopt-log') as typeof import('../../../libs/ledger/adopt-log');
        const progress = new Progress('reading', globals.quiet);
        const result = await withLedger(globals, 'write', (ledger) =>
          adoptLog(ledger, file, { signal: interrupts(), onProgress: progress.update }).finally(progress.end),
        );
        await (globals.json ? printJson(result) : write(`${counted(result.events, 'event')} read, chain hash ${result.hash}\n`));
      }),
    );
}

function checkStdin(files: readonly string[]): void {
  if (files.filter((file) => file === '-').length > 1) throw bad('file', '-', 'standard input can be read once');
}
