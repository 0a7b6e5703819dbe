/**
 * What the client throws, sorted by what it means for an append. Invariant: only what the server is known to have turned down counts as refused or as not applied; anything that
 * is not recognised leaves the outcome unknown. Deliberately absent: retrying.
 */
import { StoreError } from '../port';

/** Our own timer has run out. */
export class NoAnswer extends Error {
  constructor(what: string, millis: number) {
    super(`no answer within ${millis / 1000} s to ${what}`);
    this.name = 'NoAnswer';
  }
}

/** A stream that was at another revision than expected; -1: it does not exist; undefined: not said. */
export interface Mismatch {
  readonly stream: string;
  readonly actual: number | undefined;
}

export type Outcome =
  /** The expected revisions were wrong; nothing of this try was applied. */
  | { readonly kind: 'mismatch'; readonly streams: readonly Mismatch[] }
  /** Not applied, and never will be as it is. */
  | { readonly kind: 'refused'; readonly error: StoreError }
  /** Not applied; the same may be tried again. */
  | { readonly kind: 'not-applied' }
  /** The server does not know the call. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'unknown' };

interface Thrown {
  readonly code?: number;
  readonly type?: string;
  readonly message?: string;
  readonly streamName?: string;
  readonly actualState?: bigint | string;
  readonly violations?: readonly { readonly streamName: string; readonly actualState: bigint | string }[];
}

/** The server says so before it looks at an append; the client knows neither. */
const NOT_NOW = /server is (not ready|too busy|busy)/i;
/** Numbers of gRPC: for calls that write several streams the client knows no names for these. */
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;

export function outcomeOf(error: unknown): Outcome {
  if (error instanceof StoreError) return { kind: 'refused', error };
  const { type = '', code, message = '', streamName = '', actualState, violations } = error as Thrown;
  switch (type) {
    case 'wrong-expected-version':
      return { kind: 'mismatch', streams: [{ stream: streamName, actual: revisionOf(actualState) }] };
    case 'append-consistency-violation':
      return { kind: 'mismatch', streams: (violations ?? []).map((v) => ({ stream: v.streamName, actual: revisionOf(v.actualState) })) };
    case 'maximum-append-size-exceeded':
    case 'transaction-max-size-exceeded':
    case 'append-record-size-exceeded':
      return {
        kind: 'refused',
        error: new StoreError('too-large', 'the server does not take so much in one append', {}, { cause: error }),
      };
    case 'access-denied':
      return denied(error);
    case 'stream-deleted':
    case 'stream-tombstoned':
      return {
        kind: 'refused',
        error: new StoreError('damaged', `the stream ${streamName} was deleted on the server`, {}, { cause: error }),
      };
    case 'not-leader':
      return { kind: 'not-applied' };
    case 'unsupported':
      return { kind: 'unsupported' };
    default:
      if (code === PERMISSION_DENIED) return denied(error);
      // The latter: it is not the leader, which it names in its text only.
      return NOT_NOW.test(message) || code === FAILED_PRECONDITION ? { kind: 'not-applied' } : { kind: 'unknown' };
  }
}

function denied(cause: unknown): Outcome {
  return { kind: 'refused', error: new StoreError('unavailable', 'the server does not allow it with this login', {}, { cause }) };
}

/** A failure of anything but an append, as the store's own. */
export function unavailable(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const outcome = outcomeOf(error);
  if (outcome.kind === 'refused') return outcome.error;
  return new StoreError('unavailable', `${doing}: ${reasonOf(error)}`, {}, { cause: error });
}

/** What the client's error says, and what can be done about it. */
export function reasonOf(error: unknown): string {
  const { message, type } = error as Thrown;
  // The client says no more of it, whatever it was.
  if (type === 'unavailable')
    return 'no connection: look whether the server runs there, whether tls and tlsCaFile are as it needs them, and whether it knows the login';
  const hint = type === 'not-leader' ? ': the URL has to name all nodes of the cluster, or nodePreference=follower to read' : '';
  return `${message || type || 'no reason given'}${hint}`;
}

function revisionOf(state: bigint | string | undefined): number | undefined {
  if (typeof state === 'bigint') return state < 0n ? -1 : Number(state);
  return state === 'no_stream' ? -1 : undefined;
}
