/**
 * The costless benchmarks that a fund is held against, all starting at n_0 per unit: S simple leveraged position, W power payoff, I the mandate's own
 * resets on exact leverage. In fixed point; L in units of 10^-2, prices in price units.
 */
import type { Instant } from '../domain/instant';
import { pricesInside } from '../domain/mandate';
import { countedResets, mandateSpans } from '../domain/resets';
import { divRound } from '../domain/decimal';
import { multiply, power, ratio } from './fixed-point';
import type { View } from './view';

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
 * n_0 Π (1 + L·R_j) over the mandate's reset points in (from, to] and the part period to `to`; starts at exactly L at `from`. Reset points are the scheduled
 * instants that count and, with a band, the ticks at which I's own leverage L·P/(P_j + L(P − P_j)) has left it.
 */
export function idealPath(view: View, n0: bigint, p0: bigint, from: Instant, to: Instant): Ideal {
  const { terms, mandates } = view.portfolio;
  const leverage = terms.targetLeverage;
  let value = n0;
  let base = p0;
  /** Resets at a price; answers false when the ideal ends there. */
  const reset = (price: bigint): boolean => {
    value = grow(value, leverage, base, price);
    base = price;
    return value > 0n;
  };
  const scheduled = countedResets(mandates, view.prices, from, to);
  let next = scheduled.next();
  for (const span of mandateSpans(mandates, from, to)) {
    let start = span.after;
    while (start < span.until) {
      const scheduledAt = !next.done && next.value <= span.until ? next.value : undefined;
      const band = span.mandate?.band;
      if (band) {
        // NAV and exposure of one such position are 100·P_j + L·(P − P_j) and L·P, in one unit.
        const { low, high } = pricesInside((100n - leverage) * base, leverage, band);
        const exit = view.prices.firstOutside(start, scheduledAt === undefined ? span.until : scheduledAt - 1n, low, high);
        if (exit) {
          if (!reset(exit.price)) return { value: 0n, terminatedAt: exit.at };
          start = exit.at;
          continue;
        }
      }
      if (scheduledAt === undefined) break;
      if (!reset(view.prices.at(scheduledAt)!.price)) return { value: 0n, terminatedAt: scheduledAt };
      start = scheduledAt;
      next = scheduled.next();
    }
  }
  return reset(view.prices.at(to)!.price) ? { value, terminatedAt: undefined } : { value: 0n, terminatedAt: to };
}

/** value · (1 + L·(P/base − 1)). */
export function grow(value: bigint, leverage: bigint, base: bigint, price: bigint): bigint {
  return divRound(value * (100n * base + leverage * (price - base)), 100n * base);
}
