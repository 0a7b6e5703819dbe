/**
 * Cost attribution of a window (from, to]: where the change of NAV per unit went, in two views that add up exactly. Every term is computed on its own, none
 * as the remainder; the identities are asserted below 1e-30 before anything is answered. Signs are contributions: what lowered NAV per unit
 * is negative. Each printed figure is rounded once, half-even, to 18 decimals.
 */
import { abs } from '../domain/decimal';
import { formatInstant, type Instant } from '../domain/instant';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { type ByKind, COST_KINDS, type Point, type SLIPPAGE_PARTS, walk } from './attribution-walk';
import { powerPayoff, simplePosition } from './benchmarks';
import { Costless } from './costless';
import { DIGITS, formatPoint, multiply } from './fixed-point';
import { tracking, type Tracking } from './tracking';
import type { View } from './view';

/** All figures in fixed point, per unit as of `from`. */
export interface Attribution {
  readonly n0: bigint;
  readonly nT: bigint;
  readonly pricePnl: bigint;
  readonly byKind: ByKind;
  readonly slippageParts: Readonly<Record<(typeof SLIPPAGE_PARTS)[number], bigint>>;
  readonly static: bigint;
  readonly convexity: bigint;
  readonly volDrag: bigint;
  readonly drift: bigint;
  readonly carry: ByKind;
  readonly benchmarks: { readonly static: bigint; readonly power: bigint; readonly ideal: bigint; readonly actualLeverage: bigint };
  readonly idealTerminatedAt: Instant | undefined;
  readonly tracking: Tracking;
  /** The start of the window and the ends of its tracking periods. */
  readonly points: readonly Point[];
}

/** Identities must hold below this (1e-30). */
const TOLERANCE = 10n ** BigInt(DIGITS - 30);

/** `costless`: of the same mandates, leverage, prices and window, if it was made before. */
export function attribute(
  view: View,
  from: Instant,
  to: Instant,
  costless = new Costless(view.portfolio, view.prices, from, to),
): Attribution | Refusal {
  if (from >= to) return refuse('InvalidField', 'must be before the end of the window', { field: 'from', value: formatInstant(from) });
  const { terms } = view.portfolio;
  const leverage = terms.targetLeverage;
  const walked = walk(view, from, to, costless.ends);
  if (isRefusal(walked)) return walked;
  const { n0, nT, p0, pT, pricePnl, byKind, carry, actualLeverage, slippageParts } = walked;
  const points = [{ at: from, perUnit: n0, price: p0 }, ...walked.points];
  const simple = simplePosition(n0, leverage, p0, pT);
  const power = powerPayoff(n0, leverage, p0, pT);
  const ideal = multiply(n0, costless.ideal.value);
  const result: Attribution = {
    n0,
    nT,
    pricePnl,
    byKind,
    slippageParts,
    static: simple - n0,
    convexity: power - simple,
    volDrag: ideal - power,
    drift: actualLeverage - ideal,
    carry,
    benchmarks: { static: simple, power, ideal, actualLeverage },
    idealTerminatedAt: costless.ideal.terminatedAt,
    tracking: tracking(
      terms,
      points.map(({ perUnit }) => perUnit),
      costless.index,
    ),
    points,
  };
  assertIdentities(result);
  return result;
}

/** What the two views' terms miss the change of NAV per unit by: fixed-point dust. */
export function residuals(a: Attribution): { readonly ledger: bigint; readonly economic: bigint } {
  const change = a.nT - a.n0;
  const costs = sum(a.byKind);
  return {
    ledger: a.pricePnl + costs - change,
    economic: a.static + a.convexity + a.volDrag + a.drift + costs + sum(a.carry) - change,
  };
}

function assertIdentities(a: Attribution): void {
  for (const [view, residual] of Object.entries(residuals(a))) {
    if (abs(residual) >= TOLERANCE) throw new Error(`the ${view} view misses the change of NAV per unit by ${formatPoint(residual, 40)}`);
  }
}

function sum(kinds: ByKind): bigint {
  return COST_KINDS.reduce((total, kind) => total + kinds[kind], 0n);
}

/** The `attribution` answer; `costless` as of {@link attribute}. */
export function attributionAnswer(view: View, from: Instant, to: Instant, costless?: Costless): AttributionAnswer | Refusal {
  const a = attribute(view, from, to, costless);
  return isRefusal(a) ? a : attributionTexts(view, from, to, a);
}

/** An attribution of the window as text. */
export function attributionTexts(view: View, from: Instant, to: Instant, a: Attribution): AttributionAnswer {
  const text = (x: bigint): string => formatPoint(x, 18);
  const texts = <K extends string>(record: Readonly<Record<K, bigint>>): Record<K, string> =>
    Object.fromEntries(Object.entries<bigint>(record).map(([k, v]) => [k, text(v)])) as Record<K, string>;
  const { error, basis, difference, naiveDifference, periods } = a.tracking;
  return {
    portfolioId: view.portfolio.terms.portfolioId,
    from: formatInstant(from),
    to: formatInstant(to),
    knownAt: formatInstant(view.knownAt, 'nine'),
    logPosition: String(view.logPosition),
    n0: text(a.n0),
    nT: text(a.nT),
    change: text(a.nT - a.n0),
    ledger: { pricePnl: text(a.pricePnl), ...texts(a.byKind) },
    economic: {
      static: text(a.static),
      convexity: text(a.convexity),
      volDrag: text(a.volDrag),
      drift: text(a.drift),
      costCarry: { total: text(sum(a.carry)), byKind: texts(a.carry) },
    },
    benchmarks: texts(a.benchmarks),
    ...(a.idealTerminatedAt === undefined ? {} : { idealTerminated: formatInstant(a.idealTerminatedAt) }),
    dragAgainstSimple: text(a.nT - a.benchmarks.static),
    slippageParts: texts(a.slippageParts),
    tracking: {
      difference: text(difference),
      naiveDifference: text(naiveDifference),
      error: error === undefined ? null : text(error),
      basis: `sqrt(${basis})`,
      periods,
    },
  };
}

export interface AttributionAnswer {
  readonly portfolioId: string;
  readonly from: string;
  readonly to: string;
  readonly knownAt: string;
  readonly logPosition: string;
  readonly n0: string;
  readonly nT: string;
  readonly change: string;
  readonly ledger: { readonly pricePnl: string } & Readonly<Record<keyof ByKind, string>>;
  readonly economic: {
    readonly static: string;
    readonly convexity: string;
    readonly volDrag: string;
    readonly drift: string;
    readonly costCarry: { readonly total: string; readonly byKind: Readonly<Record<keyof ByKind, string>> };
  };
  readonly benchmarks: { readonly static: string; readonly power: string; readonly ideal: string; readonly actualLeverage: string };
  readonly idealTerminated?: string;
  /** n_T − S. */
  readonly dragAgainstSimple: string;
  readonly slippageParts: Readonly<Record<(typeof SLIPPAGE_PARTS)[number], string>>;
  readonly tracking: {
    readonly difference: string;
    readonly naiveDifference: string;
    readonly error: string | null;
    readonly basis: string;
    readonly periods: number;
  };
}
