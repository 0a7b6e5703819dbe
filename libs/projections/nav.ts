/**
 * The `nav` answer: what a fund was worth at a moment, as known at a moment. As-of is a search for the state row, a search for the mark and one
 * multiplication. Ratios carry 18 decimals and amounts the currency's scale, each rounded once, half-even, from the exact figure.
 */
import { dueCharges } from '../domain/accrual';
import { formatFixed, formatRatio, pow10, rescale } from '../domain/decimal';
import { exposure, navOf } from '../domain/valuation';
import { formatInstant, type Instant, wholeSeconds } from '../domain/instant';
import { isRefusal, type Refusal } from '../domain/refusal';
import { mandateAt } from '../domain/resets';
import { beforeInception, noPrice, priceText, type View } from './view';

export interface NavAnswer {
  readonly portfolioId: string;
  readonly at: string;
  readonly knownAt: string;
  readonly logPosition: string;
  readonly status: 'active' | 'terminated';
  readonly terminatedAt?: string;
  readonly quality: 'ok' | 'stale';
  readonly nav: string;
  readonly units: string;
  /** Null without units. */
  readonly navPerUnit: string | null;
  readonly exposure: string;
  /** Null without units or at NAV ≤ 0. */
  readonly leverage: string | null;
  readonly marks: readonly { readonly instrumentId: string; readonly price: string; readonly at: string; readonly ageSeconds: number }[];
  readonly positions: readonly {
    readonly instrumentId: string;
    readonly quantity: string;
    readonly mark: string;
    readonly value: string;
  }[];
  readonly cash: Readonly<Record<string, string>>;
  readonly liabilities: string;
}

export function navAnswer(view: View, at: Instant): NavAnswer | Refusal {
  const early = beforeInception(view, 'at', at);
  if (early) return early;
  const { terms, timeline, mandates } = view.portfolio;
  const { navScale, currencyScale, unitScale, instrumentId } = terms;
  const state = timeline.stateAt(at);
  const tick = view.prices.at(at);
  const nav = navOf(terms, state, tick?.price);
  if (nav === undefined) return noPrice(view, 'at', at);
  const value = tick ? exposure(terms, state, tick.price) : 0n;
  const maxAge = mandateAt(mandates, at)?.mandate.maxPriceAge;
  const endedAt = view.ending.at(at);
  const liabilities = dueCharges(view.portfolio, view.prices, view.rates, at, endedAt).reduce(
    (sum, { charge }) => sum + (charge.minted === undefined ? charge.amount : 0n),
    0n,
  );
  const amount = (x: bigint): string => formatFixed(rescale(x, navScale, currencyScale), currencyScale);
  const exposed = amount(value);
  const mark = tick && priceText(view, tick.price);
  return {
    portfolioId: terms.portfolioId,
    at: formatInstant(at),
    knownAt: formatInstant(view.knownAt, 'nine'),
    logPosition: String(view.logPosition),
    status: endedAt === undefined ? 'active' : 'terminated',
    ...(endedAt === undefined ? {} : { terminatedAt: formatInstant(endedAt) }),
    quality: tick && maxAge !== undefined && at - tick.at > maxAge ? 'stale' : 'ok',
    nav: amount(nav),
    units: formatFixed(state.units, unitScale),
    navPerUnit: state.units === 0n ? null : formatRatio(nav * pow10(unitScale), state.units * pow10(navScale), 18),
    exposure: exposed,
    leverage: state.units === 0n || nav <= 0n ? null : formatRatio(value, nav, 18),
    marks: tick ? [{ instrumentId, price: mark!, at: formatInstant(tick.at), ageSeconds: wholeSeconds(at - tick.at) }] : [],
    positions:
      state.quantity === 0n
        ? []
        : [{ instrumentId, quantity: formatFixed(state.quantity, terms.quantityScale), mark: mark!, value: exposed }],
    cash: { [terms.quoteCurrency]: formatFixed(state.cash, currencyScale) },
    liabilities: formatFixed(liabilities, currencyScale),
  };
}

/** The `history` answer: `nav` at from, from + k·every, and to. */
export function* navHistory(view: View, from: Instant, to: Instant, every: bigint): Generator<NavAnswer | Refusal> {
  for (let at = from; at < to; at += every) {
    const answer = navAnswer(view, at);
    yield answer;
    if (isRefusal(answer)) return;
  }
  yield navAnswer(view, to);
}
