/**
 * A large message of this process's own that need not be read back. Invariant: no other message has its id, and what one message writes stands together or not at all; so when its first
 * event is the next in the log and its last one is at the revision that it was sent for, what lies between is as it was sent. Deliberately absent: reading those two.
 */
import type { ResolvedEvent } from '@kurrent/kurrentdb-client';
import type { Batch } from './sender';
import { messageOf, type RemoteEvent, returned } from './wire';

/** Messages of so many events are cheaper to number by their ends than to read. */
export const LARGE = 16;

export interface Message {
  readonly id: string;
  /** In the log's order. */
  readonly batch: Batch;
}

/** Where the message's last event is to stand. */
export function endOf({ batch: { commands, expected } }: Message): { readonly stream: string; readonly revision: number } {
  const { stream } = commands.at(-1)!;
  const count = commands.reduce((sum, command) => sum + (command.stream === stream ? command.events.length : 0), 0);
  return { stream, revision: expected.get(stream)! + count };
}

/** The message's events, if it is what lies from `next`, the next event in the log, to `last`, which stands where its own is to. All but the last are given the place of the first. */
export function eventsBetween({ id, batch }: Message, next: ResolvedEvent, last: RemoteEvent): RemoteEvent[] | undefined {
  if (messageOf(next) !== id || last.eventId !== batch.commands.at(-1)!.events.at(-1)!.eventId) return undefined;
  const heads = new Map(batch.expected);
  const events = batch.commands.flatMap((command) => {
    const head = heads.get(command.stream)!;
    heads.set(command.stream, head + command.events.length);
    return returned(command, head + 1, next.event!.position!);
  });
  events[events.length - 1] = last;
  return events;
}
