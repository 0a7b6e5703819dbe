/** `record`: answers in line order, atomic and dry runs, the exit codes, and what comes in by pipe or archive. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ask, command, eventCount, lines, recorded, run, SEED, seeded, start } from '../support/cli';
import { tempDir } from '../support/temp';

const NOON = '2024-01-03T12:00:00Z';
const tick = (price: string, more: object = {}): string =>
  command('RecordPrice', { instrumentId: 'COIN', price, at: NOON, source: 'test' }, more);

test('every line is answered with its place, in order, and positions, revisions and ids are those of the log', async () => {
  const dir = tempDir();
  const answers = await recorded(dir, SEED);
  expect(answers.map(({ line, status, stream, revision, position }) => [line, status, stream, revision, position])).toEqual([
    [1, 'recorded', 'price-coin', '0', '0'],
    [2, 'recorded', 'price-coin', '1', '1'],
    [3, 'recorded', 'portfolio-coin3l', '0', '2'],
    [4, 'recorded', 'portfolio-coin3l', '1', '3'],
    [5, 'recorded', 'portfolio-coin3l', '2', '4'],
    [6, 'recorded', 'portfolio-coin3l', '3', '5'],
    [7, 'recorded', 'price-coin', '2', '6'],
    [8, 'recorded', 'portfolio-coin3l', '4', '7'],
    [9, 'recorded', 'price-coin', '3', '8'],
    [10, 'recorded', 'price-rate', '0', '9'],
  ]);
  expect(Object.keys(answers[0])).toEqual(['line', 'status', 'commandId', 'stream', 'revision', 'position', 'eventIds', 'recordedAt']);
  expect(answers.every(({ recordedAt }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(recordedAt))).toBe(true);
  const events = lines((await run(dir, ['events'])).stdout);
  expect(events.map(({ position, eventId, metadata }) => [position, [eventId], metadata.recordedAt, metadata.commandId])).toEqual(
    answers.map(({ position, eventIds, recordedAt, commandId }) => [position, eventIds, recordedAt, commandId]),
  );
});

test('without --json: a line each on stdout, refusals and a summary on stderr, exit code 6 when only some were recorded', async () => {
  const { code, stdout, stderr } = await run(await seeded(), ['record', '-'], {
    input: tick('98.00') + '\n' + tick('1e5') + tick('97.00'),
  });
  expect(code).toBe(6);
  expect(stdout.replaceAll(/\S+Z$/gm, 'T')).toBe(
    'line 1: recorded in price-coin: revision 4, position 10, T\nline 4: recorded in price-coin: revision 5, position 11, T\n',
  );
  expect(stderr).toBe('line 3: InvalidField: /price = "1e5": must be a plain decimal string such as "12.50"\n2 recorded, 1 refused\n');
});

test('the actor goes into every event: the login name, or --actor', async () => {
  const dir = tempDir();
  const [list] = SEED.split('\n');
  await run(dir, ['--actor', 'ada', 'record', '-'], { input: list! });
  expect(lines((await run(dir, ['events'])).stdout)[0].metadata).toMatchObject({ actor: 'ada', schemaVersion: 1 });
});

test('a gzipped file is read like a plain one, by what is in it', async () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'commands'), gzipSync(SEED));
  expect((await run(dir, ['record', 'commands', '--quiet'])).code).toBe(0);
  expect(await eventCount(dir)).toBe(10);
});

describe('--atomic', () => {
  test('records all lines in one commit', async () => {
    const dir = tempDir();
    const { code, stdout } = await run(dir, ['record', '-', '--atomic', '--json'], { input: SEED });
    expect(code).toBe(0);
    expect(lines(stdout).map(({ line, position }) => [line, position])).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, String(i)]));
  });

  test('records nothing when one line is refused, and every other line says which', async () => {
    const dir = await seeded();
    const { code, stdout } = await run(dir, ['record', '-', '--atomic', '--json'], { input: tick('98.00') + tick('0') + tick('97.00') });
    expect(code).toBe(2);
    expect(lines(stdout).map(({ status, problem }) => [status, problem.code, problem.detail])).toEqual([
      ['refused', 'BatchRefused', 'BatchRefused: nothing was recorded, because line 2 was refused'],
      ['refused', 'InvalidField', 'InvalidField: /price = "0": must be above 0'],
      ['refused', 'BatchRefused', 'BatchRefused: nothing was recorded, because line 2 was refused'],
    ]);
    expect(await eventCount(dir)).toBe(10);
  });

  test('a malformed line refuses the others too; only wrong revisions make exit code 5', async () => {
    const dir = await seeded();
    const malformed = await run(dir, ['record', '-', '--atomic', '--json'], { input: `${tick('98.00')}{\n` });
    expect([malformed.code, ...lines(malformed.stdout).map(({ problem }) => problem.code)]).toEqual([2, 'BatchRefused', 'MalformedLine']);
    const late = await run(dir, ['record', '-', '--atomic', '--json'], { input: tick('98.00') + tick('97.00', { expectedRevision: '3' }) });
    expect([late.code, ...lines(late.stdout).map(({ problem }) => problem.code)]).toEqual([5, 'BatchRefused', 'WrongRevision']);
    expect(await eventCount(dir)).toBe(10);
  });
});

test('--dry-run decides line upon line and records nothing', async () => {
  const dir = tempDir();
  const { code, stdout } = await run(dir, ['record', '-', '--dry-run', '--json'], { input: SEED + tick('0') });
  expect(code).toBe(6);
  expect(lines(stdout).map(({ status }) => status)).toEqual([...Array<string>(10).fill('accepted'), 'refused']);
  expect(await eventCount(dir)).toBe(0);
});

test('a revision that was expected is accepted; one that was not is refused with exit code 5, alone or among others', async () => {
  const dir = await seeded();
  const input = tick('98.00', { expectedRevision: '3' }) + tick('97.00', { expectedRevision: '4' });
  expect((await recorded(dir, input)).map(({ revision }) => revision)).toEqual(['4', '5']);
  expect((await run(dir, ['record', '-'], { input })).code).toBe(5);
  expect((await run(dir, ['record', '-'], { input: input + tick('0') })).code).toBe(2);
  expect((await run(dir, ['record', '-'], { input: input + tick('96.00') })).code).toBe(6);
});

test('AccrueFees that finds nothing due leaves an event: its id never charges later, nor does it serve another command', async () => {
  const dir = await seeded();
  const commandId = '00000000-0000-4000-8000-000000000001';
  const accrue = (through: string): string => command('AccrueFees', { portfolioId: 'coin3l', through }, { commandId });
  const [answer] = await recorded(dir, accrue(NOON));
  expect(answer).toMatchObject({ status: 'recorded', stream: 'portfolio-coin3l', revision: '5', position: '10' });
  const rate = { value: '0.0095', unit: 'fraction', period: 'year' };
  const rules = [{ kind: 'management', trigger: 'at_reset', basis: 'nav', rate, dayCount: 'ACT/365' }];
  const adopt = { portfolioId: 'coin3l', at: '2024-01-01T21:00:00Z', schedule: { id: 'late', version: '1', rules } };
  await recorded(dir, command('AdoptFeeSchedule', adopt));
  const [again] = await recorded(dir, accrue(NOON));
  expect(again).toEqual({ ...answer, status: 'duplicate' });
  const { code, stdout } = await run(dir, ['record', '-', '--json'], { input: accrue('2024-01-03T13:00:00Z') });
  expect([code, ...lines(stdout).map(({ problem }) => problem.code)]).toEqual([2, 'ReusedCommandId']);
  const events = lines((await run(dir, ['events', '--stream', 'portfolio-coin3l'])).stdout);
  expect(events.slice(5).map(({ type, eventId, data }) => [type, eventId, data])).toEqual([
    ['NothingDue', answer.eventIds[0], { portfolioId: 'coin3l', through: NOON, at: NOON }],
    ['FeeScheduleAdopted', expect.any(String), expect.anything()],
  ]);
  // Under another id the same accrual does charge.
  const [charged] = await recorded(dir, command('AccrueFees', { portfolioId: 'coin3l', through: NOON }));
  expect(charged).toMatchObject({ status: 'recorded', position: '13', eventIds: [expect.any(String), expect.any(String)] });
});

test('a writer on a pipe is answered line by line, while the pipe stays open', async () => {
  const dir = await seeded();
  const child = start(dir, ['record', '-', '--json']);
  for (const price of ['98.00', '97.00', '96.00']) {
    const answer = new Promise<string>((resolve) => child.stdout!.once('data', resolve));
    child.stdin!.write(tick(price));
    expect(JSON.parse(await answer)).toMatchObject({ status: 'recorded' });
  }
  child.stdin!.end();
  expect((await child.done).code).toBe(0);
});

test('a thousand lines are answered in order, whatever their kind', async () => {
  const dir = await seeded();
  const input = Array.from({ length: 1000 }, (_, i) => (i % 10 === 3 ? tick('0') : i % 10 === 7 ? '{\n' : tick(`${i + 1}.00`))).join('');
  const { code, stdout } = await run(dir, ['record', '-', '--json'], { input });
  expect(code).toBe(6);
  const answers = lines(stdout);
  expect(answers.map(({ line }) => line)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  expect(answers.filter(({ status }) => status === 'recorded')).toHaveLength(800);
  expect(await eventCount(dir)).toBe(810);
});

test('an empty input is no failure, and a reader that goes away stops the reading', async () => {
  const dir = await seeded();
  expect(await run(dir, ['record', '-', '--json'])).toEqual({ code: 0, stdout: '', stderr: '' });
  const child = start(dir, ['record', '-', '--json']);
  child.stdout!.destroy();
  child.stdin!.write(tick('98.00'));
  const written = setInterval(() => child.stdin!.write(tick('98.00')), 20);
  const { code, stderr } = await child.done;
  clearInterval(written);
  expect({ code, stderr }).toEqual({ code: 6, stderr: '' });
  expect((await ask(dir, 'nav', 'coin3l', '--at', NOON)).marks[0].price).toBe('98.00');
});

test('a file that does not exist makes no store', async () => {
  const dir = tempDir();
  expect((await run(dir, ['record', 'nothing'])).code).toBe(2);
  expect(existsSync(join(dir, 'data'))).toBe(false);
});
