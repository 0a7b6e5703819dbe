/** `nav`: what a fund was worth at a moment. */
import type { Command } from 'commander';
import { fromEpochMillis, parseDuration } from '../../../libs/domain/instant';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import type { NavAnswer } from '../../../libs/projections/nav';
import { optionalTime } from '../../../libs/ledger/arguments';
import { grouped, printJson, rounded, styled, table, write } from '../output';
import { action, withHost } from '../session';

const HELP = `
Examples:
  navledger nav spx3l                                      now
  navledger nav spx3l --at 2008-10-10T20:00:00Z            then, with everything known today
  navledger nav spx3l --at 2008-10-10T20:00:00Z --known-at "$(navledger events --stream portfolio-spx3l | tail -n 1 | jq -r .metadata.recordedAt)"
                                                           then, as it was known when that event was recorded
  navledger nav spx3l --json | jq -r .navPerUnit

NAV is cash + quantity x mark, recorded charges only; charges that are due and not yet recorded are shown as liabilities.`;

export function registerNav(program: Command): void {
  program
    .command('nav')
    .description('what a portfolio was worth at a moment')
    .argument('<portfolio>')
    .option('--at <time>', 'the moment asked about (default: now)')
    .option('--known-at <time>', 'count only what was recorded by then (default: everything)')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, portfolio: string, options: { at?: string; knownAt?: string }) => {
        const at = optionalTime('--at', options.at) ?? fromEpochMillis(Date.now());
        const knownAt = optionalTime('--known-at', options.knownAt);
        const answer = await withHost(globals, 'read', (host) => host.nav(portfolio, at, knownAt));
        if (isRefusal(answer)) throw new RefusalError(answer);
        await (globals.json ? printJson(answer) : write(sheet(answer)));
      }),
    );
}

function sheet(answer: NavAnswer): string {
  const { nav, units, navPerUnit, leverage, exposure, liabilities, marks, positions, cash } = answer;
  const [[currency, cashAmount]] = Object.entries(cash) as [[string, string]];
  const rows: string[][] = [
    ['NAV', grouped(nav), currency],
    ['NAV per unit', navPerUnit === null ? '-' : grouped(rounded(navPerUnit, 10, 2)), navPerUnit === null ? 'no units' : currency],
    ['units', grouped(units), ''],
    ['leverage', leverage === null ? '-' : rounded(leverage, 6, 2), ''],
    ['exposure', grouped(exposure), currency],
    ['cash', grouped(cashAmount), currency],
    ...positions.map(({ instrumentId, quantity }) => ['position', grouped(quantity), instrumentId]),
    ...marks.map(({ price, at, ageSeconds }) => [
      'mark',
      grouped(price),
      `${currency}, ${ageSeconds === 0 ? 'new' : `${age(ageSeconds)} old`} (${at})`,
    ]),
    ['liabilities', grouped(liabilities), currency],
  ];
  const state =
    answer.status === 'terminated'
      ? styled('red', `terminated ${answer.terminatedAt}`)
      : answer.quality === 'stale'
        ? styled('yellow', 'stale')
        : '';
  const head = `${styled('bold', answer.portfolioId)}  ${answer.at}  ${state}`.trimEnd();
  const foot = styled('dim', `as known at ${answer.knownAt}, log position ${answer.logPosition}`);
  return `${head}\n\n${table(
    rows.map(([name, ...rest]) => [`  ${name}`, ...rest]),
    new Set([1]),
    (row, column, cell) => (column === 1 && row < 2 ? styled('bold', cell) : cell),
  )}\n${foot}\n`;
}

const UNITS = [
  ['d', '1d'],
  ['h', '1h'],
  ['m', '1m'],
] as const;

/** Seconds in the two largest units: 5 d 3 h. */
function age(seconds: number): string {
  let left = seconds;
  const parts: string[] = [];
  for (const [unit, length] of UNITS) {
    const one = Number(parseDuration(length)! / 1_000_000_000n);
    const n = Math.floor(left / one);
    left -= n * one;
    if (n > 0) parts.push(`${n} ${unit}`);
  }
  return (parts.length === 0 ? [`${left} s`] : parts.slice(0, 2)).join(' ');
}
