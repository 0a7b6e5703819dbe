/**
 * Lines of newline-delimited JSON, one at a time, as they arrive: a writer on a pipe is answered line by line, and a slow reader slows the
 * file. LF or CRLF ends a line; blank lines are left out but counted. Whether a line is JSON at all is not decided here.
 */
import { isUtf8 } from 'node:buffer';
import { refuse, type Refusal } from '../domain/refusal';
import { Source, type SourceOptions } from './source';

/** Longest line that is read, without its ending, unless the caller says otherwise. */
export const MAX_NDJSON_LINE_BYTES = 1024 * 1024;

export interface NdjsonOptions extends SourceOptions {
  readonly maxLineBytes?: number | undefined;
}

/** A line (from 1) with its text, or with the refusal of a line that cannot be read; the lines after that one are read all the same. */
export type NdjsonLine =
  | { readonly line: number; readonly text: string; readonly refusal?: never }
  | { readonly line: number; readonly refusal: Refusal; readonly text?: never };

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The lines of a file (`-` is standard input), gzip or not. A line of invalid UTF-8 or beyond {@link MAX_NDJSON_LINE_BYTES} comes as a
 * MalformedLine refusal. Throws RefusalError InvalidFile when the file itself fails, after the lines before the damage.
 */
export async function* readNdjson(path: string, options: NdjsonOptions = {}): AsyncGenerator<NdjsonLine, void, undefined> {
  const { signal, maxLineBytes: limit = MAX_NDJSON_LINE_BYTES } = options;
  let line = 1;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const finish = (tail: Buffer): NdjsonLine | undefined => {
    const bytes = heldBytes + tail.length;
    const made = bytes > limit + 1 ? tooLong(line, limit) : lineOf(line, held.length === 0 ? tail : Buffer.concat([...held, tail]), limit);
    line++;
    held = [];
    heldBytes = 0;
    return made;
  };
  for await (const chunk of new Source(path, options)) {
    let start = 0;
    for (;;) {
      // Millions of blank lines are a few bytes of an archive.
      if (heldBytes === 0) for (; chunk[start] === NEWLINE; start++) line++;
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const made = finish(chunk.subarray(start, end));
      start = end + 1;
      if (made === undefined) continue;
      signal?.throwIfAborted();
      yield made;
    }
    const rest = chunk.subarray(start);
    heldBytes += rest.length;
    if (heldBytes > limit + 1) held = [];
    else if (rest.length > 0) held.push(rest);
  }
  if (heldBytes > 0) {
    const made = finish(Buffer.alloc(0));
    if (made !== undefined) yield made;
  }
}

/** Undefined for a blank line. */
function lineOf(line: number, bytes: Buffer, limit: number): NdjsonLine | undefined {
  const body = bytes[bytes.length - 1] === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
  if (body.length > limit) return tooLong(line, limit);
  if (!isUtf8(body)) return { line, refusal: refuse('MalformedLine', 'must be valid UTF-8', { value: body.toString('latin1', 0, 80) }) };
  const text = body.toString('utf8');
  const content = line === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  return content.trim() === '' ? undefined : { line, text: content };
}

function tooLong(line: number, limit: number): NdjsonLine {
  return { line, refusal: refuse('MalformedLine', `must have at most ${limit} bytes`) };
}
