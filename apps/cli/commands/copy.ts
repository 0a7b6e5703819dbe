/** `copy`: a whole history from one store to another, either way between the embedded store and a server. */
import type { Command } from 'commander';
import { printJson, write } from '../output';
import { counted, Progress } from '../progress';
import { action, interrupts } from '../session';

export function registerCopy(program: Command): void {
  program
    .command('copy')
    .description('copy a whole history into another store; run it again to go on')
    .requiredOption('--from <store>', 'the URL of the store to read')
    .requiredOption('--to <store>', 'the URL of the store to write: empty, or holding a leading part of the history')
    .addHelpText(
      'after',
      `
Examples:
  navledger copy --from sqlite:./data --to 'kurrentdb://127.0.0.1:2113?tls=false'
  navledger copy --from 'kurrentdb://127.0.0.1:2113?tls=false' --to sqlite:./copy

Positions, recorded times, ids and bytes stay as they are; the chain hashes of both are compared at the end. Nobody may write to the target meanwhile.`,
    )
    .action(
      action(async ({ replica, json, quiet }, { from, to }: { from: string; to: string }) => {
        const { checkStoreUrl, openStore, shownUrl } = require('../../../libs/ledger/open') as typeof import('../../../libs/ledger/open');
        const { copyHistory } = require('../../../libs/ledger/copy') as typeof import('../../../libs/ledger/copy');
        checkStoreUrl(from, '--from');
        checkStoreUrl(to, '--to');
        const signal = interrupts();
        const progress = new Progress('copying', quiet);
        const { store: source } = await openStore({ url: from, replica }, 'read');
        try {
          const { store: target } = await openStore({ url: to, replica }, 'write');
          try {
            const done = await copyHistory(source, target, progress.update, signal).finally(progress.end);
            const { events, copied, position, hash } = done;
            const answer = { from: shownUrl(from), to: shownUrl(to), events, copied, position: String(position), hash };
            const text =
              copied === 0 ? `all ${counted(events, 'event')} are there already` : `${counted(copied, 'event')} copied, ${events} in all`;
            await (json ? printJson(answer) : write(`${text}, chain hash ${hash} in both\n`));
          } finally {
            await target.close();
          }
        } finally {
          await source.close();
        }
      }),
    );
}
