/**
 * An event on its way to the server and back. Invariant: data and metadata come back byte for byte: data travels as bytes, and what stands beside it as an object of strings, the
 * one form that every call of the server takes and keeps. The server's own times are not used. Deliberately absent: sending.
 */
import type { BinaryEventType, EventData, ResolvedEvent } from '@kurrent/kurrentdb-client';
import type { NewEvent } from '../event';
import { StoreError } from '../port';

/** Both numbers of a place in the server's log. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Whether `place` is at `other` or before. */
export function upTo(place: LogPosition, other: LogPosition): boolean {
  return place.commit <= other.commit && place.prepare <= other.prepare;
}

/** An event of one of our streams as the server delivers it. */
export interface RemoteEvent extends NewEvent {
  readonly at: bigint;
  readonly place: LogPosition;
  readonly stream: string;
  readonly revision: number;
  /** As the writer proposed it; see {@link Numbering} for what it becomes. */
  readonly recordedAt: bigint;
  readonly commandId: string;
  readonly commandIndex: number;
  /** Events of the whole command. */
  readonly commandCount: number;
  readonly digest: string;
}

/** A command as it is sent. */
export interface OutgoingCommand {
  readonly stream: string;
  readonly commandId: string;
  readonly digest: string;
  readonly recordedAt: bigint;
  readonly events: readonly NewEvent[];
}

/** Names on the server: `ledger.stream`. */
export class Names {
  readonly prefix: string;
  /** Tells which store it is; outside the prefix, so that it is no part of the log. */
  readonly identity: string;

  constructor(ledger: string) {
    this.prefix = `${ledger}.`;
    this.identity = `${ledger}-identity`;
  }

  toServer(stream: string): string {
    return this.prefix + stream;
  }

  fromServer(name: string): string {
    return name.slice(this.prefix.length);
  }
}

/** The command's events, in order. `message`: the id of the message that it is the first of. */
export function outgoing({ commandId, digest, recordedAt, events }: OutgoingCommand, message?: string): EventData[] {
  return events.map(({ eventId, type, at, data, metadata }, index) => ({
    id: eventId,
    type,
    contentType: 'application/octet-stream',
    data: Buffer.from(data),
    metadata: {
      at: String(at),
      recordedAt: String(recordedAt),
      commandId,
      index: String(index),
      count: String(events.length),
      digest,
      metadata,
      ...(index === 0 && message && { message }),
    },
  }));
}

/** The same event as calls that write one stream take it with less work. */
export function inBytes(event: EventData): EventData {
  return { ...event, metadata: UTF8.encode(JSON.stringify(event.metadata)) };
}

const UTF8 = new TextEncoder();

/** The command's events as they come back when the server has them from a revision on; `place` is where they begin, or before. */
export function returned(command: OutgoingCommand, revision: number, place: LogPosition): RemoteEvent[] {
  const { stream, commandId, digest, recordedAt, events } = command;
  return events.map(({ eventId, type, at, data, metadata }, commandIndex) => ({
    eventId,
    type,
    at,
    data,
    metadata,
    place,
    stream,
    revision: revision + commandIndex,
    recordedAt,
    commandId,
    commandIndex,
    commandCount: events.length,
    digest,
  }));
}

/** Bytes that an event takes in a request, about. */
export function outgoingBytes({ data, metadata, type }: NewEvent): number {
  return Buffer.byteLength(data) + Buffer.byteLength(metadata) + type.length + 320;
}

type Field = 'at' | 'recordedAt' | 'commandId' | 'index' | 'count' | 'digest' | 'metadata';
const TIME = /^-?\d+$/;
const FORMS: Readonly<Record<Field, RegExp>> = {
  at: TIME,
  recordedAt: TIME,
  commandId: /^/,
  index: /^\d+$/,
  count: /^[1-9]\d*$/,
  digest: /^/,
  metadata: /^/,
};
const FIELDS = Object.entries(FORMS) as [Field, RegExp][];

/** The id of the message that begins with the event, if it has one. */
export function messageOf({ event }: ResolvedEvent): string | undefined {
  return (event?.metadata as { readonly message?: string } | undefined)?.message;
}

/** Throws StoreError `foreign` for an event that was not written by this program. */
export function incoming({ event }: ResolvedEvent, names: Names): RemoteEvent {
  const { streamId, revision, id, type, data, metadata, position } = event as unknown as BinaryEventType & {
    streamId: string;
    revision: bigint;
    id: string;
    position?: LogPosition;
  };
  const fields = metadata as Readonly<Record<Field, string>> | undefined;
  const well = FIELDS.every(([name, form]) => typeof fields?.[name] === 'string' && form.test(fields[name]));
  if (!ArrayBuffer.isView(data) || !position || !well) {
    throw new StoreError('foreign', `event ${revision} of the stream ${streamId} on the server was not written by this program`);
  }
  const { at, recordedAt, commandId, index, count, digest, metadata: text } = fields!;
  return {
    eventId: id,
    type,
    at: BigInt(at),
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'),
    metadata: text,
    place: position,
    stream: names.fromServer(streamId),
    revision: Number(revision),
    recordedAt: BigInt(recordedAt),
    commandId,
    commandIndex: Number(index),
    commandCount: Number(count),
    digest,
  };
}
