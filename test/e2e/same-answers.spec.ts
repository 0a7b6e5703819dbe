/** The API and the command line answer the same questions on the same store byte for byte. */
import { readFileSync } from 'node:fs';
import { run, type Json } from '../support/cli';
import { type Api, startApi } from '../support/api';
import { tempDir } from '../support/temp';

let dir: string;
let sheets: Json[];
let api: Api;

beforeAll(async () => {
  dir = tempDir();
  const { code, stdout } = await run(dir, ['demo', '--no-serve', '--json']);
  expect(code).toBe(0);
  sheets = JSON.parse(stdout).portfolios;
  // The store is read by the command line while the server writes to it.
  api = await startApi(`${dir}/data`);
}, 120_000);

/** What is no text goes through a file. */
async function fromCli(args: readonly string[]): Promise<Buffer> {
  const binary = args.includes('parquet');
  const { code, stdout, stderr } = await run(dir, binary ? [...args, '--out', 'answer'] : args);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return binary ? readFileSync(`${dir}/answer`) : Buffer.from(stdout);
}

async function fromApi(path: string, accept: string): Promise<Buffer> {
  const response = await api.call(path, { headers: { accept } });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${response.status} ${body.toString()}`);
  return body;
}

const CRASH = '2008-10-10T20:00:00Z';
const YEAR = ['2008-01-02T21:00:00Z', '2008-12-31T21:00:00Z'] as const;
let known: string;
beforeAll(async () => {
  const [, line] = (await run(dir, ['events', '--stream', 'portfolio-spx3l', '--from', '12000'])).stdout.split('\n');
  known = JSON.parse(line!).metadata.recordedAt;
});

const window = `from=${YEAR[0]}&to=${YEAR[1]}`;
const WINDOW = ['--from', YEAR[0], '--to', YEAR[1]];
const ANY = '*/*';
const NDJSON = 'application/x-ndjson';

test.each<[path: string, args: string[], accept: string]>([
  [`spx3l/nav?at=${CRASH}`, ['nav', 'spx3l', '--at', CRASH, '--json'], ANY],
  [`spx1s/nav?at=${CRASH}`, ['nav', 'spx1s', '--at', CRASH, '--json'], ANY],
  [`spx3l/nav?at=${CRASH}&knownAt=KNOWN`, ['nav', 'spx3l', '--at', CRASH, '--known-at', 'KNOWN', '--json'], ANY],
  [`spx3l/attribution?${window}`, ['attribution', 'spx3l', ...WINDOW, '--json'], ANY],
  [`spx3l/attribution?${window}&knownAt=KNOWN`, ['attribution', 'spx3l', ...WINDOW, '--known-at', 'KNOWN', '--json'], ANY],
  [`spx3l/history?${window}`, ['history', 'spx3l', ...WINDOW, '--json'], ANY],
  [`spx3l/history?${window}&every=8h&format=csv`, ['history', 'spx3l', ...WINDOW, '--every', '8h', '--format', 'csv'], ANY],
  [`spx3l/history?${window}&every=8h&format=json`, ['history', 'spx3l', ...WINDOW, '--every', '8h', '--format', 'json'], ANY],
  [`spx3l/history?${window}&format=parquet`, ['history', 'spx3l', ...WINDOW, '--format', 'parquet'], ANY],
  [`spx3l/history?${window}&knownAt=KNOWN`, ['history', 'spx3l', ...WINDOW, '--known-at', 'KNOWN', '--json'], ANY],
  ['spx3l/events', ['events', '--stream', 'portfolio-spx3l'], NDJSON],
  ['../events', ['events'], NDJSON],
  ['../events?from=25000', ['events', '--from', '25000'], NDJSON],
  ['../events?stream=price-sp500&from=17', ['events', '--stream', 'price-sp500', '--from', '17'], NDJSON],
])('%s', async (path, args, accept) => {
  const [cli, http] = await Promise.all([
    fromCli(args.map((arg) => (arg === 'KNOWN' ? known : arg))),
    fromApi(`/v1/portfolios/${path.replace('KNOWN', known)}`, accept),
  ]);
  expect(cli.length).toBeGreaterThan(100);
  expect(http.equals(cli)).toBe(true);
});

test('a tear sheet is the one that demo prints', async () => {
  expect(sheets).toHaveLength(2);
  for (const sheet of sheets) {
    expect((await fromApi(`/v1/portfolios/${sheet.portfolioId}/tear-sheet`, ANY)).toString()).toBe(`${JSON.stringify(sheet)}\n`);
  }
});

test('a question that has no answer is refused for the same reason', async () => {
  const { code, stdout } = await run(dir, ['nav', 'nobody', '--json']);
  const problem = await (await api.call('/v1/portfolios/nobody/nav')).json();
  expect(code).toBe(2);
  expect(problem).toEqual(JSON.parse(stdout));
});
