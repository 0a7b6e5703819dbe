/** `serve`: the HTTP API of a store, until a signal. Everything is checked before the store is opened. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Server } from '../../api/server';
import { flagOf, readSettings, type Setting, SETTINGS, variableOf } from '../../api/settings';
import { bad } from '../../../libs/ledger/arguments';
import type { Ledger } from '../../../libs/ledger/ledger';
import { printJson, write } from '../output';
import { action, type Globals, interrupts, placeOf, quitOnInterrupt, shownStore, withLedger } from '../session';

const HELP = `
Each option can also be given in the environment (${flagOf('port')} is ${variableOf('port')}) or in a file of JSON that ${flagOf('config')} names
({"port": 8080}); an option goes before the environment, and that before the file.

Examples:
  navledger serve
  navledger --store sqlite:/var/lib/navledger serve --config /etc/navledger.json
  navledger serve --config /etc/navledger.json --check
  curl -s http://127.0.0.1:8080/v1/portfolios

Only this machine is served until there are tokens: see navledger token. The log is JSON lines on stderr. SIGTERM or Ctrl-C answers what is under
way and ends; a second one ends at once.`;

type Options = Readonly<Record<string, string | undefined>> & { readonly check?: true };

export function registerServe(program: Command): void {
  const command = program.command('serve').description('serve the HTTP API');
  for (const [name, { argument, says, otherwise }] of Object.entries<Setting>(SETTINGS)) {
    command.option(`${flagOf(name)} ${argument}`, `${says}${otherwise ? ` (default: ${otherwise})` : ''}`);
  }
  command
    .option(`${flagOf('config')} <file>`, 'a file of settings')
    .option('--check', 'check the settings and end')
    .addHelpText('after', HELP)
    .action(action((globals, { check, ...options }: Options) => serve(globals, options, check ?? false)));
}

async function serve(globals: Globals, options: Options, check: boolean): Promise<void> {
  const start = await preparedServer(globals, options, process.env);
  if (check) return globals.json ? printJson({ valid: true }) : write('the settings are good\n');
  await withLedger(globals, 'write', (ledger) =>
    serveUntil(start, ledger, interrupts(), (url) =>
      globals.json ? printJson({ url }) : write(`serving ${shownStore(globals)} on ${url}\n`),
    ),
  );
}

/** What starts a server on the globals' store. Throws RefusalError for settings that cannot be. */
export function preparedServer(
  globals: Globals,
  flags: Options,
  environment: NodeJS.ProcessEnv,
): Promise<(ledger: Ledger) => Promise<Server>> {
  const { settings, place } = readSettings(flags, environment);
  const { localFolder } = require('../../../libs/ledger/open') as typeof import('../../../libs/ledger/open');
  const { prepareServer } = require('../../api/server') as typeof import('../../api/server');
  const { tokensFile = join(localFolder(placeOf(globals)), 'tokens.json') } = settings;
  // Whoever names a file of tokens wants them asked for: a slip must not open the server.
  if (settings.tokensFile !== undefined && !existsSync(tokensFile)) {
    throw bad(place('tokensFile'), tokensFile, 'must be there: `navledger token create` makes it');
  }
  return prepareServer({ settings: { ...settings, tokensFile }, place }, { actor: globals.actor });
}

/** Serves until the signal is aborted; a second Ctrl-C then ends the process. Throws the store's error when this process can no longer know what is in the log. */
export async function serveUntil(
  start: (ledger: Ledger) => Promise<Server>,
  ledger: Ledger,
  signal: AbortSignal,
  announce: (url: string) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const asked = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  const server = await start(ledger);
  let doubt: Error | undefined;
  try {
    await announce(server.url);
    doubt = await Promise.race([asked, server.doubt]);
  } finally {
    quitOnInterrupt();
    await server.stop();
  }
  if (doubt) throw doubt;
}
