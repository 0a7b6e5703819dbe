/**
 * Deciding the commands of a `portfolio-<id>` stream: from what is known now and a command to the events that record it, or a refusal. Pure:
 * time arrives in the context, prices through a PriceView; amounts that come from rates are computed here, once, and frozen in the event.
 */
import { dueCharges, type DueCharge } from './accrual';
import { chargeEvent } from './charge-event';
import type { AccrueFees, DecideContext, OpenPortfolio, PortfolioCommand } from './commands';
import { decideCorrection } from './decide-correction';
import { decideFact } from './decide-facts';
import type { ShapeCheck, Standing } from './decide-standing';
import { readTime, reject, timeText } from './fields';
import { formatInstant } from './instant';
import { readLeverage } from './mandate';
import type { Portfolio } from './portfolio';
import type { FeeCharged, NothingDue, PortfolioEvent, PortfolioOpened } from './portfolio-events';
import { checkCase, type Listing } from './price-stream';
import { NO_RATES, type PriceView, type Rates } from './price-view';
import { RefusalError, type Refusal } from './refusal';
import { Ending } from './valuation';

/** What the decision may look at. */
export interface Known {
  /** Undefined while the stream is empty. */
  readonly portfolio: Portfolio | undefined;
  /** Of the portfolio's instrument, or of the one that OpenPortfolio names; undefined when it is not listed. */
  readonly listing: Listing | undefined;
  /** All prices of that instrument recorded so far. */
  readonly prices: PriceView;
  /** Of all listed rates; absent where there are none. */
  readonly rates?: Rates;
  /** The portfolio's ending, kept along with it; made anew when absent. */
  readonly ending?: Ending;
}

/** The events that record `command`, at least one, or why it is refused. */
export function decidePortfolio(
  known: Known,
  command: PortfolioCommand,
  context: DecideContext,
  checkShape: ShapeCheck,
): PortfolioEvent[] | Refusal {
  try {
    return decide(known, command, context, checkShape);
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  }
}

function decide(known: Known, command: PortfolioCommand, context: DecideContext, checkShape: ShapeCheck): PortfolioEvent[] {
  const { portfolio, prices } = known;
  if (portfolio) checkCase(portfolio.terms.portfolioId, command.data.portfolioId, '/portfolioId');
  if (command.name === 'OpenPortfolio') return [open(known, command.data, context)];
  if (!portfolio) reject('UnknownPortfolio', 'must be an open portfolio', { field: '/portfolioId', value: command.data.portfolioId });
  const standing: Standing = {
    portfolio,
    timeline: portfolio.timeline,
    prices,
    rates: known.rates ?? NO_RATES,
    ending: known.ending ?? new Ending(portfolio.terms, portfolio.timeline, () => prices),
    position: Number.POSITIVE_INFINITY,
    replaces: undefined,
    context,
  };
  if (command.name === 'AccrueFees') return accrue(standing, command.data);
  if (command.name === 'CorrectFact') return [decideCorrection(standing, command.data, checkShape)];
  return [decideFact(standing, command)];
}

/** The power payoff raises a price ratio to the leverage, so it is kept in reason. */

function open(known: Known, data: OpenPortfolio, context: DecideContext): PortfolioOpened {
  const { portfolioId, name, quoteCurrency, currencyScale, unitScale, instrumentId, targetLeverage, at } = data;
  if (known.portfolio) reject('AlreadyExists', 'a portfolio is opened once', { field: '/portfolioId', value: portfolioId });
  const { listing } = known;
  if (!listing) reject('UnknownInstrument', 'must be a listed instrument', { field: '/instrumentId', value: instrumentId });
  checkCase(listing.instrumentId, instrumentId, '/instrumentId');
  if (listing.kind === 'rate') reject('NotTraded', 'a rate is never traded', { field: '/instrumentId', value: instrumentId });
  if (listing.quoteCurrency !== quoteCurrency) {
    reject('UnsupportedCurrency', `must be ${listing.quoteCurrency}, the instrument's quote currency`, {
      field: '/quoteCurrency',
      value: quoteCurrency,
    });
  }
  readLeverage(targetLeverage, '/targetLeverage');
  readTime('/at', at, context);
  return {
    type: 'PortfolioOpened',
    data: { portfolioId, name, quoteCurrency, currencyScale, unitScale, instrumentId, targetLeverage, at: timeText(at) },
  };
}

function accrue(standing: Standing, data: AccrueFees): (FeeCharged | NothingDue)[] {
  const through = readTime('/through', data.through, standing.context);
  const { portfolio, prices, ending } = standing;
  if (through < portfolio.terms.openedAt) {
    reject('BeforeInception', `must not be before ${formatInstant(portfolio.terms.openedAt)}, when the portfolio was opened`, {
      field: '/through',
      value: data.through,
    });
  }
  const due = dueCharges(portfolio, prices, standing.rates, through, ending.at(through));
  if (due.length === 0) {
    const at = timeText(data.through);
    return [{ type: 'NothingDue', data: { portfolioId: portfolio.terms.portfolioId, through: at, at } }];
  }
  const taken = new Set<string>();
  return due.map((charge) => chargeEvent(portfolio.terms, charge, feeIdOf(portfolio, charge, taken)));
}

/** Names rule and time, with a counter where that id was used before. */
function feeIdOf(portfolio: Portfolio, { rule, at }: DueCharge, taken: Set<string>): string {
  const stem = `${rule.kind}${rule.index}-${formatInstant(at).replace(/[-:]/g, '')}`;
  let feeId = stem;
  for (let n = 2; portfolio.usedIds.fee.has(feeId) || taken.has(feeId); n++) feeId = `${stem}.${n}`;
  taken.add(feeId);
  return feeId;
}
