/** The library of fee schedules: each is one that the ledger charges, says where its figures are from, and is listed in the reference. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSchedule } from '../../libs/domain/fee-rules';
import type { FeeSchedule } from '../../libs/domain/fee-schedule';
import { checkShape } from '../../libs/ledger/shapes';
import { PROJECT } from './pages';

interface Example {
  readonly about: { readonly what: string; readonly source: string; readonly asOf: string };
  readonly schedule: FeeSchedule;
}

const folder = join(PROJECT, 'examples/schedules');
const files = readdirSync(folder).sort();
const read = (file: string): Example => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Example;

test('the reference lists every example and what it is', () => {
  const page = readFileSync(join(PROJECT, 'docs/reference/fee-schedules.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([\w-]+\.json)` +\| (.*?) +\|$/gm)].map(([, file, what]) => [file, what]);
  expect(rows.sort()).toEqual(files.map((file) => [file, read(file).about.what]));
  expect(files.length).toBeGreaterThan(8);
});

test.each(files)('%s can be adopted and names its source and date', (file) => {
  const { about, schedule } = read(file);
  expect(about.source.length).toBeGreaterThan(10);
  expect(about.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(checkShape('AdoptFeeSchedule', { portfolioId: 'p', at: '2024-01-01T00:00:00Z', schedule })).toBeUndefined();
  expect(readSchedule(schedule, 2)).toHaveLength(schedule.rules.length);
});
