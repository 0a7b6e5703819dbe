/**
 * The log of the loopback KurrentDB server: streams with revisions, one global order, and the server's rules for expected revisions.
 *
 * Positions grow and are sparse. An event of a write to one stream has commit = prepare; the events of a write to several streams share one commit,
 * which is greater than each prepare, as on servers with transactions (26.1 makes them equal): who keeps only one of the two is found out. A write
 * is applied as a whole or not at all. What was written stays: no deletion, no scavenging; stream metadata hides events from reads of their
 * stream only.
 *
 * Ids already in the stream are looked for as the server does it: after a given revision they must be found event by event, then the first
 * answer is given again and nothing is written; at the head they are not looked for; with `any` or `stream_exists` the last use of each id counts.
 */
import { EventEmitter } from 'node:events';

export const NO_STREAM = -1n;
export const ANY = -2n;
export const STREAM_EXISTS = -4n;

export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface Position {
  readonly commit: bigint;
  readonly prepare: bigint;
}

export interface Stored extends Proposed, Position {
  readonly stream: string;
  readonly revision: bigint;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** A stream that a request writes to, or only checks: a revision, or one of the constants above, is expected of it. */
export interface Target {
  readonly stream: string;
  readonly expected: bigint;
}

/** Events go to the targets by number, and into the log in their order. */
export interface Request {
  readonly targets: readonly Target[];
  readonly events: readonly { readonly target: number; readonly event: Proposed }[];
}

export interface Conflict extends Target {
  /** The number of the target. */
  readonly index: number;
  /** The head, or NO_STREAM. */
  readonly actual: bigint;
}

export interface Success extends Position {
  /** For each target that was written to, the revision of its last event in the request. */
  readonly revisions: readonly { readonly stream: string; readonly revision: bigint }[];
}

export type Outcome = Success | { readonly conflicts: readonly Conflict[] };

/** What a target says: write, conflict, or written already, with the last of the events. */
type Verdict = 'write' | 'conflict' | Stored;

export class LoopbackLog {
  readonly events: Stored[] = [];
  readonly #streams = new Map<string, Stored[]>();
  /** By stream and id. */
  readonly #lastUse = new Map<string, Stored>();
  readonly #grown = new EventEmitter().setMaxListeners(0);
  #next = 256n;

  stream(name: string): readonly Stored[] {
    return this.#streams.get(name) ?? [];
  }

  append(request: Request): Outcome {
    const asked = request.targets.map((target, index) => {
      const events = request.events.flatMap((entry) => (entry.target === index ? [entry.event] : []));
      return { ...target, index, written: events.length > 0, verdict: this.#check(target, events) };
    });
    if (asked.every(({ verdict }) => verdict === 'write')) return this.#apply(request);
    const found = asked.filter(({ written }) => written).map(({ verdict }) => verdict);
    const last = found.filter((verdict) => typeof verdict === 'object');
    if (last.length > 0 && last.length === found.length) {
      const { commit, prepare } = last.reduce((a, b) => (b.prepare > a.prepare ? b : a));
      return { commit, prepare, revisions: last.map(({ stream, revision }) => ({ stream, revision })) };
    }
    const failed = asked.filter(({ verdict }) => verdict !== 'write');
    return { conflicts: failed.map(({ stream, expected, index }) => ({ stream, expected, index, actual: this.#head(stream) })) };
  }

  /** Resolves at the next write; rejects when the signal aborts. */
  grown(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#grown.off('grown', done);
        signal.removeEventListener('abort', done);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      };
      if (signal.aborted) return done();
      this.#grown.once('grown', done);
      signal.addEventListener('abort', done);
    });
  }

  #head(stream: string): bigint {
    return BigInt(this.stream(stream).length) - 1n;
  }

  #check({ stream, expected }: Target, events: readonly Proposed[]): Verdict {
    const head = this.#head(stream);
    if (expected === STREAM_EXISTS && head === NO_STREAM) return 'conflict';
    const weak = expected === ANY || expected === STREAM_EXISTS;
    if (!weak && expected >= head) return expected === head ? 'write' : 'conflict';
    const stored = this.stream(stream);
    const places = events.map(({ id }, i) => (weak ? this.#lastUse.get(`${stream} ${id}`) : stored[Number(expected) + 1 + i]));
    const missing = places.findIndex((place, i) => place?.id !== events[i]?.id);
    if (missing < 0) return places.at(-1) ?? (weak ? 'write' : 'conflict');
    return weak && missing === 0 ? 'write' : 'conflict';
  }

  #apply({ targets, events }: Request): Success {
    const created = Date.now();
    const prepares = events.map(({ event }) => {
      const prepare = this.#next;
      this.#next += BigInt(96 + event.data.length + event.metadata.length);
      return prepare;
    });
    const shared = new Set(events.map(({ target }) => target)).size > 1 ? this.#next : undefined;
    if (shared !== undefined) this.#next += 64n;
    events.forEach(({ target, event }, i) => {
      const { stream } = targets[target]!;
      const prepare = prepares[i]!;
      const stored = { ...event, stream, revision: this.#head(stream) + 1n, prepare, commit: shared ?? prepare, created };
      if (!this.#streams.has(stream)) this.#streams.set(stream, []);
      this.#streams.get(stream)!.push(stored);
      this.#lastUse.set(`${stream} ${event.id}`, stored);
      this.events.push(stored);
    });
    this.#grown.emit('grown');
    const written = targets.filter((_, index) => targets.length === 1 || events.some(({ target }) => target === index));
    const prepare = prepares.at(-1) ?? this.#next;
    return { prepare, commit: shared ?? prepare, revisions: written.map(({ stream }) => ({ stream, revision: this.#head(stream) })) };
  }
}
