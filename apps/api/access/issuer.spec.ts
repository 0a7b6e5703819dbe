/** JSON Web Tokens: what is let in and as whom, and each way in which one is refused. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { HttpProblem } from '../problems';
import { tempDir } from '../../../test/support/temp';
import { Issuer } from './issuer';

const ISSUER = 'https://issuer.example/realm';
const AUDIENCE = 'navledger';
const now = () => Math.floor(Date.now() / 1000);

let ours: { privateKey: CryptoKey; publicKey: CryptoKey };
let theirs: { privateKey: CryptoKey; publicKey: CryptoKey };
let keys: string;
let issuer: Issuer;
beforeAll(async () => {
  [ours, theirs] = await Promise.all([generateKeyPair('ES256', { extractable: true }), generateKeyPair('ES256')]);
  keys = JSON.stringify({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'k1' }] });
  issuer = new Issuer({ issuer: ISSUER, audience: AUDIENCE, jwks: keyFile(keys) });
});

function keyFile(text: string): string {
  const file = join(tempDir(), 'jwks.json');
  writeFileSync(file, text);
  return file;
}

const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'desk@example', scope: 'openid reader' };

/** A claim that is undefined is left out. */
function signed(claims: JWTPayload = {}, key: CryptoKey = ours.privateKey, kid = 'k1'): Promise<string> {
  return new SignJWT({ ...CLAIMS, exp: now() + 60, ...claims }).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
}

/** Code and rule of the refusal; fails when there is none. */
async function refusal(token: string, from: Issuer = issuer): Promise<string> {
  const caller: unknown = await from.verify(token).catch((error: HttpProblem) => `${error.code}: ${error.rule}`);
  expect(typeof caller).toBe('string');
  return caller as string;
}

test.each([
  ['scope', { scope: 'openid recorder' }, ['recorder']],
  ['scopes', { scope: undefined, scopes: ['auditor', 'other'] }, ['auditor', 'reader']],
  ['roles', { scope: undefined, roles: ['issuer'] }, ['issuer', 'recorder']],
  ['a list in scope', { scope: ['reader'] }, ['reader']],
  ['nothing that is ours', { scope: 'Reader readers admin' }, []],
  ['claims of no list', { scope: undefined, roles: 'issuer', scopes: { reader: true } }, []],
])('the caller is the subject with the scopes of %s', async (_, claims, scopes) => {
  const { actor, scopes: held } = await issuer.verify(await signed(claims));
  expect([actor, [...held]]).toEqual(['desk@example', scopes]);
});

test.each([
  ['of another issuer', { iss: `${ISSUER}/` }, 'the claim iss of the token is missing or not what it must be here'],
  ['for another audience', { aud: ['other'] }, 'the claim aud of the token is missing or not what it must be here'],
  ['past its time', { exp: now() - 30 }, 'the token has expired'],
  ['without an end', { exp: undefined }, 'the claim exp of the token is missing or not what it must be here'],
  ['before its time', { nbf: now() + 60 }, 'the claim nbf of the token is missing or not what it must be here'],
  ['without a subject', { sub: undefined }, 'the claim sub of the token is missing or not what it must be here'],
  ['with an empty subject', { sub: '' }, 'the claim sub of the token must be 1 to 200 printable characters'],
  ['with a long subject', { sub: 'x'.repeat(201) }, 'the claim sub of the token must be 1 to 200 printable characters'],
  ['with a line feed in its subject', { sub: 'a\nb' }, 'the claim sub of the token must be 1 to 200 printable characters'],
])('a token %s is refused', async (_, claims, rule) => {
  expect(await refusal(await signed(claims as JWTPayload))).toBe(`Unauthorized: ${rule}`);
});

test('a few seconds of difference between clocks do not matter', async () => {
  expect((await issuer.verify(await signed({ exp: now() - 2, nbf: now() + 2 }))).actor).toBe('desk@example');
});

test('a signature by another key, over other claims, or none is refused', async () => {
  const [head, , signature] = (await signed()).split('.') as [string, string, string];
  const raised = Buffer.from(JSON.stringify({ ...CLAIMS, exp: now() + 60, scope: 'issuer' })).toString('base64url');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${raised}.`;
  const unknown = 'Unauthorized: the token is not known here, or its signature does not match';
  expect(await refusal(await signed({}, theirs.privateKey))).toBe(unknown);
  expect(await refusal(`${head}.${raised}.${signature}`)).toBe(unknown);
  expect(await refusal(none)).toMatch(/^Unauthorized: /);
  expect(await refusal('nonsense')).toBe(unknown);
  expect(await refusal(await signed({}, ours.privateKey, 'k2'))).toBe('Unauthorized: the issuer has no key that the token is signed with');
});

test('a public key is no secret to sign with', async () => {
  const head = Buffer.from('{"alg":"HS256","kid":"k1"}').toString('base64url');
  const body = Buffer.from(JSON.stringify({ ...CLAIMS, exp: now() + 60 })).toString('base64url');
  for (const secret of [await exportSPKI(ours.publicKey), keys]) {
    const signature = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
    expect(await refusal(`${head}.${body}.${signature}`)).toMatch(/^Unauthorized: the token must be signed with one of RS256 /);
  }
});

test('a verified token is remembered until it ends, another one is not', async () => {
  const token = await signed({ exp: now() + 60 });
  expect(issuer.remembered(token)).toBeUndefined();
  const caller = await issuer.verify(token);
  expect(issuer.remembered(token)).toBe(caller);
  const clock = jest.spyOn(Date, 'now').mockReturnValue((now() + 66) * 1000);
  expect(issuer.remembered(token)).toBeUndefined();
  clock.mockRestore();

  const lasting = await signed({ exp: now() + 86_400 });
  await issuer.verify(lasting);
  const later = jest.spyOn(Date, 'now').mockReturnValue((now() + 601) * 1000);
  expect(issuer.remembered(lasting)).toBeUndefined();
  later.mockRestore();
});

describe('keys of a URL', () => {
  let server: Server;
  let asked: string[];
  let answer: { status: number; body: string };
  let origin: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    asked = [];
    answer = { status: 200, body: keys };
  });
  afterAll(() => server.close());

  test("are by default in the issuer's well-known place, and asked for once", async () => {
    const from = new Issuer({ issuer: `${origin}/`, audience: AUDIENCE });
    for (const sub of ['one', 'two']) expect((await from.verify(await signed({ iss: `${origin}/`, sub }))).actor).toBe(sub);
    expect(asked).toEqual(['/.well-known/jwks.json']);
  });

  test.each([
    [500, 'no'],
    [200, 'no JSON'],
    [200, '{"keys":1}'],
  ])('that cannot be had (%i %s) are no fault of the token, and are asked for again', async (status, body) => {
    const from = new Issuer({ issuer: ISSUER, audience: AUDIENCE, jwks: `${origin}/keys` });
    answer = { status, body };
    expect(await refusal(await signed(), from)).toBe('AccessUnavailable: the keys of the issuer cannot be had');
    answer = { status: 200, body: keys };
    expect((await from.verify(await signed())).actor).toBe('desk@example');
  });

  test('where nobody listens are no fault of the token', async () => {
    const from = new Issuer({ issuer: ISSUER, audience: AUDIENCE, jwks: 'http://127.0.0.1:1/keys' });
    expect(await refusal(await signed(), from)).toBe('AccessUnavailable: the keys of the issuer cannot be had');
  });
});

test.each(['http://issuer.example/keys', 'http://127.0.0.1.example/keys', 'https://', 'https://:1'])(
  'keys are not asked for at %s',
  (jwks) => {
    expect(() => new Issuer({ issuer: ISSUER, audience: AUDIENCE, jwks })).toThrow(
      /^InvalidField: jwks = ".*": must be a URL with https:, or a file/,
    );
  },
);

test('keys of a file are refused at the start when there are none', () => {
  for (const file of [join(tempDir(), 'absent'), keyFile('no JSON'), keyFile('{}')]) {
    expect(() => new Issuer({ issuer: ISSUER, audience: AUDIENCE, jwks: file })).toThrow(/^InvalidFile: .*: cannot be used: /);
  }
});
