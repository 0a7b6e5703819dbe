/**
 * The API under requests that are almost right: none is answered with a 5xx, each refusal is a problem whose code the reference lists, and what was refused has recorded
 * nothing: after every round the log holds exactly the events that were answered.
 */
import { readFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { join } from 'node:path';
import { type Api, startApi } from '../support/api';
import { type FuzzRequest, fuzzRequest, SEED_COMMANDS } from '../support/fuzz-requests';
import { given } from '../support/ledger';
import { cases, Random, runSeed } from '../support/random';

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
afterAll(() => agent.destroy());

const REFERENCE = readFileSync(join(__dirname, '../../docs/reference/errors.md'), 'utf8');
const CODES = new Set([...REFERENCE.matchAll(/^\| `([A-Z]\w+)`/gm)].map(([, code]) => code));

function call(api: Api, { method, path, headers, body }: FuzzRequest): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(body.length) };
    const request = send({ agent, hostname, port, method, path, headers: { ...headers, ...length } }, (response) => {
      const answered = (text: string) =>
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body: text });
      // A stream would never end, and what is broken off does not say that it has ended.
      if (response.headers['content-type']?.startsWith('text/event-stream')) {
        response.destroy();
        return answered('');
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => answered(Buffer.concat(chunks).toString()));
    });
    request.setTimeout(20_000, () => request.destroy(new Error(`no answer to ${method} ${path.slice(0, 300)}`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** Why an answer is not as promised; undefined when it is. */
function wrong({ method }: FuzzRequest, { status, type, body }: Answered): string | undefined {
  if (status >= 500) return 'a server error';
  if (status < 400) return undefined;
  if (!type.startsWith('application/problem+json')) return `a refusal of type ${type}`;
  if (method === 'HEAD') return undefined;
  const { code, status: said, detail } = JSON.parse(body) as Record<string, unknown>;
  if (!CODES.has(String(code))) return `a code that is not listed: ${String(code)}`;
  if (said !== status) return `status ${String(said)} in the body`;
  return typeof detail === 'string' && detail.startsWith(`${String(code)}: `) && !detail.includes('\n') ? undefined : 'no line of detail';
}

/** Events that an answer says were recorded. */
function recordedBy({ path }: FuzzRequest, { status, type, body }: Answered): number {
  const lines =
    status === 201 || (status === 200 && path.startsWith('/v1/commands/batch') && type.startsWith('application/x-ndjson')) ? body : '';
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { status: string; eventIds: string[] })
    .reduce((sum, { status: outcome, eventIds }) => sum + (outcome === 'recorded' ? eventIds.length : 0), 0);
}

test('bent requests are refused with a problem and record nothing', async () => {
  const random = new Random(runSeed('bent requests'));
  const total = cases(100_000);
  const ROUND = 250;
  const seen = new Map<string, number>();
  let api: Api | undefined;
  for (let done = 0; done < total; done += ROUND) {
    // A ledger that has grown is slower, not more interesting.
    if (done % 5000 === 0) {
      await api?.stop();
      api = await startApi();
      await given(api.ledger, ...SEED_COMMANDS);
    }
    const server = api!;
    const before = server.ledger.store.head().position;
    const requests = Array.from({ length: ROUND }, () => fuzzRequest(random));
    const answers = await Promise.all(requests.map((request) => call(server, request)));
    const faults = answers.flatMap((answer, i) => {
      const fault = wrong(requests[i]!, answer);
      const shown = { ...requests[i]!, body: requests[i]!.body?.toString('latin1').slice(0, 300), answer: answer.body.slice(0, 500) };
      return fault === undefined ? [] : [{ fault, status: answer.status, ...shown }];
    });
    expect(faults.slice(0, 3)).toEqual([]);
    const recorded = answers.reduce((sum, answer, i) => sum + recordedBy(requests[i]!, answer), 0);
    expect(server.ledger.store.head().position - before).toBe(recorded);
    for (const { status, body } of answers) {
      const code = status < 400 ? String(status) : (/"code":"(\w+)"/.exec(body)?.[1] ?? String(status));
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
  }
  process.stdout.write(
    `${total} requests: ${[...seen]
      .sort(([, a], [, b]) => b - a)
      .map(([code, n]) => `${code} ${n}`)
      .join(', ')}\n`,
  );
  // The requests reach what they are to try: answers, recordings and many kinds of refusal.
  expect(seen.get('201')).toBeGreaterThan(total / 50);
  expect(seen.get('200')).toBeGreaterThan(total / 50);
  expect(seen.size).toBeGreaterThan(15);
}, 1_200_000);
