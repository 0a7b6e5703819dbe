/**
 * Deciding one fact of a portfolio: from a command's data to the event that records it at its place in the order. Used for new facts (placed after
 * everything recorded at their instant) and for replacements (placed where the replaced fact was, as if that were gone). Throws RefusalError.
 */
import type { CommandOf, ExecuteRebalance, FactCommands, MoveUnits } from './commands';
import { abs, formatFixed, formatRatio, pow10 } from './decimal';
import { decideFee, decideFunding } from './decide-charges';
import { before, checkCurrency, claimId, navBefore, type Standing } from './decide-standing';
import { factOf, type Fact } from './facts';
import { readSchedule } from './fee-rules';
import { optional, readDecimal, readTime, reject, timeText } from './fields';
import { formatInstant, type Instant } from './instant';
import { readMandate } from './mandate';
import type { CorrectableEvent, Fill, RebalanceExecuted } from './portfolio-events';
import { mandateAt } from './resets';
import { readSlippage } from './slippage';

export function decideFact(standing: Standing, command: CommandOf<FactCommands>): CorrectableEvent {
  const { terms } = standing.portfolio;
  const atText = command.data.at;
  const at = readTime('/at', atText, standing.context);
  if (at < terms.openedAt) {
    reject('BeforeInception', `must not be before ${formatInstant(terms.openedAt)}, when the portfolio was opened`, {
      field: '/at',
      value: atText,
    });
  }
  const event = build(standing, command, at);
  const fact = factOf(terms, event);
  refuseWhenEnded(standing, at, fact);
  if (fact && fact.kind !== 'funding' && fact.kind !== 'interest' && fact.kind !== 'rebalance') checkUnits(standing, at, fact, command);
  return event;
}

function build(standing: Standing, command: CommandOf<FactCommands>, at: Instant): CorrectableEvent {
  const { terms } = standing.portfolio;
  const { portfolioId } = terms;
  const atText = timeText(command.data.at);
  switch (command.name) {
    case 'AdoptMandate': {
      const { mandate } = command.data;
      readMandate(mandate, terms.targetLeverage);
      const original = standing.replaces?.original;
      const version = original?.type === 'MandateAdopted' ? original.data.version : String(standing.portfolio.mandatesRecorded + 1);
      return { type: 'MandateAdopted', data: { portfolioId, at: atText, mandate, version } };
    }
    case 'AdoptFeeSchedule': {
      const { schedule } = command.data;
      for (const [i, { floating }] of readSchedule(schedule, terms.currencyScale).entries()) {
        if (floating !== undefined && !standing.rates.isRate(floating))
          reject('UnknownInstrument', 'must be a listed instrument of kind rate', {
            field: `/schedule/rules/${i}/rate/instrument`,
            value: floating,
          });
      }
      return { type: 'FeeScheduleAdopted', data: { portfolioId, at: atText, schedule, version: schedule.version } };
    }
    case 'AdoptSlippageModel': {
      const { model } = command.data;
      readSlippage(model);
      return { type: 'SlippageModelAdopted', data: { portfolioId, at: atText, model } };
    }
    case 'CreateUnits':
    case 'RedeemUnits':
      return { type: command.name === 'CreateUnits' ? 'UnitsCreated' : 'UnitsRedeemed', data: moved(standing, command.data, at) };
    case 'SplitUnits': {
      const { ratio } = command.data;
      const match = /^([1-9]\d{0,8}):([1-9]\d{0,8})$/.exec(ratio);
      if (!match) reject('InvalidField', 'must be new:old in whole numbers above 0, such as 1:10', { field: '/ratio', value: ratio });
      const { units } = before(standing, at);
      if (units === 0n) reject('NoUnits', 'there must be units to split', { field: '/ratio', value: ratio });
      const [newUnits, oldUnits] = [BigInt(match[1]!), BigInt(match[2]!)];
      const rest = (units * newUnits) % oldUnits;
      return {
        type: 'UnitsSplit',
        data: { portfolioId, ratio, at: atText, dust: formatRatio(rest, oldUnits * pow10(terms.unitScale), 18) },
      };
    }
    case 'ExecuteRebalance':
      return rebalance(standing, command.data, at);
    case 'ChargeFee':
      return decideFee(standing, command.data, at);
    case 'SettleFunding':
      return decideFunding(standing, command.data, at);
    case 'AccrueInterest': {
      const amount = readDecimal('/amount', command.data.amount, terms.currencyScale);
      return { type: 'InterestAccrued', data: { portfolioId, amount: formatFixed(amount, terms.currencyScale), at: atText } };
    }
  }
}

function moved(standing: Standing, data: MoveUnits, at: Instant): Extract<CorrectableEvent, { type: 'UnitsCreated' }>['data'] {
  const { portfolioId, currencyScale, unitScale, navScale } = standing.portfolio.terms;
  const units = readDecimal('/units', data.units, unitScale, 'above 0');
  const cash = readDecimal('/cash', data.cash, currencyScale, 'not negative');
  const paid = data.fee === undefined ? undefined : readDecimal('/fee', data.fee, currencyScale, 'not negative');
  const state = before(standing, at);
  const nav = navBefore(standing, state, at);
  return {
    portfolioId,
    units: formatFixed(units, unitScale),
    cash: formatFixed(cash, currencyScale),
    at: timeText(data.at),
    ...optional('fee', paid === undefined ? undefined : formatFixed(paid, currencyScale)),
    navPerUnit: nav === undefined || state.units === 0n ? null : formatRatio(nav * pow10(unitScale), state.units * pow10(navScale), 18),
  };
}

function rebalance(standing: Standing, data: ExecuteRebalance, at: Instant): RebalanceExecuted {
  const { terms, mandates } = standing.portfolio;
  const price = (field: string, text: string | undefined): string | undefined =>
    text === undefined ? undefined : formatFixed(readDecimal(field, text, terms.priceScale, 'above 0'), terms.priceScale);
  claimId(standing, 'rebalance', '/rebalanceId', data.rebalanceId);
  if (data.fills.length === 0) reject('InvalidField', 'must have at least one fill', { field: '/fills', value: data.fills });
  const seen = new Set<string>();
  const fills = data.fills.map((fill, i): Fill => {
    const field = (name: string): string => `/fills/${i}/${name}`;
    if (fill.instrumentId !== terms.instrumentId) {
      reject('WrongInstrument', `must be ${terms.instrumentId}, the one instrument that the portfolio trades`, {
        field: field('instrumentId'),
        value: fill.instrumentId,
      });
    }
    if (seen.has(fill.fillId)) reject('DuplicateId', 'must be unique', { field: field('fillId'), value: fill.fillId });
    seen.add(fill.fillId);
    claimId(standing, 'fill', field('fillId'), fill.fillId);
    if (fill.feeCurrency !== undefined) checkCurrency(standing, field('feeCurrency'), fill.feeCurrency);
    const paid = fill.fee === undefined ? undefined : readDecimal(field('fee'), fill.fee, terms.currencyScale);
    const bid = price(field('bid'), fill.bid);
    const ask = price(field('ask'), fill.ask);
    return {
      fillId: fill.fillId,
      instrumentId: fill.instrumentId,
      side: fill.side,
      quantity: formatFixed(readDecimal(field('quantity'), fill.quantity, terms.quantityScale, 'above 0'), terms.quantityScale),
      price: price(field('price'), fill.price)!,
      ...optional('arrivalPrice', price(field('arrivalPrice'), fill.arrivalPrice)),
      ...optional('bid', bid),
      ...optional('ask', ask),
      ...optional('fee', paid === undefined ? undefined : formatFixed(paid, terms.currencyScale)),
      ...optional('feeCurrency', paid === undefined ? undefined : terms.quoteCurrency),
      ...optional('liquidity', fill.liquidity),
      ...optional('venue', fill.venue),
    };
  });
  return {
    type: 'RebalanceExecuted',
    data: {
      portfolioId: terms.portfolioId,
      rebalanceId: data.rebalanceId,
      reason: data.reason,
      at: timeText(data.at),
      mandateVersion: mandateAt(mandates, at)?.version ?? null,
      ...optional('decisionPrice', price('/decisionPrice', data.decisionPrice)),
      ...optional('mark', price('/mark', data.mark)),
      fills,
    },
  };
}

/** An ended fund takes charges, funding, interest, redemptions and trades that only reduce its position. */
function refuseWhenEnded({ portfolio, timeline, ending, position, replaces }: Standing, at: Instant, fact: Fact | undefined): void {
  if (replaces) return;
  const endedAt = ending.at(at);
  if (endedAt === undefined) return;
  const allowed =
    fact !== undefined &&
    (fact.kind === 'redemption' ||
      fact.kind === 'fee' ||
      fact.kind === 'funding' ||
      fact.kind === 'interest' ||
      (fact.kind === 'rebalance' && onlyReduces(timeline.stateBefore(at, position).quantity, fact.fills)));
  if (!allowed) {
    reject(
      'Terminated',
      `${portfolio.terms.portfolioId} ended at ${formatInstant(endedAt)} with NAV at or below 0 and takes only charges, funding, interest, closing trades, redemptions and corrections`,
      {
        field: '/at',
        value: formatInstant(at),
      },
    );
  }
}

function onlyReduces(quantity: bigint, fills: readonly { readonly quantity: bigint }[]): boolean {
  return fills.every((fill) => {
    const next = quantity + fill.quantity;
    const reduces = abs(next) < abs(quantity) && (next === 0n || next > 0n === quantity > 0n);
    quantity = next;
    return reduces;
  });
}

/** Units may not become negative, now or at a later fact. */
function checkUnits({ timeline, position, portfolio }: Standing, at: Instant, fact: Fact, command: CommandOf<FactCommands>): void {
  const negative = timeline.firstNegativeUnits({ at, position, fact });
  if (!negative) return;
  const { unitScale } = portfolio.terms;
  const value = 'units' in command.data ? command.data.units : undefined;
  if (negative.self) {
    const held = formatFixed(timeline.stateBefore(at, position).units, unitScale);
    reject('NotEnoughUnits', `must be at most the ${held} units held at that time`, {
      field: '/units',
      value,
      detail: { held, wanted: value ?? '' },
    });
  }
  reject(
    'LaterFactImpossible',
    `with it, units would be ${formatFixed(negative.units, unitScale)} after the fact at ${formatInstant(negative.at)}`,
    {
      ...(value === undefined ? { field: '/at', value: formatInstant(at) } : { field: '/units', value }),
    },
  );
}
