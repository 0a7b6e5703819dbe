/**
 * Which calls go to the server together, and what each is answered. Invariant: a call that this process knows to be refused is not sent; one that it cannot judge, because it may not
 * have seen everything, is. Deliberately absent: sending.
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
  /** Commands of it that were sent before, when it met a conflict together with others. */
  readonly sent: Map<string, OutgoingCommand>;
  alone: boolean;
}

/** A command of the log with its events as the server has them; undefined: it has not come in time. */
export type Arrival = { readonly recorded: RecordedCommand; readonly events: readonly RemoteEvent[] };

/** The calls that share a message, checked one behind the other against what this process knows. */
export class Plan {
  /** Answers of requests that are in the log already. */
  readonly known = new Map<AppendRequest, AppendResult>();
  private readonly commands = new Map<string, OutgoingCommand>();
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
   * All of the call's requests or none. False: it has to wait, because only what is planned, and may yet fail, speaks against it. Throws StoreError `conflict`, `reused-id`, `too-large`.
   */
  add(call: Call): boolean {
    const added = new Map<string, OutgoingCommand>();
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
        if (before.digest !== digest && before === this.commands.get(commandId)) return false;
        if (before.digest !== digest)
          throw new StoreError('reused-id', `command id ${commandId} was used before with other content`, { stream, commandId });
        if (recorded) known.set(request, resultOf(recorded, call.sent.has(commandId) ? 'recorded' : 'duplicate'));
        else duplicates.push(request);
        continue;
      }
      const head = heads.get(stream);
      const seen = head ?? this.view.streamHead(stream);
      // A stream may be further than this process has seen, not less far.
      if (head === undefined ? expected < seen : expected !== head) throw conflict(request, seen);
      if (head === undefined && expected !== (this.heads.get(stream) ?? expected)) return false;
      heads.set(stream, expected + events.length);
      added.set(commandId, { stream, commandId, digest, recordedAt: this.propose(), events });
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
    return true;
  }

  commandsOf({ requests }: Call): OutgoingCommand[] {
    return requests.filter((request) => !this.known.has(request)).flatMap(({ commandId }) => this.commands.get(commandId) ?? []);
  }

  /** What a request that was sent is answered. */
  result(request: AppendRequest, arrival: Arrival | undefined): AppendResult {
    const { commandId, stream, expectedRevision, events } = request;
    const command = this.commands.get(commandId)!;
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
    // The server knows an event by its id alone: what it has may be what an earlier process sent.
    return resultOf(arrival.recorded, mine && sameContent(arrival, command) ? 'recorded' : 'duplicate');
  }

  conflictOf(call: Call, streams: readonly Mismatch[]): StoreError {
    const [first] = call.requests;
    const request = call.requests.find(({ stream }) => streams.some((s) => s.stream === stream)) ?? first!;
    const actual = streams.find(({ stream }) => stream === request.stream)?.actual ?? this.view.streamHead(request.stream);
    return conflict(request, actual);
  }
}

function conflict({ stream, expectedRevision: expected, commandId }: AppendRequest, actual: number): StoreError {
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
export function sameContent({ recorded, events }: Arrival, command: OutgoingCommand): boolean {
  return (
    recorded.digest === command.digest &&
    events.length === command.events.length &&
    events.every(({ data, metadata, type, at }, i) => {
      const own = command.events[i]!;
      return data === own.data && metadata === own.metadata && type === own.type && at === own.at;
    })
  );
}
