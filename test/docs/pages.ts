/** The written pages, their headings and fenced blocks, and the regions of examples/. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(__dirname, '../..');

export interface Page {
  /** Path from the project's root. */
  readonly path: string;
  readonly text: string;
  readonly headings: readonly string[];
  readonly blocks: readonly Block[];
}

export interface Block {
  /** First line of the block, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** What a comment just above says the block is: `<!-- example: FILE#REGION -->` or `<!-- output: FILE#REGION -->`. */
  readonly mark?: { readonly kind: string; readonly file: string; readonly region: string };
}

export function pages(): Page[] {
  const top = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];
  const docs = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`);
  return [...top, ...docs.sort()].map((path) => parsePage(path, readFileSync(join(PROJECT, path), 'utf8')));
}

export function parsePage(path: string, text: string): Page {
  const headings: string[] = [];
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let mark: Block['mark'];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const fence = /^(`{3,})(\w*)/.exec(line);
    if (fence) {
      const end = lines.indexOf(fence[1]!, i + 1);
      if (end < 0) throw new Error(`${path}:${i + 1}: the block has no end`);
      blocks.push({ line: i + 2, language: fence[2]!, text: lines.slice(i + 1, end).join('\n'), ...(mark ? { mark } : {}) });
      i = end;
      mark = undefined;
      continue;
    }
    const comment = /^<!-- (example|output): (\S+)#(\S+) -->$/.exec(line);
    if (comment) mark = { kind: comment[1]!, file: comment[2]!, region: comment[3]! };
    else if (line.trim() !== '') mark = undefined;
    const heading = /^#{1,6} (.*)$/.exec(line);
    if (heading) headings.push(heading[1]!.trim());
  }
  return { path, text, headings, blocks };
}

/** The regions of a script: lines between `# region NAME` and `# endregion`. */
export function regions(script: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, body] of script.matchAll(/^# region (\S+)\n([^]*?)^# endregion$/gm)) {
    if (found.has(name!)) throw new Error(`two regions are named ${name}`);
    found.set(name!, body!.trimEnd());
  }
  return found;
}

export function exampleFiles(): string[] {
  const folder = join(PROJECT, 'examples');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.sh'))
        .sort()
        .map((file) => `examples/${file}`)
    : [];
}

/** Whether the command line can be run at all. */
export const HAS_CLI = existsSync(join(PROJECT, 'apps/cli/main.ts'));
