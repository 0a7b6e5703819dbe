/**
 * Price files: rows become ticks. A candle is one tick, its close, effective at its end; a close is effective at its time. The whole file is
 * read and checked before anything is returned, so a damaged last row refuses the first. Gaps stay gaps: nothing is filled in.
 */
import { parseDecimal } from '../domain/decimal';
import { formatInstant, type Instant, NANOS_PER_SECOND, parseDuration } from '../domain/instant';
import { refuse, RefusalError } from '../domain/refusal';
import { type Broken, readRows, refuseRow } from './csv';
import { DecimalReader } from './file-decimals';
import { TimeReader } from './file-times';
import { type Gaps, gapsOf, NO_GAPS } from './gaps';
import { PriceColumns } from './price-columns';
import { type PriceFormat, type PriceLayout, priceLayout } from './price-layout';
import { refuseFile, Source, type SourceOptions } from './source';

export interface PriceFileOptions extends SourceOptions {
  readonly format: PriceFormat;
  /** Decimals of a price, 0 to 18. */
  readonly priceScale: number;
  /** Positive decimal; every value is multiplied by it, exactly, before it must fit the scale ("0.01" turns percent into fractions). */
  readonly multiply?: string | undefined;
  /** Round half-even what does not fit the scale; without it such a value is refused. */
  readonly round?: boolean | undefined;
  /** Length of a candle ("1m"); default the close-time column's, else the smallest distance between rows. Not for closes or dates. */
  readonly interval?: string | undefined;
  /** Local time of day that a date alone means; default 16:00. */
  readonly close?: string | undefined;
  /** Zone of `close`, default America/New_York; given explicitly, date-times without a zone are local times of it. */
  readonly zone?: string | undefined;
  /** Zero and negative values are fine: for a rate. */
  readonly allowNegative?: boolean | undefined;
}

/** With the gaps between its candles; closes and dates have none. */
export interface PriceFile extends Gaps {
  readonly name: string;
  /** Lower-case hex SHA-256 of the file as given. */
  readonly sha256: string;
  readonly prices: PriceColumns;
  /** Values that `round` changed. */
  readonly roundedCount: number;
  /** Rows left out because the row before has the same time and price. */
  readonly repeatedCount: number;
}

const LONGEST_INTERVAL = 365n * 86_400n * NANOS_PER_SECOND;

/**
 * Reads one price file (`-` is standard input). Throws RefusalError: InvalidField for an option, ScaleExceeded for digits that do not fit,
 * InvalidFile for all else, with file, line, column, value and rule; the signal's reason when aborted.
 */
export async function readPrices(path: string, options: PriceFileOptions): Promise<PriceFile> {
  const interval = readInterval(options);
  const source = new Source(path, options);
  const rows = new PriceRows(source.name, options, interval);
  for await (const block of readRows(source)) {
    for (let i = 0; i < block.rows.length; i++) rows.take(block.line + i, block.rows[i]!);
  }
  return { name: source.name, sha256: source.sha256, ...rows.finish() };
}

/** One file on its way in. */
class PriceRows {
  private readonly prices: PriceColumns;
  private readonly decimals: DecimalReader;
  private readonly bounds: DecimalReader;
  private layout: PriceLayout | undefined;
  private readonly times: TimeReader;
  private readonly closeTimes: TimeReader;
  private last: Instant | undefined;
  private lastPrice = 0n;
  private smallest: bigint | undefined;
  private repeatedCount = 0;

  constructor(
    private readonly file: string,
    private readonly options: PriceFileOptions,
    private readonly interval: bigint | undefined,
  ) {
    const { priceScale, round = false } = options;
    const multiply = options.multiply === undefined ? undefined : parseDecimal(options.multiply);
    if (options.multiply !== undefined && !(multiply !== undefined && multiply.digits > 0n)) {
      throw new RefusalError(refuse('InvalidField', 'must be a positive plain decimal', { field: '--multiply', value: options.multiply }));
    }
    this.prices = new PriceColumns(priceScale);
    this.decimals = new DecimalReader(priceScale, multiply, round);
    // Rounding keeps order, so bounds may be compared rounded.
    this.bounds = new DecimalReader(priceScale, multiply, true);
    this.times = new TimeReader(options);
    this.closeTimes = new TimeReader(options);
  }

  take(line: number, row: readonly string[]): void {
    if (row.length === 1 && row[0]!.trim() === '') return;
    if (this.layout === undefined) {
      this.layout = priceLayout(this.file, this.options.format, row);
      this.times.epochUnit = this.closeTimes.epochUnit = this.layout.epochUnit;
      if (this.layout.header) return;
    }
    const layout = this.layout;
    if (row.length !== layout.names.length) {
      refuseRow(this.file, line, undefined, row.join(','), {
        rule: `must have ${layout.names.length} columns like the first line, has ${row.length}`,
      });
    }
    const at = this.endOf(line, row, layout);
    const price = this.priceOf(line, row, layout);
    if (this.last !== undefined && at <= this.last) {
      if (at === this.last && price === this.lastPrice) {
        this.repeatedCount++;
        return;
      }
      this.refuse(line, layout.time, row, {
        rule: at < this.last ? 'times must increase from row to row' : 'the row before has the same time and another price',
      });
    }
    if (this.last !== undefined && (this.smallest === undefined || at - this.last < this.smallest)) this.smallest = at - this.last;
    this.prices.push(at, price);
    this.last = at;
    this.lastPrice = price;
  }

  finish(): Omit<PriceFile, 'name' | 'sha256'> {
    const { prices, repeatedCount } = this;
    if (prices.count === 0) refuseFile(this.file, 'holds no prices');
    const done = { prices, repeatedCount, roundedCount: this.decimals.rounded };
    if (!this.isCandle()) return { ...done, ...NO_GAPS };
    const length = this.interval ?? this.smallest;
    if (this.interval !== undefined || this.layout?.closeTime === undefined) {
      if (length === undefined) return refuseFile(this.file, 'has one row, which shows no interval: give --interval');
      if (this.smallest !== undefined && this.smallest < length)
        refuseFile(this.file, 'has rows that stand closer together than --interval');
      prices.shift(length);
    }
    return { ...done, ...(length === undefined ? NO_GAPS : gapsOf(prices, length)) };
  }

  /** Rows that span time; a date alone is the close of its day already. */
  private isCandle(): boolean {
    return this.options.format !== 'closes' && this.times.kind !== 'date';
  }

  /** When the row is effective; without an interval or a close time yet, its start, which `finish` moves. */
  private endOf(line: number, row: readonly string[], layout: PriceLayout): Instant {
    const start = this.times.read(row[layout.time]!.trim());
    if (typeof start !== 'bigint') return this.refuse(line, layout.time, row, start);
    if (this.interval !== undefined && this.times.kind === 'date') {
      this.refuse(line, layout.time, row, { rule: 'a date alone is effective at the close of its day: --interval does not apply' });
    }
    if (layout.closeTime === undefined || this.interval !== undefined || !this.isCandle()) return start;
    const closing = this.closeTimes.read(row[layout.closeTime]!.trim());
    if (typeof closing !== 'bigint') return this.refuse(line, layout.closeTime, row, closing);
    if (this.closeTimes.kind !== this.times.kind) this.refuse(line, layout.closeTime, row, { rule: "must be written like the row's time" });
    const end = endAfter(closing, this.closeTimes.unit, this.options.format);
    if (end <= start || end - start > LONGEST_INTERVAL) {
      this.refuse(line, layout.closeTime, row, { rule: `must be after the row's time ${formatInstant(start)}, by at most 365 days` });
    }
    return end;
  }

  private priceOf(line: number, row: readonly string[], layout: PriceLayout): bigint {
    const price = this.decimals.read(row[layout.price]!.trim());
    if (typeof price !== 'bigint') return this.refuse(line, layout.price, row, price);
    if (price <= 0n && !this.options.allowNegative) this.refuse(line, layout.price, row, { rule: 'must be above zero' });
    for (const bound of [layout.low, layout.high]) {
      if (bound === undefined) continue;
      const limit = this.bounds.read(row[bound]!.trim());
      if (typeof limit !== 'bigint') return this.refuse(line, bound, row, limit);
      if (bound === layout.low ? price < limit : price > limit) {
        this.refuse(line, layout.price, row, {
          rule: `must lie between the row's low and high, ${row[layout.low!]} and ${row[layout.high!]}`,
        });
      }
    }
    return price;
  }

  private refuse(line: number, column: number, row: readonly string[], broken: Broken): never {
    return refuseRow(this.file, line, this.layout!.names[column], row[column], broken);
  }
}

function readInterval({ interval, format }: PriceFileOptions): bigint | undefined {
  if (interval === undefined) return undefined;
  const about = { field: '--interval', value: interval };
  if (format === 'closes') throw new RefusalError(refuse('InvalidField', 'a close holds at its own time and has no interval', about));
  const nanos = parseDuration(interval);
  if (nanos === undefined || nanos > LONGEST_INTERVAL) {
    throw new RefusalError(refuse('InvalidField', 'must be a duration of at most 365 days such as 90s, 1m, 8h or 1d', about));
  }
  return nanos;
}

/**
 * The end of a candle from its close time. An exchange's close time is the candle's last unit (…:59.999), so the end is one unit later; in
 * other files a close time that is a round moment is the end itself.
 */
function endAfter(closing: Instant, unit: bigint, format: PriceFormat): Instant {
  const round = unit < NANOS_PER_SECOND ? NANOS_PER_SECOND : 60n * NANOS_PER_SECOND;
  const inclusive = format === 'binance-klines' || (closing % round !== 0n && (closing + unit) % round === 0n);
  return inclusive ? closing + unit : closing;
}
