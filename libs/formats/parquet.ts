/**
 * Tables as Parquet, exact: a decimal column is DECIMAL(38, scale), a timestamp column is nanoseconds since the epoch, UTC, an integer column
 * is INT64, text is UTF-8; every column may hold nulls. The table is built in memory.
 */
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { fitTo, parseDecimal, pow10 } from '../domain/decimal';
import { instant } from '../domain/instant';
import { checkWidth, type Column, type Row } from './table';

type SchemaElement = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number];

/** Digits that a 16-byte decimal holds. */
const PRECISION = 38;
const ROWS_PER_GROUP = 100_000;

/** The bytes of a Parquet file. Throws a defect on a value that its column's type cannot hold exactly. */
export function parquetFile(columns: readonly Column[], rows: Iterable<Row>): Uint8Array {
  const data: (string | bigint | null)[][] = columns.map(() => []);
  for (const row of rows) {
    checkWidth(columns, row);
    row.forEach((value, i) => data[i]!.push(value === null ? null : exactValue(columns[i]!, value)));
  }
  const columnData: ColumnSource[] = columns.map(({ name }, i) => ({ name, data: data[i]! }));
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize: ROWS_PER_GROUP, createdBy: 'navledger' }));
}

function elementOf(column: Column): SchemaElement {
  const { name } = column;
  const repetition_type = 'OPTIONAL';
  switch (column.type) {
    case 'text':
      return { name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    case 'integer':
      return { name, repetition_type, type: 'INT64' };
    case 'timestamp':
      return { name, repetition_type, type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } };
    case 'decimal': {
      const { scale } = column;
      const logical_type = { type: 'DECIMAL', precision: PRECISION, scale } as const;
      return {
        name,
        repetition_type,
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: 16,
        converted_type: 'DECIMAL',
        precision: PRECISION,
        scale,
        logical_type,
      };
    }
  }
}

function exactValue(column: Column, value: string): string | bigint {
  switch (column.type) {
    case 'text':
      return value;
    case 'timestamp':
      return instant(value);
    case 'integer':
      return units(column.name, value, 0, 2n ** 63n);
    case 'decimal':
      return units(column.name, value, column.scale, pow10(PRECISION));
  }
}

/** Below `limit` in size; the one 64-bit integer that has no positive twin is left out. */
function units(name: string, value: string, scale: number, limit: bigint): bigint {
  const decimal = parseDecimal(value);
  const exact = decimal && fitTo(decimal, scale);
  if (exact === undefined || exact >= limit || exact <= -limit) throw new Error(`column ${name} cannot hold ${value} exactly`);
  return exact;
}
