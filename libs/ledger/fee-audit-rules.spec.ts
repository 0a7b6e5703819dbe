/** Charges by every kind of rule, and fees of fills, computed again. */
import type { FeeRule } from '../domain/fee-schedule';
import { accrue, adopt, audit, day, fund, lastEvent, MARKET, on, trade, UNITS, YEARLY } from '../../test/support/fee-audit';
import { given } from '../../test/support/ledger';

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
