/** What becomes of a command: decided or refused at once, answered when it is durable. */
import { formatInstant } from '../domain/instant';
import { refuse, type Refusal, RefusalError } from '../domain/refusal';
import { type AppendRequest, type AppendResult, StoreError } from '../store/port';
import type { LedgerEvent } from './event-codec';

/** What a command was answered. Positions and revisions are decimal strings. */
export interface Answer {
  readonly status: 'recorded' | 'duplicate';
  readonly commandId: string;
  readonly stream: string;
  readonly revision: string;
  /** Null where a server keeps the log and did not say it in time. */
  readonly position: string | null;
  readonly eventIds: readonly string[];
  readonly recordedAt: string;
}

/**
 * A command that was decided. `recorded` resolves when its events are durable. It rejects with a StoreError when they are not in the log, and with a RefusalError when
 * other processes wrote meanwhile and it was refused on what is there now; what is recorded after being decided again may be other events.
 */
export interface Accepted {
  readonly commandId: string;
  readonly stream: string;
  readonly events: readonly LedgerEvent[];
  readonly recorded: Promise<Answer>;
}

export interface Refused {
  readonly commandId: string;
  readonly stream: string;
  readonly refusal: Refusal;
}

/** Decided, and not yet on its way to the store. */
export interface Decided extends Omit<Accepted, 'recorded'> {
  readonly request: AppendRequest;
  /** Where the log has its first event if nobody else writes. */
  readonly firstPosition: number;
}

export function reusedId(commandId: string, stream: string): Refused {
  const refusal = refuse('ReusedCommandId', 'the command id was used before with other data', { field: 'commandId', value: commandId });
  return { commandId, stream, refusal };
}

/** Nobody need wait for an answer: a rejection that no one looks at is not an accident. */
export function quiet<T extends Accepted | Refused>(outcome: T): T {
  if ('recorded' in outcome) outcome.recorded.catch(() => undefined);
  return outcome;
}

/** What a command is answered, or what it is refused for in the end. Rejects with a StoreError when it is not in the log. */
export function concluded(outcome: Accepted | Refused): Promise<Answer | Refusal> {
  if ('refusal' in outcome) return Promise.resolve(outcome.refusal);
  return outcome.recorded.catch((error: unknown) => {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  });
}

export function answerOf(commandId: string, result: AppendResult): Answer {
  return {
    status: result.status,
    commandId,
    stream: result.stream,
    revision: String(result.revision),
    position: result.position === null ? null : String(result.position),
    eventIds: result.eventIds,
    recordedAt: formatInstant(result.recordedAt, 'nine'),
  };
}

/** A store's fault as the refusal it is to the caller, when it is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof StoreError)) return undefined;
  if (error.fault === 'conflict') return refuse('WrongRevision', error.message, { field: 'expectedRevision' });
  if (error.fault === 'reused-id') return refuse('ReusedCommandId', error.message, { field: 'commandId', value: error.about.commandId });
  if (error.fault === 'not-empty') return refuse('NotEmpty', error.message);
  return undefined;
}
