import { fill, Fund } from '../../test/support/fund';
import { formatInstant, instant } from './instant';

const DAY = (n: number): string => `2024-01-0${n}T00:00:00Z`;
const LATER = instant(DAY(9));

/** 10 units; 2 coins bought at 100.00 with 100.00 of cash: worth 0 at 50.00. */
function fund(): Fund {
  return new Fund()
    .tick(DAY(1), '100')
    .given('CreateUnits', { units: '10', cash: '100', at: DAY(1) })
    .given('ExecuteRebalance', { rebalanceId: 'r', reason: 'manual', at: DAY(1), fills: [fill('f', 'buy', '2', '100')] });
}

const endOf = (f: Fund): string | undefined => {
  const at = f.view().ending.at(LATER);
  return at === undefined ? undefined : formatInstant(at);
};

test.each<{ what: string; given: () => Fund; end: string | undefined }>([
  { what: 'a price at which NAV is just above 0', given: () => fund().tick(DAY(2), '50.01'), end: undefined },
  { what: 'a price at which NAV is 0', given: () => fund().tick(DAY(2), '50').tick(DAY(3), '90'), end: DAY(2) },
  {
    what: 'of several ticks at one instant, the last is the mark',
    given: () => fund().tick(DAY(2), '40').tick(DAY(2), '60'),
    end: undefined,
  },
  {
    what: 'a charge of all NAV',
    given: () => fund().given('ChargeFee', { feeId: 'x', kind: 'other', amount: '100', at: DAY(2) }),
    end: DAY(2),
  },
  {
    what: 'a charge of all NAV, made good at the same instant',
    given: () =>
      fund()
        .given('ChargeFee', { feeId: 'x', kind: 'other', amount: '100', at: DAY(2) })
        .given('AccrueInterest', { amount: '1', at: DAY(2) }),
    end: undefined,
  },
  {
    what: 'no units left when NAV falls to 0',
    given: () =>
      fund()
        .given('RedeemUnits', { units: '10', cash: '0', at: DAY(2) })
        .tick(DAY(2), '50'),
    end: undefined,
  },
  {
    what: 'units again while NAV is below 0',
    given: () =>
      fund()
        .given('RedeemUnits', { units: '10', cash: '0', at: DAY(2) })
        .tick(DAY(3), '40')
        .given('CreateUnits', { units: '1', cash: '1', at: DAY(4) }),
    end: DAY(4),
  },
])('$what: $end', ({ given, end }) => expect(endOf(given())).toBe(end));

test('an ending is forgotten when its cause is corrected', () => {
  const f = fund().tick(DAY(3), '50');
  expect(endOf(f)).toBe(DAY(3));
  f.given('CorrectFact', { corrects: 'event-3', reason: 'never traded' });
  expect(endOf(f)).toBeUndefined();
});
