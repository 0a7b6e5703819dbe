/**
 * Sending commands to the server, all or none, until it is known what became of them. Invariants: a try is repeated with the same ids at the same expected revisions, never with
 * fresh ones; one try is under way at a time and fits into one message, so that a server that goes away leaves nothing queued. Deliberately absent: reading back, which the local
 * copy is for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppendStreamState, EventData, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { StoreError } from '../port';
import { backoff, type Connection } from './connection';
import { type Mismatch, outcomeOf } from './faults';
import { type Names, type OutgoingCommand, outgoing } from './wire';

/** The largest message to the server, whose own limit is 16 MiB. */
export const MAX_MESSAGE_BYTES = 12 << 20;
/** The batch call's deadline is a time of day that the server compares with its own clock: ours may be behind. The timer is {@link Connection.call}'s. */
const NO_DEADLINE = 86_400_000;

/** `unsure`: an earlier try may have been applied. */
export type Sent =
  | { readonly applied: true; readonly unsure: boolean }
  | { readonly applied: false; readonly streams: readonly Mismatch[]; readonly unsure: boolean };

export interface Batch {
  /** In the order of the log. */
  readonly commands: readonly OutgoingCommand[];
  /** Of each stream, before the batch; -1: it must not exist. */
  readonly expected: ReadonlyMap<string, number>;
}

export class Sender {
  /** How several streams are written at once; found out by the first that need it. */
  private several: 'appendRecords' | 'multiStreamAppend' = 'appendRecords';

  constructor(
    private readonly connection: Connection,
    private readonly names: Names,
  ) {}

  /** `known`: aborted when the outcome is known otherwise, which ends it at once. Throws StoreError `too-large`, `damaged`, `unavailable`: nothing was applied; `in-doubt`: it may be, or may still become so. */
  async send(batch: Batch, known?: AbortSignal): Promise<Sent> {
    const until = Date.now() + this.connection.timers.appendMillis;
    let unsure = false;
    let last: unknown;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.connection.call('an append', (client) => this.once(client, batch), known);
        return { applied: true, unsure };
      } catch (error) {
        last = error;
      }
      if (known?.aborted) return { applied: true, unsure: true };
      const outcome = outcomeOf(last);
      if (outcome.kind === 'mismatch')
        return { applied: false, streams: outcome.streams.map((s) => ({ ...s, stream: this.names.fromServer(s.stream) })), unsure };
      if (outcome.kind === 'refused' && !unsure) throw outcome.error;
      if (outcome.kind === 'unsupported') {
        if (this.several === 'multiStreamAppend') {
          throw new StoreError(
            'unavailable',
            'the server cannot write several streams at once: that needs KurrentDB 25.1 or newer',
            {},
            { cause: last },
          );
        }
        this.several = 'multiStreamAppend';
        continue;
      }
      if (outcome.kind === 'unknown') unsure = true;
      const pause = backoff(attempt, 50, 2000);
      if (outcome.kind === 'refused' || Date.now() + pause > until) throw this.failed(last, unsure);
      if (attempt > 0) this.connection.renew();
      await sleep(pause, undefined, known && { signal: known }).catch(() => undefined);
    }
  }

  private failed(error: unknown, unsure: boolean): StoreError {
    const { message, type } = error as { message?: string; type?: string };
    const why = message || type || 'no reason given';
    return unsure
      ? new StoreError('in-doubt', `the server did not confirm the append, which may be applied: ${why}`, {}, { cause: error })
      : new StoreError('unavailable', `the server took no append: ${why}`, {}, { cause: error });
  }

  private async once(client: KurrentDBClient, { commands, expected }: Batch): Promise<void> {
    const [[stream, revision], ...others] = expected as unknown as [[string, number], ...unknown[]];
    if (others.length === 0) {
      const events = commands.flatMap((command) => outgoing(command));
      const options = { streamState: state(revision), deadline: NO_DEADLINE, batchAppendSize: MAX_MESSAGE_BYTES };
      await client.appendToStream(this.names.toServer(stream), events, options);
    } else if (this.several === 'appendRecords') {
      const records = commands.flatMap((command) =>
        outgoing(command).map((record) => ({ streamName: this.names.toServer(command.stream), record })),
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
    }
  }
}

function state(revision: number): AppendStreamState {
  return revision < 0 ? 'no_stream' : BigInt(revision);
}
