/** `demo`: a real history through the real commands, and its tear sheets. */
import type { Command } from 'commander';
import { describeRefusal, isRefusal } from '../../../libs/domain/refusal';
import type { TearSheet } from '../../../libs/projections/tear-sheet';
import { bad } from '../../../libs/ledger/arguments';
import { counted, Progress } from '../progress';
import { printJson, write } from '../output';
import { action, type Globals, interrupts, withHost } from '../session';
import { figure } from './figures';
import { type DemoOptions, planDemo } from './plan';

const HELP = `
Without --prices: spx3l (3x) and spx1s (-1x) on the daily closes of the S&P 500, 2000 to 2020, reset at each close.
With --prices: one fund for each --leverage, named after the instrument, such as btcusdt3l; candles reset at 00:00 UTC with a band of 33%,
closes at 16:00 in New York without a band.

Every fund sells 100,000 units at 100.00 at the first price. Trades pay the fee on their notional and are filled off the mark by the slippage.
Ids are derived: a second run adds nothing, a run after Ctrl-C goes on.

Examples:
  navledger demo --no-serve
  navledger demo --no-serve --store sqlite:./costly --slippage 10bp --management 1.5%
  navledger demo --no-serve --prices btcusdt_1m_2020.csv.gz btcusdt_1m_2021.csv.gz --funding btcusdt_perp_8h.csv --currency USDT
  navledger demo --no-serve --prices spy.csv --format closes --leverage 2,3,-2`;

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('make a real history of leveraged funds and show what became of them')
    .option('--no-serve', 'print the tear sheets and end')
    .option('--port <n>', 'where to serve afterwards')
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
    .action(action((globals, options: DemoOptions & { serve: boolean; port?: string }) => demo(globals, options)));
}

async function demo(globals: Globals, options: DemoOptions & { serve: boolean; port?: string }): Promise<void> {
  if (options.port !== undefined && !/^\d{1,5}$/.test(options.port)) throw bad('--port', options.port, 'must be a port number');
  const plan = planDemo(options);
  const signal = interrupts();
  const { sheets, without, recorded } = await withHost(globals, 'write', async (host, ledger) => {
    const { makeHistory } = require('./history') as typeof import('./history');
    const shown = new Map<string, Progress>();
    let firstYear: Promise<void> | undefined;
    const made = await makeHistory(ledger, host, plan, {
      signal,
      onProgress: (what, done, of, unit) => {
        if (!shown.has(what)) {
          for (const progress of shown.values()) progress.end();
          shown.set(what, new Progress(what, globals.quiet));
        }
        shown.get(what)!.update(done, of, unit);
      },
      onFirstYear: (portfolioId, at) => {
        firstYear = host.nav(portfolioId, at).then(async (answer) => {
          for (const progress of shown.values()) progress.end();
          if (globals.json || isRefusal(answer) || answer.navPerUnit === null) return;
          await write(`${portfolioId} is a year old: ${figure(answer.navPerUnit, 4)} per unit at ${answer.at}, from 100.00\n\n`);
        });
      },
    }).finally(() => {
      for (const progress of shown.values()) progress.end();
    });
    await firstYear;
    const found: TearSheet[] = [];
    const none: string[] = [];
    for (const { portfolioId } of plan.funds) {
      const sheet = await host.tearSheet(portfolioId);
      // A fund may have ended before its first reset.
      if (isRefusal(sheet)) none.push(`${portfolioId}: ${describeRefusal(sheet)}`);
      else found.push(sheet);
    }
    return { sheets: found, without: none, recorded: made };
  });
  if (globals.json) return printJson({ recorded: String(recorded), portfolios: sheets, ...(without.length === 0 ? {} : { without }) });
  const { renderSheet } = require('./sheet') as typeof import('./sheet');
  const { whatNext } = require('./next') as typeof import('./next');
  for (const sheet of sheets) await write(`${renderSheet(sheet)}\n`);
  for (const reason of without) await write(`No tear sheet of ${reason}\n`);
  const program = globals.store === 'sqlite:./data' ? 'bin/navledger' : `bin/navledger --store ${globals.store}`;
  if (sheets[0]) await write(whatNext(sheets[0], program, sheets[0].nav.knownAt));
  await write(
    `\n${recorded === 0 ? 'The history was there already: nothing was added' : `${counted(recorded, 'event')} recorded`} in ${globals.store}.\n`,
  );
  if (options.serve) await write('This version has no server yet: it prints and ends, as with --no-serve.\n');
}
