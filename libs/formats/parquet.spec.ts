import { createHash } from 'node:crypto';
import { parquetFile } from './parquet';
import type { Column } from './table';

const COLUMNS: Column[] = [
  { name: 'at', type: 'timestamp' },
  { name: 'navPerUnit', type: 'decimal', scale: 18 },
  { name: 'cash', type: 'decimal', scale: 2 },
  { name: 'position', type: 'integer' },
  { name: 'note', type: 'text' },
];

describe('a Parquet table', () => {
  // The bytes were read back by DuckDB (which shows microseconds of times) and hyparquet: every digit and every null was there.
  it('has the bytes that were checked with other readers', () => {
    const rows = [
      ['2024-01-01T00:00:00.123456789Z', '12345678901234567890.123456789012345678', '-12.30', '9223372036854775807', 'a, "b"'],
      ['1678-01-01T00:00:00Z', null, '0.00', '-1', 'é'],
      ['2261-12-31T23:59:59.999999999Z', '-0.000000000000000001', '99999999999999999999.99', null, ''],
    ];
    const file = parquetFile(COLUMNS, rows);
    expect(Buffer.from(file.subarray(0, 4)).toString()).toBe('PAR1');
    expect(createHash('sha256').update(file).digest('hex')).toBe('14dd223d478159cab01244db54852faf5a71918b204f30c330c6166be9becd22');
  });

  it('takes no value that it would have to change', () => {
    const write = (column: Column, value: string) => () => parquetFile([column], [[value]]);
    expect(write({ name: 'x', type: 'decimal', scale: 2 }, '0.001')).toThrow('column x cannot hold 0.001 exactly');
    expect(write({ name: 'x', type: 'decimal', scale: 2 }, `1${'0'.repeat(36)}`)).toThrow('cannot hold');
    expect(write({ name: 'x', type: 'integer' }, '9223372036854775808')).toThrow('cannot hold');
    expect(write({ name: 'x', type: 'timestamp' }, '2024-01-01')).toThrow('not an RFC 3339 time');
    expect(() => parquetFile(COLUMNS, [['2024-01-01T00:00:00Z']])).toThrow('a row of 1 values in a table of 5 columns');
  });
});
