/**
 * The server killed under load, again and again: every command that was answered is in the log as it was answered, and clients that send theirs again under the same key
 * until they get an answer end with exactly one effect each.
 */
import { type ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv5 } from '../../libs/store/uuid';
import { SEED_COMMANDS } from '../support/fuzz-requests';
import { command, type Json, lines, recorded, run, start } from '../support/cli';
import { Random, runSeed } from '../support/random';
import { tempDir } from '../support/temp';

const KILLS = process.env['NAVLEDGER_FULL'] === '1' ? 50 : 5;
const CLIENTS = 16;
const NAMESPACE = '3c9d7a52-5f0e-5d0b-9a55-0d9d2f6a1c77';
const AT = '2024-01-01T12:00:00Z';

/** Where clients find the server of the moment; it changes with each start. */
class Place {
  private url: Promise<URL> = new Promise(() => undefined);
  private found: (url: URL) => void = () => undefined;

  constructor() {
    this.lost();
  }

  get current(): Promise<URL> {
    return this.url;
  }

  lost(): void {
    this.url = new Promise((resolve) => (this.found = resolve));
  }

  at(url: URL): void {
    this.found(url);
  }
}

async function serve(dir: string): Promise<{ readonly child: ChildProcess & { readonly done: Promise<unknown> }; readonly url: URL }> {
  const child = start(dir, ['serve', '--port', '0', '--requests-per-minute', '0']);
  const url = await new Promise<URL>((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: string) => {
        text += chunk;
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
        if (found !== undefined) resolve(new URL(found));
      });
    }
    void child.done.then(() => reject(new Error(`the server ended: ${text}`)));
  });
  return { child, url };
}

function post(agent: Agent, { hostname, port }: URL, path: string, key: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'idempotency-key': key };
    const sent = request({ agent, hostname, port, path, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => (response.complete ? resolve({ status: response.statusCode!, text }) : reject(new Error('cut off'))));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** One client's commands: of several kinds, each with a key of its own. */
function commandAt(client: number, n: number): { readonly path: string; readonly key: string; readonly body: string } {
  const key = uuidv5(NAMESPACE, `${client}/${n}`);
  const id = `c${client}-${n}`;
  const at = new Date(Date.UTC(2024, 1, 1) + (client * 100_000 + n) * 1000).toISOString();
  const fill = { fillId: id, instrumentId: 'COIN', side: n % 2 === 0 ? 'buy' : 'sell', quantity: '0.1', price: '100.00', fee: '0.01' };
  const [path, data] = [
    ['/v1/prices', { instrumentId: 'COIN', price: '100.00', at, source: 'test' }] as const,
    ['/v1/portfolios/fund/fees', { feeId: id, kind: 'other', amount: '0.01', at: AT }] as const,
    ['/v1/portfolios/other/rebalances', { rebalanceId: id, reason: 'manual', at: AT, fills: [fill] }] as const,
    ['/v1/portfolios/fund/fees/accruals', { through: AT }] as const,
  ][n % 4]!;
  return { path, key, body: JSON.stringify(data) };
}

test(`${KILLS} kills under load: nothing answered is lost, nothing is there twice`, async () => {
  const random = new Random(runSeed('kills of the server'));
  const dir = tempDir();
  await recorded(dir, SEED_COMMANDS.map(([name, data]) => command(name, data)).join('\n'));
  const seeded = SEED_COMMANDS.length;
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const place = new Place();
  const answers = new Map<string, Json>();
  let retried = 0;
  let stopping = false;

  const client = async (number: number): Promise<void> => {
    for (let n = 0; !stopping; n++) {
      const { path, key, body } = commandAt(number, n);
      for (;;) {
        try {
          const { status, text } = await post(agent, await place.current, path, key, body);
          if (status === 503) throw new Error('stopping');
          if (status !== 201) throw new Error(`WRONG ${status} ${text}`);
          answers.set(key, JSON.parse(text));
          break;
        } catch (error) {
          if ((error as Error).message.startsWith('WRONG')) throw error;
          retried++;
          await sleep(5);
        }
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
  clients.catch(() => undefined);

  for (let kill = 0; kill < KILLS; kill++) {
    const { child, url } = await serve(dir);
    place.at(url);
    const until = answers.size + random.between(1, 600);
    while (answers.size < until) await Promise.race([sleep(1), clients]);
    await sleep(random.below(4));
    place.lost();
    child.kill('SIGKILL');
    await child.done;
  }
  const last = await serve(dir);
  place.at(last.url);
  stopping = true;
  await clients;
  last.child.kill('SIGTERM');
  await last.child.done;
  agent.destroy();

  const inLog = new Map<string, Json[]>();
  for (const event of lines((await run(dir, ['events', '--from', String(seeded)])).stdout)) {
    const { commandId } = event.metadata;
    inLog.set(commandId, [...(inLog.get(commandId) ?? []), event]);
  }
  process.stdout.write(`${answers.size} commands answered, ${retried} sent again, ${KILLS} kills\n`);
  expect(answers.size).toBeGreaterThan(KILLS * 50);
  expect(retried).toBeGreaterThan(KILLS);
  expect(inLog.size).toBe(answers.size);
  for (const [key, { eventIds, position, revision, recordedAt }] of answers) {
    const events = inLog.get(key) ?? [];
    expect(events.map(({ eventId }) => eventId)).toEqual(eventIds);
    expect(events.at(-1)).toMatchObject({ position, revision, metadata: { recordedAt } });
  }
  expect(JSON.parse((await run(dir, ['doctor', '--json'])).stdout)).toMatchObject({ findings: [] });
}, 600_000);
