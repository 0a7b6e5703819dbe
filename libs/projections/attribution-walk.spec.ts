import { Fund } from '../../test/support/fund';
import { instant } from '../domain/instant';
import { isRefusal } from '../domain/refusal';
import { attributionAnswer } from './attribution';

test('a split that leaves the number of units as it was, for they round down, gives its dust to those that remain', () => {
  const fund = new Fund()
    .tick('2024-01-01T00:00:00Z', '100')
    .given('CreateUnits', { units: '0.01', cash: '100', at: '2024-01-01T00:00:00Z' })
    .given('SplitUnits', { ratio: '7:5', at: '2024-01-02T00:00:00Z' });
  const answer = attributionAnswer(fund.view(), instant('2024-01-01T00:00:00Z'), instant('2024-01-03T00:00:00Z'));
  if (isRefusal(answer)) throw new Error(answer.rule);
  // 0.01 · 7/5 is 0.014, kept are 0.01 new ones, worth 0.01 · 5/7 old ones: 100 / (0.05/7) = 14,000.
  expect({ n0: answer.n0, nT: answer.nT, rounding: answer.ledger.rounding }).toEqual({
    n0: '10000.000000000000000000',
    nT: '14000.000000000000000000',
    rounding: '4000.000000000000000000',
  });
});
