/** The certificates that deploy/authority.sh makes, seen through Node's own X.509, and what a second run leaves alone and mends. */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../architecture/cruise';

const NODES = ['kurrentdb-1', 'kurrentdb-2', 'kurrentdb-3'];
const withOpenssl = spawnSync('openssl', ['version']).status === 0 ? test : test.skip;
const root = mkdtempSync(join(tmpdir(), 'navledger-authority-'));
afterAll(() => rmSync(root, { recursive: true }));

const place = (...parts: string[]): string => join(root, ...parts);
const certificate = (...parts: string[]): X509Certificate => new X509Certificate(readFileSync(place(...parts)));

/** What the script says that it made. */
function run(): string[] {
  const environment = { ...process.env, AUTHORITY: place('authority'), TRUST: place('trust'), NODES: place('nodes') };
  const { status, stdout, stderr } = spawnSync('sh', [join(PROJECT, 'deploy/authority.sh')], { env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

withOpenssl('makes an authority and what belongs to each node, and a second time nothing', () => {
  for (const folder of ['authority', 'trust', ...NODES.map((node) => `nodes/${node}`)]) mkdirSync(place(folder), { recursive: true });
  expect(run()).toEqual(['made an authority', ...NODES.map((node) => `made a certificate for ${node}`)]);
  expect(run()).toEqual([]);
});

withOpenssl('a node has a certificate of the authority for its own name, to serve and to call with', () => {
  const authority = certificate('trust', 'ca.crt');
  expect([authority.ca, authority.verify(authority.publicKey)]).toEqual([true, true]);
  for (const node of NODES) {
    const own = certificate('nodes', node, 'node.crt');
    expect([own.ca, own.checkIssued(authority), own.verify(authority.publicKey)]).toEqual([false, true, true]);
    expect(own.checkPrivateKey(createPrivateKey(readFileSync(place('nodes', node, 'node.key'))))).toBe(true);
    expect(NODES.filter((name) => own.checkHost(name))).toEqual([node]);
    expect(own.subject).toContain('CN=kurrentdb-node');
    expect(Math.round((Date.parse(own.validTo) - Date.now()) / 86_400_000)).toBe(825);
    expect(own.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  }
});

withOpenssl('keys are where they are needed, for their owner alone', () => {
  const keys = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /key|new/.test(file));
  expect(keys.sort()).toEqual(['authority/ca.key', ...NODES.map((node) => `nodes/${node}/node.key`)]);
  expect(keys.map((key) => statSync(place(key)).mode & 0o777)).toEqual(keys.map(() => 0o600));
  expect(statSync(place('trust', 'ca.crt')).mode & 0o777).toBe(0o644);
});

withOpenssl('mends what is missing or does not fit', () => {
  rmSync(place('nodes', 'kurrentdb-1', 'node.crt'));
  copyFileSync(place('nodes', 'kurrentdb-3', 'node.key'), place('nodes', 'kurrentdb-2', 'node.key'));
  expect(run()).toEqual(['made a certificate for kurrentdb-1', 'made a certificate for kurrentdb-2']);
  expect(run()).toEqual([]);
});

withOpenssl('makes a certificate anew that ends within 400 days', () => {
  const [authority, folder] = [place('authority', 'ca'), place('nodes', 'kurrentdb-1')];
  const sign = (days: number): number | null =>
    spawnSync('sh', [
      '-c',
      `openssl req -new -key ${folder}/node.key -subj /CN=x | openssl x509 -req -CA ${authority}.crt -CAkey ${authority}.key -days ${days} -out ${folder}/node.crt`,
    ]).status;
  expect(sign(402)).toBe(0);
  expect(run()).toEqual([]);
  expect(sign(399)).toBe(0);
  expect(run()).toEqual(['made a certificate for kurrentdb-1']);
});

withOpenssl('a new authority replaces what the old one signed', () => {
  rmSync(place('authority', 'ca.crt'));
  expect(run().length).toBe(4);
  expect(certificate('nodes', 'kurrentdb-3', 'node.crt').verify(certificate('trust', 'ca.crt').publicKey)).toBe(true);
});
