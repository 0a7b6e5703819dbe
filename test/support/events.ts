/** Requests and events for store tests: small, distinct, and made from a seed where they are random. */
import { createHash } from 'node:crypto';
import type { AppendRequest, NewEvent } from '../../libs/store/port';
import { uuidv5 } from '../../libs/store/uuid';

const NAMESPACE = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

/** The same UUID for the same name. */
export function id(name: string): string {
  return uuidv5(NAMESPACE, name);
}

export function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

export function event(name: string, fields: Partial<NewEvent> = {}): NewEvent {
  return {
    eventId: id(`event ${name}`),
    type: 'Happened',
    at: 1_600_000_000_123_456_789n,
    data: JSON.stringify({ name }),
    metadata: JSON.stringify({ actor: 'test', schemaVersion: 1 }),
    ...fields,
  };
}

/** A command `name` of `count` events for a stream at `expectedRevision`. */
export function request(name: string, stream: string, expectedRevision: number, count = 1, fields: Partial<NewEvent> = {}): AppendRequest {
  return {
    stream,
    expectedRevision,
    commandId: id(name),
    digest: digestOf(name),
    events: Array.from({ length: count }, (_, index) => event(`${name} ${index}`, fields)),
  };
}
