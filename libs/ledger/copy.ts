/**
 * Moving a whole history from one store to another. Invariant: the target holds a leading part of the source, equal to the last byte, at every moment; so whatever stops it, it can go on.
 * Deliberately absent: what the source records after the copying began.
 */
import { refuse, RefusalError } from '../domain/refusal';
import { decode } from '../store/frame';
import { type EventStore, type StoredEvent, StoreError } from '../store/port';

export interface Copied {
  /** Events of the source when the copying began, all of which are in the target. */
  readonly events: number;
  /** Those that this run has written. */
  readonly copied: number;
  /** Position of the last, -1 when there is none, and the chain hash after it, the same in both. */
  readonly position: number;
  readonly hash: string;
}

/**
 * Throws RefusalError when the target holds something else than a leading part of the source, naming the first position at which they differ; StoreError when one of them fails, or
 * the two do not agree at the end; the signal's reason when it is aborted.
 */
export async function copyHistory(
  source: EventStore,
  target: EventStore,
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Copied> {
  const { position, hash } = source.head();
  const before = target.head().position;
  assertPart(source, target, position, before);
  onProgress(before + 1, position + 1);
  if (before < position) await target.extend(rest(source, before + 1, position, signal), (done) => onProgress(done + 1, position + 1));
  const copied = target.hashAt(position);
  if (copied !== hash)
    throw new StoreError('damaged', `the copy has the chain hash ${copied ?? 'of nothing'} at position ${position}, the source ${hash}`);
  return { events: position + 1, copied: position - before, position, hash };
}

function assertPart(source: EventStore, target: EventStore, end: number, last: number): void {
  const same = (position: number): boolean => target.hashAt(position) === source.hashAt(position);
  const common = Math.min(end, last);
  let [low, high] = same(common) ? [common, common + 1] : [-1, common];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (same(middle)) low = middle;
    else high = middle;
  }
  if (low === last) return;
  const found = low === end ? `the source ends at position ${end}` : `the event at position ${high} is not the source's`;
  const rule = `must be empty or hold a leading part of the source: it ends at position ${last}, and ${found}`;
  throw new RefusalError(refuse('NotEmpty', rule, { field: '--to' }));
}

/** A turn of the event loop for every so many events lets a Ctrl-C be seen. */
const TURN_EVENTS = 1_000;

async function* rest(source: EventStore, from: number, to: number, signal?: AbortSignal): AsyncIterable<StoredEvent> {
  let next = from;
  for await (const slice of source.readAll(from, { to })) {
    for (const frame of slice.frames()) yield { ...decode(frame), hash: frame.hash };
    if (slice.position < next) continue;
    next = slice.position + TURN_EVENTS;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
}
