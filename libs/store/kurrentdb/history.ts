/**
 * A history on its way to a server: whole commands, so many at a time as fit into a message. Deliberately absent: checking that it continues the log, and sending.
 */
import { decode } from '../frame';
import type { EventStore, StoredEvent } from '../port';
import { outgoingBytes, type OutgoingCommand } from './wire';

/** Bytes of a history sent in one message. */
const EXTEND_BYTES = 512 << 10;

/** All events of a store. */
export async function* eventsOf(store: EventStore): AsyncIterable<StoredEvent> {
  for await (const slice of store.readAll(0)) for (const frame of slice.frames()) yield decode(frame);
}

/** Whole commands, some {@link EXTEND_BYTES} at a time. */
export async function* parts(events: AsyncIterable<StoredEvent>): AsyncIterable<StoredEvent[]> {
  let part: StoredEvent[] = [];
  let bytes = 0;
  for await (const event of events) {
    if (bytes > EXTEND_BYTES && event.commandIndex === 0) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += outgoingBytes(event);
  }
  if (part.length > 0) yield part;
}

/** The commands of consecutive events, checked before. */
export function batchOf(part: readonly StoredEvent[]): { commands: OutgoingCommand[]; expected: Map<string, number> } {
  const commands: (OutgoingCommand & { events: StoredEvent[] })[] = [];
  const expected = new Map<string, number>();
  for (const event of part) {
    const { stream, revision, commandId, digest, recordedAt, commandIndex } = event;
    if (!expected.has(stream)) expected.set(stream, revision - 1);
    if (commandIndex === 0) commands.push({ stream, commandId, digest, recordedAt, events: [event] });
    else commands.at(-1)!.events.push(event);
  }
  return { commands, expected };
}
