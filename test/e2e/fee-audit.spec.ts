/** `fee-audit` as a process and over HTTP: figures, exit codes, and the same document from both. */
import { join } from 'node:path';
import { startApi } from '../support/api';
import { command, lines, recorded, run, seeded, trade, type Json } from '../support/cli';

const [DAY1, DAY2, DAY3] = ['2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z', '2024-01-03T00:00:00Z'] as const;
const WINDOW = ['fee-audit', 'coin3l', '--from', DAY1, '--to', DAY3] as const;
const schedule = {
  id: 'terms',
  version: '1',
  rules: [
    { kind: 'trading', rate: { value: '0.0005', unit: 'fraction' } },
    { kind: 'management', trigger: 'at_reset', basis: 'nav', rate: { value: '0.0365', unit: 'fraction', period: 'year' } },
  ],
};

let dir: string;
/** When all that agrees was recorded. */
let agreed: string;

beforeAll(async () => {
  dir = await seeded();
  // The seed's r2 was charged 3.00 on 59.40594 × 101.01, whose 5 bp are 3.00; r1 nothing.
  await recorded(dir, command('AdoptFeeSchedule', { portfolioId: 'coin3l', at: '2024-01-01T12:00:00Z', schedule }));
  const answers = await recorded(dir, command('AccrueFees', { portfolioId: 'coin3l', through: DAY3 }));
  agreed = answers.at(-1).recordedAt;
}, 120_000);

async function audit(
  ...more: readonly string[]
): Promise<{ readonly code: number | null; readonly answer: Json; readonly stdout: string }> {
  const { code, stdout, stderr } = await run(dir, [...WINDOW, ...more, '--json']);
  expect(stderr).toBe('');
  return { code, answer: JSON.parse(stdout), stdout };
}

test('a fund whose charges all agree ends with exit code 0', async () => {
  const { code, answer } = await audit('--known-at', agreed);
  expect({ code, answer }).toMatchObject({
    code: 0,
    answer: { portfolioId: 'coin3l', from: DAY1, to: DAY3, knownAt: agreed, checked: 3, agreeing: 3, unruled: 0, differences: [] },
  });
});

test('differences end with exit code 4, in the document and for reading', async () => {
  // 10 × 99.00 × 0.0005 = 0.495, half-even 0.50
  await recorded(dir, trade('3', DAY3, { reason: 'manual', quantity: '10', price: '99.00', fee: '0.51', feeCurrency: 'USD' }));
  const { code, answer } = await audit();
  // r2 was recorded before the schedule was: no rule was known for it then.
  expect({ code, answer }).toMatchObject({ code: 4, answer: { judgedBy: 'recorded', checked: 3, agreeing: 2, unruled: 1 } });
  expect(answer.differences).toMatchObject([
    { finding: 'amount', fillId: 'f3', charged: '0.51', recomputed: '0.50', difference: '0.01', lateFacts: false },
  ]);
  const shown = await run(dir, WINDOW);
  expect({ code: shown.code, stderr: shown.stderr }).toEqual({ code: 4, stderr: '' });
  expect(shown.stdout).toContain('3 charges checked, 2 agree\n  1 charge that no rule in force is for\n');
  expect(shown.stdout).toMatch(
    /2024-01-03T00:00:00Z +trading +f3 +terms 1, rule 0 +0\.51 +0\.50 +0\.01 +amount\n +basis 990\.0000000, rate/,
  );
});

test('a late fact is told apart with --known-at, and only with it', async () => {
  await recorded(dir, command('AccrueInterest', { portfolioId: 'coin3l', amount: '50000.00', at: '2024-01-01T06:00:00Z' }));
  expect((await audit()).answer.differences).toHaveLength(1);
  const now = lines((await run(dir, ['events'])).stdout).at(-1).metadata.recordedAt;
  const { code, answer } = await audit('--known-at', now);
  expect(code).toBe(4);
  expect(answer.differences.map(({ kind, lateFacts }: Json) => [kind, lateFacts])).toEqual([
    ['management', true],
    ['management', true],
    ['trading', false],
  ]);
  expect((await run(dir, [...WINDOW, '--known-at', now])).stdout).toContain('amount (late facts)');
  expect((await audit('--known-at', agreed)).code).toBe(0);
});

test.each([
  [['fee-audit', 'coin3l', '--from', DAY1], /required option '--to <time>'/],
  [['fee-audit', 'coin3l', '--from', DAY3, '--to', DAY2], /must not be after the end of the window/],
  [['fee-audit', 'none', '--from', DAY1, '--to', DAY2], /must be an open portfolio/],
  [[...WINDOW, '--known-at', 'yesterday'], /--known-at/],
])('%j is refused with exit code 2 and one line', async (args, message) => {
  const { code, stdout, stderr } = await run(dir, args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
});

test('HTTP answers the same bytes', async () => {
  const documents = [(await audit()).stdout, (await audit('--known-at', agreed)).stdout];
  const { call } = await startApi(join(dir, 'data'));
  const asked = `/v1/portfolios/coin3l/fee-audit?from=${DAY1}&to=${DAY3}`;
  const replies = await Promise.all([call(asked), call(`${asked}&knownAt=${agreed}`)]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  expect(await Promise.all(replies.map((reply) => reply.text()))).toEqual(documents);
  const refused = await call(`/v1/portfolios/coin3l/fee-audit?from=${DAY3}&to=${DAY2}`);
  expect([refused.status, ((await refused.json()) as Json).code]).toEqual([422, 'InvalidField']);
});
