/**
 * Facts that change a fund's state, as integers, and `evolve`, the one place that says how. A fact carries everything that was decided when
 * it was recorded (amounts, units minted), so that folding needs no prices, no clock and no rounding but the notional's and a split's.
 */
import { divRound, fixed, pow10, rescale } from './decimal';
import { type FeeKind, type FeeRule, RATE_SCALE } from './fee-schedule';
import { optional } from './fields';
import type { Instant } from './instant';
import type { CorrectableEvent, FeeCharged, Fill, Liquidity } from './portfolio-events';

/** What is fixed for the life of a portfolio. */
export interface Terms {
  readonly portfolioId: string;
  readonly name: string;
  readonly quoteCurrency: string;
  readonly instrumentId: string;
  readonly kind: 'spot' | 'perp' | 'index';
  /** L in units of 10^-2. */
  readonly targetLeverage: bigint;
  readonly currencyScale: number;
  readonly unitScale: number;
  readonly priceScale: number;
  readonly quantityScale: number;
  /** max(currencyScale, priceScale + quantityScale): NAV and exposure are exact at this scale. */
  readonly navScale: number;
  readonly openedAt: Instant;
}

/** Units of 10^-currencyScale, 10^-quantityScale (signed) and 10^-unitScale. */
export interface FundState {
  readonly cash: bigint;
  readonly quantity: bigint;
  readonly units: bigint;
}

export const EMPTY_FUND: FundState = { cash: 0n, quantity: 0n, units: 0n };

export interface FillFact {
  readonly fillId: string;
  /** Signed: bought is positive. Units of 10^-quantityScale. */
  readonly quantity: bigint;
  /** Units of 10^-priceScale, as are the evidence prices. */
  readonly price: bigint;
  readonly bid: bigint | undefined;
  readonly ask: bigint | undefined;
  readonly arrivalPrice: bigint | undefined;
  /** Currency units; 0n when none stands in the fill. */
  readonly fee: bigint;
  readonly liquidity?: Liquidity;
}

/** How a charge was computed, as its event says: enough to compute it on other books. */
export interface Computed {
  readonly rule: FeeRule;
  /** The rate that was in force, also of a floating one. */
  readonly rate: string;
  readonly dayFraction?: string;
}

export type Fact =
  | { readonly kind: 'creation' | 'redemption'; readonly units: bigint; readonly cash: bigint }
  | { readonly kind: 'split'; readonly newUnits: bigint; readonly oldUnits: bigint }
  | { readonly kind: 'rebalance'; readonly rebalanceId: string; readonly fills: readonly FillFact[] }
  | FeeFact
  | { readonly kind: 'funding'; readonly amount: bigint; /** Units of 10^-18. */ readonly rate: bigint; readonly mark: bigint }
  | { readonly kind: 'interest'; readonly amount: bigint };

export interface FeeFact {
  readonly kind: 'fee';
  readonly feeKind: FeeKind;
  readonly amount: bigint;
  readonly minted: bigint | undefined;
  /** The fill that it is charged for. */
  readonly fillId?: string;
  /** Of a performance fee: H from here on, units of 10^-18 per whole unit. */
  readonly nextHighWaterMark?: bigint;
  /** Absent where the amount was given. */
  readonly computed?: Computed;
}

/** A fact at its place in the order (effective time, log position of the event first recorded). */
export interface PlacedFact {
  readonly at: Instant;
  readonly position: number;
  readonly fact: Fact;
}

/** What a fill takes from cash (negative: gives): quantity × price at the currency's scale, half-even. */
export function postedNotional(terms: Terms, fill: { readonly quantity: bigint; readonly price: bigint }): bigint {
  return rescale(fill.quantity * fill.price, terms.priceScale + terms.quantityScale, terms.currencyScale);
}

/** The state after a fact. Units may come out negative: callers that record refuse that before. */
export function evolve(terms: Terms, state: FundState, fact: Fact): FundState {
  const { cash, quantity, units } = state;
  switch (fact.kind) {
    case 'creation':
      return { cash: cash + fact.cash, quantity, units: units + fact.units };
    case 'redemption':
      return { cash: cash - fact.cash, quantity, units: units - fact.units };
    case 'split':
      return { cash, quantity, units: divRound(units * fact.newUnits, fact.oldUnits, 'floor') };
    case 'rebalance': {
      let c = cash;
      let q = quantity;
      for (const fill of fact.fills) {
        c -= postedNotional(terms, fill) + fill.fee;
        q += fill.quantity;
      }
      return { cash: c, quantity: q, units };
    }
    case 'fee':
      return fact.minted === undefined ? { cash: cash - fact.amount, quantity, units } : { cash, quantity, units: units + fact.minted };
    case 'funding':
      return { cash: cash - fact.amount, quantity, units };
    case 'interest':
      return { cash: cash + fact.amount, quantity, units };
  }
}

/** The fact of a recorded event; undefined for events that change no balance (mandates, schedules). */
export function factOf(terms: Terms, event: CorrectableEvent): Fact | undefined {
  const amount = (text: string): bigint => fixed(text, terms.currencyScale);
  switch (event.type) {
    case 'UnitsCreated':
    case 'UnitsRedeemed':
      return {
        kind: event.type === 'UnitsCreated' ? 'creation' : 'redemption',
        units: fixed(event.data.units, terms.unitScale),
        cash: amount(event.data.cash),
      };
    case 'UnitsSplit': {
      const [newUnits, oldUnits] = event.data.ratio.split(':') as [string, string];
      return { kind: 'split', newUnits: BigInt(newUnits), oldUnits: BigInt(oldUnits) };
    }
    case 'RebalanceExecuted':
      return { kind: 'rebalance', rebalanceId: event.data.rebalanceId, fills: event.data.fills.map((fill) => fillFact(terms, fill)) };
    case 'FeeCharged': {
      const { kind, amount: charged, unitsMinted, fillId, nextHighWaterMark, rate, dayFraction } = event.data;
      const rule = ruleOf(event.data);
      return {
        kind: 'fee',
        feeKind: kind,
        amount: amount(charged),
        minted: unitsMinted === undefined ? undefined : fixed(unitsMinted, terms.unitScale),
        ...optional('fillId', fillId),
        ...optional('nextHighWaterMark', nextHighWaterMark === undefined ? undefined : fixed(nextHighWaterMark, 18)),
        ...(rule ? { computed: { rule, rate: rate!, ...optional('dayFraction', dayFraction) } } : {}),
      };
    }
    case 'FundingSettled':
      return {
        kind: 'funding',
        amount: amount(event.data.amount),
        rate: fixed(event.data.rate, RATE_SCALE),
        mark: fixed(event.data.mark, terms.priceScale),
      };
    case 'InterestAccrued':
      return { kind: 'interest', amount: amount(event.data.amount) };
    case 'MandateAdopted':
    case 'FeeScheduleAdopted':
    case 'SlippageModelAdopted':
      return undefined;
  }
}

function fillFact(terms: Terms, fill: Fill): FillFact {
  const price = (text: string | undefined): bigint | undefined => (text === undefined ? undefined : fixed(text, terms.priceScale));
  const quantity = fixed(fill.quantity, terms.quantityScale);
  return {
    fillId: fill.fillId,
    quantity: fill.side === 'buy' ? quantity : -quantity,
    price: fixed(fill.price, terms.priceScale),
    bid: price(fill.bid),
    ask: price(fill.ask),
    arrivalPrice: price(fill.arrivalPrice),
    fee: fill.fee === undefined ? 0n : fixed(fill.fee, terms.currencyScale),
    ...optional('liquidity', fill.liquidity),
  };
}

/** Cash in units of 10^-navScale. */
export function cashAtNavScale(terms: Terms, cash: bigint): bigint {
  return cash * pow10(terms.navScale - terms.currencyScale);
}

/** Exposure per unit of price: quantity in units such that slope × price is at the NAV scale. */
export function slopeAtNavScale(terms: Terms, quantity: bigint): bigint {
  return quantity * pow10(terms.navScale - terms.priceScale - terms.quantityScale);
}

/** The rule that an event was computed by; undefined for an amount that was given. A share of NAV is a rule as well. */
export function ruleOf({ terms, rateOfNav, schedule, rate, kind, paidBy }: FeeCharged['data']): FeeRule | undefined {
  if (terms) return terms;
  if (rateOfNav !== undefined)
    return { kind: 'other', trigger: 'daily', basis: 'nav', rate: { value: rateOfNav, unit: 'fraction', period: 'day' }, paidBy };
  if (!schedule || rate === undefined) return undefined;
  return {
    kind: kind,
    trigger: 'at_reset',
    basis: 'nav',
    rate: { value: rate, unit: 'fraction', period: 'year' },
    dayCount: 'ACT/365',
  };
}
