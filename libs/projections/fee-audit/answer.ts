/** The `fee-audit` answer: amounts at the currency's scale, everything else exact. */
import { recomputed as fromEvent } from '../../domain/charge-event';
import { formatFixed, formatRatio } from '../../domain/decimal';
import type { Terms } from '../../domain/facts';
import { type FeeKind, type FeeRule, RATE_SCALE } from '../../domain/fee-schedule';
import { MARK_SCALE } from '../../domain/fee-amount';
import { optional } from '../../domain/fields';
import { formatInstant } from '../../domain/instant';
import type { FeeCharged, Liquidity } from '../../domain/portfolio-events';
import type { RuleInForce, Verdict } from './judge';

/** What an amount was computed again from; each where it counts. */
export interface AuditInputs {
  readonly basis?: string;
  readonly rate?: string;
  readonly spread?: string;
  /** From when the charge counts. */
  readonly since?: string;
  readonly dayFraction?: string;
  readonly mark?: string;
  readonly markAt?: string;
  /** Units outstanding, or that the flow moved. */
  readonly units?: string;
  readonly nav?: string;
  readonly highWaterMark?: string;
  /** Of a fill. */
  readonly quantity?: string;
  readonly price?: string;
  readonly liquidity?: Liquidity;
  /** Executed notional before the fill in the rule's window, where tiers ask for it. */
  readonly volume?: string;
  /** Before rounding, 18 decimals. */
  readonly raw?: string;
}

export interface FeeDifference {
  /** amount: the rule comes to another one; event: the charge's own figures do; not due: the rule asked for nothing then. */
  readonly finding: 'amount' | 'event' | 'not due';
  readonly at: string;
  /** Of the fact first recorded. */
  readonly eventId: string;
  readonly position: string;
  readonly kind: FeeKind;
  readonly feeId?: string;
  readonly rebalanceId?: string;
  readonly fillId?: string;
  readonly charged: string;
  readonly recomputed: string;
  /** charged − recomputed. */
  readonly difference: string;
  /** Where the charge is paid in units. */
  readonly unitsMinted?: string;
  readonly unitsRecomputed?: string;
  /** Null for a share of NAV, and for a rule that no schedule has. */
  readonly rule: { readonly id: string; readonly version: string; readonly rule: number; readonly terms?: FeeRule } | null;
  readonly reason?: string;
  readonly inputs: AuditInputs;
  /** With `knownAt`: what was known when it was recorded gives the amount charged. */
  readonly lateFacts: boolean;
}

export interface FeeAuditAnswer {
  readonly portfolioId: string;
  readonly from: string;
  readonly to: string;
  readonly knownAt: string;
  readonly logPosition: string;
  /** Whether charges were judged by what was known when each was recorded, or all by what was known at `knownAt`. */
  readonly judgedBy: 'recorded' | 'knownAt';
  /** Charges and fills with a rule, or an amount from a share of NAV. */
  readonly checked: number;
  readonly agreeing: number;
  /** Charges and fills that no rule in force is for: their amounts were given. */
  readonly unruled: number;
  /** Charges due through `to` and not recorded, and the sum of their amounts. */
  readonly due: { readonly count: number; readonly amount: string };
  /** In order of time. */
  readonly differences: readonly FeeDifference[];
}

/** What was charged. */
export interface Charged {
  readonly at: string;
  readonly eventId: string;
  readonly position: number;
  readonly kind: FeeKind;
  readonly ids: Pick<FeeDifference, 'feeId' | 'rebalanceId' | 'fillId'>;
  readonly amount: bigint;
  readonly minted: bigint | undefined;
  /** Of a charge. */
  readonly data: FeeCharged['data'] | undefined;
}

export function agrees({ amount, minted }: Charged, verdict: Verdict): boolean {
  switch (verdict.is) {
    case 'unruled':
      return true;
    case 'not due':
      return false;
    case 'fill':
      return verdict.fee === amount;
    case 'charge':
      return verdict.charge.amount === amount && verdict.charge.minted === minted;
  }
}

export function difference(
  terms: Terms,
  charged: Charged,
  verdict: Exclude<Verdict, { is: 'unruled' }>,
  lateFacts: boolean,
): FeeDifference {
  const [amount, minted] =
    verdict.is === 'not due'
      ? [0n, undefined]
      : verdict.is === 'fill'
        ? [verdict.fee, undefined]
        : [verdict.charge.amount, verdict.charge.minted];
  return {
    finding: verdict.is === 'not due' ? 'not due' : 'amount',
    ...told(terms, charged, amount, minted),
    rule: verdict.by ? ruleText(verdict.by) : namedRule(charged),
    ...optional('reason', verdict.is === 'not due' ? verdict.reason : undefined),
    inputs: verdict.is === 'not due' ? {} : verdict.is === 'fill' ? fillInputs(terms, verdict) : chargeInputs(terms, verdict),
    lateFacts,
  };
}

/** Of a computed charge whose event does not say what it charges; undefined where it does. */
export function eventDifference(terms: Terms, charged: Charged): FeeDifference | undefined {
  const { data, amount, minted } = charged;
  if (data?.source !== 'computed') return undefined;
  const again = fromEvent(terms, data);
  if (again.amount === amount && again.minted === minted) return undefined;
  const { basis, rate, dayFraction, units, nav, highWaterMark, raw } = data;
  return {
    finding: 'event',
    ...told(terms, charged, again.amount, again.minted),
    rule: namedRule(charged),
    inputs: {
      ...optional('basis', basis),
      ...optional('rate', rate),
      ...optional('dayFraction', dayFraction),
      ...optional('units', units),
      ...optional('nav', nav),
      ...optional('highWaterMark', highWaterMark),
      raw,
    },
    lateFacts: false,
  };
}

function told(
  { currencyScale, unitScale }: Terms,
  { at, eventId, position, kind, ids, amount, minted }: Charged,
  again: bigint,
  mintedAgain: bigint | undefined,
): Omit<FeeDifference, 'finding' | 'rule' | 'inputs' | 'lateFacts'> {
  return {
    at,
    eventId,
    position: String(position),
    kind,
    ...ids,
    charged: formatFixed(amount, currencyScale),
    recomputed: formatFixed(again, currencyScale),
    difference: formatFixed(amount - again, currencyScale),
    ...(minted === undefined && mintedAgain === undefined
      ? {}
      : { unitsMinted: formatFixed(minted ?? 0n, unitScale), unitsRecomputed: formatFixed(mintedAgain ?? 0n, unitScale) }),
  };
}

function ruleText({ adopted: { schedule }, rule }: RuleInForce): FeeDifference['rule'] {
  return { id: schedule.id, version: schedule.version, rule: rule.index, terms: rule.data };
}

function namedRule({ data }: Charged): FeeDifference['rule'] {
  return data?.schedule ? { ...data.schedule, ...optional('terms', data.terms) } : null;
}

function chargeInputs(terms: Terms, { by, charge, due, mark }: Extract<Verdict, { is: 'charge' }>): AuditInputs {
  const { basis, basisScale, rate, tau, raw, units, nav, highWaterMark } = charge;
  const since = due?.since;
  return {
    basis: formatFixed(basis, basisScale),
    rate: formatFixed(rate, RATE_SCALE),
    ...optional('spread', by && by.rule.spread !== 0n ? formatFixed(by.rule.spread, RATE_SCALE) : undefined),
    ...(since === undefined ? {} : { since: formatInstant(since), dayFraction: `${tau.num}/${tau.den}` }),
    ...(mark ? { mark: formatFixed(mark.price, terms.priceScale), markAt: formatInstant(mark.at) } : {}),
    ...optional('units', units === undefined ? undefined : formatFixed(units, terms.unitScale)),
    ...optional('nav', nav === undefined ? undefined : formatFixed(nav, terms.navScale)),
    ...optional('highWaterMark', highWaterMark === undefined ? undefined : formatFixed(highWaterMark, MARK_SCALE)),
    raw: formatRatio(raw.num, raw.den, Math.max(18, terms.currencyScale)),
  };
}

function fillInputs(terms: Terms, { by: { rule }, fill, volume }: Extract<Verdict, { is: 'fill' }>): AuditInputs {
  const scale = terms.priceScale + terms.quantityScale;
  const quantity = fill.quantity < 0n ? -fill.quantity : fill.quantity;
  return {
    basis: formatFixed(quantity * fill.price, scale),
    ...(rule.tiers ? {} : { rate: formatFixed(rule.rate, RATE_SCALE) }),
    quantity: formatFixed(quantity, terms.quantityScale),
    price: formatFixed(fill.price, terms.priceScale),
    liquidity: fill.liquidity ?? 'taker',
    ...optional('volume', volume === undefined ? undefined : formatFixed(volume, scale)),
  };
}
