/**
 * One subscription to the server's log, from a place until it drops. Invariant: an error, an end and a close all are a drop, and so is whatever the receiver throws; after it nothing of the
 * subscription is heard any more. Deliberately absent: resuming, which is the follower's.
 */
import type { ResolvedEvent } from '@kurrent/kurrentdb-client';
import type { Connection } from './connection';
import type { LogPosition, Names } from './wire';

/** Events taken in together. */
const BATCH_EVENTS = 1024;
/** A filtered subscription looks through so many events of others at a time, and says then where it is. */
const SEARCH_WINDOW = 1024;

export interface Receiver {
  /** Events in the server's order; `passed`: a place up to which there are no others of ours. */
  take(events: readonly ResolvedEvent[], passed: LogPosition | undefined): void;
  /** Everything that the server had has come. */
  caughtUp(): void;
}

export interface Listening {
  /** Resolves with the reason when it drops; rejects with what the receiver threw. */
  readonly dropped: Promise<unknown>;
  drop(reason: unknown): void;
  readonly over: boolean;
}

export function listen(connection: Connection, names: Names, place: LogPosition | undefined, receiver: Receiver): Listening {
  let passed: LogPosition | undefined;
  let waiting: ResolvedEvent[] = [];
  let next: NodeJS.Immediate | undefined;
  let over = false;
  const subscription = connection.client.subscribeToAll({
    fromPosition: place ?? 'start',
    filter: {
      ...logFilter(names),
      // Must not throw: the client would stop without a word.
      checkpointReached: (_, position) => {
        passed = position;
        schedule();
      },
    },
  });
  let settle: { resolve: (reason: unknown) => void; reject: (error: Error) => void };
  const dropped = new Promise<unknown>((resolve, reject) => (settle = { resolve, reject }));
  const end = (how: () => void): void => {
    if (over) return;
    over = true;
    clearImmediate(next);
    // What it says from now on concerns nobody, and must not be an accident.
    subscription.removeAllListeners('data');
    subscription.on('error', () => undefined);
    subscription.unsubscribe().catch(() => undefined);
    subscription.destroy();
    how();
  };
  const drop = (reason: unknown): void => end(() => settle.resolve(reason));
  const received = (hear: () => void): void => {
    try {
      if (!over) hear();
    } catch (error) {
      end(() => settle.reject(error instanceof Error ? error : new Error(String(error))));
    }
  };
  const flush = (): void => {
    clearImmediate(next);
    next = undefined;
    const events = waiting;
    // The client tells a place as soon as it comes, and may hold back events from before it.
    const upTo = subscription.readableLength === 0 ? passed : undefined;
    waiting = [];
    if (upTo) passed = undefined;
    received(() => receiver.take(events, upTo));
  };
  const schedule = (): void => {
    if (over) return;
    if (waiting.length >= BATCH_EVENTS) flush();
    else next ??= setImmediate(flush);
  };
  subscription.on('data', (resolved: ResolvedEvent) => {
    waiting.push(resolved);
    schedule();
  });
  subscription.on('caughtUp', () => {
    flush();
    received(() => receiver.caughtUp());
  });
  for (const name of ['error', 'end', 'close'] as const) {
    subscription.on(name as 'error', (error?: Error) => drop(error ?? new Error(`the subscription was ended (${name})`)));
  }
  // Whoever dropped it need not look at what became of it.
  dropped.catch(() => undefined);
  return {
    dropped,
    drop,
    get over() {
      return over;
    },
  };
}

/** The ledger's streams, and what the server says of them. */
export function logFilter({ prefix }: Names): {
  readonly filterOn: 'streamName';
  readonly prefixes: string[];
  readonly maxSearchWindow: number;
  readonly checkpointInterval: number;
} {
  return { filterOn: 'streamName', prefixes: [prefix, `$$${prefix}`], maxSearchWindow: SEARCH_WINDOW, checkpointInterval: 1 };
}
