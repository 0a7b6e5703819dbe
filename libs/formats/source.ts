/**
 * Bytes of a FILE argument: a path or `-` for standard input, gunzipped when the bytes say so (the name does not count), with the SHA-256
 * of the bytes as given. Invariant: whoever reads to the end has read a whole, undamaged file; anything else throws. Standard input is
 * streamed once and never kept: readers that must see a whole file before they act hold their own parsed form of it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { refuse, RefusalError } from '../domain/refusal';

export interface Progress {
  /** Bytes read so far, before decompression. */
  readonly bytes: number;
  /** Size of the file; absent for standard input and pipes. */
  readonly total?: number;
}

export interface SourceOptions {
  /** Aborting ends the reading at once with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk read. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** What `-` stands for; default process.stdin. */
  readonly stdin?: Readable | undefined;
  /** What refusals call it; default "stdin". */
  readonly stdinName?: string | undefined;
}

const CHUNK = 256 * 1024;

/** Throws the refusal that a file cannot be read, or is not what it should be, as a whole. */
export function refuseFile(file: string, rule: string): never {
  throw new RefusalError(refuse('InvalidFile', rule, { field: file, detail: { file } }));
}

/** The content of one file, iterable once. */
export class Source implements AsyncIterable<Buffer> {
  /** The path as given, or what standard input is called. */
  readonly name: string;
  private readonly hash = createHash('sha256');
  private digest: string | undefined;

  constructor(
    private readonly path: string,
    private readonly options: SourceOptions = {},
  ) {
    this.name = path === '-' ? (options.stdinName ?? 'stdin') : path;
  }

  /** Lower-case hex SHA-256 of the bytes as given (compressed ones if so). Only after the last chunk was taken. */
  get sha256(): string {
    if (this.digest === undefined) throw new Error(`${this.name} was not read to its end`);
    return this.digest;
  }

  /**
   * The content, decompressed. Throws RefusalError InvalidFile when the file is missing or unreadable, or when its gzip data is truncated,
   * corrupt or followed by other bytes; the signal's reason when aborted.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    try {
      const raw = this.rawChunks();
      const head = await takeHead(raw);
      const rest = chain(head, raw);
      if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(rest, signal);
      else if (head.toString('latin1', 0, 4) === 'PK\x03\x04')
        refuseFile(this.name, 'is a zip archive: unpack it first (gzip is read as it is)');
      else yield* rest;
      this.digest = this.hash.digest('hex');
    } catch (error) {
      signal?.throwIfAborted();
      const rule = ruleFor(error);
      if (rule === undefined) throw error;
      refuseFile(this.name, rule);
    }
  }

  private async *rawChunks(): AsyncGenerator<Buffer, void, undefined> {
    const { signal, onProgress, stdin = process.stdin } = this.options;
    const file = this.path === '-' ? undefined : await stat(this.path);
    const total = file?.isFile() ? { total: file.size } : {};
    const stream: Readable = file === undefined ? stdin : createReadStream(this.path, { highWaterMark: CHUNK });
    if (signal !== undefined) addAbortSignal(signal, stream);
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer | string>) {
      const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.hash.update(buffer);
      bytes += buffer.length;
      onProgress?.({ bytes, ...total });
      yield buffer;
    }
  }
}

/** At least the first four bytes, where there are as many. */
async function takeHead(chunks: AsyncGenerator<Buffer, void, undefined>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* chain(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzip(chunks: AsyncIterable<Buffer>, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, undefined> {
  const inflate = createGunzip({ chunkSize: CHUNK });
  if (signal !== undefined) addAbortSignal(signal, inflate);
  let given = 0;
  const input = Readable.from(chunks, { objectMode: false });
  input.on('data', (chunk: Buffer) => (given += chunk.length));
  input.on('error', (error) => inflate.destroy(error));
  input.pipe(inflate);
  try {
    yield* inflate as AsyncIterable<Buffer>;
    // Zlib stops silently at bytes that begin no further gzip member.
    if (inflate.bytesWritten !== given || !input.readableEnded) throw new TrailingBytes();
  } finally {
    input.destroy();
    inflate.destroy();
  }
}

class TrailingBytes extends Error {}

/** What a person should read for an error of the file system or of zlib; undefined for any other error. */
function ruleFor(error: unknown): string | undefined {
  if (error instanceof TrailingBytes) return 'has other bytes after the end of its gzip data';
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case undefined:
      return undefined;
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'is a directory';
    case 'EACCES':
      return 'may not be read by this user';
    case 'Z_BUF_ERROR':
      return 'its gzip data is truncated';
    case 'Z_DATA_ERROR':
      return 'its gzip data is corrupt';
    default:
      return /^E[A-Z]+$/.test(code) ? `cannot be read (${code})` : undefined;
  }
}
