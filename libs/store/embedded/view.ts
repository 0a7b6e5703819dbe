/**
 * Reading the log: heads, lookups and slices for the writer and for readers in other processes alike. Invariant: what it knows of the end of the
 * log was checked against the chain. Deliberately absent: writing (store.ts).
 */
import { ChainCheck, damaged } from '../chain';
import type { LogEnd } from '../draft';
import { type ByteSlice, HASH_BYTES, type Slice, ZERO_HASH } from '../frame';
import { type RecordedCommand, StoreError } from '../port';
import type { Anchor } from './files';
import type { Log, SliceRow } from './log';
import { Recent } from './recent';

interface LogHead {
  readonly position: number;
  readonly recordedAt: bigint;
  readonly hash: Buffer;
}

/** Bytes to read in one go. */
const READ_BYTES = 4 << 20;

export class LogView implements LogEnd {
  readonly recent = new Recent();
  readonly heads = new Map<string, number>();
  end: LogHead = { position: -1, recordedAt: 0n, hash: Buffer.from(ZERO_HASH, 'hex') };
  private indexed = 0;
  private version = -1;

  constructor(readonly log: Log) {}

  get position(): number {
    return this.end.position;
  }
  get recordedAt(): bigint {
    return this.end.recordedAt;
  }
  get hash(): Buffer {
    return this.end.hash;
  }

  /** Reads what other processes have committed since. Throws StoreError `damaged`. */
  refresh(): void {
    const version = this.log.dataVersion();
    if (version === this.version) return;
    this.log.read(() => this.catchUp());
    this.version = version;
  }

  /** Checks and takes in the log from the last known event, or from where the indexes end, whichever is later. */
  catchUp(): void {
    const indexed = this.log.indexed();
    if (indexed !== this.indexed) {
      this.recent.clear();
      this.heads.clear();
      this.indexed = indexed;
    }
    const from = this.recent.slices.length === 0 ? indexed : this.end.position + 1;
    const check = this.checkFrom(from);
    let last: ByteSlice | undefined;
    for (const slice of this.slicesBetween(from, Infinity)) {
      check.take(slice);
      this.recent.scan(slice);
      this.heads.set(slice.stream, slice.revision + slice.count - 1);
      last = slice;
    }
    last ??= this.sliceHolding(from - 1);
    const frame = last?.frames(last.position + last.count - 1).next().value;
    if (frame) this.end = { position: frame.position, recordedAt: frame.recordedAt, hash: Buffer.from(frame.hash, 'hex') };
  }

  /** Takes in everything behind the indexes, anew. */
  takeInAll(): void {
    this.recent.clear();
    this.heads.clear();
    this.catchUp();
  }

  /** The log must hold what was acknowledged. Throws StoreError `damaged`. */
  checkAnchor(anchor: Anchor | undefined): void {
    if (!anchor || this.hashAt(anchor.position) === anchor.hash) return;
    const { position } = anchor;
    const what =
      position > this.end.position ? `ends at position ${this.end.position}: acknowledged events are missing` : 'holds another event there';
    throw new StoreError('damaged', `the log once held position ${position}, and now ${what}`);
  }

  /** Writes the indexes up to the head; inside a transaction. {@link indexWritten} follows when it was committed. */
  writeIndex(): void {
    this.log.index(this.recent.slices, this.recent.commands, this.end.position + 1);
  }

  indexWritten(): void {
    this.recent.clear();
    this.indexed = this.end.position + 1;
  }

  streamHead(stream: string): number {
    const known = this.heads.get(stream);
    if (known !== undefined) return known;
    const head = this.log.indexedHead(stream);
    if (head >= 0) this.heads.set(stream, head);
    return head;
  }

  findCommand(commandId: string): RecordedCommand | undefined {
    // The index first: of two streams' commands with one id, which a copy of a server's log may have, the first keeps it.
    const firstPosition = this.log.indexedCommand(commandId) ?? this.recent.commands.get(commandId);
    if (firstPosition === undefined) return undefined;
    const eventIds: string[] = [];
    let command: RecordedCommand | undefined;
    for (const slice of this.slicesBetween(firstPosition, Infinity, 1)) {
      for (const frame of slice.frames()) {
        if (frame.commandId !== commandId || (command && frame.commandIndex === 0)) return command;
        eventIds.push(frame.eventId);
        const { stream, position, revision, recordedAt, digest } = frame;
        command = { status: 'recorded', stream, firstPosition, position, revision, eventIds, recordedAt, digest };
      }
    }
    return command;
  }

  positionAt(t: bigint): number {
    if (t >= this.end.recordedAt) return this.end.position;
    let low = -1; // the slice that holds it begins at or before t
    let high = this.end.position + 1;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const place = this.log.recordedAtOf(middle)!;
      if (place.recorded_at <= t) low = middle;
      else high = Number(place.position);
    }
    let position = -1;
    for (const frame of (low < 0 ? undefined : this.sliceHolding(low))?.frames() ?? []) {
      if (frame.recordedAt > t) break;
      position = frame.position;
    }
    return position;
  }

  hashAt(position: number): string | undefined {
    if (position === -1) return ZERO_HASH;
    return position > this.end.position ? undefined : this.hashOf(position);
  }

  /** Like {@link hashAt}, in the file as it is, whatever this view has seen of it. */
  hashOf(position: number): string | undefined {
    return this.sliceHolding(position)?.frames(position, position).next().value?.hash;
  }

  /** Slices cut to from ≤ position ≤ to, a few megabytes at a time. Each batch is one query, so nothing is held open between them. */
  *slicesBetween(from: number, to: number, limit = 16): Generator<ByteSlice> {
    while (from <= to) {
      const rows = this.log.slicesFrom(from, limit);
      for (const row of rows) {
        const slice = this.log.slice(row).cut(from, to);
        if (slice) yield slice;
      }
      const last = rows.at(-1);
      if (!last || rows.length < limit) return;
      from = last.position + last.n;
      limit = nextLimit(rows);
    }
  }

  /** Slices of a stream cut to the revisions from `revision` to `last`, or backwards from `revision` to 0. */
  *streamSlices(stream: string, revision: number, last: number, backwards: boolean): Generator<Slice> {
    let limit = 16;
    while (revision >= 0 && revision <= last) {
      const rows = this.streamRows(stream, revision, limit, backwards);
      if (rows.length === 0) return;
      for (const row of rows) {
        const slice = this.log.slice(row);
        const offset = slice.position - slice.revision;
        const part = backwards ? slice.cut(0, revision + offset) : slice.cut(revision + offset, last + offset);
        if (part) yield part;
        revision = backwards ? slice.revision - 1 : slice.revision + slice.count;
      }
      limit = nextLimit(rows);
    }
  }

  /** The next rows of a stream: from the index, and behind where it ends, from `recent`. */
  private streamRows(stream: string, revision: number, limit: number, backwards: boolean): SliceRow[] {
    const recent = (): SliceRow[] => {
      const places = this.recent.ofStream(stream, revision, backwards).slice(0, limit);
      return places.map(({ position }) => this.log.sliceAt(position)!);
    };
    const indexed = (): SliceRow[] => {
      const rows = this.log.streamSlices(stream, revision, limit, backwards);
      return backwards ? rows : rows.filter((row) => row.revision + row.n > revision);
    };
    const [first, then] = backwards ? [recent, indexed] : [indexed, recent];
    const rows = first();
    return rows.length > 0 ? rows : then();
  }

  private checkFrom(position: number): ChainCheck {
    const headOf = (stream: string): number => this.streamHead(stream);
    if (position === this.end.position + 1) return new ChainCheck(this.end.position, this.end.hash, headOf);
    const before = position === 0 ? undefined : this.sliceHolding(position - 1);
    if (position > 0 && !before) throw damaged(position - 1, 'it is missing');
    return new ChainCheck(position - 1, before ? before.bytes.subarray(-HASH_BYTES) : Buffer.alloc(HASH_BYTES), headOf);
  }

  private sliceHolding(position: number): ByteSlice | undefined {
    const row = position < 0 ? undefined : this.log.sliceAt(position);
    return row && position < row.position + row.n ? this.log.slice(row) : undefined;
  }
}

/** So many rows as make a batch of about {@link READ_BYTES}, going by the last batch. */
function nextLimit(rows: readonly SliceRow[]): number {
  const bytes = rows.reduce((sum, row) => sum + row.payload.length, 0);
  return Math.min(Math.max(Math.floor((READ_BYTES * rows.length) / bytes), 1), rows.length * 4, 8192);
}
