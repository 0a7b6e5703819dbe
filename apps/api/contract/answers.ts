/** The schemas of what questions are answered, by name. Each is written against the type of its answer, so a field more or less does not compile. */
import type { InstrumentAnswer, PortfolioAnswer, PortfolioSummary } from '../../../libs/ledger/catalogue';
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import { schemaOf } from '../../../libs/ledger/shapes';
import type { AttributionAnswer } from '../../../libs/projections/attribution';
import type { NavAnswer } from '../../../libs/projections/nav';
import type { FallText, SpreadText, TearSheet } from '../../../libs/projections/tear-sheet';
import { FeeAudit } from './audit-answer';
import {
  count,
  currency,
  decimal,
  id,
  integer,
  list,
  mapOf,
  nullable,
  object,
  oneOf,
  optional,
  ratio,
  ref,
  scale,
  text,
  time,
} from './schema';

const knownAt = time('What was recorded later is not in the answer.');
const logPosition = count('Of the last event that was known then.');
const revision = count("Of the portfolio's or instrument's stream; quoted, it is the ETag.");

const COSTS = {
  slippage: ratio(),
  tradingFee: ratio(),
  funding: ratio(),
  borrow: ratio(),
  management: ratio(),
  performance: ratio(),
  other: ratio(),
  flowDilution: ratio(),
  rounding: ratio(),
};

const Nav = object<NavAnswer>({
  portfolioId: id(),
  at: time('The moment asked about.'),
  knownAt,
  logPosition,
  status: oneOf(['active', 'terminated'], '`terminated`: there were units, and NAV was found at or below 0 at or before `at`.'),
  terminatedAt: optional(time('When NAV was found at or below 0.')),
  quality: oneOf(['ok', 'stale'], '`stale`: the mark is older than the mandate allows.'),
  nav: decimal('Cash and the position at the mark, recorded charges only; at the currency scale.'),
  units: decimal('At the unit scale.'),
  navPerUnit: nullable(ratio(), '18 decimals; null without units.'),
  exposure: decimal('Quantity at the mark, signed; at the currency scale.'),
  leverage: nullable(ratio(), 'Exposure by NAV, signed, 18 decimals; null without units or at NAV of 0 or less.'),
  marks: list(
    object<NavAnswer['marks'][number]>({
      instrumentId: id(),
      price: decimal('At the price scale.'),
      at: time('When it held.'),
      ageSeconds: integer('Whole seconds before `at`.'),
    }),
    'The prices used; empty when there is none yet.',
  ),
  positions: list(
    object<NavAnswer['positions'][number]>({
      instrumentId: id(),
      quantity: decimal('Signed, at the quantity scale.'),
      mark: decimal('At the price scale.'),
      value: decimal('At the currency scale.'),
    }),
  ),
  cash: mapOf(decimal(), currency(), 'By the quote currency, at the currency scale; for a perp, wallet less quantity at entry.'),
  liabilities: decimal('Charges due at or before `at` and not recorded; beside NAV, not inside.'),
});

const Attribution = object<AttributionAnswer>(
  {
    portfolioId: id(),
    from: time(),
    to: time(),
    knownAt,
    logPosition,
    n0: ratio('NAV per unit at `from`.'),
    nT: ratio('NAV per unit at `to`, in units as of `from`.'),
    change: ratio('nT − n0.'),
    ledger: object<AttributionAnswer['ledger']>({ pricePnl: ratio(), ...COSTS }, 'Adds up to the change.'),
    economic: object<AttributionAnswer['economic']>(
      {
        static: ratio(),
        convexity: ratio(),
        volDrag: ratio(),
        drift: ratio(),
        costCarry: object<AttributionAnswer['economic']['costCarry']>({
          total: ratio(),
          byKind: object<AttributionAnswer['economic']['costCarry']['byKind']>(COSTS),
        }),
      },
      "Adds up to the ledger view's price result.",
    ),
    benchmarks: object<AttributionAnswer['benchmarks']>({ static: ratio(), power: ratio(), ideal: ratio(), actualLeverage: ratio() }),
    idealTerminated: optional(time('When the ideal was found at or below 0, for good.')),
    dragAgainstSimple: ratio('nT less the simple leveraged position.'),
    slippageParts: object<AttributionAnswer['slippageParts']>({ spread: ratio(), impact: ratio(), quote: ratio(), unsplit: ratio() }),
    tracking: object<AttributionAnswer['tracking']>({
      difference: ratio('Return less that of L times the index, period by period.'),
      naiveDifference: ratio('Return less L times the return of the index.'),
      error: nullable(ratio(), 'Yearly; null below two periods.'),
      basis: oneOf(['sqrt(252)', 'sqrt(365)']),
      periods: integer(),
    }),
  },
  'Where the change of NAV per unit in (from, to] went: each figure is a contribution, so a cost is negative.',
);

const fall = object<FallText>({
  depth: ratio('0 or below.'),
  peakAt: time(),
  troughAt: time(),
  recoveredAt: nullable(time(), 'Null: not yet.'),
});
const spread = nullable(object<SpreadText>({ min: ratio(), median: ratio(), max: ratio() }), 'Null without a rebalance.');
const ends = object<TearSheet['start']>({ navPerUnit: ratio(), price: decimal() });
const perYear = nullable(ratio(), 'Null where nothing was left.');

const Sheet = object<TearSheet>({
  portfolioId: id(),
  name: text(),
  instrumentId: id(),
  quoteCurrency: currency(),
  targetLeverage: decimal(),
  from: time('Of the first units.'),
  to: time('Of the last price or, for a fund that ended, of the last reset before.'),
  years: decimal('Of 365.25 days, 4 decimals.'),
  endedAt: optional(time('When NAV was found at or below 0; the sheet ends before.')),
  nav: ref('Nav'),
  start: ends,
  end: ends,
  returns: object<TearSheet['returns']>({ token: ratio(), tokenPerYear: perYear, underlying: ratio(), underlyingPerYear: perYear }),
  drawdown: object<TearSheet['drawdown']>({ token: fall, underlying: fall }),
  leverage: object<TearSheet['leverage']>({ beforeRebalances: spread, afterRebalances: spread }),
  simple: object<TearSheet['simple']>(
    { value: ratio(), drag: ratio("The token's distance from it."), goneAt: nullable(time(), 'Null: never.') },
    'The simple leveraged position: bought once, never touched.',
  ),
  attribution: ref('Attribution'),
  residuals: object<TearSheet['residuals']>({ ledger: decimal(), economic: decimal() }, 'What the terms miss the change by, unrounded.'),
  costs: object<TearSheet['costs']>({
    meanNav: decimal('Of the ends of periods.'),
    items: list(
      object<TearSheet['costs']['items'][number]>({
        kind: oneOf(['slippage', 'tradingFee', 'funding', 'management', 'otherFees', 'interest']),
        amount: decimal('Paid is positive.'),
        bpPerYear: decimal('Of the mean NAV, 4 decimals.'),
      }),
    ),
  }),
  trading: object<TearSheet['trading']>({ rebalances: integer(), turnover: decimal(), turnoverPerYear: decimal(), periods: integer() }),
  worst: list(
    object<TearSheet['worst'][number]>({ from: time(), to: time(), underlying: ratio(), promised: ratio(), token: ratio() }),
    'Lowest returns of the token first.',
  ),
  curve: list(
    object<TearSheet['curve'][number]>({ at: time(), token: ratio(), underlying: ratio() }),
    "Rebased to the token's first value.",
  ),
});

const summary = {
  portfolioId: id(),
  name: text(),
  quoteCurrency: currency(),
  currencyScale: scale('Decimals of an amount.'),
  unitScale: scale('Decimals of a number of units.'),
  instrumentId: id('The one that it trades.'),
  targetLeverage: decimal('L, signed.'),
  openedAt: time(),
  revision,
};

function partOf(command: 'AdoptMandate' | 'AdoptFeeSchedule' | 'AdoptSlippageModel', name: string): JsonSchema {
  return (schemaOf(command).properties as Readonly<Record<string, JsonSchema>>)[name]!;
}

export const next: JsonSchema = nullable({ type: 'string' }, 'The cursor of the next page; null at the end.');

export const QUESTION_ANSWERS: Readonly<Record<string, JsonSchema>> = {
  Nav,
  Attribution,
  FeeAudit,
  TearSheet: Sheet,
  PortfolioSummary: object<PortfolioSummary>(summary),
  PortfolioList: object<{ portfolios: unknown; next: unknown }>({ portfolios: list(ref('PortfolioSummary')), next }),
  Portfolio: object<PortfolioAnswer>({
    ...summary,
    mandates: list(
      object<PortfolioAnswer['mandates'][number]>({
        at: time('In force from here.'),
        version: count('In log order, from 1.'),
        mandate: partOf('AdoptMandate', 'mandate'),
      }),
    ),
    feeSchedules: list(
      object<PortfolioAnswer['feeSchedules'][number]>({
        at: time('In force from here.'),
        schedule: partOf('AdoptFeeSchedule', 'schedule'),
      }),
    ),
    slippageModels: list(
      object<PortfolioAnswer['slippageModels'][number]>({
        at: time('In force from here.'),
        model: partOf('AdoptSlippageModel', 'model'),
      }),
    ),
  }),
  Instrument: object<InstrumentAnswer>({
    instrumentId: id(),
    kind: oneOf(['spot', 'perp', 'index', 'rate']),
    quoteCurrency: currency(),
    priceScale: scale('Decimals of a price.'),
    quantityScale: scale('Decimals of a quantity.'),
    revision,
  }),
  InstrumentList: object<{ instruments: unknown; next: unknown }>({ instruments: list(ref('Instrument')), next }),
};
