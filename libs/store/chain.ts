/**
 * Checking slices against the chain. Invariant: a slice that passes continues the events before it without a gap, and every stored byte of it is
 * covered by a hash that was recomputed. Deliberately absent: where the slices come from.
 */
import { type ByteSlice, chainHash, HASH_BYTES, isFrame, readCount } from './frame';
import { StoreError } from './port';

/** Where a chain stands: the place that the next event must take, and the hash that it must continue. */
export class ChainCheck {
  private last: Buffer;

  constructor(
    public position: number,
    hash: Uint8Array,
    /** Revision of the stream's last event before this slice; undefined: not to be checked. */
    private readonly headOf: (stream: string) => number | undefined,
  ) {
    this.last = Buffer.from(hash);
  }

  /** Hash after the last event checked, 32 bytes. */
  get hash(): Buffer {
    return this.last;
  }

  /** Checks the next slice and moves behind it. Throws StoreError `damaged` naming the first position at which something is wrong. */
  take(slice: ByteSlice): void {
    const { bytes, stream } = slice;
    if (slice.position !== this.position + 1) throw damaged(slice.position, `position ${this.position + 1} was to come`);
    const head = this.headOf(stream);
    if (head !== undefined && slice.revision !== head + 1)
      throw damaged(slice.position, `revision ${slice.revision} of ${stream} follows ${head}`);
    if (bytes.compare(this.last, 0, HASH_BYTES, slice.start - HASH_BYTES, slice.start) !== 0) {
      throw damaged(slice.position, 'it does not continue the hash before it');
    }
    let start = slice.start;
    for (let index = 0; index < slice.count; index++) {
      const position = slice.position + index;
      if (!isFrame(bytes, start)) throw damaged(position, 'its frame has impossible lengths');
      const end = start + bytes.readUInt32LE(start + 4);
      if (chainHash(bytes, start, end) !== bytes.toString('latin1', end - HASH_BYTES, end))
        throw damaged(position, 'its bytes do not match its hash');
      const name = bytes.toString('utf8', start + 100, start + 100 + bytes[start + 1]!);
      if (readCount(bytes, start + 16) !== position || readCount(bytes, start + 24) !== slice.revision + index || name !== stream) {
        throw damaged(position, 'it belongs to another place');
      }
      start = end;
    }
    if (start !== bytes.length) throw damaged(slice.position, 'its slice has bytes behind the last event');
    this.position += slice.count;
    this.last = bytes.subarray(start - HASH_BYTES, start);
  }
}

export function damaged(position: number, what: string): StoreError {
  return new StoreError('damaged', `the log is damaged at position ${position}: ${what}`);
}
