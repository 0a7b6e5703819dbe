/**
 * What the ledger needs to know of an instrument's prices, as known at some position of the log. The tick tape is the fast
 * implementation; a plain sorted array is the one that tests compare it with. Prices are bigints at the instrument's price scale.
 */
import type { Instant } from './instant';

/** The mark of one instant: of several ticks at one instant, the last in log order. */
export interface Tick {
  readonly at: Instant;
  readonly price: bigint;
}

/** The `rate` instruments, as known at the same position. */
export interface Rates {
  isRate(instrumentId: string): boolean;
  /** The last tick at or before `t`, units of 10^-18; undefined where there is none. */
  at(instrumentId: string, t: Instant): bigint | undefined;
}

export const NO_RATES: Rates = { isRate: () => false, at: () => undefined };

export interface PriceView {
  /** The last tick at or before `t`; undefined when there is none. */
  at(t: Instant): Tick | undefined;
  /**
   * The first tick with after < at ≤ until whose price is below `low` or above `high`; undefined bounds are open.
   * Both undefined: nothing is outside.
   */
  firstOutside(after: Instant, until: Instant, low: bigint | undefined, high: bigint | undefined): Tick | undefined;
  /** The first tick after `t`. */
  next(t: Instant): Tick | undefined;
}
