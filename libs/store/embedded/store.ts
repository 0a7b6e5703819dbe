/**
 * The event store on disk: one writer, any number of readers in other processes. Invariant: a log that lacks anything that was acknowledged does
 * not open. Deliberately absent: reading (view.ts), writing (writer.ts) and the tables (log.ts); here they become the port.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, type RecordedCommand, systemClock } from '../draft';
import type { Slice } from '../frame';
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  type Head,
  StoreError,
  type StoredEvent,
  type Subscription,
} from '../port';
import { follow, type Listener, Waiters } from '../subscription';
import { storeError } from './driver';
import { AnchorWriter, lockWriter, logFile, readAnchor } from './files';
import { Log } from './log';
import { LogView } from './view';
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

export class EmbeddedStore implements EventStore {
  readonly storeId: string;
  private readonly waiters = new Waiters();
  private readonly writer: LogWriter | undefined;
  private closed = false;

  constructor(
    private readonly view: LogView,
    clock: Clock,
    /** What the writer holds besides the log; absent in a reader. */
    private readonly held: { readonly unlock: () => void; readonly anchor: AnchorWriter } | undefined,
  ) {
    this.storeId = view.log.storeId;
    this.writer = held && new LogWriter(view, clock, held.anchor, () => this.waiters.wake());
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    return this.writable().append(requests);
  }

  async adopt(events: AsyncIterable<StoredEvent>): Promise<void> {
    return this.writable().adopt(events);
  }

  head(): Head {
    this.look();
    const { position, recordedAt, hash } = this.view.end;
    return { position, recordedAt, hash: hash.toString('hex') };
  }

  streamHead(stream: string): number {
    this.look();
    return this.view.streamHead(stream);
  }

  findCommand(commandId: string): RecordedCommand | undefined {
    this.look();
    return this.view.findCommand(commandId);
  }

  async *readAll(from: number, options: { readonly to?: number } = {}): AsyncIterable<Slice> {
    this.look();
    const to = Math.min(options.to ?? Infinity, this.view.end.position);
    for (const slice of this.view.slicesBetween(Math.max(0, from), to)) {
      yield slice;
      this.assertOpen();
    }
  }

  async *readStream(stream: string, options: { readonly from?: number; readonly backwards?: boolean } = {}): AsyncIterable<Slice> {
    const head = this.streamHead(stream);
    const backwards = options.backwards ?? false;
    const from = backwards ? Math.min(options.from ?? head, head) : Math.max(options.from ?? 0, 0);
    for (const slice of this.view.streamSlices(stream, from, head, backwards)) {
      yield slice;
      this.assertOpen();
    }
  }

  streams(): string[] {
    this.look();
    return this.view.log.streams();
  }

  positionAt(t: bigint): number {
    this.look();
    return this.view.positionAt(t);
  }

  hashAt(position: number): string | undefined {
    this.look();
    return this.view.hashAt(position);
  }

  subscribe(from: number, listener: Listener, onEnd?: (error: unknown) => void): Subscription {
    this.assertOpen();
    const more = async (position: number, signal: AbortSignal): Promise<void> => {
      while (!signal.aborted && this.head().position < position) {
        if (this.writer) await this.waiters.wait(signal);
        else await sleep(POLL_MILLIS, undefined, { signal }).catch(() => undefined);
      }
    };
    return follow({ readAll: (next) => this.readAll(next), more }, from, listener, onEnd);
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

  /** Sees what other processes wrote; the writer knows already. */
  private look(): void {
    this.assertOpen();
    if (!this.writer) this.view.refresh();
  }

  private writable(): LogWriter {
    this.assertOpen();
    if (!this.writer) throw new StoreError('read-only', 'the store was opened for reading');
    return this.writer;
  }

  private assertOpen(): void {
    if (this.closed) throw new StoreError('closed', 'the store is closed');
  }
}
