import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { formatFixed } from '../domain/decimal';
import { formatInstant } from '../domain/instant';
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
