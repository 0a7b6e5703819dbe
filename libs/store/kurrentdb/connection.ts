/**
 * The connection to the server: one client at a time, and our own timer on everything that is asked of it. Invariant: no caller waits for ever, and an answer that comes after
 * its timer is dropped quietly. Deliberately absent: what is asked; retrying.
 */
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { NoAnswer } from './faults';
import type { KurrentAddress } from './url';

export interface Timers {
  /** For the answer to one call. */
  readonly callMillis: number;
  /** For everything that an append takes: tries and pauses. */
  readonly appendMillis: number;
  /** For an event that the server has taken to come back to us. */
  readonly numberMillis: number;
}

export const TIMERS: Timers = { callMillis: 10_000, appendMillis: 30_000, numberMillis: 10_000 };

export class Connection {
  private current: KurrentDBClient | undefined;

  constructor(
    private readonly address: KurrentAddress,
    readonly timers: Timers,
  ) {}

  /** The client; a new one after {@link renew}. */
  get client(): KurrentDBClient {
    const { KurrentDBClient: Client } = require('@kurrent/kurrentdb-client') as typeof import('@kurrent/kurrentdb-client');
    return (this.current ??= Client.connectionString(this.address.connection));
  }

  /** Asks something of the server. Rejects with what the client throws, with NoAnswer, or as soon as `over` aborts. */
  async call<T>(what: string, ask: (client: KurrentDBClient) => Promise<T>, over?: AbortSignal): Promise<T> {
    over?.throwIfAborted();
    const { callMillis } = this.timers;
    const answer = Promise.resolve().then(() => ask(this.client));
    answer.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer(what, callMillis)), callMillis);
      over?.addEventListener('abort', () => reject(over.reason as Error));
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Drops the client and its channel, so that the next call finds the server, or the leader, anew. */
  renew(): void {
    const { current } = this;
    this.current = undefined;
    // It waits for streams to end, which may never happen.
    current?.dispose().catch(() => undefined);
  }
}

/** A pause before the next try: doubling from `first` to `most`, the half of it by chance. */
export function backoff(attempt: number, first: number, most: number): number {
  const millis = Math.min(first * 2 ** attempt, most);
  return millis / 2 + (Math.random() * millis) / 2;
}
