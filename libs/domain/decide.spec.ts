/** Every refusal that a decision can give, once: what was there, what was asked, which code, field and value are answered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fill, Fund } from '../../test/support/fund';
import type { PortfolioCommands } from './commands';
import { isRefusal } from './refusal';

const DAY1 = '2024-01-01T00:00:00Z';
const DAY2 = '2024-01-02T00:00:00Z';
const DAY3 = '2024-01-03T00:00:00Z';
const RULE = {
  kind: 'management',
  trigger: 'at_reset',
  basis: 'nav',
  rate: { value: '0.01', unit: 'fraction', period: 'year' },
  dayCount: 'ACT/365',
} as const;

/** 100 units at 10.00 on the second day, price 50.00, holding 60 coins (3 times). */
function held(): Fund {
  return new Fund()
    .tick(DAY2, '50')
    .given('CreateUnits', { units: '100', cash: '1000', at: DAY2 })
    .given('ExecuteRebalance', rebalance('r1', DAY2, fill('f1', 'buy', '60', '50')));
}

/** Ended on the third day: 1000 − 60 · (50 − 30) = −200. */
function ended(): Fund {
  return held().tick(DAY3, '30');
}

function rebalance(rebalanceId: string, at: string, ...fills: ReturnType<typeof fill>[]) {
  return { rebalanceId, reason: 'manual' as const, at, fills };
}

type Ask = {
  [K in keyof PortfolioCommands]: readonly [K, Omit<PortfolioCommands[K], 'portfolioId'> & { portfolioId?: string }];
}[keyof PortfolioCommands];

interface Case {
  readonly name: string;
  readonly given: () => Fund;
  readonly when: Ask | ((fund: Fund) => Ask);
  readonly code: string;
  readonly field: string;
  readonly value: unknown;
}

const OPEN = { name: 'Fund', quoteCurrency: 'USD', currencyScale: 2, unitScale: 2, instrumentId: 'coin', targetLeverage: '3', at: DAY1 };
const nothing = (): Fund => new Fund({}, 'not opened');
const opened = (): Fund => new Fund();
const charge = (feeId: string, more: Partial<PortfolioCommands['ChargeFee']>) => ({ feeId, kind: 'other' as const, at: DAY3, ...more });
const fee = (feeId: string, more: Partial<PortfolioCommands['ChargeFee']>): Ask => ['ChargeFee', charge(feeId, more)];

const CASES: readonly Case[] = [
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
  {
    name: 'no units',
    given: opened,
    when: ['CreateUnits', { units: '0', cash: '1', at: DAY2 }],
    code: 'InvalidField',
    field: '/units',
    value: '0',
  },
  {
    name: 'negative cash',
    given: opened,
    when: ['CreateUnits', { units: '1', cash: '-1', at: DAY2 }],
    code: 'InvalidField',
    field: '/cash',
    value: '-1',
  },
  {
    name: 'more units than there are',
    given: held,
    when: ['RedeemUnits', { units: '100.01', cash: '1', at: DAY2 }],
    code: 'NotEnoughUnits',
    field: '/units',
    value: '100.01',
  },
  {
    name: 'more units than there were',
    given: held,
    when: ['RedeemUnits', { units: '1', cash: '1', at: DAY1 }],
    code: 'NotEnoughUnits',
    field: '/units',
    value: '1',
  },
  {
    name: 'a late redemption that a later one cannot stand',
    given: () => held().given('RedeemUnits', { units: '60', cash: '600', at: DAY3 }),
    when: ['RedeemUnits', { units: '41', cash: '410', at: DAY2 }],
    code: 'LaterFactImpossible',
    field: '/units',
    value: '41',
  },
  {
    name: 'a late split that a later redemption cannot stand',
    given: () => held().given('RedeemUnits', { units: '60', cash: '600', at: DAY3 }),
    when: ['SplitUnits', { ratio: '1:2', at: DAY2 }],
    code: 'LaterFactImpossible',
    field: '/at',
    value: DAY2,
  },
  {
    name: 'busting a creation that a redemption needs',
    given: () =>
      new Fund().given('CreateUnits', { units: '1', cash: '1', at: DAY1 }).given('RedeemUnits', { units: '1', cash: '1', at: DAY2 }),
    when: ['CorrectFact', { corrects: 'event-1', reason: 'no' }],
    code: 'LaterFactImpossible',
    field: '/corrects',
    value: 'event-1',
  },
  {
    name: 'a split without units',
    given: opened,
    when: ['SplitUnits', { ratio: '1:10', at: DAY2 }],
    code: 'NoUnits',
    field: '/ratio',
    value: '1:10',
  },
  {
    name: 'a split of nothing for one',
    given: held,
    when: ['SplitUnits', { ratio: '0:1', at: DAY2 }],
    code: 'InvalidField',
    field: '/ratio',
    value: '0:1',
  },
  {
    name: 'minting without units',
    given: opened,
    when: ['ChargeFee', { feeId: 'x', kind: 'other', amount: '1', paidBy: 'units', at: DAY2 }],
    code: 'NavNotPositive',
    field: '/at',
    value: DAY2,
  },
  {
    name: 'minting without units in a fund with cash',
    given: () => new Fund().given('AccrueInterest', { amount: '9', at: DAY1 }),
    when: ['ChargeFee', { feeId: 'x', kind: 'other', amount: '1', paidBy: 'units', at: DAY2 }],
    code: 'NoUnits',
    field: '/paidBy',
    value: 'units',
  },
  {
    name: 'minting all of NAV away',
    given: held,
    when: fee('x', { amount: '1000', paidBy: 'units' }),
    code: 'InvalidField',
    field: '/amount',
    value: '1000',
  },
  {
    name: 'minting a rebate',
    given: held,
    when: fee('x', { rateOfNav: '-0.1', paidBy: 'units' }),
    code: 'InvalidField',
    field: '/rateOfNav',
    value: '-0.1',
  },
  {
    name: 'both an amount and a rate',
    given: held,
    when: fee('x', { amount: '1', rateOfNav: '0.1' }),
    code: 'InvalidField',
    field: '/rateOfNav',
    value: '0.1',
  },
  { name: 'neither an amount nor a rate', given: held, when: fee('x', {}), code: 'InvalidField', field: '/amount', value: null },
  {
    name: 'a fee in another currency',
    given: held,
    when: fee('x', { amount: '1', currency: 'EUR' }),
    code: 'UnsupportedCurrency',
    field: '/currency',
    value: 'EUR',
  },
  {
    name: 'a rate with 19 decimals',
    given: held,
    when: fee('x', { rateOfNav: '0.0000000000000000001' }),
    code: 'ScaleExceeded',
    field: '/rateOfNav',
    value: '0.0000000000000000001',
  },
  {
    name: 'a share of negative NAV',
    given: ended,
    when: fee('x', { rateOfNav: '0.1' }),
    code: 'NavNotPositive',
    field: '/at',
    value: DAY3,
  },
  {
    name: 'a share of an unknown NAV',
    given: () => new Fund().given('ExecuteRebalance', rebalance('r', DAY1, fill('f', 'buy', '1', '1'))),
    when: fee('x', { rateOfNav: '0.1' }),
    code: 'NoPrice',
    field: '/at',
    value: DAY3,
  },
  {
    name: 'funding without price or mark',
    given: opened,
    when: ['SettleFunding', { instrumentId: 'coin', rate: '0.1', at: DAY2 }],
    code: 'NoPrice',
    field: '/at',
    value: DAY2,
  },
  {
    name: 'funding of another instrument',
    given: held,
    when: ['SettleFunding', { instrumentId: 'gold', rate: '0.1', at: DAY2 }],
    code: 'WrongInstrument',
    field: '/instrumentId',
    value: 'gold',
  },
  { name: 'no fills', given: held, when: ['ExecuteRebalance', rebalance('r2', DAY3)], code: 'InvalidField', field: '/fills', value: [] },
  {
    name: 'a fill of another instrument',
    given: held,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'buy', '1', '50'), fill('f3', 'buy', '1', '50', { instrumentId: 'gold' }))],
    code: 'WrongInstrument',
    field: '/fills/1/instrumentId',
    value: 'gold',
  },
  {
    name: 'a fill fee in another currency',
    given: held,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'buy', '1', '50', { fee: '1', feeCurrency: 'BNB' }))],
    code: 'UnsupportedCurrency',
    field: '/fills/0/feeCurrency',
    value: 'BNB',
  },
  {
    name: 'a fill at no price',
    given: held,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'buy', '1', '0'))],
    code: 'InvalidField',
    field: '/fills/0/price',
    value: '0',
  },
  {
    name: 'a quantity with more decimals than the instrument has',
    given: held,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'buy', '0.0001', '50'))],
    code: 'ScaleExceeded',
    field: '/fills/0/quantity',
    value: '0.0001',
  },
  {
    name: 'a fill id twice in one rebalance',
    given: held,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'buy', '1', '50'), fill('f2', 'buy', '1', '50'))],
    code: 'DuplicateId',
    field: '/fills/1/fillId',
    value: 'f2',
  },
  {
    name: 'a fill id of another rebalance',
    given: held,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f1', 'buy', '1', '50'))],
    code: 'DuplicateId',
    field: '/fills/0/fillId',
    value: 'f1',
  },
  {
    name: 'a rebalance id again',
    given: held,
    when: ['ExecuteRebalance', rebalance('r1', DAY3, fill('f2', 'buy', '1', '50'))],
    code: 'DuplicateId',
    field: '/rebalanceId',
    value: 'r1',
  },
  {
    name: 'the id of a busted fee',
    given: () => busted(),
    when: fee('x', { amount: '2' }),
    code: 'DuplicateId',
    field: '/feeId',
    value: 'x',
  },
  {
    name: 'a second fee for a fill',
    given: () => held().given('ChargeFee', charge('x', { kind: 'trading', fillId: 'f1', amount: '1' })),
    when: fee('y', { kind: 'trading', fillId: 'f1', amount: '1' }),
    code: 'DuplicateFee',
    field: '/fillId',
    value: 'f1',
  },
  {
    name: 'a fee for a fill that has its own',
    given: () => held().given('ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'buy', '1', '50', { fee: '1' }))),
    when: fee('x', { kind: 'trading', fillId: 'f2', amount: '1' }),
    code: 'DuplicateFee',
    field: '/fillId',
    value: 'f2',
  },
  {
    name: 'a fee for no fill',
    given: held,
    when: fee('x', { kind: 'trading', fillId: 'f9', amount: '1' }),
    code: 'UnknownFill',
    field: '/fillId',
    value: 'f9',
  },
  {
    name: 'a management fee for a fill',
    given: held,
    when: fee('x', { kind: 'management', fillId: 'f1', amount: '1' }),
    code: 'InvalidField',
    field: '/fillId',
    value: 'f1',
  },
  {
    name: 'busting a fill that a fee names',
    given: () => held().given('ChargeFee', charge('x', { kind: 'trading', fillId: 'f1', amount: '1' })),
    when: (fund) => ['CorrectFact', { corrects: eventOf(fund, 'r1'), reason: 'no' }],
    code: 'FillInUse',
    field: '/corrects',
    value: 'event-3',
  },
  {
    name: 'giving a fill a fee that is charged already',
    given: () => held().given('ChargeFee', charge('x', { kind: 'trading', fillId: 'f1', amount: '1' })),
    when: [
      'CorrectFact',
      {
        corrects: 'event-3',
        reason: 'no',
        replacement: { portfolioId: 'fund', ...rebalance('r1', DAY2, fill('f1', 'buy', '60', '50', { fee: '1' })) },
      },
    ],
    code: 'DuplicateFee',
    field: '/corrects',
    value: 'event-3',
  },
  {
    name: 'correcting what is not there',
    given: held,
    when: ['CorrectFact', { corrects: 'event-9', reason: 'no' }],
    code: 'UnknownEvent',
    field: '/corrects',
    value: 'event-9',
  },
  {
    name: 'correcting the opening',
    given: held,
    when: ['CorrectFact', { corrects: 'event-0', reason: 'no' }],
    code: 'NotCorrectable',
    field: '/corrects',
    value: 'event-0',
  },
  {
    name: 'a replacement of another fund',
    given: held,
    when: ['CorrectFact', { corrects: 'event-2', reason: 'no', replacement: { portfolioId: 'other', units: '1', cash: '1', at: DAY2 } }],
    code: 'InvalidField',
    field: '/replacement/portfolioId',
    value: 'other',
  },
  {
    name: 'a replacement that is wrong itself',
    given: held,
    when: ['CorrectFact', { corrects: 'event-2', reason: 'no', replacement: { portfolioId: 'fund', units: '1.001', cash: '1', at: DAY2 } }],
    code: 'ScaleExceeded',
    field: '/replacement/units',
    value: '1.001',
  },
  {
    name: 'a replacement under another id',
    given: held,
    when: [
      'CorrectFact',
      { corrects: 'event-3', reason: 'no', replacement: { portfolioId: 'fund', ...rebalance('r9', DAY2, fill('f1', 'buy', '60', '50')) } },
    ],
    code: 'InvalidField',
    field: '/replacement/rebalanceId',
    value: 'r9',
  },
  {
    name: 'a creation after the end',
    given: ended,
    when: ['CreateUnits', { units: '1', cash: '1', at: DAY3 }],
    code: 'Terminated',
    field: '/at',
    value: DAY3,
  },
  {
    name: 'a mandate after the end',
    given: ended,
    when: ['AdoptMandate', { at: DAY3, mandate: { sizing: 'exact' } }],
    code: 'Terminated',
    field: '/at',
    value: DAY3,
  },
  {
    name: 'a trade through zero after the end',
    given: ended,
    when: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'sell', '61', '30'))],
    code: 'Terminated',
    field: '/at',
    value: DAY3,
  },
  {
    name: 'a rule that is not charged yet',
    given: opened,
    when: ['AdoptFeeSchedule', { at: DAY2, schedule: { id: 's', version: '1', rules: [RULE, { ...RULE, basis: 'units' as 'nav' }] } }],
    code: 'UnsupportedRule',
    field: '/schedule/rules/1/basis',
    value: 'units',
  },
  {
    name: 'a negative management rate',
    given: opened,
    when: [
      'AdoptFeeSchedule',
      { at: DAY2, schedule: { id: 's', version: '1', rules: [{ ...RULE, rate: { ...RULE.rate, value: '-0.01' } }] } },
    ],
    code: 'InvalidField',
    field: '/schedule/rules/0/rate/value',
    value: '-0.01',
  },
];

function busted(): Fund {
  const fund = held().given('ChargeFee', charge('x', { amount: '1' }));
  return fund.given('CorrectFact', { corrects: fund.lastId, reason: 'busted' });
}

function eventOf(fund: Fund, rebalanceId: string): string {
  return fund.portfolio!.usedIds.get(`rebalance:${rebalanceId}`)!;
}

test.each(CASES)('$name: $code', ({ given, when, code, field, value }) => {
  const fund = given();
  const rows = fund.portfolio?.timeline.length;
  const [name, data] = typeof when === 'function' ? when(fund) : when;
  const decided = fund.when(name, data);
  expect(isRefusal(decided) ? { code: decided.refused, field: decided.field, value: decided.value } : decided).toEqual({
    code,
    field,
    value: JSON.stringify(value),
  });
  expect(fund.portfolio?.timeline.length).toBe(rows);
});

test('an instrument that is not listed', () => {
  const fund = new Fund({}, 'not opened');
  Object.assign(fund, { listing: undefined });
  expect(fund.when('OpenPortfolio', OPEN)).toMatchObject({ refused: 'UnknownInstrument', field: '/instrumentId', value: '"coin"' });
});

describe('a fund that ended still takes', () => {
  test.each<{ what: string; ask: Ask }>([
    {
      what: 'a closing trade',
      ask: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'sell', '20', '30'), fill('f3', 'sell', '40', '30'))],
    },
    { what: 'a charge', ask: fee('x', { amount: '1' }) },
    { what: 'funding', ask: ['SettleFunding', { instrumentId: 'coin', rate: '0.1', at: DAY3 }] },
    { what: 'interest', ask: ['AccrueInterest', { amount: '-1', at: DAY3 }] },
    { what: 'a redemption', ask: ['RedeemUnits', { units: '100', cash: '0', at: DAY3 }] },
    { what: 'a correction', ask: ['CorrectFact', { corrects: 'event-3', reason: 'busted' }] },
    { what: 'a late fact from before the end', ask: ['CreateUnits', { units: '1', cash: '10', at: DAY2 }] },
  ])('$what', ({ ask: [name, data] }) => {
    expect(ended().when(name, data as never)).toHaveLength(1);
  });
});

test('a fund that ended lives again when the cause is corrected', () => {
  const fund = ended().given('CorrectFact', { corrects: 'event-3', reason: 'never traded' });
  expect(fund.when('CreateUnits', { units: '1', cash: '10', at: DAY3 })).toMatchObject([
    { type: 'UnitsCreated', data: { navPerUnit: '10.000000000000000000' } },
  ]);
});

test('a replacement may carry a fill that an earlier replacement brought in', () => {
  const fund = held();
  const amend = (price: string) => ({
    corrects: 'event-3',
    reason: 'amended',
    replacement: { portfolioId: 'fund', ...rebalance('r1', DAY2, fill('f1', 'buy', '30', price), fill('f2', 'buy', '30', price)) },
  });
  expect(fund.when('CorrectFact', amend('49'))).toHaveLength(1);
  expect(fund.when('CorrectFact', amend('48'))).toHaveLength(1);
  // 1000 − 60 · 48
  expect(fund.portfolio!.timeline.stateAfter(2)).toEqual({ cash: -188_000n, quantity: 60_000n, units: 10_000n });
});

test('every code that a decision about a fund can give is in a case above', () => {
  const sources = readdirSync(__dirname).filter(
    (file) => /^(decide-.*|fee-schedule|mandate|fields)[.]ts$/.test(file) && !file.endsWith('.spec.ts'),
  );
  const codes = sources.flatMap((file) =>
    [...readFileSync(join(__dirname, file), 'utf8').matchAll(/\b(?:reject|refuse)\(\s*'(\w+)'/g)].map((match) => match[1]!),
  );
  const tested = new Set([...CASES.map(({ code }) => code), 'UnknownInstrument']);
  expect([...new Set(codes)].filter((code) => !tested.has(code))).toEqual([]);
  expect(codes.length).toBeGreaterThan(30);
});
