/** bin/navledger on a tree of one file: it builds when there is no build or an older one, once, and says what it cannot do. */
import { spawn, spawnSync, type SpawnSyncOptions } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const PROJECT = resolve(__dirname, '../..');
const BUILDING = 'navledger: building, once for these sources ...\n';
const NOBODY = 65534;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'navledger-launcher-'));
  chmodSync(root, 0o755);
  for (const part of ['bin', 'tsconfig.json', 'tsconfig.build.json']) cpSync(join(PROJECT, part), join(root, part), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, 'apps/cli'), { recursive: true });
  source('console.log("first", process.argv.slice(2).join(" "));');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function source(text: string): void {
  writeFileSync(join(root, 'apps/cli/main.ts'), `${text}\nexport {};\n`);
}

function navledger(args: string[] = [], options: SpawnSyncOptions = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/navledger', ...args], { cwd: root, ...options, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function leftovers(): string[] {
  return readdirSync(root).filter((name) => name.startsWith('dist.'));
}

test('the first run builds and says so on stderr, the second does not build', () => {
  expect(navledger(['nav', '--json'])).toEqual({ status: 0, stdout: 'first nav --json\n', stderr: BUILDING });
  expect(navledger(['nav'])).toEqual({ status: 0, stdout: 'first nav\n', stderr: '' });
  expect(leftovers()).toEqual([]);
});

test('a changed, a new and a removed source make the build stale; a changed spec does not', () => {
  navledger();
  source('console.log("second");');
  expect(navledger()).toEqual({ status: 0, stdout: 'second\n', stderr: BUILDING });
  writeFileSync(join(root, 'apps/cli/other.ts'), 'export const x = 1;');
  expect(navledger().stderr).toBe(BUILDING);
  expect(existsSync(join(root, 'dist/apps/cli/other.js'))).toBe(true);
  rmSync(join(root, 'apps/cli/other.ts'));
  expect(navledger().stderr).toBe(BUILDING);
  expect(existsSync(join(root, 'dist/apps/cli/other.js'))).toBe(false);
  writeFileSync(join(root, 'apps/cli/main.spec.ts'), 'test("x", () => {});');
  expect(navledger().stderr).toBe('');
});

test('an older file of the same size in the place of a newer one makes the build stale', () => {
  navledger();
  source('console.log("FIRST", process.argv.slice(2).join(" "));');
  utimesSync(join(root, 'apps/cli/main.ts'), 1e9, 1e9);
  expect(navledger(['x'])).toEqual({ status: 0, stdout: 'FIRST x\n', stderr: BUILDING });
});

test('several started at once build once and all run the new build', async () => {
  const runs = await Promise.all(
    [1, 2, 3, 4].map(
      (n) =>
        new Promise<{ stdout: string; stderr: string; code: number | null }>((done) => {
          const child = spawn(process.execPath, ['bin/navledger', String(n)], { cwd: root });
          let stdout = '';
          let stderr = '';
          child.stdout.on('data', (chunk) => (stdout += chunk));
          child.stderr.on('data', (chunk) => (stderr += chunk));
          child.on('close', (code) => done({ stdout, stderr, code }));
        }),
    ),
  );
  expect(runs.map(({ stdout, code }) => ({ stdout, code }))).toEqual([1, 2, 3, 4].map((n) => ({ stdout: `first ${n}\n`, code: 0 })));
  expect(runs.map(({ stderr }) => stderr).filter((text) => text !== '')).toEqual([BUILDING]);
  expect(leftovers()).toEqual([]);
});

test('a lock and half a build left by a dead process do not stand in the way', () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(root, 'dist.lock'), String(dead));
  mkdirSync(join(root, `dist.${dead}/apps`), { recursive: true });
  expect(navledger()).toEqual({ status: 0, stdout: 'first \n', stderr: BUILDING });
  expect(leftovers()).toEqual([]);
});

test('sources that do not compile: the errors are printed, nothing runs, the old build stays for the fixed sources', () => {
  navledger();
  source('const n: number = "text";');
  const broken = navledger();
  expect(broken.status).toBe(1);
  expect(broken.stdout).toBe('');
  expect(broken.stderr).toMatch(/the build failed\napps\/cli\/main.ts\(1,7\): error TS2322/);
  expect(leftovers()).toEqual([]);
  source('console.log("fixed");');
  expect(navledger().stdout).toBe('fixed\n');
});

describe('a checkout that this user cannot write', () => {
  // Root may write everywhere, so the launcher then runs as nobody, for whom this Node must be readable.
  const reader: SpawnSyncOptions = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const inReadOnly = spawnSync(process.execPath, ['-e', ''], reader).status === 0 ? test : test.skip;

  function readOnly() {
    rmSync(join(root, 'node_modules'));
    mkdirSync(join(root, 'node_modules/typescript/lib'), { recursive: true });
    writeFileSync(join(root, 'node_modules/typescript/lib/tsc.js'), 'throw new Error("must not run");');
    chmodSync(root, 0o555);
    const run = navledger([], reader);
    chmodSync(root, 0o755);
    return run;
  }

  inReadOnly('with a fresh build: it runs', () => {
    navledger();
    expect(readOnly()).toEqual({ status: 0, stdout: 'first \n', stderr: '' });
  });

  inReadOnly('with an older build: it runs, with a warning', () => {
    navledger();
    source('console.log("second");');
    const warning = `navledger: running the build that is there; it may be older than the sources (${root} cannot be written)\n`;
    expect(readOnly()).toEqual({ status: 0, stdout: 'first \n', stderr: warning });
  });

  inReadOnly('without a build: one line says so', () => {
    const line = `navledger: there is no build, and none can be made: ${root} cannot be written\n`;
    expect(readOnly()).toEqual({ status: 1, stdout: '', stderr: line });
  });
});

test('without node_modules: one line says what to type', () => {
  rmSync(join(root, 'node_modules'));
  expect(navledger()).toEqual({
    status: 2,
    stdout: '',
    stderr: `navledger: the packages are not installed: run \`npm ci\` in ${root}\n`,
  });
});

test('on a Node that is too old: one line says which is needed', () => {
  const pretend = 'Object.defineProperty(process.versions, "node", { value: "20.18.3" })';
  writeFileSync(join(root, 'pretend.cjs'), pretend);
  const { status, stderr } = navledger([], { env: { ...process.env, NODE_OPTIONS: `--require ${join(root, 'pretend.cjs')}` } });
  expect({ status, stderr }).toEqual({ status: 2, stderr: 'navledger: needs Node 20.19 or newer, this is 20.18.3\n' });
});

test('the exit code of the program is the exit code', () => {
  source('process.exitCode = 6; console.log("partly");');
  expect(navledger()).toEqual({ status: 6, stdout: 'partly\n', stderr: BUILDING });
});
