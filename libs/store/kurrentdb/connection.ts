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

  /** Asks something of the server; what is known `otherwise` meanwhile is the answer. Rejects with what the client throws, and with NoAnswer. */
  async call<T>(what: string, ask: (client: KurrentDBClient) => Promise<T>, otherwise?: Promise<T>): Promise<T> {
    const { callMillis } = this.timers;
    const answer = Promise.resolve().then(() => ask(this.client));
    answer.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer(what, callMillis)), callMillis);
    });
    try {
      return await Promise.race(otherwise ? [answer, late, otherwise] : [answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Drops the client and its channel, so that the next call finds the server, or the leader, anew. */
  renew(): void {
    const { current } = this;
    this.current = undefined;
    if (current) retire(current, this.timers.callMillis);
  }
}

/** Ends what the client has under way, and what it begins after that because it was still looking for its node: a call that nobody waits for would keep the process from ending. */
function retire(client: KurrentDBClient, callMillis: number): void {
  // It waits for streams to end, which may never happen.
  const end = (): void => void client.dispose().catch(() => undefined);
  end();
  // Longer in all than a client looks for a node of a cluster, and few times, because each leaves something with streams that do not end.
  for (const times of [1, 4, 13]) setTimeout(end, times * callMillis).unref();
}

/** What the promise comes to in so many milliseconds; undefined: nothing yet. */
export async function within<T>(millis: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), millis)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A pause before the next try: doubling from `first` to `most`, the half of it by chance. */
export function backoff(attempt: number, first: number, most: number): number {
  const millis = Math.min(first * 2 ** attempt, most);
  return millis / 2 + (Math.random() * millis) / 2;
}
