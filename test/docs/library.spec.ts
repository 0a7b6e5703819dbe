/** The program in examples/ that uses the library runs, and says what the command line does; what the page names is there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, type Json, seeded } from '../support/cli';
import { PROJECT } from './pages';

test('the example replays a fund', async () => {
  const dir = await seeded();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT, 'examples/what-if-library.cjs'), join(dir, 'data'), 'coin3l'],
    {
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '1 of 2\n2 of 2\n' });
  const { base } = await ask<Json>(dir, 'nav', 'coin3l', '--at', '2024-01-03T00:00:00Z').then(({ navPerUnit }) => ({ base: navPerUnit }));
  expect(stdout).toMatch(
    new RegExp(`^free of costs: \\d+\\.\\d{18} instead of ${base}\n2x: \\d+\\.\\d{18}\n3x: \\d+\\.\\d{18}\n[0-9a-f]{64}\n$`),
  );
});

test('every function that the page lists is exported where it says', () => {
  const page = readFileSync(join(PROJECT, 'docs/reference/library.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)\(.*?\)` +\| `(dist\/[\w./-]+)`/gm)];
  expect(rows).toHaveLength(6);
  for (const [, name, file] of rows) expect(typeof require(join(PROJECT, file!))[name!]).toBe('function');
});
