/**
 * The vocabulary of a `price-<instrument>` stream: one instrument's listing and its prices. Facts in the past tense, never edited.
 * Prices are decimal strings of exactly the instrument's price scale, in the quote currency per one whole unit of the instrument
 * (yearly fractions for a `rate`); times are RFC 3339 UTC.
 */
export type InstrumentKind = 'spot' | 'perp' | 'index' | 'rate';

export interface InstrumentListed {
  readonly type: 'InstrumentListed';
  readonly data: {
    readonly instrumentId: string;
    readonly kind: InstrumentKind;
    /** Upper-case code, e.g. USD. */
    readonly quoteCurrency: string;
    /** Decimals of a price, 0 to 18. */
    readonly priceScale: number;
    /** Decimals of a quantity, 0 to 18. */
    readonly quantityScale: number;
  };
}

export interface PriceTicked {
  readonly type: 'PriceTicked';
  readonly data: {
    readonly instrumentId: string;
    readonly price: string;
    /** When the price held. */
    readonly at: string;
    /** Who said so: a venue or file, 1 to 64 characters. */
    readonly source: string;
    readonly quality?: string;
  };
}

export interface PriceCorrected {
  readonly type: 'PriceCorrected';
  readonly data: {
    readonly instrumentId: string;
    /** Event id of the tick, or of an earlier correction of it (which means the same tick). */
    readonly corrects: string;
    readonly price: string;
    /** The tick's time from now on: the given one, else the one it had. */
    readonly at: string;
    readonly reason: string;
  };
}

export type PriceEvent = InstrumentListed | PriceTicked | PriceCorrected;
