/**
 * Who may do what. A scope includes those below it: an issuer records too, an auditor reads too; reading and recording do not include each other. Every route names one
 * scope, or that it is public; a route that names none is served to nobody.
 */
import type { CommandName } from '../../../libs/domain/commands';

export const SCOPES = ['reader', 'recorder', 'issuer', 'auditor'] as const;
export type Scope = (typeof SCOPES)[number];

/** What the docs and the contract say of each. */
export const SCOPE_MEANINGS: { readonly [S in Scope]: string } = {
  reader: 'asks for answers: portfolios, instruments, NAV, history, attribution, tear sheets, fee audits, what-if',
  recorder: 'records what happens: prices, rebalances, fees, funding, interest, units',
  issuer: 'records, and sets the terms: instruments, portfolios, mandates, fee schedules, splits, corrections',
  auditor: 'reads, and sees the log itself: every event with who recorded it',
};

const INCLUDED: { readonly [S in Scope]: readonly Scope[] } = {
  reader: ['reader'],
  recorder: ['recorder'],
  issuer: ['issuer', 'recorder'],
  auditor: ['auditor', 'reader'],
};

/** Whoever sends a request: the name that goes into the events, and everything that the scopes include. */
export interface Caller {
  readonly actor: string;
  readonly scopes: ReadonlySet<Scope>;
}

export function callerOf(actor: string, scopes: readonly Scope[]): Caller {
  return { actor, scopes: new Set(scopes.flatMap((scope) => INCLUDED[scope])) };
}

/** The scope that a command needs, wherever it comes from. */
export const COMMAND_SCOPES: { readonly [C in CommandName]: Scope } = {
  ListInstrument: 'issuer',
  RecordPrice: 'recorder',
  CorrectPrice: 'issuer',
  OpenPortfolio: 'issuer',
  AdoptMandate: 'issuer',
  AdoptFeeSchedule: 'issuer',
  AdoptSlippageModel: 'issuer',
  CreateUnits: 'recorder',
  RedeemUnits: 'recorder',
  SplitUnits: 'issuer',
  ExecuteRebalance: 'recorder',
  ChargeFee: 'recorder',
  SettleFunding: 'recorder',
  AccrueInterest: 'recorder',
  AccrueFees: 'recorder',
  CorrectFact: 'issuer',
};

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: Scope | 'public';
  }
  interface FastifyRequest {
    /** Set before any handler of a route that is not public. */
    caller: Caller;
    /** Rejects when the request would not be let in any more. */
    readmit: () => Promise<void>;
  }
}

/** Names the scope that a route needs. The framework is loaded here: the command line's help needs the scopes only. */
export function Access(scope: Scope | 'public'): MethodDecorator {
  const { RouteConfig } = require('@nestjs/platform-fastify') as typeof import('@nestjs/platform-fastify');
  return RouteConfig({ scope });
}
