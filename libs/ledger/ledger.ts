/**
 * The ledger as one process holds it: commands are decided one after the other on the read model in memory and appended in that order; questions are
 * answered from the same model once everything decided before them is durable.
 *
 * When an append fails, everything decided after it fails too (append-queue.ts) and the model is read again from the store, so that no decision outlives what
 * it was based on.
 * Deliberately absent: retries. Whoever sends a command may send it again under its id.
 */
import { randomUUID } from 'node:crypto';
import type { Command, DecideContext } from '../domain/commands';
import { decidePortfolio } from '../domain/decide-portfolio';
import type { Instant } from '../domain/instant';
import { decidePrice } from '../domain/price-stream';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { StateLogDamaged } from '../projections/state-log';
import { TapeDamaged } from '../projections/tape/codec';
import type { View } from '../projections/view';
import { MAX_TEXT_BYTES } from '../store/frame-writer';
import type { EventStore } from '../store/port';
import { AppendQueue } from './append-queue';
import { Appends } from './appends';
import { contentDigest, type Envelope } from './envelope';
import { type LedgerEvent, metadataText, toNewEvent } from './event-codec';
import { type Accepted, type Answer, answerOf, type Decided, quiet, type Refused, reusedId } from './outcomes';
import { priceRequest, type Tick } from './price-chunk';
import { Questions } from './questions';
import type { ReadModel } from './read-model';
import { checkShape } from './shapes';
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
  private readonly questions = new Questions((answerAll) => this.inTurn(() => this.queue.settled().then(answerAll)));
  private lost = false;
  private readonly options: Required<LedgerOptions>;

  constructor(
    readonly store: EventStore,
    model: ReadModel,
    options: LedgerOptions,
  ) {
    this.model = model;
    this.appends = new Appends(store);
    this.queue = new AppendQueue(this.appends, () => (this.lost = true));
    this.options = { clock: () => BigInt(Date.now()) * 1_000_000n, allowedSkew: FIVE_MINUTES, ...options };
  }

  /** Decides one command. Resolves once it is decided; a refusal is a value. Waits while too many are under way. */
  submit(envelope: Envelope): Promise<Accepted | Refused> {
    return this.inTurn(async () => {
      if (this.pending.size >= MAX_PENDING) await this.queue.settled();
      for (;;) {
        const step = await this.decide(envelope);
        if (!('request' in step)) return step;
        // What it was decided on may have been lost meanwhile.
        if (!this.lost) return this.append(step);
      }
    });
  }

  /**
   * Decides commands as one: all are recorded in one commit, or none is. `dryRun`: none is in any case. Answers each command's outcome; when one is refused the others
   * were not recorded either.
   */
  submitAll(envelopes: readonly Envelope[], dryRun = false): Promise<(Accepted | Refused)[]> {
    return this.inTurn(async () => {
      await this.queue.settled();
      const steps: (Decided | Accepted | Refused)[] = [];
      const ids = new Map<string, Decided>();
      for (const envelope of envelopes) {
        const step = this.repeatedWithin(ids, envelope) ?? (await this.decide(envelope));
        if ('request' in step) ids.set(step.commandId, step);
        steps.push(step);
      }
      if (dryRun || steps.some((step) => 'refusal' in step)) {
        this.lost = true;
        return steps.map((step) => ('request' in step ? quiet({ ...step, recorded: Promise.reject(new Error('not recorded')) }) : step));
      }
      const results = this.appends.append(steps.flatMap((step) => ('request' in step ? step.request : [])));
      // Nothing is decided on these before they are durable.
      await results.catch(() => (this.lost = true));
      let index = 0;
      const answers = new Map<string, Promise<Answer>>();
      return steps.map((step) => {
        if (!('request' in step)) return 'refusal' in step ? step : { ...step, recorded: answers.get(step.commandId) ?? step.recorded };
        const i = index++;
        const recorded = results.then((all) => answerOf(step.commandId, all[i]!));
        answers.set(
          step.commandId,
          recorded.then((answer) => ({ ...answer, status: 'duplicate' })),
        );
        return quiet({ ...step, recorded });
      });
    });
  }

  /**
   * Records prices of a listed instrument as one command. The caller has checked that they are valid, none later than {@link latestAllowed}, and none there yet.
   * Resolves when they are on their way to the store.
   */
  submitPrices(instrumentId: string, source: string, ticks: readonly Tick[]): Promise<Accepted> {
    return this.inTurn(async () => {
      await this.refresh();
      const { listing } = this.model.instrument(instrumentId)!;
      const revision = this.model.streamHead(priceStream(instrumentId));
      const request = priceRequest(listing, source, ticks, metadataText({ actor: this.options.actor }), revision);
      const { commandId, stream } = request;
      this.model.takeTicks(stream, source, ticks);
      return this.append({ commandId, stream, events: [], request });
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
      await this.queue.settled();
      await this.refresh();
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
        await this.refresh();
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

  private async refresh(): Promise<void> {
    if (this.lost) {
      await this.queue.settled();
      this.lost = false;
      this.model = await this.model.reopen();
    }
    await this.model.catchUp();
  }

  private async decide(envelope: Envelope): Promise<Decided | Accepted | Refused> {
    const { command } = envelope;
    const commandId = envelope.commandId ?? randomUUID();
    const stream = streamOf(command);
    const digest = contentDigest(command);
    if (envelope.commandId !== undefined) {
      const before = this.repeated(commandId, digest, stream);
      if (before) return before;
    }
    await this.refresh();
    const revision = this.model.streamHead(stream);
    if (envelope.expectedRevision !== undefined && envelope.expectedRevision !== revision) {
      const refusal = refuse('WrongRevision', `${stream} is at revision ${revision}`, {
        field: 'expectedRevision',
        value: String(envelope.expectedRevision),
        detail: { actual: String(revision) },
      });
      return { commandId, stream, refusal };
    }
    const now = this.options.clock();
    const events = await this.eventsOf(command, { now, allowedSkew: this.options.allowedSkew });
    if (isRefusal(events)) return { commandId, stream, refusal: events };
    const metadata = metadataText({ actor: this.options.actor, ...envelope });
    const news = events.map((event, i) => toNewEvent(event, commandId, i, metadata, now));
    // The store would fail the whole group.
    const largest = Math.max(...news.map(({ data }) => (data.length * 3 > MAX_TEXT_BYTES ? Buffer.byteLength(data) : 0)));
    if (largest > MAX_TEXT_BYTES) {
      const rule = `must make events of at most ${MAX_TEXT_BYTES} bytes; this would be one of ${largest}`;
      return { commandId, stream, refusal: refuse('InvalidField', rule, { field: '' }) };
    }
    this.model.take(stream, events, news);
    return {
      commandId,
      stream,
      events,
      request: { stream, expectedRevision: revision, commandId, digest, events: news },
    };
  }

  private async eventsOf(command: Command, context: DecideContext): Promise<LedgerEvent[] | Refusal> {
    if ('portfolioId' in command.data) {
      const { portfolioId } = command.data;
      const entry = await this.model.portfolio(portfolioId);
      const instrumentId = command.name === 'OpenPortfolio' ? command.data.instrumentId : entry?.fund.terms.instrumentId;
      const instrument = instrumentId === undefined ? undefined : this.model.instrument(instrumentId);
      const known = {
        portfolio: entry?.fund,
        listing: instrument?.listing,
        prices: instrument ? instrument.tape.view(Number.MAX_SAFE_INTEGER) : NO_PRICES,
        ...(entry ? { ending: entry.ending } : {}),
      };
      return decidePortfolio(known, command as Extract<Command, { data: { portfolioId: string } }>, context, checkShape);
    }
    const price = command as Exclude<Command, { data: { portfolioId: string } }>;
    const instrument = this.model.instrument(price.data.instrumentId);
    const corrected =
      price.name === 'CorrectPrice' && instrument ? await this.model.findTick(price.data.instrumentId, price.data.corrects) : undefined;
    return decidePrice(instrument?.listing, price, context, corrected);
  }

  /** The answer to a command id that came before, if it did. */
  private repeated(commandId: string, digest: string, stream: string): Accepted | Refused | undefined {
    const pending = this.pending.get(commandId);
    if (pending) {
      if (pending.digest !== digest) return reusedId(commandId, stream);
      return quiet({
        commandId,
        stream,
        events: [],
        recorded: pending.recorded.then((answer) => ({ ...answer, status: 'duplicate' as const })),
      });
    }
    const before = this.store.findCommand(commandId);
    if (!before) return undefined;
    if (before.digest !== digest) return reusedId(commandId, stream);
    return { commandId, stream, events: [], recorded: Promise.resolve(answerOf(commandId, { ...before, status: 'duplicate' })) };
  }

  /** The outcome for an id that came before in the same batch; its answer is the first one's. */
  private repeatedWithin(ids: ReadonlyMap<string, Decided>, { command, commandId }: Envelope): Accepted | Refused | undefined {
    const before = commandId === undefined ? undefined : ids.get(commandId);
    if (!before) return undefined;
    const { stream } = before;
    if (before.request.digest !== contentDigest(command)) return reusedId(before.commandId, stream);
    return quiet({ commandId: before.commandId, stream, events: [], recorded: Promise.reject(new Error('not recorded')) });
  }

  private append(step: Decided): Accepted {
    const { request } = step;
    const recorded = this.queue.add(request).then((result) => answerOf(step.commandId, result));
    this.pending.set(step.commandId, { digest: request.digest, recorded });
    const done = (): boolean => this.pending.delete(step.commandId);
    recorded.then(done, done);
    return quiet({ commandId: step.commandId, stream: step.stream, events: step.events, recorded });
  }
}

const NO_PRICES = { at: () => undefined, next: () => undefined, firstOutside: () => undefined };
