/**
 * Many prices of one instrument and source as one command: the events that RecordPrice would record one by one, byte for byte. The command's id and digest are made of
 * what it says, so that the same prices are the same command. Deliberately absent: any check of the prices, which whoever read them made.
 */
import { hash } from 'node:crypto';
import { formatFixed } from '../domain/decimal';
import { formatInstant, type Instant } from '../domain/instant';
import type { Listing } from '../domain/price-stream';
import type { AppendRequest, NewEvent } from '../store/port';
import { uuidv5 } from '../store/uuid';
import { priceStream } from './streams';

export interface Tick {
  readonly at: Instant;
  /** In units of the instrument's price scale. */
  readonly price: bigint;
}

const NAMESPACE = '0e8f2b61-7a53-5c0e-9b1d-6a5f0c1d2e47';

/** At least one tick. `metadata`: JSON text. */
export function priceRequest(
  { instrumentId, priceScale }: Listing,
  source: string,
  ticks: readonly Tick[],
  metadata: string,
  expectedRevision: number,
): AppendRequest {
  const head = `{"instrumentId":${JSON.stringify(instrumentId)},"price":"`;
  const tail = `","source":${JSON.stringify(source)}}`;
  const texts = ticks.map(({ at, price }) => `${head}${formatFixed(price, priceScale)}","at":"${formatInstant(at)}${tail}`);
  const content = hash('sha256', texts.join('\n'), 'hex');
  const commandId = uuidv5(NAMESPACE, content);
  const events = ticks.map(({ at }, i): NewEvent => ({
    eventId: uuidv5(commandId, String(i)),
    type: 'PriceTicked',
    at,
    data: texts[i]!,
    metadata,
  }));
  return { stream: priceStream(instrumentId), expectedRevision, commandId, digest: content.slice(0, 32), events };
}
