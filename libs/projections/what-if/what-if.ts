/**
 * What would have been: a fund's history replayed under a scenario, beside what was booked. The scenario's books are a fund of their own, so that the same attribution answers for both.
 * Invariant: an answer depends on the view, the scenario and the window alone. Deliberately absent: manifests, which need digests (the ledger's), and grids (sweep.ts).
 */
import { FundRecord } from '../../domain/fund-record';
import { formatInstant, type Instant } from '../../domain/instant';
import { isRefusal, refuse, type Refusal } from '../../domain/refusal';
import { CostsTooHigh } from '../../domain/sizing';
import { Ending } from '../../domain/valuation';
import { attributionAnswer } from '../attribution';
import type { Costless } from '../costless';
import type { View } from '../view';
import { assumptionsOf, less, perUnitText, seriesOf, type Side, termDifferences, tradeTexts, type WhatIfAnswer } from './answer';
import { type Booked, bookedWindow } from './booked';
import { type Replayed, replay } from './replay';
import { readScenario, type Scenario } from './scenario';
import type { ScenarioData } from './scenario-data';

/** By default the whole history: from the first units to the last price or fact. */
export interface Window {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  /** Nanoseconds between the points of a series; no series without it. */
  readonly every?: bigint | undefined;
}

/** Most points of one series. */
export const MAX_SERIES = 250_000n;

export function whatIf(view: View, data: ScenarioData, { from, to, every }: Window = {}): WhatIfAnswer | Refusal {
  const booked = bookedWindow(view, from, to);
  if (isRefusal(booked)) return booked;
  if (every !== undefined && (booked.to - booked.from) / every > MAX_SERIES)
    return refuse('InvalidField', `must give at most ${MAX_SERIES} points`, { field: 'every', value: `${every / 1_000_000_000n}s` });
  const scenario = readScenario(data, view);
  if (isRefusal(scenario)) return scenario;
  const replayed = replayScenario(booked, scenario);
  if (isRefusal(replayed)) return replayed;
  const base = baseSide(booked);
  const side = scenarioSide(booked, scenario, replayed);
  const { terms } = scenario;
  const { terminatedAt } = replayed;
  const assumptions = assumptionsOf(replayed);
  return {
    portfolioId: terms.portfolioId,
    mode: data.mode,
    from: formatInstant(booked.from),
    to: formatInstant(booked.to),
    knownAt: formatInstant(view.knownAt, 'nine'),
    base,
    scenario: {
      ...side,
      rebalances: tradeTexts(terms, replayed.trades),
      ...(terminatedAt === undefined ? {} : { terminated: { at: formatInstant(terminatedAt) } }),
      ...(assumptions ? { assumptions } : {}),
      ...(every === undefined ? {} : { series: seriesOf(terms, replayed, (t) => booked.prices.at(t)!.price, moments(booked, every)) }),
    },
    difference: { nT: less(side.nT, base.nT), byTerm: termDifferences(side.attribution, base.attribution) },
  };
}

/** The replay, or why there is none. */
export function replayScenario(booked: Booked, scenario: Scenario): Replayed | Refusal {
  try {
    return replay(booked, scenario);
  } catch (error) {
    if (!(error instanceof CostsTooHigh)) throw error;
    return refuse('Unanswerable', error.message, { field: '/slippage', value: scenario.data.slippage ?? null });
  }
}

export function baseSide({ view, prices, from, to, costless }: Booked): Side {
  if (view.ending.at(to) !== undefined) return { nT: null, attribution: null, unanswerable: 'NAV was at or below 0' };
  const { terms, timeline } = view.portfolio;
  return {
    nT: perUnitText(terms, timeline.stateAt(to), prices.at(to)!.price),
    ...attributed({ ...view, prices }, from, to, costless(view.portfolio)),
  };
}

export function scenarioSide(booked: Booked, scenario: Scenario, replayed: Replayed): Side {
  const { from, to, prices } = booked;
  if (replayed.terminatedAt !== undefined) return { nT: null, attribution: null };
  const nT = perUnitText(scenario.terms, replayed.rows.stateAt(to), prices.at(to)!.price);
  return { nT, ...attributed(scenarioView(booked, scenario, replayed), from, to, booked.costless(scenario)) };
}

/** The scenario's books as a fund to ask about. */
function scenarioView({ view, prices, to }: Booked, { terms, mandates }: Scenario, { rows }: Replayed): View {
  const portfolio = new FundRecord(terms, rows);
  for (const { at, position, mandate } of mandates) portfolio.mandates.push({ at, position, mandate, version: '' });
  return { ...view, portfolio, prices, ending: new Ending(terms, rows, () => prices, { lookedThrough: to }) };
}

function attributed(view: View, from: Instant, to: Instant, costless: Costless): Pick<Side, 'attribution' | 'unanswerable'> {
  const answer = attributionAnswer(view, from, to, costless);
  return isRefusal(answer) ? { attribution: null, unanswerable: answer.rule } : { attribution: answer };
}

function* moments({ from, to }: Booked, every: bigint): Generator<Instant> {
  for (let t = from; t < to; t += every) yield t;
  yield to;
}
