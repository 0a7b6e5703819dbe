/**
 * Which column of a price file is what, told from its first line. A layout is found whole or the file is refused: a renamed, missing or
 * moved column never silently becomes another one.
 */
import { type Broken, refuseRow } from './csv';
import type { EpochUnit } from './file-times';

/**
 * binance-klines: the exchange's twelve columns, with or without its header line, or the six of open_time_ms,open,high,low,close,volume.
 * candles: a header that names a time (or date) and a `close` column, in any order and letter case, among any others.
 * closes: a header of any names; the first column is the date or time, the second the value.
 */
export type PriceFormat = 'binance-klines' | 'candles' | 'closes';

export const PRICE_FORMATS: readonly PriceFormat[] = ['binance-klines', 'candles', 'closes'];

export interface PriceLayout {
  /** One name a column, for messages. */
  readonly names: readonly string[];
  readonly time: number;
  readonly price: number;
  /** The last moment of a candle. */
  readonly closeTime?: number;
  /** Columns between which the price must lie. */
  readonly low?: number;
  readonly high?: number;
  readonly epochUnit?: EpochUnit | undefined;
  /** Whether the first line is a header. */
  readonly header: boolean;
}

const KLINE = ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time'];
const KLINE_COLUMNS = [...KLINE, 'quote_volume', 'count', 'taker_buy_volume', 'taker_buy_quote_volume', 'ignore'];
const TIME_NAMES = ['open_time_ms', 'open_time', 'time_ms', 'time', 'timestamp_ms', 'timestamp', 'datetime', 'date'];
const CLOSE_TIME_NAMES = ['close_time_ms', 'close_time'];

/** The layout that the first line shows. Throws RefusalError InvalidFile, naming the file and the line's text, when it shows none. */
export function priceLayout(file: string, format: PriceFormat, first: readonly string[]): PriceLayout {
  const names = first.map((name) => name.trim().toLowerCase().replaceAll(' ', '_'));
  const layout = format === 'binance-klines' ? klines(names) : format === 'candles' ? candles(names) : closes(names);
  return 'rule' in layout ? refuseRow(file, 1, undefined, first.join(','), layout) : layout;
}

function klines(names: readonly string[]): PriceLayout | Broken {
  const at = { time: 0, price: 4, high: 2, low: 3 };
  const isHeader = KLINE.every((name, i) => names[i] === name);
  if (names.length === KLINE_COLUMNS.length && (isHeader || /^\d+$/.test(names[0]!))) {
    return { ...at, names: KLINE_COLUMNS, closeTime: 6, header: isHeader };
  }
  if (names.length === 6 && KLINE.slice(1, 6).every((name, i) => names[i + 1] === name)) {
    if (names[0] === 'open_time_ms' || names[0] === 'open_time') return { ...at, names, header: true, epochUnit: unitOf(names[0]) };
  }
  return { rule: 'a kline file has 12 columns, or the header open_time_ms,open,high,low,close,volume' };
}

function candles(names: readonly string[]): PriceLayout | Broken {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { rule: `the header names ${JSON.stringify(twice)} twice` };
  const timeName = TIME_NAMES.find((name) => names.includes(name));
  const closeTimeName = CLOSE_TIME_NAMES.find((name) => names.includes(name));
  if (timeName === undefined || !names.includes('close')) {
    return { rule: `the header of a candle file names a close column and a time column (one of ${TIME_NAMES.join(', ')})` };
  }
  const closeTime = closeTimeName === undefined ? {} : { closeTime: names.indexOf(closeTimeName) };
  return { names, time: names.indexOf(timeName), price: names.indexOf('close'), ...closeTime, header: true, epochUnit: unitOf(timeName) };
}

function closes(names: readonly string[]): PriceLayout | Broken {
  if (names.length < 2 || names.some((name) => name === '') || /^[-\d.]/.test(names[0]!) || /^[-\d.]/.test(names[1]!)) {
    return { rule: 'the first line names the columns: first the date or time, second the value' };
  }
  if (names.includes('close') && names[1] !== 'close')
    return { rule: 'the value stands in the second column: for a close column elsewhere the format is candles' };
  return { names, time: 0, price: 1, header: true, epochUnit: unitOf(names[0]!) };
}

function unitOf(name: string): EpochUnit | undefined {
  return name.endsWith('_ms') ? 'ms' : undefined;
}
