/** Random funds on random tapes, and random scenarios for them: gaps, jumps through several barriers, prices exactly on one, leverage near 1, NAV near 0, several facts at a tick's instant. */
import type { FeeRule, FeeSchedule, SlippageModel } from '../../libs/domain/fee-schedule';
import { formatFixed } from '../../libs/domain/decimal';
import { formatInstant, instant } from '../../libs/domain/instant';
import type { MandateData } from '../../libs/domain/mandate';
import type { Tick } from '../../libs/domain/price-view';
import { narrow } from '../../libs/projections/tape/column';
import { Tape } from '../../libs/projections/tape/tape';
import type { View } from '../../libs/projections/view';
import type { ScenarioData } from '../../libs/projections/what-if/scenario-data';
import { Fund } from './fund';
import type { Random } from './random';

const START = instant('2024-01-02T07:00:00Z');
const MINUTE = 60_000_000_000n;
const DAY = 1440n * MINUTE;

export interface FuzzedFund {
  readonly view: View;
  readonly ticks: readonly Tick[];
}

const LEVERAGES = ['3', '2', '-1', '1', '1.01', '0.99', '-2', '5', '0.5', '-3', '-0.99'];

/** From 3,000 coins at 100.00 with NAV 100,000 the leverage is exactly 6 at 80.00 and exactly 1.5 at 200.00. */
const TIES = {
  leverage: '3',
  first: 10_000n,
  band: { lower: '1.5', upper: '6' },
  prices: [8_000n, 7_999n, 8_001n, 20_000n, 19_999n, 20_001n],
} as const;

export function fuzzedFund(random: Random): FuzzedFund {
  const ties = random.oneIn(5);
  const quantityScale = random.between(0, 3);
  const leverage = ties ? TIES.leverage : random.pick(LEVERAGES);
  const fund = new Fund({ quantityScale }, { targetLeverage: leverage });
  const ticks = tapeOf(random, ties);
  const tape = Tape.empty(undefined, { segmentTicks: 64 });
  ticks.forEach(({ at, price }, i) => {
    fund.tick(formatInstant(at), formatFixed(price, 2));
    tape.append(at, narrow(price), i, 's');
  });
  const at = formatInstant(ticks[0]!.at);
  fund.given('CreateUnits', { units: '1000', cash: '100000', at });
  if (ties) {
    const fill = { fillId: 'r0-f', instrumentId: 'coin', side: 'buy', quantity: '3000', price: '100' } as const;
    fund.given('ExecuteRebalance', { rebalanceId: 'r0', reason: 'creation', at, fills: [fill] });
    return {
      view: { ...fund.given('AdoptMandate', { at, mandate: { sizing: 'exact', band: TIES.band } }).view(), prices: tape.view() },
      ticks,
    };
  }
  if (!random.oneIn(10)) trade(fund, random, 'r0', at, ticks[0]!.price, leverage);
  if (!random.oneIn(4)) fund.when('AdoptMandate', { at, mandate: mandateOf(random, leverage) });
  if (random.oneIn(2)) fund.when('AdoptSlippageModel', { at, model: slippageOf(random) });
  if (random.oneIn(2)) fund.when('AdoptFeeSchedule', { at, schedule: { id: 's', version: '1', rules: [tradingOf(random)] } });
  if (random.oneIn(8)) fund.when('AdoptMandate', { at: formatInstant(random.pick(ticks).at), mandate: mandateOf(random, leverage) });
  for (let n = random.below(9), i = 1; i <= n; i++) fact(fund, random, i, ticks);
  return { view: { ...fund.view(), prices: tape.view() }, ticks };
}

function tapeOf(random: Random, ties: boolean): Tick[] {
  const ticks: Tick[] = [];
  let at = START;
  let price = ties ? TIES.first : BigInt(random.between(900, 30_000));
  const wild = random.pick([2, 8, 30, 90]);
  for (let n = random.between(20, 220); n > 0 && at < START + 26n * DAY; n--) {
    ticks.push({ at, price });
    at += MINUTE * BigInt(random.between(1, 40));
    if (random.oneIn(25)) at += DAY * BigInt(random.between(1, 3));
    if (random.oneIn(8)) at += DAY - (at % DAY);
    if (random.oneIn(30)) at += BigInt(random.below(1_000_000_000));
    const factor = random.oneIn(40) ? random.pick([600, 750, 1300, 1600]) : 1000 + random.between(-wild, wild);
    price = (price * BigInt(factor)) / 1000n;
    if (price < 20n) price = 20n;
    if (ties && random.oneIn(4)) price = random.pick(TIES.prices);
  }
  return ticks;
}

function trade(fund: Fund, random: Random, id: string, at: string, price: bigint, leverage: string): void {
  const { quantityScale } = fund.listing;
  // |L|·100,000 at the price, in quantity units.
  const [whole, part = ''] = leverage.replace('-', '').split('.') as [string, string | undefined];
  const hundredths = BigInt(whole + part.padEnd(2, '0'));
  const quantity = (hundredths * 100_000n * 10n ** BigInt(quantityScale)) / price;
  if (quantity === 0n) return;
  const fee = random.oneIn(2) ? { fee: '3.21' } : {};
  const filled = price + BigInt(random.between(-2, 2)) > 0n ? price + BigInt(random.between(-2, 2)) : price;
  const fill = {
    fillId: `${id}-f`,
    instrumentId: 'coin',
    side: leverage.startsWith('-') ? ('sell' as const) : ('buy' as const),
    quantity: formatFixed(quantity, quantityScale),
    price: formatFixed(filled > 0n ? filled : 1n, 2),
    ...fee,
    ...(random.oneIn(3) ? { liquidity: random.pick(['maker', 'taker'] as const) } : {}),
    ...(random.oneIn(4) && price > 5n ? { bid: formatFixed(price - 2n, 2), ask: formatFixed(price + 3n, 2) } : {}),
  };
  fund.when('ExecuteRebalance', { rebalanceId: id, reason: 'manual', at, fills: [fill] });
}

function fact(fund: Fund, random: Random, i: number, ticks: readonly Tick[]): void {
  const tick = random.pick(ticks);
  // Several facts at one instant, which is that of a tick, a midnight or neither.
  const time = random.pick([ticks[Math.floor(ticks.length / 2)]!.at, tick.at, tick.at - (tick.at % DAY) + DAY, tick.at + 7n * MINUTE]);
  const at = formatInstant(time);
  const id = `x${i}`;
  switch (random.weighted({ create: 3, redeem: 2, split: 1, trade: 2, fee: 2, share: 2, minted: 1, funding: 3, interest: 1 })) {
    case 'create':
      fund.when('CreateUnits', { units: String(random.between(1, 500)), cash: String(random.between(100, 60_000)), at });
      return;
    case 'redeem':
      fund.when('RedeemUnits', { units: String(random.between(1, 900)), cash: String(random.between(100, 60_000)), at });
      return;
    case 'split':
      fund.when('SplitUnits', { ratio: random.pick(['10:1', '1:10', '3:2']), at });
      return;
    case 'trade':
      trade(fund, random, id, at, tick.price, random.pick(['0.1', '-0.2', '0.5']));
      return;
    case 'fee':
      fund.when('ChargeFee', {
        feeId: id,
        kind: random.pick(['other', 'management', 'custody']),
        amount: String(random.between(-50, 900)),
        at,
      });
      return;
    case 'share':
      fund.when('ChargeFee', { feeId: id, kind: random.pick(['management', 'performance']), rateOfNav: '0.0123', at });
      return;
    case 'minted':
      fund.when('ChargeFee', { feeId: id, kind: 'management', rateOfNav: '0.01', paidBy: 'units', at });
      return;
    case 'funding':
      fund.when('SettleFunding', { instrumentId: 'coin', rate: random.pick(['0.0001', '-0.0003', '0.01']), at });
      return;
    case 'interest':
      fund.when('AccrueInterest', { amount: String(random.between(-90, 90)), at });
  }
}

const RESETS = [
  { cron: '0 0 * * *', zone: 'UTC' },
  { cron: '30 */6 * * *', zone: 'UTC' },
  { cron: '0 16 * * 1-5', zone: 'America/New_York' },
  { cron: '0 0 * * 1', zone: 'Asia/Kolkata' },
];

function mandateOf(random: Random, leverage: string): MandateData {
  const band = bandOf(random, leverage);
  return {
    sizing: random.oneIn(5) ? 'naive' : 'exact',
    ...(random.oneIn(4) ? {} : { resets: random.pick(RESETS) }),
    ...(random.oneIn(4) || !band ? {} : { band }),
    ...(random.oneIn(3) ? { maxStep: random.pick(['0.01', '0.1', '0.5']) } : {}),
  };
}

function bandOf(random: Random, leverage: string): MandateData['band'] {
  const l = BigInt(leverage.includes('.') ? leverage.replace('.', '').padEnd(leverage.indexOf('.') + 2, '0') : `${leverage}00`);
  const size = l < 0n ? -l : l;
  const share = BigInt(random.pick([2, 10, 33]));
  const width = (size * share) / 100n > 0n ? (size * share) / 100n : 1n;
  return { lower: formatFixed(l - width, 2), upper: formatFixed(l + width, 2) };
}

function slippageOf(random: Random): SlippageModel {
  return random.pick<SlippageModel>([
    { model: 'none' },
    { model: 'fixed_bp', bp: '7' },
    { model: 'half_spread', bp: '12.5' },
    { model: 'sqrt_impact', y: '0.7', sigmaDaily: '0.04', volumeDaily: '90000000' },
  ]);
}

function tradingOf(random: Random): FeeRule {
  return random.pick<FeeRule>([
    { kind: 'trading', rate: { value: '0.0005', unit: 'fraction' } },
    { kind: 'trading', rate: { value: '-0.0001', unit: 'fraction' } },
    { kind: 'trading', rate: { value: '0.0005', unit: 'fraction' }, minimum: '2', cap: '90' },
    { kind: 'trading', flat: '1.5', perUnit: '0.01' },
    {
      kind: 'trading',
      tiers: [
        { from: '0', rate: '0.001' },
        { from: '150000', rate: '0.0002' },
      ],
      tierWindow: '2d',
    },
    {
      kind: 'trading',
      tiers: [
        { from: '0', rate: '0.001' },
        { from: '150000', rate: '0.0002' },
      ],
      tierBy: 'marginal',
      tierBound: 'inclusive',
    },
  ]);
}

function scheduleOf(random: Random): FeeSchedule {
  const yearly = { value: random.pick(['0.0195', '0.9', '0']), unit: 'fraction', period: 'year' } as const;
  const daily = { value: random.pick(['0.0003', '0.00000001']), unit: 'fraction', period: 'day' } as const;
  const candidates: FeeRule[] = [
    tradingOf(random),
    { kind: 'management', trigger: 'at_reset', rate: yearly },
    { kind: 'management', trigger: 'daily', basis: random.pick(['nav_times_leverage', 'exposure', 'units'] as const), rate: daily },
    { kind: 'management', trigger: 'daily', rate: daily, paidBy: 'units', mint: random.pick(['set', 'dhedge'] as const) },
    { kind: 'custody', trigger: 'per_second', rate: yearly, dayCount: random.pick(['ACT/365.25', 'ACT/ACT'] as const) },
    { kind: 'borrow', trigger: 'daily', rate: { ...yearly, spread: '0.004' }, dayCount: random.pick(['ACT/360', '30/360'] as const) },
    { kind: 'funding', trigger: 'at_reset', rate: daily },
    {
      kind: 'performance',
      crystallise: { cron: '15 3 * * *', zone: 'UTC' },
      rate: { value: '0.2', unit: 'fraction' },
      highWaterMark: random.pick(['before_mint', 'after_mint'] as const),
      paidBy: random.pick(['cash', 'units'] as const),
    },
    { kind: 'creation', rate: { value: '0.0025', unit: 'fraction' }, minimum: '5' },
    { kind: 'redemption', rate: { value: '0.001', unit: 'fraction' }, cap: '12' },
    { kind: 'other', trigger: 'daily', rate: daily, effective: { from: '2024-01-05', to: '2024-01-09' } },
  ];
  return { id: 'x', version: '1', rules: candidates.filter(() => random.oneIn(3)) };
}

export function fuzzedScenario(random: Random, { portfolio }: View): ScenarioData {
  if (portfolio.mandates[0]?.mandate.data.band === TIES.band && !random.oneIn(4)) return { mode: 're-decide' };
  const mode = random.oneIn(4) ? 'restate' : 're-decide';
  const some = <K extends string, V>(key: K, value: V, n = 2): { [P in K]?: V } =>
    random.oneIn(n) ? ({ [key]: value } as { [P in K]?: V }) : {};
  const costs = {
    ...some('feeSchedule', random.oneIn(5) ? null : scheduleOf(random)),
    ...some('slippage', random.oneIn(5) ? null : slippageOf(random)),
    ...some('funding', random.pick([null, { model: 'fixed', rate: '0.0002' } as const, { model: 'recorded' } as const]), 3),
  };
  if (mode === 'restate') return { mode, ...costs };
  const targetLeverage = random.oneIn(3) ? random.pick(LEVERAGES) : formatFixed(portfolio.terms.targetLeverage, 2);
  const mandate = { ...mandateOf(random, targetLeverage), ...some('resets', null, 6) };
  return { mode, ...costs, ...(random.oneIn(5) ? {} : { mandate: { band: null, ...mandate } }), targetLeverage };
}
