/** The server's settings: where they come from, what is refused and how it is said, and the page that lists them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagOf, readSettings, type Setting, SETTINGS, variableOf } from '../../apps/api/settings';
import { PROJECT, run } from '../support/cli';
import { tempDir } from '../support/temp';

const dir = tempDir();
const config = join(dir, 'navledger.json');

function configured(settings: unknown): string {
  writeFileSync(config, typeof settings === 'string' ? settings : JSON.stringify(settings));
  return config;
}

test('docs/reference/settings.md has one row for each setting, with flag, variable, key, rule, default and meaning', () => {
  const page = readFileSync(join(PROJECT, 'docs/reference/settings.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(--.*?) *\|$/gm)].map(
    ([, row]) =>
      `\`${row!
        .split('|')
        .map((cell) => cell.trim())
        .join(' | ')}`,
  );
  // To renew the page, copy the rows that are expected here.
  expect(rows).toEqual(
    Object.entries<Setting>(SETTINGS).map(([name, { argument, rule, otherwise, says }]) => {
      const usual = otherwise ? `\`${otherwise}\`` : '';
      return [`\`${flagOf(name)} ${argument}\``, `\`${variableOf(name)}\``, `\`${name}\``, rule, usual, says].join(' | ');
    }),
  );
});

test('the default of every setting is of its own form', () => {
  const { settings } = readSettings();
  expect(settings).toMatchObject({ host: '127.0.0.1', port: 8080, bodyLimit: 1_048_576, arrivalTime: 10_000, trustedProxies: [] });
  const entries = Object.entries<Setting>(SETTINGS);
  expect(entries.filter(([, { otherwise, parse }]) => otherwise !== undefined && parse(otherwise) === undefined)).toEqual([]);
});

test('a flag goes before the environment, the environment before the file, the file before the default', () => {
  const file = configured({ port: 1, grace: '2m', questionTime: '5s', trustedProxies: ['10.0.0.0/8', '::1'] });
  const environment = { NAVLEDGER_CONFIG: file, NAVLEDGER_PORT: '2', NAVLEDGER_GRACE: '3s' };
  const { settings, place } = readSettings({ port: '3' }, environment);
  expect(settings).toMatchObject({ port: 3, grace: 3000, questionTime: 5000, keepAlive: 75_000, trustedProxies: ['10.0.0.0/8', '::1'] });
  expect(['port', 'grace', 'questionTime', 'keepAlive'].map((name) => place(name as 'port'))).toEqual([
    '--port',
    'NAVLEDGER_GRACE',
    `${file} questionTime`,
    '--keep-alive',
  ]);
  expect(readSettings({}, { NAVLEDGER_CONFIG: file }).settings.port).toBe(1);
});

test.each([
  [{ port: '70000' }, {}, undefined, 'InvalidField: --port = "70000": must be a whole number from 0 to 65535'],
  [{ port: '' }, {}, undefined, 'InvalidField: --port = "": must be a whole number'],
  [{}, { NAVLEDGER_GRACE: '500ms' }, undefined, 'InvalidField: NAVLEDGER_GRACE = "500ms": must be a duration from 1s to 1d'],
  [{}, { NAVLEDGER_GRACE: '2d' }, undefined, 'InvalidField: NAVLEDGER_GRACE = "2d": must be a duration from 1s to 1d'],
  [{}, { NAVLEDGER_TOKENS_FILE: '' }, undefined, 'InvalidField: NAVLEDGER_TOKENS_FILE = "": must be a path'],
  [{}, {}, { bodyLimit: 10 }, `InvalidField: ${config} bodyLimit = "10": must be a whole number from 1024 to 67108864`],
  [{}, {}, { bodyLimit: 1e6 + 0.5 }, `InvalidField: ${config} bodyLimit = 1000000.5: must be a whole number`],
  [{}, {}, { bodyLimit: null }, `InvalidField: ${config} bodyLimit = null: must be a whole number`],
  [{}, {}, { prot: 1 }, `InvalidField: ${config} prot = 1: there is no such setting; there are host, port, `],
  [{}, {}, { constructor: 1 }, `InvalidField: ${config} constructor = 1: there is no such setting`],
  [{}, {}, { trustedProxies: ['10.0.0.0/33'] }, `InvalidField: ${config} trustedProxies = "10.0.0.0/33": must be IP addresses or ranges`],
  [{}, {}, [], `InvalidField: ${config} = []: must hold one JSON object`],
  [{}, {}, '{"port":', `InvalidField: --config = "${config}": must be a file of JSON that can be read: `],
  [{ tlsCert: 'c.pem' }, {}, undefined, 'InvalidField: --tls-cert = "c.pem": must be given together with tlsKey'],
  [{}, {}, { jwtJwks: 'keys.json' }, `InvalidField: ${config} jwtJwks = "keys.json": must be given together with jwtIssuer`],
  [{ logLevel: 'all' }, {}, undefined, 'InvalidField: --log-level = "all": must be one of debug, info, warn, error, silent'],
  [{ host: 'a b' }, {}, undefined, 'InvalidField: --host = "a b": must be an IP address or the name of this machine'],
  [{ jwtIssuer: 'ftp://x', jwtAudience: 'a' }, {}, undefined, 'InvalidField: --jwt-issuer = "ftp://x": must be a URL with https: or http:'],
])('%j %j %j is refused by place, value and rule', (flags, environment, file, told) => {
  const given = file === undefined ? {} : { config: configured(file) };
  let message = '';
  try {
    readSettings({ ...flags, ...given }, environment);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message.slice(0, told.length)).toBe(told);
});

describe('navledger serve', () => {
  test('refuses what cannot be in one line, with exit code 2, before there is a store', async () => {
    const pem = join(dir, 'no.pem');
    writeFileSync(pem, 'not PEM');
    const wrong: [args: string[], env: Record<string, string>, told: string][] = [
      [['--port', 'x'], {}, '--port = "x": must be a whole number from 0 to 65535'],
      [[], { NAVLEDGER_LOG_LEVEL: 'all' }, 'NAVLEDGER_LOG_LEVEL = "all": must be one of debug, info, warn, error, silent'],
      [['--config', join(dir, 'none.json')], {}, `--config = `],
      [['--host', '0.0.0.0'], {}, '--host = "0.0.0.0": must be an address of this machine alone'],
      [['--tls-cert', join(dir, 'none.pem'), '--tls-key', pem], {}, '--tls-cert = '],
      [['--tls-cert', pem, '--tls-key', pem], {}, '--tls-cert = '],
      [
        ['--jwt-issuer', 'https://a', '--jwt-audience', 'b', '--jwt-jwks', 'http://a/keys'],
        {},
        '--jwt-jwks = "http://a/keys": must be a URL with https:',
      ],
    ];
    const runs = await Promise.all(wrong.map(([args, env]) => run(dir, ['serve', ...args], { env })));
    runs.forEach(({ code, stdout, stderr }, i) => {
      expect({
        code,
        stdout,
        told: stderr.startsWith(`navledger: InvalidField: ${wrong[i]![2]}`) ? wrong[i]![2] : stderr,
        lines: stderr.split('\n').length,
      }).toEqual({
        code: 2,
        stdout: '',
        told: wrong[i]![2],
        lines: 2,
      });
    });
    expect(existsSync(join(dir, 'data'))).toBe(false);
  });

  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=localhost'];
  const withPair = spawnSync('openssl', ['req', '-x509', ...pair]).status === 0 ? test : test.skip;
  test('a file of tokens that is named and not there is refused: a slip must not open the server', async () => {
    const named = { env: { NAVLEDGER_TOKENS_FILE: join(dir, 'slip.json') } };
    const rule = 'must be there: `navledger token create` makes it';
    expect(await run(dir, ['serve', '--check'], named)).toEqual({
      code: 2,
      stdout: '',
      stderr: `navledger: InvalidField: NAVLEDGER_TOKENS_FILE = ${JSON.stringify(join(dir, 'slip.json'))}: ${rule}\n`,
    });
  });

  withPair('--check says that settings are good, and starts nothing', async () => {
    const file = configured({ port: 0, tlsCert: cert, tlsKey: key });
    expect(await run(dir, ['serve', '--check', '--config', file])).toEqual({ code: 0, stdout: 'the settings are good\n', stderr: '' });
    expect(existsSync(join(dir, 'data'))).toBe(false);
  });
});
