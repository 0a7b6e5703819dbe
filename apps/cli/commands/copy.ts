/** `copy`: a whole history from one store to another, either way between the embedded store and a server. */
import type { Command } from 'commander';
import { bad } from '../../../libs/ledger/arguments';
import { printJson, write } from '../output';
import { counted, Progress } from '../progress';
import { action, closing, type Globals, interrupts } from '../session';

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
    .action(action(copy));
}

async function copy({ replica, json, quiet }: Globals, { from, to }: { from: string; to: string }): Promise<void> {
  const { checkStoreUrl, openStore, samePlace, shownUrl } =
    require('../../../libs/ledger/open') as typeof import('../../../libs/ledger/open');
  const { copyHistory } = require('../../../libs/ledger/copy') as typeof import('../../../libs/ledger/copy');
  checkStoreUrl(from, '--from');
  checkStoreUrl(to, '--to');
  if (samePlace(from, to)) throw bad('--to', shownUrl(to), 'must be another store than --from');
  const reading = new Progress('reading the log', quiet);
  const open = (url: string, mode: 'read' | 'write'): ReturnType<typeof openStore> =>
    openStore({ url, replica }, mode, undefined, reading.update).finally(reading.end);
  const { copied, events, position, hash } = await closing((await open(from, 'read')).store, async (source) =>
    closing((await open(to, 'write')).store, (target) => {
      const progress = new Progress('copying', quiet);
      return copyHistory(source, target, progress.update, interrupts()).finally(progress.end);
    }),
  );
  if (json) return printJson({ from: shownUrl(from), to: shownUrl(to), events, copied, position: String(position), hash });
  const text = copied === 0 ? `all ${counted(events, 'event')} are there already` : `${counted(copied, 'event')} copied`;
  await write(`${text}; position ${position}, chain hash ${hash} in both\n`);
}
