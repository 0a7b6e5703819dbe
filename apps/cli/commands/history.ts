/** `history`: what a fund was worth, as a series. */
import type { Command } from 'commander';
import type { HistoryFormat } from '../../../libs/ledger/history-file';
import type { NavAnswer } from '../../../libs/projections/nav';
import { choiceOption, durationOption, optionalTime, timeOption } from '../../../libs/ledger/arguments';
import { put, refuseParquetOnTerminal } from '../files';
import { grouped, rounded, table } from '../output';
import { action, withHost } from '../session';

const HELP = `
Examples:
  navledger history spx3l --from 2008-09-01T20:00:00Z --to 2008-12-01T21:00:00Z --every 7d
  navledger history spx3l --from 2008-09-01T20:00:00Z --to 2008-12-01T21:00:00Z --every 1d --format csv > spx3l.csv
  navledger history spx3l --from 2008-09-01T20:00:00Z --to 2008-12-01T21:00:00Z --every 1d --format parquet --out spx3l.parquet

The moments are from, every step after it, and to. Figures in csv, json and parquet are exact, the table for reading is rounded.`;

interface Options {
  readonly from: string;
  readonly to: string;
  readonly every: string;
  readonly knownAt?: string;
  readonly format?: string;
  readonly out?: string;
}

export function registerHistory(program: Command): void {
  program
    .command('history')
    .description('what a portfolio was worth, as a series')
    .argument('<portfolio>')
    .requiredOption('--from <time>', 'the first moment')
    .requiredOption('--to <time>', 'the last moment')
    .option('--every <duration>', 'the step', '1d')
    .option('--known-at <time>', 'count only what was recorded by then (default: everything)')
    .option('--format <format>', 'csv, json or parquet (default: a table for reading)')
    .option('--out <file>', 'write to this file instead of stdout')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, portfolio: string, options: Options) => {
        const format = options.format === undefined ? (globals.json ? 'json' : 'table') : choiceOption('--format', options.format, FORMATS);
        refuseParquetOnTerminal(format, options.out);
        const [from, to] = [timeOption('--from', options.from), timeOption('--to', options.to)];
        const every = durationOption('--every', options.every);
        const knownAt = optionalTime('--known-at', options.knownAt);
        await withHost(globals, 'read', async (host) => {
          const { collected, historyFile } =
            require('../../../libs/ledger/history-file') as typeof import('../../../libs/ledger/history-file');
          // A history that is refused half-way has printed nothing.
          const answers = await collected(host.history(portfolio, from, to, every, knownAt));
          await put(format === 'table' ? [forReading(answers)] : historyFile(one(answers), format), options.out);
        });
      }),
    );
}

const FORMATS: readonly HistoryFormat[] = ['csv', 'json', 'parquet'];

async function* one<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}

function forReading(answers: readonly NavAnswer[]): string {
  const rows = answers.map(({ at, nav, navPerUnit, units, leverage, marks, status, quality }) => [
    at,
    grouped(nav),
    navPerUnit === null ? '-' : grouped(rounded(navPerUnit, 6, 6)),
    grouped(units),
    leverage === null ? '-' : rounded(leverage, 4, 4),
    marks[0] ? grouped(marks[0].price) : '-',
    status === 'terminated' ? status : quality === 'ok' ? '' : quality,
  ]);
  return table([['at', 'NAV', 'per unit', 'units', 'leverage', 'mark', ''], ...rows], new Set([1, 2, 3, 4, 5]));
}
