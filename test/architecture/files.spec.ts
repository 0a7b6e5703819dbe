/** The shape of files and of the lockfile: things that no compiler checks. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './cruise';

const MOST_LINES = 300;

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

/** Names of optional packages that some package asks for and the lockfile has no entry for: `npm ci` would fail on their platform. */
function missingOptional(lock: Lockfile): string[] {
  const missing: string[] = [];
  for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      if (!homes(path).some((home) => `${home}node_modules/${name}` in lock.packages)) missing.push(`${path}: ${name}`);
    }
  }
  return missing;
}

/** The folders in whose node_modules Node looks from `path`: the project, and each package on the way. */
function homes(path: string): string[] {
  const packages = [...path.matchAll(/node_modules\/(?:@[^/]+\/)?[^/]+/g)];
  return ['', ...packages.map((found) => `${path.slice(0, found.index + found[0].length)}/`)];
}

function sources(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);
}

test(`a file of libs and apps has at most ${MOST_LINES} lines`, () => {
  const long = [...sources('libs'), ...sources('apps')]
    .map((file) => ({ file, lines: readFileSync(join(PROJECT, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES);
  expect(long).toEqual([]);
});

test('no file is an index', () => {
  expect([...sources('libs'), ...sources('apps')].filter((file) => /\/index[.][cm]?ts$/.test(file))).toEqual([]);
});

test('every optional dependency that the lockfile names has an entry in it', () => {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as Lockfile;
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(missingOptional(lock)).toEqual([]);
});

test('an optional dependency without an entry is found, and one nested beside its parent is not taken for missing', () => {
  const lock: Lockfile = {
    packages: {
      '': {},
      'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-mac': '1', shared: '1' } },
      'node_modules/a/node_modules/a-linux': {},
      'node_modules/shared': {},
      'node_modules/b/node_modules/a-mac': {},
    },
  };
  expect(missingOptional(lock)).toEqual(['node_modules/a: a-mac']);
});
