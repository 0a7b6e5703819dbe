/** docs/how-to/give-access.md says what each scope is for as the code does, and nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCOPE_MEANINGS } from '../../apps/api/access/scopes';
import { PROJECT } from './pages';

test('the table of scopes has one row for each, with its meaning', () => {
  const page = readFileSync(join(PROJECT, 'docs/how-to/give-access.md'), 'utf8');
  const section = page.split('\n## What a token may do\n')[1]!.split('\n## ')[0]!;
  const rows = [...section.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, scope, says]) => [scope, says]);
  expect(rows).toEqual(Object.entries(SCOPE_MEANINGS));
});
