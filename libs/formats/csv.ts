/**
 * Rows of a comma-separated file, in blocks, each row with its line. One row is one line: a quoted field may hold commas and quotes, but no
 * line break, so that a line number always names the row. LF and CRLF both end a line; a UTF-8 byte order mark is skipped. Fields are
 * text, exactly as written: nothing is converted here.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { type RefusalCode, refuse, RefusalError } from '../domain/refusal';
import { refuseFile, type Source } from './source';

/** Consecutive rows; row i stands on line `line + i`. A blank line is a row of one empty field. */
export interface RowBlock {
  readonly line: number;
  readonly rows: readonly (readonly string[])[];
}

/** Longest line that is read. */
export const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;
const EMPTY: Buffer = Buffer.alloc(0);

/** What is wrong with a field: the rule it breaks. */
export interface Broken {
  readonly rule: string;
  readonly code?: RefusalCode;
}

/** Throws the refusal of one field (or, without a column, of one line) of a file. */
export function refuseRow(file: string, line: number, column: string | undefined, value: unknown, broken: Broken): never {
  throw new RefusalError(
    refuse(broken.code ?? 'InvalidFile', broken.rule, {
      field: `${file}:${line}${column === undefined ? '' : ` ${column}`}`,
      value,
      detail: { file, line: String(line), ...(column === undefined ? {} : { column }) },
    }),
  );
}

/** All rows, the header as any other. Throws RefusalError InvalidFile on an empty file, broken quoting and overlong lines. */
export async function* readRows(source: Source): AsyncGenerator<RowBlock, void, undefined> {
  let line = 1;
  let rest = EMPTY;
  for await (const chunk of source) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const rows = parseLines(source.name, line, Buffer.concat([rest, chunk.subarray(0, end)]));
      yield { line, rows };
      line += rows.length;
    }
    rest = end > 0 ? chunk.subarray(end) : Buffer.concat([rest, chunk]);
    if (rest.length > MAX_LINE_BYTES)
      refuseRow(source.name, line, undefined, undefined, { rule: `a line has at most ${MAX_LINE_BYTES} bytes` });
  }
  if (rest.length > 0) yield { line, rows: parseLines(source.name, line, rest) };
  else if (line === 1) refuseFile(source.name, 'is empty');
}

function parseLines(file: string, line: number, bytes: Buffer): string[][] {
  let rows: string[][];
  try {
    rows = parse(bytes, { bom: line === 1, record_delimiter: ['\r\n', '\n'], relax_column_count: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const within = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return refuseRow(file, line + within - 1, undefined, undefined, {
      rule: 'quotes must enclose a whole field and be closed on its line',
    });
  }
  const broken = rows.length === countLines(bytes) ? -1 : rows.findIndex((row) => row.some((field) => field.includes('\n')));
  if (broken >= 0) refuseRow(file, line + broken, undefined, undefined, { rule: 'a field must not hold a line break' });
  return rows;
}

function countLines(bytes: Buffer): number {
  let count = bytes[bytes.length - 1] === NEWLINE ? 0 : 1;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
