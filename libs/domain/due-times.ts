/**
 * When rules are due. at_reset: each scheduled reset that counts; daily, and at_reset without a schedule: 00:00 in the mandate's zone, else UTC; crystallise: the rule's own
 * calendar; per_flow: the flows. At one instant: creation and redemption, funding, borrow, management, custody, other, performance, and rules of one kind in their order.
 */
import { cronInstants } from './cron';
import type { FeeKind } from './fee-schedule';
import type { Rule } from './fee-rules';
import type { Instant } from './instant';
import type { PriceView } from './price-view';
import { countedResets, lastScheduled, type MandateInForce, mandateAt, mandateSpans, scheduledResets } from './resets';
import type { Rows } from './timeline';

/** Lower is charged first. */
export const CHARGE_ORDER: { readonly [K in FeeKind]: number } = {
  trading: 0,
  creation: 1,
  redemption: 1,
  funding: 2,
  borrow: 3,
  management: 4,
  custody: 5,
  other: 6,
  performance: 7,
};

/** The zone whose calendar days count at `t`. */
export function zoneAt(mandates: readonly MandateInForce[], t: Instant): string {
  return mandateAt(mandates, t)?.mandate.data.resets?.zone ?? 'UTC';
}

/** What due times depend on. */
export interface Calendar {
  readonly mandates: readonly MandateInForce[];
  readonly prices: PriceView;
  readonly openedAt: Instant;
}

/** Counted resets with since < t ≤ until, and midnights where the mandate has no schedule, in order. */
export function* resetTimes({ mandates, prices, openedAt }: Calendar, since: Instant, until: Instant): Generator<Instant> {
  let resets: Generator<Instant> | undefined;
  let next: Instant | undefined;
  if (!scheduledResets(mandates, since, until).next().done) {
    // Whether a reset counts depends on the ticks since the scheduled instant before it, not on when the charging began.
    resets = countedResets(mandates, prices, lastScheduled(mandates, openedAt, since), until);
    next = after(resets, since);
  }
  for (const span of mandateSpans(mandates, since, until)) {
    if (!span.mandate?.data.resets) yield* cronInstants('0 0 * * *', 'UTC', span.after, span.until);
    else for (; next !== undefined && next <= span.until; next = after(resets!, since)) yield next;
  }
}

/** Midnights in the zone of the mandate in force, since < t ≤ until, in order. */
export function* midnights({ mandates }: Calendar, since: Instant, until: Instant): Generator<Instant> {
  let last = since;
  for (const span of mandateSpans(mandates, since, until))
    for (const t of cronInstants('0 0 * * *', span.mandate?.data.resets?.zone ?? 'UTC', span.after, span.until))
      if (t > last) yield (last = t);
}

/** The instants of creations or redemptions with since < t ≤ until, each once. */
export function* flowTimes(rows: Rows, kind: 'creation' | 'redemption', since: Instant, until: Instant): Generator<Instant> {
  let last: Instant | undefined;
  for (let i = rows.countThrough(since); i < rows.length; i++) {
    const { at, fact } = rows.row(i)!;
    if (at > until) return;
    if (fact.kind === kind && at !== last) yield (last = at);
  }
}

/** Cash and units of the flows of a kind at an instant. */
export function flowAt(rows: Rows, kind: 'creation' | 'redemption', t: Instant): { cash: bigint; units: bigint } {
  const sum = { cash: 0n, units: 0n };
  for (let i = rows.countThrough(t - 1n); rows.row(i)?.at === t; i++) {
    const { fact } = rows.row(i)!;
    if (fact.kind !== kind) continue;
    sum.cash += fact.cash;
    sum.units += fact.units;
  }
  return sum;
}

/** The due times of a rule that is charged by time or crystallised, since < t ≤ until, in order. per_second: `until` alone. */
export function* dueTimes(calendar: Calendar, rule: Rule, since: Instant, until: Instant): Generator<Instant> {
  switch (rule.trigger) {
    case 'at_reset':
      yield* resetTimes(calendar, since, until);
      return;
    case 'daily':
      yield* midnights(calendar, since, until);
      return;
    case 'per_second':
      if (until > since) yield until;
      return;
    case 'crystallise':
      yield* cronInstants(rule.crystallise!.cron, rule.crystallise!.zone, since, until);
      return;
    case 'per_fill':
    case 'per_flow':
      return;
  }
}

function after(instants: Generator<Instant>, since: Instant): Instant | undefined {
  for (;;) {
    const found = instants.next();
    if (found.done) return undefined;
    if (found.value > since) return found.value;
  }
}
