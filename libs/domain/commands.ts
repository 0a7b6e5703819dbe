/**
 * The data of every command, by name: what a `record` line or an HTTP body carries. Shapes were checked at the border (types, unknown
 * fields, id and decimal syntax); whatever needs the ledger's state is decided in price-stream.ts and decide-*.ts.
 */
import type { FeeKind, FeeSchedule, SlippageModel } from './fee-schedule';
import type { MandateData } from './mandate';
import type { Fill, RebalanceReason } from './portfolio-events';
import type { InstrumentKind } from './price-events';

export interface ListInstrument {
  readonly instrumentId: string;
  readonly kind: InstrumentKind;
  readonly quoteCurrency: string;
  readonly priceScale: number;
  readonly quantityScale: number;
}
export interface RecordPrice {
  readonly instrumentId: string;
  readonly price: string;
  readonly at: string;
  readonly source: string;
  readonly quality?: string;
}
export interface CorrectPrice {
  readonly instrumentId: string;
  readonly corrects: string;
  readonly price: string;
  readonly at?: string;
  readonly reason: string;
}
export interface OpenPortfolio {
  readonly portfolioId: string;
  readonly name: string;
  readonly quoteCurrency: string;
  readonly currencyScale: number;
  readonly unitScale: number;
  readonly instrumentId: string;
  readonly targetLeverage: string;
  readonly at: string;
}

/** What every command on an open portfolio carries. */
export interface OnPortfolio {
  readonly portfolioId: string;
  /** Asked for by late facts of a closed period; without a closed period it changes nothing. */
  readonly booking?: 'open-period';
}
export interface AdoptMandate extends OnPortfolio {
  readonly at: string;
  readonly mandate: MandateData;
}
export interface AdoptFeeSchedule extends OnPortfolio {
  readonly at: string;
  readonly schedule: FeeSchedule;
}
export interface AdoptSlippageModel extends OnPortfolio {
  readonly at: string;
  readonly model: SlippageModel;
}
export interface MoveUnits extends OnPortfolio {
  readonly units: string;
  readonly cash: string;
  readonly at: string;
  readonly fee?: string;
}
export interface SplitUnits extends OnPortfolio {
  readonly ratio: string;
  readonly at: string;
}
export interface ExecuteRebalance extends OnPortfolio {
  readonly rebalanceId: string;
  readonly reason: RebalanceReason;
  readonly at: string;
  readonly mark?: string;
  readonly decisionPrice?: string;
  readonly fills: readonly Fill[];
}
export interface ChargeFee extends OnPortfolio {
  readonly feeId: string;
  readonly kind: FeeKind;
  readonly at: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly rateOfNav?: string;
  readonly fillId?: string;
  readonly period?: string;
  readonly paidBy?: 'cash' | 'units';
}
export interface SettleFunding extends OnPortfolio {
  readonly instrumentId: string;
  readonly rate: string;
  readonly mark?: string;
  readonly at: string;
}
export interface AccrueInterest extends OnPortfolio {
  readonly amount: string;
  readonly at: string;
}
export interface AccrueFees extends OnPortfolio {
  readonly through: string;
}
export interface CorrectFact extends OnPortfolio {
  readonly corrects: string;
  readonly replacement?: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

export interface PriceCommands {
  ListInstrument: ListInstrument;
  RecordPrice: RecordPrice;
  CorrectPrice: CorrectPrice;
}

/** Commands whose fact can be corrected: a replacement is the data of one of these. */
export interface FactCommands {
  AdoptMandate: AdoptMandate;
  AdoptFeeSchedule: AdoptFeeSchedule;
  AdoptSlippageModel: AdoptSlippageModel;
  CreateUnits: MoveUnits;
  RedeemUnits: MoveUnits;
  SplitUnits: SplitUnits;
  ExecuteRebalance: ExecuteRebalance;
  ChargeFee: ChargeFee;
  SettleFunding: SettleFunding;
  AccrueInterest: AccrueInterest;
}
export interface PortfolioCommands extends FactCommands {
  OpenPortfolio: OpenPortfolio;
  AccrueFees: AccrueFees;
  CorrectFact: CorrectFact;
}
export type Commands = PriceCommands & PortfolioCommands;
export type CommandName = keyof Commands;

/** A command by name with its data, as a discriminated union. */
export type CommandOf<M> = { [K in keyof M]: { readonly name: K; readonly data: M[K] } }[keyof M];
export type PriceCommand = CommandOf<PriceCommands>;
export type FactCommand = CommandOf<FactCommands>;
export type PortfolioCommand = CommandOf<PortfolioCommands>;
export type Command = PriceCommand | PortfolioCommand;

/** What the core may not find out by itself. */
export interface DecideContext {
  /** The clock when the command was taken. */
  readonly now: bigint;
  /** How far an effective time may lie ahead of `now`, in nanoseconds. */
  readonly allowedSkew: bigint;
}
