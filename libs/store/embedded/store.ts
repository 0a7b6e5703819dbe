/**
 * The event store on disk: one writer, any number of readers in other processes. Invariant: an append is answered when SQLite has synced its
 * commit; concurrent calls share a commit; what was not answered is in the log wholly or not at all. Deliberately absent: reading (view.ts),
 * tables (log.ts), and any thread of its own.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { adoptInto } from '../adopt';
import { type Clock, Draft, type LogEnd, type RecordedCommand, systemClock } from '../draft';
import type { Slice } from '../frame';
import { FrameWriter } from '../frame-writer';
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

export interface EmbeddedOptions {
  readonly mode: 'write' | 'read';
  readonly clock?: Clock;
}

interface Call {
  readonly requests: readonly AppendRequest[];
  readonly resolve: (results: AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** So many events at most share a commit: more would make the first caller wait without writing any faster. */
const COMMIT_EVENTS = 20_000;
/** Bytes that an adopted history may take in memory before they are handed to SQLite. */
const ADOPT_BYTES = 8 << 20;
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
    const log = existsSync(logFile(dir)) ? Log.openForReading(logFile(dir)) : undefined;
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
    if (!unlock) return new EmbeddedStore(view, clock, undefined);
    const writer = { unlock, anchor: new AnchorWriter(dir) };
    if (view.end.position >= 0) writer.anchor.write(view.end.position, view.end.hash.toString('hex'));
    return new EmbeddedStore(view, clock, writer);
  } catch (error) {
    log.close();
    throw storeError(error, `cannot open the store in ${dir}`);
  }
}

export class EmbeddedStore implements EventStore {
  readonly storeId: string;
  private readonly log: Log;
  private readonly frames = new FrameWriter();
  private readonly waiters = new Waiters();
  private readonly logEnd: LogEnd;
  private queue: Call[] = [];
  private pumping = false;
  private adopting: Promise<void> | undefined;
  /** Set when the outcome of a commit is unknown: nothing is written on top of it. */
  private doubt: Error | undefined;
  private closed = false;

  constructor(
    private readonly view: LogView,
    private readonly clock: Clock,
    /** Absent in a reader. */
    private readonly writer: { readonly unlock: () => void; readonly anchor: AnchorWriter } | undefined,
  ) {
    this.log = view.log;
    this.storeId = this.log.storeId;
    this.logEnd = {
      get position() {
        return view.end.position;
      },
      get recordedAt() {
        return view.end.recordedAt;
      },
      get hash() {
        return view.end.hash;
      },
      streamHead: (stream) => view.streamHead(stream),
      findCommand: (commandId) => view.findCommand(commandId),
    };
  }

  append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    return new Promise((resolve, reject) => {
      this.assertWritable();
      this.queue.push({ requests, resolve, reject });
      this.schedule();
    });
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
    return this.log.streams();
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

  /** One transaction holds the whole history; appends wait for it. */
  async adopt(events: AsyncIterable<StoredEvent>): Promise<void> {
    this.assertWritable();
    this.drain();
    if (this.adopting || this.view.end.position >= 0) throw new StoreError('not-empty', 'the store holds events already');
    this.adopting = this.adoptAll(events);
    try {
      await this.adopting;
    } finally {
      this.adopting = undefined;
      this.schedule();
    }
  }

  /** Waits for the appends that were called before. A second call does nothing. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.adopting?.catch(() => undefined);
    this.drain();
    if (this.writer && !this.doubt) this.writeIndex();
    this.log.close();
    this.writer?.anchor.close();
    this.writer?.unlock();
    this.waiters.fail(new StoreError('closed', 'the store was closed'));
  }

  /** At most one pass is pending at any time; all calls of a turn of the event loop share it. */
  private schedule(): void {
    if (this.pumping || this.adopting || this.queue.length === 0) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      if (this.adopting) return;
      this.pump();
      this.schedule();
    });
  }

  private drain(): void {
    while (this.queue.length > 0) this.pump();
  }

  /** Commits what is waiting, up to {@link COMMIT_EVENTS}, and answers. */
  private pump(): void {
    const calls = this.takeCalls();
    if (calls.length === 0) return;
    const answers: (() => void)[] = [];
    const draft = new Draft(this.logEnd, this.frames);
    try {
      if (this.doubt) throw this.doubt;
      const now = this.clock();
      this.guarded(() =>
        // Lookups within the transaction cost a third of those without.
        this.log.write(() => {
          for (const call of calls) answers.push(tryCall(call, () => draft.add(call.requests, now)));
          this.insert(draft);
        }),
      );
    } catch (error) {
      // Refusals may have rested on what was not written: all of them are told the same.
      for (const { reject } of calls) reject(error);
      return;
    }
    if (draft.slices.length > 0) this.takeIn(draft);
    for (const answer of answers) answer();
    this.waiters.wake();
    if (this.view.recent.large) this.writeIndex();
  }

  private takeCalls(): Call[] {
    let events = 0;
    let count = 0;
    for (; count < this.queue.length && events < COMMIT_EVENTS; count++) {
      for (const request of this.queue[count]!.requests) events += request.events.length;
    }
    return this.queue.splice(0, count);
  }

  private takeIn(draft: Draft): void {
    for (const slice of draft.slices) this.view.recent.addSlice(slice);
    for (const [commandId, { firstPosition }] of draft.commands) this.view.recent.commands.set(commandId, firstPosition);
    for (const [stream, revision] of draft.heads) this.view.heads.set(stream, revision);
    this.moveTo(draft);
  }

  private async adoptAll(events: AsyncIterable<StoredEvent>): Promise<void> {
    const draft = new Draft(this.logEnd, new FrameWriter());
    this.guarded(() => this.log.begin());
    try {
      await adoptInto(draft, events, () => {
        if (draft.bytes.length < ADOPT_BYTES) return;
        this.guarded(() => this.insert(draft));
        draft.restart();
      });
      this.guarded(() => {
        this.insert(draft);
        this.log.commit();
      });
    } catch (error) {
      this.log.rollback();
      throw error;
    }
    this.moveTo(draft);
    this.view.catchUp();
    this.waiters.wake();
    this.writeIndex();
  }

  private insert(draft: Draft): void {
    const { bytes } = draft;
    for (const slice of draft.slices) this.log.insertSlice(slice, bytes.subarray(slice.start, slice.end));
  }

  private moveTo({ position, recordedAt, hash }: Draft): void {
    this.view.end = { position, recordedAt, hash };
    this.writer!.anchor.write(position, hash.toString('hex'));
  }

  /** Without the indexes nothing is lost, so a failure (a full disk) waits for the next time. */
  private writeIndex(): void {
    try {
      this.log.write(() => this.view.writeIndex());
    } catch (error) {
      if (!(storeError(error, '') instanceof StoreError)) throw error;
      return;
    }
    this.view.indexWritten();
  }

  private guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      const fault = storeError(error, 'the store could not write');
      if (fault instanceof StoreError && fault.fault === 'in-doubt') this.doubt = fault;
      throw fault;
    }
  }

  /** Sees what other processes wrote; the writer knows already. */
  private look(): void {
    this.assertOpen();
    if (!this.writer) this.view.refresh();
  }

  private assertWritable(): void {
    this.assertOpen();
    if (!this.writer) throw new StoreError('read-only', 'the store was opened for reading');
  }

  private assertOpen(): void {
    if (this.closed) throw new StoreError('closed', 'the store is closed');
  }
}

/** The call's answer, to be given when the commit is durable; what SQLite throws is no answer. */
function tryCall({ resolve, reject }: Call, add: () => AppendResult[]): () => void {
  try {
    const results = add();
    return () => resolve(results);
  } catch (error) {
    if (storeError(error, '') !== error) throw error;
    return () => reject(error);
  }
}
