/** `demo`: a real history through the real commands, and its tear sheets. */
import type { Command } from 'commander';
import { describeRefusal, isRefusal } from '../../../libs/domain/refusal';
import { readSettings } from '../../api/settings';
import type { TearSheet } from '../../../libs/projections/tear-sheet';
import type { Host } from '../../../libs/ledger/host';
import type { Ledger } from '../../../libs/ledger/ledger';
import { preparedServer, serveUntil } from '../commands/serve';
import { counted, Progress } from '../progress';
import { printJson, write } from '../output';
import { action, type Globals, interrupts, shownStore, withHost } from '../session';
import { figure } from './figures';
import { type DemoOptions, type DemoPlan, planDemo } from './plan';

const HELP = `
Without --prices: spx3l (3x) and spx1s (-1x) on the daily closes of the S&P 500, 2000 to 2020, reset at each close.
With --prices: one fund for each --leverage, named after the instrument, such as btcusdt3l; candles reset at 00:00 UTC with a band of 33%,
closes at 16:00 in New York without a band.

Every fund sells 100,000 units at 100.00 at the first price. Trades pay the fee on their notional and are filled off the mark by the slippage.
Ids are derived: a second run adds nothing, a run after Ctrl-C goes on.

Serves the API of the store afterwards, as navledger serve does, until Ctrl-C.

Examples:
  navledger demo
  navledger demo --no-serve
  navledger demo --no-serve --store sqlite:./costly --slippage 10bp --management 1.5%
  navledger demo --no-serve --prices btcusdt_1m_2020.csv.gz btcusdt_1m_2021.csv.gz --funding btcusdt_perp_8h.csv --currency USDT
  navledger demo --no-serve --prices spy.csv --format closes --leverage 2,3,-2`;

interface ServeOptions {
  readonly serve: boolean;
  readonly port?: string;
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('make a real history of leveraged funds and show what became of them')
    .option('--no-serve', 'print the tear sheets and end')
    .option('--port <n>', 'where to serve afterwards (default: 8080)')
    .option('--prices <file...>', 'your own prices instead')
    .option('--format <format>', 'binance-klines, candles or closes (default: binance-klines)')
    .option('--interval <duration>', 'the length of a candle, when the file does not show it')
    .option('--instrument <id>', "the instrument's id (default: the letters that the file's name begins with)")
    .option('--currency <code>', 'what the prices are in (default: USD)')
    .option('--price-scale <n>', 'decimals of a price (default: 8)')
    .option('--funding <file...>', 'funding rates that the funds pay or receive: the instrument is a perpetual future')
    .option('--leverage <list>', 'target leverages (default: 3,-1)')
    .option('--band <width>', 'rebalance at once when the leverage has left L(1 ± width): 33%, or none')
    .option('--resets <cron>', 'when the leverage is put back to L: five fields')
    .option('--zone <zone>', 'the time zone of --resets (default: UTC)')
    .option('--trading-fee <rate>', 'of the executed notional', '1bp')
    .option('--slippage <rate>', 'how far from the mark trades are filled', '1bp')
    .option('--management <rate>', 'management fee a year, on NAV, ACT/365', '0.95%')
    .addHelpText('after', HELP)
    .action(action((globals, options: DemoOptions & ServeOptions) => demo(globals, options)));
}

interface Made {
  readonly recorded: number;
  readonly sheets: readonly TearSheet[];
  /** Funds that have none, and why. */
  readonly without: readonly string[];
}

async function demo(globals: Globals, { serve, port, ...options }: DemoOptions & ServeOptions): Promise<void> {
  const plan = planDemo(options);
  const flags = { ...(port === undefined ? {} : { port }), logLevel: 'warn' };
  readSettings(flags);
  const start = serve ? await preparedServer(globals, flags, process.env) : undefined;
  const signal = interrupts();
  await withHost(globals, 'write', async (host, ledger) => {
    const made = await make(globals, plan, signal, host, ledger);
    if (!globals.json) await print(globals, made);
    if (start) {
      await serveUntil(start, ledger, signal, (url) =>
        globals.json
          ? printJson({ ...documentOf(made), url })
          : write(
              `\nThe API is at ${url}, its page at ${url}/docs; Ctrl-C ends it. Until then others ask this store, and do not record in it.\n`,
            ),
      );
    } else if (globals.json) await printJson(documentOf(made));
  });
}

async function make(globals: Globals, plan: DemoPlan, signal: AbortSignal, host: Host, ledger: Ledger): Promise<Made> {
  const { makeHistory } = require('./history') as typeof import('./history');
  const shown = new Map<string, Progress>();
  const endProgress = (): void => shown.forEach((progress) => progress.end());
  let firstYear: Promise<void> | undefined;
  const recorded = await makeHistory(ledger, host, plan, {
    signal,
    onProgress: (what, done, of, unit) => {
      if (!shown.has(what)) {
        endProgress();
        shown.set(what, new Progress(what, globals.quiet));
      }
      shown.get(what)!.update(done, of, unit);
    },
    onFirstYear: (portfolioId, at) => {
      firstYear = host.nav(portfolioId, at).then(async (answer) => {
        endProgress();
        if (globals.json || isRefusal(answer) || answer.navPerUnit === null) return;
        await write(`${portfolioId} is a year old: ${figure(answer.navPerUnit, 4)} per unit at ${answer.at}, from 100.00\n\n`);
      });
    },
  }).finally(endProgress);
  await firstYear;
  const sheets: TearSheet[] = [];
  const without: string[] = [];
  for (const { portfolioId } of plan.funds) {
    const sheet = await host.tearSheet(portfolioId);
    // A fund may have ended before its first reset.
    if (isRefusal(sheet)) without.push(`${portfolioId}: ${describeRefusal(sheet)}`);
    else sheets.push(sheet);
  }
  return { recorded, sheets, without };
}

function documentOf({ recorded, sheets, without }: Made): object {
  return { recorded: String(recorded), portfolios: sheets, ...(without.length === 0 ? {} : { without }) };
}

async function print(globals: Globals, { recorded, sheets, without }: Made): Promise<void> {
  const { renderSheet } = require('./sheet') as typeof import('./sheet');
  const { whatNext } = require('./next') as typeof import('./next');
  for (const sheet of sheets) await write(`${renderSheet(sheet)}\n`);
  for (const reason of without) await write(`No tear sheet of ${reason}\n`);
  const program = globals.store === 'sqlite:./data' ? 'bin/navledger' : `bin/navledger --store ${quoted(shownStore(globals))}`;
  if (sheets[0]) await write(whatNext(sheets[0], program, sheets[0].nav.knownAt));
  await write(
    `\n${recorded === 0 ? 'The history was there already: nothing was added' : `${counted(recorded, 'event')} recorded`} in ${shownStore(globals)}.\n`,
  );
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_.,:/=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
