/**
 * What a random run must come to, judged by the server's log alone: every answer was true, nothing is lost, doubled, altered or nobody's. Deliberately absent: the stores' own code.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { decode } from '../../../libs/store/frame';
import type { KurrentStore } from '../../../libs/store/kurrentdb/store';
import { type AppendRequest, type NewEvent, StoreError, type StoredEvent } from '../../../libs/store/port';
import type { Stored } from '../kurrentdb/log';
import type { Attempt, Idea } from './calls';
import type { Process } from './process';

/** A command of the server's log. */
interface Command {
  readonly stream: string;
  readonly digest: string;
  readonly firstPosition: number;
  readonly position: number;
  readonly revision: number;
  readonly events: readonly NewEvent[];
}

const PREFIX = 'navledger.';

export class Verdict {
  readonly faults: string[] = [];
  private readonly commands = new Map<string, Command>();

  constructor(
    log: readonly Stored[],
    private readonly attempts: readonly Attempt[],
  ) {
    const ours = log.filter(({ stream }) => stream.startsWith(PREFIX));
    for (let at = 0; at < ours.length;) at += this.command(ours, at);
    const known = new Set(attempts.flatMap(({ requests }) => requests.map(fingerprint)));
    for (const [commandId, command] of this.commands) {
      if (!known.has(fingerprint({ ...command, commandId })))
        this.fault(`command ${commandId} at ${command.firstPosition} was sent by nobody`);
    }
  }

  /** Every answer against the log. */
  answers(ideas: readonly Idea[], fresh: KurrentStore): void {
    for (const attempt of this.attempts) {
      const { outcome } = attempt;
      if (Array.isArray(outcome)) this.success(attempt, fresh);
      else if (outcome instanceof StoreError) this.refusal(attempt, outcome);
      else if (outcome) this.fault(`an error that is none of a store's: ${outcome.stack}`);
    }
    for (const call of ideas.flatMap(({ calls }) => calls)) {
      const mine = call.filter((request) => this.holds(request));
      if (mine.length > 0 && !call.every(({ commandId }) => this.commands.has(commandId)))
        this.fault(`of the call ${shown(call)} a part is in the log`);
    }
  }

  /** The log as a store has it, against the server's. */
  async store(store: KurrentStore): Promise<void> {
    const events: StoredEvent[] = [];
    for await (const slice of store.readAll(0)) for (const frame of slice.frames()) events.push(decode(frame));
    let before = 0n;
    let seen = 0;
    for (const [commandId, { stream, digest, firstPosition, revision, events: own }] of this.commands) {
      const found = events.slice(firstPosition, firstPosition + own.length);
      own.forEach((event, i) => {
        const { hash: _, ...is } = found[i] ?? ({} as StoredEvent);
        const must = {
          ...event,
          stream,
          commandId,
          digest,
          commandIndex: i,
          position: firstPosition + i,
          revision: revision - own.length + 1 + i,
        };
        if (text(is) !== text({ ...must, recordedAt: is.recordedAt })) this.fault(`a store has ${text(is)} instead of ${text(must)}`);
      });
      if (!found[0] || found[0].recordedAt <= before || found.some(({ recordedAt }) => recordedAt !== found[0]!.recordedAt))
        this.fault(`recorded times do not increase at position ${firstPosition}`);
      before = found[0]?.recordedAt ?? before;
      seen += own.length;
    }
    if (events.length !== seen) this.fault(`a store has ${events.length} events instead of ${seen}`);
  }

  /** A process must come to the same log, unless it has stopped because it saw that it cannot. */
  async same(process: Process, fresh: KurrentStore): Promise<void> {
    const must = fresh.head();
    for (let tries = 0; !process.stopped && process.store.head().position < must.position && tries < 500; tries++) {
      process.hurry();
      await sleep(20);
    }
    if (process.stopped) return;
    const is = process.store.head();
    if (is.hash !== must.hash) this.fault(`a process (${process.fate.join()}) ends with ${text(is)}, a new one with ${text(must)}`);
  }

  private fault(what: string): void {
    this.faults.push(what);
  }

  private command(ours: readonly Stored[], at: number): number {
    const first = fieldsOf(ours[at]!);
    const count = Number(first.count);
    const stored = ours.slice(at, at + count);
    const events = stored.map((event) => {
      const { at: when, metadata } = fieldsOf(event);
      return { eventId: event.id, type: event.type, at: BigInt(when!), data: Buffer.from(event.data).toString(), metadata: metadata! };
    });
    const whole =
      stored.length === count &&
      stored.every((event, i) => fieldsOf(event).commandId === first.commandId && fieldsOf(event).index === String(i));
    if (!whole) this.fault(`command ${first.commandId} is not whole at position ${at}`);
    if (this.commands.has(first.commandId!))
      this.fault(`command ${first.commandId} is in the log twice, the second time at position ${at}`);
    const { stream } = stored[0]!;
    const last = { position: at + count - 1, revision: Number(stored.at(-1)!.revision) };
    this.commands.set(first.commandId!, { stream: stream.slice(PREFIX.length), digest: first.digest!, firstPosition: at, ...last, events });
    return stored.length;
  }

  private success({ requests, outcome, deprived }: Attempt, fresh: KurrentStore): void {
    for (const [i, request] of requests.entries()) {
      const result = (outcome as { status: string }[])[i]!;
      const command = this.commands.get(request.commandId);
      if (!command) this.fault(`answered ${text(result)}, and ${shown([request])} is not in the log`);
      else {
        const { stream, digest, firstPosition, position, revision, events } = command;
        if (digest !== request.digest) this.fault(`answered ${result.status}, but the log has other content than ${shown([request])}`);
        if (result.status === 'recorded' && !this.holds(request))
          this.fault(`answered ${text(result)}, but the log has other bytes than ${shown([request])}: ${text(events)}`);
        const is = result as unknown as Record<string, unknown>;
        const numbered = is.position !== null && !deprived();
        const places = numbered ? { firstPosition, position, recordedAt: fresh.findCommand(request.commandId)?.recordedAt } : {};
        const must = { stream, revision, eventIds: events.map(({ eventId }) => eventId), ...places };
        for (const [name, value] of Object.entries(must)) {
          if (text(is[name]) !== text(value))
            this.fault(`answered ${name} ${text(is[name])} instead of ${text(value)} for ${shown([request])}`);
        }
      }
    }
  }

  private refusal(attempt: Attempt, error: StoreError): void {
    const { requests, before, after } = attempt;
    const { fault } = error;
    if (fault === 'in-doubt') return;
    const what = `${shown(requests)} was refused as ${fault} (${error.message})`;
    if (fault === 'conflict') {
      const { stream, expected } = error.about;
      const first = requests.find((request) => request.stream === stream && request.expectedRevision === expected);
      if (!first) this.fault(`${what}, which it did not expect`);
      else if (before.get(stream!) === expected && after.get(stream!) === expected)
        this.fault(`${what}, but the stream was at ${expected} all the time`);
    } else if (fault === 'reused-id') {
      if (!requests.some(({ commandId, digest }) => digest !== (this.commands.get(commandId)?.digest ?? digest)))
        this.fault(`${what}, but the id has no other content`);
    } else if (!['unavailable', 'too-large', 'closed'].includes(fault) && !(attempt.deprived() && fault === 'damaged')) {
      this.fault(what);
    }
    const mine = requests.filter((request) => this.holds(request)).map(({ commandId }) => this.commands.get(commandId)!);
    const others = this.attempts.filter((other) => other !== attempt && other.requests === requests);
    const excused = others.some(({ outcome }) => !(outcome instanceof StoreError) || outcome.fault === 'in-doubt');
    // Who is told that the command does not stand there must not find it there; unless the stream was not as far yet, and the same call by another way was just in time.
    const { expected = 0, actual = expected } = error.about;
    const told = fault === 'reused-id' || fault === 'conflict' ? sizeOf(actual < expected ? before : after) : 0;
    for (const { firstPosition } of mine) {
      if (!excused || firstPosition < told) this.fault(`${what}, and is in the log at ${firstPosition}`);
    }
  }

  /** Whether the log has these very bytes. */
  private holds(request: AppendRequest): boolean {
    const command = this.commands.get(request.commandId);
    return command !== undefined && fingerprint({ ...command, commandId: request.commandId }) === fingerprint(request);
  }
}

function sizeOf(heads: ReadonlyMap<string, number>): number {
  return [...heads.values()].reduce((sum, head) => sum + head + 1, 0);
}

function fieldsOf({ metadata }: Stored): Record<string, string | undefined> {
  return JSON.parse(Buffer.from(metadata).toString()) as Record<string, string>;
}

function fingerprint({ stream, commandId, digest, events }: Omit<AppendRequest, 'expectedRevision'>): string {
  return text([stream, commandId, digest, events]);
}

function shown(requests: readonly AppendRequest[]): string {
  return requests
    .map(
      ({ stream, expectedRevision, commandId, events }) =>
        `${commandId} (${events[0]!.data.slice(0, 40)}) for ${stream} at ${expectedRevision}`,
    )
    .join(' + ');
}

function text(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, of]) => `${name}:${text(of)}`)
      .join()}}`;
  if (Array.isArray(value)) return `[${value.map(text).join()}]`;
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'undefined');
}
