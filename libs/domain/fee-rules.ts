/**
 * Fee rules ready to be charged: every decimal read once, every default filled in. Invariant: what `readSchedule` accepts can be charged; what cannot be meant is refused by field,
 * value and rule. Deliberately absent: when a rule is due (due-times.ts) and how much (fee-amount.ts).
 */
import { parseCron } from './cron';
import { fitTo, parseDecimal, type RoundingMode } from './decimal';
import {
  type Basis,
  type DayCount,
  type FeeRule,
  type FeeSchedule,
  RATE_SCALE,
  type FeeKind,
  type TierRate,
  type Trigger,
} from './fee-schedule';
import { reject } from './fields';
import { type Instant, parseDuration, parseInstant } from './instant';

export interface Tier {
  /** Volume in the quote currency, units of 10^-18. */
  readonly from: bigint;
  /** Units of 10^-18. */
  readonly rate: bigint;
}

export interface Rounding {
  readonly digits: number;
  readonly mode: RoundingMode;
}

/** Rates, amounts and spreads in units of 10^-18. */
export interface Rule {
  /** In the schedule's rules. */
  readonly index: number;
  readonly kind: FeeKind;
  readonly trigger: Trigger;
  readonly basis: Basis;
  readonly liquidity: 'any' | 'maker' | 'taker';
  /** 0 where the rate floats. */
  readonly rate: bigint;
  /** The instrument whose last tick is the rate. */
  readonly floating: string | undefined;
  readonly spread: bigint;
  readonly period: 'day' | 'year' | undefined;
  readonly dayCount: DayCount;
  readonly flat: bigint;
  readonly perUnit: bigint;
  readonly minimum: bigint | undefined;
  readonly cap: bigint | undefined;
  readonly tiers: readonly Tier[] | undefined;
  readonly marginal: boolean;
  /** A volume of exactly a tier's `from` is in it. */
  readonly inclusive: boolean;
  /** Nanoseconds. */
  readonly window: bigint;
  readonly accrue: Rounding | undefined;
  /** Undefined: half-even at the currency's scale. */
  readonly post: Rounding | undefined;
  readonly paidBy: 'cash' | 'units';
  readonly mint: 'set' | 'dhedge';
  /** The next high-water mark is NAV per unit before the charge, not after. */
  readonly markBefore: boolean;
  readonly crystallise: { readonly cron: string; readonly zone: string } | undefined;
  /** Included. */
  readonly from: Instant | undefined;
  /** Not included. */
  readonly until: Instant | undefined;
  readonly data: FeeRule;
}

type Allowed = { readonly trigger: readonly Trigger[]; readonly basis: readonly Basis[]; readonly fields: readonly (keyof FeeRule)[] };

const PERIODIC: readonly Trigger[] = ['at_reset', 'daily', 'per_second'];
const BY_TIME: readonly (keyof FeeRule)[] = ['dayCount', 'paidBy', 'mint'];
const FLOW: Allowed = { trigger: ['per_flow'], basis: ['flow_cash'], fields: ['perUnit'] };
const ON_ASSETS: Allowed = { trigger: PERIODIC, basis: ['nav', 'nav_times_leverage', 'exposure', 'units'], fields: BY_TIME };

/** What each kind of rule may say; the first trigger and basis are the default where there is one only or it is said so. */
const ALLOWED: { readonly [K in FeeKind]: Allowed } = {
  trading: {
    trigger: ['per_fill'],
    basis: ['executed_notional'],
    fields: ['liquidity', 'tiers', 'tierBy', 'tierBound', 'tierWindow', 'perUnit'],
  },
  creation: FLOW,
  redemption: FLOW,
  management: ON_ASSETS,
  custody: ON_ASSETS,
  other: ON_ASSETS,
  borrow: { trigger: PERIODIC, basis: ['financed', 'nav', 'exposure'], fields: ['dayCount'] },
  funding: { trigger: PERIODIC, basis: ['exposure'], fields: ['dayCount'] },
  performance: { trigger: ['crystallise'], basis: ['gain'], fields: ['crystallise', 'highWaterMark', 'paidBy', 'mint'] },
};
const COMMON = new Set<keyof FeeRule>(['kind', 'trigger', 'basis', 'rate', 'rounding', 'minimum', 'cap', 'flat', 'effective']);
const DEFAULT_WINDOW = '30d';
/** Most digits that an amount is accrued with. */
const MAX_ACCRUE_DIGITS = 30;

/** Checks a schedule for books of a currency scale and prepares its rules. `field`: where the schedule stands. Throws RefusalError `InvalidField` or `UnknownField`. */
export function readSchedule(schedule: FeeSchedule, currencyScale: number, field = '/schedule'): readonly Rule[] {
  const rules = schedule.rules.map((rule, index) => readRule(rule, index, currencyScale, `${field}/rules/${index}`));
  rules.forEach((rule, i) => {
    const other = rules.slice(0, i).find((earlier) => contradicts(earlier, rule));
    if (!other) return;
    const about =
      rule.kind === 'trading' ? 'meet the same fills' : `charge ${rule.kind} at the same time; rules with dates must not overlap`;
    reject('InvalidField', `rules ${other.index} and ${index(rule)} both ${about}`, {
      field: `${field}/rules/${index(rule)}/${rule.data.effective ? 'effective' : 'kind'}`,
      value: rule.data.effective ?? rule.kind,
    });
  });
  return rules;
}

const index = (rule: Rule): number => rule.index;

/** Trading rules are alternatives; others add up unless they say when they hold. */
function contradicts(a: Rule, b: Rule): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'trading' && a.liquidity !== 'any' && b.liquidity !== 'any' && a.liquidity !== b.liquidity) return false;
  if (a.kind !== 'trading' && !a.data.effective && !b.data.effective) return false;
  const before = (end: Instant | undefined, start: Instant | undefined): boolean =>
    end !== undefined && start !== undefined && end <= start;
  return !before(a.until, b.from) && !before(b.until, a.from);
}

/** One rule. `least`: of its rate; a share of NAV that was charged by hand may be negative. */
export function readRule(
  data: FeeRule,
  index: number,
  currencyScale: number,
  field: string,
  least: 'any' | 'not negative' = data.kind === 'trading' ? 'any' : 'not negative',
): Rule {
  const { kind } = data;
  const allowed = ALLOWED[kind];
  const invalid = (name: string, value: unknown, rule: string): never =>
    reject('InvalidField', rule, { field: `${field}/${name}`, value: value ?? null });
  for (const name of Object.keys(data) as (keyof FeeRule)[]) {
    if (!COMMON.has(name) && !allowed.fields.includes(name))
      reject('UnknownField', `a ${kind} rule has no such field`, { field: `${field}/${name}`, value: data[name] });
  }
  const trigger = data.trigger ?? (allowed.trigger.length === 1 ? allowed.trigger[0]! : undefined);
  if (trigger === undefined || !allowed.trigger.includes(trigger))
    return invalid('trigger', data.trigger, `must be ${oneOf(allowed.trigger)} for a ${kind} rule`);
  const basis = data.basis ?? allowed.basis[0]!;
  if (!allowed.basis.includes(basis)) invalid('basis', data.basis, `must be ${oneOf(allowed.basis)} for a ${kind} rule`);
  const decimal = (name: string, text: string | undefined, least: 'any' | 'not negative' = 'not negative'): bigint | undefined => {
    if (text === undefined) return undefined;
    const value = parseDecimal(text);
    const units = value && fitTo(value, RATE_SCALE);
    if (units === undefined) return invalid(name, text, 'must be a decimal with at most 18 decimals');
    if (least !== 'any' && units < 0n) invalid(name, text, 'must not be negative: only a trading rule can be a rebate');
    return units;
  };
  const { rate } = data;
  const periodic = PERIODIC.includes(trigger);
  if (rate) {
    if ((rate.value === undefined) === (rate.instrument === undefined))
      invalid('rate', rate, 'must have exactly one of value and instrument');
    if (rate.instrument !== undefined && !periodic) invalid('rate/instrument', rate.instrument, 'only a rate over time can float');
    if (rate.spread !== undefined && kind !== 'borrow' && kind !== 'funding')
      invalid('rate/spread', rate.spread, 'only a borrow or funding rule has a spread');
    if (periodic && rate.period === undefined) invalid('rate/period', rate.period, 'must be day or year');
    if (!periodic && rate.period !== undefined) invalid('rate/period', rate.period, `a ${kind} rule has no period`);
    if (rate.period === 'day' && trigger === 'per_second') invalid('rate/period', rate.period, 'must be year when charged by the second');
  }
  if (!rate && !data.tiers && data.flat === undefined && data.perUnit === undefined)
    invalid('rate', undefined, 'must be given, or tiers, flat or perUnit');
  if (kind === 'performance' && !rate) invalid('rate', undefined, 'must be given');
  if (kind === 'performance' && !data.crystallise) invalid('crystallise', undefined, 'must say when the share is taken');
  if (trigger === 'per_second' && data.dayCount === '30/360')
    invalid('dayCount', data.dayCount, 'must count actual days when charged by the second');
  const minimum = decimal('minimum', data.minimum);
  const cap = decimal('cap', data.cap);
  if (minimum !== undefined && cap !== undefined && minimum > cap)
    invalid('cap', data.cap, `must be at least the minimum, ${data.minimum}`);
  if (data.paidBy === 'units' && kind !== 'performance' && basis !== 'nav' && basis !== 'nav_times_leverage')
    invalid('paidBy', data.paidBy, 'must be cash unless the basis is nav or nav_times_leverage');
  if (data.crystallise) {
    const { crystallise } = data;
    const problem = parseCron(crystallise.cron, crystallise.zone);
    if ('problem' in problem) invalid(`crystallise/${problem.field}`, crystallise[problem.field], problem.problem);
  }
  const windowText = data.tierWindow ?? DEFAULT_WINDOW;
  const window = parseDuration(windowText) ?? invalid('tierWindow', windowText, 'must be a duration such as 8h or 30d');
  const { rounding } = data;
  if (rounding?.accrueDigits !== undefined) digits('accrueDigits', rounding.accrueDigits, MAX_ACCRUE_DIGITS);
  if (rounding?.postDigits !== undefined) digits('postDigits', rounding.postDigits, currencyScale);
  const { from, until } = effective();
  return {
    index,
    kind,
    trigger,
    basis,
    liquidity: data.liquidity ?? 'any',
    rate: decimal('rate/value', rate?.value, least) ?? 0n,
    floating: rate?.instrument,
    spread: decimal('rate/spread', rate?.spread) ?? 0n,
    period: rate?.period,
    dayCount: data.dayCount ?? 'ACT/365',
    flat: decimal('flat', data.flat) ?? 0n,
    perUnit: decimal('perUnit', data.perUnit) ?? 0n,
    minimum,
    cap,
    tiers: tiers(),
    marginal: data.tierBy === 'marginal',
    inclusive: data.tierBound === 'inclusive',
    window,
    accrue: rounding?.accrueDigits === undefined ? undefined : { digits: rounding.accrueDigits, mode: rounding.accrueMode ?? 'half-even' },
    post:
      rounding?.postDigits === undefined && rounding?.postMode === undefined
        ? undefined
        : { digits: rounding.postDigits ?? currencyScale, mode: rounding.postMode ?? 'half-even' },
    paidBy: data.paidBy ?? 'cash',
    mint: data.mint ?? 'set',
    markBefore: data.highWaterMark === 'before_mint',
    crystallise: data.crystallise,
    from,
    until,
    data,
  };

  function digits(name: string, value: number, most: number): void {
    if (!Number.isInteger(value) || value < 0 || value > most)
      invalid(`rounding/${name}`, value, `must be a whole number from 0 to ${most}`);
  }

  function tiers(): readonly Tier[] | undefined {
    if (!data.tiers) {
      for (const name of ['tierBy', 'tierBound', 'tierWindow'] as const)
        if (data[name] !== undefined) invalid(name, data[name], 'goes with tiers');
      return undefined;
    }
    if (rate) invalid('rate', rate, 'must not stand beside tiers, which have the rates');
    if (data.tiers.length === 0) invalid('tiers', data.tiers, 'must have at least one tier');
    let before: bigint | undefined;
    return data.tiers.map((tier, i) => {
      const start = decimal(`tiers/${i}/from`, tier.from)!;
      if (before === undefined && start !== 0n) invalid(`tiers/${i}/from`, tier.from, 'must be 0 for the first tier');
      if (before !== undefined && start <= before) invalid(`tiers/${i}/from`, tier.from, 'must be above the tier before');
      before = start;
      return { from: start, rate: decimal(`tiers/${i}/rate`, rateText(tier.rate), 'any')! };
    });
  }

  function effective(): { from: Instant | undefined; until: Instant | undefined } {
    const time = (name: 'from' | 'to'): Instant | undefined => {
      const text = data.effective?.[name];
      if (text === undefined) return undefined;
      const value = parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
      return value ?? invalid(`effective/${name}`, text, 'must be a date or an RFC 3339 time with a zone');
    };
    const from = time('from');
    const until = time('to');
    if (from !== undefined && until !== undefined && from >= until) invalid('effective', data.effective, 'from must be before to');
    return { from, until };
  }
}

/** Whether a rule's dates hold at `t`. */
export function inForce(rule: Rule, t: Instant): boolean {
  return (rule.from === undefined || rule.from <= t) && (rule.until === undefined || t < rule.until);
}

/** Whether the rule charges for time that passes. */
export function isPeriodic(rule: Rule): boolean {
  return PERIODIC.includes(rule.trigger);
}

function rateText(rate: TierRate): string {
  return typeof rate === 'string' ? rate : rate.value;
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
