/**
 * Following the server's log, once for the whole process: in pages while there is much to come, by a subscription while there is little, for a subscription takes several times as long
 * for each event. A large message of our own is not read back when its first and last event show that it stands whole where our copy ends. Invariants: events reach the numbering in the server's order, whatever the server and the subscription do; whatever drops is resumed from where the numbering is;
 * what cannot be numbered stops the following for good. Deliberately absent: what is done with the events.
 */
import type { ResolvedEvent } from '@kurrent/kurrentdb-client';
import { type Following, StoreError } from '../port';
import { backoff, type Connection } from './connection';
import { endOf, eventsBetween, LARGE, type Message } from './messages';
import { NoAnswer } from './faults';
import { listen, type Listening } from './listening';
import type { Missed, Numbering } from './numbering';
import { type Page, PAGE_EVENTS, readPage } from './pages';
import { eventsAt } from './places';
import { forbiddenPolicy, policyNow } from './policies';
import { incoming, type LogPosition, type Names, type RemoteEvent, upTo } from './wire';

/** While pages are read the next one is asked for so soon, unless somebody knows that there is more. */
const PAGE_MILLIS = 20;
/** Likewise while a subscription catches up, or a large message is under way. */
const LOOKING_MILLIS = 100;
/** Pages are read for so long after there was last much to come. */
const BUSY_MILLIS = 500;
/** So many events at once are much. */
const MUCH = 256;
/** So are so many in {@link BUSY_MILLIS} of a subscription, which has events sooner than a page while they are fewer. */
const MUCH_HEARD = 2048;
/** Gaps in a row, without progress, that are damage rather than a delivery that went wrong. */
const MAX_GAPS = 3;

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
  private busyUntil = 0;
  private announced = false;
  /** A large message of our own is under way. */
  private sending = false;
  private message: Message | undefined;
  /** Of metadata streams: the revision up to which what they said is known not to be in force. */
  private readonly superseded = new Map<string, bigint>();
  private listening: Listening | undefined;
  private wake: (() => void) | undefined;
  private readonly running: Promise<void>;
  /** Why it is not live, for messages. */
  reason: unknown;
  /** When it last came further in the server's log, in milliseconds of the system's clock. */
  movedAt = Date.now();

  constructor(
    private readonly connection: Connection,
    private readonly names: Names,
    /** A place in the log before everything of the store. */
    private readonly origin: LogPosition,
    private readonly numbering: Numbering,
    private readonly events: FollowerEvents,
  ) {
    this.running = this.run();
  }

  get standing(): Following {
    return { live: this.live, since: this.since };
  }

  /** So many events are being sent; {@link announce} follows. */
  expect(events: number): void {
    this.sending = events >= LARGE;
    if (this.sending) this.busy();
  }

  /** The server has taken events that we have not seen, perhaps this message: pages need not wait. */
  announce(message?: Message): void {
    this.announced = true;
    this.message = message;
    this.sending = false;
    this.wake?.();
  }

  /** Begins anew: for when an event that must come has not. */
  kick(): void {
    this.listening?.drop(new Error('an event that was to come has not'));
    this.wake?.();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.kick();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.numbering.restart();
      this.reason = await this.follow().catch((error: unknown) => this.judge(error));
      if (this.stopped) break;
      if (this.reason === BUSY) continue;
      this.behind();
      // A client that has lost its node reads from it for ever.
      this.connection.renew();
      await this.pause(backoff(this.failures++, 50, 5000));
    }
    this.behind();
  }

  /** Follows until something drops; resolves with the reason. Rejects with what cannot be taken in. */
  private async follow(): Promise<unknown> {
    // Soon enough that whoever waits for the log, for as long as for one call, is told why it does not come.
    const silent = this.connection.timers.callMillis / 2;
    let paging = await this.readPages();
    if (this.stopped) return undefined;
    let since = Date.now();
    let window = { until: Date.now() + BUSY_MILLIS, events: 0 };
    let caughtUp = false;
    const listening = (this.listening = listen(this.connection, this.names, this.numbering.place, {
      take: (events, passed) => {
        this.take(events, passed);
        if (Date.now() > window.until) window = { until: Date.now() + BUSY_MILLIS, events: 0 };
        if ((window.events += events.length) >= MUCH_HEARD) this.busy();
      },
      caughtUp: () => {
        caughtUp = true;
        this.caughtUp();
        this.wake?.();
      },
    }));
    try {
      // On a server that others use as well, the subscription looks through their events first: that is no reason to wait for ours.
      while (!caughtUp && !listening.over) {
        await Promise.race([this.pause(LOOKING_MILLIS), listening.dropped]);
        if (caughtUp || listening.over) break;
        if (paging) {
          const { events, whole } = await this.page();
          this.take(events, undefined);
          paging = whole || events.length > 0;
          since = Date.now();
        } else if (Date.now() - Math.max(since, this.movedAt) > silent) throw new NoAnswer('a subscription to the log', silent);
      }
      return await listening.dropped;
    } finally {
      listening.drop(undefined);
      this.listening = undefined;
    }
  }

  /** Until a page is not full and there was not much lately. Answers whether pages are of use: not while others' events lie before ours for longer than a page may take. */
  private async readPages(): Promise<boolean> {
    while (!this.stopped) {
      this.announced = false;
      const own = await this.ownMessage();
      const { events, whole } = own ? NOTHING : await this.page();
      const last = whole && events.length < PAGE_EVENTS;
      // A store that has nothing yet would have what others keep on the server looked through by every page.
      this.takeIn(() => own ?? this.ours(events), last ? this.origin : undefined);
      if (!whole && events.length === 0) return false;
      if (!last || this.announced || (own && !this.live)) continue;
      this.caughtUp();
      if (Date.now() >= this.busyUntil) return true;
      if (own || events.length >= MUCH) this.busy();
      await this.pause(PAGE_MILLIS);
      // A page would bring back what is not to be read.
      if (this.sending) await this.pause(LOOKING_MILLIS);
    }
    return true;
  }

  private page(maxCount?: number): Promise<Page> {
    return readPage(this.connection, this.names, this.numbering.place, maxCount);
  }

  /** The announced message's events, when its ends show that it stands there whole. */
  private async ownMessage(): Promise<RemoteEvent[] | undefined> {
    const { message } = this;
    this.message = undefined;
    if (!message) return undefined;
    const { place } = this.numbering;
    const { stream, revision } = endOf(message);
    const [{ events }, [last]] = await Promise.all([this.page(2), eventsAt(this.connection, this.names, stream, revision, 1)]);
    const next = events.find(({ event }) => !place || !upTo(event!.position!, place));
    return next && last && eventsBetween(message, next, last);
  }

  private take(events: readonly ResolvedEvent[], passed: LogPosition | undefined): void {
    this.takeIn(() => this.ours(events), passed);
  }

  private takeIn(arrived: () => readonly RemoteEvent[], passed: LogPosition | undefined): void {
    const { place } = this.numbering;
    const { missed, count } = this.number(arrived, passed);
    if (this.numbering.place !== place) this.movedAt = Date.now();
    if (missed) {
      if (++this.gaps > MAX_GAPS)
        throw new StoreError('damaged', `the server leaves out events of its log behind ${text(this.numbering.place)}`);
      throw new Error('the server left out events');
    }
    this.gaps = 0;
    if (count > 0) this.events.onMove();
  }

  private number(arrived: () => readonly RemoteEvent[], passed: LogPosition | undefined): { missed: Missed; count: number } {
    try {
      const events = arrived();
      return { missed: this.numbering.take(events, passed), count: events.length };
    } catch (error) {
      if (error instanceof StoreError || error instanceof PolicySeen) throw error;
      throw new StoreError('damaged', `the server's log cannot be followed: ${(error as Error).message}`, {}, { cause: error });
    }
  }

  /** What ended the following: a drop that is resumed, or the end. Answers the reason. */
  private async judge(error: unknown): Promise<unknown> {
    if (error instanceof PolicySeen) {
      const { revision, rule } = await policyNow(this.connection, error.stream).catch(() => ({ revision: -1n, rule: undefined }));
      this.superseded.set(error.stream, revision);
      const name = error.stream.slice(2);
      const stream = this.names.fromServer(name);
      if (rule !== undefined)
        this.fail(new StoreError('damaged', `the stream ${name} on the server has ${rule}, under which it loses events`, { stream }));
    } else if (error instanceof StoreError && error.faultClass === 'business') this.fail(error);
    return error;
  }

  private fail(error: StoreError): void {
    this.stopped = true;
    this.events.onFault(error);
  }

  /** Our events; rules about streams that would let events disappear are checked on the way. */
  private ours(events: readonly ResolvedEvent[]): RemoteEvent[] {
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

  private busy(): void {
    this.busyUntil = Date.now() + BUSY_MILLIS;
    this.listening?.drop(BUSY);
  }

  private caughtUp(): void {
    this.failures = 0;
    if (this.live) return;
    this.live = true;
    this.since = undefined;
    this.events.onMove();
  }

  private behind(): void {
    this.live = false;
    this.since ??= Date.now();
    this.events.onMove();
  }

  private pause(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const NOTHING: Page = { events: [], whole: true };

/** Why a subscription is dropped for pages. */
const BUSY = 'there is much to come';

/** A stream's metadata has, or had, a rule under which it loses events. */
class PolicySeen extends Error {
  constructor(readonly stream: string) {
    super(`the metadata of ${stream.slice(2)} on the server has changed`);
  }
}

function text(place: LogPosition | undefined): string {
  return place ? `C:${place.commit}/P:${place.prepare}` : 'its beginning';
}
