/**
 * What a replay answers, as text: NAV per unit and attribution of the fund as booked and in the scenario, and what is between them. Per-unit figures carry 18 decimals. Where a side
 * ended before `to`, or cannot be attributed, its figures are null.
 */
import { abs, formatFixed, formatRatio, parseDecimal, pow10 } from '../../domain/decimal';
import { cashAtNavScale, type FundState, slopeAtNavScale, type Terms } from '../../domain/facts';
import { formatInstant, type Instant } from '../../domain/instant';
import { fitTo } from '../../domain/decimal';
import type { AttributionAnswer } from '../attribution';
import type { Replayed } from './replay';

export interface Side {
  readonly nT: string | null;
  readonly attribution: AttributionAnswer | null;
  /** Why there is no attribution. */
  readonly unanswerable?: string;
}

export interface TradeText {
  readonly at: string;
  readonly reason: 'scheduled' | 'band';
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
}

export interface SeriesPoint {
  readonly at: string;
  /** Per unit as of `at`; null without units and after the end. */
  readonly navPerUnit: string | null;
}

export interface WhatIfAnswer {
  readonly portfolioId: string;
  readonly mode: 'restate' | 're-decide';
  readonly from: string;
  readonly to: string;
  readonly knownAt: string;
  readonly base: Side;
  readonly scenario: Side & {
    /** Decided trades; of a restatement none. */
    readonly rebalances: readonly TradeText[];
    readonly terminated?: { readonly at: string };
    readonly assumptions?: readonly string[];
    readonly series?: readonly SeriesPoint[];
  };
  /** Scenario less base. `byTerm`: the terms of both views, by name. */
  readonly difference: { readonly nT: string | null; readonly byTerm: Readonly<Record<string, string>> | null };
}

/** One point of a sweep. */
export interface PointAnswer {
  /** The values that were put in, by path. */
  readonly vary: Readonly<Record<string, unknown>>;
  readonly nT: string | null;
  readonly difference: string | null;
  readonly rebalances: number;
  readonly terminated?: { readonly at: string };
  /** The scenario's, null where it has none. */
  readonly attribution: AttributionAnswer | null;
  /** Why the point has no answer. */
  readonly refused?: string;
}

const SCALE = 18;

/** NAV per unit, 18 decimals; null without units. */
export function perUnitText(terms: Terms, { cash, quantity, units }: FundState, price: bigint): string | null {
  if (units <= 0n) return null;
  const nav = cashAtNavScale(terms, cash) + slopeAtNavScale(terms, quantity) * price;
  return formatRatio(nav * pow10(terms.unitScale), units * pow10(terms.navScale), SCALE);
}

export function tradeTexts(terms: Terms, trades: Replayed['trades']): TradeText[] {
  return trades.map(({ at, reason, side, quantity, price, fee }) => ({
    at: formatInstant(at),
    reason,
    side,
    quantity: formatFixed(abs(quantity), terms.quantityScale),
    price: formatFixed(price, terms.priceScale),
    fee: formatFixed(fee, terms.currencyScale),
  }));
}

/** What decided trades were taken to cost where nothing says it; undefined where everything does. */
export function assumptionsOf({ missing, trades }: Replayed): readonly string[] | undefined {
  if (trades.length === 0) return undefined;
  const said = [
    ...(missing.slippage ? ['no slippage model was in force: decided trades are filled at the mark'] : []),
    ...(missing.rule ? ['no trading rule was in force: decided trades pay no fee'] : []),
  ];
  return said.length === 0 ? undefined : said;
}

export function seriesOf(
  terms: Terms,
  { rows, terminatedAt }: Pick<Replayed, 'rows' | 'terminatedAt'>,
  markAt: (t: Instant) => bigint,
  moments: Iterable<Instant>,
): SeriesPoint[] {
  return [...moments].map((t) => ({
    at: formatInstant(t),
    navPerUnit: terminatedAt !== undefined && t >= terminatedAt ? null : perUnitText(terms, rows.stateAt(t), markAt(t)),
  }));
}

/** a − b of two decimals of 18 decimals. */
export function less(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return formatFixed(fitTo(parseDecimal(a)!, SCALE)! - fitTo(parseDecimal(b)!, SCALE)!, SCALE);
}

/** Every term of both views, scenario less base; null where a side has no attribution. */
export function termDifferences(
  scenario: AttributionAnswer | null,
  base: AttributionAnswer | null,
): Readonly<Record<string, string>> | null {
  if (!scenario || !base) return null;
  const terms = ({ ledger, economic: { costCarry, ...path } }: AttributionAnswer): Record<string, string> => ({
    ...ledger,
    ...path,
    costCarry: costCarry.total,
  });
  const of = terms(base);
  return Object.fromEntries(Object.entries(terms(scenario)).map(([name, value]) => [name, less(value, of[name]!)!]));
}
