/** The table of real funds: what it shows keeps its promise, and, where the closes are there and the counts are full, is what the command makes. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './pages';

const DATA = join(PROJECT, '..', 'shared', 'data');
const rows = [
  ...readFileSync(join(PROJECT, 'docs/explanation/real-funds.md'), 'utf8').matchAll(/^\| ([A-Z]{3,4}) +\| (-?\d)x (\w+) +\| (.*) \|$/gm),
];

test('every fund follows its published closes: correlation of at least 0.99, less than 2 % a year apart', () => {
  expect(rows.map(([, fund]) => fund)).toEqual(['SPXL', 'SSO', 'SDS', 'QLD', 'PSQ']);
  for (const [, fund, , , rest] of rows) {
    const [, days, correlation, yearly] = rest!.split('|').map((cell) => cell.trim().replace('−', '-').replace(' %', ''));
    expect({ fund, long: Number(days) > 3_000, close: Number(correlation) >= 0.99 }).toEqual({ fund, long: true, close: true });
    expect(Math.abs(Number(yearly))).toBeLessThan(2);
  }
});

const full = process.env['NAVLEDGER_FULL'] === '1' && existsSync(DATA) ? test : test.skip;
full(
  'the table is what the command makes of the closes outside of the checkout',
  () => {
    const { status, stderr } = spawnSync(process.execPath, [join(PROJECT, 'bench/real-funds.cjs'), DATA, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
  300_000,
);
