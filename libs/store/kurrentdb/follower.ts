/**
 * One subscription to the server's log, fanned out to the whole process, and resumed whenever it drops. Invariants: events reach the numbering in the server's order, whatever the
 * subscription does; an error, an end and a close all are a drop; what cannot be numbered stops the following for good. Deliberately absent: what is done with the events.
 */
import type { AllStreamSubscription, ResolvedEvent } from '@kurrent/kurrentdb-client';
import { type Following, StoreError } from '../port';
import { backoff, type Connection } from './connection';
import type { Numbering } from './numbering';
import { forbiddenPolicy, policyNow } from './policies';
import { incoming, type LogPosition, type Names } from './wire';

/** Events taken in together while catching up. */
const BATCH_EVENTS = 4096;
const BATCH_MILLIS = 20;
/** Gaps in a row, without progress, that are damage rather than a delivery that went wrong. */
const MAX_GAPS = 3;
/** A filtered subscription says where it is after so many times 32 events of others. */
const CHECKPOINT_INTERVAL = 8;

export interface FollowerEvents {
  /** Something was taken in, or the standing has changed. */
  readonly onMove: () => void;
  /** The following has ended for good. */
  readonly onFault: (error: StoreError) => void;
}

export class Follower {
  private live = false;
  private since: number | undefined = Date.now();
  private stopped = false;
  private gaps = 0;
  private failures = 0;
  /** Of metadata streams: the revision up to which what they said is known not to be in force. */
  private readonly superseded = new Map<string, bigint>();
  private drop: ((reason: unknown) => void) | undefined;
  private readonly running: Promise<void>;
  /** Why it is not live, for messages. */
  reason: unknown;

  constructor(
    private readonly connection: Connection,
    private readonly names: Names,
    private readonly numbering: Numbering,
    private readonly events: FollowerEvents,
  ) {
    this.running = this.run();
  }

  get standing(): Following {
    return { live: this.live, since: this.since };
  }

  /** Begins a new subscription: for when an event that must come has not. */
  kick(): void {
    this.drop?.(new Error('an event that was to come has not'));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.drop?.(undefined);
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.reason = await this.subscription().catch((error: unknown) => this.judge(error));
      this.behind();
      if (this.stopped) return;
      if (this.failures++ > 0) this.connection.renew();
      await this.pause(backoff(this.failures, 50, 5000));
    }
  }

  /** What could not be taken in: a drop, or the end. */
  private async judge(error: unknown): Promise<unknown> {
    if (error instanceof PolicySeen) {
      const { revision, rule } = await policyNow(this.connection, error.stream).catch(() => ({ revision: -1n, rule: undefined }));
      this.superseded.set(error.stream, revision);
      if (rule === undefined) return error;
      const stream = this.names.fromServer(error.stream.slice(2));
      this.fail(
        new StoreError('damaged', `the stream ${error.stream.slice(2)} on the server has ${rule}, under which it loses events`, { stream }),
      );
    } else if (!(error instanceof StoreError)) {
      this.fail(new StoreError('damaged', `the server's log cannot be followed: ${(error as Error).message}`, {}, { cause: error }));
    } else if (error.faultClass === 'business') this.fail(error);
    return error;
  }

  private fail(error: StoreError): void {
    this.stopped = true;
    this.events.onFault(error);
  }

  private pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.drop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Follows until the subscription drops; resolves with the reason. Rejects with what forbids to go on. */
  private subscription(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.numbering.restart();
      const { prefix } = this.names;
      const { place } = this.numbering;
      let passed: LogPosition | undefined;
      let waiting: ResolvedEvent[] = [];
      let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
      const { client } = this.connection;
      const subscription: AllStreamSubscription = client.subscribeToAll({
        fromPosition: place ?? 'start',
        filter: {
          filterOn: 'streamName',
          prefixes: [prefix, `$$${prefix}`],
          checkpointInterval: CHECKPOINT_INTERVAL,
          // Must not throw: the client would stop without a word.
          checkpointReached: (_, position) => {
            passed = position;
            schedule();
          },
        },
      });
      const end = (settle: () => void): void => {
        this.drop = undefined;
        clear();
        waiting = [];
        subscription.removeAllListeners('data');
        // What it says from now on concerns nobody, and must not be an accident.
        subscription.on('error', () => undefined);
        subscription.unsubscribe().catch(() => undefined);
        subscription.destroy();
        settle();
      };
      const clear = (): void => {
        clearTimeout(timer as NodeJS.Timeout);
        clearImmediate(timer as NodeJS.Immediate);
        timer = undefined;
      };
      const schedule = (): void => {
        if (this.drop !== dropped) return;
        if (waiting.length >= BATCH_EVENTS) flush();
        else timer ??= this.live ? setImmediate(flush) : setTimeout(flush, BATCH_MILLIS);
      };
      const flush = (): void => {
        clear();
        const events = waiting;
        waiting = [];
        try {
          const missed = this.numbering.take(this.ours(events), passed);
          passed = undefined;
          if (events.length > 0) this.failures = 0;
          if (missed) {
            if (++this.gaps > MAX_GAPS)
              throw new StoreError('damaged', `the server leaves out events of its log behind ${text(this.numbering.place)}`);
            return end(() => resolve(new Error('the server left out events')));
          }
          this.gaps = 0;
        } catch (error) {
          return end(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
        this.events.onMove();
        return undefined;
      };
      const dropped = (reason: unknown): void => end(() => resolve(reason));
      this.drop = dropped;
      subscription.on('data', (resolved: ResolvedEvent) => {
        waiting.push(resolved);
        schedule();
      });
      subscription.on('caughtUp', () => {
        flush();
        if (this.drop === dropped) this.caughtUp();
      });
      subscription.on('fellBehind', () => this.behind());
      for (const name of ['error', 'end', 'close'] as const) {
        subscription.on(name as 'error', (error?: Error) => {
          if (this.drop === dropped) dropped(error ?? new Error(`the subscription was ended (${name})`));
        });
      }
    });
  }

  /** Our events; rules about streams that would let events disappear are checked on the way. */
  private ours(events: readonly ResolvedEvent[]): ReturnType<typeof incoming>[] {
    return events.flatMap((resolved) => {
      const { streamId, type, data, revision } = resolved.event!;
      if (streamId.startsWith('$$')) {
        if (forbiddenPolicy(data) !== undefined && revision > (this.superseded.get(streamId) ?? -1n)) throw new PolicySeen(streamId);
        return [];
      }
      if (type === '$streamDeleted') throw new StoreError('damaged', `the stream ${streamId} was deleted on the server`);
      return type.startsWith('$') ? [] : [incoming(resolved, this.names)];
    });
  }

  private caughtUp(): void {
    this.live = true;
    this.since = undefined;
    this.failures = 0;
    this.events.onMove();
  }

  private behind(): void {
    this.live = false;
    this.since ??= Date.now();
    this.events.onMove();
  }
}

/** A stream's metadata has, or had, a rule under which it loses events. */
class PolicySeen extends Error {
  constructor(readonly stream: string) {
    super(`the metadata of ${stream.slice(2)} on the server has changed`);
  }
}

function text(place: LogPosition | undefined): string {
  return place ? `C:${place.commit}/P:${place.prepare}` : 'its beginning';
}
