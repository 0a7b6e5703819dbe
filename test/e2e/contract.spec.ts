/** The contract: the document checked in is the application's, is OpenAPI 3.1, and says of each route what the server does. `NAVLEDGER_WRITE_CONTRACT=1` writes it anew. */
import { spawnSync } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { SCOPES } from '../../apps/api/access/scopes';
import { EXAMPLES } from '../../apps/api/contract/examples';
import { OPERATIONS } from '../../apps/api/contract/operations';
import { COMMAND_NAMES } from '../../libs/ledger/shapes';
import { startApi, type Api } from '../support/api';
import type { Json } from '../support/cli';
import { tempDir } from '../support/temp';

const PROJECT = join(__dirname, '../..');
const FILE = join(PROJECT, 'apps/api/contract/openapi.json');
/** Pages for people, and no part of the contract. */
const PAGES = ['GET /', 'GET /docs', 'GET /docs/{file}'];
/** Open to all. */
const PUBLIC = ['GET /openapi.json', 'GET /health/live', 'GET /health/ready'];

/** What Fastify itself says that it serves. */
const served = new Map<string, string | undefined>();
subscribe('fastify.initialization', (message) => {
  (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url, config }) => {
    const scope = (config as { scope?: string } | undefined)?.scope;
    for (const one of [method].flat()) if (one !== 'HEAD') served.set(`${one} ${url.replace(/:(\w+)/g, '{$1}')}`, scope);
  });
});

let api: Api;
let text: string;
let document: Json;
let operations: [route: string, operation: Json][];
beforeAll(async () => {
  api = await startApi();
  text = await (await api.call('/openapi.json')).text();
  document = JSON.parse(text);
  operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]): [string, Json] => [`${method.toUpperCase()} ${path}`, operation]),
  );
});

test('the document checked in is the one that the application serves, byte for byte', () => {
  if (process.env.NAVLEDGER_WRITE_CONTRACT === '1') writeFileSync(FILE, text);
  expect(readFileSync(FILE, 'utf8')).toBe(text);
});

test('it is OpenAPI 3.1, and a document spoiled is not', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(validated(document)).toEqual({ valid: true });
  const spoiled = structuredClone(document);
  delete spoiled.paths['/v1/prices'].post.responses;
  spoiled.paths['/v1/prices'].post.parameters[0].in = 'nowhere';
  expect(validated(spoiled)).toMatchObject({ valid: false });
});

test('it has every route that the server has, and no other', () => {
  const routes = operations.map(([route]) => route);
  expect(served.size).toBeGreaterThan(20);
  expect([...routes, ...PAGES].sort()).toEqual([...served.keys()].sort());
  expect([...OPERATIONS.keys()].sort()).toEqual(routes.sort());
});

test('each operation asks for the one scope that its route asks for, or is on the list of public ones', () => {
  for (const [route, { security }] of operations) {
    const scope = served.get(route);
    expect({ route, security }).toEqual({ route, security: PUBLIC.includes(route) ? [] : [{ bearer: [scope] }] });
    expect(PUBLIC.includes(route) ? ['public'] : SCOPES).toContain(scope);
  }
  for (const page of PAGES) expect(served.get(page)).toBe('public');
});

test('each operation has a name of its own, words, and an answer to every status with a description', () => {
  const names = operations.map(([, { operationId }]) => operationId as string);
  expect(new Set(names).size).toBe(names.length);
  const tags = document.tags.map(({ name }: Json) => name);
  for (const [route, operation] of operations) {
    expect({ route, name: operation.operationId }).toEqual({ route, name: expect.stringMatching(/^[a-z]+([A-Z][a-z]+)*$/) });
    expect(operation.summary).toMatch(/^\S.*\S$/);
    expect(tags).toContain(operation.tags[0]);
    expect(Object.keys(operation.responses)).toContain('default');
    for (const parameter of operation.parameters ?? []) expect(parameter).toMatchObject({ description: expect.any(String), schema: {} });
  }
});

test('each operation documents the parameters that its route takes, and no others', async () => {
  for (const [route, { parameters = [], operationId, requestBody }] of operations.filter(([route]) => route.includes('/v1/'))) {
    const [method, path] = route.split(' ') as [string, string];
    const known = parameters.filter((one: Json) => one.in === 'query').map(({ name }: Json) => name);
    const body = requestBody && { body: '{}', headers: { 'content-type': Object.keys(requestBody.content)[0]! } };
    const answer = await api.call(`${path.replaceAll(/\{\w+\}/g, 'x')}?surplus=1`, { method, ...body });
    const rule = known.length === 0 ? 'the route takes no parameters' : `the parameters are ${known.join(', ')}`;
    expect({ operationId, problem: await answer.json() }).toMatchObject({
      operationId,
      problem: { code: 'UnknownField', errors: [{ parameter: 'surplus', value: '1', rule }] },
    });
  }
});

test('its example bodies make a fund when they are sent one after the other', async () => {
  const recorded = new Map<string, string>();
  for (const name of COMMAND_NAMES.toSorted((a, b) => order(a) - order(b))) {
    const path = operations
      .find(([, { operationId }]) => operationId === name.charAt(0).toLowerCase() + name.slice(1))![0]
      .slice('POST '.length);
    const { example } = document.paths[path].post.requestBody.content['application/json'];
    const corrects = { CorrectPrice: 'RecordPrice', CorrectFact: 'ChargeFee' }[name as string];
    const body = corrects === undefined ? example : { ...example, corrects: recorded.get(corrects) };
    const answer = await api.call(path.replace('{id}', EXAMPLES.OpenPortfolio.portfolioId), { body });
    const told = (await answer.json()) as Json;
    expect({ name, told }).toMatchObject({ name, told: { status: 'recorded' } });
    recorded.set(name, told.eventIds[0]);
  }
  expect(recorded.size).toBe(COMMAND_NAMES.length);
});

function order(name: (typeof COMMAND_NAMES)[number]): number {
  return Object.keys(EXAMPLES).indexOf(name);
}

/** By the validator's own command: it is an ES module. */
function validated(it: Json): Json {
  const file = join(tempDir(), 'openapi.json');
  writeFileSync(file, JSON.stringify(it));
  const cli = join(PROJECT, 'node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
  return JSON.parse(spawnSync(process.execPath, [cli, file], { encoding: 'utf8' }).stdout);
}
