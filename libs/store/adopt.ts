/**
 * Taking over a whole history with its own recorded times. Invariant: what was adopted is what a store could have written itself: dense positions
 * and revisions, whole commands, strictly increasing recorded times, each command id once. Deliberately absent: any repair of a history.
 */
import type { Draft } from './draft';
import { checkRequest } from './frame-writer';
import { type RecordedCommand, StoreError, type StoredEvent } from './port';

/**
 * Writes the events behind the draft's end and calls `onCommand` after each command, so that the draft need not hold the whole history. `isKnown`: whether a command id stood in
 * the log before.
 * Throws StoreError `damaged` naming the first position at which the history breaks a rule; a defect's Error for texts that no frame can hold.
 */
export async function adoptInto(
  draft: Draft,
  events: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
  onCommand: (commandId: string, recorded: RecordedCommand) => void,
  isKnown: (commandId: string) => boolean = () => false,
): Promise<void> {
  const commandIds = new Set<string>();
  let command: StoredEvent[] = [];
  const finish = (): void => {
    const first = command[0];
    if (!first) return;
    const { stream, commandId, digest, recordedAt, position } = first;
    const request = { stream, commandId, digest, events: command, expectedRevision: first.revision - 1 };
    checkRequest(request);
    if (recordedAt <= draft.recordedAt && draft.position >= 0) throw broken(position, 'its recorded time is not after the one before');
    if (commandIds.has(commandId) || isKnown(commandId)) throw broken(position, `command id ${commandId} comes twice`);
    if (draft.headOf(stream) !== request.expectedRevision)
      throw broken(position, `revision ${first.revision} of ${stream} does not follow ${draft.headOf(stream)}`);
    commandIds.add(commandId);
    onCommand(commandId, draft.write(request, recordedAt));
    const { hash } = command.at(-1)!;
    if (hash !== undefined && hash !== draft.hash.toString('hex')) throw broken(position, 'it is not the event that its hash was made of');
    command = [];
  };
  let expected = draft.position + 1;
  for await (const event of events) {
    if (event.position !== expected) throw broken(event.position, `position ${expected} was to come`);
    expected++;
    const last = command.at(-1);
    if (last && event.commandIndex > 0) {
      const whole =
        event.commandId === last.commandId &&
        event.commandIndex === last.commandIndex + 1 &&
        event.stream === last.stream &&
        event.revision === last.revision + 1 &&
        event.recordedAt === last.recordedAt &&
        event.digest === last.digest;
      if (!whole) throw broken(event.position, 'it does not continue its command');
    } else {
      if (event.commandIndex !== 0) throw broken(event.position, 'its command does not begin with index 0');
      finish();
    }
    command.push(event);
  }
  finish();
}

function broken(position: number, rule: string): StoreError {
  return new StoreError('damaged', `the history breaks at position ${position}: ${rule}`);
}
