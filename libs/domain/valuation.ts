/**
 * What a fund is worth: NAV, exposure and leverage of a state at a mark, and the moment at which a fund ended. NAV = C + q·P with recorded
 * charges only, exact at the terms' NAV scale; nothing here rounds.
 */
import { cashAtNavScale, type FundState, slopeAtNavScale, type Terms } from './facts';
import type { Instant } from './instant';
import { pricesInside } from './mandate';
import type { PriceView } from './price-view';
import type { Row, Rows } from './timeline';

/** q·P, signed, units of 10^-navScale. */
export function exposure(terms: Terms, state: FundState, price: bigint): bigint {
  return slopeAtNavScale(terms, state.quantity) * price;
}

/** C + q·P, units of 10^-navScale; undefined when there is a position and no price. */
export function navOf(terms: Terms, state: FundState, price: bigint | undefined): bigint | undefined {
  if (state.quantity === 0n) return cashAtNavScale(terms, state.cash);
  return price === undefined ? undefined : cashAtNavScale(terms, state.cash) + exposure(terms, state, price);
}

/** A look at the ending up to an instant. */
export interface EndingFound {
  readonly lookedThrough?: Instant;
  readonly endedAt?: Instant;
}

/**
 * Finds when a fund ended: the first instant after all of which there were units and NAV ≤ 0. Remembers how far it has looked, so that asking
 * along a growing history costs what was added; `rewind` after a late fact or price.
 */
export class Ending {
  /** Where to look on; found again when undefined. */
  private row: number | undefined;
  /** Everything at or before this instant was looked at, and the fund was alive. */
  private lookedThrough: Instant | undefined;
  private endedAt: Instant | undefined;

  constructor(
    private readonly terms: Terms,
    private readonly rows: Rows,
    private readonly prices: () => PriceView,
    found: EndingFound = {},
  ) {
    this.lookedThrough = found.lookedThrough;
    this.endedAt = found.endedAt;
  }

  /** What was found so far, for a later Ending over the same facts and prices. */
  found(): EndingFound {
    const { lookedThrough, endedAt } = this;
    return { ...(lookedThrough === undefined ? {} : { lookedThrough }), ...(endedAt === undefined ? {} : { endedAt }) };
  }

  /** The ending at or before `until`, if any. Without a price, a fund with a position counts as alive. */
  at(until: Instant): Instant | undefined {
    if (this.endedAt !== undefined) return this.endedAt <= until ? this.endedAt : undefined;
    if (this.lookedThrough !== undefined && until <= this.lookedThrough) return undefined;
    const prices = this.prices();
    this.row ??= this.lookedThrough === undefined ? 0 : Math.max(this.rows.countThrough(this.lookedThrough) - 1, 0);
    for (; ; this.row++) {
      const row = this.rows.row(this.row);
      if (row === undefined || row.at > until) break;
      const nextAt = this.rows.row(this.row + 1)?.at;
      if (nextAt === row.at) continue;
      const last = nextAt === undefined || nextAt > until ? until : nextAt - 1n;
      const from = this.lookedThrough !== undefined && this.lookedThrough > row.at ? this.lookedThrough : undefined;
      const ended = this.endOf(row, from, last, prices);
      if (ended !== undefined) return (this.endedAt = ended) <= until ? ended : undefined;
      this.lookedThrough = last;
      if (last === until) break;
    }
    this.lookedThrough = until;
    return undefined;
  }

  /** Forgets what was looked at from `t` on; to be called after the timeline or the prices changed there. */
  rewind(t: Instant): void {
    if (this.endedAt !== undefined && t <= this.endedAt) this.endedAt = undefined;
    if (this.lookedThrough !== undefined && t <= this.lookedThrough) this.lookedThrough = t - 1n;
    this.row = undefined;
  }

  /** Prices at or after `t` changed: looks again only if it had looked there. */
  pricesChanged(t: Instant): void {
    if (this.endedAt !== undefined || (this.lookedThrough !== undefined && t <= this.lookedThrough)) this.rewind(t);
  }

  /** The first instant in [row.at, last], or after `from`, at which the state of `row` has units and NAV ≤ 0. */
  private endOf(row: Row, from: Instant | undefined, last: Instant, prices: PriceView): Instant | undefined {
    const { state } = row;
    if (state.units <= 0n) return undefined;
    if (from === undefined) {
      const nav = navOf(this.terms, state, prices.at(row.at)?.price);
      if (nav !== undefined && nav <= 0n) return row.at;
    }
    if (state.quantity === 0n) return undefined;
    const { low, high } = pricesInside(cashAtNavScale(this.terms, state.cash), slopeAtNavScale(this.terms, state.quantity), undefined);
    return prices.firstOutside(from ?? row.at, last, low, high)?.at;
  }
}
