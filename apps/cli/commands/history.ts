/** `history`: what a fund was worth, as a series. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import type { Column, Row } from '../../../libs/formats/table';
import type { NavAnswer } from '../../../libs/projections/nav';
import { bad, choiceOption, durationOption, optionalTime, timeOption } from '../arguments';
import { grouped, LineWriter, rounded, table, write } from '../output';
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
        if (format === 'parquet' && options.out === undefined && process.stdout.isTTY) {
          throw bad('--format', format, 'parquet is no text: name a file with --out, or redirect stdout');
        }
        const [from, to] = [timeOption('--from', options.from), timeOption('--to', options.to)];
        const every = durationOption('--every', options.every);
        const knownAt = optionalTime('--known-at', options.knownAt);
        const answers = await withHost(globals, 'read', (host) => host.history(portfolio, from, to, every, knownAt));
        if (isRefusal(answers)) throw new RefusalError(answers);
        await put(pieces(answers, format), options.out);
      }),
    );
}

const FORMATS = ['csv', 'json', 'parquet'] as const;

function* pieces(answers: readonly NavAnswer[], format: (typeof FORMATS)[number] | 'table'): Generator<string | Uint8Array> {
  if (format === 'json') yield `${JSON.stringify(answers)}\n`;
  else if (format === 'table') yield forReading(answers);
  else if (format === 'csv') yield* csv().csvLines(columns(answers), answers.map(rowOf));
  else yield parquet().parquetFile(columns(answers), answers.map(rowOf));
}

const csv = (): typeof import('../../../libs/formats/table') =>
  require('../../../libs/formats/table') as typeof import('../../../libs/formats/table');
const parquet = (): typeof import('../../../libs/formats/parquet') =>
  require('../../../libs/formats/parquet') as typeof import('../../../libs/formats/parquet');

async function put(texts: Iterable<string | Uint8Array>, out: string | undefined): Promise<void> {
  if (out !== undefined) {
    try {
      writeFileSync(out, Buffer.concat([...texts].map((text) => (typeof text === 'string' ? Buffer.from(text) : text))));
    } catch (error) {
      throw bad('--out', out, `must be a file that can be written: ${(error as Error).message}`);
    }
    return;
  }
  const lines = new LineWriter();
  for (const text of texts) await (typeof text === 'string' ? lines.add(text) : write(text));
  await lines.end();
}

/** Columns with the scales that the answers show. */
function columns(answers: readonly NavAnswer[]): Column[] {
  const decimal = (name: string, pick: (answer: NavAnswer) => string | undefined | null): Column => {
    const text = answers.map(pick).find((value) => value !== undefined && value !== null) ?? '0';
    return { name, type: 'decimal', scale: text.split('.')[1]?.length ?? 0 };
  };
  return [
    { name: 'at', type: 'timestamp' },
    { name: 'status', type: 'text' },
    { name: 'quality', type: 'text' },
    decimal('nav', ({ nav }) => nav),
    decimal('units', ({ units }) => units),
    decimal('navPerUnit', ({ navPerUnit }) => navPerUnit),
    decimal('exposure', ({ exposure }) => exposure),
    decimal('leverage', ({ leverage }) => leverage),
    decimal('mark', ({ marks }) => marks[0]?.price),
    { name: 'markAt', type: 'timestamp' },
    decimal('quantity', ({ positions }) => positions[0]?.quantity),
    decimal('cash', cashOf),
    decimal('liabilities', ({ liabilities }) => liabilities),
  ];
}

function rowOf(answer: NavAnswer): Row {
  const { at, status, quality, nav, units, navPerUnit, exposure, leverage, marks, positions, liabilities } = answer;
  const [mark] = marks;
  const quantity = positions[0]?.quantity ?? '0';
  return [
    at,
    status,
    quality,
    nav,
    units,
    navPerUnit,
    exposure,
    leverage,
    mark?.price ?? null,
    mark?.at ?? null,
    quantity,
    cashOf(answer),
    liabilities,
  ];
}

function cashOf({ cash }: NavAnswer): string {
  return Object.values(cash)[0]!;
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
