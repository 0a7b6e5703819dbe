/**
 * A portfolio as known at one position of the log, with the prices known there: what every question is asked of. Immutable from the asker's side; the ending
 * is remembered inside.
 */
import { formatFixed } from '../domain/decimal';
import { formatInstant, type Instant } from '../domain/instant';
import type { FundRecord } from '../domain/fund-record';
import type { PriceView, Rates } from '../domain/price-view';
import { refuse, type Refusal } from '../domain/refusal';
import type { Ending } from '../domain/valuation';

export interface View {
  readonly portfolio: FundRecord;
  readonly prices: PriceView;
  /** Of all rates that are known there. */
  readonly rates: Rates;
  readonly ending: Ending;
  /** The last log position that is known. */
  readonly logPosition: number;
  /** Recorded time of that event, or the later time that was asked for. */
  readonly knownAt: Instant;
}

/** Refusals shared by all questions about a moment. */
export function beforeInception(view: View, field: string, at: Instant): Refusal | undefined {
  const { openedAt, portfolioId } = view.portfolio.terms;
  if (at >= openedAt) return undefined;
  return refuse('Unanswerable', `must not be before ${formatInstant(openedAt)}, when ${portfolioId} was opened`, {
    field,
    value: formatInstant(at),
  });
}

export function noPrice(view: View, field: string, at: Instant): Refusal {
  return refuse('NoPrice', `there is no price of ${view.portfolio.terms.instrumentId} at or before this time, as known`, {
    field,
    value: formatInstant(at),
  });
}

/** A price at the instrument's scale. */
export function priceText(view: View, price: bigint): string {
  return formatFixed(price, view.portfolio.terms.priceScale);
}
