/** Charges that fall due, by kind of rule; that nothing leaks or is charged twice, however often and whenever it is asked; and that each is computed again from its event alone. */
import { Fund } from '../../test/support/fund';
import { recomputed } from './charge-event';
import { fixed } from './decimal';
import type { FeeRule } from './fee-schedule';
import type { FeeCharged } from './portfolio-events';
import { isRefusal } from './refusal';

const day = (n: number, time = '00:00:00'): string => `2024-01-${String(n).padStart(2, '0')}T${time}Z`;
const YEARLY = { value: '0.0365', unit: 'fraction', period: 'year' } as const;
const schedule = (rules: readonly FeeRule[], version = '1') => ({ id: 's', version, rules });

/** 1,000 units for 100,000.00, 3,000 coins at 100.00, NAV 100,000: E − N is 200,000. */
function held(rules: readonly FeeRule[], at = day(1)): Fund {
  const fund = new Fund().tick(day(1), '100').given('CreateUnits', { units: '1000', cash: '100000', at: day(1) });
  fund.given('ExecuteRebalance', {
    rebalanceId: 'r',
    reason: 'creation',
    at: day(1),
    fills: [{ fillId: 'f', instrumentId: 'coin', side: 'buy', quantity: '3000', price: '100' }],
  });
  return fund.given('AdoptFeeSchedule', { schedule: schedule(rules), at });
}

function accrued(fund: Fund, through: string): FeeCharged['data'][] {
  const decided = fund.when('AccrueFees', { through });
  if (isRefusal(decided)) throw new Error(decided.rule);
  const charges = decided.flatMap((event) => (event.type === 'FeeCharged' ? [event.data] : []));
  for (const data of charges) {
    const again = recomputed(fund.portfolio!.terms, data);
    expect(again.amount).toBe(fixed(data.amount, 2));
    expect(again.minted).toBe(data.unitsMinted === undefined ? undefined : fixed(data.unitsMinted, 2));
  }
  return charges;
}

const told = (charges: readonly FeeCharged['data'][]): [string, string, string | undefined][] =>
  charges.map(({ at, amount, period }) => [at, amount, period]);

describe('a daily rule of 3.65% a year on NAV of 100,000', () => {
  const daily: FeeRule = { kind: 'management', trigger: 'daily', rate: YEARLY };

  it('charges 10.00 each midnight, less as NAV falls', () =>
    expect(told(accrued(held([daily]), day(4)))).toEqual([
      [day(2), '10.00', '1d'],
      [day(3), '10.00', '1d'], // 99,990 · 0.0001 = 9.999
      [day(4), '10.00', '1d'],
    ]));

  it('leaks nothing, however often it is accrued, and charges nothing twice', () => {
    const [often, once] = [held([daily]), held([daily])];
    const some = ['12:00:00', '23:59:59'].flatMap((time) => [1, 2, 3, 4, 5].flatMap((n) => accrued(often, day(n, time))));
    expect(some).toEqual(accrued(once, day(5, '23:59:59')));
    expect(accrued(often, day(5, '23:59:59'))).toEqual([]);
    expect(some).toHaveLength(4);
  });

  it('leaves no day to two schedules or to none where one replaces another, at midnight or not', () => {
    for (const change of [day(3), day(3, '15:00:00')]) {
      const fund = held([daily]).given('AdoptFeeSchedule', {
        at: change,
        schedule: schedule([{ ...daily, rate: { ...YEARLY, value: '0.365' } }], '2'),
      });
      // A change at midnight ends the second day; one at three belongs to the day that the next midnight ends.
      expect(accrued(fund, day(5)).map(({ at, schedule: of }) => [at, of!.version])).toEqual([
        [day(2), '1'],
        [day(3), '1'],
        [day(4), '2'],
        [day(5), '2'],
      ]);
    }
  });

  it('counts calendar days of a month without a day count', () => {
    const monthly: FeeRule = { ...daily, rate: { value: '0.0001', unit: 'fraction', period: 'day' } };
    const [charge] = accrued(held([monthly]), day(2));
    expect(charge).toMatchObject({ amount: '10.00', dayFraction: '1/1', basis: '100000.00000', terms: monthly });
  });

  it('waits for days that round to nothing, and settles those on which nothing was due', () => {
    const tiny = held([{ ...daily, rate: { ...YEARLY, value: '0.00001' } }]); // 0.0027 a day
    expect(told(accrued(tiny, day(5)))).toEqual([
      [day(3), '0.01', '2d'],
      [day(5), '0.01', '2d'],
    ]);
    const floating: FeeRule = {
      kind: 'borrow',
      trigger: 'daily',
      rate: { instrument: 'fed-funds', unit: 'fraction', period: 'year' },
      dayCount: 'ACT/360',
    };
    const fund = held([floating]).rate(day(1), '0').rate(day(3, '12:00:00'), '0.036');
    // Two days at 0 are over; the third is at 3.6%: 200,000 · 0.036/360.
    expect(told(accrued(fund, day(4)))).toEqual([[day(4), '20.00', '1d']]);
  });
});

describe('other rules', () => {
  it('borrow pays on what is financed, with a spread on its size, and earns on what is not', () => {
    const rate = { instrument: 'fed-funds', spread: '0.0036', unit: 'fraction', period: 'year' } as const;
    const rule: FeeRule = { kind: 'borrow', trigger: 'daily', rate, dayCount: 'ACT/360' };
    // (200,000 · 0.036 + 200,000 · 0.0036)/360
    expect(accrued(held([rule]).rate(day(1), '0.036'), day(2))).toMatchObject([{ amount: '22.00', rate: '0.036', basis: '200000.00000' }]);
    const short = new Fund({}, { targetLeverage: '-1' })
      .tick(day(1), '100')
      .given('CreateUnits', { units: '1000', cash: '100000', at: day(1) });
    short.rate(day(1), '0.036').given('ExecuteRebalance', {
      rebalanceId: 'r',
      reason: 'creation',
      at: day(1),
      fills: [{ fillId: 'f', instrumentId: 'coin', side: 'sell', quantity: '1000', price: '100' }],
    });
    short.given('AdoptFeeSchedule', { schedule: schedule([rule]), at: day(1) });
    // E − N = −200,000: (−200,000 · 0.036 + 200,000 · 0.0036)/360
    expect(accrued(short, day(2))).toMatchObject([{ amount: '-18.00' }]);
  });

  it.each<[string, FeeRule, string, Partial<FeeCharged['data']>]>([
    [
      'NAV times leverage',
      { kind: 'management', trigger: 'daily', basis: 'nav_times_leverage', rate: YEARLY },
      day(2),
      { amount: '30.00' },
    ],
    ['exposure', { kind: 'custody', trigger: 'daily', basis: 'exposure', rate: YEARLY }, day(2), { amount: '30.00' }],
    [
      'units: an amount for each',
      { kind: 'other', trigger: 'daily', basis: 'units', rate: { value: '0.02', unit: 'fraction', period: 'day' } },
      day(2),
      { amount: '20.00', basis: '1000.00' },
    ],
    ['funding on exposure', { kind: 'funding', trigger: 'daily', rate: YEARLY }, day(2), { amount: '30.00', kind: 'funding' }],
    [
      'by the second for half a day',
      { kind: 'management', trigger: 'per_second', rate: YEARLY },
      day(1, '12:00:00'),
      { amount: '5.00', period: '43200s' },
    ],
    ['a minimum', { kind: 'management', trigger: 'daily', rate: YEARLY, minimum: '12.5' }, day(2), { amount: '12.50' }],
    ['a cap', { kind: 'management', trigger: 'daily', rate: YEARLY, cap: '7' }, day(2), { amount: '7.00' }],
    ['flat and a rate', { kind: 'management', trigger: 'daily', rate: YEARLY, flat: '3' }, day(2), { amount: '13.00' }],
    [
      'half a cent, posted upwards',
      { kind: 'management', trigger: 'daily', rate: { ...YEARLY, value: '0.036518' }, rounding: { postMode: 'up' } },
      day(2),
      { amount: '10.01' }, // 10.00493…
    ],
    [
      'minting, as Set does',
      { kind: 'management', trigger: 'daily', rate: { value: '0.01', unit: 'fraction', period: 'day' }, paidBy: 'units' },
      day(2),
      { amount: '1000.00', unitsMinted: '10.10', units: '1000.00', nav: '100000.00000' }, // 1,000 · 0.01/0.99
    ],
    [
      'minting, as dHEDGE does',
      { kind: 'management', trigger: 'daily', rate: { value: '0.01', unit: 'fraction', period: 'day' }, paidBy: 'units', mint: 'dhedge' },
      day(2),
      { amount: '1000.00', unitsMinted: '10.00' },
    ],
    [
      'a levy on a creation',
      { kind: 'creation', rate: { value: '0.0025', unit: 'fraction' }, perUnit: '0.01' },
      day(1),
      { amount: '260.00', basis: '100000.00', at: day(1) }, // 250 + 1,000 · 0.01
    ],
  ])('%s', (_what, rule, through, expected) => expect(accrued(held([rule]), through)).toMatchObject([expected]));

  it('stand in their order at one instant, each on what the one before left', () => {
    const rate = { value: '0.1', unit: 'fraction', period: 'day' } as const;
    const charges = accrued(
      held([
        { kind: 'other', trigger: 'daily', rate },
        { kind: 'management', trigger: 'daily', rate },
        { kind: 'borrow', trigger: 'daily', basis: 'nav', rate },
      ]),
      day(2),
    );
    expect(charges.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['borrow', '10000.00'],
      ['management', '9000.00'],
      ['other', '8100.00'],
    ]);
  });

  it('a performance fee is taken above the last mark, which splits scale', () => {
    const rule: FeeRule = {
      kind: 'performance',
      crystallise: { cron: '0 0 * * *', zone: 'UTC' },
      rate: { value: '0.2', unit: 'fraction' },
      highWaterMark: 'before_mint',
    };
    const fund = held([rule]).tick(day(1, '12:00:00'), '101').tick(day(3, '12:00:00'), '102');
    // n is 103 on the 2nd: 0.2 · 3 · 1,000; nothing on the 3rd.
    expect(accrued(fund, day(3))).toMatchObject([
      { at: day(2), amount: '600.00', highWaterMark: '100.000000000000000000', nextHighWaterMark: '103.000000000000000000' },
    ]);
    fund.given('SplitUnits', { ratio: '10:1', at: day(3) });
    // 106,000 − 600 in 10,000 units is 10.54, above 10.30.
    expect(accrued(fund, day(4))).toMatchObject([{ amount: '480.00', highWaterMark: '10.300000000000000000' }]);
  });

  it('dates end and begin a rule', () => {
    const rate = { value: '0.0001', unit: 'fraction', period: 'day' } as const;
    const charges = accrued(
      held([
        { kind: 'management', trigger: 'daily', rate, effective: { to: '2024-01-03' } },
        { kind: 'management', trigger: 'daily', rate, effective: { from: '2024-01-03', to: '2024-01-04' } },
      ]),
      day(6),
    );
    expect(charges.map(({ at, schedule: of }) => [at, of!.rule])).toEqual([
      [day(2), 0],
      [day(3), 0],
      [day(4), 1],
    ]);
  });
});

describe('a schedule is refused', () => {
  const rate = { value: '0.1', unit: 'fraction', period: 'day' } as const;
  const management: FeeRule = { kind: 'management', trigger: 'daily', rate };
  const trading: FeeRule = { kind: 'trading', rate: { value: '0.001', unit: 'fraction' } };

  it.each<[string, readonly unknown[], string, RegExp]>([
    [
      'overlapping dates',
      [
        { ...management, effective: { from: '2024-01-01', to: '2024-03-01' } },
        { ...management, effective: { from: '2024-02-01' } },
      ],
      '/rules/1/effective',
      /both charge management at the same time/,
    ],
    ['two rules for the same fills', [trading, { ...trading, liquidity: 'maker' }], '/rules/1/kind', /both meet the same fills/],
    ['a first tier above 0', [{ kind: 'trading', tiers: [{ from: '1', rate: '0.1' }] }], '/rules/0/tiers/0/from', /must be 0/],
    [
      'tiers that do not rise',
      [
        {
          kind: 'trading',
          tiers: [
            { from: '0', rate: '0.1' },
            { from: '0', rate: '0.1' },
          ],
        },
      ],
      '/rules/0/tiers/1/from',
      /above the tier before/,
    ],
    ['a negative rate', [{ ...management, rate: { ...rate, value: '-0.1' } }], '/rules/0/rate/value', /must not be negative/],
    ['a rate of nothing', [{ kind: 'management', trigger: 'daily' }], '/rules/0/rate', /must be given/],
    ['a rate without a period', [{ ...management, rate: { value: '0.1', unit: 'fraction' } }], '/rules/0/rate/period', /day or year/],
    ['a trigger of another kind', [{ ...management, trigger: 'per_fill' }], '/rules/0/trigger', /at_reset, daily or per_second/],
    ['a field of another kind', [{ ...management, tiers: [] }], '/rules/0/tiers', /no such field/],
    [
      'seconds of 30/360',
      [{ ...management, trigger: 'per_second', rate: { ...rate, period: 'year' }, dayCount: '30/360' }],
      '/rules/0/dayCount',
      /actual/,
    ],
    ['a cap below the minimum', [{ ...management, minimum: '2', cap: '1' }], '/rules/0/cap', /at least the minimum/],
    ['more decimals than the currency', [{ ...management, rounding: { postDigits: 3 } }], '/rules/0/rounding/postDigits', /from 0 to 2/],
    [
      'a floating rate that is not listed',
      [{ ...management, rate: { instrument: 'sofr', unit: 'fraction', period: 'year' } }],
      '/rules/0/rate/instrument',
      /kind rate/,
    ],
    [
      'a performance rule without a calendar',
      [{ kind: 'performance', rate: { value: '0.1', unit: 'fraction' } }],
      '/rules/0/crystallise',
      /must say when/,
    ],
    ['minting on exposure', [{ ...management, basis: 'exposure', paidBy: 'units' }], '/rules/0/paidBy', /must be cash/],
  ])('for %s', (_what, rules, field, rule) => {
    const decided = new Fund().when('AdoptFeeSchedule', { at: day(1), schedule: schedule(rules as FeeRule[]) });
    expect(decided).toMatchObject({ field: `/schedule${field}`, rule: expect.stringMatching(rule) as string });
  });

  it('but a rebate is not, nor maker beside taker', () => {
    const decided = new Fund().when('AdoptFeeSchedule', {
      at: day(1),
      schedule: schedule([
        { ...trading, liquidity: 'maker', rate: { value: '-0.0001', unit: 'fraction' } },
        { ...trading, liquidity: 'taker' },
      ]),
    });
    expect(decided).toHaveLength(1);
  });
});
