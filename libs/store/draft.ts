/**
 * The rules of appending, the same for every store that we write ourselves: a draft collects the calls that will share one commit. Invariant:
 * a call that is refused leaves the draft as it was; a draft that is never committed leaves the log as it was. Deliberately absent: where the
 * bytes go, and any clock of its own.
 */
import { HASH_BYTES } from './frame';
import { checkRequest, type FrameWriter } from './frame-writer';
import { type AppendRequest, type AppendResult, type RecordedCommand, StoreError } from './port';

/** The store's clock: nanoseconds since the epoch. It may stand still or go back; recorded times do not. */
export type Clock = () => bigint;

export const systemClock: Clock = () => BigInt(Date.now()) * 1_000_000n;

/** The committed log, as far as appending to it needs to know it. */
export interface LogEnd {
  readonly position: number;
  readonly recordedAt: bigint;
  /** Chain hash after the last event, 32 bytes. */
  readonly hash: Uint8Array;
  streamHead(stream: string): number;
  findCommand(commandId: string): RecordedCommand | undefined;
}

/** A slice to be written; its payload is the draft's bytes from `start` (the 32 bytes of the hash before included) to `end`. */
export interface DraftSlice {
  readonly stream: string;
  readonly position: number;
  readonly revision: number;
  readonly recordedAt: bigint;
  readonly start: number;
  end: number;
  count: number;
}

/** A slice is closed once its payload is this large, so that a look at one event reads little. */
const SLICE_BYTES = 256 * 1024;

export class Draft {
  readonly slices: DraftSlice[] = [];
  readonly commands = new Map<string, RecordedCommand>();
  readonly heads = new Map<string, number>();
  position: number;
  recordedAt: bigint;

  constructor(
    private readonly log: LogEnd,
    private readonly writer: FrameWriter,
  ) {
    this.position = log.position;
    this.recordedAt = log.recordedAt;
    writer.restart(log.hash);
  }

  /** The payloads' bytes; valid until the writer is used for another draft. */
  get bytes(): Buffer {
    return this.writer.bytes;
  }

  /** Chain hash after the last event drafted. */
  get hash(): Buffer {
    return Buffer.from(this.writer.bytes.subarray(-HASH_BYTES));
  }

  /** Adds the commands of one call, all or none. Recorded time: the clock, or 1 ns after the command before. Throws StoreError `conflict`, `reused-id`, `too-large`. */
  add(requests: readonly AppendRequest[], now: bigint): AppendResult[] {
    const earlier = this.check(requests);
    return requests.map((request, index) => {
      const known = earlier[index] ?? this.commands.get(request.commandId);
      if (known) return answer(known, 'duplicate');
      const recorded = this.write(request, now > this.recordedAt ? now : this.recordedAt + 1n);
      this.commands.set(request.commandId, recorded);
      return answer(recorded, 'recorded');
    });
  }

  /** What was recorded before, for each request that is a duplicate of a command outside this call. */
  private check(requests: readonly AppendRequest[]): (RecordedCommand | undefined)[] {
    // What the requests of this call leave behind for each other: nothing, when there is but one.
    const several = requests.length > 1;
    const digests = several ? new Map<string, string>() : undefined;
    const heads = several ? new Map<string, number>() : undefined;
    return requests.map((request) => {
      checkRequest(request);
      const { commandId, stream, expectedRevision: expected, digest } = request;
      const known = this.commands.get(commandId) ?? (request.isNew ? undefined : this.log.findCommand(commandId));
      const knownDigest = known?.digest ?? digests?.get(commandId);
      if (knownDigest !== undefined) {
        if (knownDigest === digest) return known;
        throw new StoreError('reused-id', `command id ${commandId} was used before with other content`, { stream, commandId });
      }
      const actual = heads?.get(stream) ?? this.headOf(stream);
      if (actual !== expected) {
        const message = `stream ${stream} is at revision ${actual}, expected ${expected}`;
        throw new StoreError('conflict', message, { stream, expected, actual, commandId });
      }
      digests?.set(commandId, digest);
      heads?.set(stream, actual + request.events.length);
      return undefined;
    });
  }

  /** Writes a checked command's events behind the last one; {@link commands} is left to the caller. */
  write(request: Omit<AppendRequest, 'expectedRevision'>, recordedAt: bigint): RecordedCommand {
    const { stream, commandId, digest, events } = request;
    const firstPosition = this.position + 1;
    let revision = this.headOf(stream);
    events.forEach((event, commandIndex) => {
      revision++;
      this.place({ position: ++this.position, stream, revision, recordedAt, commandId, digest, commandIndex }, event);
    });
    this.heads.set(stream, revision);
    this.recordedAt = recordedAt;
    const eventIds = events.map((event) => event.eventId);
    return { status: 'recorded', stream, firstPosition, position: this.position, revision, eventIds, recordedAt, digest };
  }

  /** Forgets the slices drafted so far, which the caller has written down, and goes on behind them. */
  restart(): void {
    const { hash } = this;
    this.slices.length = 0;
    this.writer.restart(hash);
  }

  private place(place: Parameters<FrameWriter['write']>[0], event: Parameters<FrameWriter['write']>[1]): void {
    const { stream, position, revision, recordedAt } = place;
    const start = this.writer.end - HASH_BYTES;
    this.writer.write(place, event);
    const { end } = this.writer;
    const last = this.slices.at(-1);
    if (last?.stream === stream && end - last.start <= SLICE_BYTES) {
      last.end = end;
      last.count++;
    } else {
      this.slices.push({ stream, position, revision, recordedAt, start, end, count: 1 });
    }
  }

  /** Revision of the stream's last event, those drafted included; -1 when it has none. */
  headOf(stream: string): number {
    return this.heads.get(stream) ?? this.log.streamHead(stream);
  }
}

function answer(command: RecordedCommand, status: AppendResult['status']): AppendResult {
  const { stream, firstPosition, position, revision, eventIds, recordedAt } = command;
  return { status, stream, firstPosition, position, revision, eventIds, recordedAt };
}
