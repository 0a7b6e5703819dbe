/** The built command line, run as a process of its own in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import { tempDir } from './temp';

export const PROJECT = resolve(__dirname, '../..');
const MAIN = join(PROJECT, 'dist/apps/cli/main.js');

const { isFresh } = require('../../bin/fingerprint.cjs') as { isFresh: (root: string) => boolean };
const { build } = require('../../bin/build.cjs') as { build: (root: string) => { status: string; reason?: string } };

beforeAll(() => {
  const { status, reason } = isFresh(PROJECT) ? { status: 'built', reason: undefined } : build(PROJECT);
  if (status !== 'built') throw new Error(`no build: ${reason}`);
}, 120_000);

/** Whatever JSON holds: tests read what they assert on. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Run {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Largest file that the process may write, in KiB. */
  readonly fileLimitKiB?: number;
}

/** Starts `navledger ARGS` in a folder; its store is `data` there unless the arguments say otherwise. */
export function start(
  cwd: string,
  args: readonly string[],
  { env = {}, fileLimitKiB }: RunOptions = {},
): ChildProcess & { readonly done: Promise<Run> } {
  const node = [process.execPath, MAIN, ...args];
  const [file, ...rest] =
    fileLimitKiB === undefined ? node : ['bash', '-c', `trap '' XFSZ; ulimit -S -f ${fileLimitKiB}; exec "$@"`, 'bash', ...node];
  const clean = { ...process.env, NAVLEDGER_STORE: undefined, ...env };
  const child = spawn(file!, rest, { cwd, env: clean, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A process that refuses does not read to the end.
  child.stdin.on('error', () => undefined);
  const done = new Promise<Run>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return Object.assign(child, { done });
}

export function run(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = start(cwd, args, options);
  child.stdin!.end(options.input ?? '');
  return child.done;
}

/** The JSON document that a successful run printed. */
export async function ask<T = Json>(cwd: string, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await run(cwd, [...args, '--json']);
  if (code !== 0) throw new Error(`exit code ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

/** NDJSON as objects. */
export function lines(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export function command(name: string, data: object, more: object = {}): string {
  return `${JSON.stringify({ command: name, data, ...more })}\n`;
}

/** Records lines, all of which must be recorded. */
export async function recorded(cwd: string, input: string): Promise<Json[]> {
  const { code, stdout, stderr } = await run(cwd, ['record', '-', '--json'], { input });
  if (code !== 0) throw new Error(`exit code ${code}: ${stdout}${stderr}`);
  return lines(stdout);
}

/** How many events the store in a folder holds; 0 when there is none. */
export async function eventCount(cwd: string, store = 'data'): Promise<number> {
  try {
    const open = await openEmbeddedStore(join(cwd, store), { mode: 'read' });
    const { position } = open.head();
    await open.close();
    return position + 1;
  } catch (error) {
    if ((error as { fault?: string }).fault === 'missing') return 0;
    throw error;
  }
}

/** A fund of three days: COIN at 100, 101, 99; coin3l with 1,000 units; a rate instrument without prices. */
export const SEED =
  command('ListInstrument', { instrumentId: 'COIN', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 }) +
  command('RecordPrice', { instrumentId: 'COIN', price: '100.00', at: '2024-01-01T00:00:00Z', source: 'test' }) +
  command('OpenPortfolio', {
    portfolioId: 'coin3l',
    name: 'Coin 3x long',
    quoteCurrency: 'USD',
    currencyScale: 2,
    unitScale: 3,
    instrumentId: 'COIN',
    targetLeverage: '3',
    at: '2024-01-01T00:00:00Z',
  }) +
  command('AdoptMandate', {
    portfolioId: 'coin3l',
    at: '2024-01-01T00:00:00Z',
    mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'naive' },
  }) +
  command('CreateUnits', { portfolioId: 'coin3l', units: '1000', cash: '100000.00', at: '2024-01-01T00:00:00Z' }) +
  trade('1', '2024-01-01T00:00:00Z', { reason: 'creation', quantity: '3000', price: '100.00' }) +
  command('RecordPrice', { instrumentId: 'COIN', price: '101.00', at: '2024-01-02T00:00:00Z', source: 'test' }) +
  trade('2', '2024-01-02T00:00:00Z', { reason: 'scheduled', quantity: '59.40594', price: '101.01', fee: '3.00', feeCurrency: 'USD' }) +
  command('RecordPrice', { instrumentId: 'COIN', price: '99.00', at: '2024-01-03T00:00:00Z', source: 'test' }) +
  command('ListInstrument', { instrumentId: 'RATE', kind: 'rate', quoteCurrency: 'USD', priceScale: 4, quantityScale: 0 });

/** A rebalance of one fill; fields of the fill beside its reason. */
export function trade(id: string, at: string, { reason, ...fill }: Readonly<Record<string, string>>): string {
  const fills = [{ fillId: `f${id}`, instrumentId: 'COIN', side: 'buy', ...fill }];
  return command('ExecuteRebalance', { portfolioId: 'coin3l', rebalanceId: `r${id}`, reason, at, fills });
}

/** A folder whose store holds {@link SEED}. */
export async function seeded(): Promise<string> {
  const dir = tempDir();
  await recorded(dir, SEED);
  return dir;
}
