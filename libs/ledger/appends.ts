/** A store's appends, each told to whoever runs the process: how many events became durable and how long that took, or why none did. */
import type { AppendRequest, AppendResult, EventStore } from '../store/port';

export interface AppendObserver {
  appended(events: number, nanos: bigint): void;
  failed(error: unknown): void;
}

export class Appends {
  observer: AppendObserver | undefined;

  constructor(private readonly store: EventStore) {}

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    const began = process.hrtime.bigint();
    try {
      const results = await this.store.append(requests);
      const events = requests.reduce((sum, request) => sum + request.events.length, 0);
      if (events > 0) this.observer?.appended(events, process.hrtime.bigint() - began);
      return results;
    } catch (error) {
      this.observer?.failed(error);
      throw error;
    }
  }
}
