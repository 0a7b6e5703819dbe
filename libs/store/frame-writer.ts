/// <reference lib="es2024.string" />
/**
 * Writes events as frames (layout: frame.ts), each chained to the one before, into one buffer that grows and is used again. Invariant: the 32
 * bytes before each frame are the chain hash that it continues. Deliberately absent: the rules of appending, which are draft.ts.
 */
import { FIXED_BYTES, FRAME_VERSION, HASH_BYTES, HEADER_BYTES, chainHash } from './frame';
import { type AppendRequest, type NewEvent, StoreError } from './port';
import { writeHex, writeUuid } from './uuid';

/** The largest data or metadata of one event, in bytes. */
export const MAX_TEXT_BYTES = 1 << 20;
const MAX_NAME_BYTES = 255;

/** Where an event stands: everything in its frame that is not its own content. */
export interface Place {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly recordedAt: bigint;
  readonly commandId: string;
  readonly digest: string;
  readonly commandIndex: number;
}

export class FrameWriter {
  private buffer = Buffer.allocUnsafe(1 << 16);
  private length = HASH_BYTES;
  private readonly names = new Map<string, Buffer>();

  /** Starts anew behind the given chain hash (32 bytes). What was written before may be overwritten from now on. */
  restart(previousHash: Uint8Array): void {
    this.buffer.set(previousHash, 0);
    this.length = HASH_BYTES;
  }

  /** The bytes written since the start, from offset 0; the view is valid until the next write or restart. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Offset behind the last frame. */
  get end(): number {
    return this.length;
  }

  /** Appends one frame. The event has passed {@link checkEvent}. */
  write(place: Place, event: NewEvent): void {
    const stream = this.name(place.stream);
    const type = this.name(event.type);
    this.reserve(FIXED_BYTES + stream.length + type.length + 3 * (event.data.length + event.metadata.length));
    const { buffer, length: start } = this;
    buffer[start] = FRAME_VERSION;
    buffer[start + 1] = stream.length;
    buffer[start + 2] = type.length;
    buffer[start + 3] = 0;
    writeCount(buffer, place.position, start + 16);
    writeCount(buffer, place.revision, start + 24);
    buffer.writeBigInt64LE(event.at, start + 32);
    buffer.writeBigInt64LE(place.recordedAt, start + 40);
    writeUuid(event.eventId, buffer, start + 48);
    writeUuid(place.commandId, buffer, start + 64);
    writeHex(place.digest, 16, buffer, start + 80);
    buffer.writeUInt32LE(place.commandIndex, start + 96);
    buffer.set(stream, start + HEADER_BYTES);
    buffer.set(type, start + HEADER_BYTES + stream.length);
    const dataStart = start + HEADER_BYTES + stream.length + type.length;
    const dataBytes = buffer.write(event.data, dataStart);
    const metadataBytes = buffer.write(event.metadata, dataStart + dataBytes);
    const end = dataStart + dataBytes + metadataBytes + HASH_BYTES;
    buffer.writeUInt32LE(end - start, start + 4);
    buffer.writeUInt32LE(dataBytes, start + 8);
    buffer.writeUInt32LE(metadataBytes, start + 12);
    buffer.write(chainHash(buffer, start, end), end - HASH_BYTES, 'latin1');
    this.length = end;
  }

  private name(text: string): Buffer {
    let bytes = this.names.get(text);
    if (!bytes) {
      if (this.names.size > 10_000) this.names.clear();
      this.names.set(text, (bytes = Buffer.from(text)));
    }
    return bytes;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    larger.set(this.bytes, 0);
    this.buffer = larger;
  }
}

/** Refuses, with `too-large`, what a frame cannot hold; throws for ids, digests and texts that would not come back as given. */
export function checkRequest(request: AppendRequest): void {
  const { stream, commandId } = request;
  if (request.events.length === 0) throw new Error(`command ${commandId} has no events`);
  checkText('stream name', stream, MAX_NAME_BYTES, request);
  if (stream === '') throw new Error('a stream needs a name');
  writeUuid(commandId, scratch, 0);
  writeHex(request.digest, 16, scratch, 0);
  for (const event of request.events) {
    checkText('type', event.type, MAX_NAME_BYTES, request);
    if (event.type === '') throw new Error('an event needs a type');
    checkText('data', event.data, MAX_TEXT_BYTES, request);
    checkText('metadata', event.metadata, MAX_TEXT_BYTES, request);
    writeUuid(event.eventId, scratch, 0);
    if (BigInt.asIntN(64, event.at) !== event.at) throw new Error(`effective time ${event.at} is not a 64-bit count of nanoseconds`);
  }
}

const scratch = Buffer.alloc(16);

function checkText(what: string, text: string, limit: number, request: AppendRequest): void {
  if (!text.isWellFormed()) throw new Error(`the ${what} holds half a surrogate pair, which UTF-8 cannot`);
  // A UTF-16 unit takes at most 3 bytes: short texts need no counting.
  if (text.length * 3 <= limit) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= limit) return;
  const about = { stream: request.stream, commandId: request.commandId };
  throw new StoreError('too-large', `${what} of ${bytes} bytes in stream ${request.stream.slice(0, 64)}: at most ${limit}`, about);
}

function writeCount(buffer: Buffer, value: number, offset: number): void {
  buffer.writeUInt32LE(value % 0x1_0000_0000, offset);
  buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), offset + 4);
}
