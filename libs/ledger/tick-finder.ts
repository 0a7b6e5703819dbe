/**
 * Finds the tick that an event id means, for corrections: its own, or the one that a correction of that id corrected, with the time that it has by now.
 * Looks through the price stream from its end and remembers what it found. Deliberately absent: prices, which the tape holds.
 */
import { decode } from '../store/frame';
import type { EventStore } from '../store/port';
import { fromStored } from './event-codec';

export interface FoundTick {
  /** Of the tick itself. */
  readonly eventId: string;
  /** As its last correction has it. */
  readonly at: string;
  readonly position: number;
}

export class TickFinder {
  private readonly found = new Map<string, FoundTick>();

  constructor(private readonly store: EventStore) {}

  /** Undefined when there is no price event of that id in the stream. */
  async find(stream: string, eventId: string): Promise<FoundTick | undefined> {
    const known = this.found.get(eventId);
    if (known) return known;
    let movedTo: string | undefined;
    for await (const slice of this.store.readStream(stream, { backwards: true })) {
      let tick: FoundTick | undefined;
      let movedHere: string | undefined;
      for (const frame of slice.frames()) {
        if (frame.eventId !== eventId && frame.type !== 'PriceCorrected') continue;
        const event = fromStored(decode(frame));
        if (event.type === 'PriceCorrected') {
          if (frame.eventId === eventId) return this.find(stream, event.data.corrects);
          if (event.data.corrects === eventId) movedHere = event.data.at;
        } else if (event.type === 'PriceTicked') tick = { eventId, at: event.data.at, position: frame.position };
        else return undefined;
      }
      movedTo ??= movedHere;
      if (!tick) continue;
      const found = { ...tick, at: movedTo ?? tick.at };
      this.found.set(eventId, found);
      return found;
    }
    return undefined;
  }

  /** Takes note of a correction of a tick that was found; answers the tick's log position. */
  moved(eventId: string, at: string): number {
    const found = this.found.get(eventId)!;
    this.found.set(eventId, { ...found, at });
    return found.position;
  }
}
