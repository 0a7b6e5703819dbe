/** A password in a store's URL is shown nowhere: not in refusals and faults, not by what starts well, not when the command line is mistyped. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run, seeded } from '../support/cli';
import { tempDir } from '../support/temp';

const SECRET = 'c0ffee5ec2e7';
/** Nothing listens there. */
const AWAY = `kurrentdb://admin:${SECRET}@127.0.0.1:1`;

const COMMANDS: readonly (readonly string[])[] = [
  ['nav', 'x'],
  ['record', '-'],
  ['record', '-', '--atomic'],
  ['events'],
  ['import', 'events', '-'],
  ['serve', '--port', '0'],
  ['demo', '--no-serve'],
  ['doctor'],
  ['rebuild'],
  ['backup', 'file'],
  ['restore', 'file'],
  ['token', 'list'],
];

const WRONG = [
  `kurrentdb://admin:${SECRET}@127.0.0.1:1?tls=false`,
  `kurrentdb://admin:${SECRET}@127.0.0.1:1?colour=red`,
  `kurrentdb://admin:a/${SECRET}@127.0.0.1:1`,
  `kurrentdb://admin:1?${SECRET}@127.0.0.1:1`,
  `kurrentdb://admin:a@${SECRET}@127.0.0.1:1`,
  `kurrentdb://admin:${SECRET}@a b`,
  `kurrentdb:/admin:${SECRET}@127.0.0.1:1`,
  `mysql://admin:${SECRET}@127.0.0.1:1`,
];

async function shown(dir: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(dir, args, { env: { NAVLEDGER_DEBUG: '1', ...env } });
  expect([args, code]).toEqual([args, code === 7 ? 7 : 2]);
  expect(stdout + stderr).not.toBe('');
  return stdout + stderr;
}

/** Every byte under a folder. */
function contents(dir: string): string {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('');
}

test.each(COMMANDS)(
  '%s %s on a server that is away',
  async (...args) => {
    const dir = tempDir();
    const env = { NAVLEDGER_STORE: AWAY };
    const told = args[0] === 'token' ? (await run(dir, [...args, '--json'], { env })).stdout : await shown(dir, args, env);
    expect(told).not.toContain(SECRET);
    expect((await run(dir, [...args, '--json', '--store', AWAY])).stdout).not.toContain(SECRET);
    expect(contents(dir)).not.toContain(SECRET);
  },
  30_000,
);

test.each(WRONG)('a URL that is none: %s', async (url) => {
  const dir = tempDir();
  for (const args of [
    ['nav', 'x', '--store', url],
    ['nav', 'x', '--store', url, '--json'],
    ['copy', '--from', url, '--to', 'sqlite:./b'],
    [url],
    [`--stor=${url}`],
  ]) {
    expect(await shown(dir, args)).not.toContain(SECRET);
  }
});

test('copies from and to a server that is away', async () => {
  const dir = await seeded();
  for (const ends of [
    ['--from', AWAY, '--to', 'sqlite:./b'],
    ['--from', 'sqlite:./data', '--to', AWAY],
    ['--from', AWAY, '--to', AWAY],
  ]) {
    expect(await shown(dir, ['copy', ...ends])).toContain('127.0.0.1:1');
    expect(await shown(dir, ['copy', ...ends, '--json'])).not.toContain(SECRET);
    expect(await shown(dir, ['copy', ...ends])).not.toContain(SECRET);
  }
});
