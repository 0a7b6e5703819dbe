/**
 * Events as lines of text: what a file, a page and a live stream of the log are made of. Data and metadata stand there byte for byte as they are stored; metadata also
 * carries what the store keeps beside an event. Invariant: lines come in the order of the log, each once. Deliberately absent: reading lines back (log-file.ts).
 */
import { formatInstant } from '../domain/instant';
import { decode, type Frame, type Slice } from '../store/frame';
import type { EventStore } from '../store/port';

export interface LogLine {
  readonly position: number;
  readonly revision: number;
  readonly type: string;
  /** One line of JSON, with its ending. */
  readonly text: string;
}

export interface LogPart {
  /** The first log position. */
  readonly from: number;
  /** Only this stream, which exists. */
  readonly stream?: string | undefined;
  /** Of the stream's first event at or behind `from`, where that is known. */
  readonly revision?: number | undefined;
}

/** Those that there are when reading begins. Deep in a long log it costs no more than at its beginning. */
export async function* logLines(store: EventStore, part: LogPart): AsyncGenerator<LogLine, void, undefined> {
  for await (const slice of slicesOf(store, part)) yield* linesIn(slice, part.from);
}

/**
 * Gives the lines of each commit to `take`, past and future, and waits for it; `passed` is the log position up to which everything has been given then. Resolves when the
 * signal is aborted, once nothing is being taken any more. Throws StoreError, and what `take` throws.
 */
export async function followLog(
  store: EventStore,
  part: LogPart,
  take: (lines: Iterable<LogLine>, passed: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { from, stream } = part;
  let next = from;
  if (stream !== undefined) {
    // What is there already is found by the stream's index, without a look at the events of others.
    const head = store.head().position;
    for await (const slice of slicesOf(store, part)) {
      if (signal.aborted) return;
      await take(linesIn(slice, from, head), Math.min(slice.position + slice.count - 1, head));
    }
    next = Math.max(from, head + 1);
    await take([], next - 1);
  }
  await new Promise<void>((resolve, reject) => {
    const subscription = store.subscribe(
      next,
      (slice) => take(stream === undefined || slice.stream === stream ? linesIn(slice, from) : [], slice.position + slice.count - 1),
      reject,
    );
    const stop = (): void => void subscription.close().then(resolve);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

async function* slicesOf(store: EventStore, { from, stream, revision }: LogPart): AsyncGenerator<Slice, void, undefined> {
  if (stream === undefined) yield* store.readAll(from);
  else yield* store.readStream(stream, { from: revision ?? (await revisionAt(store, stream, from)) });
}

/** The revision of the stream's first event at or behind a log position, by bisection. */
async function revisionAt(store: EventStore, stream: string, from: number): Promise<number> {
  let low = 0;
  let high = from === 0 ? 0 : store.streamHead(stream) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    for await (const slice of store.readStream(stream, { from: middle })) {
      // Within a slice positions and revisions run together.
      const ahead = from - slice.position;
      if (ahead > 0 && ahead < slice.count) return middle + ahead;
      if (ahead > 0) low = middle + slice.count;
      else high = middle;
      break;
    }
  }
  return low;
}

function* linesIn(slice: Slice, from: number, to?: number): Generator<LogLine, void, undefined> {
  for (const frame of slice.frames(from, to)) yield lineOf(frame);
}

function lineOf(frame: Frame): LogLine {
  const { position, stream, revision, type, eventId, commandId, commandIndex, digest, recordedAt, at, data, metadata } = decode(frame);
  // A listing has no time of its own and was given the clock's.
  const ownAt = type === 'InstrumentListed' ? { at: formatInstant(at, 'nine') } : {};
  const kept = { commandId, commandIndex, digest, recordedAt: formatInstant(recordedAt, 'nine'), hash: frame.hash, ...ownAt };
  const head = JSON.stringify({ position: String(position), stream, revision: String(revision), type, eventId });
  const inner = metadata.slice(0, -1);
  const beside = `${inner === '{' ? '' : ','}${JSON.stringify(kept).slice(1)}`;
  return { position, revision, type, text: `${head.slice(0, -1)},"data":${data},"metadata":${inner}${beside}}\n` };
}
