/** The fee audit on funds of a few days: what agrees, and each way not to. */
import { instant } from '../domain/instant';
import { isRefusal } from '../domain/refusal';
import type { FeeRule } from '../domain/fee-schedule';
import { given, memoryLedger } from '../../test/support/ledger';
import type { FeeAuditAnswer } from '../projections/fee-audit/answer';
import { feeAudit } from './fee-audit';
import type { Ledger } from './ledger';

type Line = readonly [name: string, data: object];

const day = (n: number, time = '00:00:00'): string => `2024-01-${String(n).padStart(2, '0')}T${time}Z`;
const on = (name: string, data: object): Line => [name, { portfolioId: 'fund', ...data }];
const tick = (at: string, price: string): Line => ['RecordPrice', { instrumentId: 'coin', price, at, source: 'x' }];
const adopt = (rules: readonly FeeRule[], at = day(1), version = '1'): Line =>
  on('AdoptFeeSchedule', { at, schedule: { id: 'terms', version, rules } });
const accrue = (n: number): Line => on('AccrueFees', { through: day(n) });
const trade = (id: string, at: string, quantity: string, price: string, more: object = {}): Line =>
  on('ExecuteRebalance', {
    rebalanceId: id,
    reason: 'manual',
    at,
    fills: [{ fillId: `${id}-1`, instrumentId: 'coin', side: 'buy', quantity, price, ...more }],
  });

const OPENED: readonly Line[] = [
  ['ListInstrument', { instrumentId: 'coin', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 3 }],
  ['ListInstrument', { instrumentId: 'fed', kind: 'rate', quoteCurrency: 'USD', priceScale: 6, quantityScale: 0 }],
  ['RecordPrice', { instrumentId: 'fed', price: '0.050000', at: day(1), source: 'x' }],
  tick(day(1), '100.00'),
  [
    'OpenPortfolio',
    {
      portfolioId: 'fund',
      name: 'Fund',
      quoteCurrency: 'USD',
      currencyScale: 2,
      unitScale: 4,
      instrumentId: 'coin',
      targetLeverage: '3',
      at: day(1),
    },
  ],
  on('AdoptMandate', { at: day(1), mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } }),
];
const UNITS = on('CreateUnits', { units: '1000', cash: '100000.00', at: day(1) });
const YEARLY: FeeRule = {
  kind: 'management',
  trigger: 'at_reset',
  basis: 'nav',
  rate: { value: '0.0365', unit: 'fraction', period: 'year' },
  dayCount: 'ACT/365',
};

async function fund(...lines: readonly Line[]): Promise<Ledger> {
  const ledger = await memoryLedger();
  await given(ledger, ...OPENED, ...lines);
  return ledger;
}

async function audit(ledger: Ledger, knownAt?: 'now', from = day(1), to = day(31)): Promise<FeeAuditAnswer> {
  const known = knownAt === undefined ? undefined : ledger.store.head().recordedAt;
  const answer = await feeAudit(ledger, 'fund', instant(from), instant(to), known, {});
  if (isRefusal(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

/** Of the last event of a type. */
async function lastEvent(ledger: Ledger, type: string): Promise<string> {
  let found = '';
  for await (const slice of ledger.store.readAll(0)) for (const frame of slice.frames()) if (frame.type === type) found = frame.eventId;
  return found;
}

const MARKET: readonly Line[] = [tick(day(2), '104.00'), tick(day(3), '99.00'), tick(day(4), '120.00')];
const year = { unit: 'fraction', period: 'year' } as const;

test.each<readonly [name: string, charges: number, rules: readonly FeeRule[]]>([
  ['management on NAV at resets', 3, [YEARLY]],
  ['management on exposure, daily, with a minimum', 3, [{ ...YEARLY, trigger: 'daily', basis: 'exposure', minimum: '40' }]],
  ['management with a cap, rounded up', 3, [{ ...YEARLY, cap: '7.123', rounding: { accrueDigits: 4, postMode: 'up' } }]],
  ['management by the second on 365.25 days', 3, [{ ...YEARLY, trigger: 'per_second', dayCount: 'ACT/365.25' }]],
  ['management by minting, as Set does', 3, [{ ...YEARLY, paidBy: 'units', mint: 'set' }]],
  ['management by minting, as dHEDGE does', 3, [{ ...YEARLY, basis: 'nav_times_leverage', paidBy: 'units', mint: 'dhedge' }]],
  [
    'custody on units and another flat fee',
    6,
    [
      { kind: 'custody', trigger: 'daily', basis: 'units', rate: { value: '0.01', unit: 'fraction', period: 'day' } },
      { kind: 'other', trigger: 'daily', flat: '3' },
    ],
  ],
  [
    'borrow at a floating rate and a spread',
    3,
    [{ kind: 'borrow', trigger: 'daily', basis: 'financed', rate: { instrument: 'fed', spread: '0.004', ...year }, dayCount: 'ACT/360' }],
  ],
  ['funding by rule', 3, [{ kind: 'funding', trigger: 'daily', basis: 'exposure', rate: { value: '0.01', ...year } }]],
  [
    'performance in cash, from the mark before the charge',
    2,
    [
      {
        kind: 'performance',
        crystallise: { cron: '0 0 * * *', zone: 'UTC' },
        rate: { value: '0.2', unit: 'fraction' },
        highWaterMark: 'before_mint',
      },
    ],
  ],
  [
    'performance by minting, after management',
    5,
    [
      YEARLY,
      { kind: 'performance', crystallise: { cron: '0 0 * * *', zone: 'UTC' }, rate: { value: '0.2', unit: 'fraction' }, paidBy: 'units' },
    ],
  ],
  [
    'creation and redemption',
    2,
    [
      { kind: 'creation', rate: { value: '0.001', unit: 'fraction' }, flat: '1' },
      { kind: 'redemption', rate: { value: '0.002', unit: 'fraction' }, perUnit: '0.01' },
    ],
  ],
])('charges by %s agree, then and now', async (_, charges, rules) => {
  const ledger = await fund(adopt(rules), UNITS, trade('r1', day(1), '2999.123', '100.01', { fee: '12.00' }), ...MARKET);
  await given(ledger, on('CreateUnits', { units: '10', cash: '1100.00', at: day(2, '12:00:00') }));
  await given(ledger, on('RedeemUnits', { units: '10', cash: '1100.00', at: day(3, '12:00:00') }), accrue(2), accrue(3), accrue(4));
  const flows = rules.some(({ kind }) => kind === 'creation') ? { from: day(1) } : undefined;
  for (const knownAt of [undefined, 'now'] as const) {
    const { checked, agreeing, unruled, due, differences } = await audit(ledger, knownAt, flows?.from);
    expect({ checked, agreeing, unruled, due, differences }).toEqual({
      checked: charges,
      agreeing: charges,
      unruled: 0,
      due: expect.anything(),
      differences: [],
    });
  }
});

describe('fills', () => {
  const trading = (rule: Partial<FeeRule>): FeeRule => ({ kind: 'trading', ...rule });
  const half = trading({ rate: { value: '0.0005', unit: 'fraction' } });

  test('a fee off by a cent names the fill, the rule and both figures', async () => {
    // 2000 × 100.01 × 0.0005 = 100.01 and 1000 × 104 × 0.0005 = 52.
    const ledger = await fund(
      adopt([half]),
      UNITS,
      ...MARKET,
      trade('r1', day(1, '01:00:00'), '2000', '100.01', { fee: '100.01' }),
      trade('r2', day(2), '1000', '104.00', { fee: '52.01' }),
    );
    expect(await audit(ledger)).toEqual({
      portfolioId: 'fund',
      from: day(1),
      to: day(31),
      knownAt: expect.any(String),
      logPosition: '12',
      judgedBy: 'recorded',
      checked: 2,
      agreeing: 1,
      unruled: 0,
      due: { count: 0, amount: '0.00' },
      differences: [
        {
          finding: 'amount',
          at: day(2),
          eventId: await lastEvent(ledger, 'RebalanceExecuted'),
          position: '12',
          kind: 'trading',
          rebalanceId: 'r2',
          fillId: 'r2-1',
          charged: '52.01',
          recomputed: '52.00',
          difference: '0.01',
          rule: { id: 'terms', version: '1', rule: 0, terms: half },
          inputs: { basis: '104000.00000', rate: '0.000500000000000000', quantity: '1000.000', price: '104.00', liquidity: 'taker' },
          lateFacts: false,
        },
      ],
    });
  });

  test('maker and taker have their own rules, and without a rule for it a fill is counted apart', async () => {
    const rules = [trading({ liquidity: 'maker', rate: { value: '-0.0001', unit: 'fraction' } })];
    const ledger = await fund(
      adopt(rules),
      UNITS,
      trade('r1', day(1, '01:00:00'), '10', '100.00', { fee: '-0.10', liquidity: 'maker' }),
      trade('r2', day(1, '02:00:00'), '10', '100.00', { fee: '7.00', liquidity: 'taker' }),
    );
    expect(await audit(ledger)).toMatchObject({ checked: 1, agreeing: 1, unruled: 1, differences: [] });
  });

  test('tiers count what was executed before, also in the same rebalance', async () => {
    const tiers = [
      { from: '0', rate: '0.001' },
      { from: '1000', rate: '0.0005' },
    ];
    const fills = [1, 2].map((n) => ({ fillId: `f${n}`, instrumentId: 'coin', side: 'buy', quantity: '6', price: '100.00', fee: '0.60' }));
    const ledger = await fund(
      adopt([trading({ tiers, tierBy: 'slab' })]),
      UNITS,
      on('ExecuteRebalance', { rebalanceId: 'r1', reason: 'manual', at: day(1, '01:00:00'), fills }),
    );
    const { agreeing, differences } = await audit(ledger);
    expect(agreeing).toBe(1);
    expect(differences).toMatchObject([{ fillId: 'f2', charged: '0.60', recomputed: '0.30', inputs: { volume: '600.00000' } }]);
  });

  test('a fee that comes by itself is judged as the fill that it names; one that never came is missing', async () => {
    const ledger = await fund(
      adopt([half]),
      UNITS,
      trade('r1', day(1, '01:00:00'), '10', '100.00'),
      trade('r2', day(1, '02:00:00'), '10', '100.00'),
      on('ChargeFee', { feeId: 'late', kind: 'trading', amount: '0.60', at: day(1, '03:00:00'), fillId: 'r1-1' }),
    );
    expect((await audit(ledger)).differences).toMatchObject([
      { at: day(1, '02:00:00'), fillId: 'r2-1', charged: '0.00', recomputed: '0.50', difference: '-0.50' },
      { at: day(1, '03:00:00'), feeId: 'late', fillId: 'r1-1', charged: '0.60', recomputed: '0.50', difference: '0.10' },
    ]);
  });
});

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
