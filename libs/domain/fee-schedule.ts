/**
 * Fee schedules and slippage models as data, in the shape in which scripts write them and events keep them. Decimals are strings. What the shape alone cannot say is checked in
 * fee-rules.ts and slippage.ts; charging is in accrual.ts, trading in trade.ts.
 */

export interface FeeSchedule {
  readonly id: string;
  readonly version: string;
  readonly rules: readonly FeeRule[];
}

export const FEE_KINDS = [
  'trading',
  'management',
  'performance',
  'creation',
  'redemption',
  'borrow',
  'funding',
  'custody',
  'other',
] as const;
export const TRIGGERS = ['per_fill', 'per_flow', 'at_reset', 'daily', 'per_second', 'crystallise'] as const;
export const BASES = ['executed_notional', 'flow_cash', 'nav', 'nav_times_leverage', 'exposure', 'units', 'financed', 'gain'] as const;
export const DAY_COUNTS = ['ACT/365', 'ACT/365.25', 'ACT/360', 'ACT/ACT', '30/360'] as const;
export const RULE_LIQUIDITIES = ['any', 'maker', 'taker'] as const;

export type FeeKind = (typeof FEE_KINDS)[number];
export type Trigger = (typeof TRIGGERS)[number];
export type Basis = (typeof BASES)[number];
export type DayCount = (typeof DAY_COUNTS)[number];

/** One rule; fields that a kind of rule does not have stay absent. */
export interface FeeRule {
  readonly kind: FeeKind;
  readonly trigger?: Trigger;
  readonly basis?: Basis;
  /** Of trading rules; without it any. */
  readonly liquidity?: (typeof RULE_LIQUIDITIES)[number];
  readonly rate?: RateData;
  /** How a period becomes a part of a year; without it ACT/365. */
  readonly dayCount?: DayCount;
  /** When a performance rule takes its share. */
  readonly crystallise?: { readonly cron: string; readonly zone: string };
  /** Which NAV per unit becomes the next high-water mark; without it the one after. */
  readonly highWaterMark?: 'before_mint' | 'after_mint';
  readonly paidBy?: 'cash' | 'units';
  /** set: U·f/(1 − f) units; dhedge: U·f. */
  readonly mint?: 'set' | 'dhedge';
  readonly tiers?: readonly { readonly from: string; readonly rate: TierRate }[];
  readonly tierBy?: 'slab' | 'marginal';
  readonly tierBound?: 'strict' | 'inclusive';
  readonly tierWindow?: string;
  readonly rounding?: RoundingData;
  readonly minimum?: string;
  readonly cap?: string;
  readonly flat?: string;
  /** Of a trading rule for each unit of quantity, of a flow rule for each unit of the fund. */
  readonly perUnit?: string;
  /** From included, to not; a date means its midnight UTC. */
  readonly effective?: { readonly from?: string; readonly to?: string };
}

export interface RateData {
  /** A fraction; of basis `units` an amount of the currency for each unit. */
  readonly value?: string;
  /** A `rate` instrument, whose last tick is the rate. */
  readonly instrument?: string;
  /** On the size of the basis, beside the rate. */
  readonly spread?: string;
  readonly unit: 'fraction';
  readonly period?: 'day' | 'year';
}

export type TierRate = string | { readonly value: string; readonly unit?: 'fraction' };

export const ROUNDING_MODES = ['half-even', 'half-up', 'down', 'up', 'floor'] as const;

export interface RoundingData {
  readonly accrueDigits?: number;
  readonly accrueMode?: (typeof ROUNDING_MODES)[number];
  readonly postDigits?: number;
  readonly postMode?: (typeof ROUNDING_MODES)[number];
}

/** How far from the mark trades are filled. */
export type SlippageModel =
  | { readonly model: 'none' }
  | { readonly model: 'fixed_bp'; readonly bp: string }
  /** `bp` is half of the spread, for fills without a quote. */
  | { readonly model: 'half_spread'; readonly bp: string }
  /** s = y·σ·√(Q/V), Q and `volumeDaily` in the quote currency. */
  | { readonly model: 'sqrt_impact'; readonly y: string; readonly sigmaDaily: string; readonly volumeDaily: string };

export const SLIPPAGE_MODELS = ['none', 'fixed_bp', 'half_spread', 'sqrt_impact'] as const;

/** Scale at which rates are held. */
export const RATE_SCALE = 18;
