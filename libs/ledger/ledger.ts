/**
 * The ledger as one process holds it: commands are decided one after the other on the read model in memory and appended in that order; questions are
 * answered from the same model once everything decided before them is durable.
 *
 * Appends are grouped: while one group is being made durable, the next gathers. A group is all or nothing, and when one fails everything decided after
 * it fails too and the model is read again from the store, so that no decision outlives what it was based on.
 * Deliberately absent: retries. Whoever sends a command may send it again under its id.
 */
import { randomUUID } from 'node:crypto';
import type { Command, DecideContext } from '../domain/commands';
import { decidePortfolio } from '../domain/decide-portfolio';
import { formatInstant, type Instant } from '../domain/instant';
import { decidePrice } from '../domain/price-stream';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { StateLogDamaged } from '../projections/state-log';
import { TapeDamaged } from '../projections/tape/codec';
import type { View } from '../projections/view';
import { type AppendRequest, type AppendResult, type EventStore, StoreError } from '../store/port';
import { contentDigest, type Envelope } from './envelope';
import { type LedgerEvent, metadataText, toNewEvent } from './event-codec';
import type { ReadModel } from './read-model';
import { checkShape } from './shapes';
import { streamOf } from './streams';

/** What a command was answered. Positions and revisions are decimal strings, null when nothing was due and nothing recorded. */
export interface Answer {
  readonly status: 'recorded' | 'duplicate';
  readonly commandId: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string | null;
  readonly eventIds: readonly string[];
  readonly recordedAt: string | null;
}

/** A command that was decided: its events are known; `recorded` resolves when they are durable and rejects with a StoreError when they are not in the log. */
export interface Accepted {
  readonly commandId: string;
  readonly stream: string;
  readonly events: readonly LedgerEvent[];
  readonly recorded: Promise<Answer>;
}

export interface Refused {
  readonly commandId: string;
  readonly stream: string;
  readonly refusal: Refusal;
}

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
/** Most events in one group. */
const MAX_GROUP_EVENTS = 8192;

interface Pending {
  readonly request: AppendRequest;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

export class Ledger {
  private model: ReadModel;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly queue: Pending[] = [];
  private readonly pendingCommands = new Map<string, { readonly digest: string; readonly recorded: Promise<Answer> }>();
  private pump: Promise<void> | undefined;
  private lost = false;
  private readonly options: Required<LedgerOptions>;

  constructor(
    readonly store: EventStore,
    model: ReadModel,
    options: LedgerOptions,
  ) {
    this.model = model;
    this.options = { clock: () => BigInt(Date.now()) * 1_000_000n, allowedSkew: FIVE_MINUTES, ...options };
  }

  /** Decides one command. Resolves once it is decided; a refusal is a value. Waits while too many are under way. */
  submit(envelope: Envelope): Promise<Accepted | Refused> {
    return this.inTurn(async () => {
      while (this.pendingCommands.size >= MAX_PENDING) await this.pump;
      const step = await this.decide(envelope);
      return 'requests' in step ? this.append(step) : step;
    });
  }

  /**
   * Decides commands as one: all are recorded in one commit, or none is. `dryRun`: none is in any case. Answers each command's outcome; when one is refused the others
   * were not recorded either.
   */
  submitAll(envelopes: readonly Envelope[], dryRun = false): Promise<(Accepted | Refused)[]> {
    return this.inTurn(async () => {
      await this.settled();
      const steps: (Decided | Accepted | Refused)[] = [];
      for (const envelope of envelopes) steps.push(await this.decide(envelope));
      const failed = steps.some((step) => 'refusal' in step);
      if (failed || dryRun) {
        this.lost = true;
        return steps
          .map((step) => ('requests' in step ? { ...step, recorded: Promise.reject(new Error('not recorded')) } : step))
          .map(quiet);
      }
      const requests = steps.flatMap((step) => ('requests' in step ? step.requests : []));
      const results = this.store.append(requests);
      results.catch(() => (this.lost = true));
      let index = 0;
      return steps.map((step) => {
        if (!('requests' in step)) return step;
        const i = step.requests.length === 0 ? undefined : index++;
        return quiet({
          ...step,
          recorded: i === undefined ? Promise.resolve(nothingDue(step)) : results.then((all) => answerOf(step.commandId, all[i]!)),
        });
      });
    });
  }

  /** Runs a question on the model when everything decided before it is durable and everything in the store is read. */
  ask<T>(question: (model: ReadModel) => T | Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await this.settled();
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
    });
  }

  /** Asks about a portfolio as known at a recorded time, or now. */
  askAbout<T>(portfolioId: string, knownAt: Instant | undefined, question: (view: View) => T | Refusal): Promise<T | Refusal> {
    return this.ask(async (model) => {
      const view = await model.view(portfolioId, knownAt);
      return isRefusal(view) ? view : question(view);
    });
  }

  /** Resolves when everything decided so far is durable, or has failed. */
  async settled(): Promise<void> {
    while (this.pump) await this.pump;
  }

  /** Waits for what is under way, keeps the read model beside the store, and closes the store. */
  async close(): Promise<void> {
    await this.inTurn(async () => {
      await this.settled();
      await this.refresh();
      this.model.keep();
    });
    this.model.kept?.close();
    await this.store.close();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async refresh(): Promise<void> {
    if (this.lost) {
      await this.settled();
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
    if (events.length === 0) return { commandId, stream, events, revision, requests: [] };
    const metadata = metadataText({ actor: this.options.actor, ...envelope });
    const news = events.map((event, i) => toNewEvent(event, commandId, i, metadata, now));
    this.model.take(stream, events, news);
    return { commandId, stream, events, revision, requests: [{ stream, expectedRevision: revision, commandId, digest, events: news }] };
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
    const reused = {
      commandId,
      stream,
      refusal: refuse('ReusedCommandId', 'the command id was used before with other data', { field: 'commandId', value: commandId }),
    };
    const pending = this.pendingCommands.get(commandId);
    if (pending) {
      if (pending.digest !== digest) return reused;
      return quiet({
        commandId,
        stream,
        events: [],
        recorded: pending.recorded.then((answer) => ({ ...answer, status: 'duplicate' as const })),
      });
    }
    const before = this.store.findCommand(commandId);
    if (!before) return undefined;
    if (before.digest !== digest) return reused;
    return { commandId, stream, events: [], recorded: Promise.resolve(answerOf(commandId, { ...before, status: 'duplicate' })) };
  }

  private append(step: Decided): Accepted {
    const [request] = step.requests;
    if (!request) return { ...step, recorded: Promise.resolve(nothingDue(step)) };
    const result = new Promise<AppendResult>((resolve, reject) => this.queue.push({ request, resolve, reject }));
    const recorded = result.then((r) => answerOf(step.commandId, r));
    this.pendingCommands.set(step.commandId, { digest: request.digest, recorded });
    this.pump ??= this.drain().finally(() => (this.pump = undefined));
    return quiet({ commandId: step.commandId, stream: step.stream, events: step.events, recorded });
  }

  /** Makes the queue durable, a group at a time. */
  private async drain(): Promise<void> {
    // Callers that were answered together send their next commands together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const group: Pending[] = [];
      for (let events = 0; this.queue.length > 0 && events < MAX_GROUP_EVENTS;) {
        const next = this.queue.shift()!;
        events += next.request.events.length;
        group.push(next);
      }
      try {
        const results = await this.store.append(group.map((p) => p.request));
        group.forEach((p, i) => p.resolve(results[i]!));
      } catch (error) {
        this.lost = true;
        for (const p of [...group, ...this.queue.splice(0)]) {
          this.pendingCommands.delete(p.request.commandId);
          p.reject(error);
        }
        return;
      }
      for (const p of group) this.pendingCommands.delete(p.request.commandId);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

interface Decided {
  readonly commandId: string;
  readonly stream: string;
  readonly events: readonly LedgerEvent[];
  readonly revision: number;
  /** None when nothing is due. */
  readonly requests: readonly AppendRequest[];
}

const NO_PRICES = { at: () => undefined, next: () => undefined, firstOutside: () => undefined };

/** Nobody need wait for an answer: a rejection that no one looks at is not an accident. */
function quiet<T extends Accepted | Refused>(outcome: T): T {
  if ('recorded' in outcome) outcome.recorded.catch(() => undefined);
  return outcome;
}

function answerOf(commandId: string, result: AppendResult): Answer {
  return {
    status: result.status,
    commandId,
    stream: result.stream,
    revision: String(result.revision),
    position: String(result.position),
    eventIds: result.eventIds,
    recordedAt: formatInstant(result.recordedAt, 'nine'),
  };
}

function nothingDue(step: Decided): Answer {
  return {
    status: 'recorded',
    commandId: step.commandId,
    stream: step.stream,
    revision: String(step.revision),
    position: null,
    eventIds: [],
    recordedAt: null,
  };
}

/** A store's fault as the refusal it is to the caller, when it is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof StoreError)) return undefined;
  if (error.fault === 'conflict') return refuse('WrongRevision', error.message, { field: 'expectedRevision' });
  if (error.fault === 'reused-id') return refuse('ReusedCommandId', error.message, { field: 'commandId', value: error.about.commandId });
  if (error.fault === 'not-empty') return refuse('NotEmpty', error.message);
  return undefined;
}
