/**
 * What the read model holds of each instrument and portfolio, and as a whole: the part that can be kept beside the store. Shapes only;
 * filling them is read-model.ts, keeping them is kept-model.ts.
 */
import { pow10 } from '../domain/decimal';
import { RATE_SCALE } from '../domain/fee-schedule';
import type { FundRecord } from '../domain/fund-record';
import type { Portfolio } from '../domain/portfolio';
import type { Rates } from '../domain/price-view';
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

/** The `rate` instruments as known at a log position, by default now. */
export function ratesOf(model: Pick<Known, 'instrument'>, known?: number): Rates {
  const find = (instrumentId: string): InstrumentEntry | undefined => {
    const entry = model.instrument(instrumentId);
    return entry?.listing.kind === 'rate' && entry.listing.instrumentId === instrumentId ? entry : undefined;
  };
  return {
    isRate: (instrumentId) => find(instrumentId) !== undefined,
    at(instrumentId, t) {
      const entry = find(instrumentId);
      const tick = entry?.tape.view(known).at(t);
      return tick && tick.price * pow10(RATE_SCALE - entry!.listing.priceScale);
    },
  };
}
