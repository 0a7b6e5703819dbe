/** An example of each command's data: one small fund, recorded in the order of this list. The ids that corrections name are of events that any fund may have. */
import type { Commands } from '../../../libs/domain/commands';

const portfolioId = 'coin3l';
const instrumentId = 'COIN';

export const EXAMPLES: { readonly [C in keyof Commands]: Commands[C] } = {
  ListInstrument: { instrumentId, kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 5 },
  RecordPrice: { instrumentId, price: '100.00', at: '2024-01-01T00:00:00Z', source: 'exchange' },
  OpenPortfolio: {
    portfolioId,
    name: 'Coin 3x long',
    quoteCurrency: 'USD',
    currencyScale: 2,
    unitScale: 3,
    instrumentId,
    targetLeverage: '3',
    at: '2024-01-01T00:00:00Z',
  },
  AdoptMandate: {
    portfolioId,
    at: '2024-01-01T00:00:00Z',
    mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, band: { lower: '2.5', upper: '3.5' }, sizing: 'exact', maxPriceAge: '8h' },
  },
  AdoptFeeSchedule: {
    portfolioId,
    at: '2024-01-01T00:00:00Z',
    schedule: {
      id: 'terms',
      version: '1',
      rules: [
        {
          kind: 'management',
          trigger: 'at_reset',
          basis: 'nav',
          rate: { value: '0.0095', unit: 'fraction', period: 'year' },
          dayCount: 'ACT/365',
        },
      ],
    },
  },
  AdoptSlippageModel: { portfolioId, at: '2024-01-01T00:00:00Z', model: { model: 'fixed_bp', bp: '1' } },
  CreateUnits: { portfolioId, units: '1000', cash: '100000.00', at: '2024-01-01T00:00:00Z' },
  ExecuteRebalance: {
    portfolioId,
    rebalanceId: 'r1',
    reason: 'creation',
    at: '2024-01-01T00:00:00Z',
    fills: [
      { fillId: 'f1', instrumentId, side: 'buy', quantity: '3000', price: '100.01', fee: '30.00', feeCurrency: 'USD', liquidity: 'taker' },
    ],
  },
  SettleFunding: { portfolioId, instrumentId, rate: '0.0001', at: '2024-01-01T08:00:00Z' },
  AccrueInterest: { portfolioId, amount: '1.25', at: '2024-01-01T12:00:00Z' },
  ChargeFee: { portfolioId, feeId: 'custody-1', kind: 'custody', amount: '5.00', at: '2024-01-01T12:00:00Z', period: 'January' },
  AccrueFees: { portfolioId, through: '2024-01-02T00:00:00Z' },
  RedeemUnits: { portfolioId, units: '10', cash: '990.00', at: '2024-01-02T00:00:00Z', fee: '1.00' },
  SplitUnits: { portfolioId, ratio: '10:1', at: '2024-01-02T00:00:00Z' },
  CorrectPrice: { instrumentId, corrects: '0b9c3f0e-2d4a-5c1b-8f6e-7a9d1e2c3b4f', price: '100.50', reason: 'bad print' },
  CorrectFact: { portfolioId, corrects: '4f1d2c3b-9e8a-5d7c-a6b5-0c1d2e3f4a5b', reason: 'charged twice' },
};
