/**
 * A ledger on Nest's buses, for borders that have no Nest application of their own: commands go through the CommandBus, questions through the QueryBus.
 * Invariant: when `close` resolves, everything decided is durable or has failed, and the store is closed.
 */
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Instant } from '../domain/instant';
import type { Refusal } from '../domain/refusal';
import type { AttributionAnswer } from '../projections/attribution';
import type { NavAnswer } from '../projections/nav';
import type { Envelope } from './envelope';
import { AttributionQuery, commandFor, HistoryQuery, NavQuery } from './handlers';
import type { Accepted, Ledger, Refused } from './ledger';
import { LedgerModule } from './ledger.module';

export class Host {
  private constructor(
    readonly ledger: Ledger,
    private readonly app: INestApplicationContext,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Starts the buses around an open ledger, which the host closes. */
  static async start(ledger: Ledger): Promise<Host> {
    const app = await NestFactory.createApplicationContext(LedgerModule.forRoot(ledger), { logger: false, abortOnError: false });
    await app.init();
    return new Host(ledger, app, app.get(CommandBus), app.get(QueryBus));
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

  async close(): Promise<void> {
    await this.app.close();
    await this.ledger.close();
  }
}
