/**
 * Which calls go to the server together, and what each is answered. Invariant: a call that this process knows to be refused is not sent; one that it cannot judge yet
 * waits. A command is sent only at a revision that the copy has. Deliberately absent: sending.
 */
import type { LogView } from '../embedded/view';
import { checkRequest } from '../frame-writer';
import { type AppendRequest, type AppendResult, type RecordedCommand, StoreError } from '../port';
import type { Mismatch } from './faults';
import { type Batch, MAX_MESSAGE_BYTES } from './sender';
import { outgoingBytes, type OutgoingCommand, type RemoteEvent } from './wire';

/** What one caller wants, all or none. */
export interface Call {
  readonly requests: readonly AppendRequest[];
  readonly resolve: (results: AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
  /** Since it met a conflict together with others. */
  alone: boolean;
}

/** A command of the log with its events as the server has them; undefined: it has not come in time. */
export type Arrival = { readonly recorded: RecordedCommand; readonly events: readonly RemoteEvent[] };

/** A command that is to be sent, and where. */
export interface Planned extends OutgoingCommand {
  readonly expectedRevision: number;
}

/** The calls that share a message, checked one behind the other against what this process knows. */
export class Plan {
  /** Answers of requests that are in the log already. */
  readonly known = new Map<AppendRequest, AppendResult>();
  private readonly commands = new Map<string, Planned>();
  private readonly expected = new Map<string, number>();
  private readonly heads = new Map<string, number>();
  private readonly duplicates = new Set<AppendRequest>();

  constructor(
    private readonly view: LogView,
    private readonly propose: () => bigint,
  ) {}

  get batch(): Batch {
    return { commands: [...this.commands.values()], expected: this.expected };
  }

  /**
   * All of the call's requests or none. `later`: it has to wait, because only what is planned, and may yet fail, speaks against it. A request: the copy has not as much of its stream
   * as it expects, and may lack its very command, which the server would write a second time. Throws StoreError `conflict`, `reused-id`, `too-large`.
   */
  add(call: Call): 'added' | 'later' | AppendRequest {
    const added = new Map<string, Planned>();
    const heads = new Map<string, number>();
    const known = new Map<AppendRequest, AppendResult>();
    const duplicates: AppendRequest[] = [];
    let bytes = 0;
    for (const request of call.requests) {
      checkRequest(request);
      const { commandId, stream, expectedRevision: expected, digest, events } = request;
      const recorded = this.view.findCommand(commandId);
      const before = recorded ?? added.get(commandId) ?? this.commands.get(commandId);
      if (before) {
        if (before.digest !== digest && before === this.commands.get(commandId)) return 'later';
        if (before.digest !== digest) throw reused(request);
        if (recorded) known.set(request, resultOf(recorded, 'duplicate'));
        else duplicates.push(request);
        continue;
      }
      const own = heads.get(stream);
      const seen = this.view.streamHead(stream);
      if (own === undefined ? expected < seen : expected !== own) throw conflict(request, own ?? seen);
      const planned = own ?? this.heads.get(stream);
      if (expected !== (planned ?? seen)) return planned === undefined ? request : 'later';
      heads.set(stream, expected + events.length);
      added.set(commandId, { stream, expectedRevision: expected, commandId, digest, recordedAt: this.propose(), events });
      for (const event of events) bytes += outgoingBytes(event);
    }
    if (bytes > MAX_MESSAGE_BYTES) {
      const { stream, commandId } = call.requests[0]!;
      throw new StoreError('too-large', `a call of ${bytes} bytes: a server takes at most ${MAX_MESSAGE_BYTES} at once`, {
        stream,
        commandId,
      });
    }
    for (const request of call.requests) {
      if (added.has(request.commandId) && !this.expected.has(request.stream)) this.expected.set(request.stream, request.expectedRevision);
    }
    for (const [id, command] of added) this.commands.set(id, command);
    for (const [stream, head] of heads) this.heads.set(stream, head);
    for (const [request, result] of known) this.known.set(request, result);
    for (const request of duplicates) this.duplicates.add(request);
    return 'added';
  }

  commandsOf({ requests }: Call): OutgoingCommand[] {
    return requests.filter((request) => !this.known.has(request)).flatMap(({ commandId }) => this.commands.get(commandId) ?? []);
  }

  /** The command that was sent for a request. */
  commandOf({ commandId }: AppendRequest): Planned {
    return this.commands.get(commandId)!;
  }

  /** What a request that was sent is answered; without an arrival it was read back. Throws StoreError `reused-id`: another process was faster with the id. */
  result(request: AppendRequest, arrival: Arrival | undefined): AppendResult {
    const command = this.commandOf(request);
    const { stream, expectedRevision, events } = command;
    const mine = !this.duplicates.has(request);
    if (!arrival) {
      return {
        status: mine ? 'recorded' : 'duplicate',
        stream,
        firstPosition: null,
        position: null,
        revision: expectedRevision + events.length,
        eventIds: events.map((event) => event.eventId),
        recordedAt: command.recordedAt,
      };
    }
    // The server knows an event by its id alone: what it has may be what another process sent.
    if (arrival.recorded.digest !== command.digest) throw reused(request);
    const own = arrival.events[0]!.recordedAt === command.recordedAt && sameContent(arrival.events, command);
    return resultOf(arrival.recorded, mine && own ? 'recorded' : 'duplicate');
  }

  conflictOf(call: Call, streams: readonly Mismatch[]): StoreError {
    const [first] = call.requests;
    const request = call.requests.find(({ stream }) => streams.some((s) => s.stream === stream)) ?? first!;
    const actual = streams.find(({ stream }) => stream === request.stream)?.actual ?? this.view.streamHead(request.stream);
    return conflict(request, actual);
  }
}

function reused({ stream, commandId }: AppendRequest): StoreError {
  return new StoreError('reused-id', `command id ${commandId} was used before with other content`, { stream, commandId });
}

export function conflict({ stream, expectedRevision: expected, commandId }: AppendRequest, actual: number): StoreError {
  return new StoreError('conflict', `stream ${stream} is at revision ${actual}, expected ${expected}`, {
    stream,
    expected,
    actual,
    commandId,
  });
}

function resultOf(
  { stream, firstPosition, position, revision, eventIds, recordedAt }: RecordedCommand,
  status: AppendResult['status'],
): AppendResult {
  return { status, stream, firstPosition, position, revision, eventIds, recordedAt };
}

/** Whether what stands in the log is what was sent, byte for byte. */
export function sameContent(events: readonly RemoteEvent[], { digest, events: sent }: OutgoingCommand): boolean {
  return (
    events.length === sent.length &&
    events.every((event, i) => {
      const { data, metadata, type, at } = sent[i]!;
      const same = event.data === data && event.metadata === metadata && event.type === type && event.at === at;
      return same && event.digest === digest && event.commandCount === sent.length;
    })
  );
}
