/**
 * The growing end of a log file: putting a draft into the tables, and taking it into the view once it is committed. Invariant: the view never knows more than is committed.
 * Deliberately absent: transactions, and what decides that a draft is to be written.
 */
import type { Draft } from '../draft';
import type { Log } from './log';
import type { LogView } from './view';

/** Adds the draft's slices; inside a transaction. */
export function insertDraft(log: Log, draft: Draft): void {
  const { bytes } = draft;
  for (const slice of draft.slices) log.insertSlice(slice, bytes.subarray(slice.start, slice.end));
}

/** Lets the view see a draft that was committed. */
export function takeIn(view: LogView, draft: Draft): void {
  for (const slice of draft.slices) view.recent.addSlice(slice);
  for (const [commandId, { firstPosition }] of draft.commands) view.recent.commands.set(commandId, firstPosition);
  for (const [stream, revision] of draft.heads) view.heads.set(stream, revision);
  const { position, recordedAt, hash } = draft;
  view.end = { position, recordedAt, hash };
}

/** Writes the indexes up to the head. */
export function indexTail(view: LogView): void {
  view.log.write(() => view.writeIndex());
  view.indexWritten();
}
