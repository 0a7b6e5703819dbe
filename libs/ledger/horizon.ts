/**
 * Up to where a read model has the store's events, and what the log says there. The store may be further by now, and a decision that named a newer revision than it was
 * made on would pass unseen over what it does not know. Invariant: what is answered counts the store's events up to `position` and what was noted, nothing else.
 */
import type { Instant } from '../domain/instant';
import type { EventStore } from '../store/port';

export class Horizon {
  /** Log position of the last of the store's events that is in. */
  position = -1;
  private readonly noted = new Map<string, number>();

  constructor(private readonly store: EventStore) {}

  note(stream: string, revision: number): void {
    this.noted.set(stream, revision);
  }

  /** Revision of the stream's last event that is in, -1 when there is none. */
  revisionOf(stream: string): number | Promise<number> {
    const revision = this.noted.get(stream);
    if (revision !== undefined) return revision;
    return this.store.head().position > this.position ? this.lookUp(stream) : this.store.streamHead(stream);
  }

  /** When the event at `position` was recorded. */
  async recordedAt(): Promise<Instant> {
    const { position, recordedAt } = this.store.head();
    if (position === this.position) return recordedAt;
    for await (const slice of this.store.readAll(this.position, { to: this.position })) {
      for (const frame of slice.frames()) return frame.recordedAt;
    }
    throw new Error(`the log does not reach to position ${this.position}`);
  }

  private async lookUp(stream: string): Promise<number> {
    for await (const slice of this.store.readStream(stream, { backwards: true })) {
      const count = Math.min(slice.count, this.position - slice.position + 1);
      if (count > 0) return slice.revision + count - 1;
    }
    return -1;
  }
}
