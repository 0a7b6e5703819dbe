/**
 * Sending commands to the server, all or none, until it is known what became of them. Invariants: a try is repeated with the same ids at the same expected revisions, never with
 * fresh ones; one try is under way at a time and fits into one message, so that a server that goes away leaves nothing queued. Deliberately absent: reading back, which the local
 * copy is for.
 */
import type { AppendStreamState, EventData, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { StoreError } from '../port';
import { backoff, type Connection, within } from './connection';
import { type Mismatch, outcomeOf, reasonOf } from './faults';
import { inBytes, type Names, type OutgoingCommand, outgoing } from './wire';

/** The largest message to the server, whose own limit is 16 MiB. */
export const MAX_MESSAGE_BYTES = 12 << 20;
/** The batch call's deadline is a time of day that the server compares with its own clock: ours may be behind. The timer is {@link Connection.call}'s. */
const NO_DEADLINE = 86_400_000;

/** `unsure`: an earlier try may have been applied. */
export type Sent =
  /** `inOrder`: the events lie in the log in the order of the batch, and nothing between them. */
  | { readonly applied: true; readonly unsure: boolean; readonly inOrder: boolean }
  | { readonly applied: false; readonly streams: readonly Mismatch[]; readonly unsure: boolean };

export interface Batch {
  /** In the order of the log. */
  readonly commands: readonly OutgoingCommand[];
  /** Of each stream, before the batch; -1: it must not exist. */
  readonly expected: ReadonlyMap<string, number>;
  /** An id that no other message has; its first event carries it. */
  readonly message?: string;
}

export class Sender {
  /** How several streams are written at once; found out by the first that need it. */
  private several: 'appendRecords' | 'multiStreamAppend' = 'appendRecords';

  constructor(
    private readonly connection: Connection,
    private readonly names: Names,
  ) {}

  /** `here`: resolves when the log is seen to have the batch, which ends it at once. Throws StoreError `too-large`, `damaged`, `unavailable`: nothing was applied; `in-doubt`: it may be, or may still become so. */
  async send(batch: Batch, here: Promise<void>): Promise<Sent> {
    const seen = here.then((): Sent => ({ applied: true, unsure: true, inOrder: false }));
    const until = Date.now() + this.connection.timers.appendMillis;
    let unsure = false;
    let last: unknown;
    for (let attempt = 0; ; attempt++) {
      try {
        const once = async (client: KurrentDBClient): Promise<Sent> => ({ applied: true, unsure, inOrder: await this.once(client, batch) });
        return await this.connection.call('an append', once, seen);
      } catch (error) {
        last = error;
      }
      const outcome = outcomeOf(last);
      if (outcome.kind === 'mismatch')
        return { applied: false, streams: outcome.streams.map((s) => ({ ...s, stream: this.names.fromServer(s.stream) })), unsure };
      if (outcome.kind === 'refused' && !unsure) throw outcome.error;
      if (outcome.kind === 'unsupported') {
        if (this.several === 'multiStreamAppend')
          throw this.failed('it cannot write several streams at once, which needs KurrentDB 25.1 or newer', last, unsure);
        this.several = 'multiStreamAppend';
        continue;
      }
      if (outcome.kind === 'unknown') unsure = true;
      const pause = backoff(attempt, 50, 2000);
      if (outcome.kind === 'refused' || Date.now() + pause > until) throw this.failed(reasonOf(last), last, unsure);
      if (attempt > 0) this.connection.renew();
      const sent = await within(pause, seen);
      if (sent) return sent;
    }
  }

  private failed(why: string, cause: unknown, unsure: boolean): StoreError {
    return unsure
      ? new StoreError('in-doubt', `the server did not confirm the append, which may be applied: ${why}`, {}, { cause })
      : new StoreError('unavailable', `the server took no append: ${why}`, {}, { cause });
  }

  private async once(client: KurrentDBClient, { commands, expected, message }: Batch): Promise<boolean> {
    const [[stream, revision], ...others] = expected as unknown as [[string, number], ...unknown[]];
    if (others.length === 0) {
      const events = commands.flatMap((command, i) => outgoing(command, i === 0 ? message : undefined).map(inBytes));
      const options = { streamState: state(revision), deadline: NO_DEADLINE, batchAppendSize: MAX_MESSAGE_BYTES };
      await client.appendToStream(this.names.toServer(stream), events, options);
    } else if (this.several === 'appendRecords') {
      const records = commands.flatMap((command, i) =>
        outgoing(command, i === 0 ? message : undefined).map((record) => ({ streamName: this.names.toServer(command.stream), record })),
      );
      const checks = [...expected].map(([name, at]) => ({
        type: 'stream_state' as const,
        streamName: this.names.toServer(name),
        expectedState: state(at),
      }));
      await client.appendRecords(records, checks);
    } else {
      const events = new Map<string, EventData[]>();
      for (const command of commands) events.set(command.stream, [...(events.get(command.stream) ?? []), ...outgoing(command)]);
      const requests = [...events].map(([name, own]) => ({
        streamName: this.names.toServer(name),
        events: own,
        expectedState: state(expected.get(name)!),
      }));
      await client.multiStreamAppend(requests);
      return false;
    }
    return true;
  }
}

function state(revision: number): AppendStreamState {
  return revision < 0 ? 'no_stream' : BigInt(revision);
}
