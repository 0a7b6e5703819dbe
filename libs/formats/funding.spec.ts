import { Readable } from 'node:stream';
import { formatInstant } from '../domain/instant';
import { type FundingFile, readFunding } from './funding';

const read = (...lines: string[]): Promise<FundingFile> => readFunding('-', { stdin: Readable.from([Buffer.from(lines.join('\n'))]) });

const shown = ({ rows }: FundingFile) => rows.map(({ at, rate }) => `${formatInstant(at)} ${rate}`);

describe('funding rates', () => {
  it('are read with their digits as written, by column name', async () => {
    expect(shown(await read('funding_time_ms,rate', '1577836800000,0.00010000', '1577865600000,-0.00016125', ''))).toEqual([
      '2020-01-01T00:00:00Z 0.00010000',
      '2020-01-01T08:00:00Z -0.00016125',
    ]);
    expect(shown(await read('symbol,Rate,Time', 'BTCUSDT,0,2020-01-01T00:00:00.004Z'))).toEqual(['2020-01-01T00:00:00.004Z 0']);
  });

  it('leave the same row out, counted, and refuse another rate at the same time', async () => {
    expect((await read('time,rate', '1577836800,0.1', '1577836800,0.1')).repeatedCount).toBe(1);
    await expect(read('time,rate', '1577836800,0.1', '1577836800,0.2')).rejects.toThrow(
      'InvalidFile: stdin:3 rate = "0.2": the row before has the same time and another rate',
    );
  });

  it.each([
    [['funding_time_ms,last_rate', '1577836800000,0.1'], 'stdin:1 = "funding_time_ms,last_rate": the header names one time column'],
    [['funding_time_ms,time,rate', '1,1,0.1'], 'the header names one time column'],
    [['time,rate', '1577836800,1e-4'], 'InvalidFile: stdin:2 rate = "1e-4": must be a plain decimal such as -0.00016125'],
    [['time,rate', '1577836800,0.0000000000000000001'], 'ScaleExceeded: stdin:2 rate'],
    [['time,rate', '2020-01-01 00:00:00,0.1'], 'stdin:2 time = "2020-01-01 00:00:00": must carry a zone'],
    [['time,rate', '2020-01-01,0.1'], 'a date alone does not say when funding was settled'],
    [['time,rate', '1577836801,0.1', '1577836800,0.1'], 'stdin:3 time = "1577836800": times must increase from row to row'],
    [['time,rate', '1577836801,0.1,'], 'must have 2 columns like the header, has 3'],
    [['time,rate'], 'stdin: holds no funding rates'],
    [[], 'stdin: is empty'],
  ])('refuse %j', async (lines, message) => {
    await expect(read(...lines)).rejects.toThrow(message);
  });
});
