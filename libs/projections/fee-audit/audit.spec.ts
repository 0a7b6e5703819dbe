/** Charges whose events contradict themselves, which no command records. */
import { instant } from '../../domain/instant';
import type { FeeCharged } from '../../domain/portfolio-events';
import { NO_RATES } from '../../domain/price-view';
import { Fund } from '../../../test/support/fund';
import { FeeAudit } from './audit';
import type { FeeDifference } from './answer';

const [DAY1, DAY2] = ['2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z'] as const;

/** The differences where the one charge of a fund was tampered with. */
function audited(tampered: Partial<FeeCharged['data']>): readonly FeeDifference[] {
  const fund = new Fund();
  const rate = { value: '0.0365', unit: 'fraction', period: 'year' } as const;
  const schedule = { id: 'terms', version: '1', rules: [{ kind: 'management', trigger: 'at_reset', basis: 'nav', rate }] } as const;
  fund.given('AdoptFeeSchedule', { at: DAY1, schedule });
  fund.given('CreateUnits', { units: '1000', cash: '100000', at: DAY1 });
  const known = { prices: fund.view().prices, rates: NO_RATES };
  const audit = new FeeAudit(instant(DAY1), instant(DAY2));
  const charges = new Fund();
  charges.given('AdoptFeeSchedule', { at: DAY1, schedule });
  charges.given('CreateUnits', { units: '1000', cash: '100000', at: DAY1 });
  const [charge] = charges.when('AccrueFees', { through: DAY2 }) as [FeeCharged];
  const event: FeeCharged = { type: 'FeeCharged', data: { ...charge.data, ...tampered } };
  audit.take(fund.portfolio!, event, 'charge', 3, () => known);
  return audit.answer(fund.view(), false).differences;
}

test('a charge as it was computed agrees', () => {
  expect(audited({})).toEqual([]);
});

test('figures that do not give the amount are told as such, the rule agreeing', () => {
  expect(audited({ basis: '90000.00000' })).toEqual([
    {
      finding: 'event',
      at: DAY2,
      eventId: 'charge',
      position: '3',
      kind: 'management',
      feeId: 'management0-20240102T000000Z',
      charged: '10.00',
      recomputed: '9.00',
      difference: '1.00',
      rule: { id: 'terms', version: '1', rule: 0 },
      inputs: { basis: '90000.00000', rate: '0.0365', dayFraction: '1/365', raw: '10.000000000000000000' },
      lateFacts: false,
    },
  ]);
});

test('an amount that neither the rule nor its own figures give is told twice', () => {
  expect(audited({ amount: '11.00' })).toMatchObject([
    { finding: 'amount', charged: '11.00', recomputed: '10.00' },
    { finding: 'event', charged: '11.00', recomputed: '10.00' },
  ]);
});

test('an amount and figures that agree with each other and not with the books differ from the rule alone', () => {
  expect(audited({ amount: '9.00', basis: '90000.00000' })).toMatchObject([
    { finding: 'amount', recomputed: '10.00', inputs: { basis: '100000.00000' } },
  ]);
});

test('a rule that the schedule does not have made nothing due', () => {
  expect(audited({ schedule: { id: 'terms', version: '1', rule: 7 } })).toMatchObject([
    { finding: 'not due', reason: 'no such rule was adopted', rule: { id: 'terms', version: '1', rule: 7 } },
  ]);
});

test('units minted for a charge that its rule has paid in cash are told beside the amount', () => {
  const units = { charged: '10.00', recomputed: '10.00', difference: '0.00', unitsMinted: '1.00', unitsRecomputed: '0.00' };
  expect(audited({ unitsMinted: '1.00' })).toMatchObject([
    { finding: 'amount', ...units },
    { finding: 'event', ...units },
  ]);
});
