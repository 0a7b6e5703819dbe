/**
 * How much a rule charges: from a basis, a rate and a part of a year to an exact amount, bounded, rounded and, where the fee is paid in units, minted. Exact rationals until the one
 * posting (and the accrual digits, where a rule has them). Sources: streaming by minting, SetProtocol's StreamingFeeModule (U·f/(1 − f)) and dHEDGE's PoolLogic (U·f); performance
 * above a high-water mark as in both. Deliberately absent: when (due-times.ts), and fees on fills (trade.ts).
 */
import { abs, divRound, pow10, type Ratio } from './decimal';
import { type FundState, cashAtNavScale, slopeAtNavScale, type Terms } from './facts';
import type { Rule } from './fee-rules';
import { RATE_SCALE } from './fee-schedule';

/** Decimals of a high-water mark. */
export const MARK_SCALE = 18;

/** What a rule is applied to. */
export interface Applied {
  readonly state: FundState;
  /** The mark; undefined is enough without a position. */
  readonly price: bigint | undefined;
  /** The rule's rate, or the floating one; units of 10^-18. */
  readonly rate: bigint;
  /** The part of a year (or the days); 1 for what is charged at once. */
  readonly tau: Ratio;
  /** Of a flow rule: cash (currency units) and units that moved. */
  readonly flow?: { readonly cash: bigint; readonly units: bigint } | undefined;
  /** Of a performance rule: H, units of 10^-18 per whole unit. */
  readonly highWaterMark?: bigint | undefined;
}

export interface Charge {
  /** What the rate is applied to, units of 10^-basisScale. */
  readonly basis: bigint;
  readonly basisScale: number;
  readonly rate: bigint;
  readonly tau: Ratio;
  /** Before rounding, in whole currency. */
  readonly raw: Ratio;
  /** Units of 10^-currencyScale. */
  readonly amount: bigint;
  /** Units minted instead of paying cash. */
  readonly minted: bigint | undefined;
  /** Units outstanding where units are minted, or that a flow moved; and NAV just before where units are minted. */
  readonly units: bigint | undefined;
  readonly nav: bigint | undefined;
  /** Of a performance charge, H before and after it. */
  readonly highWaterMark: bigint | undefined;
  readonly nextHighWaterMark: bigint | undefined;
}

export const AT_ONCE: Ratio = { num: 1n, den: 1n };

/** The charge, also one of 0; undefined where the basis needs a price and there is none, or units are to be minted where that cannot be. */
export function chargeOn(terms: Terms, rule: Rule, applied: Applied): Charge | undefined {
  const { state, price, rate, tau } = applied;
  const found = basisOf(terms, rule, applied);
  if (found === undefined) return undefined;
  const { basis, scale: basisScale } = found;
  const raw = bounded(rule, rawOf(terms, rule, found, applied));
  const amount = posted(rule, raw, terms.currencyScale);
  let units = applied.flow?.units;
  let nav: bigint | undefined;
  let minted: bigint | undefined;
  if (rule.paidBy !== 'cash') {
    units = state.units;
    nav = navOf(terms, state, price)!;
    minted = mintFor(terms, rule.mint, state, nav, raw);
    if (minted === undefined) return undefined;
  }
  const highWaterMark = state.units > 0n ? applied.highWaterMark : undefined;
  const nextHighWaterMark = highWaterMark === undefined ? undefined : nextMark(terms, rule, applied, amount, minted);
  return { basis, basisScale, rate, tau, raw, amount, minted, units, nav, highWaterMark, nextHighWaterMark };
}

/** Units that pay a charge of `raw`, rounded half-even; undefined where the charge is not below NAV, or there are no units. */
export function mintFor(terms: Terms, mint: Rule['mint'], state: FundState, nav: bigint, raw: Ratio): bigint | undefined {
  // f = raw/NAV; raw in units of the NAV scale over the same denominator.
  const share = raw.num * pow10(terms.navScale);
  const rest = nav * raw.den - share;
  if (state.units <= 0n || raw.num < 0n || rest <= 0n) return undefined;
  return divRound(state.units * share, mint === 'set' ? rest : nav * raw.den);
}

/** NAV per whole unit at {@link MARK_SCALE}, half-even; U above 0. */
export function navPerUnit(terms: Terms, nav: bigint, units: bigint): bigint {
  return divRound(nav * pow10(MARK_SCALE + terms.unitScale), units * pow10(terms.navScale));
}

function basisOf(terms: Terms, rule: Rule, { state, price, flow, highWaterMark }: Applied): { basis: bigint; scale: number } | undefined {
  const { navScale, unitScale, currencyScale } = terms;
  if (rule.basis === 'units') return { basis: state.units, scale: unitScale };
  if (rule.basis === 'flow_cash') return { basis: flow!.cash, scale: currencyScale };
  const nav = navOf(terms, state, price);
  if (nav === undefined) return undefined;
  const exposure = (): bigint => (state.quantity === 0n ? 0n : slopeAtNavScale(terms, state.quantity) * price!);
  switch (rule.basis) {
    case 'nav':
      return { basis: nav, scale: navScale };
    case 'nav_times_leverage':
      return { basis: nav * abs(terms.targetLeverage), scale: navScale + 2 };
    case 'exposure':
      return { basis: rule.kind === 'funding' || rule.kind === 'borrow' ? exposure() : abs(exposure()), scale: navScale };
    case 'financed':
      return { basis: exposure() - nav, scale: navScale };
    case 'gain': {
      const scale = Math.max(navScale, MARK_SCALE + unitScale);
      const gain = nav * pow10(scale - navScale) - highWaterMark! * state.units * pow10(scale - MARK_SCALE - unitScale);
      return { basis: gain > 0n && state.units > 0n ? gain : 0n, scale };
    }
    case 'executed_notional':
      throw new Error('a trading rule is charged on fills');
  }
}

function navOf(terms: Terms, state: FundState, price: bigint | undefined): bigint | undefined {
  const cash = cashAtNavScale(terms, state.cash);
  if (state.quantity === 0n) return cash;
  return price === undefined ? undefined : cash + slopeAtNavScale(terms, state.quantity) * price;
}

/** flat + perUnit·count + (basis·rate + |basis|·spread)·τ */
function rawOf(terms: Terms, rule: Rule, { basis, scale }: { basis: bigint; scale: number }, { rate, tau, flow }: Applied): Ratio {
  const weighted = rule.spread === 0n ? basis * rate : basis * rate + abs(basis) * rule.spread;
  const raw = { num: weighted * tau.num, den: pow10(scale + RATE_SCALE) * tau.den };
  if (rule.flat === 0n && rule.perUnit === 0n) return raw;
  const fixed = rule.flat * pow10(terms.unitScale) + rule.perUnit * (flow?.units ?? 0n);
  const den = pow10(RATE_SCALE + terms.unitScale);
  return { num: raw.num * den + fixed * raw.den, den: raw.den * den };
}

/** Between minimum and cap. */
export function bounded(rule: Rule, raw: Ratio): Ratio {
  const one = pow10(RATE_SCALE);
  if (rule.minimum !== undefined && raw.num * one < rule.minimum * raw.den) return { num: rule.minimum, den: one };
  if (rule.cap !== undefined && raw.num * one > rule.cap * raw.den) return { num: rule.cap, den: one };
  return raw;
}

/** The amount at the currency's scale, rounded as the rule says: once, half-even, when it says nothing. */
export function posted(rule: Rule, raw: Ratio, currencyScale: number): bigint {
  const { accrue, post } = rule;
  if (!accrue && !post) return divRound(raw.num * pow10(currencyScale), raw.den);
  const kept = accrue ? { num: divRound(raw.num * pow10(accrue.digits), raw.den, accrue.mode), den: pow10(accrue.digits) } : raw;
  const { digits, mode } = post ?? { digits: currencyScale, mode: 'half-even' };
  return divRound(kept.num * pow10(digits), kept.den, mode) * pow10(currencyScale - digits);
}

/** H after a performance charge. */
function nextMark(terms: Terms, rule: Rule, { state, price }: Applied, amount: bigint, minted: bigint | undefined): bigint {
  const nav = navOf(terms, state, price)!;
  if (rule.markBefore) return navPerUnit(terms, nav, state.units);
  return minted === undefined
    ? navPerUnit(terms, nav - cashAtNavScale(terms, amount), state.units)
    : navPerUnit(terms, nav, state.units + minted);
}
