/** Child processes of tests: TypeScript programs that print lines. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Child {
  readonly process: ChildProcess;
  /** Complete lines of standard output so far. */
  readonly lines: string[];
  /** Resolves with the first line that fits, also one from before; rejects when the child ends without. */
  line(fits: (line: string) => boolean): Promise<string>;
  /** Resolves when the child has ended and all its output is in `lines`. */
  readonly ended: Promise<void>;
}

/** Runs a TypeScript program, within a file size limit (in KiB) when one is given. */
export function runChild(program: string, args: readonly string[], options: { readonly fileLimitKiB?: number } = {}): Child {
  const node = [process.execPath, '-r', join(__dirname, 'ts-child.cjs'), program, ...args];
  const limit = options.fileLimitKiB;
  const command = limit === undefined ? node : ['bash', '-c', `ulimit -S -f ${limit}; exec "$@"`, 'bash', ...node];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const wake = (): void => waiting.forEach((check) => check());
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    wake();
  });
  const ended = new Promise<void>((resolve) => reader.once('close', resolve)).then(() => {
    over = true;
    wake();
  });
  const line = (fits: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = lines.find(fits);
        if (found === undefined && !over) return;
        waiting.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new Error(`the child ended after ${lines.length} lines, the last: ${lines.at(-1)}`));
      };
      waiting.add(check);
      check();
    });
  return { process: child, lines, line, ended };
}
