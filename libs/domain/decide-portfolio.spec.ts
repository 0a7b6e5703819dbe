/** Refusals of openings, times, amounts and accruals; and that every code is tested somewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fund } from '../../test/support/fund';
import { DAY1, DAY2, DAY3, held, opened, testRefusals } from '../../test/support/refusals';

const OPEN = { name: 'Fund', quoteCurrency: 'USD', currencyScale: 2, unitScale: 2, instrumentId: 'coin', targetLeverage: '3', at: DAY1 };
const nothing = (): Fund => new Fund({}, 'not opened');

testRefusals([
  { name: 'opening twice', given: opened, when: ['OpenPortfolio', OPEN], code: 'AlreadyExists', field: '/portfolioId', value: 'fund' },
  {
    name: 'an id in other letters',
    given: opened,
    when: ['AccrueInterest', { portfolioId: 'Fund', amount: '1', at: DAY2 }],
    code: 'IdCaseMismatch',
    field: '/portfolioId',
    value: 'Fund',
  },
  {
    name: 'an instrument in other letters',
    given: nothing,
    when: ['OpenPortfolio', { ...OPEN, instrumentId: 'COIN' }],
    code: 'IdCaseMismatch',
    field: '/instrumentId',
    value: 'COIN',
  },
  {
    name: 'a fund of a rate',
    given: () => new Fund({ kind: 'rate' }, 'not opened'),
    when: ['OpenPortfolio', OPEN],
    code: 'NotTraded',
    field: '/instrumentId',
    value: 'coin',
  },
  {
    name: 'a fund in another currency',
    given: nothing,
    when: ['OpenPortfolio', { ...OPEN, quoteCurrency: 'EUR' }],
    code: 'UnsupportedCurrency',
    field: '/quoteCurrency',
    value: 'EUR',
  },
  {
    name: 'leverage 0',
    given: nothing,
    when: ['OpenPortfolio', { ...OPEN, targetLeverage: '0' }],
    code: 'InvalidField',
    field: '/targetLeverage',
    value: '0',
  },
  {
    name: 'leverage of three decimals',
    given: nothing,
    when: ['OpenPortfolio', { ...OPEN, targetLeverage: '1.255' }],
    code: 'InvalidField',
    field: '/targetLeverage',
    value: '1.255',
  },
  {
    name: 'leverage beyond 100',
    given: nothing,
    when: ['OpenPortfolio', { ...OPEN, targetLeverage: '-100.01' }],
    code: 'InvalidField',
    field: '/targetLeverage',
    value: '-100.01',
  },
  {
    name: 'a fund that is not open',
    given: nothing,
    when: ['AccrueFees', { through: DAY2 }],
    code: 'UnknownPortfolio',
    field: '/portfolioId',
    value: 'fund',
  },
  {
    name: 'a time without zone',
    given: opened,
    when: ['AccrueInterest', { amount: '1', at: '2024-01-02T00:00:00' }],
    code: 'InvalidField',
    field: '/at',
    value: '2024-01-02T00:00:00',
  },
  {
    name: 'a time beyond the skew',
    given: opened,
    when: ['AccrueInterest', { amount: '1', at: '2024-02-01T00:05:00.000000001Z' }],
    code: 'FutureTime',
    field: '/at',
    value: '2024-02-01T00:05:00.000000001Z',
  },
  {
    name: 'a time before the opening',
    given: opened,
    when: ['AccrueInterest', { amount: '1', at: '2023-12-31T23:59:59.999999999Z' }],
    code: 'BeforeInception',
    field: '/at',
    value: '2023-12-31T23:59:59.999999999Z',
  },
  {
    name: 'accruing through a time before the opening',
    given: opened,
    when: ['AccrueFees', { through: '2023-12-31T00:00:00Z' }],
    code: 'BeforeInception',
    field: '/through',
    value: '2023-12-31T00:00:00Z',
  },
  {
    name: 'an exponent',
    given: opened,
    when: ['AccrueInterest', { amount: '1e5', at: DAY2 }],
    code: 'InvalidField',
    field: '/amount',
    value: '1e5',
  },
  {
    name: 'NaN',
    given: opened,
    when: ['AccrueInterest', { amount: 'NaN', at: DAY2 }],
    code: 'InvalidField',
    field: '/amount',
    value: 'NaN',
  },
  {
    name: 'more decimals than the currency has',
    given: opened,
    when: ['AccrueInterest', { amount: '1.005', at: DAY2 }],
    code: 'ScaleExceeded',
    field: '/amount',
    value: '1.005',
  },
]);

describe('an accrual that finds nothing due', () => {
  test('says so, at the moment through which it looked, in UTC', () => {
    for (const fund of [opened(), held()]) {
      expect(fund.when('AccrueFees', { through: '2024-01-03T01:00:00.5+01:00' })).toEqual([
        {
          type: 'NothingDue',
          data: { portfolioId: 'fund', through: '2024-01-03T00:00:00.500Z', at: '2024-01-03T00:00:00.500Z' },
        },
      ]);
    }
  });

  test('moves nothing, counts nowhere, and makes no charge of later days smaller', () => {
    const rate = { value: '0.365', unit: 'fraction', period: 'year' } as const;
    const rule = { kind: 'management', trigger: 'at_reset', basis: 'nav', rate, dayCount: 'ACT/365' } as const;
    const fund = held().given('AdoptFeeSchedule', { at: DAY2, schedule: { id: 's', version: '1', rules: [rule] } });
    const { portfolio } = fund;
    const kept = structuredClone([portfolio!.timeline.stateAfter(2), [...portfolio!.facts], portfolio!.usedIds, portfolio!.schedules]);
    fund.given('AccrueFees', { through: DAY2 }).given('AccrueFees', { through: DAY2 });
    expect(portfolio!.timeline.length).toBe(2);
    expect([portfolio!.timeline.stateAfter(2), [...portfolio!.facts], portfolio!.usedIds, portfolio!.schedules]).toEqual(kept);
    // 1000 · 0.365 · 1/365
    expect(fund.when('AccrueFees', { through: DAY3 })).toMatchObject([{ type: 'FeeCharged', data: { amount: '1.00', period: '1d' } }]);
  });
});

test('an instrument that is not listed', () => {
  const fund = new Fund({}, 'not opened');
  Object.assign(fund, { listing: undefined });
  expect(fund.when('OpenPortfolio', OPEN)).toMatchObject({ refused: 'UnknownInstrument', field: '/instrumentId', value: '"coin"' });
});

test('every code that a decision about a fund can give is in a case', () => {
  const read = (pattern: RegExp): string[] =>
    readdirSync(__dirname)
      .filter((file) => pattern.test(file))
      .map((file) => readFileSync(join(__dirname, file), 'utf8'));
  const found = (texts: string[], pattern: RegExp): Set<string> =>
    new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((m) => m[1]!)));
  const given = found(read(/^(decide-[a-z]+|fee-schedule|mandate|fields)[.]ts$/), /\b(?:reject|refuse)\(\s*'(\w+)'/g);
  const tested = found(read(/^decide-.*[.]spec[.]ts$/), /(?:code|refused): '(\w+)'/g);
  expect([...given].filter((code) => !tested.has(code))).toEqual([]);
  expect(given.size).toBeGreaterThan(15);
});
