/** `attribution`: where the change of NAV per unit came from. */
import type { Command } from 'commander';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import type { AttributionAnswer } from '../../../libs/projections/attribution';
import { optionalTime, timeOption } from '../../../libs/ledger/arguments';
import { grouped, printJson, rounded, styled, table, write } from '../output';
import { action, withHost } from '../session';
import { TERM_NAMES } from '../terms';

const HELP = `
Examples:
  navledger attribution spx3l --from 2008-01-02T21:00:00Z --to 2008-12-31T21:00:00Z
  navledger attribution spx3l --from 2008-01-02T21:00:00Z --to 2008-12-31T21:00:00Z --json | jq .economic

The window is (from, to]. Terms are contributions to NAV per unit: a cost is negative. Both views add up to the change, nothing is left over:
what happened, the ledger view, says what the price gave and what was paid; why, the economic view, takes the price term apart.
--known-at takes a time at which something was recorded, such as the recordedAt of an event, not a time of the market.`;

export function registerAttribution(program: Command): void {
  program
    .command('attribution')
    .description('where the change of NAV per unit came from, in two views that add up')
    .argument('<portfolio>')
    .requiredOption('--from <time>', 'start of the window, not included')
    .requiredOption('--to <time>', 'end of the window, included')
    .option('--known-at <time>', 'count only what was recorded by then (default: everything)')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, portfolio: string, options: { from: string; to: string; knownAt?: string }) => {
        const from = timeOption('--from', options.from);
        const to = timeOption('--to', options.to);
        const knownAt = optionalTime('--known-at', options.knownAt);
        const answer = await withHost(globals, 'read', (host) => host.attribution(portfolio, from, to, knownAt));
        if (isRefusal(answer)) throw new RefusalError(answer);
        await (globals.json ? printJson(answer) : write(sheet(answer)));
      }),
    );
}

function sheet(answer: AttributionAnswer): string {
  const { portfolioId, from, to, n0, nT, change, ledger, economic, tracking, dragAgainstSimple } = answer;
  const { pricePnl, ...costs } = ledger;
  const { costCarry, ...path } = economic;
  const rows: [string, string, 'term' | 'sum' | 'head' | 'gap'][] = [];
  const gap = (): unknown => rows.push(['', '', 'gap']);
  const terms = (of: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(of)) if (!isZero(value)) rows.push([`  ${TERM_NAMES[name] ?? name}`, value, 'term']);
  };
  rows.push(['NAV per unit at the start', n0, 'sum'], ['NAV per unit at the end', nT, 'sum'], ['change', change, 'sum']);
  gap();
  rows.push(['what happened (ledger view)', '', 'head']);
  terms({ pricePnl, ...costs });
  gap();
  rows.push(['why (economic view)', '', 'head']);
  terms({ ...path, costCarry: costCarry.total, ...costs });
  gap();
  rows.push(['against the simple position', dragAgainstSimple, 'term']);
  rows.push(['tracking difference', tracking.difference, 'sum']);
  if (tracking.error !== null) rows.push([`tracking error, ${tracking.basis}`, tracking.error, 'sum']);
  const cells = rows.map(([name, value, kind]) => [
    name,
    kind === 'term' || kind === 'sum' ? figure(value, kind === 'term' || name === 'change') : '',
  ]);
  const body = table(cells, new Set([1]), (row, column, cell) => {
    const [, value, kind] = rows[row]!;
    if (column === 0) return kind === 'head' ? styled('bold', cell) : cell;
    return kind === 'term' ? styled(value.startsWith('-') ? 'red' : 'green', cell) : cell;
  });
  const foot = styled('dim', `as known at ${answer.knownAt}, log position ${answer.logPosition}; ${tracking.periods} periods`);
  return `${styled('bold', portfolioId)}  ${from} to ${to}\n\n${body}\n${foot}\n`;
}

function figure(value: string, signed: boolean): string {
  const short = grouped(rounded(value, 10, 10));
  return signed && !short.startsWith('-') ? `+${short}` : short;
}

function isZero(decimal: string): boolean {
  return /^-?0(\.0*)?$/.test(decimal);
}
