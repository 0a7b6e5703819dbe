/**
 * The test runner: one step after the other, each under a heading, with its time. A tool (types, build, lint, format) counts as one; of the
 * jest steps every test counts, and so does a suite that could not be loaded. What did not run is said in lines that start with "not run:".
 * The last line is exactly `N passed, N failed`; the exit code is 1 when anything failed or nothing was tested.
 *
 *   node test/run.mjs [--full] [--only types,unit,e2e]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (path) => join(root, 'node_modules', path);

const TOOLS = {
  types: [bin('typescript/lib/tsc.js'), '-p', 'tsconfig.json', '--noEmit'],
  build: ['bin/build.cjs'],
  lint: [bin('eslint/bin/eslint.js'), '.'],
  format: [bin('prettier/bin/prettier.cjs'), '--check', '.'],
};
/** Folders of test/ that run in this order; others follow in alphabetical order. `unit` is the specs beside the code. */
const FIRST = ['architecture', 'unit', 'vectors', 'property', 'contract', 'e2e', 'browser', 'crash', 'docs'];
/** Measures time, kills processes, starts a browser or shares a server: one suite at a time. */
const ALONE = new Set(['browser', 'crash', 'kurrentdb']);
/** What a step needs beside npm; undefined: it is there. */
const MISSING = { kurrentdb: process.env.KURRENTDB_URL ? undefined : 'KURRENTDB_URL is not set' };

const tally = { passed: 0, failed: 0, tests: 0, notRun: 0 };

function run(args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.log(String(error));
      done(1);
    });
    child.on('exit', (code, signal) => done(signal ? 1 : code));
  });
}

async function tool(name) {
  const code = await run(TOOLS[name]);
  if (code === 0) tally.passed += 1;
  else tally.failed += 1;
}

async function jest(folders, alone) {
  const folder = mkdtempSync(join(tmpdir(), 'navledger-test-'));
  try {
    const outputFile = join(folder, 'result.json');
    const workers = alone ? '--runInBand' : '--maxWorkers=2';
    const code = await run([bin('jest/bin/jest.js'), '--ci', '--json', '--outputFile', outputFile, workers, '--roots', ...folders]);
    count(code, outputFile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(code, outputFile) {
  let result;
  try {
    result = JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch {
    console.log('jest ended without a result');
    tally.failed += 1;
    return;
  }
  // A suite fails without a failed test when it does not load, or when it breaks before or after its tests.
  const broken = result.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = result.numFailedTests + broken.length;
  tally.passed += result.numPassedTests;
  tally.failed += failed === 0 && code !== 0 ? 1 : failed;
  tally.tests += result.numPassedTests + result.numFailedTests;
  for (const suite of result.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed') {
        console.log(`not run: ${test.fullName}: marked ${test.status} in ${relative(root, suite.name)}`);
      }
    }
  }
}

function hasSpecs(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).some((file) => file.endsWith('.spec.ts'));
}

/** The jest steps that there are: name → folders. */
function suites() {
  const folders = readdirSync(join(root, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = new Map([['unit', ['libs', 'apps'].filter(hasSpecs)]]);
  for (const { name } of folders) found.set(name, [`test/${name}`].filter(hasSpecs));
  const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...found].filter(([, places]) => places.length > 0).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

async function step(name, work) {
  const started = Date.now();
  const before = { ...tally };
  console.log(`\n== ${name} ${'='.repeat(Math.max(3, 70 - name.length))}`);
  await work();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`-- ${name}: ${tally.passed - before.passed} passed, ${tally.failed - before.failed} failed, ${seconds} s`);
}

function finish() {
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  process.exit(tally.failed === 0 ? 0 : 1);
}

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false }, only: { type: 'string' } } });
if (values.full) process.env.NAVLEDGER_FULL = '1';
const steps = [
  ...Object.keys(TOOLS).map((name) => [name, () => tool(name)]),
  ...suites().map(([name, folders]) => [name, () => jest(folders, ALONE.has(name))]),
];
const wanted = values.only?.split(',') ?? steps.map(([name]) => name);

for (const name of wanted) {
  if (steps.some(([known]) => known === name)) continue;
  console.log(`there is no step "${name}"; there are ${steps.map(([known]) => known).join(', ')}`);
  tally.failed += 1;
}
console.log(`Node ${process.versions.node}, ${values.full ? 'full' : 'quick'} counts`);
for (const [name, work] of steps) {
  if (!wanted.includes(name)) continue;
  if (MISSING[name] === undefined) await step(name, work);
  else {
    console.log(`\nnot run: ${name}: ${MISSING[name]}`);
    tally.notRun += 1;
  }
}
if (tally.tests === 0 && tally.notRun < wanted.length) {
  console.log('\nnot one test ran');
  tally.failed += 1;
}
finish();
