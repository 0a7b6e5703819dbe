/** What-if results as tables: the series of one scenario, or a row for each point of a sweep. Figures are the answers', never rounded again. */
import { type Column, csvLines, type Row } from '../formats/table';
import type { PointAnswer } from '../projections/what-if/answer';
import type { SweepAnswer, WhatIf } from './what-if';

export type TableFormat = 'csv' | 'parquet';

interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

const decimal = (name: string): Column => ({ name, type: 'decimal', scale: 18 });

/** at and navPerUnit of every series, one after the other with the scenario's place in the list. */
export function seriesTable(answers: readonly WhatIf[]): Table {
  return {
    columns: [{ name: 'scenario', type: 'integer' }, { name: 'at', type: 'timestamp' }, decimal('navPerUnit')],
    rows: answers.flatMap(({ scenario }, i) => (scenario.series ?? []).map(({ at, navPerUnit }) => [String(i), at, navPerUnit])),
  };
}

/** The values that were put in, NAV per unit at the end, and every term of both views. */
export function pointsTable({ points }: SweepAnswer): Table {
  const paths = Object.keys(points[0]?.vary ?? {});
  const first = points.find(({ attribution }) => attribution)?.attribution;
  const terms = Object.keys(first ? termsOf(first) : {});
  return {
    columns: [
      ...paths.map((name): Column => ({ name, type: 'text' })),
      decimal('nT'),
      decimal('difference'),
      { name: 'rebalances', type: 'integer' },
      { name: 'terminatedAt', type: 'timestamp' },
      ...terms.map(decimal),
      decimal('trackingDifference'),
      decimal('trackingError'),
    ],
    rows: points.map(({ vary, nT, difference, rebalances, terminated, attribution }) => {
      const figures = attribution ? termsOf(attribution) : {};
      return [
        ...paths.map((path) => textOf(vary[path])),
        nT,
        difference,
        String(rebalances),
        terminated?.at ?? null,
        ...terms.map((name) => figures[name] ?? null),
        attribution?.tracking.difference ?? null,
        attribution?.tracking.error ?? null,
      ];
    }),
  };
}

export function tableFile({ columns, rows }: Table, format: TableFormat): string | Uint8Array {
  if (format === 'csv') return [...csvLines(columns, rows)].join('');
  const { parquetFile } = require('../formats/parquet') as typeof import('../formats/parquet');
  return parquetFile(columns, rows);
}

export function termsOf({ ledger, economic: { costCarry, ...path } }: NonNullable<PointAnswer['attribution']>): Record<string, string> {
  return { ...ledger, ...path, costCarry: costCarry.total };
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
