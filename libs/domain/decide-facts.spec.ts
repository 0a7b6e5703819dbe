/** Refusals of flows, splits, trades, mandates and schedules, and what a fund that ended takes. */
import { fill } from '../../test/support/fund';
import { type Ask, charge, DAY1, DAY2, DAY3, ended, held, opened, rebalance, testRefusals } from '../../test/support/refusals';

const RULE = {
  kind: 'management',
  trigger: 'at_reset',
  basis: 'nav',
  rate: { value: '0.01', unit: 'fraction', period: 'year' },
  dayCount: 'ACT/365',
} as const;

testRefusals([
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
    name: 'a rule with a basis of another kind',
    given: opened,
    when: ['AdoptFeeSchedule', { at: DAY2, schedule: { id: 's', version: '1', rules: [RULE, { ...RULE, basis: 'gain' }] } }],
    code: 'InvalidField',
    field: '/schedule/rules/1/basis',
    value: 'gain',
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
]);

describe('a fund that ended still takes', () => {
  test.each<{ what: string; ask: Ask }>([
    {
      what: 'a closing trade',
      ask: ['ExecuteRebalance', rebalance('r2', DAY3, fill('f2', 'sell', '20', '30'), fill('f3', 'sell', '40', '30'))],
    },
    { what: 'a charge', ask: ['ChargeFee', charge('x', { amount: '1' })] },
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
