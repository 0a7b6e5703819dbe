/** Where each command is posted. `:id` is the portfolio that the data names. */
import type { CommandName } from '../../../libs/domain/commands';

/** Where many are, a line each. */
export const BATCH_ROUTE = 'v1/commands/batch';

export const COMMAND_ROUTES: { readonly [C in CommandName]: string } = {
  ListInstrument: 'v1/instruments',
  RecordPrice: 'v1/prices',
  CorrectPrice: 'v1/prices/corrections',
  OpenPortfolio: 'v1/portfolios',
  AdoptMandate: 'v1/portfolios/:id/mandates',
  AdoptFeeSchedule: 'v1/portfolios/:id/fee-schedules',
  AdoptSlippageModel: 'v1/portfolios/:id/slippage-models',
  CreateUnits: 'v1/portfolios/:id/units/creations',
  RedeemUnits: 'v1/portfolios/:id/units/redemptions',
  SplitUnits: 'v1/portfolios/:id/units/splits',
  ExecuteRebalance: 'v1/portfolios/:id/rebalances',
  ChargeFee: 'v1/portfolios/:id/fees',
  SettleFunding: 'v1/portfolios/:id/funding',
  AccrueInterest: 'v1/portfolios/:id/interest',
  AccrueFees: 'v1/portfolios/:id/fees/accruals',
  CorrectFact: 'v1/portfolios/:id/corrections',
};
