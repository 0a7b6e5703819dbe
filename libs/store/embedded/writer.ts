/**
 * Writing the log: group commit, the indexes, and taking over a history. Invariant: an append is answered when SQLite has synced its commit; the
 * calls that share a commit are in the log together or not at all. Deliberately absent: the rules of appending (draft.ts), and any thread.
 */
import { adoptInto } from '../adopt';
import { type Clock, Draft } from '../draft';
import { FrameWriter } from '../frame-writer';
import { type AppendRequest, type AppendResult, StoreError, type StoredEvent } from '../port';
import { storeError } from './driver';
import type { AnchorWriter } from './files';
import type { Log } from './log';
import { indexTail, insertDraft, takeIn } from './tail';
import type { LogView } from './view';

interface Call {
  readonly requests: readonly AppendRequest[];
  readonly resolve: (results: AppendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** So many events at most share a commit: more would make the first caller wait without writing any faster. */
const COMMIT_EVENTS = 20_000;
/** Bytes that an adopted history may take in memory before they are handed to SQLite. */
const ADOPT_BYTES = 8 << 20;

export class LogWriter {
  private readonly log: Log;
  private readonly frames = new FrameWriter();
  private queue: Call[] = [];
  private pumping = false;
  private adopting: Promise<void> | undefined;
  /** Set when the outcome of a commit is unknown: nothing is written on top of it. */
  private doubt: Error | undefined;

  constructor(
    private readonly view: LogView,
    private readonly clock: Clock,
    private readonly anchor: AnchorWriter,
    private readonly onCommit: () => void,
  ) {
    this.log = view.log;
    const { position, hash } = view.end;
    if (position >= 0) anchor.write(position, hash.toString('hex'));
  }

  append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ requests, resolve, reject });
      this.schedule();
    });
  }

  /** One transaction holds the whole history; appends wait for it. */
  async adopt(events: AsyncIterable<StoredEvent>): Promise<void> {
    this.drain();
    if (this.adopting || this.view.end.position >= 0) throw new StoreError('not-empty', 'the store holds events already');
    await this.alone(() => this.adoptAll(events));
  }

  /** A transaction for every {@link ADOPT_BYTES}; appends wait for the last. */
  async extend(events: AsyncIterable<StoredEvent>, onCommit: (position: number) => void = () => undefined): Promise<void> {
    this.drain();
    await this.adopting?.catch(() => undefined);
    await this.alone(() => this.adoptAll(events, onCommit));
  }

  private async alone(adopt: () => Promise<void>): Promise<void> {
    this.adopting = adopt();
    try {
      await this.adopting;
    } finally {
      this.adopting = undefined;
      this.schedule();
    }
  }

  /** Writes what was called before, and the indexes. No call may follow. */
  async finish(): Promise<void> {
    await this.adopting?.catch(() => undefined);
    this.drain();
    if (!this.doubt) this.writeIndex();
  }

  /** At most one pass is pending at any time; all calls of a turn of the event loop share it. */
  private schedule(): void {
    if (this.pumping || this.adopting || this.queue.length === 0) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      if (this.adopting) return;
      this.pump();
      this.schedule();
    });
  }

  private drain(): void {
    while (this.queue.length > 0) this.pump();
  }

  /** Commits what is waiting, up to {@link COMMIT_EVENTS}, and answers. */
  private pump(): void {
    const calls = this.takeCalls();
    if (calls.length === 0) return;
    const answers: (() => void)[] = [];
    const draft = new Draft(this.view, this.frames);
    try {
      if (this.doubt) throw this.doubt;
      const now = this.clock();
      this.guarded(() =>
        // Lookups within the transaction cost a third of those without.
        this.log.write(() => {
          for (const call of calls) answers.push(tryCall(call, () => draft.add(call.requests, now)));
          insertDraft(this.log, draft);
        }),
      );
    } catch (error) {
      // Refusals may have rested on what was not written: all of them are told the same.
      for (const { reject } of calls) reject(error);
      return;
    }
    if (draft.slices.length > 0) this.moveTo(draft);
    for (const answer of answers) answer();
    this.onCommit();
    if (this.view.recent.large) this.writeIndex();
  }

  private takeCalls(): Call[] {
    let events = 0;
    let count = 0;
    for (; count < this.queue.length && events < COMMIT_EVENTS; count++) {
      for (const request of this.queue[count]!.requests) events += request.events.length;
    }
    return this.queue.splice(0, count);
  }

  /** In one transaction; with `onCommit` in several. */
  private async adoptAll(events: AsyncIterable<StoredEvent>, onCommit?: (position: number) => void): Promise<void> {
    const draft = new Draft(this.view, new FrameWriter());
    const commit = (): void => {
      this.guarded(() => {
        insertDraft(this.log, draft);
        this.log.commit();
      });
      this.moveTo(draft);
      draft.commands.clear();
      this.onCommit();
      onCommit?.(draft.position);
    };
    this.guarded(() => this.log.begin());
    try {
      await adoptInto(
        draft,
        events,
        (commandId, recorded) => {
          if (onCommit) draft.commands.set(commandId, recorded);
          if (draft.bytes.length < ADOPT_BYTES) return;
          if (onCommit) {
            commit();
            this.writeIndex();
            this.guarded(() => this.log.begin());
          } else this.guarded(() => insertDraft(this.log, draft));
          draft.restart();
        },
        (commandId) => this.view.findCommand(commandId) !== undefined,
      );
      commit();
    } catch (error) {
      this.log.rollback();
      throw error;
    }
    // The slices and commands of one large transaction were not kept.
    if (!onCommit) this.view.takeInAll();
    this.writeIndex();
  }

  private moveTo(draft: Draft): void {
    takeIn(this.view, draft);
    this.anchor.write(draft.position, draft.hash.toString('hex'));
  }

  /** Without the indexes nothing is lost, so a failure (a full disk) waits for the next time. */
  private writeIndex(): void {
    try {
      this.guarded(() => indexTail(this.view));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  private guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      const fault = storeError(error, 'the store could not write');
      if (fault instanceof StoreError && fault.fault === 'in-doubt') this.doubt = fault;
      throw fault;
    }
  }
}

/** The call's answer, to be given when the commit is durable; what SQLite throws is no answer. */
function tryCall({ resolve, reject }: Call, add: () => AppendResult[]): () => void {
  try {
    const results = add();
    return () => resolve(results);
  } catch (error) {
    if (storeError(error, '') !== error) throw error;
    return () => reject(error);
  }
}
