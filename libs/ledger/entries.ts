/**
 * What the read model holds of each instrument and portfolio, and as a whole: the part that can be kept beside the store. Shapes only;
 * filling them is read-model.ts, keeping them is kept-model.ts.
 */
import { pow10 } from '../domain/decimal';
import { RATE_SCALE } from '../domain/fee-schedule';
import type { FundRecord } from '../domain/fund-record';
import type { Portfolio } from '../domain/portfolio';
import type { PriceView, Rates } from '../domain/price-view';
import type { Listing } from '../domain/price-stream';
import type { Ending } from '../domain/valuation';
import type { Tape } from '../projections/tape/tape';
import type { EventStore } from '../store/port';

export interface InstrumentEntry {
  readonly listing: Listing;
  readonly tape: Tape;
}

/** A portfolio as known now: folded from its stream, or its kept record, which can answer questions but not decide commands. */
export interface FundEntry {
  readonly fund: FundRecord;
  readonly ending: Ending;
  /** Log position of the stream's last event that is in. */
  lastPosition: number;
  /** First row that differs from what was kept. */
  firstChanged: number;
}

export interface PortfolioEntry extends FundEntry {
  readonly fund: Portfolio;
}

export interface Known {
  readonly store: EventStore;
  /** By stream. */
  readonly instruments: Map<string, InstrumentEntry>;
  /** By stream. */
  readonly funds: Map<string, FundEntry>;
  /** Log position of the last event that is in. */
  position: number;
  instrument(instrumentId: string): InstrumentEntry | undefined;
}

interface RateView {
  readonly scale: number;
  readonly ticks: PriceView;
}

/** The `rate` instruments as known at a log position, by default now: the ticks of each when it is first asked about. */
export function ratesOf(model: Pick<Known, 'instrument'>, known?: number): Rates {
  const views = new Map<string, RateView | undefined>();
  const find = (instrumentId: string): RateView | undefined => {
    if (views.has(instrumentId)) return views.get(instrumentId);
    const entry = model.instrument(instrumentId);
    const isRate = entry?.listing.kind === 'rate' && entry.listing.instrumentId === instrumentId;
    const view = isRate ? { scale: entry.listing.priceScale, ticks: entry.tape.view(known) } : undefined;
    views.set(instrumentId, view);
    return view;
  };
  return {
    isRate: (instrumentId) => find(instrumentId) !== undefined,
    at(instrumentId, t) {
      const view = find(instrumentId);
      const tick = view?.ticks.at(t);
      return tick && tick.price * pow10(RATE_SCALE - view!.scale);
    },
  };
}
