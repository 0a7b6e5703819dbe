/**
 * Fee schedules as data, and which of their rules this version charges. A schedule is kept whole as it was adopted; `readSchedule` refuses
 * rules that would be recorded and then not charged. Charging itself is in accrual.ts.
 */
import { fitTo, parseDecimal } from './decimal';
import { refuse, RefusalError } from './refusal';

export interface FeeSchedule {
  readonly id: string;
  readonly version: string;
  readonly rules: readonly FeeRule[];
}

/** One rule; fields that a kind of rule does not have stay absent. */
export interface FeeRule {
  readonly kind: 'management';
  readonly trigger: 'at_reset';
  readonly basis: 'nav';
  readonly rate: { readonly value: string; readonly unit: 'fraction'; readonly period: 'year' };
  readonly dayCount: 'ACT/365';
}

/** Scale at which rates are held. */
export const RATE_SCALE = 18;

/** A rule ready to be charged. */
export interface AccrualRule {
  /** Index in the schedule's rules. */
  readonly index: number;
  readonly kind: 'management';
  /** Yearly fraction, units of 10^-18. */
  readonly rate: bigint;
  readonly daysPerYear: bigint;
  readonly data: FeeRule;
}

const CHARGED: { readonly [K in 'kind' | 'trigger' | 'basis' | 'dayCount']: string } = {
  kind: 'management',
  trigger: 'at_reset',
  basis: 'nav',
  dayCount: 'ACT/365',
};

/** Checks a schedule and prepares its rules. Throws RefusalError `InvalidField` or `UnsupportedRule` naming the rule. */
export function readSchedule(schedule: FeeSchedule): AccrualRule[] {
  return schedule.rules.map((rule, index) => {
    const at = (field: string): string => `/schedule/rules/${index}/${field}`;
    for (const [field, charged] of Object.entries(CHARGED)) {
      const value = rule[field as keyof typeof CHARGED];
      if (value !== charged)
        throw new RefusalError(refuse('UnsupportedRule', `this version charges ${field} "${charged}" only`, { field: at(field), value }));
    }
    if (rule.rate.unit !== 'fraction' || rule.rate.period !== 'year') {
      throw new RefusalError(refuse('UnsupportedRule', 'a management rate is a fraction a year', { field: at('rate'), value: rule.rate }));
    }
    const parsed = parseDecimal(rule.rate.value);
    const rate = parsed && fitTo(parsed, RATE_SCALE);
    if (rate === undefined || rate < 0n) {
      throw new RefusalError(
        refuse('InvalidField', 'must be a decimal, 0 or more, with at most 18 decimals', {
          field: at('rate/value'),
          value: rule.rate.value,
        }),
      );
    }
    return { index, kind: rule.kind, rate, daysPerYear: 365n, data: rule };
  });
}
