/**
 * The event of a computed charge, and the way back: what an event says is enough to compute its amount again. Rules of the plainest kind (management on NAV, a fraction a year,
 * ACT/365, in cash) need no more than basis, rate and day fraction; the event of any other carries its rule as `terms`.
 */
import type { DueCharge } from './accrual';
import { fixed, formatFixed, formatRatio, pow10, type Ratio } from './decimal';
import { ruleOf, type Terms } from './facts';
import { bounded, MARK_SCALE, mintFor, posted } from './fee-amount';
import { readRule, type Rule } from './fee-rules';
import { RATE_SCALE } from './fee-schedule';
import { optional } from './fields';
import { formatInstant, type Instant } from './instant';
import type { FeeCharged } from './portfolio-events';

const PLAIN_FIELDS = ['kind', 'trigger', 'basis', 'rate', 'dayCount'] as const;

/** The event; `feeId` must be unused. */
export function chargeEvent(terms: Terms, due: DueCharge, feeId: string): FeeCharged {
  const { at, rule, schedule, charge, since, days } = due;
  const { currencyScale, unitScale } = terms;
  const amount = formatFixed(charge.amount, currencyScale);
  const text = rule.data.rate?.value;
  return {
    type: 'FeeCharged',
    data: {
      portfolioId: terms.portfolioId,
      feeId,
      kind: rule.kind,
      at: formatInstant(at),
      amount,
      currency: terms.quoteCurrency,
      schedule: { id: schedule.id, version: schedule.version, rule: rule.index },
      basis: formatFixed(charge.basis, charge.basisScale),
      rate: text ?? trimmed(formatFixed(charge.rate, RATE_SCALE)),
      ...optional('period', since === undefined ? undefined : periodText(since, at, days)),
      ...optional('dayFraction', since === undefined ? undefined : `${charge.tau.num}/${charge.tau.den}`),
      raw: formatRatio(charge.raw.num, charge.raw.den, Math.max(18, currencyScale)),
      rounded: amount,
      source: 'computed',
      paidBy: rule.paidBy,
      ...optional('unitsMinted', charge.minted === undefined ? undefined : formatFixed(charge.minted, unitScale)),
      ...optional('terms', isPlain(rule) ? undefined : rule.data),
      ...optional('units', charge.units === undefined ? undefined : formatFixed(charge.units, unitScale)),
      ...optional('nav', charge.nav === undefined ? undefined : formatFixed(charge.nav, terms.navScale)),
      ...optional('highWaterMark', markText(charge.highWaterMark)),
      ...optional('nextHighWaterMark', markText(charge.nextHighWaterMark)),
    },
  };
}

/** Whether the event's basis, rate and day fraction say all that the rule does. */
export function isPlain({ kind, trigger, basis, period, dayCount, data }: Rule): boolean {
  return (
    kind === 'management' &&
    trigger === 'at_reset' &&
    basis === 'nav' &&
    period === 'year' &&
    dayCount === 'ACT/365' &&
    data.rate?.value !== undefined &&
    Object.keys(data).every((name) => (PLAIN_FIELDS as readonly string[]).includes(name))
  );
}

/** Amount and minted units of a computed charge, from its event alone. Throws a defect when it is none. */
export function recomputed(terms: Terms, data: FeeCharged['data']): { readonly amount: bigint; readonly minted: bigint | undefined } {
  const rule = readRule(ruleOf(data)!, data.schedule?.rule ?? 0, terms.currencyScale, '/terms', 'any');
  const basis = decimalOf(data.basis!);
  const rate = fixed(data.rate!, RATE_SCALE);
  const tau = fractionOf(data.dayFraction);
  const spread = (basis.digits < 0n ? -basis.digits : basis.digits) * rule.spread;
  let raw: Ratio = { num: (basis.digits * rate + spread) * tau.num, den: pow10(basis.scale + RATE_SCALE) * tau.den };
  const count = data.units === undefined ? 0n : fixed(data.units, terms.unitScale);
  if (rule.flat !== 0n || rule.perUnit !== 0n) {
    const moved = rule.kind === 'creation' || rule.kind === 'redemption' ? count : 0n;
    const den = pow10(RATE_SCALE + terms.unitScale);
    raw = { num: raw.num * den + (rule.flat * pow10(terms.unitScale) + rule.perUnit * moved) * raw.den, den: raw.den * den };
  }
  raw = bounded(rule, raw);
  const state = { cash: 0n, quantity: 0n, units: count };
  const minted = rule.paidBy === 'units' ? mintFor(terms, rule.mint, state, fixed(data.nav!, terms.navScale), raw) : undefined;
  return { amount: posted(rule, raw, terms.currencyScale), minted };
}

/** num/den of an event's `dayFraction`; 1 where there is none. */
export function fractionOf(text: string | undefined): Ratio {
  if (text === undefined) return { num: 1n, den: 1n };
  const [num, den] = text.split('/') as [string, string];
  return { num: BigInt(num), den: BigInt(den) };
}

function decimalOf(text: string): { digits: bigint; scale: number } {
  const scale = text.split('.')[1]?.length ?? 0;
  return { digits: fixed(text, scale), scale };
}

function periodText(since: Instant, at: Instant, days: number | undefined): string {
  if (days !== undefined) return `${days}d`;
  return `${trimmed(formatFixed(at - since, 9))}s`;
}

function markText(mark: bigint | undefined): string | undefined {
  return mark === undefined ? undefined : formatFixed(mark, MARK_SCALE);
}

/** Without trailing zeros. */
function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
