import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { parquetMetadata, parquetReadObjects, type FileMetaData } from 'hyparquet';
import { formatFixed } from '../domain/decimal';
import { formatInstant } from '../domain/instant';
import { parquetFile } from './parquet';
import { type Column, csvLines, type Row } from './table';

const SEED = Number(process.env['NAVLEDGER_SEED'] ?? Date.now() % 1_000_000);
const RUNS = process.env['NAVLEDGER_FULL'] === '1' ? 500 : 50;

const COLUMNS: Column[] = [
  { name: 'at', type: 'timestamp' },
  { name: 'navPerUnit', type: 'decimal', scale: 18 },
  { name: 'cash', type: 'decimal', scale: 2 },
  { name: 'position', type: 'integer' },
  { name: 'note', type: 'text' },
];

const row = fc.tuple(
  fc.bigInt(-(2n ** 62n), 2n ** 62n).map((at) => formatInstant(at)),
  fc.option(fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n).map((units) => formatFixed(units, 18))),
  fc.bigInt(-(10n ** 20n), 10n ** 20n).map((units) => formatFixed(units, 2)),
  fc.option(fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n).map(String)),
  fc.string({ unit: 'grapheme' }),
);

beforeAll(() => console.log(`seed ${SEED}, ${RUNS} runs`));

describe('a CSV table', () => {
  it('quotes what needs it and tells null from an empty text', () => {
    const rows: Row[] = [
      ['2024-01-01T00:00:00Z', '1.000000000000000000', '-2.50', '7', 'a, "b"\nc'],
      ['2024-01-02T00:00:00Z', null, '0.00', null, ''],
    ];
    expect([...csvLines(COLUMNS, rows)]).toEqual([
      'at,navPerUnit,cash,position,note\n',
      '2024-01-01T00:00:00Z,1.000000000000000000,-2.50,7,"a, ""b""\nc"\n',
      '2024-01-02T00:00:00Z,,0.00,,""\n',
    ]);
  });

  it('reads back as it was written', () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const [header, ...read] = parse([...csvLines(COLUMNS, rows)].join(''), { record_delimiter: '\n' });
        expect(header).toEqual(COLUMNS.map(({ name }) => name));
        expect(read).toEqual(rows.map((values) => values.map((value) => value ?? '')));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

/** The file's own integers: without the annotations the reader makes no doubles of them. */
function unannotated(metadata: FileMetaData): FileMetaData {
  for (const element of metadata.schema) {
    if (element.name === 'note') continue;
    delete element.converted_type;
    delete element.logical_type;
  }
  return metadata;
}

const signed = (bytes: Uint8Array): bigint => BigInt.asIntN(128, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));

describe('a Parquet table', () => {
  it('declares exact types', () => {
    const { schema } = parquetMetadata(parquetFile(COLUMNS, []).slice().buffer);
    expect(
      schema
        .slice(1)
        .map(({ name, type, logical_type, converted_type, precision, scale }) => [
          name,
          type,
          logical_type?.type ?? converted_type,
          precision,
          scale,
        ]),
    ).toEqual([
      ['at', 'INT64', 'TIMESTAMP', undefined, undefined],
      ['navPerUnit', 'FIXED_LEN_BYTE_ARRAY', 'DECIMAL', 38, 18],
      ['cash', 'FIXED_LEN_BYTE_ARRAY', 'DECIMAL', 38, 2],
      ['position', 'INT64', undefined, undefined, undefined],
      ['note', 'BYTE_ARRAY', 'UTF8', undefined, undefined],
    ]);
  });

  it('holds every digit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        const file = parquetFile(COLUMNS, rows).slice().buffer;
        const read = await parquetReadObjects({ file, metadata: unannotated(parquetMetadata(file)), utf8: false });
        const back = read.map(({ at, navPerUnit, cash, position, note }) => [
          formatInstant(at as bigint),
          navPerUnit === null ? null : formatFixed(signed(navPerUnit as Uint8Array), 18),
          formatFixed(signed(cash as Uint8Array), 2),
          position === null ? null : String(position),
          note,
        ]);
        expect(back).toEqual(rows);
      }),
      { seed: SEED, numRuns: RUNS },
    );
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
