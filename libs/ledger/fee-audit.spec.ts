/** The fee audit: each way for a charge not to agree, late facts, and what is refused. */
import { instant } from '../domain/instant';
import { accrue, adopt, audit, day, fund, lastEvent, MARKET, on, tick, trade, UNITS, YEARLY } from '../../test/support/fee-audit';
import { given } from '../../test/support/ledger';
import { feeAudit } from './fee-audit';

describe('charges', () => {
  test('one by hand at another amount than the rule of its kind is told with the rule and the inputs', async () => {
    // 100000.00 × 0.0365 × 1/365 = 10.00
    const ledger = await fund(adopt([YEARLY]), UNITS, tick(day(2), '104.00'));
    await given(ledger, on('ChargeFee', { feeId: 'mine', kind: 'management', amount: '12.50', at: day(2) }));
    const { checked, agreeing, differences, due } = await audit(ledger, undefined, day(1), day(2));
    expect({ checked, agreeing }).toEqual({ checked: 1, agreeing: 0 });
    expect(differences).toMatchObject([
      {
        finding: 'amount',
        feeId: 'mine',
        charged: '12.50',
        recomputed: '10.00',
        difference: '2.50',
        rule: { id: 'terms', version: '1', rule: 0 },
        inputs: {
          basis: '100000.00000',
          rate: '0.036500000000000000',
          since: day(1),
          dayFraction: '1/365',
          mark: '104.00',
          markAt: day(2),
          raw: '10.000000000000000000',
        },
      },
    ]);
    // The ledger still holds the rule's own charge to be due, on what is left.
    expect(due).toEqual({ count: 1, amount: '10.00' });
  });

  test('a computed charge that a correction replaced by another amount differs from its rule', async () => {
    const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET, accrue(2));
    const data = { portfolioId: 'fund', feeId: 'management0-20240102T000000Z', kind: 'management', amount: '9.00', at: day(2) };
    await given(ledger, on('CorrectFact', { corrects: await lastEvent(ledger, 'FeeCharged'), reason: 'agreed', replacement: data }));
    for (const knownAt of [undefined, 'now'] as const)
      expect((await audit(ledger, knownAt)).differences).toMatchObject([
        { finding: 'amount', charged: '9.00', recomputed: '10.00', difference: '-1.00', lateFacts: false },
      ]);
  });

  test('of a kind that no rule is for are counted and not judged', async () => {
    const ledger = await fund(adopt([YEARLY]), UNITS, on('ChargeFee', { feeId: 'c', kind: 'custody', amount: '5.00', at: day(2) }));
    expect(await audit(ledger)).toMatchObject({ checked: 0, agreeing: 0, unruled: 1, differences: [] });
  });

  test('a share of NAV is computed again, a rebate too', async () => {
    const ledger = await fund(UNITS, on('ChargeFee', { feeId: 'a', kind: 'other', rateOfNav: '0.001', at: day(2) }));
    await given(ledger, on('ChargeFee', { feeId: 'b', kind: 'other', rateOfNav: '-0.001', at: day(3) }));
    await given(ledger, on('ChargeFee', { feeId: 'c', kind: 'other', rateOfNav: '0.001', paidBy: 'units', at: day(4) }));
    expect(await audit(ledger)).toMatchObject({ checked: 3, agreeing: 3, differences: [] });
    await given(ledger, on('AccrueInterest', { amount: '50000.00', at: day(1, '12:00:00') }));
    expect(await audit(ledger)).toMatchObject({ agreeing: 3, differences: [] });
    // 150000 × 0.001; then on 149900.00, which is what was really left.
    expect((await audit(ledger, 'now')).differences).toMatchObject([
      { feeId: 'a', charged: '100.00', recomputed: '150.00', rule: null, lateFacts: true },
      { feeId: 'b', charged: '-99.90', recomputed: '-149.90', lateFacts: true },
      { feeId: 'c', unitsMinted: '1.0010', unitsRecomputed: '1.0010', charged: '100.00', recomputed: '150.00', lateFacts: true },
    ]);
  });

  test('between the times of the rule nothing is due', async () => {
    const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET);
    await given(ledger, on('ChargeFee', { feeId: 'noon', kind: 'management', amount: '5.00', at: day(2, '12:00:00') }));
    expect((await audit(ledger)).differences).toMatchObject([
      {
        finding: 'not due',
        feeId: 'noon',
        charged: '5.00',
        recomputed: '0.00',
        reason: 'it is not one of the times of the rule',
        inputs: {},
      },
    ]);
  });

  test('a charge moved to a time that has one already is not due', async () => {
    const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET, accrue(2), accrue(3));
    const data = { portfolioId: 'fund', feeId: 'management0-20240103T000000Z', kind: 'management', amount: '10.00', at: day(2) };
    await given(ledger, on('CorrectFact', { corrects: await lastEvent(ledger, 'FeeCharged'), reason: 'moved', replacement: data }));
    for (const knownAt of [undefined, 'now'] as const)
      expect((await audit(ledger, knownAt)).differences).toMatchObject([
        { finding: 'not due', at: day(2), charged: '10.00', recomputed: '0.00', reason: 'it was charged already for this time' },
      ]);
  });

  test('a charge after its schedule was busted was due when it was recorded, and is not as known now', async () => {
    const ledger = await fund(UNITS, ...MARKET, adopt([YEARLY]), accrue(2));
    await given(ledger, on('CorrectFact', { corrects: await lastEvent(ledger, 'FeeScheduleAdopted'), reason: 'never agreed' }));
    expect(await audit(ledger)).toMatchObject({ agreeing: 1, differences: [] });
    expect((await audit(ledger, 'now')).differences).toMatchObject([
      { finding: 'not due', reason: 'no such rule was adopted', rule: { id: 'terms', version: '1', rule: 0 }, lateFacts: true },
    ]);
  });

  test('a busted charge is not in the audit, and what is due and unrecorded stands beside it', async () => {
    const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET, accrue(2));
    await given(ledger, on('CorrectFact', { corrects: await lastEvent(ledger, 'FeeCharged'), reason: 'refunded' }));
    const { checked, due } = await audit(ledger, undefined, day(1), day(2));
    expect({ checked, due }).toEqual({ checked: 0, due: { count: 1, amount: '10.00' } });
  });
});

test('a late fact leaves a charge as right as it was, and changes what is right as known now', async () => {
  const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET, accrue(2), accrue(3));
  const before = ledger.store.head().recordedAt;
  await given(ledger, on('AccrueInterest', { amount: '50000.00', at: day(1, '12:00:00') }));
  expect(await audit(ledger)).toMatchObject({ judgedBy: 'recorded', checked: 2, agreeing: 2, differences: [] });
  const now = await audit(ledger, 'now');
  expect(now).toMatchObject({ judgedBy: 'knownAt', checked: 2, agreeing: 0 });
  expect(now.differences).toMatchObject([
    { at: day(2), charged: '10.00', recomputed: '15.00', inputs: { basis: '150000.00000' }, lateFacts: true },
    { at: day(3), charged: '10.00', recomputed: '15.00', inputs: { basis: '149990.00000' }, lateFacts: true },
  ]);
  const then = await feeAudit(ledger, 'fund', instant(day(1)), instant(day(31)), before, {});
  expect(then).toMatchObject({ judgedBy: 'knownAt', checked: 2, agreeing: 2, differences: [] });
});

test('a late mark and a corrected one are late facts', async () => {
  const ledger = await fund(adopt([YEARLY]), UNITS, trade('r1', day(1), '2000', '100.00'), tick(day(2), '104.00'), accrue(2));
  const corrects = await lastEvent(ledger, 'PriceTicked');
  await given(ledger, ['CorrectPrice', { instrumentId: 'coin', corrects, price: '109.00', reason: 'bad print' }]);
  expect(await audit(ledger)).toMatchObject({ agreeing: 1, differences: [] });
  // 100000 + 2000 × 9 = 118000
  expect((await audit(ledger, 'now')).differences).toMatchObject([
    { charged: '10.80', recomputed: '11.80', inputs: { mark: '109.00' }, lateFacts: true },
  ]);
});

test('a rebalance at the instant of a charge, recorded after it, does not count for it', async () => {
  const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET, accrue(2), trade('r1', day(2), '2000', '90.00', { fee: '500.00' }));
  expect(await audit(ledger, 'now')).toMatchObject({ checked: 1, unruled: 1, agreeing: 1, differences: [] });
});

test('the window is (from, to]', async () => {
  const ledger = await fund(adopt([YEARLY]), UNITS, ...MARKET, accrue(4));
  expect((await audit(ledger, undefined, day(2), day(3))).checked).toBe(1);
  expect((await audit(ledger, undefined, day(1, '23:59:59'), day(3))).checked).toBe(2);
});

test('an abandoned audit says why, and tells how far it is until then', async () => {
  const ledger = await fund(UNITS);
  for (let i = 0; i < 250; i++) await given(ledger, on('AccrueInterest', { amount: '0.01', at: day(2) }));
  const controller = new AbortController();
  const seen: number[][] = [];
  const onProgress = (done: number, total: number): void => {
    seen.push([done, total]);
    controller.abort(new Error('enough'));
  };
  const asked = feeAudit(ledger, 'fund', instant(day(1)), instant(day(3)), undefined, { onProgress, signal: controller.signal });
  await expect(asked).rejects.toThrow('enough');
  expect(seen).toEqual([[200, 253]]);
});

test.each([
  ['a window that ends before it begins', 'fund', day(3), day(2), undefined, 'InvalidField', 'from'],
  ['a window before the opening', 'fund', day(1), '2023-12-31T00:00:00Z', undefined, 'InvalidField', 'from'],
  ['an end before the opening', 'fund', '2023-12-30T00:00:00Z', '2023-12-31T00:00:00Z', undefined, 'Unanswerable', 'to'],
  ['an unknown portfolio', 'none', day(1), day(2), undefined, 'UnknownPortfolio', 'portfolioId'],
  ['what was not recorded yet', 'fund', day(1), day(2), '2000-01-01T00:00:00Z', 'Unanswerable', 'knownAt'],
])('%s is refused', async (_, portfolioId, from, to, knownAt, refused, field) => {
  const known = knownAt === undefined ? undefined : instant(knownAt);
  expect(await feeAudit(await fund(UNITS), portfolioId, instant(from), instant(to), known, {})).toMatchObject({ refused, field });
});
