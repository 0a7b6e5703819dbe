/**
 * Following a log: the loop behind every store's `subscribe`. Invariant: slices arrive in position order, each event once, and never two at a
 * time. Deliberately absent: how a store learns that there is more.
 */
import type { Slice } from './frame';
import type { Subscription } from './port';

export type Listener = (slice: Slice) => Promise<void> | void;

/** What following needs of a store. */
export interface Followed {
  readAll(from: number): AsyncIterable<Slice>;
  /** Resolves when there may be events from `position` on or the signal is aborted; rejects when the store is closed. */
  more(position: number, signal: AbortSignal): Promise<void>;
}

export function follow(log: Followed, from: number, listener: Listener, onEnd?: (error: unknown) => void): Subscription {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    let next = from;
    while (!stop.signal.aborted) {
      for await (const slice of log.readAll(next)) {
        if (stop.signal.aborted) return;
        await listener(slice);
        next = slice.position + slice.count;
      }
      if (!stop.signal.aborted) await log.more(next, stop.signal);
    }
  };
  const running = run().catch((error: unknown) => {
    if (!stop.signal.aborted) onEnd?.(error);
  });
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

/** Those who wait for the next commit. */
export class Waiters {
  private readonly waiting = new Set<{ resolve: () => void; reject: (error: unknown) => void }>();

  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        resolve: () => {
          signal.removeEventListener('abort', waiter.resolve);
          this.waiting.delete(waiter);
          resolve();
        },
        reject,
      };
      signal.addEventListener('abort', waiter.resolve);
      this.waiting.add(waiter);
    });
  }

  get some(): boolean {
    return this.waiting.size > 0;
  }

  wake(): void {
    for (const waiter of [...this.waiting]) waiter.resolve();
  }

  fail(error: unknown): void {
    for (const waiter of this.waiting) waiter.reject(error);
    this.waiting.clear();
  }
}
