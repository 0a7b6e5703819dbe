/**
 * Funding files: a header with a time column (`funding_time_ms` or `time`) and a `rate` column, in any order among any others; a row is
 * the rate settled at that time, a fraction of the position's value (positive is paid by longs). Read and checked whole. What the
 * position was at those times is the ledger's business.
 */
import { parseDecimal } from '../domain/decimal';
import type { Instant } from '../domain/instant';
import { type Broken, readRows, refuseRow } from './csv';
import { TimeReader } from './file-times';
import { refuseFile, Source, type SourceOptions } from './source';

export interface FundingRow {
  readonly at: Instant;
  /** Plain decimal of at most 18 decimals, as written in the file. */
  readonly rate: string;
}

export interface FundingFile {
  readonly name: string;
  /** Lower-case hex SHA-256 of the file as given. */
  readonly sha256: string;
  /** In strictly increasing order of time. */
  readonly rows: readonly FundingRow[];
  /** Rows left out because the row before has the same time and rate. */
  readonly repeatedCount: number;
}

export interface FundingFileOptions extends SourceOptions {
  /** Zone of date-times that carry none; without it they are refused. */
  readonly zone?: string | undefined;
}

const TIME_NAMES = ['funding_time_ms', 'time'];
const MAX_RATE_DECIMALS = 18;

/** Reads one funding file (`-` is standard input). Throws as readPrices does. */
export async function readFunding(path: string, options: FundingFileOptions = {}): Promise<FundingFile> {
  const source = new Source(path, options);
  const file = source.name;
  const times = new TimeReader({ zone: options.zone });
  const rows: FundingRow[] = [];
  let repeatedCount = 0;
  let columns: { names: readonly string[]; time: number; rate: number } | undefined;
  for await (const block of readRows(source)) {
    for (const [i, row] of block.rows.entries()) {
      const line = block.line + i;
      if (row.length === 1 && row[0]!.trim() === '') continue;
      if (columns === undefined) {
        columns = headerOf(file, line, row);
        times.epochUnit = columns.names[columns.time] === 'funding_time_ms' ? 'ms' : undefined;
        continue;
      }
      const { names, time, rate } = columns;
      if (row.length !== names.length) {
        refuseRow(file, line, undefined, row.join(','), { rule: `must have ${names.length} columns like the header, has ${row.length}` });
      }
      const fail = (column: number, broken: Broken): never => refuseRow(file, line, names[column], row[column], broken);
      const at = times.read(row[time]!.trim());
      if (typeof at !== 'bigint') return fail(time, at);
      if (times.kind === 'date') fail(time, { rule: 'must be a time: a date alone does not say when funding was settled' });
      const text = row[rate]!.trim();
      const value = parseDecimal(text);
      if (value === undefined) return fail(rate, { rule: 'must be a plain decimal such as -0.00016125' });
      if (value.scale > MAX_RATE_DECIMALS) fail(rate, { code: 'ScaleExceeded', rule: `must have at most ${MAX_RATE_DECIMALS} decimals` });
      const last = rows.at(-1);
      if (last !== undefined && at <= last.at) {
        if (at < last.at) fail(time, { rule: 'times must increase from row to row' });
        if (text !== last.rate) fail(rate, { rule: 'the row before has the same time and another rate' });
        repeatedCount++;
      } else rows.push({ at, rate: text });
    }
  }
  if (rows.length === 0) refuseFile(file, 'holds no funding rates');
  return { name: file, sha256: source.sha256, rows, repeatedCount };
}

function headerOf(file: string, line: number, row: readonly string[]): { names: readonly string[]; time: number; rate: number } {
  const names = row.map((name) => name.trim().toLowerCase());
  const time = names.findIndex((name) => TIME_NAMES.includes(name));
  const rate = names.indexOf('rate');
  if (time >= 0 && rate >= 0 && names.filter((name) => name === 'rate' || TIME_NAMES.includes(name)).length === 2)
    return { names, time, rate };
  return refuseRow(file, line, undefined, row.join(','), {
    rule: 'the header names one time column (funding_time_ms or time) and one rate column',
  });
}
