/**
 * The log as a file: one event a line, data and metadata as they are stored. Metadata also carries what the store keeps beside an event (command id and digest, place
 * in its command, recorded time, chain hash), so that a file read back into an empty store makes the same bytes, ids, times and chain hash.
 */
import { parseInstant } from '../domain/instant';
import { refuse, RefusalError } from '../domain/refusal';
import type { NdjsonLine } from '../formats/ndjson';
import type { EventStore, StoredEvent } from '../store/port';
import { isUuid } from '../store/uuid';
import { EVENT_TYPES } from './event-codec';
import { logLines } from './log-lines';
import { isPortfolioStream, isPriceStream } from './streams';

/** Lines in the order of the log, each with its ending. `from`: a log position. Throws RefusalError for a stream that does not exist, naming `field`. */
export async function* exportLines(
  store: EventStore,
  { from, stream }: { readonly from: number; readonly stream?: string | undefined },
  field = '--stream',
): AsyncGenerator<string, void, undefined> {
  if (stream !== undefined) assertStream(store, stream, field);
  for await (const { text } of logLines(store, { from, stream })) yield text;
}

/** Throws RefusalError for a stream that does not exist, naming `field`. */
export function assertStream(store: EventStore, stream: string, field: string): void {
  if (store.streamHead(stream) >= 0) return;
  throw new RefusalError(
    refuse('InvalidField', 'must be a stream of the store, such as portfolio-ID or price-ID', { field, value: stream }),
  );
}

/** The events of a file. Throws RefusalError InvalidFile, naming line and field, at the first line that is not one of ours. */
export async function* readLog(file: string, lines: AsyncIterable<NdjsonLine>): AsyncGenerator<StoredEvent, void, undefined> {
  let position = 0;
  for await (const { line, text, refusal } of lines) {
    const bad = (field: string, value: unknown, rule: string): never => {
      throw new RefusalError(refuse('InvalidFile', rule, { field: `${file}:${line}${field === '' ? '' : ` ${field}`}`, value }));
    };
    if (refusal) return bad('', refusal.value, refusal.rule);
    const event = readEvent(text, bad);
    if (event.position !== position) bad('position', String(event.position), `must be ${position}: a log begins at 0 and has no gaps`);
    position++;
    yield event;
  }
}

type Bad = (field: string, value: unknown, rule: string) => never;
type Fields = Readonly<Record<string, unknown>>;

const TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES);

function readEvent(text: string, bad: Bad): StoredEvent {
  const line = parsed(text, bad);
  const data = objectIn(line, 'data', bad);
  const { commandId, commandIndex, digest, recordedAt, at, hash, ...metadata } = objectIn(line, 'metadata', bad);
  const { stream, type, eventId } = line;
  if (!TYPES.has(type)) bad('type', type, 'must be an event type that this version knows');
  if (typeof stream !== 'string' || !(isPriceStream(stream) || isPortfolioStream(stream)))
    return bad('stream', stream, 'must be portfolio-ID or price-ID, in lower case');
  const effective = at === undefined ? atOf(data) : parseInstant(at);
  return {
    position: countIn(line, 'position', bad),
    stream,
    revision: countIn(line, 'revision', bad),
    type: type as string,
    eventId: uuid('eventId', eventId, bad),
    commandId: uuid('metadata/commandId', commandId, bad),
    commandIndex: Number.isSafeInteger(commandIndex)
      ? (commandIndex as number)
      : bad('metadata/commandIndex', commandIndex, 'must be a whole number'),
    digest: typeof digest === 'string' && /^[0-9a-f]{32}$/.test(digest) ? digest : bad('metadata/digest', digest, 'must be 32 hex digits'),
    recordedAt: parseInstant(recordedAt) ?? bad('metadata/recordedAt', recordedAt, 'must be an RFC 3339 time with a zone'),
    at: effective ?? bad('data/at', data['at'], 'must be an RFC 3339 time with a zone'),
    ...(hash === undefined ? {} : { hash: isHash(hash) ? hash : bad('metadata/hash', hash, 'must be 64 hex digits') }),
    data: textOf('data', data, bad),
    metadata: textOf('metadata', metadata, bad),
  };
}

function parsed(text: string, bad: Bad): Fields {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    return bad('', text, `must be one JSON object: ${(error as Error).message}`);
  }
  return isObject(line) ? line : bad('', line, 'must be one JSON object');
}

function objectIn(line: Fields, field: string, bad: Bad): Fields {
  const value = line[field];
  return isObject(value) ? value : bad(field, value ?? null, 'must be a JSON object');
}

function textOf(field: string, value: Fields, bad: Bad): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    return bad(field, value, (error as Error).message); // nested without end
  }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function countIn(line: Fields, field: string, bad: Bad): number {
  const value = line[field];
  return typeof value === 'string' && /^(0|[1-9]\d{0,14})$/.test(value)
    ? Number(value)
    : bad(field, value ?? null, 'must be a whole number in a JSON string');
}

function uuid(field: string, value: unknown, bad: Bad): string {
  return typeof value === 'string' && isUuid(value) ? value : bad(field, value ?? null, 'must be a UUID in lower case');
}

function atOf(data: unknown): bigint | undefined {
  return isObject(data) ? parseInstant(data['at']) : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
