/**
 * An event as a store takes it and as a store gives it back. Times are nanoseconds since the epoch, ids lower-case UUIDs, positions and
 * revisions counts from 0.
 */

export interface NewEvent {
  /** UUID, lower-case. */
  readonly eventId: string;
  readonly type: string;
  /** Effective time, nanoseconds since the epoch. */
  readonly at: bigint;
  /** JSON text, stored byte for byte (UTF-8), at most 1 MiB. */
  readonly data: string;
  /** JSON text of an object: actor, schemaVersion, correlationId, causationId …; never event id, command id or recorded time, which the store keeps itself. */
  readonly metadata: string;
}

export interface StoredEvent extends NewEvent {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly recordedAt: bigint;
  readonly commandId: string;
  /** Index of the event within its command. */
  readonly commandIndex: number;
  readonly digest: string;
  /** Chain hash after it, lower-case hex, where a history to be adopted says what it must be. */
  readonly hash?: string;
}
