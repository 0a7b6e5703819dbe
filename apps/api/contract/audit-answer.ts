/** The schema of the fee audit's answer, written against its type. */
import { FEE_KINDS } from '../../../libs/domain/fee-schedule';
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import { schemaOf } from '../../../libs/ledger/shapes';
import type { AuditInputs, FeeAuditAnswer, FeeDifference } from '../../../libs/projections/fee-audit/answer';
import { count, decimal, eventId, id, integer, list, nullable, object, oneOf, optional, text, time } from './schema';

const RATE = 'A fraction, 18 decimals.';
export const FeeAudit = object<FeeAuditAnswer>(
  {
    portfolioId: id(),
    from: time(),
    to: time(),
    knownAt: time('What was recorded later is not in the answer.'),
    logPosition: count('Of the last event that was known then.'),
    judgedBy: oneOf(['recorded', 'knownAt'], '`recorded`: each charge by what was known when it was recorded.'),
    checked: integer('Charges and fills with a rule, or an amount from a share of NAV.'),
    agreeing: integer('Those of them without a difference.'),
    unruled: integer('Charges and fills that no rule in force is for: their amounts were given.'),
    due: object<FeeAuditAnswer['due']>({ count: integer(), amount: decimal() }, 'Charges due through `to` and not recorded.'),
    differences: list(
      object<FeeDifference>({
        finding: oneOf(
          ['amount', 'event', 'not due'] satisfies readonly FeeDifference['finding'][],
          "`amount`: the rule comes to another one; `event`: the charge's own figures do; `not due`: the rule asked for nothing then.",
        ),
        at: time(),
        eventId: eventId('Of the fact first recorded.'),
        position: count('Of that event in the log.'),
        kind: oneOf(FEE_KINDS),
        feeId: optional(id()),
        rebalanceId: optional(id()),
        fillId: optional(id()),
        charged: decimal('At the currency scale, as are the next two.'),
        recomputed: decimal(),
        difference: decimal('charged − recomputed.'),
        unitsMinted: optional(decimal('Of a charge paid in units.')),
        unitsRecomputed: optional(decimal()),
        rule: nullable(
          object<NonNullable<FeeDifference['rule']>>({
            id: text('Of the schedule, as is the version.'),
            version: text(),
            rule: integer("Its index in the schedule's rules."),
            terms: optional(feeRule()),
          }),
          'Null for a share of NAV.',
        ),
        reason: optional(text('Why nothing was due.')),
        inputs: object<AuditInputs>(
          {
            basis: optional(decimal('What the rate is applied to.')),
            rate: optional(decimal(RATE)),
            spread: optional(decimal(RATE)),
            since: optional(time('From when the charge counts.')),
            dayFraction: optional(text('The part of a year, or the days, as a ratio.')),
            mark: optional(decimal()),
            markAt: optional(time()),
            units: optional(decimal()),
            nav: optional(decimal()),
            highWaterMark: optional(decimal()),
            quantity: optional(decimal()),
            price: optional(decimal()),
            liquidity: optional(oneOf(['maker', 'taker'])),
            volume: optional(decimal("Executed before the fill in the rule's window.")),
            raw: optional(decimal('Before rounding.')),
          },
          'What the amount was computed again from; each where it counts.',
        ),
        lateFacts: { type: 'boolean', description: 'With `knownAt`: what was known when it was recorded gives the amount charged.' },
      }),
      'In order of time.',
    ),
  },
  'Fees charged in (from, to] against what the rules in force come to.',
);

function feeRule(): JsonSchema {
  const { schedule } = schemaOf('AdoptFeeSchedule').properties as {
    readonly schedule: { readonly properties: { readonly rules: { readonly items: JsonSchema } } };
  };
  return schedule.properties.rules.items;
}
