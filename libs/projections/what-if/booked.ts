/**
 * A window (from, to] of a fund as booked, as every scenario of it begins from: the state and high-water mark after everything of `from`, the facts that follow, and the prices. Read
 * once for all scenarios. Deliberately absent: what a scenario makes of it (replay.ts).
 */
import type { Fact, FundState } from '../../domain/facts';
import { highWaterMarkAt } from '../../domain/high-water-mark';
import { formatInstant, type Instant } from '../../domain/instant';
import { refuse, type Refusal } from '../../domain/refusal';
import { type Executed, volumeBefore } from '../../domain/trade';
import { navOf } from '../../domain/valuation';
import { Costless } from '../costless';
import { Lru } from '../tape/lru';
import type { View } from '../view';
import { RememberedPrices } from './remembered-prices';
import type { Scenario } from './scenario';

export interface BookedFact {
  readonly at: Instant;
  readonly fact: Fact;
  /** Of a flow: units and NAV (undefined without a price) as booked just before. */
  readonly before: { readonly units: bigint; readonly nav: bigint | undefined } | undefined;
}

export interface Booked {
  readonly view: View;
  readonly prices: RememberedPrices;
  readonly from: Instant;
  readonly to: Instant;
  readonly state: FundState;
  readonly highWaterMark: bigint | undefined;
  readonly facts: readonly BookedFact[];
  /** What the window has whatever is traded and charged, with a scenario's mandates and leverage. */
  readonly costless: (scenario: Pick<Scenario, 'terms' | 'mandates'>) => Costless;
  /** What was executed in so many nanoseconds up to `from`. */
  readonly volumeBefore: (window: bigint) => readonly Executed[];
}

const FOREVER = 1n << 63n;
const COSTLESS_KEPT = 64;

/** By default from the first units to the last price or fact. Refuses a window outside of the history. */
export function bookedWindow(view: View, fromGiven?: Instant, toGiven?: Instant): Booked | Refusal {
  const { terms, timeline } = view.portfolio;
  const about = { field: 'portfolioId', value: terms.portfolioId };
  const first = firstUnits(view);
  if (first === undefined) return refuse('NoUnits', 'there must be units to replay', about);
  const lastTick = view.prices.at(FOREVER)?.at;
  if (lastTick === undefined) return refuse('NoPrice', `there is no price of ${terms.instrumentId}, as known`, about);
  const lastFact = timeline.row(timeline.length - 1)!.at;
  const last = lastTick > lastFact ? lastTick : lastFact;
  const from = fromGiven ?? first;
  const to = toGiven ?? last;
  if (from < first) {
    const rule = `must not be before ${formatInstant(first)}, the first units of ${terms.portfolioId}`;
    return refuse('Unanswerable', rule, { field: 'from', value: formatInstant(from) });
  }
  if (to > last) {
    const rule = `must not be after ${formatInstant(last)}, the end of the history`;
    return refuse('Unanswerable', rule, { field: 'to', value: formatInstant(to) });
  }
  if (from >= to) return refuse('InvalidField', 'must be before the end of the window', { field: 'from', value: formatInstant(from) });
  const prices = new RememberedPrices(view.prices);
  const state = timeline.stateAt(from);
  const price = prices.at(from)?.price;
  if (price === undefined)
    return refuse('NoPrice', 'there must be a price at or before the start of the window', { field: 'from', value: formatInstant(from) });
  if (state.units <= 0n)
    return refuse('NoUnits', 'there must be units at the start of the window', { field: 'from', value: formatInstant(from) });
  if (navOf(terms, state, price)! <= 0n || view.ending.at(from) !== undefined)
    return refuse('NavNotPositive', 'NAV must be above 0 at the start of the window', { field: 'from', value: formatInstant(from) });
  const facts: BookedFact[] = [];
  for (let i = timeline.countThrough(from); i < timeline.length; i++) {
    const { at, fact } = timeline.row(i)!;
    if (at > to) break;
    const flow = fact.kind === 'creation' || fact.kind === 'redemption';
    const before = flow ? timeline.stateAfter(i) : undefined;
    facts.push({ at, fact, before: before && { units: before.units, nav: navOf(terms, before, prices.at(at)?.price) } });
  }
  const costless = new Lru<string, Costless>(COSTLESS_KEPT);
  return {
    view,
    prices,
    from,
    to,
    state,
    highWaterMark: highWaterMarkAt(terms, timeline, from),
    facts,
    costless: (scenario) => costless.take(keyOf(scenario), () => new Costless(scenario, prices, from, to)),
    volumeBefore: (window) => volumeBefore(timeline, from, window),
  };
}

function keyOf({ terms, mandates }: Pick<Scenario, 'terms' | 'mandates'>): string {
  const parts = mandates.map(({ at, mandate: { data } }) => [String(at), data.resets, data.band]);
  return `${terms.targetLeverage} ${JSON.stringify(parts)}`;
}

function firstUnits({ portfolio: { timeline } }: View): Instant | undefined {
  for (let i = 0; i < timeline.length; i++) {
    const { at, state } = timeline.row(i)!;
    if (state.units > 0n) return at;
  }
  return undefined;
}
