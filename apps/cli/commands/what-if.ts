/** `what-if`: a fund's history under other terms: one scenario, a list of them, or a sweep over a grid. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import { bad, choiceOption, durationOption, optionalTime } from '../../../libs/ledger/arguments';
import type { Ledger } from '../../../libs/ledger/ledger';
import type { SweepAnswer, WhatIf } from '../../../libs/ledger/what-if';
import { put, refuseParquetOnTerminal, refuseUnwritable } from '../files';
import { grouped, printJson, rounded, styled, table } from '../output';
import { Progress } from '../progress';
import { action, withLedger } from '../session';
import { TERM_NAMES } from '../terms';

const HELP = `
Examples:
  echo '{"mode":"restate","slippage":null}' > free.json
  navledger what-if spx3l --scenario free.json
  echo '{"mode":"re-decide","mandate":{"resets":null,"band":{"lower":"2","upper":"4"}}}' > band.json
  navledger what-if spx3l --scenario band.json --from 2008-01-02T21:00:00Z --to 2012-12-31T21:00:00Z --every 7d --format csv > band.csv
  echo '{"base":{"mode":"re-decide"},"vary":{"targetLeverage":["1.5","2","2.5","3"]}}' > grid.json
  navledger what-if spx3l --sweep grid.json

restate keeps the recorded quantities and flows; re-decide runs the mandate again over the same prices. What a scenario leaves out stays as recorded, null removes it;
\`navledger schema scenario\` prints its whole shape. A file may hold a list of scenarios. Nothing is recorded. The manifest says what the answer depends on: the same log,
scenario and engine give the same bytes.`;

interface Options {
  readonly scenario?: string;
  readonly sweep?: string;
  readonly from?: string;
  readonly to?: string;
  readonly knownAt?: string;
  readonly every?: string;
  readonly format?: string;
  readonly out?: string;
}

const FORMATS = ['json', 'csv', 'parquet'] as const;

export function registerWhatIf(program: Command): void {
  program
    .command('what-if')
    .description('a history replayed under other fees, slippage, funding, mandate or leverage')
    .argument('<portfolio>')
    .option('--scenario <file>', 'a scenario or a list of them, JSON; - is standard input')
    .option('--sweep <file>', 'a grid of scenarios, JSON')
    .option('--from <time>', 'start of the window, not included (default: the first units)')
    .option('--to <time>', 'end of the window, included (default: the last price or fact)')
    .option('--known-at <time>', 'count only what was recorded by then (default: everything)')
    .option('--every <duration>', 'a series of NAV per unit with this step')
    .option('--format <format>', 'json, csv or parquet (default: a table for reading)')
    .option('--out <file>', 'write to this file instead of stdout')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, portfolio: string, options: Options) => {
        const format = options.format === undefined ? (globals.json ? 'json' : 'table') : choiceOption('--format', options.format, FORMATS);
        refuseParquetOnTerminal(format, options.out);
        refuseUnwritable(options.out);
        const window = {
          from: optionalTime('--from', options.from),
          to: optionalTime('--to', options.to),
          every: options.every === undefined ? undefined : durationOption('--every', options.every),
        };
        const knownAt = optionalTime('--known-at', options.knownAt);
        const scenario = options.scenario === undefined ? undefined : readJson('--scenario', options.scenario);
        const sweep = options.sweep === undefined ? undefined : withBase(readJson('--sweep', options.sweep), scenario);
        if (scenario === undefined && sweep === undefined) throw bad('--scenario', undefined, 'must be given, or --sweep');
        if (format === 'csv' || format === 'parquet') {
          if (sweep === undefined && window.every === undefined)
            throw bad('--format', format, 'needs --every, which makes a series, or --sweep');
        }
        await withLedger(globals, 'read', async (ledger) => {
          const { pointsTable, seriesTable, tableFile } =
            require('../../../libs/ledger/what-if-file') as typeof import('../../../libs/ledger/what-if-file');
          if (sweep !== undefined) {
            const answer = await sweepOf(ledger, portfolio, sweep, window, knownAt, new Progress('replaying', globals.quiet));
            if (format === 'json' && options.out === undefined) await printJson(answer);
            else if (format === 'json') await put([`${JSON.stringify(answer)}\n`], options.out);
            else await put([format === 'table' ? grid(answer) : tableFile(pointsTable(answer), format)], options.out);
            return;
          }
          const { askWhatIf, askWhatIfs } = require('../../../libs/ledger/what-if') as typeof import('../../../libs/ledger/what-if');
          const document = Array.isArray(scenario)
            ? await askWhatIfs(ledger, portfolio, scenario, window, knownAt)
            : await askWhatIf(ledger, portfolio, scenario, window, knownAt);
          if (isRefusal(document)) throw new RefusalError(document);
          const answers = [document].flat();
          if (format === 'json') await put([`${JSON.stringify(document)}\n`], options.out);
          else await put([format === 'table' ? answers.map(sheet).join('\n') : tableFile(seriesTable(answers), format)], options.out);
        });
      }),
    );
}

async function sweepOf(
  ledger: Ledger,
  portfolio: string,
  sweep: unknown,
  window: Parameters<typeof import('../../../libs/ledger/what-if').askSweep>[3],
  knownAt: bigint | undefined,
  progress: Progress,
): Promise<SweepAnswer> {
  const { askSweep } = require('../../../libs/ledger/what-if') as typeof import('../../../libs/ledger/what-if');
  const answer = await askSweep(ledger, portfolio, sweep, window, knownAt, (done, of) => progress.update(done, of, 'scenarios')).finally(
    progress.end,
  );
  if (isRefusal(answer)) throw new RefusalError(answer);
  return answer;
}

export function readJson(option: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw bad(option, file, `must be a file that can be read: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(option, file, `must hold JSON: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
}

/** The scenario is the base of a sweep that has none. */
function withBase(sweep: unknown, scenario: unknown): unknown {
  if (scenario === undefined || typeof sweep !== 'object' || sweep === null || Array.isArray(sweep) || 'base' in sweep) return sweep;
  return { base: scenario, ...sweep };
}

function sheet({ portfolioId, mode, from, to, base, scenario, difference, manifest }: WhatIf): string {
  const rows: string[][] = [['NAV per unit at the end', figure(base.nT), figure(scenario.nT), signed(difference.nT)]];
  if (base.attribution && scenario.attribution && difference.byTerm) {
    const { termsOf } = require('../../../libs/ledger/what-if-file') as typeof import('../../../libs/ledger/what-if-file');
    const [booked, other] = [termsOf(base.attribution), termsOf(scenario.attribution)];
    for (const [name, value] of Object.entries(difference.byTerm)) {
      if ([value, booked[name]!, other[name]!].every(isZero)) continue;
      rows.push([`  ${TERM_NAMES[name] ?? name}`, signed(booked[name]!), signed(other[name]!), signed(value)]);
    }
  }
  const body = table([['', 'as booked', 'scenario', 'difference'], ...rows], new Set([1, 2, 3]));
  const notes = [
    `${scenario.rebalances.length} trades decided`,
    ...(scenario.terminated ? [`the scenario's fund ended at ${scenario.terminated.at}`] : []),
    ...(base.unanswerable ? [`as booked: ${base.unanswerable}`] : []),
    ...(scenario.unanswerable ? [`scenario: ${scenario.unanswerable}`] : []),
    ...(scenario.assumptions ?? []),
    `log position ${manifest.logPosition}, result ${manifest.resultDigest.slice(0, 16)}`,
  ];
  return `${styled('bold', portfolioId)}  ${mode}, ${from} to ${to}\n\n${body}\n${notes.map((note) => styled('dim', note)).join('\n')}\n`;
}

function grid({ portfolioId, mode, from, to, base, points, manifest }: SweepAnswer): string {
  const { textOf } = require('../../../libs/ledger/what-if-file') as typeof import('../../../libs/ledger/what-if-file');
  const paths = Object.keys(points[0]?.vary ?? {});
  const head = [...paths, 'NAV per unit', 'difference', 'trades', ''];
  const rows = points.map(({ vary, nT, difference, rebalances, terminated, refused }) => [
    ...paths.map((path) => textOf(vary[path])),
    figure(nT),
    signed(difference),
    String(rebalances),
    refused ?? (terminated ? `ended ${terminated.at}` : ''),
  ]);
  const right = new Set([paths.length, paths.length + 1, paths.length + 2]);
  const foot = `as booked ${figure(base.nT)}; log position ${manifest.logPosition}, result ${manifest.resultDigest.slice(0, 16)}`;
  return `${styled('bold', portfolioId)}  ${mode}, ${from} to ${to}\n\n${table([head, ...rows], right)}\n${styled('dim', foot)}\n`;
}

function figure(value: string | null): string {
  return value === null ? '-' : grouped(rounded(value, 6, 6));
}

function signed(value: string | null): string {
  const text = figure(value);
  return text === '-' || text.startsWith('-') ? text : `+${text}`;
}

function isZero(decimal: string): boolean {
  return /^-?0(\.0*)?$/.test(decimal);
}
