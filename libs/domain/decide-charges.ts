/**
 * Deciding charges: fees, given or as a share of NAV, paid in cash or by minting units, and funding. Amounts that come from rates are computed here on the
 * state just before the fact's place, rounded once, half-even, at the currency's scale, and frozen in the event.
 */
import type { ChargeFee, SettleFunding } from './commands';
import { divRound, formatFixed, formatRatio, pow10, rescale } from './decimal';
import { before, checkCurrency, claimId, positiveNav, type Standing } from './decide-standing';
import { RATE_SCALE } from './fee-schedule';
import { optional, readDecimal, reject, timeText } from './fields';
import type { Instant } from './instant';
import type { FeeCharged, FundingSettled } from './portfolio-events';

export function decideFee(standing: Standing, data: ChargeFee, at: Instant): FeeCharged {
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

export function decideFunding(standing: Standing, data: SettleFunding, at: Instant): FundingSettled {
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
