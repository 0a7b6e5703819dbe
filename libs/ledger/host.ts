/**
 * A ledger on Nest's buses, for borders that have no Nest application of their own: commands go through the CommandBus, questions through the QueryBus.
 * The ledger stays its owner's, who closes it.
 */
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { instant, type Instant, NANOS_PER_SECOND } from '../domain/instant';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import type { AttributionAnswer } from '../projections/attribution';
import type { NavAnswer } from '../projections/nav';
import type { TearSheet } from '../projections/tear-sheet';
import type { Envelope } from './envelope';
import { AttributionQuery, commandFor, HistoryQuery, NavQuery, TearSheetQuery } from './handlers';
import type { Ledger } from './ledger';
import { LedgerModule } from './ledger.module';
import type { Accepted, Refused } from './outcomes';

/** Most moments of one history, and of one piece of it. */
export const MAX_HISTORY = 250_000n;
const HISTORY_PIECE = 500n;

export class Host {
  private constructor(
    private readonly app: INestApplicationContext,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Starts the buses around an open ledger. */
  static async start(ledger: Ledger): Promise<Host> {
    const app = await NestFactory.createApplicationContext(LedgerModule.forRoot(ledger), { logger: false, abortOnError: false });
    await app.init();
    return new Host(app, app.get(CommandBus), app.get(QueryBus));
  }

  submit(envelope: Envelope): Promise<Accepted | Refused> {
    return this.commands.execute(commandFor(envelope));
  }

  nav(portfolioId: string, at: Instant, knownAt?: Instant): Promise<NavAnswer | Refusal> {
    return this.queries.execute(new NavQuery(portfolioId, at, knownAt));
  }

  /**
   * The `nav` answers at from, every `every` nanoseconds after it, and to, all as known at one moment. Asked for in pieces, so that others get their turn between them.
   * Refuses more than {@link MAX_HISTORY} moments.
   */
  async history(
    portfolioId: string,
    from: Instant,
    to: Instant,
    every: bigint,
    knownAt?: Instant,
  ): Promise<readonly NavAnswer[] | Refusal> {
    const moments = (to - from) / every + 2n;
    if (moments > MAX_HISTORY) {
      return refuse('InvalidField', `must give at most ${MAX_HISTORY} moments, not ${moments}`, {
        field: 'every',
        value: `${every / NANOS_PER_SECOND}s`,
      });
    }
    const all: NavAnswer[] = [];
    let known = knownAt;
    for (let start = from; ; start += every * HISTORY_PIECE) {
      const end = start + every * (HISTORY_PIECE - 1n);
      const answers = await this.queries.execute(
        new HistoryQuery(portfolioId, start < to || start === from ? start : to, end < to ? end : to, every, known),
      );
      if (isRefusal(answers)) return answers;
      all.push(...answers);
      if (end >= to) return all;
      known ??= instant(answers[0]!.knownAt);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  attribution(portfolioId: string, from: Instant, to: Instant, knownAt?: Instant): Promise<AttributionAnswer | Refusal> {
    return this.queries.execute(new AttributionQuery(portfolioId, from, to, knownAt));
  }

  tearSheet(portfolioId: string, knownAt?: Instant): Promise<TearSheet | Refusal> {
    return this.queries.execute(new TearSheetQuery(portfolioId, knownAt));
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}
