/**
 * The local copy of a server's log: our events in the order in which the server has them, numbered from 0, framed and chained as in every store. Invariants: it depends on the
 * server's log alone, so that every process gets the same positions, times and hashes; the copy and the place on the server up to which it goes are committed together; only
 * whole commands are in. A gap or an event that no store could have written is damage and is not passed. Deliberately absent: where events come from.
 *
 * Recorded time: what the writer proposed, or 1 ns after the command before, whichever is later.
 */
import { Draft } from '../draft';
import { storeError } from '../embedded/driver';
import { indexTail, insertDraft, takeIn } from '../embedded/tail';
import type { LogView } from '../embedded/view';
import { checkRequest, FrameWriter } from '../frame-writer';
import { type RecordedCommand, StoreError } from '../port';
import { type LogPosition, type RemoteEvent, upTo } from './wire';

/** What {@link Numbering.take} found that is no event of the copy's future. */
export type Missed = 'gap' | undefined;

export class Numbering {
  private readonly frames = new FrameWriter();
  /** Events of a command that is not complete yet. */
  private partial: RemoteEvent[] = [];
  private saved: LogPosition | undefined;

  constructor(
    private readonly view: LogView,
    private readonly onCommand: (commandId: string, recorded: RecordedCommand, events: readonly RemoteEvent[]) => void,
  ) {
    this.saved = view.log.place();
  }

  /** Up to where the server's log is in; undefined: nothing yet. */
  get place(): LogPosition | undefined {
    return this.saved;
  }

  /** Forgets a command that is not complete: what comes next begins behind {@link place}. */
  restart(): void {
    this.partial = [];
  }

  /**
   * Takes in the next events of the server's log. `passed`: a place up to which there are no others of ours. Events that are in already are passed over. Answers 'gap' when
   * events are missing in between: what came before the gap is in. Throws StoreError `damaged`, and what SQLite reports.
   */
  take(events: readonly RemoteEvent[], passed?: LogPosition): Missed {
    const draft = new Draft(this.view, this.frames);
    const commands: [RecordedCommand, readonly RemoteEvent[]][] = [];
    let missed: Missed;
    let place = this.saved;
    for (const event of events) {
      if (this.saved && upTo(event.place, this.saved)) continue;
      const step = this.next(event, draft);
      if (step === 'known') continue;
      if (step === 'gap') {
        missed = 'gap';
        break;
      }
      if (step === 'part') continue;
      commands.push([this.write(draft, step), step]);
      place = event.place;
    }
    if (!missed && this.partial.length === 0 && passed && (!place || passed.commit > place.commit)) place = passed;
    if (place === this.saved) return missed;
    this.commit(draft, place!);
    for (const [recorded, own] of commands) this.onCommand(own[0]!.commandId, recorded, own);
    return missed;
  }

  private next(event: RemoteEvent, draft: Draft): 'known' | 'gap' | 'part' | readonly RemoteEvent[] {
    const { stream, revision, commandId, commandIndex } = event;
    const head = draft.headOf(stream) + this.partial.length * (this.partial[0]?.stream === stream ? 1 : 0);
    if (revision <= head) {
      this.checkKnown(event, draft);
      return 'known';
    }
    if (revision > head + 1) return 'gap';
    const last = this.partial.at(-1);
    if (commandIndex !== this.partial.length || (last && (last.commandId !== commandId || last.stream !== stream))) {
      throw damaged(event, 'it does not continue its command');
    }
    this.partial.push(event);
    if (this.partial.length < event.commandCount) return 'part';
    const whole = this.partial;
    this.partial = [];
    return whole;
  }

  /** The server delivers an event twice now and then; another event at its place means another log. */
  private checkKnown(event: RemoteEvent, draft: Draft): void {
    if (event.revision > this.view.streamHead(event.stream)) return; // in this draft, or a part of a command
    for (const slice of this.view.streamSlices(event.stream, event.revision, event.revision, false)) {
      for (const frame of slice.frames()) if (frame.eventId === event.eventId) return;
    }
    throw damaged(event, `this machine has seen another event there (position ${draft.position} is the last)`);
  }

  private write(draft: Draft, events: readonly RemoteEvent[]): RecordedCommand {
    const { stream, commandId, digest, recordedAt } = events[0]!;
    const request = { stream, commandId, digest, events, expectedRevision: -1 };
    try {
      checkRequest(request);
    } catch (error) {
      throw damaged(events[0]!, (error as Error).message);
    }
    const known = draft.commands.get(commandId) ?? this.view.findCommand(commandId);
    if (known?.stream === stream) throw damaged(events[0]!, `its command ${commandId} stands at revision ${known.revision} already`);
    const recorded = draft.write(request, recordedAt > draft.recordedAt ? recordedAt : draft.recordedAt + 1n);
    // The first one keeps the id; another stream's command of the same id is an event like any other.
    if (!known) draft.commands.set(commandId, recorded);
    return recorded;
  }

  private commit(draft: Draft, place: LogPosition): void {
    const { log, recent } = this.view;
    try {
      log.write(() => {
        insertDraft(log, draft);
        log.savePlace(place);
      });
      this.saved = place;
      if (draft.slices.length === 0) return;
      takeIn(this.view, draft);
      if (recent.large) indexTail(this.view);
    } catch (error) {
      throw storeError(error, 'the local copy of the log could not be written');
    }
  }
}

function damaged({ stream, revision }: RemoteEvent, what: string): StoreError {
  return new StoreError('damaged', `the server's log cannot be followed at revision ${revision} of ${stream}: ${what}`, { stream });
}
