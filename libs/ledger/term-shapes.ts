/**
 * Shapes of a fund's terms: mandate, fee schedule, slippage model. Deliberately absent: what the domain checks where it reads them (which fields go with which kind of rule, crons,
 * ascending tiers, dates).
 */
import { BASES, DAY_COUNTS, ROUNDING_MODES, FEE_KINDS, RULE_LIQUIDITIES, SLIPPAGE_MODELS, TRIGGERS } from '../domain/fee-schedule';
import { Decimal, DecimalOr, Id, OneOf, Optional, Part, Parts, Scale, Text } from './shape-rules';

class Resets {
  @Text(100, 'Five fields: minute, hour, day of month, month, day of week.') cron!: string;
  @Text(64, 'An IANA time zone.') zone!: string;
}
class BandBounds {
  @Decimal('Below the target leverage.') lower!: string;
  @Decimal('Above the target leverage.') upper!: string;
}
export class Mandate {
  @Optional() @Part(() => Resets, 'When the leverage is put back to L.') resets?: Resets;
  @Optional() @Part(() => BandBounds, 'Signed bounds of the leverage, left strictly.') band?: BandBounds;
  @OneOf(['exact', 'naive'], '`exact` lands on L after costs, `naive` trades L times NAV less the exposure.') sizing!: string;
  @Optional() @Decimal('Largest notional of one trade as a share of NAV, above 0, at most 18 decimals.') maxStep?: string;
  @Optional() @Text(16, 'Older marks make an answer `stale`: 90s, 15m, 8h, 30d.') maxPriceAge?: string;
}

class Rate {
  @Optional()
  @Decimal('A fraction, at most 18 decimals; of basis `units` an amount for each unit. Negative for trading rebates only.')
  value?: string;
  @Optional() @Id('A `rate` instrument whose last tick is the rate, instead of `value`.') instrument?: string;
  @Optional() @Decimal('Of borrow and funding rules: on the size of the basis, beside the rate.') spread?: string;
  @OneOf(['fraction']) unit!: string;
  @Optional() @OneOf(['day', 'year'], 'What a rate over time is for.') period?: string;
}
class TierRate {
  @Decimal('A fraction, at most 18 decimals; negative is a rebate.') value!: string;
  @Optional() @OneOf(['fraction']) unit?: string;
}
class TierShape {
  @Decimal('Volume in the quote currency from which the tier counts; 0 for the first, then rising.') from!: string;
  @DecimalOr(() => TierRate, 'A fraction as a decimal, or with its unit.') rate!: string | TierRate;
}
class RoundingShape {
  @Optional() @Scale('Decimals at which the charge is accrued, before it is posted.') accrueDigits?: number;
  @Optional() @OneOf(ROUNDING_MODES) accrueMode?: string;
  @Optional() @Scale('Decimals of the posted amount, at most the currency scale.') postDigits?: number;
  @Optional() @OneOf(ROUNDING_MODES) postMode?: string;
}
class Effective {
  @Optional() @Text(40, 'A date or a time with a zone, included.') from?: string;
  @Optional() @Text(40, 'A date or a time with a zone, not included.') to?: string;
}
class RuleShape {
  @OneOf(FEE_KINDS, 'What is charged for.') kind!: string;
  @Optional() @OneOf(TRIGGERS, 'When it is charged.') trigger?: string;
  @Optional() @OneOf(BASES, 'What the rate is applied to.') basis?: string;
  @Optional() @OneOf(RULE_LIQUIDITIES, 'Which fills a trading rule is for.') liquidity?: string;
  @Optional() @Part(() => Rate, 'How much.') rate?: Rate;
  @Optional() @OneOf(DAY_COUNTS, 'How time becomes a part of a year; without it ACT/365.') dayCount?: string;
  @Optional() @Part(() => Resets, 'When a performance rule takes its share.') crystallise?: Resets;
  @Optional() @OneOf(['before_mint', 'after_mint'], 'Which NAV per unit becomes the next high-water mark.') highWaterMark?: string;
  @Optional() @OneOf(['cash', 'units'], '`units` are minted to the manager; without it, cash.') paidBy?: string;
  @Optional() @OneOf(['set', 'dhedge'], 'set mints U·f/(1 − f), dhedge U·f.') mint?: string;
  @Optional() @Parts(() => TierShape, 100, 'Rates by volume, instead of `rate`.') tiers?: TierShape[];
  @Optional() @OneOf(['slab', 'marginal'], 'slab: one rate for the fill; marginal: each part of it at its own.') tierBy?: string;
  @Optional() @OneOf(['strict', 'inclusive'], 'strict: a volume of exactly `from` is below the tier.') tierBound?: string;
  @Optional() @Text(16, 'The rolling window of the volume; without it 30d.') tierWindow?: string;
  @Optional() @Part(() => RoundingShape, 'Without it once, half-even, at the currency scale.') rounding?: RoundingShape;
  @Optional() @Decimal('Least amount of one charge.') minimum?: string;
  @Optional() @Decimal('Largest amount of one charge.') cap?: string;
  @Optional() @Decimal('An amount beside the rate.') flat?: string;
  @Optional() @Decimal('An amount for each unit of quantity, or for each unit of the fund that a flow moves.') perUnit?: string;
  @Optional() @Part(() => Effective, 'When the rule holds.') effective?: Effective;
}
export class Schedule {
  @Id('Names the schedule.') id!: string;
  @Id('Names its version.') version!: string;
  @Parts(() => RuleShape, 100, 'What is charged.') rules!: RuleShape[];
}

export class SlippageShape {
  @OneOf(SLIPPAGE_MODELS, 'How far from the mark trades are filled.') model!: string;
  @Optional() @Decimal('Basis points of fixed_bp, or half of the spread of half_spread where a fill has no quote.') bp?: string;
  @Optional() @Decimal('Y of sqrt_impact.') y?: string;
  @Optional() @Decimal('Daily volatility of sqrt_impact, a fraction.') sigmaDaily?: string;
  @Optional() @Decimal('Daily volume of sqrt_impact, in the quote currency.') volumeDaily?: string;
}
