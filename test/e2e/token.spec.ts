/** `navledger token`: the file that it keeps, bad input, many at once, and a server that reads it while it holds the store. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startApi } from '../support/api';
import { ask, run } from '../support/cli';
import { tempDir } from '../support/temp';

const create = (cwd: string, ...args: readonly string[]) => run(cwd, ['token', 'create', ...args]);

test('a token is printed once and kept as a digest, for its owner only to read', async () => {
  const dir = tempDir();
  const { code, stdout, stderr } = await create(dir, '--name', 'feeder', '--scope', 'auditor', '--scope', 'recorder', '--expires', '90d');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^nvl_[A-Za-z0-9_-]{43}\n$/)]);
  expect(stderr).toMatch(/^token 1 of feeder: recorder, auditor, valid until \d{4}-.*Z\n$/);
  const file = join(dir, 'data', 'tokens.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(stdout.trim().slice(4));
  const [kept] = JSON.parse(readFileSync(file, 'utf8')).tokens;
  expect(Date.parse(kept.expiresAt) - Date.parse(kept.createdAt)).toBe(90 * 86_400_000);
});

test('list shows what there is and was, without digests; a name is free again once its token is revoked', async () => {
  const dir = tempDir();
  const made = await ask(dir, 'token', 'create', '--name', 'desk', '--scope', 'issuer');
  expect(made).toEqual({
    ...{ id: '1', name: 'desk', scopes: ['issuer'], createdAt: expect.any(String), expiresAt: null, revokedAt: null },
    token: expect.stringMatching(/^nvl_/),
  });
  expect(await ask(dir, 'token', 'revoke', 'DESK')).toMatchObject({ id: '1', revokedAt: expect.stringMatching(/Z$/) });
  expect(await ask(dir, 'token', 'create', '--name', 'Desk', '--scope', 'reader')).toMatchObject({ id: '2' });
  expect(await ask(dir, 'token', 'revoke', '2')).toMatchObject({ name: 'Desk' });
  const { tokens } = await ask(dir, 'token', 'list');
  expect(tokens.map((token: object) => Object.keys(token))).toEqual([1, 2].map(() => Object.keys(made).filter((key) => key !== 'token')));
  const { stdout } = await run(dir, ['token', 'list']);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^id {2}name {2}scopes /),
    expect.stringMatching(/^ 1 {2}desk {2}issuer {2}\S+ {2}revoked /),
    expect.stringMatching(/^ 2 {2}Desk {2}reader {2}\S+ {2}revoked /),
    '',
  ]);
});

test.each([
  [['--name', 'x'], "required option '--scope <scope>' not specified\nTry navledger --help."],
  [['--scope', 'reader'], "required option '--name <name>' not specified\nTry navledger --help."],
  [['--name', 'x', '--scope', 'admin'], 'InvalidField: --scope = "admin": must be one of reader, recorder, issuer, auditor'],
  [
    ['--name', '1x', '--scope', 'reader'],
    'InvalidField: --name = "1x": must be a letter and up to 63 letters, digits, dots, underscores and hyphens',
  ],
  [['--name', 'a b', '--scope', 'reader'], /^InvalidField: --name = "a b": must be a letter/],
  [['--name', 'x'.repeat(65), '--scope', 'reader'], /^InvalidField: --name = "x+": must be a letter/],
  [['--name', 'TAKEN', '--scope', 'reader'], 'InvalidField: --name = "TAKEN": must not be the name of another token that is valid'],
  [['--name', 'x', '--scope', 'reader', '--expires', '90'], /^InvalidField: --expires = "90": must be a duration/],
  [['--name', 'x', '--scope', 'reader', '--expires', '0s'], /^InvalidField: --expires = "0s": must be a duration/],
  [['--name', 'x', '--scope', 'reader', '--expires', '36501d'], 'InvalidField: --expires = "36501d": must be at most 36500d'],
  [
    ['--name', 'x', '--scope', 'reader', '--tokens-file', 'absent/tokens.json'],
    /^InvalidFile: absent\/tokens\.json: cannot be used: ENOENT/,
  ],
])('create %j is refused in one line', async (args, line) => {
  const dir = tempDir();
  await create(dir, '--name', 'taken', '--scope', 'reader');
  const before = readFileSync(join(dir, 'data', 'tokens.json'));
  const { code, stdout, stderr } = await create(dir, ...args);
  expect([code, stdout]).toEqual([2, '']);
  const said = stderr.replace(/^navledger: /, '').trimEnd();
  if (typeof line === 'string') expect(said).toBe(line);
  else expect(said).toMatch(line);
  expect(readFileSync(join(dir, 'data', 'tokens.json'))).toEqual(before);
});

test.each(['', '{}', '[]', 'null', '{"version":2,"tokens":[]}', '{"version":1,"tokens":[{"id":"1"}]}', '{"version":1,"tokens":['])(
  'a file that holds %j is refused by every command, and left as it is',
  async (text) => {
    const dir = tempDir();
    const file = join(dir, 'own.json');
    writeFileSync(file, text);
    for (const args of [['create', '--name', 'x', '--scope', 'reader'], ['list'], ['revoke', 'x']]) {
      const { code, stdout, stderr } = await run(dir, ['token', ...args], { env: { NAVLEDGER_TOKENS_FILE: file } });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^navledger: InvalidFile: .*own\.json: must be a file of tokens, version 1: .* damaged or of another shape\n$/,
      );
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
  },
);

test('revoke refuses what is no valid token', async () => {
  expect(await run(tempDir(), ['token', 'revoke', 'x', '--tokens-file', 'none.json'])).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: 'navledger: InvalidField: token = "x": must be the name or the id of a token that is valid\n',
  });
});

test('processes that change the tokens at once lose nothing', async () => {
  const dir = tempDir();
  const names = Array.from({ length: 8 }, (_, i) => `name${i}`);
  const made = await Promise.all(names.map((name) => create(dir, '--name', name, '--scope', 'reader')));
  expect(made.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(names.map(() => 0));
  const { tokens } = await ask(dir, 'token', 'list');
  expect(tokens.map(({ name }: { name: string }) => name).sort()).toEqual(names);
  expect(new Set(tokens.map(({ id }: { id: string }) => id)).size).toBe(names.length);
});

test('a lock that a killed process left is named and not broken', async () => {
  const dir = tempDir();
  await create(dir, '--name', 'x', '--scope', 'reader');
  const lock = join(dir, 'data', 'tokens.json.lock');
  writeFileSync(lock, '1\n');
  const { code, stderr } = await create(dir, '--name', 'y', '--scope', 'reader');
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /^navledger: InvalidFile: .*tokens\.json\.lock: another process changes the tokens; if none does, remove this file\n$/,
    ),
  ]);
  rmSync(lock);
  expect((await create(dir, '--name', 'y', '--scope', 'reader')).code).toBe(0);
});

test('a server that holds the store lets a new token in, and JSON Web Tokens of its issuer', async () => {
  const dir = tempDir();
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  const jwks = join(dir, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  const settings = {
    tokensFile: join(dir, 'data', 'tokens.json'),
    jwtIssuer: 'https://issuer.example',
    jwtAudience: 'navledger',
    jwtJwks: jwks,
  };
  const api = await startApi(join(dir, 'data'), { settings: { ...settings, host: '0.0.0.0' } });
  const url = api.url.replace('0.0.0.0', '127.0.0.1');
  const statusOf = async (token: string) => (await fetch(`${url}/v1/portfolios`, { headers: { authorization: `Bearer ${token}` } })).status;

  const jwt = await new SignJWT({ scope: 'reader' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(settings.jwtIssuer)
    .setAudience('navledger')
    .setSubject('robot')
    .setExpirationTime('1m')
    .sign(privateKey);
  expect([await statusOf(jwt), await statusOf(jwt), await statusOf(`${jwt}x`)]).toEqual([200, 200, 401]);

  const { token } = await ask(dir, 'token', 'create', '--name', 'live', '--scope', 'reader');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await statusOf(token)).toBe(200);
  expect((await fetch(`${url}/v1/portfolios`)).status).toBe(401);
});
