import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { folder, read, refusalOf, ticks, ticksOf } from '../../test/support/price-files';
import { formatFixed } from '../domain/decimal';
import { formatInstant } from '../domain/instant';
import { readPrices } from './prices';
import { csvLines } from './table';

const SEED = Number(process.env['NAVLEDGER_SEED'] ?? Date.now() % 1_000_000);
const RUNS = process.env['NAVLEDGER_FULL'] === '1' ? 300 : 30;

const SIX = 'open_time_ms,open,high,low,close,volume';
/** 2020-01-01T00:00Z plus minutes, in milliseconds. */
const ms = (minute: number) => String(1_577_836_800_000 + minute * 60_000);
const six = (minute: number, close = '7186.68') => `${ms(minute)},7195.24,7196.25,7183.14,${close},51.6`;
/** One row of the exchange's own file; in microseconds when asked. */
const native = (minute: number, close: string, micros = false) => {
  const last = `${Number(ms(minute)) + 59_999}${micros ? '999' : ''}`;
  return `${ms(minute)}${micros ? '000' : ''},7195.24,7196.25,7183.14,${close},51.6,${last},371148.1,640,25.1,180000.5,0`;
};

describe('binance klines', () => {
  it('are the close at the end of the candle: open time plus the smallest distance', async () => {
    expect(await ticksOf([SIX, six(0), six(1, '7184.03'), six(4, '7184')], { format: 'binance-klines' })).toEqual([
      '2020-01-01T00:01:00Z 7186.68',
      '2020-01-01T00:02:00Z 7184.03',
      '2020-01-01T00:05:00Z 7184.00',
    ]);
  });

  it('leave gaps as gaps and count what would have fitted: minutes 2 and 3, 6', async () => {
    const { gaps, missing } = await read([SIX, six(0), six(1), six(4), six(5), six(7)], { format: 'binance-klines' });
    expect({ gaps, missing }).toEqual({ gaps: 2, missing: 3 });
  });

  it('take the interval given, which one row needs', async () => {
    expect(await ticksOf([SIX, six(0)], { format: 'binance-klines', interval: '1m' })).toEqual(['2020-01-01T00:01:00Z 7186.68']);
    expect(await refusalOf([SIX, six(0)], { format: 'binance-klines' })).toBe(
      'InvalidFile: f.csv: has one row, which shows no interval: give --interval',
    );
    expect(await refusalOf([SIX, six(0), six(1)], { format: 'binance-klines', interval: '1h' })).toBe(
      'InvalidFile: f.csv: has rows that stand closer together than --interval',
    );
    expect(await refusalOf([SIX, six(0)], { format: 'binance-klines', interval: '1 minute' })).toBe(
      'InvalidField: --interval = "1 minute": must be a duration of at most 365 days such as 90s, 1m, 8h or 1d',
    );
  });

  it('of the exchange end one unit after the close time, milliseconds and microseconds alike, with or without a header', async () => {
    const header = 'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
    expect(native(0, '1', true)).toContain('1577836800000000,');
    expect(native(0, '1', true)).toContain(',1577836859999999,');
    const expected = ['2020-01-01T00:01:00Z 7186.68', '2020-01-01T00:02:00Z 7184.03'];
    expect(await ticksOf([native(0, '7186.68000000'), native(1, '7184.03000000')], { format: 'binance-klines' })).toEqual(expected);
    expect(await ticksOf([native(0, '7186.68', true), native(1, '7184.03', true)], { format: 'binance-klines' })).toEqual(expected);
    expect(await ticksOf([native(0, '7186.68'), native(1, '7184.03', true)], { format: 'binance-klines' })).toEqual(expected);
    expect(await ticksOf([header, native(0, '7186.68'), native(1, '7184.03')], { format: 'binance-klines' })).toEqual(expected);
    expect(await ticksOf([native(0, '7186.68')], { format: 'binance-klines' })).toEqual(expected.slice(0, 1));
  });

  it('are refused with another header, column order or count', async () => {
    const format = 'binance-klines';
    const rule = 'a kline file has 12 columns, or the header open_time_ms,open,high,low,close,volume';
    for (const header of [
      'open_time_ms,open,high,low,last,volume',
      'open_time_ms,close,high,low,open,volume',
      'open_time_ms,open,high,low,close',
      'garbage',
    ]) {
      expect(await refusalOf([header, six(0)], { format })).toBe(`InvalidFile: f.csv:1 = "${header}": ${rule}`);
    }
    expect(await refusalOf([six(0), six(1)], { format })).toContain(rule);
    expect(await refusalOf([SIX, six(0), `${six(1)},1`], { format })).toBe(
      'InvalidFile: f.csv:3 = "1577836860000,7195.24,7196.25,7183.14,7186.68,51.6,1": must have 6 columns like the first line, has 7',
    );
    expect(await refusalOf([SIX, six(0), '1577836860000,7195'], { format })).toContain('has 2');
  });

  it('are refused when the close lies outside low and high, which catches moved columns', async () => {
    expect(await refusalOf([SIX, six(0, '7183.13')], { format: 'binance-klines' })).toBe(
      `InvalidFile: f.csv:2 close = "7183.13": must lie between the row's low and high, 7183.14 and 7196.25`,
    );
    expect(await refusalOf([SIX, six(0, '7196.26')], { format: 'binance-klines' })).toContain('must lie between');
    expect(await ticksOf([SIX, six(0, '7183.14'), six(1, '7196.25')], { format: 'binance-klines' })).toHaveLength(2);
  });
});

describe('candles', () => {
  it('name their columns in any order and case', async () => {
    expect(
      await ticksOf(['Volume, Close ,Timestamp', '9,1.5,2024-01-01T00:00:00Z', '9,1.6,2024-01-01T08:00:00Z'], { format: 'candles' }),
    ).toEqual(['2024-01-01T08:00:00Z 1.50', '2024-01-01T16:00:00Z 1.60']);
  });

  it('of dates are effective at the close, have no gaps on weekends and take no interval', async () => {
    const rows = ['date,open,high,low,close,adjclose,volume', '2000-01-07,1,1,1,1441.47,1,1', '2000-01-10,1,1,1,1457.60,1,1'];
    const file = await read(rows, { format: 'candles' });
    expect(ticks(file)).toEqual(['2000-01-07T21:00:00Z 1441.47', '2000-01-10T21:00:00Z 1457.60']);
    expect([file.gaps, file.missing]).toEqual([0, 0]);
    expect(await refusalOf(rows, { format: 'candles', interval: '1d' })).toContain('a date alone is effective at the close of its day');
  });

  it('with a close time end there: a round one is the end, the last unit of a candle is one short of it', async () => {
    const header = 'time,close,close_time';
    expect(await ticksOf([header, '1577836800,1,1577840400'], { format: 'candles' })).toEqual(['2020-01-01T01:00:00Z 1.00']);
    expect(await ticksOf([header, '1577836800,1,1577840399'], { format: 'candles' })).toEqual(['2020-01-01T01:00:00Z 1.00']);
    expect(await ticksOf([header, '2020-01-01T00:00:00Z,1,2020-01-01T00:59:59.999Z'], { format: 'candles' })).toEqual([
      '2020-01-01T01:00:00Z 1.00',
    ]);
    expect(await ticksOf([header, '1577836800,1,1577840400'], { format: 'candles', interval: '30m' })).toEqual([
      '2020-01-01T00:30:00Z 1.00',
    ]);
    expect(await refusalOf([header, '1577836800,1,1577836800'], { format: 'candles' })).toBe(
      `InvalidFile: f.csv:2 close_time = "1577836800": must be after the row's time 2020-01-01T00:00:00Z, by at most 365 days`,
    );
    expect(await refusalOf([header, '1577836800,1,2020-01-01T01:00:00Z'], { format: 'candles' })).toContain(
      `must be written like the row's time`,
    );
  });

  it('need a time and a close column, each once', async () => {
    for (const header of ['date,open,high,low,last', 'day,close', '2024-01-01,1']) {
      expect(await refusalOf([header, '2024-01-02,1'], { format: 'candles' })).toContain(
        'the header of a candle file names a close column and a time column',
      );
    }
    expect(await refusalOf(['date,close,Close', '2024-01-02,1,2'], { format: 'candles' })).toContain('the header names "close" twice');
  });
});

describe('closes', () => {
  it('need a header, and a close column elsewhere than second means candles', async () => {
    expect(await refusalOf(['2024-01-02,1', '2024-01-03,1'], { format: 'closes' })).toContain('the first line names the columns');
    expect(await refusalOf(['date', '2024-01-03'], { format: 'closes' })).toContain('the first line names the columns');
    expect(await refusalOf(['date,open,close', '2024-01-03,1,2'], { format: 'closes' })).toContain('the format is candles');
    expect(await refusalOf(['date,close', '2024-01-03,1'], { format: 'closes', interval: '1d' })).toContain(
      'InvalidField: --interval = "1d"',
    );
  });
});

describe('a price file', () => {
  it('may be gzipped, quoted, in CRLF, behind a byte order mark, without a last line ending', async () => {
    const text = '\ufeff"Date","Close"\r\n"2024-01-02","1.5"\r\n2024-01-03,1.6';
    expect(ticks(await read(gzipSync(text), { format: 'closes' }))).toEqual(['2024-01-02T21:00:00Z 1.50', '2024-01-03T21:00:00Z 1.60']);
  });

  it('that is empty, has no rows, is truncated, missing or garbage is refused by name', async () => {
    const format = 'closes';
    expect(await refusalOf('', { format })).toBe('InvalidFile: f.csv: is empty');
    expect(await refusalOf(gzipSync(''), { format })).toBe('InvalidFile: f.csv: is empty');
    expect(await refusalOf('date,close\n', { format })).toBe('InvalidFile: f.csv: holds no prices');
    expect(await refusalOf('\n\n', { format })).toBe('InvalidFile: f.csv: holds no prices');
    const gz = gzipSync(['date,close', ...Array.from({ length: 300 }, (_, i) => `${1_600_000_000 + i},${i + 1}`)].join('\n'));
    expect(await refusalOf(gz.subarray(0, -9), { format })).toBe('InvalidFile: f.csv: its gzip data is truncated');
    expect(await refusalOf(Buffer.from([0, 255, 1, 2, 3, 10, 7]), { format })).toMatch(/^InvalidFile: f\.csv:1 = /);
    expect(await refusalOf(Buffer.alloc(3_000_000, 'x'), { format })).toBe('InvalidFile: f.csv:1: a line has at most 1048576 bytes');
    await expect(readPrices(join(folder, 'absent.csv'), { format, priceScale: 2 })).rejects.toThrow('absent.csv: there is no such file');
  });

  it('with broken quotes or a line break in a field is refused at its line', async () => {
    const format = 'closes';
    expect(await refusalOf('date,close\n2024-01-02,1\n2024-01-03,"2\n', { format })).toMatch(
      /^InvalidFile: f\.csv:\d+: quotes must enclose/,
    );
    expect(await refusalOf('date,close\n2024-01-02,1\n2024-01-03,2"2"\n', { format })).toBe(
      'InvalidFile: f.csv:3: quotes must enclose a whole field and be closed on its line',
    );
    expect(await refusalOf('date,close,note\n2024-01-02,1,"a\nb"\n2024-01-03,2,c\n', { format })).toBe(
      'InvalidFile: f.csv:2: a field must not hold a line break',
    );
  });

  it('names the right line in a file of many blocks', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${1_577_836_800 + i},${i + 1}.25`);
    lines[54_320] = '1577891120,oops';
    expect(await refusalOf(['time,value', ...lines], { format: 'closes' })).toMatch(/^InvalidFile: f\.csv:54322 value = "oops"/);
  });

  it('stops when aborted', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    await expect(read(['date,close', '2024-01-02,1'], { format: 'closes', signal })).rejects.toThrow('interrupted');
  });

  it('reads back what was written, at any scale, in any number of blocks', async () => {
    console.log(`seed ${SEED}, ${RUNS} runs`);
    const row = fc.tuple(fc.bigInt(1n, 10n ** 9n), fc.oneof(fc.bigInt(1n, 10n ** 7n), fc.bigInt(1n, 10n ** 24n)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 0, max: 18 }),
        fc.boolean(),
        async (steps, priceScale, gz) => {
          let at = 0n;
          const rows = steps.map(([step, units]) => [formatInstant((at += step)), formatFixed(units, priceScale)]);
          const text = [
            ...csvLines(
              [
                { name: 'time', type: 'timestamp' },
                { name: 'value', type: 'decimal', scale: priceScale },
              ],
              rows,
            ),
          ].join('');
          const file = await read(gz ? gzipSync(text) : Buffer.from(text), { format: 'closes', priceScale });
          expect(ticks(file)).toEqual(rows.map((values) => values.join(' ')));
          expect(Array.from(steps, (_, i) => file.prices.priceUnits(i))).toEqual(steps.map(([, units]) => units));
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
