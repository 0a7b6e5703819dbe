/**
 * Deciding and folding a `price-<instrument>` stream. The state is the listing alone: ticks are facts that nothing else in the stream
 * depends on, and only a correction needs to find one.
 */
import type { DecideContext, PriceCommand } from './commands';
import { formatFixed } from './decimal';
import { optional, readDecimal, readTime, reject, timeText } from './fields';
import type { InstrumentListed, PriceEvent } from './price-events';
import { RefusalError, type Refusal } from './refusal';

export type Listing = InstrumentListed['data'];

/** The tick that a correction means, as found in the stream by event id. */
export interface CorrectedTick {
  /** Event id of the tick itself, also when a correction of it was named. */
  readonly eventId: string;
  readonly at: string;
}

/**
 * `listing`: the stream's, or undefined when it is empty. `corrected`: for CorrectPrice, the tick named, or undefined when there is none.
 * Answers the events, or a refusal.
 */
export function decidePrice(
  listing: Listing | undefined,
  command: PriceCommand,
  context: DecideContext,
  corrected?: CorrectedTick,
): PriceEvent[] | Refusal {
  try {
    return [decide(listing, command, context, corrected)];
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  }
}

function decide(listing: Listing | undefined, command: PriceCommand, context: DecideContext, corrected?: CorrectedTick): PriceEvent {
  const { instrumentId } = command.data;
  if (listing) checkCase(listing.instrumentId, instrumentId, '/instrumentId');
  if (command.name === 'ListInstrument') {
    if (listing) reject('AlreadyExists', 'an instrument is listed once', { field: '/instrumentId', value: instrumentId });
    const { kind, quoteCurrency, priceScale, quantityScale } = command.data;
    return { type: 'InstrumentListed', data: { instrumentId, kind, quoteCurrency, priceScale, quantityScale } };
  }
  if (!listing) reject('UnknownInstrument', 'must be a listed instrument', { field: '/instrumentId', value: instrumentId });
  const units = readDecimal('/price', command.data.price, listing.priceScale, listing.kind === 'rate' ? 'any' : 'above 0');
  const price = formatFixed(units, listing.priceScale);
  if (command.name === 'RecordPrice') {
    const { at, source, quality } = command.data;
    readTime('/at', at, context);
    return { type: 'PriceTicked', data: { instrumentId, price, at: timeText(at), source, ...optional('quality', quality) } };
  }
  const { corrects, at, reason } = command.data;
  if (!corrected)
    reject('UnknownEvent', 'must be the event id of a recorded price of this instrument', { field: '/corrects', value: corrects });
  if (at !== undefined) readTime('/at', at, context);
  return {
    type: 'PriceCorrected',
    data: { instrumentId, corrects: corrected.eventId, price, at: at === undefined ? corrected.at : timeText(at), reason },
  };
}

/** Stream names are lower-case, so ids that differ in case only would share a stream. */
export function checkCase(existing: string, given: string, field: string): void {
  if (existing !== given) reject('IdCaseMismatch', `differs in letter case only from ${existing}`, { field, value: given });
}
