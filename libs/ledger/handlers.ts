/**
 * The ledger's commands and questions on Nest's buses: one class a command, one handler a class. Handlers only pass on: deciding is the ledger's, and a
 * command is answered by its outcome, not by an event on Nest's EventBus (which swallows what listeners throw).
 */
import type { Type } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler, type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { CommandName } from '../domain/commands';
import { formatInstant, type Instant } from '../domain/instant';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { attributionAnswer, type AttributionAnswer } from '../projections/attribution';
import type { FeeAuditAnswer } from '../projections/fee-audit/answer';
import { type NavAnswer, navAnswer, navHistory } from '../projections/nav';
import { type TearSheet, tearSheet } from '../projections/tear-sheet';
import {
  instrument,
  type InstrumentAnswer,
  instruments,
  type Page,
  portfolio,
  type PortfolioAnswer,
  portfolios,
  type PortfolioSummary,
} from './catalogue';
import type { Envelope } from './envelope';
import { feeAudit, type Watch } from './fee-audit';
import { Ledger } from './ledger';
import type { Accepted, Refused } from './outcomes';
import { COMMAND_NAMES } from './shapes';

/** A command on its way through the CommandBus; answered once decided, with the promise of its durable recording. */
export abstract class LedgerCommand extends Command<Accepted | Refused> {
  constructor(readonly envelope: Envelope) {
    super();
  }
}

type CommandClass = new (envelope: Envelope) => LedgerCommand;

function commandClass(name: CommandName): CommandClass {
  // A class expression in a record takes the key's name, which Nest shows in its messages.
  return { [name]: class extends LedgerCommand {} }[name]!;
}

/** The class of each command by its name. */
export const COMMAND_CLASSES = Object.fromEntries(COMMAND_NAMES.map((name) => [name, commandClass(name)])) as Record<
  CommandName,
  CommandClass
>;

/** The command that an envelope asks for. */
export function commandFor(envelope: Envelope): LedgerCommand {
  return new COMMAND_CLASSES[envelope.command.name](envelope);
}

function handlerOf(name: CommandName): Type<ICommandHandler<LedgerCommand>> {
  @CommandHandler(COMMAND_CLASSES[name])
  class Handler implements ICommandHandler<LedgerCommand> {
    constructor(private readonly ledger: Ledger) {}

    execute(command: LedgerCommand): Promise<Accepted | Refused> {
      return this.ledger.submit(command.envelope);
    }
  }
  return Handler;
}

export const COMMAND_HANDLERS = COMMAND_NAMES.map(handlerOf);

export class NavQuery extends Query<NavAnswer | Refusal> {
  constructor(
    readonly portfolioId: string,
    readonly at: Instant,
    readonly knownAt?: Instant,
  ) {
    super();
  }
}

export class HistoryQuery extends Query<readonly NavAnswer[] | Refusal> {
  constructor(
    readonly portfolioId: string,
    readonly from: Instant,
    readonly to: Instant,
    /** Nanoseconds. */
    readonly every: bigint,
    readonly knownAt?: Instant,
  ) {
    super();
  }
}

export class AttributionQuery extends Query<AttributionAnswer | Refusal> {
  constructor(
    readonly portfolioId: string,
    readonly from: Instant,
    readonly to: Instant,
    readonly knownAt?: Instant,
  ) {
    super();
  }
}

export class FeeAuditQuery extends Query<FeeAuditAnswer | Refusal> {
  constructor(
    readonly portfolioId: string,
    readonly from: Instant,
    readonly to: Instant,
    readonly knownAt?: Instant,
    readonly watch: Watch = {},
  ) {
    super();
  }
}

export class TearSheetQuery extends Query<TearSheet | Refusal> {
  constructor(
    readonly portfolioId: string,
    readonly knownAt?: Instant,
  ) {
    super();
  }
}

/** A part of a list: at most `limit` items after the first `skip`. */
export class InstrumentsQuery extends Query<Page<InstrumentAnswer>> {
  constructor(
    readonly skip: number,
    readonly limit: number,
  ) {
    super();
  }
}

export class PortfoliosQuery extends Query<Page<PortfolioSummary>> {
  constructor(
    readonly skip: number,
    readonly limit: number,
  ) {
    super();
  }
}

export class InstrumentQuery extends Query<InstrumentAnswer | Refusal> {
  constructor(readonly instrumentId: string) {
    super();
  }
}

export class PortfolioQuery extends Query<PortfolioAnswer | Refusal> {
  constructor(readonly portfolioId: string) {
    super();
  }
}

@QueryHandler(NavQuery)
export class NavHandler implements IQueryHandler<NavQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ portfolioId, at, knownAt }: NavQuery): Promise<NavAnswer | Refusal> {
    return this.ledger.askAbout(portfolioId, knownAt, (view) => navAnswer(view, at));
  }
}

@QueryHandler(HistoryQuery)
export class HistoryHandler implements IQueryHandler<HistoryQuery> {
  constructor(private readonly ledger: Ledger) {}

  async execute({ portfolioId, from, to, every, knownAt }: HistoryQuery): Promise<readonly NavAnswer[] | Refusal> {
    if (from > to) return refuse('InvalidField', 'must not be after the end of the history', { field: 'from', value: formatInstant(from) });
    return this.ledger.askAbout(portfolioId, knownAt, (view) => {
      const answers: NavAnswer[] = [];
      for (const answer of navHistory(view, from, to, every)) {
        if (isRefusal(answer)) return answer;
        answers.push(answer);
      }
      return answers;
    });
  }
}

@QueryHandler(AttributionQuery)
export class AttributionHandler implements IQueryHandler<AttributionQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ portfolioId, from, to, knownAt }: AttributionQuery): Promise<AttributionAnswer | Refusal> {
    return this.ledger.askAbout(portfolioId, knownAt, (view) => attributionAnswer(view, from, to));
  }
}

@QueryHandler(FeeAuditQuery)
export class FeeAuditHandler implements IQueryHandler<FeeAuditQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ portfolioId, from, to, knownAt, watch }: FeeAuditQuery): Promise<FeeAuditAnswer | Refusal> {
    return feeAudit(this.ledger, portfolioId, from, to, knownAt, watch);
  }
}

@QueryHandler(TearSheetQuery)
export class TearSheetHandler implements IQueryHandler<TearSheetQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ portfolioId, knownAt }: TearSheetQuery): Promise<TearSheet | Refusal> {
    return this.ledger.askAbout(portfolioId, knownAt, tearSheet);
  }
}

@QueryHandler(InstrumentsQuery)
export class InstrumentsHandler implements IQueryHandler<InstrumentsQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ skip, limit }: InstrumentsQuery): Promise<Page<InstrumentAnswer>> {
    return this.ledger.ask((model) => instruments(model, skip, limit));
  }
}

@QueryHandler(PortfoliosQuery)
export class PortfoliosHandler implements IQueryHandler<PortfoliosQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ skip, limit }: PortfoliosQuery): Promise<Page<PortfolioSummary>> {
    return this.ledger.ask((model) => portfolios(model, skip, limit));
  }
}

@QueryHandler(InstrumentQuery)
export class InstrumentHandler implements IQueryHandler<InstrumentQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ instrumentId }: InstrumentQuery): Promise<InstrumentAnswer | Refusal> {
    return this.ledger.ask((model) => instrument(model, instrumentId));
  }
}

@QueryHandler(PortfolioQuery)
export class PortfolioHandler implements IQueryHandler<PortfolioQuery> {
  constructor(private readonly ledger: Ledger) {}

  execute({ portfolioId }: PortfolioQuery): Promise<PortfolioAnswer | Refusal> {
    return this.ledger.ask((model) => portfolio(model, portfolioId));
  }
}

export const QUERY_HANDLERS = [
  NavHandler,
  HistoryHandler,
  AttributionHandler,
  FeeAuditHandler,
  TearSheetHandler,
  InstrumentsHandler,
  PortfoliosHandler,
  InstrumentHandler,
  PortfolioHandler,
];
