/**
 * Between the domain's events and the store's. Data is written by JSON.stringify in the order of the event's fields and read back by JSON.parse; metadata
 * holds who and why (actor, schema version, correlation, causation). An event type that is not known here stops whoever reads it.
 */
import { instant, type Instant } from '../domain/instant';
import type { PortfolioEvent } from '../domain/portfolio-events';
import type { PriceEvent } from '../domain/price-events';
import type { NewEvent, StoredEvent } from '../store/port';
import { uuidv5 } from '../store/uuid';

export const SCHEMA_VERSION = 1;

export type LedgerEvent = PriceEvent | PortfolioEvent;

/** Every type that may stand in a log: the key order is the one of docs/reference/events.md. */
const KNOWN: { readonly [T in LedgerEvent['type']]: true } = {
  InstrumentListed: true,
  PriceTicked: true,
  PriceCorrected: true,
  PortfolioOpened: true,
  MandateAdopted: true,
  FeeScheduleAdopted: true,
  SlippageModelAdopted: true,
  UnitsCreated: true,
  UnitsRedeemed: true,
  UnitsSplit: true,
  RebalanceExecuted: true,
  FeeCharged: true,
  FundingSettled: true,
  InterestAccrued: true,
  NothingDue: true,
  FactCorrected: true,
};

export const EVENT_TYPES = Object.keys(KNOWN) as LedgerEvent['type'][];

export interface Provenance {
  readonly actor: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

export function metadataText({ actor, correlationId, causationId }: Provenance): string {
  return JSON.stringify({ actor, schemaVersion: SCHEMA_VERSION, correlationId, causationId });
}

/** The event as the store takes it; its id is the UUIDv5 of the command id and its index. `listedAt`: the effective time of events that carry none. */
export function toNewEvent(event: LedgerEvent, commandId: string, index: number, metadata: string, listedAt: Instant): NewEvent {
  return {
    eventId: uuidv5(commandId, String(index)),
    type: event.type,
    at: 'at' in event.data ? instant(event.data.at) : listedAt,
    data: JSON.stringify(event.data),
    metadata,
  };
}

/** Throws when the type or schema version is not one of ours: nothing is skipped. */
export function fromStored(stored: StoredEvent): LedgerEvent {
  checkType(stored.type, stored.position);
  return { type: stored.type, data: JSON.parse(stored.data) as unknown } as LedgerEvent;
}

export function checkType(type: string, position: number): void {
  if (!Object.hasOwn(KNOWN, type))
    throw new Error(`the event at position ${position} is of type ${type}, which this version does not know`);
}
