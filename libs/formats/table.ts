/**
 * Tables on their way out: named columns of declared types, values as the text that every border shows; and their CSV form. Values are
 * written as given, never reformatted. Parquet is its own file, so that CSV does not load it.
 */

/** decimal: a plain decimal string of at most `scale` decimals. timestamp: RFC 3339 with a zone. integer: a whole decimal string, 64 bits. */
export type Column =
  | { readonly name: string; readonly type: 'text' | 'timestamp' | 'integer' }
  | { readonly name: string; readonly type: 'decimal'; readonly scale: number };

/** One value a column, in their order; null where there is none. */
export type Row = readonly (string | null)[];

/** Throws a defect when a row has not one value a column. */
export function checkWidth(columns: readonly Column[], row: Row): void {
  if (row.length !== columns.length) throw new Error(`a row of ${row.length} values in a table of ${columns.length} columns`);
}

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/**
 * RFC 4180 with a header line; each yielded piece is one line with its ending, a bare LF. Null is an empty field, an empty text is `""`.
 */
export function* csvLines(columns: readonly Column[], rows: Iterable<Row>): Generator<string, void, undefined> {
  yield `${columns.map(({ name }) => csvField(name)).join(',')}\n`;
  for (const row of rows) {
    checkWidth(columns, row);
    yield `${row.map(csvField).join(',')}\n`;
  }
}

function csvField(value: string | null): string {
  if (value === null) return '';
  return value === '' || NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
