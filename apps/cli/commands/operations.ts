/** Looking after a store: `rebuild`, `doctor`, `backup`, `restore`. */
import type { Command } from 'commander';
import { EXIT } from '../exit';
import { printJson, styled, write } from '../output';
import { counted, Progress } from '../progress';
import { action, interrupts, placeOf } from '../session';

const operations = (): typeof import('../../../libs/ledger/operations') =>
  require('../../../libs/ledger/operations') as typeof import('../../../libs/ledger/operations');

export function registerOperations(program: Command): void {
  registerRebuild(program);
  registerDoctor(program);
  registerBackup(program);
  registerRestore(program);
}

function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('make everything that is derived from the events anew')
    .addHelpText(
      'after',
      `
Examples:
  navledger rebuild

The tick tape and the state log are kept beside the store so that questions are answered at once. They hold nothing that the events do not say.`,
    )
    .action(
      action(async (globals) => {
        const progress = new Progress('reading the log', globals.quiet);
        const made = await operations().rebuild(placeOf(globals), progress.update).finally(progress.end);
        const text = `${counted(made.events, 'event')}, ${counted(made.instruments, 'instrument')}, ${counted(made.portfolios, 'portfolio')}`;
        await (globals.json ? printJson(made) : write(`rebuilt from ${text}\n`));
      }),
    );
}

function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the store: every byte against the hash chain, and what is derived against the events')
    .addHelpText(
      'after',
      `
Examples:
  navledger doctor
  navledger doctor --json | jq '.findings[].message'

Exit code 3 when something does not match. A damaged log is replaced by a backup (navledger restore); what is derived is made anew (navledger rebuild).`,
    )
    .action(
      action(async (globals) => {
        const progress = new Progress('checking', globals.quiet);
        const found = await operations()
          .inspect(placeOf(globals), ({ events, of }) => progress.update(events, of))
          .finally(progress.end);
        if (globals.json) await printJson(printable(found));
        else {
          for (const { part, message } of found.findings) await write(`${styled('red', part)}: ${message}\n`);
          if (!found.anchored) await write('There is no anchor to compare the end of the log with: lost last events would not show.\n');
          const well = found.findings.length === 0;
          const state = well ? styled('green', 'all is well') : styled('red', counted(found.findings.length, 'finding'));
          await write(`${counted(found.position + 1, 'event')}, chain hash ${found.hash}: ${state}\n`);
        }
        return found.findings.length === 0 ? EXIT.ok : EXIT.verification;
      }),
    );
}

function registerBackup(program: Command): void {
  program
    .command('backup')
    .description('write a verified copy of the store to one file, also while it is in use')
    .argument('<file>', 'replaced when the copy is complete')
    .addHelpText(
      'after',
      `
Examples:
  navledger backup navledger.backup
  navledger --store sqlite:/var/lib/navledger backup /mnt/backups/$(date +%F).backup`,
    )
    .action(
      action(async (globals, file: string) => {
        const progress = new Progress('verifying', globals.quiet);
        const result = await operations()
          .backup(globals.store, file, ({ events, of }) => progress.update(events, of), interrupts())
          .finally(progress.end);
        await (globals.json
          ? printJson({ file, ...printable(result) })
          : write(`${counted(result.position + 1, 'event')} in ${file}, chain hash ${result.hash}\n`));
      }),
    );
}

function registerRestore(program: Command): void {
  program
    .command('restore')
    .description('make the store from a backup; it must be empty or absent')
    .argument('<file>', 'what `backup` wrote')
    .addHelpText(
      'after',
      `
Examples:
  navledger --store sqlite:./restored restore navledger.backup
  navledger --store sqlite:./restored doctor`,
    )
    .action(
      action(async (globals, file: string) => {
        const progress = new Progress('verifying', globals.quiet);
        const result = await operations()
          .restore(globals.store, file, ({ events, of }) => progress.update(events, of), interrupts())
          .finally(progress.end);
        await (globals.json
          ? printJson({ store: globals.store, ...printable(result) })
          : write(`${counted(result.position + 1, 'event')} restored to ${globals.store}, chain hash ${result.hash}\n`));
      }),
    );
}

/** Positions are decimal strings, as everywhere. */
function printable<T extends { readonly position: number }>(result: T): Omit<T, 'position'> & { readonly position: string } {
  return { ...result, position: String(result.position) };
}
