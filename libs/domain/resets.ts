/**
 * Reset points: the scheduled instants at which the leverage is put back to L. A scheduled instant without a tick since the scheduled
 * instant before it (or since the start of the window) is a holiday: it does not count. Band exits are not here: they depend on a position.
 */
import { cronInstants } from './cron';
import { type Instant, NANOS_PER_DAY } from './instant';
import type { Mandate } from './mandate';
import type { PriceView } from './price-view';

/** A mandate from its `at`, included. */
export interface MandateInForce {
  readonly at: Instant;
  readonly position: number;
  readonly mandate: Mandate;
}

/** The mandate in force at `t` of a list ordered by (at, position). */
export function mandateAt<T extends { readonly at: Instant }>(list: readonly T[], t: Instant): T | undefined {
  for (let i = list.length - 1; i >= 0; i--) if (list[i]!.at <= t) return list[i];
  return undefined;
}

/** The windows (after, until] cut at the mandates' beginnings, each with its mandate. A mandate's first instant belongs to it. */
export function* mandateSpans(
  mandates: readonly MandateInForce[],
  after: Instant,
  until: Instant,
): Generator<{ readonly mandate: Mandate | undefined; readonly after: Instant; readonly until: Instant }> {
  let start = after;
  let current = mandateAt(mandates, after + 1n)?.mandate;
  for (const next of mandates) {
    if (next.at <= after + 1n || next.at > until) continue;
    if (next.at - 1n > start) yield { mandate: current, after: start, until: next.at - 1n };
    start = next.at - 1n;
    current = next.mandate;
  }
  if (until > start) yield { mandate: current, after: start, until };
}

/** Midnights UTC stand in where there is no schedule and periods are wanted all the same. */
export const MIDNIGHT_UTC = { cron: '0 0 * * *', zone: 'UTC' } as const;

/** The scheduled resets with after < t ≤ until, in order. `fallback` is used while no schedule is in force. */
export function* scheduledResets(
  mandates: readonly MandateInForce[],
  after: Instant,
  until: Instant,
  fallback?: { readonly cron: string; readonly zone: string },
): Generator<Instant> {
  for (const span of mandateSpans(mandates, after, until)) {
    const resets = span.mandate?.data.resets ?? fallback;
    if (resets) yield* cronInstants(resets.cron, resets.zone, span.after, span.until);
  }
}

/** Those of the scheduled resets that count. */
export function* countedResets(
  mandates: readonly MandateInForce[],
  prices: PriceView,
  after: Instant,
  until: Instant,
  fallback?: { readonly cron: string; readonly zone: string },
): Generator<Instant> {
  let previous = after;
  for (const t of scheduledResets(mandates, after, until, fallback)) {
    const tick = prices.at(t);
    if (tick && tick.at > previous) yield t;
    // Without a later tick no later reset counts.
    else if (!prices.next(t)) return;
    previous = t;
  }
}

/** The last scheduled instant with after < t ≤ until, whether it counts or not; `after` when there is none. Looks back from `until`. */
export function lastScheduled(mandates: readonly MandateInForce[], after: Instant, until: Instant): Instant {
  for (let back = NANOS_PER_DAY; ; back *= 8n) {
    const start = until - back > after ? until - back : after;
    let last: Instant | undefined;
    for (const t of scheduledResets(mandates, start, until)) last = t;
    if (last !== undefined || start === after) return last ?? after;
  }
}
