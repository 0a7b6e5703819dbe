/** The arrows between the rooms: the real tree keeps every rule, and a planted violation of each rule is reported under its name. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, PROJECT, type Cruise, type Violation } from './cruise';

/** Of each rule: the file that breaks it, its text, and the file or package that it must not import. */
const PLANTED: Readonly<Record<string, readonly [from: string, text: string, to: string]>> = {
  'libs-domain-imports': ['libs/domain/a.ts', `import { x } from '../projections/target'; export { x };`, 'libs/projections/target.ts'],
  'libs-domain-packages': ['libs/domain/b.ts', `import { x } from 'commander'; export { x };`, 'node_modules/commander/main.js'],
  'libs-domain-builtins': ['libs/domain/c.ts', `import { readFileSync } from 'node:fs'; export { readFileSync };`, 'fs'],
  'libs-projections-imports': ['libs/projections/a.ts', `import { x } from '../store/target'; export { x };`, 'libs/store/target.ts'],
  'libs-projections-packages': ['libs/projections/b.ts', `import { x } from 'luxon'; export { x };`, 'node_modules/luxon/main.js'],
  'libs-projections-builtins': ['libs/projections/c.ts', `export const c = require('node:fs');`, 'fs'],
  'libs-store-imports': [
    'libs/store/a.ts',
    `import type { X } from '../projections/target'; export type Y = X;`,
    'libs/projections/target.ts',
  ],
  'libs-store-packages': ['libs/store/b.ts', `import { x } from 'luxon'; export { x };`, 'node_modules/luxon/main.js'],
  'libs-store-types-only': ['libs/store/c.ts', `import { x } from '../domain/target'; export { x };`, 'libs/domain/target.ts'],
  'libs-formats-imports': ['libs/formats/a.ts', `import { x } from '../ledger/target'; export { x };`, 'libs/ledger/target.ts'],
  'libs-formats-packages': ['libs/formats/b.ts', `import { x } from 'commander'; export { x };`, 'node_modules/commander/main.js'],
  'libs-ledger-imports': ['libs/ledger/a.ts', `import { x } from '../../bench/target'; export { x };`, 'bench/target.ts'],
  'libs-ledger-packages': ['libs/ledger/b.ts', `import { x } from 'commander'; export { x };`, 'node_modules/commander/main.js'],
  'apps-api-imports': ['apps/api/a.ts', `import { x } from '../cli/target'; export { x };`, 'apps/cli/target.ts'],
  'apps-api-packages': ['apps/api/b.ts', `import { x } from 'commander'; export { x };`, 'node_modules/commander/main.js'],
  'apps-api-types-only': ['apps/api/c.ts', `import { x } from '../../libs/store/target'; export { x };`, 'libs/store/target.ts'],
  'apps-cli-imports': ['apps/cli/a.ts', `import { x } from '../../libs/store/target'; export { x };`, 'libs/store/target.ts'],
  'apps-cli-packages': ['apps/cli/b.ts', `import { x } from '@nestjs/core'; export { x };`, 'node_modules/@nestjs/core/main.js'],
  'apps-cli-types-only': [
    'apps/cli/c.ts',
    `import { x } from '../../libs/projections/target'; export { x };`,
    'libs/projections/target.ts',
  ],
  'nothing-imports-apps': ['libs/ledger/c.ts', `import { x } from '../../apps/cli/target'; export { x };`, 'apps/cli/target.ts'],
  'production-imports-no-test': ['libs/domain/d.ts', `import { x } from './target.spec'; export { x };`, 'libs/domain/target.spec.ts'],
  'production-uses-no-dev-package': [
    'libs/domain/e.ts',
    `import { x } from 'fast-check'; export { x };`,
    'node_modules/fast-check/main.js',
  ],
  'packages-are-declared': ['libs/ledger/d.ts', `import { x } from 'undeclared'; export { x };`, 'node_modules/undeclared/main.js'],
  'imports-resolve': ['libs/domain/f.ts', `import { x } from './nowhere'; export { x };`, './nowhere'],
  'no-cycles': ['libs/domain/g.ts', `import type { X } from './h'; export type Y = X;`, 'libs/domain/h.ts'],
  'no-barrels': ['libs/ledger/e.ts', `import { x } from './inner/index'; export { x };`, 'libs/ledger/inner/index.ts'],
};

/** Files that the planted ones reach for. */
const TARGETS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['libs/domain', 'libs/projections', 'libs/store', 'libs/ledger', 'apps/cli', 'bench'].map((room) => [
      `${room}/target.ts`,
      'export const x = 1; export type X = 1;',
    ]),
  ),
  'libs/domain/target.spec.ts': 'export const x = 1;',
  'libs/domain/h.ts': `import type { Y } from './g'; export type X = Y;`,
  'libs/ledger/inner/index.ts': 'export const x = 1;',
  // What a spec may do beside the code, and what a room may do: neither is reported.
  'libs/domain/fine.spec.ts': `import { x } from 'fast-check'; import { x as y } from '../ledger/target'; export const z = [x, y];`,
  'libs/store/fine.ts': `import type { X } from '../domain/target'; import fs from 'node:fs'; export type Y = X; export { fs };`,
  'libs/projections/fine.ts': `import { createHash } from 'node:crypto'; import { x } from '../domain/target'; export const z = [createHash, x];`,
  'libs/domain/fine.ts': `import { x } from 'luxon'; import { x as y } from './target'; export const z = [x, y];`,
};

const PACKAGES = ['commander', 'luxon', 'fast-check', 'undeclared', '@nestjs/core'];

function plant(root: string): void {
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const file of ['package.json', 'tsconfig.json']) write(file, readFileSync(join(PROJECT, file), 'utf8'));
  for (const name of PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'main.js' }));
    write(`node_modules/${name}/main.js`, 'exports.x = 1;');
  }
  for (const [file, text] of Object.entries(TARGETS)) write(file, text);
  for (const [from, text] of Object.values(PLANTED)) write(from, text);
}

describe('the real tree', () => {
  let real: Cruise;
  beforeAll(() => {
    real = cruise(PROJECT);
  });

  test('keeps every rule', () => {
    expect(real.violations).toEqual([]);
  });

  test('was looked at in every room', () => {
    for (const room of ['libs/domain', 'libs/projections', 'libs/store', 'libs/formats', 'libs/ledger', 'apps/api', 'apps/cli']) {
      expect(real.modules.filter((module) => module.startsWith(`${room}/`)).length).toBeGreaterThan(0);
    }
  });

  test('has no room that the table does not know', () => {
    const rooms = ['libs', 'apps'].flatMap((floor) => readdirSync(join(PROJECT, floor)).map((name) => `${floor}-${name}`));
    expect(rooms.filter((room) => !real.rules.includes(`${room}-imports`))).toEqual([]);
  });
});

describe('a planted violation', () => {
  let root: string;
  let planted: Cruise;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'navledger-rooms-'));
    plant(root);
    planted = cruise(root);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('exists for every rule of the configuration', () => {
    expect(Object.keys(PLANTED).sort()).toEqual([...planted.rules].sort());
  });

  test.each(Object.entries(PLANTED))('of %s is reported', (rule, [from, , to]) => {
    const reported: Violation = { rule, from, to };
    expect(planted.violations).toContainEqual(reported);
  });

  test('is the only thing reported: what is allowed is not', () => {
    expect(planted.violations.filter(({ from }) => from.includes('fine'))).toEqual([]);
  });
});
