/** Bad input: each is refused in one line that names field, value and rule, with the exit code that scripts rely on, and nothing is half recorded. */
import { cpSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openDatabase } from '../../libs/store/embedded/driver';
import { command, eventCount, lines, recorded, run, SEED, seeded, trade } from '../support/cli';
import { tempDir } from '../support/temp';

let template: string;
let events: number;

beforeAll(async () => {
  template = await seeded();
  events = await eventCount(template);
}, 60_000);

function copy(): string {
  const dir = tempDir();
  cpSync(template, dir, { recursive: true });
  return dir;
}

const NOON = '2024-01-03T12:00:00Z';
const price = (text: unknown, more: object = {}): string =>
  command('RecordPrice', { instrumentId: 'COIN', price: text, at: NOON, source: 'test', ...more });
const redeem = (units: string, at: string): string => command('RedeemUnits', { portfolioId: 'coin3l', units, cash: '1.00', at });
const fee = (more: object): string =>
  command('ChargeFee', { portfolioId: 'coin3l', feeId: 'x', kind: 'other', amount: '1.00', at: NOON, ...more });
const future = new Date(Date.now() + 3_600_000).toISOString();

/** name, the line, and the refusal: code, field, value, words of the rule. */
const LINES: readonly (readonly [string, string, string, string | null, unknown, string])[] = [
  ['a malformed line', '{"command":\n', 'MalformedLine', null, '{"command":', 'one JSON object'],
  ['a line that is no object', '[1]\n', 'MalformedLine', null, [1], 'one JSON object'],
  ['a line that is not UTF-8', 'not utf-8', 'MalformedLine', null, '{"a":"\u00ff"}', 'valid UTF-8'],
  ['an unknown command', command('BuyLow', {}), 'UnknownCommand', 'command', 'BuyLow', 'name of a command'],
  ['an unknown field of the line', command('RecordPrice', {}, { id: 7 }), 'UnknownField', 'id', 7, 'only'],
  ['an unknown field', price('1.00', { prize: '2' }), 'UnknownField', '/prize', '2', 'no such field'],
  ['a missing field', command('RecordPrice', { instrumentId: 'COIN', at: NOON, source: 'x' }), 'InvalidField', '/price', null, 'decimal'],
  ['an exponent', price('1e5'), 'InvalidField', '/price', '1e5', 'plain decimal'],
  ['NaN', price('NaN'), 'InvalidField', '/price', 'NaN', 'plain decimal'],
  ['a JSON number', price(100.5), 'InvalidField', '/price', 100.5, 'JSON string'],
  ['a price of zero', price('0'), 'InvalidField', '/price', '0', 'above 0'],
  ['a negative price', price('-5.00'), 'InvalidField', '/price', '-5.00', 'above 0'],
  ['more digits than the scale', price('1.234'), 'ScaleExceeded', '/price', '1.234', 'at most 2 decimals'],
  ['a time without zone', price('1.00', { at: '2024-01-03T12:00:00' }), 'InvalidField', '/at', '2024-01-03T12:00:00', 'with a zone'],
  ['a day that does not exist', price('1.00', { at: '2024-02-30T12:00:00Z' }), 'InvalidField', '/at', '2024-02-30T12:00:00Z', 'RFC 3339'],
  ['a future time', price('1.00', { at: future }), 'FutureTime', '/at', future, 'the clock plus the allowed skew'],
  ['an unlisted instrument', price('1.00', { instrumentId: 'GOLD' }), 'UnknownInstrument', '/instrumentId', 'GOLD', 'listed'],
  ['an id in other letter case', price('1.00', { instrumentId: 'coin' }), 'IdCaseMismatch', '/instrumentId', 'coin', 'letter case'],
  ['an unknown portfolio', redeem('1', NOON).replace('coin3l', 'nope'), 'UnknownPortfolio', '/portfolioId', 'nope', 'open'],
  [
    'a fill for another instrument',
    trade('9', NOON, { reason: 'manual', quantity: '1', price: '99.00', instrumentId: 'RATE' }),
    'WrongInstrument',
    '/fills/0/instrumentId',
    'RATE',
    'COIN',
  ],
  ['a fee in another currency', fee({ currency: 'EUR' }), 'UnsupportedCurrency', '/currency', 'EUR', 'USD'],
  [
    "a fill's fee in another currency",
    trade('9', NOON, { reason: 'manual', quantity: '1', price: '99.00', fee: '1.00', feeCurrency: 'BNB' }),
    'UnsupportedCurrency',
    '/fills/0/feeCurrency',
    'BNB',
    'USD',
  ],
  ['redeeming more units than there are', redeem('1000.001', NOON), 'NotEnoughUnits', '/units', '1000.001', 'units'],
  [
    'a reused rebalance id',
    trade('1', NOON, { reason: 'manual', quantity: '1', price: '99.00', fillId: 'f9' }),
    'DuplicateId',
    '/rebalanceId',
    'r1',
    'used before',
  ],
  [
    'a reused fill id',
    trade('9', NOON, { reason: 'manual', quantity: '1', price: '99.00', fillId: 'f1' }),
    'DuplicateId',
    '/fills/0/fillId',
    'f1',
    'used before',
  ],
  [
    'a wrong revision',
    command('RecordPrice', { instrumentId: 'COIN', price: '1.00', at: NOON, source: 'x' }, { expectedRevision: '17' }),
    'WrongRevision',
    'expectedRevision',
    '17',
    'revision 3',
  ],
  [
    'a revision that is a number',
    price('1.00').replace('{', '{"expectedRevision":3,'),
    'InvalidField',
    'expectedRevision',
    3,
    'JSON string',
  ],
  ['a command id that is none', price('1.00').replace('{', '{"commandId":"x",'), 'InvalidField', 'commandId', 'x', 'UUID'],
];

const inputs = LINES.map(([name, line]) =>
  name === 'a line that is not UTF-8' ? Buffer.from('{"a":"\u00ff"}\n', 'latin1') : Buffer.from(line),
);

test.each(LINES.map((line, i) => [line[0], i] as const))('%s', async (_, i) => {
  const [, , code, field, value, rule] = LINES[i]!;
  const place = field === null || field.startsWith('/') ? { pointer: field } : { pointer: null, parameter: field };
  const dir = copy();
  const answered = await run(dir, ['record', '-', '--json'], { input: inputs[i]! });
  expect({ code: answered.code, stderr: answered.stderr }).toEqual({ code: code === 'WrongRevision' ? 5 : 2, stderr: '' });
  const [answer, ...more] = lines(answered.stdout);
  expect(more).toEqual([]);
  expect(answer).toMatchObject({
    line: 1,
    status: 'refused',
    position: null,
    eventIds: [],
    problem: { code, errors: [{ ...place, value }] },
  });
  expect(answer.problem.errors[0].rule).toContain(rule);
  expect(await eventCount(dir)).toBe(events);
});

test('without --json each of them is one line on stderr that names code, field, value and rule', async () => {
  const { code, stdout, stderr } = await run(copy(), ['record', '-'], { input: Buffer.concat(inputs) });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const told = stderr.split('\n');
  expect(told.splice(LINES.length)).toEqual([`0 recorded, ${LINES.length} refused`, '']);
  for (const [i, [, , refused, field, value, rule]] of LINES.entries()) {
    const words = [`line ${i + 1}: ${refused}: `, field ?? '', value === null || Array.isArray(value) ? '' : JSON.stringify(value), rule];
    expect({ told: told[i], missing: words.filter((word) => !told[i]!.includes(word)) }).toEqual({ told: told[i], missing: [] });
  }
});

test('redeeming more than there will be after a fact of a later time is refused as late', async () => {
  const dir = copy();
  await recorded(dir, redeem('900', NOON));
  const { code, stdout } = await run(dir, ['record', '-', '--json'], { input: redeem('200', '2024-01-02T12:00:00Z') });
  expect(code).toBe(2);
  expect(lines(stdout)[0].problem).toMatchObject({ code: 'LaterFactImpossible', errors: [{ pointer: '/units', value: '200' }] });
  expect(await eventCount(dir)).toBe(events + 1);
});

test('a terminated portfolio takes no new units', async () => {
  const dir = copy();
  await recorded(dir, command('RecordPrice', { instrumentId: 'COIN', price: '60.00', at: NOON, source: 'test' }));
  const input = command('CreateUnits', { portfolioId: 'coin3l', units: '1', cash: '1.00', at: '2024-01-04T00:00:00Z' });
  const { code, stdout } = await run(dir, ['record', '-', '--json'], { input });
  expect(code).toBe(2);
  expect(lines(stdout)[0].problem).toMatchObject({
    code: 'Terminated',
    detail: expect.stringContaining('coin3l ended at 2024-01-03T12:00:00Z'),
  });
});

test('a command id used again: the same data is a duplicate, other data is refused', async () => {
  const dir = copy();
  const id = { commandId: '6f9619ff-8b86-5011-b42d-00c04fc964ff' };
  const once = price('98.00').replace('{', `{"commandId":"${id.commandId}",`);
  const [first] = await recorded(dir, once);
  const { code, stdout } = await run(dir, ['record', '-', '--json'], { input: once + once.replace('98.00', '98.0') });
  expect(code).toBe(6);
  const [again, other] = lines(stdout);
  expect(again).toEqual({ ...first, status: 'duplicate' });
  expect(other).toMatchObject({
    line: 2,
    status: 'refused',
    ...id,
    problem: { code: 'ReusedCommandId', errors: [{ pointer: null, parameter: 'commandId', value: id.commandId }] },
  });
  expect(await eventCount(dir)).toBe(events + 1);
});

describe('files', () => {
  const KLINES =
    'open_time_ms,open,high,low,close,volume\n1704283200000,99.00,99.50,98.00,98.50,1\n1704283260000,98.50,98.90,98.10,98.20,1\n';
  const imported = ['import', 'prices', '--instrument', 'COIN', '--format', 'binance-klines'];

  /** name, the file, arguments, and what the line on stderr says. */
  const FILES: readonly (readonly [string, string | Buffer, readonly string[], string])[] = [
    ['a truncated gzip of commands', gzipSync(SEED).subarray(0, 200), ['record', 'f'], 'InvalidFile: f: its gzip data is truncated'],
    ['a truncated gzip of prices', gzipSync(KLINES).subarray(0, 60), [...imported, 'f'], 'InvalidFile: f: its gzip data is truncated'],
    [
      'a changed header',
      KLINES.replace('close,', 'last,'),
      [...imported, 'f'],
      'InvalidFile: f:1 = "open_time_ms,open,high,low,last,volume": a kline file has 12 columns, or the header open_time_ms,open,high,low,close,volume',
    ],
    [
      'a price that does not fit the scale in the last row',
      KLINES.replace('98.20', '98.205'),
      [...imported, 'f'],
      'ScaleExceeded: f:3 close = "98.205": has more than 2 decimals: --round rounds half-even',
    ],
    [
      'a future row',
      KLINES + `${Date.now() + 3_600_000},98.50,98.90,98.10,98.20,1\n`,
      [...imported, '--interval', '1m', 'f'],
      'FutureTime: f = "',
    ],
    [
      'an instrument that is not listed',
      KLINES,
      ['import', 'prices', '--instrument', 'GOLD', '--format', 'candles', 'f'],
      'UnknownInstrument: --instrument = "GOLD": must be',
    ],
    ['a file that is not there', '', [...imported, 'nothing'], 'InvalidFile: nothing: there is no such file'],
    ['commands that are not there', '', ['record', 'nothing'], 'InvalidFile: nothing: there is no such file'],
    [
      'an event file with a gap',
      '{"position":"1"}\n',
      ['--store', 'sqlite:./new', 'import', 'events', 'f'],
      'InvalidFile: f:1 data = null: must be a JSON object',
    ],
    [
      'a funding file without rates',
      'time,price\n',
      ['import', 'funding', '--portfolio', 'coin3l', '--instrument', 'COIN', 'f'],
      'InvalidFile: f:1',
    ],
    ['a backup that is none', 'x'.repeat(5000), ['--store', 'sqlite:./new', 'restore', 'f'], 'StoreForeign: '],
  ];

  test.each(FILES)('%s', async (_, content, args, said) => {
    const dir = copy();
    writeFileSync(join(dir, 'f'), content);
    const plain = await run(dir, [...args, '--quiet']);
    expect(plain.stderr.startsWith(`navledger: ${said}`)).toBe(true);
    expect(plain).toEqual({ code: said.startsWith('Store') ? 7 : 2, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
    const { stdout, stderr } = await run(dir, [...args, '--json']);
    const problem = JSON.parse(args[0] === 'record' ? stderr : stdout);
    expect(`navledger: ${problem.detail}\n`.slice(0, said.length)).toBe(plain.stderr.slice(0, said.length));
    expect(problem).toMatchObject({ type: `urn:navledger:problem:${problem.code}`, title: expect.any(String), status: expect.any(Number) });
    expect(await eventCount(dir)).toBe(events);
    expect(await eventCount(dir, 'new')).toBe(0);
  });
});

describe('stores', () => {
  /** name, what is done to the store, and what is said. */
  const STORES: readonly (readonly [string, (dir: string) => void, string])[] = [
    [
      'a store file that is not one',
      (dir) => writeFileSync(join(dir, 'data/log.db'), 'no database, but long enough to be looked at '.repeat(40)),
      'StoreForeign',
    ],
    ['a database of another program', (dir) => pragma(dir, 'application_id = 7'), 'StoreForeign'],
    ['a store written by a newer version', (dir) => pragma(dir, 'user_version = 99'), 'StoreNewer'],
    ['a store whose log is cut off', (dir) => truncateSync(join(dir, 'data/log.db'), 0), 'StoreDamaged'],
  ];

  function pragma(dir: string, text: string): void {
    const db = openDatabase(join(dir, 'data/log.db'));
    db.exec(`PRAGMA ${text}`);
    db.close();
  }

  test.each(STORES)('%s', async (_, harm, code) => {
    const dir = copy();
    harm(dir);
    for (const args of [['record', '-'], ['nav', 'coin3l'], ['events']]) {
      const { stderr, ...ended } = await run(dir, args, { input: price('1.00') });
      expect({ args, ...ended }).toEqual({ args, code: 7, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^navledger: ${code}: [^\n]+\n$`));
    }
  });

  test('no store', async () => {
    const dir = tempDir();
    expect(await run(dir, ['nav', 'coin3l'])).toEqual({
      code: 7,
      stdout: '',
      stderr: expect.stringMatching(/^navledger: StoreMissing: there is no store in [^\n]+\n$/),
    });
  });

  test('a store URL of another kind', async () => {
    const { code, stderr } = await run(copy(), ['--store', 'mysql://x', 'nav', 'coin3l']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'navledger: InvalidField: --store = "mysql://x": must be sqlite:DIR, such as sqlite:./data, or kurrentdb://HOST…\n',
    });
  });
});

describe('questions', () => {
  const QUESTIONS: readonly (readonly [string, readonly string[], string])[] = [
    [
      'a time without zone',
      ['nav', 'coin3l', '--at', '2024-01-03'],
      'InvalidField: --at = "2024-01-03": must be an RFC 3339 time with a zone',
    ],
    ['an unknown portfolio', ['nav', 'nope'], 'UnknownPortfolio: portfolioId = "nope": must be an open portfolio'],
    [
      'before the opening',
      ['nav', 'coin3l', '--at', '2023-01-01T00:00:00Z'],
      'Unanswerable: at = "2023-01-01T00:00:00Z": must not be before 2024-01-01T00:00:00Z',
    ],
    ['unknown then', ['nav', 'coin3l', '--known-at', '2023-01-01T00:00:00Z'], 'Unanswerable: knownAt'],
    [
      'a window backwards',
      ['attribution', 'coin3l', '--from', '2024-01-03T00:00:00Z', '--to', '2024-01-02T00:00:00Z'],
      'InvalidField: from',
    ],
    ['a history backwards', ['history', 'coin3l', '--from', '2024-01-03T00:00:00Z', '--to', '2024-01-02T00:00:00Z'], 'InvalidField: from'],
    [
      'a step that is none',
      ['history', 'coin3l', '--from', NOON, '--to', NOON, '--every', '1w'],
      'InvalidField: --every = "1w": must be a duration',
    ],
    [
      'an unknown format',
      ['history', 'coin3l', '--from', NOON, '--to', NOON, '--format', 'xls'],
      'InvalidField: --format = "xls": must be one of csv, json, parquet',
    ],
    ['an unknown stream', ['events', '--stream', 'price-gold'], 'InvalidField: --stream = "price-gold": must be a stream'],
    ['a position that is none', ['events', '--from', '-1'], 'InvalidField: --from = "-1": must be a log position'],
    ['an option that is missing', ['attribution', 'coin3l'], "required option '--from <time>' not specified\n"],
    ['an option that does not exist', ['nav', 'coin3l', '--knwon-at', NOON], "unknown option '--knwon-at' (Did you mean --known-at?)\n"],
    ['a command that does not exist', ['atribution'], "unknown command 'atribution' (Did you mean attribution?)\n"],
    ['a command of a group that does not exist', ['import', 'price'], "unknown command 'price' (Did you mean prices?)\n"],
  ];

  test.each(QUESTIONS)('%s', async (_, args, said) => {
    const [{ code, stdout, stderr }, json] = await Promise.all([run(template, args), run(template, [...args, '--json'])]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.slice(0, 11 + said.length)).toBe(`navledger: ${said}`);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout || json.stderr)).toMatchObject({ detail: stderr.split('\n')[0]!.slice(11) });
  });
});
