/**
 * A ledger's commands and questions behind Nest's buses, as every border calls them: commands go through the CommandBus, questions through the QueryBus.
 * A border with a Nest application of its own imports LedgerModule and injects this; others start one with standalone.ts.
 */
import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { instant, type Instant, NANOS_PER_SECOND } from '../domain/instant';
import { isRefusal, refuse, type Refusal, RefusalError } from '../domain/refusal';
import type { AttributionAnswer } from '../projections/attribution';
import type { FeeAuditAnswer } from '../projections/fee-audit/answer';
import type { NavAnswer } from '../projections/nav';
import type { TearSheet } from '../projections/tear-sheet';
import type { InstrumentAnswer, Page, PortfolioAnswer, PortfolioSummary } from './catalogue';
import type { Envelope } from './envelope';
import type { Watch } from './fee-audit';
import {
  AttributionQuery,
  commandFor,
  FeeAuditQuery,
  HistoryQuery,
  InstrumentQuery,
  InstrumentsQuery,
  NavQuery,
  PortfolioQuery,
  PortfoliosQuery,
  TearSheetQuery,
} from './handlers';
import type { Accepted, Refused } from './outcomes';

/** Most moments of one history, and of one piece of it. */
export const MAX_HISTORY = 250_000n;
const HISTORY_PIECE = 500n;

@Injectable()
export class Host {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  submit(envelope: Envelope): Promise<Accepted | Refused> {
    return this.commands.execute(commandFor(envelope));
  }

  nav(portfolioId: string, at: Instant, knownAt?: Instant): Promise<NavAnswer | Refusal> {
    return this.queries.execute(new NavQuery(portfolioId, at, knownAt));
  }

  /**
   * The `nav` answers at from, every `every` nanoseconds after it, and to, all as known at one moment, in pieces, so that others get their turn between them and nobody
   * need hold them all. Throws RefusalError, also for more than {@link MAX_HISTORY} moments, and what the signal says when it is aborted.
   */
  async *history(
    portfolioId: string,
    from: Instant,
    to: Instant,
    every: bigint,
    knownAt?: Instant,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly NavAnswer[], void, undefined> {
    const moments = to > from ? (to - from) / every + 2n : 1n;
    if (moments > MAX_HISTORY) {
      const rule = `must give at most ${MAX_HISTORY} moments, not ${moments}`;
      throw new RefusalError(refuse('InvalidField', rule, { field: 'every', value: `${every / NANOS_PER_SECOND}s` }));
    }
    let known = knownAt;
    for (let start = from; ; start += every * HISTORY_PIECE) {
      const end = start + every * (HISTORY_PIECE - 1n);
      const answers = await this.queries.execute(
        new HistoryQuery(portfolioId, start < to || start === from ? start : to, end < to ? end : to, every, known),
      );
      if (isRefusal(answers)) throw new RefusalError(answers);
      yield answers;
      if (end >= to) return;
      known ??= instant(answers[0]!.knownAt);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  }

  attribution(portfolioId: string, from: Instant, to: Instant, knownAt?: Instant): Promise<AttributionAnswer | Refusal> {
    return this.queries.execute(new AttributionQuery(portfolioId, from, to, knownAt));
  }

  /** Throws what the signal of `watch` says when it is aborted. */
  feeAudit(portfolioId: string, from: Instant, to: Instant, knownAt?: Instant, watch?: Watch): Promise<FeeAuditAnswer | Refusal> {
    return this.queries.execute(new FeeAuditQuery(portfolioId, from, to, knownAt, watch));
  }

  tearSheet(portfolioId: string, knownAt?: Instant): Promise<TearSheet | Refusal> {
    return this.queries.execute(new TearSheetQuery(portfolioId, knownAt));
  }

  instruments(skip: number, limit: number): Promise<Page<InstrumentAnswer>> {
    return this.queries.execute(new InstrumentsQuery(skip, limit));
  }

  instrument(instrumentId: string): Promise<InstrumentAnswer | Refusal> {
    return this.queries.execute(new InstrumentQuery(instrumentId));
  }

  portfolios(skip: number, limit: number): Promise<Page<PortfolioSummary>> {
    return this.queries.execute(new PortfoliosQuery(skip, limit));
  }

  portfolio(portfolioId: string): Promise<PortfolioAnswer | Refusal> {
    return this.queries.execute(new PortfolioQuery(portfolioId));
  }
}
