/** `import prices`, `import funding`, `import events`: files become events once, however often they are read. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ask, command, eventCount, lines, recorded, run, seeded, trade } from '../support/cli';

const START = Date.UTC(2024, 1, 1);
const HEADER = 'open_time_ms,open,high,low,close,volume\n';
/** Minutes of COIN from START on, closing at 100.00, 100.01 and so on; `skip` leaves one out. */
function minutes(from: number, to: number, skip = -1): string {
  let rows = '';
  for (let i = from; i < to; i++) {
    const price = `${100 + Math.floor(i / 100)}.${String(i % 100).padStart(2, '0')}`;
    if (i !== skip) rows += `${START + i * 60_000},${price},${price},${price},${price},1\n`;
  }
  return HEADER + rows;
}

const prices = (...files: string[]): string[] => ['import', 'prices', '--instrument', 'COIN', '--format', 'binance-klines', ...files];

let dir: string;
beforeEach(async () => (dir = await seeded()));

function put(name: string, content: string | Buffer): string {
  writeFileSync(join(dir, name), content);
  return name;
}

describe('prices', () => {
  test('a candle is one tick at its end, gaps stay gaps, and events are those that RecordPrice records', async () => {
    put('m.csv', minutes(0, 3000, 1500));
    const { code, stdout } = await run(dir, prices('m.csv'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'COIN: 2,999 prices recorded, 1 candle missing in 1 gap\n' });
    expect(await eventCount(dir)).toBe(10 + 2999);
    const [first] = lines((await run(dir, ['events', '--from', '10'])).stdout);
    expect(first).toMatchObject({
      type: 'PriceTicked',
      data: { instrumentId: 'COIN', price: '100.00', at: '2024-02-01T00:01:00Z', source: 'binance-klines' },
    });
    await recorded(dir, command('RecordPrice', { ...first.data, source: 'hand' }));
    const byHand = lines((await run(dir, ['events', '--from', '3009'])).stdout)[0];
    expect(JSON.stringify({ ...byHand.data, source: 'binance-klines' })).toBe(JSON.stringify(first.data));
    expect(Object.keys(byHand.metadata)).toEqual(Object.keys(first.metadata));
    expect((await ask(dir, 'nav', 'coin3l', '--at', '2024-02-01T00:30:30Z')).marks[0]).toEqual({
      instrumentId: 'COIN',
      price: '100.29',
      at: '2024-02-01T00:30:00Z',
      ageSeconds: 30,
    });
  });

  test('again, under another name, in other pieces, or with more rows: only what is new is recorded', async () => {
    await run(dir, prices(put('a.csv', minutes(0, 1500))));
    const count = await eventCount(dir);
    expect((await run(dir, prices('a.csv'))).stdout).toBe('COIN: 0 prices recorded, 1,500 there already\n');
    expect((await run(dir, prices(put('b.csv', minutes(0, 700)), put('c.csv.gz', gzipSync(minutes(700, 1500)))))).code).toBe(0);
    expect(await eventCount(dir)).toBe(count);
    expect((await run(dir, prices(put('d.csv', minutes(1000, 1600))))).stdout).toBe('COIN: 100 prices recorded, 500 there already\n');
    expect(await eventCount(dir)).toBe(count + 100);
  });

  test('years imported last first are the same prices', async () => {
    await run(dir, prices(put('late.csv', minutes(5000, 6000))));
    await run(dir, prices(put('early.csv', minutes(0, 5000))));
    expect((await ask(dir, 'nav', 'coin3l', '--at', '2024-02-01T10:00:00Z')).marks[0].price).toBe('105.99'); // minute 599
    expect((await run(dir, ['doctor'])).code).toBe(0);
  });

  test('a row with another price is a conflict: the others are recorded, and the exit code is 6', async () => {
    await run(dir, prices(put('a.csv', minutes(0, 10))));
    put('b.csv', minutes(0, 20).replaceAll('100.05', '77.77'));
    const { code, stderr, stdout } = await run(dir, prices('b.csv'));
    expect({ code, stdout }).toEqual({ code: 6, stdout: 'COIN: 10 prices recorded, 9 there already, 1 conflict\n' });
    expect(stderr).toBe('PriceConflict: b.csv 2024-02-01T00:06:00Z = 77.77: 100.05 is recorded for COIN from binance-klines\n');
    const again = await run(dir, [...prices('b.csv'), '--json']);
    expect(again.code).toBe(6);
    expect(JSON.parse(again.stdout)).toMatchObject({
      recorded: 0,
      skipped: 19,
      conflictCount: 1,
      conflicts: [{ file: 'b.csv', at: '2024-02-01T00:06:00Z', recorded: '100.05', given: '77.77' }],
    });
    expect(await eventCount(dir)).toBe(30);
  });

  test('a corrected price is there under both prices; another source is another row', async () => {
    await run(dir, prices(put('a.csv', minutes(0, 10))));
    const tick = lines((await run(dir, ['events', '--from', '15'])).stdout)[0];
    await recorded(dir, command('CorrectPrice', { instrumentId: 'COIN', corrects: tick.eventId, price: '77.77', reason: 'typo' }));
    expect((await run(dir, prices('a.csv'))).stdout).toBe('COIN: 0 prices recorded, 10 there already\n');
    expect((await run(dir, prices(put('b.csv', minutes(0, 10).replaceAll('100.05', '77.77'))))).code).toBe(0);
    expect((await run(dir, [...prices('a.csv'), '--source', 'other'])).stdout).toBe('COIN: 10 prices recorded\n');
  });

  test('from standard input, closes of days, multiplied and rounded into a rate', async () => {
    const input = 'date,FF\n2024-01-02,5.33\n2024-01-03,5.3349\n2024-01-04,-0.1\n';
    const rate = ['import', 'prices', '--instrument', 'RATE', '--format', 'closes', '--multiply', '0.01', '--round', '-'];
    const { code, stdout } = await run(dir, rate, { input });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'RATE: 3 prices recorded, 1 rounded half-even\n' });
    const data = lines((await run(dir, ['events', '--from', '10'])).stdout).map((event) => [event.data.at, event.data.price]);
    expect(data).toEqual([
      ['2024-01-02T21:00:00Z', '0.0533'],
      ['2024-01-03T21:00:00Z', '0.0533'], // 0.053349
      ['2024-01-04T21:00:00Z', '-0.0010'],
    ]);
  });
});

describe('funding', () => {
  const funding = (file: string): string[] => [
    'import',
    'funding',
    '--portfolio',
    'coin3l',
    '--instrument',
    'COIN',
    '--format',
    'rates',
    file,
  ];
  const RATES = 'time,rate\n2023-12-31T16:00:00Z,0.0001\n2024-01-01T08:00:00Z,0.0001\n2024-01-02T08:00:00Z,-0.0002\n';

  test("rows are settled at the ledger's mark; those at which nothing was held are counted", async () => {
    put('f.csv', RATES);
    expect(await run(dir, funding('f.csv'))).toMatchObject({
      code: 0,
      stdout: 'coin3l: 2 settlements recorded, 1 row at which nothing was held\n',
    });
    const settled = lines((await run(dir, ['events', '--from', '10'])).stdout).map(({ data }) => [data.mark, data.quantity, data.amount]);
    expect(settled).toEqual([
      ['100.00', '3000.00000', '30.00'], // 3,000 * 100.00 * 0.0001
      ['101.00', '3059.40594', '-61.80'], // 3,059.40594 * 101.00 * -0.0002 = -61.79999...
    ]);
  });

  test('again it changes nothing, even after the marks were corrected; another rate is a conflict', async () => {
    await run(dir, funding(put('f.csv', RATES)));
    const tick = lines((await run(dir, ['events'])).stdout)[1];
    await recorded(dir, command('CorrectPrice', { instrumentId: 'COIN', corrects: tick.eventId, price: '99.50', reason: 'late' }));
    const again = 'coin3l: 0 settlements recorded, 2 there already, 1 row at which nothing was held\n';
    expect(await run(dir, funding('f.csv'))).toMatchObject({ code: 0, stdout: again });
    const { code, stdout, stderr } = await run(dir, funding(put('g.csv', RATES.replace('-0.0002', '-0.0003'))));
    expect({ code, stdout }).toEqual({
      code: 6,
      stdout: 'coin3l: 0 settlements recorded, 1 there already, 1 row at which nothing was held, 1 conflict\n',
    });
    expect(stderr).toBe(
      'g.csv 2024-01-02T08:00:00Z: ReusedCommandId: rate = "-0.0003": funding of that time is recorded with another rate\n',
    );
    expect(await eventCount(dir)).toBe(13);
  });

  test('of another instrument or portfolio it is refused as a whole', async () => {
    put('f.csv', RATES);
    const other = await run(
      dir,
      funding('f.csv').map((word) => (word === 'COIN' ? 'RATE' : word)),
    );
    expect(other).toMatchObject({
      code: 2,
      stderr: 'navledger: WrongInstrument: --instrument = "RATE": must be COIN, the one instrument that the portfolio trades\n',
    });
    const unknown = await run(
      dir,
      funding('f.csv').map((word) => (word === 'coin3l' ? 'nope' : word)),
    );
    expect(unknown).toMatchObject({ code: 2, stderr: 'navledger: UnknownPortfolio: --portfolio = "nope": must be an open portfolio\n' });
    expect(await eventCount(dir)).toBe(10);
  });
});

describe('events', () => {
  const copy = (file: string): string[] => ['--store', 'sqlite:./copy', 'import', 'events', file];

  async function exported(): Promise<string> {
    put('m.csv', minutes(0, 1200));
    await run(dir, prices('m.csv'));
    await recorded(dir, trade('3', '2024-02-01T01:00:00Z', { reason: 'manual', quantity: '1', price: '100.00' }));
    const r2 = lines((await run(dir, ['events', '--from', '7'])).stdout)[0];
    await recorded(dir, command('CorrectFact', { portfolioId: 'coin3l', corrects: r2.eventId, reason: 'busted' }));
    return (await run(dir, ['events'])).stdout;
  }

  test('read back into an empty store they are the same bytes, times and hashes', async () => {
    put('events.ndjson', await exported());
    const { code, stdout } = await run(dir, copy('events.ndjson'));
    const { hash, position } = await ask(dir, 'doctor');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${(Number(position) + 1).toLocaleString('en-US')} events read, chain hash ${hash}\n`,
    });
    expect((await run(dir, ['--store', 'sqlite:./copy', 'events'])).stdout).toBe(readFileSync(join(dir, 'events.ndjson'), 'utf8'));
    expect(await ask(dir, '--store', 'sqlite:./copy', 'doctor')).toMatchObject({ hash, findings: [] });
    expect(await ask(dir, '--store', 'sqlite:./copy', 'nav', 'coin3l', '--at', '2024-02-01T02:00:00Z')).toEqual(
      await ask(dir, 'nav', 'coin3l', '--at', '2024-02-01T02:00:00Z'),
    );
    put('old.ndjson', readFileSync(join(dir, 'events.ndjson'), 'utf8').replaceAll(/,"hash":"[0-9a-f]{64}"/g, ''));
    const old = await run(dir, ['--store', 'sqlite:./old', '--json', 'import', 'events', 'old.ndjson']);
    expect(JSON.parse(old.stdout)).toMatchObject({ hash });
    expect(await run(dir, copy('events.ndjson'))).toMatchObject({ code: 2, stderr: expect.stringContaining('NotEmpty') });
  });

  test('a file that does not hold together leaves the store empty', async () => {
    const text = await exported();
    const withoutHashes = text.replaceAll(/,"hash":"[0-9a-f]{64}"/g, '');
    const harmed: readonly (readonly [string, string, string])[] = [
      [
        'a missing line',
        text.replace(/^.*"position":"3".*\n/m, ''),
        'InvalidFile: f:4 position = "4": must be 3: a log begins at 0 and has no gaps',
      ],
      [
        'an unknown type',
        text.replace('"type":"PriceTicked"', '"type":"PriceGuessed"'),
        'InvalidFile: f:2 type = "PriceGuessed": must be an event type',
      ],
      [
        'a price that is none',
        text.replace('"price":"100.00"', '"price":"1e2"'),
        'InvalidFile: f: event at position 1 = "PriceTicked": must follow',
      ],
      [
        'a fact before its portfolio',
        text.replace('"portfolioId":"coin3l","name"', '"portfolioId":"other","name"'),
        'InvalidFile: f: event at position 2',
      ],
      ['half a command', `${text}{"position":`, 'InvalidFile: f:1213 = '],
      [
        'a time before the last',
        withoutHashes.replace(/"recordedAt":"\d{4}/, '"recordedAt":"2199'),
        'InvalidFile: f: the history breaks at position 1: its recorded time',
      ],
      [
        'another price',
        text.replace('"price":"100.00"', '"price":"100.01"'),
        'InvalidFile: f: the history breaks at position 1: it is not the event that its hash was made of',
      ],
      ['a hash that is none', text.replace(/"hash":"../, '"hash":"'), 'InvalidFile: f:1 metadata/hash = "'],
      [
        'scales beyond reason',
        text.replace(/"currencyScale":\d+/, '"currencyScale":1000000000'),
        'InvalidFile: f: event at position 2 = "PortfolioOpened": must follow from the events before it: its scales',
      ],
      [
        'data nested without end',
        text.replace('"data":{', `"data":{"x":${'['.repeat(50_000)}${']'.repeat(50_000)},`),
        'InvalidFile: f:1 data = ...',
      ],
    ];
    for (const [name, content, said] of harmed) {
      put('f', content);
      const { code, stderr } = await run(dir, copy('f'));
      expect({ name, code, stderr: stderr.slice(11, 11 + said.length) }).toEqual({
        name,
        code: said.startsWith('Store') ? 7 : 2,
        stderr: said,
      });
      expect(await eventCount(dir, 'copy')).toBe(0);
    }
  }, 120_000);
});

const REAL = join(__dirname, '../../../shared/data');
const onRealFiles = existsSync(REAL) && process.env['NAVLEDGER_FULL'] === '1' ? test : test.skip;

onRealFiles(
  'three years of minutes are imported in one command',
  async () => {
    await recorded(
      dir,
      command('ListInstrument', { instrumentId: 'BTC', kind: 'perp', quoteCurrency: 'USDT', priceScale: 2, quantityScale: 6 }),
    );
    const files = [2020, 2021, 2022].map((year) => join(REAL, `prices/btcusdt_1m_${year}.csv.gz`));
    const args = ['import', 'prices', '--instrument', 'BTC', '--format', 'binance-klines', '--json', ...files];
    const { code, stdout } = await run(dir, args);
    expect({ code, recorded: JSON.parse(stdout).recorded }).toEqual({ code: 0, recorded: 1_575_995 });
  },
  180_000,
);
