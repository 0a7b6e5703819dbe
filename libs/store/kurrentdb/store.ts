/**
 * A ledger on a KurrentDB server or cluster as an event store. Each process keeps a copy of the log in a file of its own (numbering.ts), which one subscription feeds (follower.ts)
 * and which answers everything that is asked; appends go to the server (writer.ts). Invariant: what is answered lies in the server's log, in its order; once that log cannot be followed,
 * nothing is answered any more. Deliberately absent: KurrentDB's own projections and persistent subscriptions.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { adoptInto } from '../adopt';
import { type Clock, Draft, systemClock } from '../draft';
import { storeError } from '../embedded/driver';
import { logFile } from '../embedded/files';
import { Log } from '../embedded/log';
import { openEmbeddedStore } from '../embedded/store';
import { LogView } from '../embedded/view';
import { ViewStore } from '../embedded/view-store';
import { decode } from '../frame';
import { FrameWriter } from '../frame-writer';
import { type AppendRequest, type AppendResult, type Following, type RecordedCommand, StoreError, type StoredEvent } from '../port';
import { Connection, TIMERS, type Timers } from './connection';
import { unavailable } from './faults';
import { Follower } from './follower';
import { batchOf, eventsOf, parts } from './history';
import { assertSameLog, createIdentity, type Identity, readIdentity } from './identity';
import { Numbering } from './numbering';
import { Sender } from './sender';
import { foreign, pinIdentity, pinnedIdentity, type Slot, takeSlot } from './slots';
import { type KurrentAddress, parseKurrentUrl } from './url';
import { type LogPosition, Names } from './wire';
import { RemoteWriter } from './writer';

export interface KurrentOptions {
  readonly mode: 'write' | 'read';
  /** Folder for the copies of servers' logs; made when missing. */
  readonly replica: string;
  readonly clock?: Clock;
  /** Events taken in while catching up at start; how many there are is not known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Ends the catching up. */
  readonly signal?: AbortSignal;
  readonly timers?: Partial<Timers>;
}

const POLL_MILLIS = 5;

/**
 * Opens the ledger that a checked URL names, when this process has all that the server had. `write` makes the ledger when the server has none. Throws StoreError
 * `missing` (read), `unavailable`, `foreign` (another store than this machine has met there), `damaged` (its log has lost events), `newer`, `locked`.
 */
export async function openKurrentStore(url: string, options: KurrentOptions): Promise<KurrentStore> {
  const address = parseKurrentUrl(url);
  if ('rule' in address) throw new Error(`not a checked URL: ${address.rule}`);
  const connection = new Connection(address, { ...TIMERS, ...options.timers });
  let slot: Slot | undefined;
  let log: Log | undefined;
  let store: KurrentStore | undefined;
  try {
    const names = new Names(address.ledger);
    const { storeId, place: origin } = await identify(connection, names, address, options);
    slot = takeSlot(options.replica, address);
    pinIdentity(options.replica, address, storeId);
    log = openCopy(slot.dir, storeId);
    const view = new LogView(log);
    view.refresh();
    const last = view.end.position < 0 ? undefined : lastEvent(view);
    await assertSameLog(connection, names, last, log.place());
    store = new KurrentStore(view, {
      address,
      connection,
      names,
      origin,
      slot,
      clock: options.clock ?? systemClock,
      writable: options.mode === 'write',
    });
    await store.caughtUp(options);
    return store;
  } catch (error) {
    if (store) await store.close();
    else {
      log?.close();
      slot?.release();
      connection.renew();
    }
    throw unavailable(
      storeError(error, `cannot keep a copy of the log in ${slot?.dir ?? options.replica}`),
      `cannot open ${address.shown}`,
    );
  }
}

async function identify(
  connection: Connection,
  names: Names,
  address: KurrentAddress,
  { mode, replica }: KurrentOptions,
): Promise<Identity> {
  const found = await readIdentity(connection, names);
  if (found !== undefined) return found;
  const pinned = pinnedIdentity(replica, address);
  if (pinned !== undefined) throw foreign(join(replica, address.folder), address, pinned, undefined);
  if (mode === 'read') throw new StoreError('missing', `there is no ledger ${address.ledger} at ${address.shown}`);
  return createIdentity(connection, names);
}

/** A copy that is not whole is made anew. */
function openCopy(dir: string, storeId: string): Log {
  try {
    return checkedCopy(dir, storeId);
  } catch (error) {
    const fault = storeError(error, 'the copy cannot be read');
    if (!(fault instanceof StoreError && ['damaged', 'foreign'].includes(fault.fault))) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(logFile(dir) + suffix, { force: true });
    return checkedCopy(dir, storeId);
  }
}

function checkedCopy(dir: string, storeId: string): Log {
  const log = Log.openCopy(logFile(dir), storeId);
  try {
    new LogView(log).refresh();
    return log;
  } catch (error) {
    log.close();
    throw error;
  }
}

function lastEvent(view: LogView): StoredEvent {
  const [slice] = view.slicesBetween(view.end.position, view.end.position);
  return decode(slice!.frames().next().value!);
}

interface Parts {
  readonly address: KurrentAddress;
  readonly connection: Connection;
  readonly names: Names;
  readonly origin: LogPosition;
  readonly slot: Slot;
  readonly clock: Clock;
  readonly writable: boolean;
}

export class KurrentStore extends ViewStore {
  readonly storeId: string;
  private readonly follower: Follower;
  private readonly writer: RemoteWriter;
  readonly failed: Promise<Error>;
  private fault: StoreError | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    view: LogView,
    private readonly parts: Parts,
  ) {
    super(view);
    const { connection, names, origin, clock } = parts;
    this.storeId = view.log.storeId;
    const arrived = (commandId: string, recorded: RecordedCommand, events: Parameters<RemoteWriter['arrived']>[2]): void =>
      this.writer.arrived(commandId, recorded, events);
    this.writer = new RemoteWriter(
      view,
      clock,
      connection,
      names,
      new Sender(connection, names),
      () => this.follower,
      () => this.assertSound(),
    );
    let fail: (error: Error) => void;
    this.failed = new Promise((resolve) => (fail = resolve));
    this.follower = new Follower(connection, names, origin, new Numbering(view, arrived), {
      onMove: () => this.waiters.wake(),
      onFault: (error) => {
        this.fault = error;
        fail(error);
        this.waiters.fail(error);
      },
    });
  }

  /** This process's folder, for what else it keeps of this store. */
  get dir(): string {
    return this.parts.slot.dir;
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    this.assertWritable();
    return this.writer.append(requests);
  }

  /** Tried on an empty store beside the copy first, so that only a history that holds together is sent. A server that fails meanwhile keeps what it has, and `extend` goes on from there. */
  async adopt(events: AsyncIterable<StoredEvent>): Promise<void> {
    this.assertEmpty();
    const dir = mkdtempSync(join(this.dir, 'adopt-'));
    try {
      const trial = await openEmbeddedStore(dir, { mode: 'write' });
      try {
        await trial.adopt(events);
        this.assertEmpty();
        await this.extend(eventsOf(trial));
      } finally {
        await trial.close();
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  async extend(events: AsyncIterable<StoredEvent>, onCommit?: (position: number) => void): Promise<void> {
    this.assertWritable();
    const frames = new FrameWriter();
    for await (const part of parts(events)) {
      const known = (commandId: string): boolean => this.view.findCommand(commandId) !== undefined;
      await adoptInto(new Draft(this.view, frames), part, () => undefined, known);
      await this.writer.sendAsIs(batchOf(part));
      this.assertWritable();
      onCommit?.(this.view.end.position);
    }
  }

  following(): Following {
    return this.follower.standing;
  }

  /** Resolves when everything that the server had is in. Throws StoreError `unavailable` when it does not come, and what ends the following. */
  async caughtUp({ onProgress, signal }: Pick<KurrentOptions, 'onProgress' | 'signal'> = {}): Promise<void> {
    const first = this.view.end.position;
    const { callMillis } = this.parts.connection.timers;
    for (const began = Date.now(); !this.follower.standing.live;) {
      if (this.fault) throw this.fault;
      signal?.throwIfAborted();
      const { position } = this.view.end;
      if (Date.now() - Math.max(began, this.follower.movedAt) > callMillis)
        throw unavailable(this.follower.reason ?? new Error('its log does not come'), `cannot follow ${this.parts.address.shown}`);
      if (position > first) onProgress?.(position - first, undefined);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
  }

  /** Waits for the appends that were called before. A second call waits with the first. */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  protected look(): void {
    if (this.fault) throw this.fault;
  }

  protected wait(signal: AbortSignal): Promise<void> {
    return this.waiters.wait(signal);
  }

  private async end(): Promise<void> {
    await this.writer.settled();
    this.closed = true;
    await this.follower.stop();
    this.view.log.close();
    this.parts.slot.release();
    this.parts.connection.renew();
    this.waiters.fail(new StoreError('closed', 'the store was closed'));
  }

  private assertSound(): void {
    this.assertOpen();
    if (this.fault) throw this.fault;
  }

  private assertWritable(): void {
    if (this.closing) throw new StoreError('closed', 'the store is closed');
    this.assertSound();
    if (!this.parts.writable) throw new StoreError('read-only', 'the store was opened for reading');
  }

  private assertEmpty(): void {
    this.assertWritable();
    if (this.view.end.position >= 0) throw new StoreError('not-empty', 'the store holds events already');
  }
}
