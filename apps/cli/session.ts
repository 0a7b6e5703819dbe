/**
 * What every command shares: the global options, an open ledger that is closed whatever happens, Ctrl-C, and the end of the process. Everything heavy is loaded
 * when it is needed, so that help is instant.
 */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Host } from '../../libs/ledger/host';
import type { Ledger } from '../../libs/ledger/ledger';
import type { StorePlace } from '../../libs/ledger/open';
import { EXIT, Interrupted, report, type Tell } from './exit';
import { OutputClosed } from './output';
import { Progress } from './progress';

export interface Globals {
  readonly store: string;
  /** Folder for what this machine keeps of servers' logs. */
  readonly replica: string;
  readonly json: boolean;
  readonly actor: string;
  readonly quiet: boolean;
}

/** Whether stdout has the command's own lines, even when it fails. */
export type Stdout = 'own lines' | 'one document';

/**
 * Makes a commander action of a function that gets the global options, the arguments and the command's own options; its answer is the exit code, 0 by default.
 */
export function action<A extends unknown[]>(
  work: (globals: Globals, ...args: A) => Promise<number | void>,
  stdout: Stdout = 'one document',
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.pop() as Command;
    const globals = globalsOf(command);
    let code: number;
    try {
      code = (await work(globals, ...(args as A))) ?? EXIT.ok;
    } catch (error) {
      const tell: Tell = !globals.json ? 'line' : stdout === 'own lines' ? 'problem line' : 'document';
      code = error instanceof OutputClosed ? EXIT.ok : report(error, tell);
    }
    process.exit(code);
  };
}

function globalsOf(command: Command): Globals {
  const { store, replica, json, actor, quiet } = command.optsWithGlobals<Partial<Globals>>();
  return {
    store: store ?? 'sqlite:./data',
    replica: replica ?? './data/replica',
    json: json ?? false,
    actor: actor ?? loginName(),
    quiet: quiet ?? false,
  };
}

/** The user's number where it has no name, as in a container. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** Opens the ledger, runs the work, and closes it. Throws StoreError when it cannot be had in that mode. */
export async function withLedger<T>(globals: Globals, mode: 'read' | 'write', work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { openLedger } = require('../../libs/ledger/open') as typeof import('../../libs/ledger/open');
  const progress = new Progress('reading the log', globals.quiet);
  if (mode === 'read') leaveInterrupts();
  const ledger = await openLedger(placeOf(globals), mode, { actor: globals.actor }, progress.update).finally(progress.end);
  return closing(ledger, work);
}

/** The store's URL without its password. */
export function shownStore({ store }: Globals): string {
  const { shownUrl } = require('../../libs/ledger/open') as typeof import('../../libs/ledger/open');
  return shownUrl(store);
}

export function placeOf({ store, replica }: Globals): StorePlace {
  return { url: store, replica };
}

/** The same on Nest's buses. */
export function withHost<T>(globals: Globals, mode: 'read' | 'write', work: (host: Host, ledger: Ledger) => Promise<T>): Promise<T> {
  return withLedger(globals, mode, async (ledger) => {
    const { startHost } = require('../../libs/ledger/standalone') as typeof import('../../libs/ledger/standalone');
    const { host, close } = await startHost(ledger);
    return work(host, ledger).finally(close);
  });
}

/** Runs the work on what is open, and closes it whatever happens. */
export async function closing<C extends { close(): Promise<void> }, T>(opened: C, work: (opened: C) => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work(opened);
  } catch (error) {
    // What went wrong first is what is told.
    await opened.close().catch(() => undefined);
    throw error;
  }
  await opened.close();
  return result;
}

const quit = (): never => process.exit(EXIT.interrupted);

/** Until a command asks for {@link interrupts}, Ctrl-C ends the process at once: stores survive that. */
export function quitOnInterrupt(): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, quit);
}

/** Who only asks has nothing to finish: the system's own handling ends the process even amid a long calculation, which a handler of ours could not. */
function leaveInterrupts(): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, quit);
}

/** A signal that the first Ctrl-C aborts; the second one kills. */
export function interrupts(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.off(name, quit);
    process.once(name, () => controller.abort(new Interrupted()));
  }
  return controller.signal;
}
