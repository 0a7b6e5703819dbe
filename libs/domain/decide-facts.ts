/**
 * Deciding one fact of a portfolio: from a command's data to the event that records it at its place in the order. Used for new facts (placed after
 * everything recorded at their instant) and for replacements (placed where the replaced fact was, as if that were gone). Throws RefusalError.
 */
import type { ChargeFee, CommandOf, DecideContext, ExecuteRebalance, FactCommands, MoveUnits, SettleFunding } from './commands';
import { abs, divRound, formatFixed, formatRatio, pow10, rescale } from './decimal';
import { factOf, type Fact, type FundState } from './facts';
import { readSchedule, RATE_SCALE } from './fee-schedule';
import { optional, readDecimal, readTime, reject, timeText } from './fields';
import { formatInstant, type Instant } from './instant';
import { readMandate } from './mandate';
import type { Portfolio, RecordedFact } from './portfolio';
import type { CorrectableEvent, FeeCharged, Fill, FundingSettled, RebalanceExecuted } from './portfolio-events';
import type { PriceView } from './price-view';
import { mandateAt } from './resets';
import type { Refusal } from './refusal';
import type { Timeline } from './timeline';
import { type Ending, navOf } from './valuation';

/** Checks the data of a command by name against its shape: for replacements, whose command is known only when they are decided. */
export type ShapeCheck = (name: keyof FactCommands, data: unknown) => Refusal | undefined;

/** Where and among what a fact is decided. */
export interface Standing {
  readonly portfolio: Portfolio;
  /** The facts in force, without the one that is being replaced. */
  readonly timeline: Timeline;
  readonly prices: PriceView;
  readonly ending: Ending;
  /** Log position that counts for the order; infinite for a new fact. */
  readonly position: number;
  readonly replaces: RecordedFact | undefined;
  readonly context: DecideContext;
}

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
      readSchedule(schedule);
      return { type: 'FeeScheduleAdopted', data: { portfolioId, at: atText, schedule, version: schedule.version } };
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
      return fee(standing, command.data, at);
    case 'SettleFunding':
      return funding(standing, command.data, at);
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

function fee(standing: Standing, data: ChargeFee, at: Instant): FeeCharged {
  const { portfolio, replaces } = standing;
  const { terms } = portfolio;
  const { currencyScale, navScale, unitScale } = terms;
  claimId(standing, 'fee', '/feeId', data.feeId);
  if (data.currency !== undefined) checkCurrency(standing, '/currency', data.currency);
  if ((data.amount === undefined) === (data.rateOfNav === undefined)) {
    reject('InvalidField', 'exactly one of amount and rateOfNav must be given', {
      field: data.amount === undefined ? '/amount' : '/rateOfNav',
      value: data.rateOfNav ?? null,
    });
  }
  if (data.fillId !== undefined) checkFillFee(standing, data.kind, data.fillId);
  const state = before(standing, at);
  const paidBy = data.paidBy ?? 'cash';
  const needsNav = data.rateOfNav !== undefined || paidBy === 'units';
  const nav = needsNav ? positiveNav(standing, state, at) : undefined;
  // The charge as an exact share num/den of NAV, or as an exact amount rawNum/rawDen.
  const rate = data.rateOfNav === undefined ? undefined : readDecimal('/rateOfNav', data.rateOfNav, RATE_SCALE);
  const given = data.amount === undefined ? undefined : readDecimal('/amount', data.amount, currencyScale);
  const rawNum = rate === undefined ? given! : rate * nav!;
  const rawDen = rate === undefined ? pow10(currencyScale) : pow10(RATE_SCALE + navScale);
  const amount = divRound(rawNum * pow10(currencyScale), rawDen);
  let unitsMinted: string | undefined;
  if (paidBy === 'units') {
    const field = rate === undefined ? '/amount' : '/rateOfNav';
    const value = data.amount ?? data.rateOfNav;
    if (state.units === 0n)
      reject('NoUnits', 'a fee can be paid by minting units only while there are some', { field: '/paidBy', value: 'units' });
    // m = U·f/(1−f), f = raw/NAV: U·raw/(NAV − raw)
    const rawShare = rawNum * pow10(navScale);
    const rest = nav! * rawDen - rawShare;
    if (rawNum < 0n || rest <= 0n) reject('InvalidField', 'must be from 0 to below NAV when paid by minting units', { field, value });
    unitsMinted = formatFixed(divRound(state.units * rawShare, rest), unitScale);
  }
  const original = replaces?.original;
  return {
    type: 'FeeCharged',
    data: {
      portfolioId: terms.portfolioId,
      feeId: data.feeId,
      ...optional('fillId', data.fillId),
      kind: data.kind,
      at: timeText(data.at),
      amount: formatFixed(amount, currencyScale),
      currency: terms.quoteCurrency,
      ...optional('rateOfNav', data.rateOfNav),
      // A replaced charge stays the charge of its rule: its days are not due again.
      ...optional('schedule', original?.type === 'FeeCharged' ? original.data.schedule : undefined),
      ...optional('basis', nav === undefined ? undefined : formatFixed(nav, navScale)),
      ...optional('rate', data.rateOfNav),
      ...optional('period', data.period),
      raw: formatRatio(rawNum, rawDen, Math.max(18, currencyScale)),
      rounded: formatFixed(amount, currencyScale),
      source: 'observed',
      paidBy,
      ...optional('unitsMinted', unitsMinted),
    },
  };
}

function checkFillFee({ portfolio, replaces }: Standing, kind: string, fillId: string): void {
  const about = { field: '/fillId', value: fillId };
  if (kind !== 'trading') reject('InvalidField', 'only a trading fee names a fill', about);
  if (!portfolio.liveFills.has(fillId)) reject('UnknownFill', 'must be a recorded fill of this portfolio', about);
  const charging = portfolio.fillFees.get(fillId);
  if (charging !== undefined && charging !== replaces?.eventId) reject('DuplicateFee', 'the fill has a trading fee already', about);
}

function funding(standing: Standing, data: SettleFunding, at: Instant): FundingSettled {
  const { terms } = standing.portfolio;
  const { priceScale, quantityScale, currencyScale } = terms;
  if (data.instrumentId !== terms.instrumentId) {
    reject('WrongInstrument', `must be ${terms.instrumentId}, the one instrument that the portfolio trades`, {
      field: '/instrumentId',
      value: data.instrumentId,
    });
  }
  const rate = readDecimal('/rate', data.rate, RATE_SCALE);
  const mark = data.mark === undefined ? standing.prices.at(at)?.price : readDecimal('/mark', data.mark, priceScale, 'above 0');
  if (mark === undefined)
    reject('NoPrice', 'there must be a price at or before this time when no mark is given', { field: '/at', value: data.at });
  const { quantity } = before(standing, at);
  const raw = quantity * mark * rate;
  const rawScale = quantityScale + priceScale + RATE_SCALE;
  return {
    type: 'FundingSettled',
    data: {
      portfolioId: terms.portfolioId,
      instrumentId: data.instrumentId,
      rate: data.rate,
      mark: formatFixed(mark, priceScale),
      at: timeText(data.at),
      quantity: formatFixed(quantity, quantityScale),
      amount: formatFixed(rescale(raw, rawScale, currencyScale), currencyScale),
      raw: formatFixed(raw, rawScale),
    },
  };
}

function before({ timeline, position }: Standing, at: Instant): FundState {
  return timeline.stateBefore(at, position);
}

function navBefore({ portfolio, prices }: Standing, state: FundState, at: Instant): bigint | undefined {
  return navOf(portfolio.terms, state, prices.at(at)?.price);
}

function positiveNav(standing: Standing, state: FundState, at: Instant): bigint {
  const about = { field: '/at', value: formatInstant(at) };
  const nav = navBefore(standing, state, at);
  if (nav === undefined) reject('NoPrice', 'there must be a price at or before this time to know NAV', about);
  if (nav <= 0n)
    reject('NavNotPositive', 'NAV must be above 0 for a share of it', {
      ...about,
      detail: { nav: formatFixed(nav, standing.portfolio.terms.navScale) },
    });
  return nav;
}

/** Ids are used once per portfolio; a replacement may carry its own fact's. */
function claimId({ portfolio, replaces }: Standing, kind: 'rebalance' | 'fill' | 'fee', field: string, id: string): void {
  const own = replaces?.original;
  const owned =
    own?.type === 'RebalanceExecuted'
      ? kind === 'rebalance'
        ? [own.data.rebalanceId]
        : own.data.fills.map((fill) => fill.fillId)
      : own?.type === 'FeeCharged'
        ? [own.data.feeId]
        : [];
  if (kind !== 'fill' && owned.length > 0) {
    if (owned[0] !== id) reject('InvalidField', `a replacement keeps its fact's id, ${owned[0]}`, { field, value: id });
    return;
  }
  if (owned.includes(id)) return;
  if (portfolio.usedIds.has(`${kind}:${id}`))
    reject('DuplicateId', `the ${kind} id was used before in this portfolio`, { field, value: id });
}

function checkCurrency({ portfolio }: Standing, field: string, currency: string): void {
  const { quoteCurrency } = portfolio.terms;
  if (currency !== quoteCurrency)
    reject('UnsupportedCurrency', `must be ${quoteCurrency}, the portfolio's quote currency`, { field, value: currency });
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
