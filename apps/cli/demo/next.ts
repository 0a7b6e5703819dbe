/** What to type next: commands that work on the history that was just made, with its ids and times. */
import { instant } from '../../../libs/domain/instant';
import { firstEventId, stepCommandId } from '../../../libs/ledger/mandate-ids';
import type { TearSheet } from '../../../libs/projections/tear-sheet';
import { styled } from '../output';

/** `program`: how the program is called here, with the store if it is not the default one. */
export function whatNext(sheet: TearSheet, program: string, knownAt: string): string {
  const { portfolioId: id, from, to, drawdown, worst } = sheet;
  const bad = worst[0]!;
  const correction = {
    command: 'CorrectFact',
    data: { portfolioId: id, corrects: firstEventId(stepCommandId(id, 'accrual', instant(bad.to))), reason: 'that day was free' },
  };
  const { peakAt, troughAt } = drawdown.token;
  const lines: [note: string, ...commands: string[]][] = [
    ['the worst day, and the day before', `${program} nav ${id} --at ${bad.to}`, `${program} nav ${id} --at ${bad.from}`],
    ['the deepest fall, taken apart', `${program} attribution ${id} --from ${peakAt} --to ${troughAt}`],
    [
      'what it would have been without fees and slippage',
      `echo '{"mode":"restate","feeSchedule":null,"slippage":null}' | ${program} what-if ${id} --scenario -`,
    ],
    ['every fee computed again from the schedule', `${program} fee-audit ${id} --from ${from} --to ${to}`],
    ['a series for a chart', `${program} history ${id} --from ${from} --to ${to} --every 30d --format csv`],
    ['everything the answers are made of', `${program} events --stream portfolio-${id} | tail -n 2`],
    [
      "waive the worst day's fee, then ask as known now and as known before",
      `echo '${JSON.stringify(correction)}' | ${program} record -`,
      `${program} nav ${id} --at ${to}`,
      `${program} nav ${id} --at ${to} --known-at ${knownAt}`,
    ],
    ['a copy while it is in use', `${program} backup ${id}.backup`],
  ];
  const text = lines.map(([note, ...commands]) => [styled('dim', `  # ${note}`), ...commands.map((c) => `  ${c}`)].join('\n')).join('\n');
  return `${styled('bold', 'What to type next')}\n${text}\n`;
}
