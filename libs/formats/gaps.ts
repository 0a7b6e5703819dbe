/** Missing candles: counted, never filled in. Only counts are made here; no price is read. */
import type { PriceColumns } from './price-columns';

export interface Gaps {
  /** Places where at least one candle is missing. */
  readonly gaps: number;
  /** How many candles of the length would have fitted there. */
  readonly missing: number;
}

export const NO_GAPS: Gaps = { gaps: 0, missing: 0 };

/** The gaps between rows that should stand `length` nanoseconds apart. */
export function gapsOf(prices: PriceColumns, length: bigint): Gaps {
  let gaps = 0;
  let missing = 0;
  for (let i = 1; i < prices.count; i++) {
    const distance = prices.at(i) - prices.at(i - 1);
    if (distance < 2n * length) continue;
    gaps++;
    missing += Number(distance / length) - 1;
  }
  return { gaps, missing };
}
