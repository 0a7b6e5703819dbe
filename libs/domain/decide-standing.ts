/**
 * Where and among what a fact is decided, and the questions that every decision asks of it: the state and NAV just before its place, ids and currency.
 */
import type { DecideContext, FactCommands } from './commands';
import { formatFixed } from './decimal';
import type { FundState } from './facts';
import { reject } from './fields';
import { formatInstant, type Instant } from './instant';
import type { Portfolio, RecordedFact } from './portfolio';
import type { PriceView, Rates } from './price-view';
import type { Refusal } from './refusal';
import type { Timeline } from './timeline';
import { type Ending, navOf } from './valuation';

/** Checks the data of a command by name against its shape: for replacements, whose command is known only when they are decided. */
export type ShapeCheck = (name: keyof FactCommands, data: unknown) => Refusal | undefined;

/** Where and among what a fact is decided. */
export interface Standing {
  readonly portfolio: Portfolio;
  /** The facts in force, without the one that is being replaced. */
  readonly timeline: Timeline;
  readonly prices: PriceView;
  readonly rates: Rates;
  readonly ending: Ending;
  /** Log position that counts for the order; infinite for a new fact. */
  readonly position: number;
  readonly replaces: RecordedFact | undefined;
  readonly context: DecideContext;
}

export function before({ timeline, position }: Standing, at: Instant): FundState {
  return timeline.stateBefore(at, position);
}

export function navBefore({ portfolio, prices }: Standing, state: FundState, at: Instant): bigint | undefined {
  return navOf(portfolio.terms, state, prices.at(at)?.price);
}

export function positiveNav(standing: Standing, state: FundState, at: Instant): bigint {
  const about = { field: '/at', value: formatInstant(at) };
  const nav = navBefore(standing, state, at);
  if (nav === undefined) reject('NoPrice', 'there must be a price at or before this time to know NAV', about);
  if (nav <= 0n)
    reject('NavNotPositive', 'NAV must be above 0 for a share of it', {
      ...about,
      detail: { nav: formatFixed(nav, standing.portfolio.terms.navScale) },
    });
  return nav;
}

/** Ids are used once per portfolio, by one fact: a replacement keeps its fact's own id and may carry any fill that the fact has had. */
export function claimId({ portfolio, replaces }: Standing, kind: 'rebalance' | 'fill' | 'fee', field: string, id: string): void {
  const own = replaces?.original;
  const kept =
    kind === 'rebalance' && own?.type === 'RebalanceExecuted'
      ? own.data.rebalanceId
      : kind === 'fee' && own?.type === 'FeeCharged'
        ? own.data.feeId
        : id;
  if (kept !== id) reject('InvalidField', `a replacement keeps its fact's id, ${kept}`, { field, value: id });
  const user = portfolio.usedIds[kind].get(id);
  if (user !== undefined && user !== replaces?.eventId)
    reject('DuplicateId', `the ${kind} id was used before in this portfolio`, { field, value: id });
}

export function checkCurrency({ portfolio }: Standing, field: string, currency: string): void {
  const { quoteCurrency } = portfolio.terms;
  if (currency !== quoteCurrency)
    reject('UnsupportedCurrency', `must be ${quoteCurrency}, the portfolio's quote currency`, { field, value: currency });
}
