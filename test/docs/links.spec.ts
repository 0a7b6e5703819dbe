/** Links between the pages lead somewhere, and what the pages tell a reader to type exists. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { HAS_CLI, pages, PROJECT, type Page } from './pages';

const all = pages();
const withCli = HAS_CLI ? test : test.skip;

/** A heading's anchor, as code hosts make it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function deadLinks(page: Page, known: readonly Page[]): string[] {
  const prose = page.text.replace(/^(`{3,})[^]*?^\1$/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [file = '', fragment] = target.split('#');
      const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
      if (!existsSync(join(PROJECT, path))) return true;
      return (
        fragment !== undefined && !known.find((other) => other.path === path)?.headings.some((heading) => anchor(heading) === fragment)
      );
    })
    .map((target) => `${page.path}: ${target}`);
}

test('every link inside the project resolves, anchors too', () => {
  expect(all.flatMap((page) => deadLinks(page, all))).toEqual([]);
});

test('a dead link and a dead anchor are found', () => {
  const page: Page = {
    path: 'docs/index.md',
    text: '[a](nowhere.md) [b](#there) [c](#here) [d](../README.md)',
    headings: ['Here!'],
    blocks: [],
  };
  expect(deadLinks(page, [page])).toEqual(['docs/index.md: nowhere.md', 'docs/index.md: #there']);
});

test('every page of docs is reached from docs/index.md', () => {
  const index = all.find(({ path }) => path === 'docs/index.md')!;
  const linked = [...index.text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => normalize(join('docs', target!)));
  expect(all.map(({ path }) => path).filter((path) => path.startsWith('docs/') && path !== index.path && !linked.includes(path))).toEqual(
    [],
  );
});

test('npm scripts that the pages name exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const named = all.flatMap(({ path, text }) => [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => ({ path, name: name! })));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter(({ name }) => !(name in scripts))).toEqual([]);
});

describe('the command line page', () => {
  const page = all.find(({ path }) => path === 'docs/reference/command-line.md')!;
  /** Headings such as "`nav`" and "`import prices`". */
  const documented = page.headings.map((heading) => /^`([a-z -]+)`$/.exec(heading)?.[1]).filter((name) => name !== undefined);
  const help = (...args: string[]) => spawnSync(process.execPath, ['bin/navledger', ...args], { cwd: PROJECT, encoding: 'utf8' });

  test('names commands', () => {
    expect(documented).toContain('nav');
  });

  withCli('names every command of `navledger --help`, and none besides', () => {
    const listed = (text: string, indent = '') =>
      (text.split(/^Commands:$/m)[1] ?? '')
        .split(/\n\n/)[0]!
        .split('\n')
        .map((line) => /^ {2}([a-z][a-z-]*)/.exec(line)?.[1])
        .filter((name) => name !== undefined && name !== 'help')
        .map((name) => `${indent}${name}`);
    const top = listed(help('--help').stdout);
    const offered = top.flatMap((name) => {
      const inner = listed(help(name, '--help').stdout, `${name} `);
      return inner.length > 0 ? inner : [name];
    });
    expect(documented.slice().sort()).toEqual(offered.sort());
  });

  const optionsIn = (text: string): string[] => [...new Set([...text.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option))].sort();
  /** The first column of a help text's list. */
  const listedOptions = (text: string, heading: string): string[] =>
    optionsIn(
      (text.split(`${heading}:\n`)[1] ?? '')
        .split('\n\n')[0]!
        .split('\n')
        .map((line) => /^ {2}(-.*?)( {2}|$)/.exec(line)?.[1] ?? '')
        .join('\n'),
    );
  const rowsOf = (text: string): string[] => optionsIn([...text.matchAll(/^\| (`-[^|]*)\|/gm)].map(([, cell]) => cell).join('\n'));

  withCli('lists the options that every command takes, and none besides', () => {
    expect(rowsOf(page.text.split('\n## ')[0]!)).toEqual(listedOptions(help('--help').stdout, 'Options'));
  });

  withCli.each(documented)('lists the options of %s, and none besides', (name) => {
    const { stdout, status } = help(...name.split(' '), '--help');
    expect(status).toBe(0);
    const section = page.text.split(`\n## \`${name}\`\n`)[1]!.split('\n## ')[0]!;
    // Those that are settings have a page of their own.
    const settings = name === 'serve' ? readFileSync(join(PROJECT, 'docs/reference/settings.md'), 'utf8') : '';
    expect(rowsOf(`${section}\n${settings}`)).toEqual(listedOptions(stdout, '\nOptions').filter((option) => option !== '--help'));
  });
});
