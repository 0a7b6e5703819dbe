/** Refusals of corrections, and corrections of corrections. */
import { fill, Fund } from '../../test/support/fund';
import { charge, DAY1, DAY2, held, rebalance, testRefusals } from '../../test/support/refusals';

testRefusals([
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
    name: 'busting a fill that a fee names',
    given: () => held().given('ChargeFee', charge('x', { kind: 'trading', fillId: 'f1', amount: '1' })),
    when: ['CorrectFact', { corrects: 'event-3', reason: 'no' }],
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
    name: 'correcting an accrual that found nothing due',
    given: () => held().given('AccrueFees', { through: DAY2 }),
    when: ['CorrectFact', { corrects: 'event-4', reason: 'no' }],
    code: 'NotCorrectable',
    field: '/corrects',
    value: 'event-4',
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
]);

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
