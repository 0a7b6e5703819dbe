import type { PriceFileOptions } from './prices';
import { read, refusalOf, ticks, ticksOf } from '../../test/support/price-files';

describe('a price', () => {
  const close = (price: string, options: Partial<PriceFileOptions> = {}) =>
    refusalOf(['date,value', `2024-03-08,${price}`], { format: 'closes', ...options });

  it('is a plain decimal, with the line, column, value and rule in the refusal', async () => {
    for (const price of ['1e5', 'NaN', '', 'Infinity', '+1', '.5', '5.', '007', '1_000', '0x10', '"1,000"', '٣', '1\0', '-', '1.2.3']) {
      const shown = JSON.stringify(price.replaceAll('"', ''));
      expect(await close(price)).toBe(
        `InvalidFile: f.csv:2 value = ${shown}: must be a plain decimal such as 7186.68: no exponent, sign +, separators or leading zeros`,
      );
    }
  });

  it('fits its scale, trailing zeros aside, or is rounded half-even where that was asked for', async () => {
    expect(await close('1.005')).toBe('ScaleExceeded: f.csv:2 value = "1.005": has more than 2 decimals: --round rounds half-even');
    const file = await read(['date,value', '2024-01-02,1.0050', '2024-01-03,1.015', '2024-01-04,1.0251', '2024-01-05,1.0300'], {
      format: 'closes',
      round: true,
    });
    expect(ticks(file).map((tick) => tick.split(' ')[1])).toEqual(['1.00', '1.02', '1.03', '1.03']);
    expect(file.roundedCount).toBe(3);
  });

  it('is above zero, also once rounded, unless it is a rate', async () => {
    expect(await close('0')).toBe('InvalidFile: f.csv:2 value = "0": must be above zero');
    expect(await close('-1.50')).toBe('InvalidFile: f.csv:2 value = "-1.50": must be above zero');
    expect(await close('0.004', { round: true })).toBe('InvalidFile: f.csv:2 value = "0.004": must be above zero');
    expect(
      await ticksOf(['date,rate', '2024-01-02,-0.50', '2024-01-03,0'], {
        format: 'closes',
        priceScale: 4,
        multiply: '0.01',
        allowNegative: true,
      }),
    ).toEqual(['2024-01-02T21:00:00Z -0.0050', '2024-01-03T21:00:00Z 0.0000']);
  });

  it('is multiplied exactly before it must fit', async () => {
    expect(await ticksOf(['date,percent', '2024-01-02,5.33'], { format: 'closes', priceScale: 4, multiply: '0.01' })).toEqual([
      '2024-01-02T21:00:00Z 0.0533',
    ]);
    expect(await close('5.33', { multiply: '0.001', priceScale: 4 })).toContain('has more than 4 decimals once multiplied');
    expect(await close('5.33', { multiply: '0' })).toBe('InvalidField: --multiply = "0": must be a positive plain decimal');
    expect(await close('5.33', { multiply: '1%' })).toContain('InvalidField: --multiply = "1%"');
  });

  it('keeps every digit beyond what a double holds, before and after the first such row', async () => {
    const prices = ['12345678.000000000000000001', '1.5', '99999999999999999999.999999999999999999'];
    const rows = prices.map((price, i) => `2024-01-0${i + 2},${price}`);
    expect(
      (await ticksOf(['date,value', '2024-01-01,0.000000000000000007', ...rows], { format: 'closes', priceScale: 18 })).map(
        (t) => t.split(' ')[1],
      ),
    ).toEqual(['0.000000000000000007', '12345678.000000000000000001', '1.500000000000000000', '99999999999999999999.999999999999999999']);
  });
});

describe('a time', () => {
  const at = async (time: string, options: Partial<PriceFileOptions> = {}) =>
    (await ticksOf(['date,value', `${time},1`], { format: 'closes', ...options }))[0]!.split(' ')[0];

  it('of a date alone is the close in New York, summer and winter', async () => {
    expect(await ticksOf(['date,value', '2024-03-08,1', '2024-03-11,2', '2024-11-01,3', '2024-11-04,4'], { format: 'closes' })).toEqual([
      '2024-03-08T21:00:00Z 1.00',
      '2024-03-11T20:00:00Z 2.00',
      '2024-11-01T20:00:00Z 3.00',
      '2024-11-04T21:00:00Z 4.00',
    ]);
    expect(await at('2024-07-01', { close: '17:30', zone: 'Europe/Berlin' })).toBe('2024-07-01T15:30:00Z');
  });

  it('may be an epoch count in seconds, milliseconds, microseconds or nanoseconds, or RFC 3339 with all its digits', async () => {
    expect(await at('1577836800')).toBe('2020-01-01T00:00:00Z');
    expect(await at('1577836800001')).toBe('2020-01-01T00:00:00.001Z');
    expect(await at('1577836800000001')).toBe('2020-01-01T00:00:00.000001Z');
    expect(await at('1577836800000000001')).toBe('2020-01-01T00:00:00.000000001Z');
    expect(await at('2020-01-01T00:00:00.123456789Z')).toBe('2020-01-01T00:00:00.123456789Z');
    expect(await at('2020-01-01 01:30:00+01:00')).toBe('2020-01-01T00:30:00Z');
    expect(await at('2020-01-01 01:30 UTC')).toBe('2020-01-01T01:30:00Z');
    expect(await at('1965-01-04T21:00:00Z')).toBe('1965-01-04T21:00:00Z');
  });

  it('without a zone is refused, unless the zone of local times is named', async () => {
    const rows = ['date,value', '2024-07-01T16:00:00,1'];
    expect(await refusalOf(rows, { format: 'closes' })).toBe(
      'InvalidFile: f.csv:2 date = "2024-07-01T16:00:00": must carry a zone (Z or an offset such as -05:00), or name the zone of local times with --zone',
    );
    expect(await at('2024-07-01T16:00:00.25', { zone: 'America/New_York' })).toBe('2024-07-01T20:00:00.250Z');
    const inNewYork = (time: string) => refusalOf(['date,value', `${time},1`], { format: 'closes', zone: 'America/New_York' });
    expect(await inNewYork('2024-03-10T02:30:00')).toContain('does not exist in America/New_York: the clocks skip it');
    expect(await inNewYork('2024-11-03T01:30:00')).toContain('comes twice in America/New_York: write it with its offset');
  });

  it('that is none is refused', async () => {
    for (const time of [
      '2024-02-30',
      '20240102',
      'Jan 1 2000',
      '02/01/2024',
      '1.5e9',
      '-1577836800',
      '2024-01-02T24:00:00Z',
      '9223372036854775807',
    ]) {
      expect(await refusalOf(['date,value', `${time},1`], { format: 'closes' })).toContain('must be an epoch count of 9 to 19 digits');
    }
  });

  it('keeps its kind through the file and increases; the same row again is left out and counted', async () => {
    const rows = (...more: string[]) => ['date,value', '2024-01-02,1', '2024-01-03,2', ...more];
    expect(await refusalOf(rows('1704412800,3'), { format: 'closes' })).toBe(
      `InvalidFile: f.csv:4 date = "1704412800": must be a date alone like the first row's`,
    );
    expect(await refusalOf(rows('2024-01-02,1'), { format: 'closes' })).toBe(
      'InvalidFile: f.csv:4 date = "2024-01-02": times must increase from row to row',
    );
    expect(await refusalOf(rows('2024-01-03,2.01'), { format: 'closes' })).toBe(
      'InvalidFile: f.csv:4 date = "2024-01-03": the row before has the same time and another price',
    );
    const file = await read(rows('2024-01-03,2.00', '', '2024-01-04,3'), { format: 'closes' });
    expect([ticks(file).length, file.repeatedCount]).toEqual([3, 1]);
  });

  it('needs a real zone and a time of day for the close', async () => {
    const row = ['date,value', '2024-01-02,1'];
    expect(await refusalOf(row, { format: 'closes', zone: 'Mars/Olympus' })).toBe(
      'InvalidField: --zone = "Mars/Olympus": must be an IANA time zone such as America/New_York',
    );
    expect(await refusalOf(row, { format: 'closes', close: '4pm' })).toBe('InvalidField: --close = "4pm": must be a time of day, HH:MM');
  });
});
