/**
 * Deciding a correction: an earlier fact is busted, or amended by the complete data of the command it should have come from. The replacement is decided
 * anew at the fact's own place in the order, as if the fact were gone; nothing that was recorded is ever rewritten.
 */
import type { CommandOf, CorrectFact, FactCommands } from './commands';
import { decideFact } from './decide-facts';
import type { ShapeCheck, Standing } from './decide-standing';
import { factOf, type PlacedFact } from './facts';
import { formatFixed } from './decimal';
import { optional, reject } from './fields';
import { formatInstant, instant } from './instant';
import type { CorrectableEvent, FactCorrected } from './portfolio-events';
import { RefusalError } from './refusal';
import { Timeline } from './timeline';
import { Ending } from './valuation';

/** The command that records each kind of fact. */
const COMMAND_OF: { readonly [T in CorrectableEvent['type']]: keyof FactCommands } = {
  MandateAdopted: 'AdoptMandate',
  FeeScheduleAdopted: 'AdoptFeeSchedule',
  SlippageModelAdopted: 'AdoptSlippageModel',
  UnitsCreated: 'CreateUnits',
  UnitsRedeemed: 'RedeemUnits',
  UnitsSplit: 'SplitUnits',
  RebalanceExecuted: 'ExecuteRebalance',
  FeeCharged: 'ChargeFee',
  FundingSettled: 'SettleFunding',
  InterestAccrued: 'AccrueInterest',
};

export function decideCorrection(standing: Standing, data: CorrectFact, checkShape: ShapeCheck): FactCorrected {
  const { portfolio, prices } = standing;
  if (portfolio.final.has(data.corrects))
    reject('NotCorrectable', 'an opening stands for good, and so does an accrual that found nothing due', {
      field: '/corrects',
      value: data.corrects,
    });
  const root = portfolio.factOf(data.corrects);
  if (!root)
    reject('UnknownEvent', 'must be the event id of a fact of this portfolio that can be corrected', {
      field: '/corrects',
      value: data.corrects,
    });
  const timeline = without(portfolio.timeline, root.position);
  const fact = data.replacement === undefined ? undefined : replacementOf();
  checkFills();
  checkLaterUnits();
  return {
    type: 'FactCorrected',
    data: {
      portfolioId: portfolio.terms.portfolioId,
      corrects: root.eventId,
      ...optional('replacement', data.replacement),
      ...optional('fact', fact),
      reason: data.reason,
      at: (fact ?? root.standing ?? root.original).data.at,
    },
  };

  function replacementOf(): CorrectableEvent {
    const name = COMMAND_OF[root!.original.type];
    const refusal = checkShape(name, data.replacement);
    if (refusal) throw inReplacement(refusal);
    const command = { name, data: data.replacement } as unknown as CommandOf<FactCommands>;
    if (command.data.portfolioId !== portfolio.terms.portfolioId) {
      reject('InvalidField', `must be ${portfolio.terms.portfolioId}`, {
        field: '/replacement/portfolioId',
        value: command.data.portfolioId,
      });
    }
    try {
      const ending = new Ending(portfolio.terms, timeline, () => prices);
      return decideFact({ ...standing, timeline, ending, position: root!.position, replaces: root! }, command);
    } catch (error) {
      throw error instanceof RefusalError ? inReplacement(error.refusal) : error;
    }
  }

  /** A rebalance cannot lose a fill that another live fact charges. */
  function checkFills(): void {
    if (root!.standing?.type !== 'RebalanceExecuted') return;
    const kept = new Map(fact?.type === 'RebalanceExecuted' ? fact.data.fills.map((fill) => [fill.fillId, fill]) : []);
    for (const { fillId } of root!.standing.data.fills) {
      const charging = portfolio.fillFees.get(fillId);
      if (charging === undefined || charging === root!.eventId) continue;
      const about = { field: '/corrects', value: data.corrects };
      if (!kept.has(fillId)) reject('FillInUse', `a live trading fee names the fill ${fillId}; correct the fee first`, about);
      if (kept.get(fillId)!.fee !== undefined) reject('DuplicateFee', `the fill ${fillId} has a trading fee already`, about);
    }
  }

  function checkLaterUnits(): void {
    const changed = fact && factOf(portfolio.terms, fact);
    const added: PlacedFact | undefined = fact && changed && { at: instant(fact.data.at), position: root!.position, fact: changed };
    const place = { at: instant((root!.standing ?? root!.original).data.at), position: root!.position };
    const negative = timeline.firstNegativeUnits(added, place);
    if (!negative) return;
    reject(
      'LaterFactImpossible',
      `with it, units would be ${formatFixed(negative.units, portfolio.terms.unitScale)} after the fact at ${formatInstant(negative.at)}`,
      {
        field: '/corrects',
        value: data.corrects,
      },
    );
  }
}

function without(timeline: Timeline, position: number): Timeline {
  const copy = new Timeline(timeline.terms);
  for (let i = 0; i < timeline.length; i++) {
    const row = timeline.row(i)!;
    if (row.position !== position) copy.insert(row);
  }
  return copy;
}

function inReplacement(refusal: RefusalError['refusal']): RefusalError {
  return new RefusalError({ ...refusal, field: `/replacement${refusal.field ?? ''}` });
}
