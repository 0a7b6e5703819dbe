/**
 * A portfolio as known at some position of the log: the fold of its stream. Holds the facts in force in their order, the mandates and
 * schedules, and the ids that were used. `apply` is the stream's evolve: it trusts what was recorded, asks no clock and no price, and is the only way
 * in which a portfolio changes.
 */
import { factOf, type Terms } from './facts';
import { readSchedule, type AccrualRule, type FeeSchedule } from './fee-schedule';
import { fixed } from './decimal';
import { instant, type Instant } from './instant';
import { readMandate } from './mandate';
import type { CorrectableEvent, PortfolioEvent, PortfolioOpened } from './portfolio-events';
import type { Listing } from './price-stream';
import type { MandateInForce } from './resets';
import { type Rows, Timeline } from './timeline';

/** A fact that was recorded, and what stands for it now. */
export interface RecordedFact {
  readonly eventId: string;
  /** Of the event first recorded: its place in the order for good. */
  readonly position: number;
  /** What stands now; undefined once busted. */
  readonly standing: CorrectableEvent | undefined;
  readonly original: CorrectableEvent;
}

export interface AdoptedMandate extends MandateInForce {
  readonly version: string;
}

export interface AdoptedSchedule {
  readonly at: Instant;
  readonly position: number;
  readonly schedule: FeeSchedule;
  readonly rules: readonly AccrualRule[];
}

/** What questions are asked of: a portfolio as known at some position, folded here or read back from where it was kept. */
export interface PortfolioRecord {
  readonly terms: Terms;
  readonly timeline: Rows;
  /** In order of (effective time, log position), as are the schedules. */
  readonly mandates: readonly AdoptedMandate[];
  readonly schedules: readonly AdoptedSchedule[];
  /** Effective times of the live charges of each rule ({@link ruleKey}), ascending. */
  readonly charges: ReadonlyMap<string, readonly Instant[]>;
}

export class Portfolio implements PortfolioRecord {
  readonly terms: Terms;
  readonly timeline: Timeline;
  readonly mandates: AdoptedMandate[] = [];
  readonly schedules: AdoptedSchedule[] = [];
  /** Recorded facts by the id of the event that first recorded them. */
  readonly facts = new Map<string, RecordedFact>();
  /** "rebalance:x", "fill:x", "fee:x": ids used, also by facts busted since. */
  readonly usedIds = new Set<string>();
  /** The fact that holds a live fill. */
  readonly liveFills = new Map<string, string>();
  /** The fact that charges a live fill: its own rebalance, or a FeeCharged that names it. */
  readonly fillFees = new Map<string, string>();
  readonly charges = new Map<string, Instant[]>();
  /** How many mandates were recorded, also those busted since: the next one's version. */
  mandatesRecorded = 0;
  private readonly roots = new Map<string, string>();

  constructor(opened: PortfolioOpened, listing: Listing) {
    if (listing.kind === 'rate') throw new Error(`a rate cannot be traded: ${listing.instrumentId}`);
    const { portfolioId, name, quoteCurrency, instrumentId, targetLeverage, currencyScale, unitScale, at } = opened.data;
    const { priceScale, quantityScale } = listing;
    this.terms = {
      portfolioId,
      name,
      quoteCurrency,
      instrumentId,
      kind: listing.kind,
      targetLeverage: fixed(targetLeverage, 2),
      currencyScale,
      unitScale,
      priceScale,
      quantityScale,
      navScale: Math.max(currencyScale, priceScale + quantityScale),
      openedAt: instant(at),
    };
    this.timeline = new Timeline(this.terms);
  }

  /** Takes the next event of the stream in. Answers the earliest effective time at which anything changed. */
  apply(event: PortfolioEvent, eventId: string, position: number): Instant {
    if (event.type === 'PortfolioOpened') throw new Error('a portfolio is opened once');
    if (event.type !== 'FactCorrected') {
      if (event.type === 'MandateAdopted') this.mandatesRecorded++;
      this.noteIds(event);
      this.facts.set(eventId, { eventId, position, standing: event, original: event });
      this.stand(event, eventId, position);
      return instant(event.data.at);
    }
    const rootId = event.data.corrects;
    const root = this.facts.get(rootId);
    if (!root) throw new Error(`a correction of an unknown fact: ${rootId}`);
    this.roots.set(eventId, rootId);
    const before = root.standing ? instant(root.standing.data.at) : undefined;
    if (root.standing) this.withdraw(root.standing, root.position);
    const standing = event.data.fact;
    this.facts.set(rootId, { ...root, standing });
    if (standing) {
      this.noteIds(standing);
      this.stand(standing, rootId, root.position);
    }
    const after = standing ? instant(standing.data.at) : undefined;
    return before === undefined || (after !== undefined && after < before) ? (after ?? instant(event.data.at)) : before;
  }

  /** The fact meant by an event id: its own, or the one that a correction corrected. */
  factOf(eventId: string): RecordedFact | undefined {
    return this.facts.get(this.roots.get(eventId) ?? eventId);
  }

  private noteIds(event: CorrectableEvent): void {
    if (event.type === 'RebalanceExecuted') {
      this.usedIds.add(`rebalance:${event.data.rebalanceId}`);
      for (const fill of event.data.fills) this.usedIds.add(`fill:${fill.fillId}`);
    } else if (event.type === 'FeeCharged') this.usedIds.add(`fee:${event.data.feeId}`);
  }

  private stand(event: CorrectableEvent, rootId: string, position: number): void {
    const at = instant(event.data.at);
    if (event.type === 'MandateAdopted') {
      const { mandate, version } = event.data;
      insertOrdered(this.mandates, { at, position, version, mandate: readMandate(mandate, this.terms.targetLeverage) });
    } else if (event.type === 'FeeScheduleAdopted') {
      const { schedule } = event.data;
      insertOrdered(this.schedules, { at, position, schedule, rules: readSchedule(schedule) });
    } else if (event.type === 'RebalanceExecuted') {
      for (const fill of event.data.fills) {
        this.liveFills.set(fill.fillId, rootId);
        if (fill.fee !== undefined) this.fillFees.set(fill.fillId, rootId);
      }
    } else if (event.type === 'FeeCharged') {
      if (event.data.fillId !== undefined) this.fillFees.set(event.data.fillId, rootId);
      if (event.data.schedule) {
        const { id, version, rule } = event.data.schedule;
        const key = ruleKey(id, version, rule);
        const times = this.charges.get(key) ?? [];
        times.push(at);
        if (times.length > 1 && times[times.length - 2]! > at) times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        this.charges.set(key, times);
      }
    }
    const fact = factOf(this.terms, event);
    if (fact) this.timeline.insert({ at, position, fact });
  }

  private withdraw(event: CorrectableEvent, position: number): void {
    const at = instant(event.data.at);
    if (event.type === 'MandateAdopted') removeAt(this.mandates, position);
    else if (event.type === 'FeeScheduleAdopted') removeAt(this.schedules, position);
    else if (event.type === 'RebalanceExecuted') {
      for (const fill of event.data.fills) {
        this.liveFills.delete(fill.fillId);
        if (fill.fee !== undefined) this.fillFees.delete(fill.fillId);
      }
    } else if (event.type === 'FeeCharged') {
      if (event.data.fillId !== undefined) this.fillFees.delete(event.data.fillId);
      if (event.data.schedule) {
        const { id, version, rule } = event.data.schedule;
        const times = this.charges.get(ruleKey(id, version, rule))!;
        times.splice(times.indexOf(at), 1);
      }
    }
    this.timeline.remove(at, position);
  }
}

/** Names a rule of a schedule in {@link Portfolio.charges}. */
export function ruleKey(id: string, version: string, rule: number): string {
  return `${id}/${version}/${rule}`;
}

function insertOrdered<T extends { readonly at: Instant; readonly position: number }>(list: T[], item: T): void {
  let index = list.length;
  while (index > 0 && (list[index - 1]!.at > item.at || (list[index - 1]!.at === item.at && list[index - 1]!.position > item.position)))
    index--;
  list.splice(index, 0, item);
}

function removeAt(list: { readonly position: number }[], position: number): void {
  list.splice(
    list.findIndex((item) => item.position === position),
    1,
  );
}
