/** The files that containers are made and run from, checked without an engine: schema, pins, privileges, secrets, and that they agree with one another. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { type Copy, DockerfileParser, type From } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { SETTINGS, variableOf } from '../../apps/api/settings';
import { PROJECT } from '../architecture/cruise';
import { type Compose, faultsOf } from './compose-lint';

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const composeText = read('docker-compose.yml');
const dockerText = read('Dockerfile');
const { version } = JSON.parse(read('package.json')) as { version: string };

const composeOf = (text: string): Compose => parse(text, { merge: true }) as Compose;
const FORM = [
  'service-keys-order',
  'services-alphabetical-order',
  'top-level-properties-order',
  'no-quotes-in-volumes',
  'no-build-and-image',
];

/** What the linter finds, whose first rule is the Compose specification's schema; how lines are ordered is ours. */
function linted(text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'navledger-compose-'));
  try {
    const file = join(folder, 'docker-compose.yml');
    writeFileSync(file, text);
    const rules = Object.fromEntries(FORM.map((rule) => [rule, 0 as const]));
    const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
    const results = linter.lintFiles([file], false) as { messages: { rule: string; message: string }[] }[];
    return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The text with one thing changed, which must be there. */
function planted(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe('docker-compose.yml', () => {
  test('is valid', () => {
    expect(linted(composeText)).toEqual([]);
  });

  test.each([
    ['    profiles: [dev]', '    profile: [dev]', 'invalid-schema'],
    ["'127.0.0.1:3000:3000'", "'3000:3000'", 'no-unbound-port-interfaces'],
    ['grafana:12.4.10', 'grafana:latest', 'service-image-require-explicit-tag'],
  ])('the linter sees %s become %s', (from, to, rule) => {
    expect(linted(planted(composeText, from, to)).map((message) => message.split(':')[0])).toContain(rule);
  });

  test('keeps its promises', () => {
    expect(faultsOf(composeOf(composeText), ['navledger'])).toEqual([]);
  });

  test.each([
    ['prom/prometheus:v3.13.4', 'prom/prometheus:v3', 'prometheus: image prom/prometheus:v3 is not pinned'],
    ["'127.0.0.1:3000:3000'", "'0.0.0.0:3000:3000'", 'grafana: port 0.0.0.0:3000:3000 is not of this machine alone'],
    ["user: '472:0'", "user: '0:0'", 'grafana: user 0:0 is or may be root'],
    ['read_only: true', 'read_only: false', 'api: may write its image'],
    ['cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 'api: keeps capabilities'],
    ["['no-new-privileges:true']", "['label:disable']", 'api: may gain privileges'],
    ['target: navledger', 'target: other', 'api: runs on without a health check'],
    [
      'kurrentdb: { condition: service_healthy }',
      'kurrentdb: { condition: service_started }',
      'api: waits for kurrentdb by service_started',
    ],
    [
      'kurrentdb-1: { condition: service_healthy }',
      'kurrentdb: { condition: service_healthy }',
      'api-cluster: needs kurrentdb, which another profile starts',
    ],
    [
      'ADMIN_PASSWORD: ${KURRENTDB_PASSWORD:?',
      'ADMIN_PASSWORD: ${KURRENTDB_PASSWORD:-',
      'kurrentdb-1: KURRENTDB_DEFAULT_ADMIN_PASSWORD is not given from outside',
    ],
    ['admin:${KURRENTDB_PASSWORD:?', 'admin:changeit${X:?', 'api-cluster: NAVLEDGER_STORE is not given from outside'],
    ['./deploy/prometheus:', './deploy/prometeus:', 'prometheus: ./deploy/prometeus does not exist'],
    [
      'dashboards:/etc/navledger/dashboards:ro',
      'dashboards:/etc/navledger/dashboards',
      'grafana: ./deploy/grafana/dashboards may be written',
    ],
    [
      "'kurrentdb-2-identity:/identity:ro'",
      "'kurrentdb-1-identity:/identity:ro'",
      'kurrentdb-1-identity is read by kurrentdb-1, kurrentdb-2',
    ],
    ["'kurrentdb-3:/var/lib/kurrentdb', ", "'authority:/a:ro', ", "the authority's key is read by kurrentdb-3"],
    ["'metrics:/metrics:ro'", "'metric:/metrics:ro'", 'prometheus: volume metric is not declared'],
    ['profiles: [observability]', 'profiles: [watching]', 'the profiles are dev, cluster, watching, observability'],
  ])('%s may not become %s', (from, to, fault) => {
    expect(faultsOf(composeOf(planted(composeText, from, to)), ['navledger'])).toContain(fault);
  });

  test('its images of ours bear the version of the program, and are built by the Dockerfile', () => {
    const targets = new Map(Object.values(composeOf(composeText).services).map(({ build, image }) => [build?.target, image]));
    expect(targets.get('navledger')).toBe(`navledger:${version}`);
    expect(targets.get('authority')).toBe(`navledger-authority:${version}`);
  });
});

test('variables of the program are settings that it has', () => {
  const known = new Set([...Object.keys(SETTINGS), 'store', 'replica'].map(variableOf));
  const named = [...`${composeText}${dockerText}`.matchAll(/NAVLEDGER_[A-Z_]+/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

describe('Dockerfile', () => {
  const file = DockerfileParser.parse(dockerText);
  const instructions = file.getInstructions();
  /** The instructions of a stage, its FROM first. */
  const stage = (name: string) => {
    const from = file.getFROMs().findIndex((each) => each.getBuildStage() === name);
    const [start, next] = [file.getFROMs()[from]!, file.getFROMs()[from + 1]];
    return instructions.slice(instructions.indexOf(start), next ? instructions.indexOf(next) : undefined);
  };
  const argumentsOf = (name: string, keyword: string): (string | null)[] =>
    stage(name)
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((instruction) => instruction.getArgumentsContent());

  test('is valid', () => {
    expect(validate(dockerText)).toEqual([]);
    expect(validate(planted(dockerText, 'STOPSIGNAL SIGTERM', 'STOPSIGNAL')).length).toBe(1);
  });

  test('pins what it builds on', () => {
    const images = file.getFROMs().map((from: From) => from.getImage());
    expect(images.length).toBe(4);
    expect(images.filter((image) => !/^[a-z]+:\d+\.\d+\.\d+(-[a-z-]+)?$/.test(image ?? ''))).toEqual([]);
  });

  test.each(['navledger', 'authority'])('%s does not run as root, and is started by its entry point', (name) => {
    expect(argumentsOf(name, 'USER')).toEqual(['1000:1000']);
    expect(argumentsOf(name, 'ENTRYPOINT').length).toBe(1);
  });

  test('the program is checked by itself, stopped by a signal that it knows, and labelled with its version', () => {
    expect(argumentsOf('navledger', 'HEALTHCHECK')).toEqual([expect.stringMatching(/CMD \["node", .*\/health\/ready/)]);
    expect(argumentsOf('navledger', 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(argumentsOf('navledger', 'LABEL').join()).toContain(`org.opencontainers.image.version="${version}"`);
  });

  test('holds no secret and fetches nothing but packages', () => {
    const keywords = new Set(instructions.map((instruction) => instruction.getKeyword()));
    expect([...keywords].filter((keyword) => ['ADD', 'ARG', 'ONBUILD'].includes(keyword))).toEqual([]);
    expect(dockerText).not.toMatch(/(PASSWORD|SECRET|TOKEN|KEY)=|curl|wget/);
  });

  test('what it copies is let through, and nothing else', () => {
    const through = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = file
      .getCOPYs()
      .filter((copy: Copy) => copy.getFromFlag() === null)
      .flatMap((copy: Copy) => copy.getArguments().map((argument) => argument.getValue()))
      .filter((path) => path !== './' && !path.startsWith('/'));
    expect([...new Set(copied)].sort()).toEqual([...through].sort());
    expect(read('.dockerignore').split('\n')).toContain('*');
  });
});
