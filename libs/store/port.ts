/**
 * The event store port: what the ledger asks of a store, and what every store promises. One contract suite (test/contract) holds all
 * implementations to it.
 *
 * Promises: an append that was answered is durable (it survives kill -9 and power loss) · an append is all or nothing · positions are
 * global, from 0, without gaps, in commit order · revisions count from 0 within a stream · recorded times increase strictly from one append
 * request to the next · a command id is recorded once: again with the same digest it answers `duplicate` and writes nothing, with another
 * digest it is refused · bytes come back as they were given.
 *
 * Positions and revisions are JavaScript integers (counts, not money), safe to 2^53.
 */
import type { NewEvent, StoredEvent } from './event';
import type { Slice } from './frame';

export type { NewEvent, StoredEvent };

/** The events of one command for one stream. */
export interface AppendRequest {
  readonly stream: string;
  /** The revision of the stream's last event; -1: the stream must be empty. */
  readonly expectedRevision: number;
  /** UUID, lower-case. */
  readonly commandId: string;
  /** The id was made for this request, at random: a store need not look whether it came before. */
  readonly isNew?: boolean;
  /** Lower-case hex digest of the command's content (32 characters), compared when the id comes again. */
  readonly digest: string;
  /** At least one. */
  readonly events: readonly NewEvent[];
}

export interface AppendResult {
  readonly status: 'recorded' | 'duplicate';
  readonly stream: string;
  /** Global position of the command's first event; null where a server keeps the log and has not said it in time: the command is recorded all the same. */
  readonly firstPosition: number | null;
  /** Of the last event written; null likewise. */
  readonly position: number | null;
  readonly revision: number;
  readonly eventIds: readonly string[];
  /** Nanoseconds since the epoch. */
  readonly recordedAt: bigint;
}

/** A command of the log: its places are known. */
export interface RecordedCommand extends AppendResult {
  readonly firstPosition: number;
  readonly position: number;
  readonly digest: string;
}

export interface Head {
  /** Position of the last event, -1 when empty. */
  readonly position: number;
  /** Recorded time of the last event, 0n when empty. */
  readonly recordedAt: bigint;
  /** Chain hash after the last event, lower-case hex; 64 zeros when empty. */
  readonly hash: string;
}

export interface Subscription {
  /** Ends delivery; resolves when no listener runs any more. */
  close(): Promise<void>;
}

export interface EventStore {
  /** UUID given when the store was created. */
  readonly storeId: string;

  /**
   * Appends one or more commands in one commit, all or none, each checked against the streams as the earlier ones leave them. Concurrent
   * calls may share a commit. Resolves when durable.
   * Throws StoreError: `conflict` (wrong revision), `reused-id`, `full`, `unavailable`, `too-large`, `read-only`, `closed`: after any of them nothing of this call
   * is in the log; and `in-doubt`: ask by command id after opening the store again.
   */
  append(requests: readonly AppendRequest[]): Promise<AppendResult[]>;

  head(): Head;
  /** Revision of the stream's last event, -1 when it does not exist. */
  streamHead(stream: string): number;
  /** The answer that the command got when it was recorded, with the digest it had; undefined when unknown. */
  findCommand(commandId: string): RecordedCommand | undefined;

  /** Events with from ≤ position ≤ to, at most those there are when reading begins, in position order. Slices are cut to what was asked. */
  readAll(from: number, options?: { readonly to?: number }): AsyncIterable<Slice>;
  /** Events of one stream from a revision on (inclusive), or `backwards` from it to the stream's first event; by default all. `backwards` yields the slices last first (frames inside a slice still forwards). */
  readStream(stream: string, options?: { readonly from?: number; readonly backwards?: boolean }): AsyncIterable<Slice>;
  /** Names of all streams, in order of their first event. */
  streams(): string[];

  /** Position of the last event with recorded time ≤ t; -1 when none. */
  positionAt(t: bigint): number;
  /** Chain hash after the event at `position`; undefined beyond the head; position -1 gives 64 zeros. */
  hashAt(position: number): string | undefined;

  /**
   * Delivers slices from `from` on, in order, each once, past and future, also those that another process writes; waits for the listener.
   * A listener that throws ends the subscription; `onEnd` then gets the error.
   */
  subscribe(from: number, listener: (slice: Slice) => Promise<void> | void, onEnd?: (error: unknown) => void): Subscription;

  /** Writes a history with its own recorded times into an empty store, keeping positions, ids, times and bytes: all of it or nothing. Throws StoreError `not-empty`, `damaged`. */
  adopt(events: AsyncIterable<StoredEvent>): Promise<void>;
  /**
   * Continues the log with the part of a history that begins behind its head, likewise kept as it is. It is written commit by commit, and what was committed stays when a later
   * part fails. `onCommit` gets the position that is durable by then. Nobody else may write meanwhile. Throws StoreError `damaged` for a part that does not continue the log.
   */
  extend(events: AsyncIterable<StoredEvent>, onCommit?: (position: number) => void): Promise<void>;

  /** Where the log is kept by a server: how this process stands to it. Absent where the log is this process's own. */
  following?(): Following;
  /** Likewise: resolves with the error when the server's log cannot be followed any more; from then on nothing is answered. */
  readonly failed?: Promise<Error>;

  close(): Promise<void>;
}

/** How a process that follows a server's log stands. */
export interface Following {
  /** Whether everything that the server has reported is in. */
  readonly live: boolean;
  /** Since when it is not, milliseconds since the epoch; undefined when live. */
  readonly since: number | undefined;
}

export type StoreFault =
  | 'conflict' // business: the stream is at another revision
  | 'reused-id' // business: the command id was used with other content
  | 'not-empty'
  | 'too-large'
  | 'locked' // another process writes; `holder` names its pid
  | 'read-only'
  | 'full'
  | 'foreign' // not one of our files
  | 'newer' // written by a newer version
  | 'damaged' // bytes do not match their hashes
  | 'missing'
  | 'unavailable'
  | 'in-doubt' // the disk did not confirm: the commands are in the log or not, which is certain once the store was opened again
  | 'closed';

/** Whether trying again can help: transient yes; business no; ambiguous: the outcome is unknown, ask by command id. */
export type FaultClass = 'business' | 'transient' | 'ambiguous';

export class StoreError extends Error {
  constructor(
    readonly fault: StoreFault,
    message: string,
    readonly about: {
      readonly stream?: string;
      readonly expected?: number;
      readonly actual?: number;
      readonly commandId?: string;
      readonly holder?: number;
    } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StoreError';
  }

  get faultClass(): FaultClass {
    if (this.fault === 'in-doubt') return 'ambiguous';
    return this.fault === 'unavailable' || this.fault === 'locked' || this.fault === 'full' ? 'transient' : 'business';
  }
}
