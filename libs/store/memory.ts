/**
 * A store that forgets: the same semantics as the durable ones, for tests, dry runs and what-if. Invariant: the contract suite cannot tell it
 * from the embedded store, except by durability. Deliberately absent: indexes beyond maps and bisection.
 */
import { randomUUID } from 'node:crypto';
import { adoptInto } from './adopt';
import { type Clock, Draft, systemClock } from './draft';
import { ByteSlice, HASH_BYTES, ZERO_HASH, type Slice } from './frame';
import { FrameWriter } from './frame-writer';
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  type Head,
  type RecordedCommand,
  StoreError,
  type StoredEvent,
  type Subscription,
} from './port';
import { follow, type Listener, Waiters } from './subscription';

export class MemoryStore implements EventStore {
  readonly storeId: string;
  private readonly clock: Clock;
  private readonly slices: ByteSlice[] = [];
  private readonly heads = new Map<string, number>();
  private readonly commands = new Map<string, RecordedCommand>();
  private readonly waiters = new Waiters();
  private readonly writer = new FrameWriter();
  private end: { position: number; recordedAt: bigint; hash: Buffer } = { position: -1, recordedAt: 0n, hash: Buffer.alloc(HASH_BYTES) };
  private closed = false;

  constructor(options: { readonly clock?: Clock; readonly storeId?: string } = {}) {
    this.clock = options.clock ?? systemClock;
    this.storeId = options.storeId ?? randomUUID();
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    this.assertOpen();
    const draft = this.draft();
    const results = draft.add(requests, this.clock());
    this.commit(draft);
    return results;
  }

  head(): Head {
    this.assertOpen();
    return { position: this.end.position, recordedAt: this.end.recordedAt, hash: this.end.hash.toString('hex') };
  }

  streamHead(stream: string): number {
    this.assertOpen();
    return this.heads.get(stream) ?? -1;
  }

  findCommand(commandId: string): RecordedCommand | undefined {
    this.assertOpen();
    return this.commands.get(commandId);
  }

  async *readAll(from: number, options: { readonly to?: number } = {}): AsyncIterable<Slice> {
    this.assertOpen();
    const to = Math.min(options.to ?? Infinity, this.end.position);
    for (let index = this.sliceIndex(from); index < this.slices.length; index++) {
      const slice = this.slices[index]!.cut(from, to);
      if (!slice) return;
      yield slice;
      this.assertOpen();
    }
  }

  async *readStream(stream: string, options: { readonly from?: number; readonly backwards?: boolean } = {}): AsyncIterable<Slice> {
    this.assertOpen();
    const own = this.slices.filter((slice) => slice.stream === stream);
    if (options.backwards) own.reverse();
    for (const slice of own) {
      const offset = slice.position - slice.revision;
      const from = options.from ?? (options.backwards ? Infinity : 0);
      const part = options.backwards ? slice.cut(0, from + offset) : slice.cut(from + offset, Infinity);
      if (part) yield part;
    }
  }

  streams(): string[] {
    this.assertOpen();
    return [...this.heads.keys()];
  }

  positionAt(t: bigint): number {
    this.assertOpen();
    const index = lastWhere(this.slices, (slice) => slice.frames().next().value!.recordedAt <= t);
    let position = -1;
    for (const frame of this.slices[index]?.frames() ?? []) if (frame.recordedAt <= t) position = frame.position;
    return position;
  }

  hashAt(position: number): string | undefined {
    this.assertOpen();
    if (position === -1) return ZERO_HASH;
    const slice = this.slices[this.sliceIndex(position)];
    return slice?.frames(position, position).next().value?.hash;
  }

  subscribe(from: number, listener: Listener, onEnd?: (error: unknown) => void): Subscription {
    this.assertOpen();
    const more = async (position: number, signal: AbortSignal): Promise<void> => {
      this.assertOpen();
      if (position > this.end.position) await this.waiters.wait(signal);
    };
    return follow({ readAll: (next) => this.readAll(next), more }, from, listener, onEnd);
  }

  async adopt(events: AsyncIterable<StoredEvent>): Promise<void> {
    this.assertOpen();
    if (this.end.position >= 0) throw new StoreError('not-empty', `the store holds ${this.end.position + 1} events already`);
    const draft = this.draft(new FrameWriter());
    await adoptInto(draft, events, (commandId, recorded) => draft.commands.set(commandId, recorded));
    if (this.end.position >= 0) throw new StoreError('not-empty', 'the store was written to during the import');
    this.commit(draft);
  }

  async extend(events: AsyncIterable<StoredEvent>, onCommit?: (position: number) => void): Promise<void> {
    this.assertOpen();
    const draft = this.draft(new FrameWriter());
    const known = (commandId: string): boolean => this.commands.has(commandId);
    await adoptInto(draft, events, (commandId, recorded) => draft.commands.set(commandId, recorded), known);
    this.commit(draft);
    onCommit?.(draft.position);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiters.fail(new StoreError('closed', 'the store was closed'));
  }

  private draft(writer = this.writer): Draft {
    const { position, recordedAt, hash } = this.end;
    const log = {
      position,
      recordedAt,
      hash,
      streamHead: (s: string) => this.streamHead(s),
      findCommand: (id: string) => this.findCommand(id),
    };
    return new Draft(log, writer);
  }

  private commit(draft: Draft): void {
    if (draft.slices.length === 0) return;
    const bytes = Buffer.from(draft.bytes);
    for (const { start, position, stream, revision, count } of draft.slices) {
      this.slices.push(new ByteSlice(bytes, start + HASH_BYTES, position, stream, revision, count));
    }
    for (const [stream, revision] of draft.heads) this.heads.set(stream, revision);
    for (const [id, command] of draft.commands) this.commands.set(id, command);
    this.end = { position: draft.position, recordedAt: draft.recordedAt, hash: draft.hash };
    this.waiters.wake();
  }

  /** Index of the slice that holds the position; the number of slices when it is beyond the head. */
  private sliceIndex(position: number): number {
    if (position > this.end.position) return this.slices.length;
    return Math.max(
      0,
      lastWhere(this.slices, (slice) => slice.position <= position),
    );
  }

  private assertOpen(): void {
    if (this.closed) throw new StoreError('closed', 'the store is closed');
  }
}

/** Index of the last element for which the predicate holds, when it holds for a leading part; -1 when for none. */
function lastWhere<T>(sorted: readonly T[], holds: (element: T) => boolean): number {
  let low = -1;
  for (let high = sorted.length; high - low > 1;) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle]!)) low = middle;
    else high = middle;
  }
  return low;
}
