/** `token`: who may use a server. Works on the file of tokens, which a server on the same store follows; the store itself is not opened. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { SCOPE_MEANINGS, SCOPES } from '../../api/access/scopes';
import type { TokenRecord } from '../../api/access/token-file';
import { flagOf, variableOf } from '../../api/settings';
import { bad, choiceOption, durationOption } from '../../../libs/ledger/arguments';
import { printJson, table, write } from '../output';
import { action, type Globals, placeOf } from '../session';

const tokenFile = (): typeof import('../../api/access/token-file') =>
  require('../../api/access/token-file') as typeof import('../../api/access/token-file');

interface Place {
  readonly tokensFile?: string;
}

const NANOS_A_MILLI = 1_000_000n;
const LONGEST_MILLIS = 36_500n * 86_400_000n;

export function registerToken(program: Command): void {
  const group = program.command('token').description('make, list and revoke the tokens that let others use a server');
  registerCreate(group);
  registerList(group);
  registerRevoke(group);
}

function placed(command: Command): Command {
  const says = `the file of tokens (or ${variableOf('tokensFile')}; default: tokens.json in the folder of the store, or of --replica)`;
  return command.option(`${flagOf('tokensFile')} <file>`, says, process.env[variableOf('tokensFile')]);
}

/** The file of tokens that belongs to a store. Throws RefusalError when neither says where it is. */
function fileOf(globals: Globals, { tokensFile }: Place): string {
  if (tokensFile !== undefined) return tokensFile;
  const { localFolder } = require('../../../libs/ledger/open') as typeof import('../../../libs/ledger/open');
  return join(localFolder(placeOf(globals)), 'tokens.json');
}

const CREATE_HELP = `
Scopes:
${SCOPES.map((scope) => `  ${scope.padEnd(10)} ${SCOPE_MEANINGS[scope]}`).join('\n')}

Examples:
  navledger token create --name feeder --scope recorder --expires 90d
  navledger token create --name desk --scope issuer --scope auditor > desk.token

The token stands alone on stdout, this one time: the file keeps its digest only. A running server lets it in within a second.`;

function registerCreate(group: Command): void {
  placed(group.command('create').description('make a token and print it'))
    .requiredOption('--name <name>', 'who it is for; goes into every event that it records')
    .requiredOption('--scope <scope>', 'what it may do; may be given again', collect)
    .option('--expires <duration>', 'how long it is valid, such as 90d (default: until it is revoked)')
    .addHelpText('after', CREATE_HELP)
    .action(
      action(async (globals, { name, scope, expires, ...place }: Place & { name: string; scope: string[]; expires?: string }) => {
        const { assertName, createToken } = tokenFile();
        assertName(name);
        const scopes = scope.map((one) => choiceOption('--scope', one, SCOPES));
        const lifeMillis = expires === undefined ? undefined : millisOf(expires);
        const file = fileOf(globals, place);
        // Tokens may come before the store.
        if (place.tokensFile === undefined) mkdirSync(dirname(file), { recursive: true });
        const { record, token } = createToken(file, name, scopes, lifeMillis);
        if (globals.json) return printJson({ ...printable(record), token });
        if (!globals.quiet) process.stderr.write(`token ${record.id} of ${record.name}: ${record.scopes.join(', ')}, ${stateOf(record)}\n`);
        await write(`${token}\n`);
      }),
    );
}

function registerList(group: Command): void {
  placed(group.command('list').description('the tokens that there are and were'))
    .addHelpText('after', '\nExamples:\n  navledger token list')
    .action(
      action(async (globals, place: Place) => {
        const records = tokenFile().readTokens(fileOf(globals, place));
        if (globals.json) return printJson({ tokens: records.map(printable) });
        const head = ['id', 'name', 'scopes', 'created', 'state'];
        const rows = records.map((record) => [record.id, record.name, record.scopes.join(','), record.createdAt, stateOf(record)]);
        await write(table([head, ...rows], new Set([0])));
      }),
    );
}

function registerRevoke(group: Command): void {
  placed(group.command('revoke').description('end a token; a running server refuses it within a second'))
    .argument('<token>', 'its name or its id')
    .addHelpText('after', '\nExamples:\n  navledger token revoke feeder')
    .action(
      action(async (globals, which: string, place: Place) => {
        const record = tokenFile().revokeToken(fileOf(globals, place), which);
        await (globals.json ? printJson(printable(record)) : write(`token ${record.id} of ${record.name}: ${stateOf(record)}\n`));
      }),
    );
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function millisOf(expires: string): number {
  const millis = durationOption('--expires', expires) / NANOS_A_MILLI;
  if (millis > LONGEST_MILLIS) throw bad('--expires', expires, 'must be at most 36500d');
  return Number(millis);
}

function stateOf({ expiresAt, revokedAt }: TokenRecord): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (expiresAt === null) return 'valid';
  return Date.now() < Date.parse(expiresAt) ? `valid until ${expiresAt}` : `expired ${expiresAt}`;
}

/** The digest stays in the file. */
function printable({ sha256: _, ...record }: TokenRecord): Omit<TokenRecord, 'sha256'> {
  return record;
}
