/**
 * The bytes of an event: one frame, the same in every store. Invariant: a frame says everything about its event (stream, place, times, ids,
 * content), and its chain hash covers every byte of it and of all frames before it. Deliberately absent: any meaning of data and metadata.
 *
 * Layout of a frame, integers little-endian, text UTF-8:
 *
 *     offset  size
 *          0     1  format version, 1
 *          1     1  s: bytes of the stream name, 1 to 255
 *          2     1  t: bytes of the type, 1 to 255
 *          3     1  0
 *          4     4  bytes of the whole frame, 132 + s + t + d + m
 *          8     4  d: bytes of data
 *         12     4  m: bytes of metadata
 *         16     8  global position, from 0
 *         24     8  revision within the stream, from 0
 *         32     8  effective time, signed nanoseconds since 1970-01-01T00:00:00Z
 *         40     8  recorded time, likewise
 *         48    16  event id
 *         64    16  command id
 *         80    16  digest of the command's content
 *         96     4  index of the event within its command, from 0
 *        100     s  stream name
 *      100+s     t  type
 *    100+s+t     d  data, JSON text
 *  100+s+t+d     m  metadata, JSON text
 *  the last     32  chain hash
 *
 * chain hash of an event = SHA-256(chain hash of the event at the position before || this frame without its last 32 bytes);
 * before position 0 stand 32 zero bytes.
 *
 * A slice holds consecutive events of one stream written in one commit: the chain hash before its first event, then its frames. So the 32
 * bytes before any frame are always the hash that it continues, and the bytes to hash lie in one piece.
 */
import { hash } from 'node:crypto';
import type { StoredEvent } from './event';
import { readUuid } from './uuid';

export const FRAME_VERSION = 1;
export const HASH_BYTES = 32;
/** Bytes of the fixed header, and of a frame without its texts. */
export const HEADER_BYTES = 100;
export const FIXED_BYTES = HEADER_BYTES + HASH_BYTES;
export const ZERO_HASH = '0'.repeat(64);

/** One event in place in its slice's bytes. Iteration reuses the object: it is valid until the next step, keep {@link decode}'s result instead. */
export interface Frame {
  /** Global position and revision of this event. */
  readonly position: number;
  readonly revision: number;
  readonly stream: string;
  readonly type: string;
  /** Effective and recorded time, nanoseconds since the epoch. */
  readonly at: bigint;
  readonly recordedAt: bigint;
  /** The effective time without a bigint: whole milliseconds since the epoch (rounded down), and the nanoseconds beyond them, 0 to 999,999. */
  readonly atMillis: number;
  readonly atSubNanos: number;
  readonly eventId: string;
  readonly commandId: string;
  readonly commandIndex: number;
  readonly digest: string;
  /** Chain hash after this event, lower-case hex. */
  readonly hash: string;
  /** The bytes that the offsets below point into. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly metadataStart: number;
  readonly metadataEnd: number;
}

/** Consecutive events of one stream. */
export interface Slice {
  /** Of the first event. */
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly count: number;
  /** Frames with from ≤ global position ≤ to; all by default. Several millions a second when only places, times, type and byte ranges are touched. */
  frames(from?: number, to?: number): Iterable<Frame>;
}

/** A slice over framed bytes; the 32 bytes before `start` are the hash that its first frame continues. */
export class ByteSlice implements Slice {
  constructor(
    readonly bytes: Buffer,
    /** Offset of the first frame. */
    readonly start: number,
    readonly position: number,
    readonly stream: string,
    readonly revision: number,
    readonly count: number,
  ) {}

  frames(from = this.position, to = Infinity): IterableIterator<Frame, undefined> {
    const first = Math.max(0, from - this.position);
    return new FrameCursor(this, first, Math.min(this.count, to - this.position + 1));
  }

  /** The part with from ≤ position ≤ to, over the same bytes; undefined when there is none. */
  cut(from: number, to: number): ByteSlice | undefined {
    const first = Math.max(0, from - this.position);
    const count = Math.min(this.count, to - this.position + 1) - first;
    if (count <= 0) return undefined;
    if (count === this.count) return this;
    const start = skipFrames(this.bytes, this.start, first);
    return new ByteSlice(this.bytes, start, this.position + first, this.stream, this.revision + first, count);
  }

  /** Chain hash before the first event, lower-case hex. */
  get previousHash(): string {
    return this.bytes.toString('hex', this.start - HASH_BYTES, this.start);
  }
}

/** The frame at an offset as an event of its own. */
export function decode(frame: Frame): StoredEvent {
  return {
    position: frame.position,
    stream: frame.stream,
    revision: frame.revision,
    type: frame.type,
    at: frame.at,
    recordedAt: frame.recordedAt,
    eventId: frame.eventId,
    commandId: frame.commandId,
    commandIndex: frame.commandIndex,
    digest: frame.digest,
    ...texts(frame),
  };
}

/** Data and metadata of the frame, the fastest way. */
export function texts({ bytes, dataStart, dataEnd, metadataStart, metadataEnd }: Frame): { data: string; metadata: string } {
  const both = bytes.toString('utf8', dataStart, metadataEnd);
  const dataBytes = dataEnd - dataStart;
  // All ASCII: characters are bytes, and one decoding did for two.
  if (both.length === metadataEnd - dataStart) return { data: both.slice(0, dataBytes), metadata: both.slice(dataBytes) };
  return { data: bytes.toString('utf8', dataStart, dataEnd), metadata: bytes.toString('utf8', metadataStart, metadataEnd) };
}

/** The chain hash that belongs at the end of the frame at start..end, as 32 characters of one byte each (encoding `latin1`). */
export function chainHash(bytes: Buffer, start: number, end: number): string {
  return hash('sha256', bytes.subarray(start - HASH_BYTES, end - HASH_BYTES), 'binary');
}

/** Whether the header at `offset` can be one of ours and its lengths agree with each other and with the bytes at hand. */
export function isFrame(bytes: Buffer, offset: number): boolean {
  if (offset + FIXED_BYTES > bytes.length || bytes[offset] !== FRAME_VERSION || bytes[offset + 3] !== 0) return false;
  const length = bytes.readUInt32LE(offset + 4);
  const texts = bytes[offset + 1]! + bytes[offset + 2]! + bytes.readUInt32LE(offset + 8) + bytes.readUInt32LE(offset + 12);
  return length === FIXED_BYTES + texts && offset + length <= bytes.length;
}

export function readCount(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x1_0000_0000;
}

function skipFrames(bytes: Buffer, offset: number, count: number): number {
  for (let i = 0; i < count; i++) offset += bytes.readUInt32LE(offset + 4);
  return offset;
}

/** The last type name read, by its bytes: runs of one type are the rule. */
let lastType = { text: '', bytes: Buffer.alloc(0) };

class FrameCursor implements Frame, IterableIterator<Frame> {
  readonly bytes: Buffer;
  readonly stream: string;
  position: number;
  revision: number;
  start: number;
  end: number;
  dataStart = 0;
  dataEnd = 0;
  private left: number;
  private readonly step = { done: false as const, value: this as Frame };

  constructor(slice: ByteSlice, first: number, end: number) {
    this.bytes = slice.bytes;
    this.stream = slice.stream;
    this.position = slice.position + first - 1;
    this.revision = slice.revision + first - 1;
    this.left = end - first;
    this.end = this.start = this.left > 0 ? skipFrames(slice.bytes, slice.start, first) : slice.start;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Frame> {
    if (this.left <= 0) return { done: true, value: undefined };
    const { bytes, end: start } = this;
    this.left--;
    this.position++;
    this.revision++;
    this.start = start;
    this.end = start + bytes.readUInt32LE(start + 4);
    this.dataStart = start + HEADER_BYTES + bytes[start + 1]! + bytes[start + 2]!;
    this.dataEnd = this.dataStart + bytes.readUInt32LE(start + 8);
    return this.step;
  }

  get metadataStart(): number {
    return this.dataEnd;
  }
  get metadataEnd(): number {
    return this.end - HASH_BYTES;
  }
  get type(): string {
    const { bytes, dataStart: end } = this;
    const start = end - bytes[this.start + 2]!;
    const known = lastType.bytes;
    let same = known.length === end - start;
    for (let i = 0; same && i < known.length; i++) same = known[i] === bytes[start + i];
    if (!same) lastType = { text: bytes.toString('utf8', start, end), bytes: Buffer.from(bytes.subarray(start, end)) };
    return lastType.text;
  }
  get at(): bigint {
    return this.bytes.readBigInt64LE(this.start + 32);
  }
  get recordedAt(): bigint {
    return this.bytes.readBigInt64LE(this.start + 40);
  }
  // 2^32 ns = 4,294 ms + 967,296 ns, so that both halves stay below 2^53.
  get atMillis(): number {
    const high = this.bytes.readInt32LE(this.start + 36);
    return high * 4294 + Math.floor((high * 967_296 + this.bytes.readUInt32LE(this.start + 32)) / 1_000_000);
  }
  get atSubNanos(): number {
    const nanos = this.bytes.readInt32LE(this.start + 36) * 967_296 + this.bytes.readUInt32LE(this.start + 32);
    return nanos - Math.floor(nanos / 1_000_000) * 1_000_000;
  }
  get eventId(): string {
    return readUuid(this.bytes, this.start + 48);
  }
  get commandId(): string {
    return readUuid(this.bytes, this.start + 64);
  }
  get digest(): string {
    return this.bytes.toString('hex', this.start + 80, this.start + 96);
  }
  get commandIndex(): number {
    return this.bytes.readUInt32LE(this.start + 96);
  }
  get hash(): string {
    return this.bytes.toString('hex', this.end - HASH_BYTES, this.end);
  }
}
