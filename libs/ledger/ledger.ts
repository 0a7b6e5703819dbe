/**
 * The ledger as one process holds it: commands are decided one after the other on the read model in memory and appended in that order; questions are
 * answered from the same model once everything decided before them is durable.
 *
 * Invariant: the model is what this process has seen of the log and, behind it, what was decided here and is under way. The log is read only while nothing is under way. When
 * an append fails, or the log has what was appended elsewhere or otherwise than it was taken in, the model is read anew before anything else is decided or answered.
 * When an append fails, everything decided after it fails too (append-queue.ts), so that no decision outlives what it was based on. What failed because other processes wrote
 * meanwhile is decided again (overtaken.ts). Deliberately absent: any other retry. Whoever sends a command may send it again under its id.
 */
import type { Instant } from '../domain/instant';
import { isRefusal, refuse, type Refusal, RefusalError } from '../domain/refusal';
import { StateLogDamaged } from '../projections/state-log';
import { TapeDamaged } from '../projections/tape/codec';
import type { View } from '../projections/view';
import { type EventStore, StoreError } from '../store/port';
import { AppendQueue, difference, type Lost } from './append-queue';
import { Appends } from './appends';
import { decideEach, notRecorded, recordedTogether } from './batch';
import { decide } from './decider';
import { contentDigest, type Envelope, type Identified, withId } from './envelope';
import { metadataText } from './event-codec';
import { type Accepted, type Answer, answerOf, type Decided, quiet, type Refused, reusedId } from './outcomes';
import { isOvertaken, MAX_TRIES, Overtaken, type OvertakenCommand, pause, triesAfter } from './overtaken';
import { priceRequest, type Tick } from './price-chunk';
import { Questions } from './questions';
import type { ReadModel } from './read-model';
import { priceStream, streamOf } from './streams';

export interface LedgerOptions {
  readonly actor: string;
  /** Nanoseconds since the epoch. */
  readonly clock?: () => Instant;
  /** How far ahead of the clock an effective time may lie; 5 minutes by default. */
  readonly allowedSkew?: Instant;
}

const FIVE_MINUTES = 300_000_000_000n;
/** Most commands decided and not yet durable. */
const MAX_PENDING = 4096;

export class Ledger {
  readonly appends: Appends;
  private model: ReadModel;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly pending = new Map<string, { readonly digest: string; readonly recorded: Promise<Answer> }>();
  private readonly queue: AppendQueue;
  private readonly overtaken: Overtaken;
  private readonly questions = new Questions((answerAll) => this.inTurn(() => this.queue.settled().then(answerAll)));
  /** Whether the model has what the log has not, or has not as the model has it. */
  private lost = false;
  /** Whether nothing was under way when the model was last brought up to date. */
  private caughtUp = false;
  private submitted = 0;
  private readonly options: Required<LedgerOptions>;

  constructor(
    readonly store: EventStore,
    model: ReadModel,
    options: LedgerOptions,
  ) {
    this.model = model;
    this.appends = new Appends(store);
    this.queue = new AppendQueue(this.appends, (how) => this.lose(how));
    this.overtaken = new Overtaken(store);
    this.options = { clock: () => BigInt(Date.now()) * 1_000_000n, allowedSkew: FIVE_MINUTES, ...options };
  }

  /** Decides one command. Resolves once it is decided; a refusal is a value. Waits while too many are under way. */
  submit(envelope: Envelope): Promise<Accepted | Refused> {
    return this.inTurn(async () => {
      if (this.pending.size >= MAX_PENDING) await this.queue.settled();
      const identified = withId(envelope);
      for (;;) {
        await this.refresh();
        const step = await this.attempt(identified);
        if (step) return 'request' in step ? this.accepted(step, this.record(step, identified, ++this.submitted, 0)) : step;
      }
    });
  }

  /**
   * Decides commands as one: all are recorded in one commit, or none is. `dryRun`: none is in any case. Answers each command's outcome; when one is refused the others
   * were not recorded either.
   */
  submitAll(envelopes: readonly Envelope[], dryRun = false): Promise<(Accepted | Refused)[]> {
    return this.inTurn(async () => {
      for (let tries = 0; ; tries++) {
        await this.settle();
        // Nothing is under way, so that each is decided for good.
        const steps = await decideEach(envelopes, async (envelope) => (await this.attempt(withId(envelope)))!);
        if (dryRun || steps.some((step) => 'refusal' in step)) {
          this.lost = true;
          return notRecorded(steps);
        }
        const decided = steps.filter((step) => 'request' in step);
        const results = this.appends.append(decided.map(({ request }) => request));
        const lost = await results.then(
          (all) => difference(decided, all),
          (error: unknown): Lost => ({ error, unplaced: [] }),
        );
        if (lost) this.lose(lost);
        if (isOvertaken(lost?.error) && lost.error.fault !== 'too-large' && tries < MAX_TRIES) {
          await pause(tries + 1);
          continue;
        }
        // Nothing was decided on these before they were durable.
        return recordedTogether(steps, results);
      }
    });
  }

  /**
   * Records prices of a listed instrument as one command. The caller has checked that they are valid, none later than {@link latestAllowed}, and none there at `revision` of the
   * stream, by default the present one. Resolves when they are on their way to the store. Throws StoreError `conflict` when the stream is not at that revision, and `recorded` rejects with it.
   */
  submitPrices(instrumentId: string, source: string, ticks: readonly Tick[], revision?: number): Promise<Accepted> {
    return this.inTurn(async () => {
      await this.refresh();
      const { listing } = this.model.instrument(instrumentId)!;
      const stream = priceStream(instrumentId);
      const actual = await this.model.revisionOf(stream);
      const expected = revision ?? actual;
      if (expected !== actual)
        throw new StoreError('conflict', `stream ${stream} is at revision ${actual}, expected ${expected}`, { stream, expected, actual });
      const request = priceRequest(listing, source, ticks, metadataText({ actor: this.options.actor }), actual);
      const { commandId } = request;
      const firstPosition = this.model.takeTicks(stream, actual, source, ticks);
      const recorded = this.queue.add(request, firstPosition).then((result) => answerOf(commandId, result));
      return this.accepted({ commandId, stream, events: [], request, firstPosition }, recorded);
    });
  }

  /** The latest effective time that is accepted now. */
  latestAllowed(): Instant {
    return this.options.clock() + this.options.allowedSkew;
  }

  /**
   * Runs a question on the model when everything decided before it is durable and everything in the store is read. Questions that wait together are answered together,
   * so that however many are asked, commands between them share their commits.
   */
  ask<T>(question: (model: ReadModel) => T | Promise<T>): Promise<T> {
    return this.questions.ask(() => this.answer(question));
  }

  /** Asks about a portfolio as known at a recorded time, or now. */
  askAbout<T>(portfolioId: string, knownAt: Instant | undefined, question: (view: View) => T | Refusal): Promise<T | Refusal> {
    return this.ask(async (model) => {
      const view = await model.view(portfolioId, knownAt);
      return isRefusal(view) ? view : question(view);
    });
  }

  /** Waits for what is under way, keeps the read model beside the store, and closes the store. */
  async close(): Promise<void> {
    await this.inTurn(async () => {
      await this.settle();
      this.model.keep();
    });
    this.model.kept?.close();
    await this.store.close();
  }

  /** How many events the store has that the read model has not; those decided and not yet durable count as none. */
  lag(): number {
    return Math.max(0, this.store.head().position - this.model.position);
  }

  private async answer<T>(question: (model: ReadModel) => T | Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.settle();
        return await question(this.model);
      } catch (error) {
        // What was kept beside the store is gone or damaged: read what is there now, then make it anew.
        if (attempt > 2 || !(error instanceof TapeDamaged || error instanceof StateLogDamaged)) throw error;
        if (attempt === 2) this.model.kept?.clear();
        this.model = await this.model.reopen();
      }
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** Nothing is under way, and the model has what the store has seen. */
  private async settle(): Promise<void> {
    for (await this.refresh(); !this.sure; await this.refresh()) await this.queue.settled();
  }

  /** Whether what the model has is in the log, and nothing else is on its way there. */
  private get sure(): boolean {
    return this.caughtUp && this.queue.idle;
  }

  private lose(how: Lost): void {
    this.lost = true;
    this.overtaken.expect(how);
  }

  /** To be called before deciding: brings the model up to date, and decides what was overtaken, in its order and before anything else. */
  private async refresh(): Promise<void> {
    try {
      do {
        await this.read();
        if (this.overtaken.first) await this.decideAgain(this.overtaken.first);
      } while (this.lost || this.overtaken.first);
    } catch (error) {
      this.overtaken.rejectAll(error);
      throw error;
    }
  }

  /** While something is under way, the log's events cannot be told from those that the model has taken in. */
  private async read(): Promise<void> {
    this.caughtUp = this.lost || this.queue.idle;
    if (this.lost) {
      await this.queue.settled();
      await this.overtaken.ready();
      this.model = await this.model.reopen();
      this.lost = false;
      // Where others write it will happen again, and need not begin at the beginning.
      if (this.store.following) this.model.keep();
    } else if (this.caughtUp) await this.model.catchUp();
  }

  private async decideAgain({ envelope, order, tries, resolve, reject }: OvertakenCommand): Promise<void> {
    const step = await this.attempt(envelope, true);
    if (!step) return;
    this.overtaken.removeFirst();
    if ('request' in step) resolve(this.record(step, envelope, order, tries));
    else if ('refusal' in step) reject(new RefusalError(step.refusal));
    else resolve(step.recorded);
  }

  /**
   * Decides a command on what is known now, unless it came before. Undefined: it has to be decided again, because what it was decided on is lost, or it was refused on
   * what was under way and may be lost.
   */
  private async attempt(envelope: Identified, again = false): Promise<Decided | Accepted | Refused | undefined> {
    const { commandId, command, isNew } = envelope;
    const { sure } = this;
    const { actor, allowedSkew, clock } = this.options;
    const digest = contentDigest(command);
    const before = isNew ? undefined : this.repeated(commandId, digest, streamOf(command), again);
    const step = before ?? this.outdated(envelope) ?? (await decide(this.model, envelope, digest, { actor, allowedSkew, now: clock() }));
    // Where nobody else writes little can be lost; but no event is found by its id before it is recorded.
    if ('refusal' in step && !sure && (this.store.following || step.refusal.refused === 'UnknownEvent')) {
      await this.queue.settled();
      return undefined;
    }
    return this.lost ? undefined : step;
  }

  private outdated({ basis, command, commandId }: Identified): Refused | undefined {
    if (basis === undefined || basis === this.model) return undefined;
    const refusal = refuse('WrongRevision', 'must be made from what is recorded by now: another process wrote meanwhile');
    return { commandId, stream: streamOf(command), refusal };
  }

  /** The answer to a command id that came before, if it did. `again`: what is under way is this command itself. */
  private repeated(commandId: string, digest: string, stream: string, again: boolean): Accepted | Refused | undefined {
    const pending = again ? undefined : this.pending.get(commandId);
    const before = pending ?? this.store.findCommand(commandId);
    if (!before) return undefined;
    if (before.digest !== digest) return reusedId(commandId, stream);
    const recorded = 'recorded' in before ? before.recorded : Promise.resolve(answerOf(commandId, before));
    return quiet({ commandId, stream, events: [], recorded: recorded.then((answer) => ({ ...answer, status: 'duplicate' as const })) });
  }

  /** Resolves when a decided command is recorded, also when it was overtaken and decided again. */
  private record({ commandId, request, firstPosition }: Decided, envelope: Identified, order: number, tries: number): Promise<Answer> {
    return this.queue.add(request, firstPosition).then(
      (result) => answerOf(commandId, result),
      (error: unknown) => {
        const next = triesAfter(error, commandId, tries);
        if (next === undefined) throw error;
        return new Promise<Answer>((resolve, reject) => {
          if (!this.overtaken.first) this.inTurn(() => this.refresh()).catch(() => undefined);
          this.overtaken.add({ envelope, order, tries: next, resolve, reject });
        });
      },
    );
  }

  private accepted({ commandId, stream, events, request }: Decided, recorded: Promise<Answer>): Accepted {
    this.pending.set(commandId, { digest: request.digest, recorded });
    const done = (): boolean => this.pending.delete(commandId);
    recorded.then(done, done);
    return quiet({ commandId, stream, events, recorded });
  }
}
