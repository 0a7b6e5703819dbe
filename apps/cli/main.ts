/**
 * The command line. Each command is described here or in commands/ and loads what it needs when it runs, so that help is instant. What stands in
 * `--help` are examples that work as they are.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { registerAttribution } from './commands/attribution';
import { registerCopy } from './commands/copy';
import { registerEvents } from './commands/events';
import { registerFeeAudit } from './commands/fee-audit';
import { registerFrontier } from './commands/frontier';
import { registerHistory } from './commands/history';
import { registerImport } from './commands/import';
import { registerNav } from './commands/nav';
import { registerOperations } from './commands/operations';
import { registerRecord } from './commands/record';
import { registerSchema } from './commands/schema';
import { registerServe } from './commands/serve';
import { registerToken } from './commands/token';
import { registerWhatIf } from './commands/what-if';
import { registerDemo } from './demo/register';
import { EXIT, report, UsageError } from './exit';
import { watchOutput } from './output';
import { quitOnInterrupt } from './session';

const FIRST_STEPS = `
First steps:
  navledger demo --no-serve                        twenty years of two leveraged funds, and what to ask them
  navledger record examples/first-steps.ndjson     a fund of three days, one command a line
  navledger nav coin3l --at 2024-01-03T00:00:00Z   what it was worth then
  navledger attribution coin3l --from 2024-01-01T00:00:00Z --to 2024-01-03T00:00:00Z
                                                   where the change came from

Times are RFC 3339 with a zone, durations 90s, 15m, 8h or 30d. Files may be gzipped, - is standard input.
One process writes an embedded store, any number read. \`navledger COMMAND --help\` shows examples.`;

function program(): Command {
  // Seen from the build, dist/apps/cli.
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8')) as { version: string };
  const root = new Command('navledger')
    .description(
      'An event-sourced ledger for leveraged tokens: NAV, leverage and exact cost attribution for any moment, as known at any moment.',
    )
    .version(version)
    .option(
      '--store <url>',
      'sqlite:DIR, the folder of the store, or kurrentdb://…, a server or cluster (or NAVLEDGER_STORE; default sqlite:./data)',
      process.env['NAVLEDGER_STORE'],
    )
    .option(
      '--replica <dir>',
      "the folder for what this machine keeps of a server's log (or NAVLEDGER_REPLICA; default ./data/replica)",
      process.env['NAVLEDGER_REPLICA'],
    )
    .option('--json', 'print one JSON document on stdout')
    .option('--actor <name>', 'who records (default: the login name)')
    .option('--quiet', 'show no progress')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', FIRST_STEPS);
  registerDemo(root);
  registerRecord(root);
  registerImport(root);
  registerNav(root);
  registerHistory(root);
  registerAttribution(root);
  registerWhatIf(root);
  registerFrontier(root);
  registerFeeAudit(root);
  registerEvents(root);
  registerServe(root);
  registerToken(root);
  registerOperations(root);
  registerCopy(root);
  registerSchema(root);
  return root;
}

/** Commander's message as one line: `error: unknown option '--atomc' (Did you mean --atomic?)` without its first word. */
function usage(error: CommanderError): UsageError {
  return new UsageError(error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' '));
}

async function main(): Promise<void> {
  watchOutput();
  quitOnInterrupt();
  const root = program();
  try {
    if (process.argv.length <= 2) root.outputHelp();
    else await root.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    // A group without a command (`navledger import`) shows its help.
    const wrong = error.code === 'commander.help' ? new UsageError('a command is missing: see --help') : usage(error);
    process.exitCode = report(wrong, process.argv.includes('--json') ? 'document' : 'line');
    if (!process.argv.includes('--json')) process.stderr.write('Try navledger --help.\n');
  }
}

main().catch((error: unknown) => process.exit(report(error, 'line') || EXIT.unexpected));
