/**
 * The event store on disk: one writer, any number of readers in other processes. Invariant: a log that lacks anything that was acknowledged does
 * not open. Deliberately absent: reading (view.ts), writing (writer.ts) and the tables (log.ts); here they become the port.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../draft';
import { type AppendRequest, type AppendResult, StoreError, type StoredEvent } from '../port';
import { storeError } from './driver';
import { AnchorWriter, lockWriter, logFile, readAnchor } from './files';
import { Log } from './log';
import { LogView } from './view';
import { ViewStore } from './view-store';
import { LogWriter } from './writer';

export interface EmbeddedOptions {
  readonly mode: 'write' | 'read';
  readonly clock?: Clock;
}

const POLL_MILLIS = 50;

/**
 * Opens the store in a directory. `write` makes directory and store when missing; one process at a time. `read` never writes to the log.
 * Throws StoreError `missing` (read), `locked` (write; `about.holder` is the writer's pid), `foreign`, `newer`, `damaged`, `full`, `unavailable`.
 */
export async function openEmbeddedStore(dir: string, options: EmbeddedOptions): Promise<EmbeddedStore> {
  const clock = options.clock ?? systemClock;
  if (options.mode === 'read') {
    // The anchor first: it is written after its commit, so a later snapshot must hold it.
    const anchor = assertPlausible(dir);
    const log = Log.openForReading(logFile(dir));
    if (!log) throw new StoreError('missing', `there is no store in ${dir}`);
    return open(log, anchor, dir, clock);
  }
  let unlock: (() => void) | undefined;
  try {
    mkdirSync(dir, { recursive: true });
    unlock = lockWriter(dir);
    const anchor = assertPlausible(dir);
    return open(Log.openForWriting(logFile(dir)), anchor, dir, clock, unlock);
  } catch (error) {
    unlock?.();
    if (error instanceof StoreError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw new StoreError(
      code === 'ENOSPC' ? 'full' : 'unavailable',
      `cannot open the store in ${dir}: ${(error as Error).message}`,
      {},
      { cause: error },
    );
  }
}

/** A log that is gone or empty although its anchor names an event is damage, which SQLite would take for a new file. */
function assertPlausible(dir: string): ReturnType<typeof readAnchor> {
  const anchor = readAnchor(dir);
  const size = statSync(logFile(dir), { throwIfNoEntry: false })?.size ?? 0;
  if (anchor && size === 0) {
    throw new StoreError(
      'damaged',
      `${logFile(dir)} is ${existsSync(logFile(dir)) ? 'empty' : 'gone'}, but once held position ${anchor.position}`,
    );
  }
  return anchor;
}

function open(log: Log, anchor: ReturnType<typeof readAnchor>, dir: string, clock: Clock, unlock?: () => void): EmbeddedStore {
  try {
    const view = new LogView(log);
    view.refresh();
    view.checkAnchor(anchor);
    return new EmbeddedStore(view, clock, unlock && { unlock, anchor: new AnchorWriter(dir) });
  } catch (error) {
    log.close();
    throw storeError(error, `cannot open the store in ${dir}`);
  }
}

export class EmbeddedStore extends ViewStore {
  readonly storeId: string;
  private readonly writer: LogWriter | undefined;

  constructor(
    view: LogView,
    clock: Clock,
    /** What the writer holds besides the log; absent in a reader. */
    private readonly held: { readonly unlock: () => void; readonly anchor: AnchorWriter } | undefined,
  ) {
    super(view);
    this.storeId = view.log.storeId;
    this.writer = held && new LogWriter(view, clock, held.anchor, () => this.waiters.wake());
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    return this.writable().append(requests);
  }

  async adopt(events: AsyncIterable<StoredEvent>): Promise<void> {
    return this.writable().adopt(events);
  }

  async extend(events: AsyncIterable<StoredEvent>, onCommit?: (position: number) => void): Promise<void> {
    return this.writable().extend(events, onCommit);
  }

  /** Waits for the appends that were called before. A second call does nothing. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.writer?.finish();
    this.view.log.close();
    this.held?.anchor.close();
    this.held?.unlock();
    this.waiters.fail(new StoreError('closed', 'the store was closed'));
  }

  protected look(): void {
    if (!this.writer) this.view.refresh();
  }

  protected async wait(signal: AbortSignal): Promise<void> {
    if (this.writer) await this.waiters.wait(signal);
    else await sleep(POLL_MILLIS, undefined, { signal }).catch(() => undefined);
  }

  private writable(): LogWriter {
    this.assertOpen();
    if (!this.writer) throw new StoreError('read-only', 'the store was opened for reading');
    return this.writer;
  }
}
