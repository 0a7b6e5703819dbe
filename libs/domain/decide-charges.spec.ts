/** Refusals of fees and funding. */
import { fill, Fund } from '../../test/support/fund';
import type { PortfolioCommands } from './commands';
import { type Ask, charge, DAY1, DAY2, DAY3, ended, held, opened, rebalance, testRefusals } from '../../test/support/refusals';

const fee = (feeId: string, more: Partial<PortfolioCommands['ChargeFee']>): Ask => ['ChargeFee', charge(feeId, more)];

testRefusals([
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
]);

function busted(): Fund {
  const fund = held().given('ChargeFee', charge('x', { amount: '1' }));
  return fund.given('CorrectFact', { corrects: fund.lastId, reason: 'busted' });
}
