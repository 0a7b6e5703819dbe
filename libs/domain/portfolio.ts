/**
 * A portfolio as known at some position of the log: the fold of its stream, with what deciding needs beside the facts in force: what was recorded under
 * which event id, and the ids that were used. `apply` is the stream's evolve: it trusts what was recorded, asks no clock and no price, and is the only way
 * in which a portfolio changes.
 */
import { fixed } from './decimal';
import type { Terms } from './facts';
import { FundRecord } from './fund-record';
import { instant, type Instant } from './instant';
import type { CorrectableEvent, PortfolioEvent, PortfolioOpened } from './portfolio-events';
import type { Listing } from './price-stream';

/** A fact that was recorded, and what stands for it now. */
export interface RecordedFact {
  readonly eventId: string;
  /** Of the event first recorded: its place in the order for good. */
  readonly position: number;
  /** What stands now; undefined once busted. */
  readonly standing: CorrectableEvent | undefined;
  readonly original: CorrectableEvent;
}

export class Portfolio extends FundRecord {
  /** Recorded facts by the id of the event that first recorded them. */
  readonly facts = new Map<string, RecordedFact>();
  /** Ids of the events that stand for good: the opening, and accruals that found nothing due. */
  readonly final: Set<string>;
  /** Ids used, also by facts busted since, each with the fact that used it. */
  readonly usedIds = { rebalance: new Map<string, string>(), fill: new Map<string, string>(), fee: new Map<string, string>() };
  /** The fact that holds a live fill. */
  readonly liveFills = new Map<string, string>();
  /** The fact that charges a live fill: its own rebalance, or a FeeCharged that names it. */
  readonly fillFees = new Map<string, string>();
  /** How many mandates were recorded, also those busted since: the next one's version. */
  mandatesRecorded = 0;
  private readonly roots = new Map<string, string>();

  /** `openedBy`: event id of the opening. */
  constructor(opened: PortfolioOpened, listing: Listing, openedBy: string) {
    super(termsOf(opened, listing));
    this.final = new Set([openedBy]);
  }

  /** Takes the next event of the stream in. Answers the earliest effective time at which anything changed; undefined when nothing did. */
  apply(event: Exclude<PortfolioEvent, PortfolioOpened>, eventId: string, position: number): Instant | undefined {
    if (event.type === 'NothingDue') {
      this.final.add(eventId);
      return undefined;
    }
    if (event.type !== 'FactCorrected') {
      if (event.type === 'MandateAdopted') this.mandatesRecorded++;
      this.facts.set(eventId, { eventId, position, standing: event, original: event });
      this.link(event, eventId);
      this.stand(event, position);
      return instant(event.data.at);
    }
    const rootId = event.data.corrects;
    const root = this.facts.get(rootId);
    if (!root) throw new Error(`a correction of an unknown fact: ${rootId}`);
    this.roots.set(eventId, rootId);
    if (root.standing) {
      this.unlink(root.standing);
      this.withdraw(root.standing, root.position);
    }
    const standing = event.data.fact;
    this.facts.set(rootId, { ...root, standing });
    if (standing) {
      this.link(standing, rootId);
      this.stand(standing, root.position);
    }
    const times = [root.standing, standing].flatMap((fact) => (fact ? [instant(fact.data.at)] : []));
    return times.reduce((a, b) => (a < b ? a : b), instant(event.data.at));
  }

  /** The fact meant by an event id: its own, or the one that a correction corrected. */
  factOf(eventId: string): RecordedFact | undefined {
    return this.facts.get(this.roots.get(eventId) ?? eventId);
  }

  private link(event: CorrectableEvent, rootId: string): void {
    if (event.type === 'RebalanceExecuted') {
      this.usedIds.rebalance.set(event.data.rebalanceId, rootId);
      for (const { fillId, fee } of event.data.fills) {
        this.usedIds.fill.set(fillId, rootId);
        this.liveFills.set(fillId, rootId);
        if (fee !== undefined) this.fillFees.set(fillId, rootId);
      }
    } else if (event.type === 'FeeCharged') {
      this.usedIds.fee.set(event.data.feeId, rootId);
      if (event.data.fillId !== undefined) this.fillFees.set(event.data.fillId, rootId);
    }
  }

  private unlink(event: CorrectableEvent): void {
    if (event.type === 'RebalanceExecuted') {
      for (const { fillId, fee } of event.data.fills) {
        this.liveFills.delete(fillId);
        if (fee !== undefined) this.fillFees.delete(fillId);
      }
    } else if (event.type === 'FeeCharged' && event.data.fillId !== undefined) this.fillFees.delete(event.data.fillId);
  }
}

/** Throws a defect for an instrument that cannot be traded: such a portfolio is never opened. */
function termsOf(opened: PortfolioOpened, listing: Listing): Terms {
  if (listing.kind === 'rate') throw new Error(`a rate cannot be traded: ${listing.instrumentId}`);
  const { portfolioId, name, quoteCurrency, instrumentId, targetLeverage, currencyScale, unitScale, at } = opened.data;
  const { priceScale, quantityScale } = listing;
  return {
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
}
