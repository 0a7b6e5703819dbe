/** `record`: commands from a file or a pipe, each answered when it is durable. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import type { Host } from '../../../libs/ledger/host';
import type { Ledger } from '../../../libs/ledger/ledger';
import type { LineAnswer } from '../../../libs/ledger/record-lines';
import { EXIT, Interrupted } from '../exit';
import { LineWriter, OutputClosed } from '../output';
import { count, counted } from '../progress';
import { action, interrupts, withHost } from '../session';

const HELP = `
A line is {"command": NAME, "data": {...}, "commandId"?: UUID, "expectedRevision"?: "17"}. Decimals are strings, times carry a zone.

Examples:
  navledger record examples/first-steps.ndjson
  echo '{"command":"ListInstrument","data":{"instrumentId":"BTC","kind":"spot","quoteCurrency":"USDT","priceScale":2,"quantityScale":8}}' |
    navledger record -
  navledger record month.ndjson.gz --dry-run          decide everything, record nothing
  navledger record month.ndjson.gz --atomic --json    one commit for all, or nothing; answers as JSON

Exit code 0: all recorded. 2: nothing was, everything refused. 5: the same, and every refusal is a wrong revision. 6: some were, some refused.
A line sent again under its commandId is answered as before, as a duplicate, and records nothing.`;

interface Options {
  readonly atomic?: boolean;
  readonly dryRun?: boolean;
}

export function registerRecord(program: Command): void {
  program
    .command('record')
    .description('record commands, one JSON object a line')
    .argument('<file>', 'NDJSON, gzipped or not; - is standard input')
    .option('--atomic', 'all lines in one commit, or none')
    .option('--dry-run', 'decide everything, record nothing')
    .addHelpText('after', HELP)
    .action(action((globals, file: string, options: Options) => record(globals, file, options), 'own lines'));
}

async function record(globals: Parameters<typeof withHost>[0], file: string, options: Options): Promise<number> {
  await checkArchive(file);
  const tally = new Tally(globals.json, options.dryRun ?? false);
  const signal = interrupts();
  let interrupted = false;
  try {
    await withHost(globals, 'write', async (host, ledger) => {
      for await (const answer of answers(host, ledger, file, options, signal)) await tally.take(answer);
    });
  } catch (error) {
    if (error instanceof OutputClosed) return EXIT.partly;
    if (!(error instanceof Interrupted)) {
      // What was answered is summed up before the reason why it went no further.
      await tally.end(globals.quiet || tally.isEmpty);
      throw error;
    }
    interrupted = true;
  }
  await tally.end(globals.quiet);
  return interrupted ? EXIT.interrupted : tally.exitCode();
}

/** A damaged archive is refused before its first line is recorded. Pipes can be read only once, and are taken as they come. */
async function checkArchive(file: string): Promise<void> {
  const { Source } = require('../../../libs/formats/source') as typeof import('../../../libs/formats/source');
  const stats = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false });
  const isPipe = file === '-' || (stats !== undefined && !stats.isFile() && !stats.isDirectory());
  if (isPipe || (stats?.isFile() && !startsAsGzip(file))) return;
  for await (const _ of new Source(file));
}

function startsAsGzip(file: string): boolean {
  const head = Buffer.alloc(2);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, 2, 0);
  } finally {
    closeSync(descriptor);
  }
  return head[0] === 0x1f && head[1] === 0x8b;
}

async function* answers(
  host: Host,
  ledger: Ledger,
  file: string,
  { atomic, dryRun }: Options,
  signal: AbortSignal,
): AsyncGenerator<LineAnswer> {
  const { readNdjson } = require('../../../libs/formats/ndjson') as typeof import('../../../libs/formats/ndjson');
  const lines = require('../../../libs/ledger/record-lines') as typeof import('../../../libs/ledger/record-lines');
  const input = readNdjson(file, { signal });
  if (atomic) yield* await lines.recordAtomically(ledger, input, dryRun ?? false);
  else if (dryRun) yield* await lines.recordNothing(ledger, input);
  else yield* lines.recordLines((envelope) => host.submit(envelope), input);
}

/** Prints the answers and counts what decides the exit code. */
class Tally {
  private readonly out = new LineWriter();
  private accepted = 0;
  private duplicates = 0;
  private refused = 0;
  /** Refusals that are no consequence of another line's, and how many of them are a wrong revision. */
  private own = 0;
  private conflicts = 0;
  private faults = 0;

  constructor(
    private readonly json: boolean,
    private readonly dryRun: boolean,
  ) {}

  get isEmpty(): boolean {
    return this.accepted + this.duplicates + this.refused === 0;
  }

  take(answer: LineAnswer): Promise<void> {
    const { status, problem } = answer;
    if (problem) {
      this.refused++;
      if (problem.code.startsWith('Store')) this.faults++;
      if (problem.code !== 'BatchRefused') this.own++;
      if (problem.code === 'WrongRevision') this.conflicts++;
    } else if (status === 'duplicate') this.duplicates++;
    else this.accepted++;
    if (this.json) return this.out.add(`${JSON.stringify(answer)}\n`);
    if (!problem) return this.out.add(humanLine(answer));
    process.stderr.write(`line ${answer.line}: ${problem.detail}\n`);
    return Promise.resolve();
  }

  async end(quiet: boolean): Promise<void> {
    await this.out.end();
    if (quiet || this.json) return;
    const parts = [`${count(this.accepted)} ${this.dryRun ? 'would be recorded' : 'recorded'}`];
    if (this.duplicates > 0) parts.push(counted(this.duplicates, 'duplicate'));
    if (this.refused > 0) parts.push(`${count(this.refused)} refused`);
    process.stderr.write(`${parts.join(', ')}\n`);
  }

  exitCode(): number {
    if (this.faults > 0) return EXIT.store;
    if (this.refused === 0) return EXIT.ok;
    if (this.accepted + this.duplicates > 0) return EXIT.partly;
    return this.conflicts === this.own ? EXIT.conflict : EXIT.refused;
  }
}

function humanLine({ line, status, stream, revision, position, recordedAt }: LineAnswer): string {
  const place =
    status === 'accepted' ? 'would be recorded' : `revision ${revision}, position ${position ?? 'not known yet'}, ${recordedAt}`;
  return `line ${line}: ${status} in ${stream}: ${place}\n`;
}
