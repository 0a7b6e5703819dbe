/** Runs dependency-cruiser (an ES module, so in a process of its own) over the tree at `root` with the project's configuration. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(__dirname, '../..');
const CRUISER = join(PROJECT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

export interface Cruise {
  readonly violations: readonly Violation[];
  /** Names of the rules that were tested. */
  readonly rules: readonly string[];
  /** Files that were looked at. */
  readonly modules: readonly string[];
}

export function cruise(root: string): Cruise {
  const folders = ['libs', 'apps', 'test'].filter((folder) => existsSync(join(root, folder)));
  const config = join(PROJECT, '.dependency-cruiser.cjs');
  const run = spawnSync(process.execPath, [CRUISER, '--config', config, '--output-type', 'json', ...folders], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  let answer;
  try {
    answer = JSON.parse(run.stdout);
  } catch {
    throw new Error(`dependency-cruiser did not run: ${run.stdout}${run.stderr}`);
  }
  return {
    violations: answer.summary.violations.map((v: { rule: { name: string }; from: string; to: string }) => ({
      rule: v.rule.name,
      from: v.from,
      to: v.to,
    })),
    rules: answer.summary.ruleSetUsed.forbidden.map((rule: { name: string }) => rule.name),
    modules: answer.modules.map((module: { source: string }) => module.source),
  };
}
