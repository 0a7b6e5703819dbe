/**
 * Appending through a server: calls that wait together share a message; each is answered when the server has it and the local copy has numbered it. Invariants: an answer
 * `recorded` means that the server's quorum has the events as they were given; a refusal means that nothing of the call is in the log; what is unknown is said to be. Deliberately absent: deciding
 * anew after a conflict, which needs the ledger.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../draft';
import type { LogView } from '../embedded/view';
import { type AppendRequest, type AppendResult, type RecordedCommand, StoreError } from '../port';
import { type Connection, within } from './connection';
import { unavailable } from './faults';
import type { Follower } from './follower';
import { LARGE, type Message } from './messages';
import { type Arrival, type Call, conflict, Plan, type Planned, sameContent } from './plan';
import { eventsAt, serverHead } from './places';
import type { Batch, Sender, Sent } from './sender';
import { type Names, outgoingBytes, type OutgoingCommand, type RemoteEvent } from './wire';

/** Commands that are to come back through the log. */
interface Expected {
  /** Resolves when all are in the copy. */
  readonly here: Promise<void>;
  /** Waits for that; what has not come in time is undefined. */
  readonly wait: () => Promise<(Arrival | undefined)[]>;
  readonly forget: () => void;
}

/** So many bytes at most share a message, unless one call has more: a server refuses more than it is set to. */
const BATCH_BYTES = 512 << 10;

export class RemoteWriter {
  private readonly queue: Call[] = [];
  private pumping: Promise<void> | undefined;
  private readonly reaching = new Set<Promise<void>>();
  private readonly arrivals = new Map<string, { readonly stream: string; readonly take: (arrival: Arrival) => void }>();
  private lastProposed = 0n;

  constructor(
    private readonly view: LogView,
    private readonly clock: Clock,
    private readonly connection: Connection,
    private readonly names: Names,
    private readonly sender: Sender,
    private readonly follower: () => Follower,
    /** Throws when nothing can be written any more. */
    private readonly assertSound: () => void,
  ) {}

  append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    return new Promise((resolve, reject) => {
      this.enqueue({ requests, resolve, reject, alone: false });
    });
  }

  /** Resolves when everything that was called is answered. */
  async settled(): Promise<void> {
    while (this.pumping || this.reaching.size > 0) await (this.pumping ?? Promise.all(this.reaching));
  }

  /** To be called for every command that the local copy takes in. */
  arrived(commandId: string, recorded: RecordedCommand, events: readonly RemoteEvent[]): void {
    const waiting = this.arrivals.get(commandId);
    if (waiting?.stream === recorded.stream) waiting.take({ recorded, events });
  }

  /** Sends commands with their own recorded times, and waits until the copy has them; for taking over a history. */
  async sendAsIs(batch: Batch): Promise<void> {
    const arrivals = this.expect(batch.commands);
    const sent = await this.send(batch, arrivals);
    if (!sent.applied && !sent.unsure) {
      arrivals.forget();
      throw new StoreError('conflict', 'another process writes the store: the history was not continued');
    }
    const all = await arrivals.wait();
    for (const [i, arrival] of all.entries()) {
      if (!arrival) throw doubt();
      if (!sameContent(arrival.events, batch.commands[i]!))
        throw new StoreError('reused-id', `command id ${batch.commands[i]!.commandId} was used before with other content`);
    }
  }

  private enqueue(call: Call): void {
    this.queue.push(call);
    this.pumping ??= this.pump().finally(() => (this.pumping = undefined));
  }

  private async pump(): Promise<void> {
    // Callers of the same turn share a message.
    for (await nextTurn(); this.queue.length > 0; await nextTurn()) {
      const plan = new Plan(this.view, () => this.propose());
      const later: Call[] = [];
      const calls = this.takeCalls().filter((call) => {
        try {
          this.assertSound();
          const added = plan.add(call);
          if (added === 'added') return true;
          if (added === 'later') later.push(call);
          else {
            const reaching = this.reach(call, added).finally(() => this.reaching.delete(reaching));
            this.reaching.add(reaching);
          }
        } catch (error) {
          call.reject(error);
        }
        return false;
      });
      this.queue.unshift(...later);
      const waiting = this.queue.length;
      try {
        await this.deliver(calls, plan);
      } catch (error) {
        for (const { reject } of calls) reject(error);
        // Who has waited as long as this took in vain does not wait as long again.
        if ((error as StoreError).faultClass !== 'business') for (const { reject } of this.queue.splice(0, waiting)) reject(unsent(error));
      }
    }
  }

  private takeCalls(): Call[] {
    if (this.queue[0]!.alone) return this.queue.splice(0, 1);
    let bytes = 0;
    let count = 0;
    for (; count < this.queue.length && !this.queue[count]!.alone; count++) {
      for (const { events } of this.queue[count]!.requests) for (const event of events) bytes += outgoingBytes(event);
      if (bytes > BATCH_BYTES && count > 0) break;
    }
    return this.queue.splice(0, count);
  }

  private async deliver(calls: readonly Call[], plan: Plan): Promise<void> {
    const { batch } = plan;
    if (batch.commands.length === 0) return this.answer(calls, plan, []);
    const arrivals = this.expect(batch.commands);
    const sent = await this.send(batch, arrivals);
    if (!sent.applied) {
      arrivals.forget();
      return this.conflict(calls, plan, sent);
    }
    await this.answer(calls, plan, await arrivals.wait());
  }

  /** What the log has need not be answered: a lost answer, or one that the server puts off, is not waited for. */
  private async send(plain: Batch, { here, forget }: Expected): Promise<Sent> {
    const count = plain.commands.reduce((sum, { events }) => sum + events.length, 0);
    const batch = count >= LARGE ? { ...plain, message: randomUUID() } : plain;
    this.follower().expect(count);
    let message: Message | undefined;
    try {
      const sent = await this.sender.send(batch, here);
      if (sent.applied && sent.inOrder && batch.message) message = { id: batch.message, batch };
      return sent;
    } catch (error) {
      forget();
      throw error;
    } finally {
      this.follower().announce(message);
    }
  }

  private async answer(calls: readonly Call[], plan: Plan, arrived: readonly (Arrival | undefined)[]): Promise<void> {
    const arrivals = new Map(plan.batch.commands.map(({ commandId }, i) => [commandId, arrived[i]]));
    let readable = true;
    for (const call of calls) {
      try {
        for (const request of call.requests) {
          if (plan.known.has(request) || arrivals.get(request.commandId)) continue;
          if (!readable || !(await this.standsThere(plan.commandOf(request)).catch(() => (readable = false)))) throw doubt();
        }
        call.resolve(call.requests.map((request) => plan.known.get(request) ?? plan.result(request, arrivals.get(request.commandId))));
      } catch (error) {
        call.reject(error);
      }
    }
  }

  /** Whether the server has in the command's place what was sent, and not what another process sent under the same id. */
  private async standsThere(command: Planned): Promise<boolean> {
    const { stream, expectedRevision, events: sent } = command;
    return sameContent(await eventsAt(this.connection, this.names, stream, expectedRevision + 1, sent.length), command);
  }

  /** Takes the call up again when the copy has what it expects. */
  private async reach(call: Call, request: AppendRequest): Promise<void> {
    const { stream, expectedRevision } = request;
    try {
      const actual = await serverHead(this.connection, this.names, stream).catch((error: unknown) => {
        throw unavailable(error, `cannot see where the stream ${stream} stands`);
      });
      if (actual < expectedRevision) throw conflict(request, actual);
      if (!(await this.until(() => this.view.streamHead(stream) >= expectedRevision)))
        throw new StoreError('unavailable', `revision ${expectedRevision} of ${stream} has not come here yet`);
      this.enqueue(call);
    } catch (error) {
      call.reject(error);
    }
  }

  /**
   * Another process was faster, or an earlier try was applied. The copy will show which; then several calls are tried again one by one, so that each meets its own truth, and one
   * alone is tried once more when its command has come meanwhile.
   */
  private async conflict(calls: readonly Call[], plan: Plan, sent: Extract<Sent, { applied: false }>): Promise<void> {
    const seen = await this.seen(plan.batch, sent).catch(() => false);
    for (const { commandId } of plan.batch.commands) if (!seen && sent.unsure && !this.view.findCommand(commandId)) throw doubt();
    const again = calls.filter((call) => {
      if (!call.alone || plan.commandsOf(call).some(({ commandId }) => this.view.findCommand(commandId) !== undefined)) return true;
      call.reject(plan.conflictOf(call, sent.streams));
      return false;
    });
    for (const call of again) call.alone = true;
    this.queue.unshift(...again);
  }

  /** Waits until the copy has what the server says that it has; false when that takes too long. */
  private async seen({ expected }: Batch, { streams }: Extract<Sent, { applied: false }>): Promise<boolean> {
    if (streams.some(({ actual }) => actual === undefined)) return false;
    return this.until(() => streams.every(({ stream, actual }) => !expected.has(stream) || this.view.streamHead(stream) >= actual!));
  }

  /** Waits for what the copy is to show, and false when that takes too long. */
  private async until(fact: () => boolean): Promise<boolean> {
    const { numberMillis } = this.connection.timers;
    const kick = setTimeout(() => this.follower().kick(), numberMillis / 4);
    try {
      for (const late = Date.now() + numberMillis; !fact(); await sleep(5)) {
        this.assertSound();
        if (Date.now() > late) return false;
      }
      return true;
    } finally {
      clearTimeout(kick);
    }
  }

  private expect(commands: readonly OutgoingCommand[]): Expected {
    const got = new Map<string, Arrival>();
    let full: () => void;
    const here = new Promise<void>((resolve) => (full = resolve));
    const take = (arrival: Arrival): void => {
      got.set(arrival.events[0]!.commandId, arrival);
      if (got.size === commands.length) full();
    };
    for (const { commandId, stream } of commands) this.arrivals.set(commandId, { stream, take });
    const forget = (): void => {
      for (const { commandId } of commands) this.arrivals.delete(commandId);
    };
    const wait = async (): Promise<(Arrival | undefined)[]> => {
      const { numberMillis } = this.connection.timers;
      const kick = setTimeout(() => this.follower().kick(), numberMillis / 4);
      await within(numberMillis, here);
      clearTimeout(kick);
      forget();
      return commands.map(({ commandId }) => got.get(commandId));
    };
    return { here, wait, forget };
  }

  /** The clock, or 1 ns after the last time seen or proposed. */
  private propose(): bigint {
    const now = this.clock();
    const last = this.view.end.recordedAt > this.lastProposed ? this.view.end.recordedAt : this.lastProposed;
    this.lastProposed = now > last ? now : last + 1n;
    return this.lastProposed;
  }
}

function doubt(): StoreError {
  return new StoreError('in-doubt', 'the server did not confirm the append, which may be applied: its log could not be followed');
}

function unsent(cause: unknown): StoreError {
  return new StoreError('unavailable', 'the append was not sent: the server did not take the one before', {}, { cause });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
