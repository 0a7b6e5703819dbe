/**
 * Columns as bytes: a header of JSON text that says the form of each column, then their arrays, little-endian, each at a multiple of eight.
 * Reading shares the memory of the given bytes where they are aligned. Bytes are named by their digest, and reading by name checks it, so
 * that damage and a mistaken file show as a TapeDamaged and never as a wrong price.
 */
import { createHash } from 'node:crypto';
import { Column, type ColumnShape, type Offsets, type Wide } from './column';

/** The tape as it was stored cannot be used: rebuild it from the log. */
export class TapeDamaged extends Error {
  override readonly name = 'TapeDamaged';
}

/** Bytes and their name. */
export interface Blob {
  readonly key: string;
  readonly bytes: Buffer;
}

interface ColumnHeader {
  readonly kind: ColumnShape['kind'];
  readonly n: number;
  readonly base: string;
  readonly unit: string;
  readonly step?: number;
  readonly arrays: readonly { readonly type: ArrayType; readonly length: number }[];
}

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array, i64: BigInt64Array } as const;
type ArrayType = keyof typeof ARRAYS | 'text';
type Body = Offsets | BigInt64Array;

const MAGIC = 0x3150_414e; // "NAP1"
const PREAMBLE = 8;

const aligned = (length: number): number => (length + 7) & ~7;

/** The name of bytes: 128 bits of their SHA-256, lower-case hex. */
export function nameOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export function asBlob(bytes: Buffer): Blob {
  return { key: nameOf(bytes), bytes };
}

/** Throws TapeDamaged when the bytes are missing or are not the named ones. */
export function checked(key: string, bytes: Buffer | undefined): Buffer {
  if (bytes === undefined) throw new TapeDamaged(`blob ${key} is missing`);
  if (nameOf(bytes) !== key) throw new TapeDamaged(`blob ${key} has other bytes`);
  return bytes;
}

export function encodeColumns(columns: readonly Column[]): Buffer {
  const bodies = columns.map(bodiesOf);
  const headers = columns.map(({ shape }, c): ColumnHeader => ({
    ...shape,
    base: shape.base.toString(),
    unit: shape.unit.toString(),
    arrays: bodies[c]!.map((body) => ({ type: typeOf(body), length: body.length })),
  }));
  const header = Buffer.from(JSON.stringify(headers));
  const parts = bodies.flat();
  const bytes = Buffer.alloc(aligned(PREAMBLE + header.length) + parts.reduce((sum, part) => sum + aligned(part.byteLength), 0));
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(header.length, 4);
  header.copy(bytes, PREAMBLE);
  let at = aligned(PREAMBLE + header.length);
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += aligned(part.byteLength);
  }
  return bytes;
}

/** Throws TapeDamaged when the bytes are no columns. */
export function decodeColumns(bytes: Buffer): Column[] {
  if (bytes.length < PREAMBLE || bytes.readUInt32LE(0) !== MAGIC) throw new TapeDamaged('not a blob of columns');
  const headerEnd = PREAMBLE + bytes.readUInt32LE(4);
  const headers = JSON.parse(bytes.toString('utf8', PREAMBLE, headerEnd)) as ColumnHeader[];
  const shared = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  let at = aligned(headerEnd);
  return headers.map(({ arrays, base, unit, ...shape }) => {
    const bodies = arrays.map(({ type, length }) => {
      const Type = type === 'text' ? Uint8Array : ARRAYS[type];
      const body = new Type(shared.buffer as ArrayBuffer, shared.byteOffset + at, length);
      at += aligned(body.byteLength);
      return body;
    });
    const [first, second] = bodies as [Body, Body | undefined];
    const body =
      shape.kind === 'runs'
        ? { starts: first as Uint32Array, firsts: second as Float64Array }
        : arrays[0]!.type === 'text'
          ? Buffer.from(first as Uint8Array)
              .toString('latin1')
              .split(' ')
              .map(BigInt)
          : first;
    return new Column({ ...shape, base: BigInt(base), unit: BigInt(unit) }, body);
  });
}

/** Arrays of a column; bigints beyond 64 bits as decimal text. */
function bodiesOf(column: Column): readonly (Body | Buffer)[] {
  if (column.runs !== undefined) return [column.runs.starts, column.runs.firsts];
  if (column.offsets !== undefined) return [column.offsets];
  const wide: Wide = column.wide!;
  return [wide instanceof BigInt64Array ? wide : Buffer.from(wide.join(' '), 'latin1')];
}

function typeOf(body: Body | Buffer): ArrayType {
  if (Buffer.isBuffer(body)) return 'text';
  return (Object.keys(ARRAYS) as (keyof typeof ARRAYS)[]).find((type) => body instanceof ARRAYS[type])!;
}
