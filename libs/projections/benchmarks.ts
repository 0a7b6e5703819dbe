/**
 * The costless benchmarks that a fund is held against, starting at n_0 per unit (the ideal path at 1): S simple leveraged position, W power payoff, I the mandate's own
 * resets on exact leverage. In fixed point; L in units of 10^-2, prices in price units.
 */
import type { Instant } from '../domain/instant';
import { pricesInside } from '../domain/mandate';
import type { PriceView } from '../domain/price-view';
import { type MandateInForce, mandateSpans } from '../domain/resets';
import { divRound } from '../domain/decimal';
import { multiply, ONE, power, ratio } from './fixed-point';

/** n_0 (1 + L (P_T/P_0 − 1)): bought once, never touched. */
export function simplePosition(n0: bigint, leverage: bigint, p0: bigint, pT: bigint): bigint {
  return divRound(n0 * (100n * p0 + leverage * (pT - p0)), 100n * p0);
}

/** n_0 (P_T/P_0)^L. */
export function powerPayoff(n0: bigint, leverage: bigint, p0: bigint, pT: bigint): bigint {
  return multiply(n0, power(ratio(pT, p0), leverage, 100n));
}

export interface Ideal {
  /** 0 for good once found at or below 0. */
  readonly value: bigint;
  readonly terminatedAt: Instant | undefined;
}

/**
 * Π (1 + L·R_j) over the mandate's reset points in (from, to] and the part period to `to`; starts at exactly L at `from`. Reset points are the scheduled
 * instants that count, `resets`, and, with a band, the ticks at which I's own leverage L·P/(P_j + L(P − P_j)) has left it.
 */
export function idealPath(
  leverage: bigint,
  mandates: readonly MandateInForce[],
  resets: readonly Instant[],
  prices: PriceView,
  from: Instant,
  to: Instant,
): Ideal {
  let value = ONE;
  let base = prices.at(from)!.price;
  /** Resets at a price; answers false when the ideal ends there. */
  const reset = (price: bigint): boolean => {
    value = grow(value, leverage, base, price);
    base = price;
    return value > 0n;
  };
  let next = 0;
  for (const span of mandateSpans(mandates, from, to)) {
    let start = span.after;
    while (start < span.until) {
      const scheduledAt = next < resets.length && resets[next]! <= span.until ? resets[next] : undefined;
      const band = span.mandate?.band;
      if (band) {
        // NAV and exposure of one such position are 100·P_j + L·(P − P_j) and L·P, in one unit.
        const { low, high } = pricesInside((100n - leverage) * base, leverage, band);
        const exit = prices.firstOutside(start, scheduledAt === undefined ? span.until : scheduledAt - 1n, low, high);
        if (exit) {
          if (!reset(exit.price)) return { value: 0n, terminatedAt: exit.at };
          start = exit.at;
          continue;
        }
      }
      if (scheduledAt === undefined) break;
      if (!reset(prices.at(scheduledAt)!.price)) return { value: 0n, terminatedAt: scheduledAt };
      start = scheduledAt;
      next++;
    }
  }
  return reset(prices.at(to)!.price) ? { value, terminatedAt: undefined } : { value: 0n, terminatedAt: to };
}

/** value · (1 + L·(P/base − 1)). */
export function grow(value: bigint, leverage: bigint, base: bigint, price: bigint): bigint {
  return divRound(value * (100n * base + leverage * (price - base)), 100n * base);
}
