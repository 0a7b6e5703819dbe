/**
 * A ledger on Nest's buses, for borders that have no Nest application of their own: commands go through the CommandBus, questions through the QueryBus.
 * The ledger stays its owner's, who closes it.
 */
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Instant } from '../domain/instant';
import type { Refusal } from '../domain/refusal';
import type { AttributionAnswer } from '../projections/attribution';
import type { NavAnswer } from '../projections/nav';
import type { TearSheet } from '../projections/tear-sheet';
import type { Envelope } from './envelope';
import { AttributionQuery, commandFor, HistoryQuery, NavQuery, TearSheetQuery } from './handlers';
import type { Ledger } from './ledger';
import { LedgerModule } from './ledger.module';
import type { Accepted, Refused } from './outcomes';

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

  /** `every`: nanoseconds. */
  history(portfolioId: string, from: Instant, to: Instant, every: bigint, knownAt?: Instant): Promise<readonly NavAnswer[] | Refusal> {
    return this.queries.execute(new HistoryQuery(portfolioId, from, to, every, knownAt));
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
