/**
 * The examples run, and the pages show what the examples are: a block marked `example` is a region of a script, letter by letter, and a
 * block marked `output` is what that region printed. In an output block "…" stands for anything within a line, and alone for any lines.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { exampleFiles, HAS_CLI, pages, PROJECT, regions } from './pages';

const marked = pages().flatMap((page) => page.blocks.filter(({ mark }) => mark).map((block) => ({ page: page.path, ...block })));
const withCli = HAS_CLI ? test : test.skip;

/** What each region of each script printed on stdout. */
const printed = new Map<string, string>();

function runExample(file: string): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'navledger-example-'));
  try {
    cpSync(join(PROJECT, 'examples'), folder, { recursive: true });
    const script = readFileSync(join(PROJECT, file), 'utf8')
      .replace(/^# region (\S+)$/gm, "echo '::region $1'")
      .replace(/^# endregion$/gm, "echo '::endregion'");
    const path = join(folder, 'example-under-test.sh');
    writeFileSync(path, script);
    const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${join(PROJECT, 'bin')}${delimiter}${process.env['PATH']}` };
    delete env['NAVLEDGER_STORE'];
    return spawnSync('bash', [path], { cwd: folder, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether `actual` is what `shown` says, line by line. */
function shows(shown: readonly string[], actual: readonly string[]): boolean {
  if (shown.length === 0) return actual.length === 0;
  const [first, ...rest] = shown;
  if (first!.trim() === '…') return actual.some((_, skip) => shows(rest, actual.slice(skip))) || shows(rest, []);
  if (actual.length === 0) return false;
  const pattern = first!
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`).test(actual[0]!) && shows(rest, actual.slice(1));
}

describe('the examples', () => {
  const files = exampleFiles();

  test('are there', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  withCli.each(files)('%s runs to its end', (file) => {
    const { status, stdout, stderr } = runExample(file);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    for (const [, region, text] of stdout.matchAll(/^::region (\S+)\n([^]*?)^::endregion$/gm)) {
      printed.set(`${file}#${region}`, text!.trimEnd());
    }
  });

  withCli('print what the pages say that they print', () => {
    const wrong = marked
      .filter(({ mark }) => mark!.kind === 'output')
      .map(({ page, line, text, mark }) => ({ page, line, shown: text, actual: printed.get(`${mark!.file}#${mark!.region}`) }))
      .filter(({ shown, actual }) => actual === undefined || !shows(shown.split('\n'), actual.split('\n')));
    expect(wrong).toEqual([]);
  });
});

test('blocks of the pages are regions of the examples, letter by letter', () => {
  const wrong = marked
    .filter(({ mark }) => mark!.kind === 'example')
    .map(({ page, line, text, mark }) => ({
      page,
      line,
      shown: text,
      actual: regions(readFileSync(join(PROJECT, mark!.file), 'utf8')).get(mark!.region),
    }))
    .filter(({ shown, actual }) => shown !== actual);
  expect(wrong).toEqual([]);
  expect(marked.length).toBeGreaterThan(5);
});

test('every block that runs navledger is a region of an example', () => {
  const loose = pages()
    .flatMap((page) => page.blocks.map((block) => ({ page: page.path, ...block })))
    .filter(({ language, text, mark }) => language === 'sh' && /\bnavledger\b/.test(text) && !mark)
    .map(({ page, line }) => `${page}:${line}`);
  expect(loose).toEqual([]);
});

test('output is compared with "…" as a wildcard, and a difference is found', () => {
  expect(shows(['nav … USD', '…', 'end'], ['nav 5 USD', 'x', 'y', 'end'])).toBe(true);
  expect(shows(['nav … USD', '…'], ['nav 5 USD'])).toBe(true);
  expect(shows(['nav 5'], ['nav 6'])).toBe(false);
  expect(shows(['nav 5'], ['nav 5', 'more'])).toBe(false);
  expect(shows(['n.v'], ['nav'])).toBe(false);
});
