import * as fc from 'fast-check';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { formatFixed } from '../domain/decimal';
import { formatInstant } from '../domain/instant';
import { parquetFile } from './parquet';
import type { Column } from './table';

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
});
