/**
 * The frontier of rebalancing policies: for each band width and reset frequency, what trading costs a year and how far the fund then strays from L times its index, with the least cost
 * that theory knows for that tracking error beside it: k·σ³·L²(L − 1)²/(2√3·TrE), first order in the cost k of a unit of notional (Guasoni and Mayerhofer, "Leveraged funds: robust
 * replication and performance evaluation", 2023, where ε = 2k is the spread of the round trip). All policies are measured over the same periods, whatever their own resets are.
 */
import { abs, divRound, formatFixed, pow10 } from '../../domain/decimal';
import { cashAtNavScale, slopeAtNavScale } from '../../domain/facts';
import { formatInstant, type Instant, NANOS_PER_DAY } from '../../domain/instant';
import { isRefusal, refuse, type Refusal } from '../../domain/refusal';
import { countedResets, MIDNIGHT_UTC } from '../../domain/resets';
import { navOf } from '../../domain/valuation';
import { divide, formatPoint, multiply, ONE, ratio, squareRoot } from '../fixed-point';
import { trackingError } from '../tracking';
import type { View } from '../view';
import { type Booked, bookedWindow } from './booked';
import type { Replayed } from './replay';
import { readScenario, type Scenario } from './scenario';
import type { ScenarioData } from './scenario-data';
import { replayScenario, type Window } from './what-if';

/** How often the leverage is put back, beside or without a band. */
export type Frequency = 'none' | 'daily' | 'weekly' | 'monthly';

export interface Policy {
  /** Half of the width, as a share of L, units of 10^-4; undefined: no band. */
  readonly band: bigint | undefined;
  readonly resets: Frequency;
}

/** Shares a year, 18 decimals. */
export interface FrontierPoint {
  readonly band: string | null;
  readonly resets: Frequency;
  readonly trades: number;
  /** Trading fees and slippage by NAV at the trade, a year. */
  readonly costPerYear: string;
  readonly trackingError: string;
  /** The least cost known for that tracking error; null where it strays not at all. */
  readonly bound: string | null;
  readonly terminated?: { readonly at: string };
}

export interface FrontierAnswer {
  readonly portfolioId: string;
  readonly from: string;
  readonly to: string;
  /** Realised, a year. */
  readonly volatility: string;
  readonly basis: string;
  /** By tracking error. Policies that ended, or that measure nothing, come last. */
  readonly points: readonly FrontierPoint[];
  /** The cheapest whose tracking error is at most the one asked for; null where there is none. */
  readonly cheapest?: FrontierPoint | null;
}

const BAND_SCALE = 4;

/** `base`: what all policies share, such as a fee schedule and slippage. `most`: a tracking error, fixed point. */
export function frontier(
  view: View,
  base: ScenarioData,
  policies: readonly Policy[],
  window: Window,
  most?: bigint,
): FrontierAnswer | Refusal {
  const booked = bookedWindow(view, window.from, window.to);
  if (isRefusal(booked)) return booked;
  const periods = [booked.from, ...periodEnds(booked)];
  if (periods.length < 4)
    return refuse('Unanswerable', 'there must be at least three periods to measure', { field: 'to', value: formatInstant(booked.to) });
  const basis = view.portfolio.terms.kind === 'index' ? 252 : 365;
  const marks = periods.map((t) => booked.prices.at(t)!.price);
  const returns = marks.slice(1).map((mark, i) => ratio(mark - marks[i]!, marks[i]!));
  const volatility = trackingError(returns, basis)!;
  const shared = readScenario({ ...base, mode: 're-decide', mandate: null }, view);
  if (isRefusal(shared)) return shared;
  const points: { readonly error: bigint | undefined; readonly cost: bigint; readonly point: FrontierPoint }[] = [];
  for (const policy of policies) {
    const scenario = readScenario(
      { ...base, mode: 're-decide', mandate: { ...base.mandate, ...mandateOf(view, shared.terms.targetLeverage, policy) } },
      view,
    );
    if (isRefusal(scenario)) return scenario;
    const replayed = replayScenario(booked, scenario);
    if (isRefusal(replayed)) return replayed;
    points.push(measured(booked, scenario, replayed, policy, { periods, returns, basis, volatility }));
  }
  points.sort((a, b) => (a.error === undefined ? 1 : b.error === undefined ? -1 : a.error < b.error ? -1 : a.error > b.error ? 1 : 0));
  const within = points.filter(({ error }) => most !== undefined && error !== undefined && error <= most);
  const cheapest = within.reduce<(typeof points)[number] | undefined>(
    (best, one) => (best && best.cost <= one.cost ? best : one),
    undefined,
  );
  return {
    portfolioId: view.portfolio.terms.portfolioId,
    from: formatInstant(booked.from),
    to: formatInstant(booked.to),
    volatility: formatPoint(volatility, 18),
    basis: `sqrt(${basis})`,
    points: points.map(({ point }) => point),
    ...(most === undefined ? {} : { cheapest: cheapest?.point ?? null }),
  };
}

interface Measure {
  readonly periods: readonly Instant[];
  readonly returns: readonly bigint[];
  readonly basis: number;
  readonly volatility: bigint;
}

function measured(
  booked: Booked,
  scenario: Scenario,
  replayed: Replayed,
  policy: Policy,
  { periods, returns, basis, volatility }: Measure,
) {
  const { terms } = scenario;
  const { rows, trades, terminatedAt } = replayed;
  let paid = 0n;
  let turnover = 0n;
  let cost = 0n;
  for (let i = 1; i < rows.length; i++) {
    const { at, fact } = rows.row(i)!;
    if (fact.kind !== 'rebalance') continue;
    const { price } = booked.prices.at(at)!;
    const nav = navOf(terms, rows.row(i - 1)!.state, price)!;
    for (const fill of fact.fills) {
      const slope = slopeAtNavScale(terms, fill.quantity);
      const taken = cashAtNavScale(terms, fill.fee) + slope * (fill.price - price);
      paid += taken;
      turnover += abs(slope) * price;
      cost += divide(taken, nav);
    }
  }
  const years = ratio(booked.to - booked.from, (NANOS_PER_DAY * 1461n) / 4n);
  const perYear = divide(cost, years);
  const perUnit = periods.map((t) => {
    const { cash, quantity, units } = rows.stateAt(t);
    return ratio(cashAtNavScale(terms, cash) + slopeAtNavScale(terms, quantity) * booked.prices.at(t)!.price, units > 0n ? units : 1n);
  });
  const differences = returns.map((r, i) => divide(perUnit[i + 1]! - perUnit[i]!, perUnit[i]!) - divRound(terms.targetLeverage * r, 100n));
  const error = terminatedAt === undefined ? trackingError(differences, basis) : undefined;
  const point: FrontierPoint = {
    band: policy.band === undefined ? null : formatFixed(policy.band, BAND_SCALE),
    resets: policy.resets,
    trades: trades.length,
    costPerYear: formatPoint(perYear, 18),
    trackingError: formatPoint(error ?? 0n, 18),
    bound:
      error === undefined || error === 0n || turnover === 0n
        ? null
        : formatPoint(leastCost(divide(paid, turnover), volatility, terms.targetLeverage, error), 18),
    ...(terminatedAt === undefined ? {} : { terminated: { at: formatInstant(terminatedAt) } }),
  };
  return { error, cost: perYear, point };
}

/** k·σ³·L²(L − 1)²/(2√3·TrE); L in units of 10^-2, all else fixed point. */
export function leastCost(k: bigint, volatility: bigint, leverage: bigint, error: bigint): bigint {
  const cubed = multiply(multiply(volatility, volatility), volatility);
  const swing = leverage * leverage * (leverage - 100n) * (leverage - 100n);
  const twiceRoot3 = 2n * squareRoot(3n * ONE);
  return divide(divide(divRound(multiply(k, cubed) * swing, pow10(8)), twiceRoot3), error);
}

function* periodEnds({ view, prices, from, to }: Booked): Generator<Instant> {
  for (const t of countedResets(view.portfolio.mandates, prices, from, to, MIDNIGHT_UTC)) yield t;
}

/** Resets at the time of day of the recorded mandate's, midnight UTC where it has none; a band of L·(1 ± width). */
function mandateOf(view: View, leverage: bigint, { band, resets }: Policy): NonNullable<ScenarioData['mandate']> {
  const recorded = view.portfolio.mandates.at(-1)?.mandate.data.resets;
  const [minute = '0', hour = '0', , , weekdays = '*'] = recorded?.cron.split(/\s+/) ?? [];
  const cron = { daily: `${minute} ${hour} * * ${weekdays}`, weekly: `${minute} ${hour} * * 1`, monthly: `${minute} ${hour} 1 * *` };
  const bounds = (width: bigint): readonly string[] =>
    [-width, width].map((share) => formatFixed(leverage * (pow10(BAND_SCALE) + share), 2 + BAND_SCALE));
  const [a, b] = bounds(band ?? 0n) as [string, string];
  return {
    resets: resets === 'none' ? null : { cron: cron[resets], zone: recorded?.zone ?? 'UTC' },
    band: band === undefined ? null : leverage > 0n ? { lower: a, upper: b } : { lower: b, upper: a },
  };
}
