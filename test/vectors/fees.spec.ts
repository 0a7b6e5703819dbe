/**
 * Fee conventions against published ones. Sources of the figures: streaming fees of SetProtocol (a year of 365.25 days, mint f·S/(1 − f)) and dHEDGE (365 days, mint f·S); daily management
 * fees as venues publish them; FINRA's trading activity fee of 2021; Hyperliquid's volume tiers; band triggers as FTX, Gate, FLI and others publish them.
 */
import { fixed, formatFixed, pow10 } from '../../libs/domain/decimal';
import { evolve, type FundState, type Terms } from '../../libs/domain/facts';
import { AT_ONCE, chargeOn } from '../../libs/domain/fee-amount';
import { feeFact, timeOf } from '../../libs/domain/accrual';
import { readRule, type Rule } from '../../libs/domain/fee-rules';
import type { FeeRule } from '../../libs/domain/fee-schedule';
import { NANOS_PER_DAY } from '../../libs/domain/instant';
import { pricesInside, readMandate } from '../../libs/domain/mandate';
import { fillFee } from '../../libs/domain/trade';
import { Fraction } from '../support/fraction';

const TERMS: Terms = {
  portfolioId: 'p',
  name: 'P',
  quoteCurrency: 'USD',
  instrumentId: 'X',
  kind: 'spot',
  targetLeverage: 100n,
  currencyScale: 18,
  unitScale: 18,
  priceScale: 2,
  quantityScale: 2,
  navScale: 18,
  openedAt: 0n,
};
const rule = (data: FeeRule): Rule => readRule(data, 0, TERMS.currencyScale, '/rule');
const fund = (nav: string, units: string): FundState => ({ cash: fixed(nav, 18), quantity: 0n, units: fixed(units, 18) });
const text = (x: bigint, digits: number): string => new Fraction(x, pow10(18)).toFixed(digits);

/** Charges a rule once for `days`, or once a day. */
function charged(state: FundState, data: FeeRule, days: number, daily: boolean): FundState {
  const one = rule(data);
  const step = BigInt(daily ? 1 : days) * NANOS_PER_DAY;
  for (let i = 0; i < (daily ? days : 1); i++) {
    const { tau } = timeOf(one, 'UTC', step * BigInt(i), step * BigInt(i + 1))!;
    const charge = chargeOn(TERMS, one, { state, price: undefined, rate: one.rate, tau })!;
    state = evolve(TERMS, state, feeFact(one, charge));
  }
  return state;
}

describe('1.95% a year on 1,000,000 units', () => {
  const rate = { value: '0.0195', unit: 'fraction', period: 'year' } as const;
  const streaming = (mint: 'set' | 'dhedge'): FeeRule => ({
    kind: 'management',
    trigger: 'per_second',
    rate,
    dayCount: mint === 'set' ? 'ACT/365.25' : 'ACT/365',
    paidBy: 'units',
    mint,
  });

  it.each([
    ['set', 30, false, '1001604.212085064374'],
    ['set', 30, true, '1001602.968849584071'],
    ['set', 365, false, '1019873.929341793889'],
    ['set', 365, true, '1019678.287540318382'],
    ['dhedge', 30, false, '1001602.739726027397'],
    ['dhedge', 30, true, '1001603.981919741331'],
    ['dhedge', 365, false, '1019500.000000000000'],
    ['dhedge', 365, true, '1019690.835732258410'],
  ] as const)('minted as %s for %d days, daily %s: %s units', (mint, days, daily, units) => {
    const found = charged(fund('100000000', '1000000'), streaming(mint), days, daily).units;
    // Every minting rounds once at 18 decimals.
    expect(text(found, 12)).toBe(Fraction.of(units).toFixed(12));
  });

  it.each([
    ['ACT/365', 30, false, '99839726.027397'], // 100,000,000 − 160,273.972603
    ['ACT/365', 30, true, '99839850.122951'],
    ['ACT/365', 365, true, '98068838.433916'],
    ['ACT/360', 30, false, '99837500.000000'], // − 162,500
    ['ACT/360', 365, false, '98022916.666667'], // − 1,977,083.333333
  ] as const)('in cash by %s for %d days, daily %s: %s are left', (dayCount, days, daily, left) => {
    const data: FeeRule = { kind: 'management', trigger: 'daily', rate, dayCount };
    expect(text(charged(fund('100000000', '1000000'), data, days, daily).cash, 6)).toBe(left);
  });
});

it.each([
  ['Binance BLVT', '0.0001', '0.035843665808'],
  ['FTX', '0.0003', '0.103732559896'],
  ['Bybit', '0.00005', '0.018084925224'],
  ['KuCoin', '0.0005', '0.166853381929'],
  ['Gate', '0.001', '0.305930112960'],
  ['AscendEX 3x', '0.003', '0.666010522973'],
  ['AscendEX 5x', '0.005', '0.839518685796'],
])('%s: %s a day is %s after a year of days', (_venue, value, lost) => {
  const data: FeeRule = { kind: 'management', trigger: 'daily', rate: { value, unit: 'fraction', period: 'day' } };
  const { cash } = charged(fund('1', '1'), data, 365, true);
  expect(text(pow10(18) - cash, 12)).toBe(lost);
});

describe('10% above a high-water mark of 1, of 1,200,000 in 1,000,000 units', () => {
  const data: FeeRule = {
    kind: 'performance',
    crystallise: { cron: '0 0 1 1 *', zone: 'UTC' },
    rate: { value: '0.10', unit: 'fraction' },
    paidBy: 'units',
  };
  const take = (state: FundState, highWaterMark: bigint, more: Partial<FeeRule> = {}) => {
    const one = rule({ ...data, ...more });
    return chargeOn(TERMS, one, { state, price: undefined, rate: one.rate, tau: AT_ONCE, highWaterMark })!;
  };
  const start = fund('1200000', '1000000');

  it('mints 1000000/59 units for 20,000', () => {
    const { amount, minted, nextHighWaterMark } = take(start, pow10(18));
    expect([amount, minted]).toEqual([fixed('20000', 18), fixed('16949.152542372881355932', 18)]);
    expect(formatFixed(nextHighWaterMark!, 18)).toBe('1.180000000000000000');
    expect(formatFixed(take(start, pow10(18), { highWaterMark: 'before_mint' }).nextHighWaterMark!, 18)).toBe('1.200000000000000000');
  });

  it('takes from 1.25 what the mark that was kept says', () => {
    const units = start.units + take(start, pow10(18)).minted!;
    const later = { cash: (units * 125n) / 100n, quantity: 0n, units };
    expect(text(take(later, fixed('1.2', 18)).amount, 10)).toBe('5084.7457627119');
    expect(text(take(later, fixed('1.18', 18)).amount, 10)).toBe('7118.6440677966');
    // Below the mark nothing is taken, and the mark stays.
    expect(take(later, fixed('1.3', 18))).toMatchObject({ amount: 0n, minted: 0n });
  });
});

it.each([
  ['1', '0.010000'],
  ['84', '0.010000'],
  ['85', '0.010115'],
  ['1000', '0.119000'],
  ['49999', '5.949881'],
  ['50000', '5.950000'],
  ['200000', '5.950000'],
])('0.000119 a share, at least 0.01, at most 5.95: %s shares cost %s', (shares, fee) => {
  const taf = readRule({ kind: 'trading', perUnit: '0.000119', minimum: '0.01', cap: '5.95' }, 0, 6, '');
  expect(formatFixed(fillFee({ ...TERMS, currencyScale: 6 }, taf, fixed(shares, 2), 4_711n, 0n), 6)).toBe(fee);
});

describe('volume tiers', () => {
  const tiers = (rates: readonly string[]) => ['0', '5000000', '25000000'].map((from, i) => ({ from, rate: rates[i]! }));
  const taker: FeeRule = { kind: 'trading', liquidity: 'taker', tiers: tiers(['0.00045', '0.0004', '0.00035']), tierWindow: '14d' };
  const maker: FeeRule = { kind: 'trading', liquidity: 'maker', tiers: tiers(['0.00015', '0.00012', '0.00008']), tierWindow: '14d' };
  /** A fill of one cent's notional that brings the volume to `volume`; scale 4 of price and quantity together. */
  const rateAt = (data: FeeRule, volume: string): string => {
    const notional = 100n; // 0.01
    const before = fixed(volume, 4) - notional;
    const fee = fillFee(TERMS, rule(data), 1n, notional, before < 0n ? 0n : before);
    return new Fraction(fee, pow10(16)).toFixed(5);
  };

  it.each([
    ['0', '0.00045', '0.00015'],
    ['5000000', '0.00045', '0.00015'],
    ['5000000.01', '0.00040', '0.00012'],
    ['25000000', '0.00040', '0.00012'],
    ['25000001', '0.00035', '0.00008'],
  ])('at a volume of %s: taker %s, maker %s', (volume, taking, making) => {
    expect([rateAt(taker, volume), rateAt(maker, volume)]).toEqual([taking, making]);
  });

  it('an inclusive bound belongs to the tier', () => expect(rateAt({ ...taker, tierBound: 'inclusive' }, '5000000')).toBe('0.00040'));

  it('30,000,000 at once: 10,500 as a slab, 12,000 at the margin', () => {
    const fee = (data: FeeRule): string => text(fillFee(TERMS, rule(data), fixed('300000', 2), fixed('100', 2), 0n), 0);
    expect([fee(taker), fee({ ...taker, tierBy: 'marginal' })]).toEqual(['10500', '12000']);
  });
});

/** r* = (L − B)/(L(B − 1)). */
it.each([
  ['FTX 3L', '3', '4', -1, 9],
  ['FTX 3L', '3', '2', 1, 3],
  ['FTX 3S', '-3', '-4', 1, 15],
  ['Gate 3L', '3', '4.125', -3, 25],
  ['Gate 3L', '3', '2.25', 1, 5],
  ['Gate 3S', '-3', '-5.25', 3, 25],
  ['Gate 3S', '-3', '-1.5', -1, 5],
  ['Gate 5L', '5', '7', -1, 15],
  ['FLI 2x', '2', '2.3', -3, 26],
  ['FLI ripcord', '2', '2.6', -3, 16],
  ['BTC2x max', '2', '2.2', -1, 12],
  ['Pionex 2L', '2', '3.5', -3, 10],
])('%s: from %sx the bound %s is reached by a move of %d/%d', (_venue, leverage, bound, num, den) => {
  const price = pow10(18);
  const units = fixed(leverage, 2);
  const above = fixed(bound, 18) > fixed(leverage, 18);
  const [lower, upper] = above ? [formatFixed(units - 10_000n, 2), bound] : [bound, formatFixed(units + 10_000n, 2)];
  const { band } = readMandate({ sizing: 'exact', band: { lower, upper } }, units);
  // NAV 100·P and exposure L·100·P.
  const { low, high } = pricesInside((100n - units) * price, units, band);
  const reached = new Fraction(price).times(Fraction.ONE.plus(new Fraction(BigInt(num), BigInt(den))));
  const found = num < 0 ? low! : high!;
  expect(new Fraction(found).minus(reached).abs().compare(Fraction.ONE)).toBeLessThan(0);
});
