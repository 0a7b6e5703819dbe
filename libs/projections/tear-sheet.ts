/**
 * A fund's life on one sheet: worth, return, deepest fall, leverage kept, the simple leveraged position and the ideal beside it, both attributions, costs, turnover and
 * the worst periods. The window begins after everything of the instant of the first units, and ends at the last price or, for a fund that ended, at the last reset
 * before. Seen at the ends of its tracking periods (scheduled resets that count, and the end), after everything of that instant: what happened in between is in no
 * fall and no worst period. All figures are computed exactly or in fixed point and rounded once, half-even, when they become text.
 */
import { divRound, formatFixed, pow10, rescale } from '../domain/decimal';
import { formatInstant, type Instant, NANOS_PER_DAY } from '../domain/instant';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { countedResets, MIDNIGHT_UTC } from '../domain/resets';
import { type AttributionAnswer, attribute, attributionTexts, residuals } from './attribution';
import type { Point } from './attribution-walk';
import { simplePosition } from './benchmarks';
import { divide, DIGITS, formatPoint, ONE, ratio } from './fixed-point';
import { type NavAnswer, navAnswer } from './nav';
import { drawdown, spread, yearlyReturn } from './path';
import { PAID_KINDS, tradingOf } from './trading';
import { priceText, type View } from './view';

export interface FallText {
  /** 0 or below. */
  readonly depth: string;
  readonly peakAt: string;
  readonly troughAt: string;
  readonly recoveredAt: string | null;
}

export interface SpreadText {
  readonly min: string;
  readonly median: string;
  readonly max: string;
}

/** Returns, leverages and falls carry 18 decimals, amounts the currency's scale, `bpPerYear` 4 decimals. */
export interface TearSheet {
  readonly portfolioId: string;
  readonly name: string;
  readonly instrumentId: string;
  readonly quoteCurrency: string;
  readonly targetLeverage: string;
  readonly from: string;
  readonly to: string;
  /** Of 365.25 days. */
  readonly years: string;
  /** When NAV was found at or below zero; the sheet ends before. */
  readonly endedAt?: string;
  /** At `to`. */
  readonly nav: NavAnswer;
  readonly start: { readonly navPerUnit: string; readonly price: string };
  readonly end: { readonly navPerUnit: string; readonly price: string };
  /** Null where nothing was left. */
  readonly returns: {
    readonly token: string;
    readonly tokenPerYear: string | null;
    readonly underlying: string;
    readonly underlyingPerYear: string | null;
  };
  readonly drawdown: { readonly token: FallText; readonly underlying: FallText };
  /** At instants with a rebalance; null without one. */
  readonly leverage: { readonly beforeRebalances: SpreadText | null; readonly afterRebalances: SpreadText | null };
  /** Bought once, never touched: its value per unit, the token's distance from it, and the first period end at which it would have been at or below zero. */
  readonly simple: { readonly value: string; readonly drag: string; readonly goneAt: string | null };
  readonly attribution: AttributionAnswer;
  /** By how much the terms of each view miss the change, before anything is rounded. */
  readonly residuals: { readonly ledger: string; readonly economic: string };
  /** Paid is positive. `bpPerYear`: of the mean of NAV at the ends of periods. */
  readonly costs: {
    readonly meanNav: string;
    readonly items: readonly { readonly kind: (typeof PAID_KINDS)[number]; readonly amount: string; readonly bpPerYear: string }[];
  };
  readonly trading: {
    readonly rebalances: number;
    readonly turnover: string;
    /** Turnover ÷ mean NAV, a year; 4 decimals. */
    readonly turnoverPerYear: string;
    readonly periods: number;
  };
  /** Lowest returns of the token first. `promised` is L times the underlying's. */
  readonly worst: readonly {
    readonly from: string;
    readonly to: string;
    readonly underlying: string;
    readonly promised: string;
    readonly token: string;
  }[];
  /** Evenly chosen points with the first and the last, both rebased to the token's first value. */
  readonly curve: readonly { readonly at: string; readonly token: string; readonly underlying: string }[];
}

const WORST = 5;
const CURVE_POINTS = 240;
const FOREVER = 1n << 63n;
const BP = 10_000n;

/** The sheet, or why there is none: no units yet, no price, or an end before the first period did. */
export function tearSheet(view: View): TearSheet | Refusal {
  const span = spanOf(view);
  if (isRefusal(span)) return span;
  const { from, to, endedAt } = span;
  const attribution = attribute(view, from, to);
  const nav = navAnswer(view, to);
  if (isRefusal(attribution)) return attribution;
  if (isRefusal(nav)) return nav;
  const { terms } = view.portfolio;
  const { n0, nT, points } = attribution;
  const [p0, pT] = [points[0]!.price, points.at(-1)!.price];
  const fall = (value: (point: Point) => bigint): FallText => fallText(points.map((point) => ({ at: point.at, value: value(point) })));
  const trading = tradingOf(view, from, to);
  return {
    portfolioId: terms.portfolioId,
    name: terms.name,
    instrumentId: terms.instrumentId,
    quoteCurrency: terms.quoteCurrency,
    targetLeverage: formatFixed(terms.targetLeverage, 2),
    from: formatInstant(from),
    to: formatInstant(to),
    years: formatPoint(ratio(4n * (to - from), 1461n * NANOS_PER_DAY), 4),
    ...(endedAt === undefined ? {} : { endedAt: formatInstant(endedAt) }),
    nav,
    start: { navPerUnit: point18(n0), price: priceText(view, p0) },
    end: { navPerUnit: point18(nT), price: priceText(view, pT) },
    returns: {
      token: point18(divide(nT, n0) - ONE),
      tokenPerYear: orNull(yearlyReturn(n0, nT, to - from)),
      underlying: point18(ratio(pT, p0) - ONE),
      underlyingPerYear: orNull(yearlyReturn(p0, pT, to - from)),
    },
    drawdown: { token: fall(({ perUnit }) => perUnit), underlying: fall(({ price }) => price) },
    leverage: { beforeRebalances: spreadText(trading.leverageBefore), afterRebalances: spreadText(trading.leverageAfter) },
    simple: {
      value: point18(attribution.benchmarks.static),
      drag: point18(nT - attribution.benchmarks.static),
      goneAt: timeOrNull(points.find(({ price }) => simplePosition(n0, terms.targetLeverage, p0, price) <= 0n)?.at),
    },
    attribution: attributionTexts(view, from, to, attribution),
    residuals: texts(residuals(attribution), (x) => formatPoint(x, DIGITS)),
    ...costsOf(view, points, trading, to - from),
    worst: worstOf(points, terms.targetLeverage),
    curve: evenly(points).map(({ at, perUnit, price }) => ({
      at: formatInstant(at),
      token: point18(perUnit),
      underlying: point18(divRound(n0 * price, p0)),
    })),
  };
}

function spanOf(view: View): { from: Instant; to: Instant; endedAt: Instant | undefined } | Refusal {
  const { timeline, terms, mandates } = view.portfolio;
  const about = { field: 'portfolioId', value: terms.portfolioId };
  let from: Instant | undefined;
  for (let i = 0; from === undefined && i < timeline.length; i++) {
    const row = timeline.row(i)!;
    if (row.state.units > 0n) from = row.at;
  }
  if (from === undefined) return refuse('NoUnits', 'there must be units for a tear sheet', about);
  const last = view.prices.at(FOREVER)?.at;
  if (last === undefined) return refuse('NoPrice', `there is no price of ${terms.instrumentId}`, about);
  const endedAt = view.ending.at(last);
  let to: Instant | undefined = last;
  if (endedAt !== undefined) {
    to = undefined;
    for (const t of countedResets(mandates, view.prices, from, endedAt - 1n, MIDNIGHT_UTC)) to = t;
  }
  if (to === undefined || to <= from) return refuse('Unanswerable', 'there must be a price after the first units, and NAV above 0', about);
  return { from, to, endedAt };
}

function fallText(points: readonly { readonly at: Instant; readonly value: bigint }[]): FallText {
  const { depth, peak, trough, recoveredAt } = drawdown(points);
  return {
    depth: point18(depth),
    peakAt: formatInstant(peak.at),
    troughAt: formatInstant(trough.at),
    recoveredAt: timeOrNull(recoveredAt),
  };
}

function costsOf(
  view: View,
  points: readonly Point[],
  { paid, turnover, rebalances }: ReturnType<typeof tradingOf>,
  nanos: bigint,
): Pick<TearSheet, 'costs' | 'trading'> {
  const { terms, timeline } = view.portfolio;
  const { navScale, currencyScale } = terms;
  const total = points.slice(1).reduce((sum, { at, price }) => sum + navAt(at, price), 0n);
  const periods = BigInt(points.length - 1);
  const amount = (x: bigint): string => formatFixed(rescale(x, navScale, currencyScale), currencyScale);
  /** x ÷ mean NAV ÷ years, times `factor`. */
  const yearly = (x: bigint, factor: bigint): string =>
    formatPoint(ratio(x * periods * factor * 1461n * NANOS_PER_DAY, total * 4n * nanos), 4);
  return {
    costs: {
      meanNav: amount(divRound(total, periods)),
      items: PAID_KINDS.filter((kind) => paid[kind] !== 0n).map((kind) => ({
        kind,
        amount: amount(paid[kind]),
        bpPerYear: yearly(paid[kind], BP),
      })),
    },
    trading: { rebalances, turnover: amount(turnover), turnoverPerYear: yearly(turnover, 1n), periods: points.length - 1 },
  };

  function navAt(at: Instant, price: bigint): bigint {
    const { cash, quantity } = timeline.stateAt(at);
    return cash * pow10(navScale - currencyScale) + quantity * price * pow10(navScale - terms.priceScale - terms.quantityScale);
  }
}

function worstOf(points: readonly Point[], leverage: bigint): TearSheet['worst'] {
  const periods = points.slice(1).map((end, i) => {
    const start = points[i]!;
    return {
      start,
      end,
      token: divide(end.perUnit - start.perUnit, start.perUnit),
      underlying: ratio(end.price - start.price, start.price),
    };
  });
  return periods
    .sort((a, b) => (a.token < b.token ? -1 : a.token > b.token ? 1 : 0))
    .slice(0, WORST)
    .map(({ start, end, token, underlying }) => ({
      from: formatInstant(start.at),
      to: formatInstant(end.at),
      underlying: point18(underlying),
      promised: point18(divRound(leverage * underlying, 100n)),
      token: point18(token),
    }));
}

function evenly(points: readonly Point[]): readonly Point[] {
  const count = Math.min(points.length, CURVE_POINTS);
  return Array.from({ length: count }, (_, i) => points[Math.floor((i * (points.length - 1)) / Math.max(1, count - 1))]!);
}

function spreadText(figures: readonly bigint[]): SpreadText | null {
  const found = spread(figures);
  return found ? texts(found, point18) : null;
}

function texts<K extends string>(figures: Readonly<Record<K, bigint>>, text: (x: bigint) => string): Record<K, string> {
  return Object.fromEntries(Object.entries<bigint>(figures).map(([k, v]) => [k, text(v)])) as Record<K, string>;
}

function point18(x: bigint): string {
  return formatPoint(x, 18);
}

function orNull(x: bigint | undefined): string | null {
  return x === undefined ? null : point18(x);
}

function timeOrNull(t: Instant | undefined): string | null {
  return t === undefined ? null : formatInstant(t);
}
