/** A history as JSON, CSV or Parquet, byte for byte the same at every border. Figures are the answers', never rounded again. */
import { type Column, csvLines, type Row } from '../formats/table';
import type { NavAnswer } from '../projections/nav';

export const HISTORY_FORMATS = ['csv', 'json', 'parquet'] as const;
export type HistoryFormat = (typeof HISTORY_FORMATS)[number];

/** Pieces as they come, each of any length; Parquet is one piece, made at the end. Throws what `answers` throws. */
export async function* historyFile(
  answers: AsyncIterable<readonly NavAnswer[]>,
  format: HistoryFormat,
): AsyncGenerator<string | Uint8Array, void, undefined> {
  if (format === 'parquet') {
    const { parquetFile } = require('../formats/parquet') as typeof import('../formats/parquet');
    const all = await collected(answers);
    yield parquetFile(columns(all), all.map(rowOf));
    return;
  }
  let first = true;
  for await (const piece of answers) {
    if (format === 'json') yield `${first ? '[' : ','}${JSON.stringify(piece).slice(1, -1)}`;
    else {
      const [header, ...lines] = csvLines(columns(piece), piece.map(rowOf));
      yield `${first ? header : ''}${lines.join('')}`;
    }
    first = false;
  }
  if (format === 'json') yield ']\n';
}

export async function collected(answers: AsyncIterable<readonly NavAnswer[]>): Promise<NavAnswer[]> {
  const all: NavAnswer[] = [];
  for await (const piece of answers) all.push(...piece);
  return all;
}

/** Columns with the scales that the answers show. */
function columns(answers: readonly NavAnswer[]): Column[] {
  const decimal = (name: string, pick: (answer: NavAnswer) => string | undefined | null): Column => {
    const text = answers.map(pick).find((value) => value !== undefined && value !== null) ?? '0';
    return { name, type: 'decimal', scale: text.split('.')[1]?.length ?? 0 };
  };
  return [
    { name: 'at', type: 'timestamp' },
    { name: 'status', type: 'text' },
    { name: 'quality', type: 'text' },
    decimal('nav', ({ nav }) => nav),
    decimal('units', ({ units }) => units),
    decimal('navPerUnit', ({ navPerUnit }) => navPerUnit),
    decimal('exposure', ({ exposure }) => exposure),
    decimal('leverage', ({ leverage }) => leverage),
    decimal('mark', ({ marks }) => marks[0]?.price),
    { name: 'markAt', type: 'timestamp' },
    decimal('quantity', ({ positions }) => positions[0]?.quantity),
    decimal('cash', cashOf),
    decimal('liabilities', ({ liabilities }) => liabilities),
  ];
}

function rowOf(answer: NavAnswer): Row {
  const { at, status, quality, nav, units, navPerUnit, exposure, leverage, marks, positions, liabilities } = answer;
  const [mark] = marks;
  return [
    at,
    status,
    quality,
    nav,
    units,
    navPerUnit,
    exposure,
    leverage,
    mark?.price ?? null,
    mark?.at ?? null,
    positions[0]?.quantity ?? '0',
    cashOf(answer),
    liabilities,
  ];
}

function cashOf({ cash }: NavAnswer): string {
  return Object.values(cash)[0]!;
}
