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
 * the two do not agree at the end.
 */
export async function copyHistory(
  source: EventStore,
  target: EventStore,
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Copied> {
  const { position, hash } = source.head();
  const before = target.head().position;
  assertPart(source, target, before);
  if (before < position) {
    onProgress(before + 1, position + 1);
    await target.extend(rest(source, before + 1, position, signal), (done) => onProgress(done + 1, position + 1));
  }
  if (target.hashAt(position) !== hash) {
    throw new StoreError(
      'damaged',
      `the copy does not match: position ${position} has the hash ${target.hashAt(position) ?? 'of nothing'}, not ${hash}`,
    );
  }
  return { events: position + 1, copied: position - before, position, hash };
}

function assertPart(source: EventStore, target: EventStore, last: number): void {
  const same = (position: number): boolean => target.hashAt(position) === source.hashAt(position);
  if (same(last)) return;
  let [low, high] = [-1, last];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (same(middle)) low = middle;
    else high = middle;
  }
  const rule = `must be empty or hold a leading part of the source: it holds ${last + 1} events, and the one at position ${high} is not the source's`;
  throw new RefusalError(refuse('NotEmpty', rule, { field: '--to' }));
}

async function* rest(source: EventStore, from: number, to: number, signal?: AbortSignal): AsyncIterable<StoredEvent> {
  for await (const slice of source.readAll(from, { to })) {
    for (const frame of slice.frames()) yield { ...decode(frame), hash: frame.hash };
    // Ctrl-C is seen between two turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
}
