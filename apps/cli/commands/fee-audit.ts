/** `fee-audit`: every charged fee against what the rules in force come to. */
import type { Command } from 'commander';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import { optionalTime, timeOption } from '../../../libs/ledger/arguments';
import type { FeeAuditAnswer, FeeDifference } from '../../../libs/projections/fee-audit/answer';
import { EXIT } from '../exit';
import { grouped, printJson, styled, table, write } from '../output';
import { count, counted, Progress } from '../progress';
import { action, withHost } from '../session';

const HELP = `
Examples:
  navledger fee-audit spx3l --from 2008-01-02T21:00:00Z --to 2008-12-31T21:00:00Z
  navledger fee-audit spx3l --from 2008-01-02T21:00:00Z --to 2008-12-31T21:00:00Z --json | jq .differences

The window is (from, to]. Each charge is judged by the schedule, NAV and marks that were known when it was recorded. With --known-at, all are judged
by what was known then, and what only late facts changed is marked so. The exit code is 4 when there are differences.`;

export function registerFeeAudit(program: Command): void {
  program
    .command('fee-audit')
    .description('charged fees against what the fee schedules in force come to')
    .argument('<portfolio>')
    .requiredOption('--from <time>', 'start of the window, not included')
    .requiredOption('--to <time>', 'end of the window, included')
    .option('--known-at <time>', 'judge by what was recorded by then (default: by what was known at each charge)')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, portfolio: string, options: { from: string; to: string; knownAt?: string }) => {
        const from = timeOption('--from', options.from);
        const to = timeOption('--to', options.to);
        const knownAt = optionalTime('--known-at', options.knownAt);
        const progress = new Progress('auditing', globals.quiet);
        const answer = await withHost(globals, 'read', (host) =>
          host.feeAudit(portfolio, from, to, knownAt, { onProgress: progress.update }).finally(progress.end),
        );
        if (isRefusal(answer)) throw new RefusalError(answer);
        await (globals.json ? printJson(answer) : write(sheet(answer)));
        return answer.differences.length > 0 ? EXIT.differences : EXIT.ok;
      }),
    );
}

function sheet(answer: FeeAuditAnswer): string {
  const { portfolioId, from, to, knownAt, logPosition, judgedBy, checked, agreeing, unruled, due, differences } = answer;
  const lines = [
    `${counted(checked, 'charge')} checked, ${count(agreeing)} ${agreeing === 1 ? 'agrees' : 'agree'}`,
    ...(unruled > 0 ? [`${counted(unruled, 'charge')} that no rule in force is for`] : []),
    ...(due.count > 0 ? [`${counted(due.count, 'charge')} due and not recorded: ${grouped(due.amount)}`] : []),
  ];
  const how = judgedBy === 'recorded' ? 'each charge by what was known when it was recorded' : 'all charges by what was known then';
  const foot = styled('dim', `as known at ${knownAt}, log position ${logPosition}; ${how}`);
  const found = differences.length === 0 ? '' : `\n${rows(differences)}`;
  return `${styled('bold', portfolioId)}  ${from} to ${to}\n\n${lines.map((line) => `  ${line}\n`).join('')}${found}\n${foot}\n`;
}

/** One row for each difference, and below it what it was computed from. */
function rows(differences: readonly FeeDifference[]): string {
  const head = ['  at', 'kind', 'charge', 'rule', 'charged', 'recomputed', 'difference', 'finding'];
  const cells = differences.map((one) => [
    `  ${one.at}`,
    one.kind,
    one.feeId ?? one.fillId ?? '',
    one.rule ? `${one.rule.id} ${one.rule.version}, rule ${one.rule.rule}` : 'share of NAV',
    grouped(one.charged),
    grouped(one.recomputed),
    grouped(one.difference),
    one.lateFacts ? `${one.finding} (late facts)` : one.finding,
  ]);
  const [heading, ...body] = table([head, ...cells], new Set([4, 5, 6]))
    .trimEnd()
    .split('\n');
  const told = body.map((row, i) => `${row}\n${styled('dim', `    ${inputs(differences[i]!)}`)}\n`);
  return `${styled('bold', heading!)}\n${told.join('')}`;
}

function inputs({ inputs: figures, reason, unitsMinted, unitsRecomputed }: FeeDifference): string {
  const units = unitsMinted === undefined ? [] : [`units minted ${unitsMinted}, recomputed ${unitsRecomputed}`];
  const given = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  return [...(reason === undefined ? [] : [reason]), ...units, ...given].join(', ');
}
