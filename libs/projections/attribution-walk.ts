/**
 * One pass over a window (from, to]: how NAV per unit grew and what jumped it. Between two facts the price moves NAV, and the growth factors telescope to
 * N_end/N_start, so the pass visits instants with facts, never ticks. Everything per unit is split-adjusted, per unit as of `from`, in fixed point
 * (fixed-point.ts). A fact's jump of NAV per unit at a constant mark is booked to the kind that caused it, each computed on its own: amounts are summed exactly while the units
 * outstanding stay the same, and divided by them once.
 */
import { divRound, gcd, pow10 } from '../domain/decimal';
import { cashAtNavScale, type Fact, postedNotional, slopeAtNavScale, type Terms } from '../domain/facts';
import type { FeeKind } from '../domain/fee-schedule';
import { formatInstant, type Instant } from '../domain/instant';
import { refuse, type Refusal } from '../domain/refusal';
import { Ending, navOf } from '../domain/valuation';
import { DIGITS, multiply, ONE } from './fixed-point';
import { beforeInception, noPrice, type View } from './view';

/** The ledger view's names of what changes NAV per unit beside the price. */
export const COST_KINDS = [
  'slippage',
  'tradingFee',
  'funding',
  'borrow',
  'management',
  'performance',
  'other',
  'flowDilution',
  'rounding',
] as const;
export type CostKind = (typeof COST_KINDS)[number];
export type ByKind = Record<CostKind, bigint>;

/** What slippage was made of, fill by fill, where the evidence allows: fill − mark = (touch − mid) + (fill − touch) + (mid − mark). */
export const SLIPPAGE_PARTS = ['spread', 'impact', 'quote', 'unsplit'] as const;
export type SlippageParts = Record<(typeof SLIPPAGE_PARTS)[number], bigint>;

/** NAV per unit after everything of an instant. */
export interface Point {
  readonly at: Instant;
  readonly perUnit: bigint;
  readonly price: bigint;
}

export interface Walk {
  /** NAV per unit at `from` and `to`. */
  readonly n0: bigint;
  readonly nT: bigint;
  /** Marks at `from` and `to`, price units. */
  readonly p0: bigint;
  readonly pT: bigint;
  readonly pricePnl: bigint;
  readonly byKind: ByKind;
  /** Contribution × (growth to the end of the window − 1), by kind. */
  readonly carry: ByKind;
  /** n_0 × the product of all growth factors. */
  readonly actualLeverage: bigint;
  readonly slippageParts: SlippageParts;
  /** At each of the asked instants. */
  readonly points: readonly Point[];
}

const FEE_BUCKET: { readonly [K in FeeKind]: CostKind } = {
  trading: 'tradingFee',
  management: 'management',
  performance: 'performance',
  borrow: 'borrow',
  funding: 'funding',
  creation: 'other',
  redemption: 'other',
  custody: 'other',
  other: 'other',
};

/** Walks the window; `instants` (ascending, inside the window) are answered as points. Refuses where NAV per unit or leverage is not defined. */
export function walk(view: View, from: Instant, to: Instant, instants: Iterable<Instant>): Walk | Refusal {
  const { terms, timeline } = view.portfolio;
  const early = beforeInception(view, 'from', from);
  if (early) return early;
  const first = timeline.countThrough(from);
  const last = timeline.countThrough(to);
  let state = timeline.stateAfter(first);
  const p0 = view.prices.at(from)?.price;
  if (p0 === undefined) return noPrice(view, 'from', from);
  if (state.units <= 0n)
    return refuse('NoUnits', 'there must be units at the start of the window', { field: 'from', value: formatInstant(from) });
  let nav = navOf(terms, state, p0)!;
  if (nav <= 0n)
    return refuse('NavNotPositive', 'NAV must be above 0 at the start of the window', { field: 'from', value: formatInstant(from) });
  const ended = view.ending.at(to);
  // An ending before the window does not matter when NAV was above 0 again throughout.
  const endedAt =
    ended !== undefined && ended <= from ? new Ending(terms, timeline, () => view.prices, { lookedThrough: from }).at(to) : ended;
  if (endedAt !== undefined)
    return refuse('NavNotPositive', `NAV must be above 0 throughout the window; it is not at ${formatInstant(endedAt)}`, {
      field: 'to',
      value: formatInstant(to),
    });

  let price = p0;
  let scale = new PerUnit(terms, state.units);
  const n0 = scale.of(nav);
  const scales = [scale];
  const steps: Step[] = [];
  const points: Point[] = [];
  const pending = instants[Symbol.iterator]();
  let point = pending.next();

  /** Moves the mark to its value at `t`, and notes the growth of NAV and what jumps behind it. */
  const moveMark = (t: Instant): Jump[] => {
    const tick = view.prices.at(t)!;
    const moved = slopeAtNavScale(terms, state.quantity) * (tick.price - price);
    price = tick.price;
    scale.price += moved;
    const before = nav;
    nav += moved;
    const jumps: Jump[] = [];
    steps.push({ after: nav, before, jumps });
    return jumps;
  };
  /** Answers asked instants before `t`. */
  const answerPoints = (t: Instant): void => {
    for (; !point.done && point.value < t; point = pending.next()) {
      const mark = view.prices.at(point.value)!.price;
      points.push({ at: point.value, price: mark, perUnit: scale.of(navOf(terms, state, mark)!) });
    }
  };

  for (let i = first; i < last;) {
    const { at } = timeline.row(i)!;
    answerPoints(at);
    const jumps = moveMark(at);
    for (; i < last && timeline.row(i)!.at === at; i++) {
      const row = timeline.row(i)!;
      const next = row.state;
      if (next.units <= 0n)
        return refuse('NoUnits', `there must be units throughout the window; there are none at ${formatInstant(at)}`, {
          field: 'to',
          value: formatInstant(to),
        });
      const navAfter = cashAtNavScale(terms, next.cash) + slopeAtNavScale(terms, next.quantity) * price;
      const scaleAfter = next.units === state.units && row.fact.kind !== 'split' ? scale : scale.with(next.units, row.fact);
      book(terms, row.fact, { price, nav, navAfter, scale, scaleAfter }, jumps);
      state = next;
      nav = navAfter;
      if (scaleAfter !== scale) scales.push((scale = scaleAfter));
    }
  }
  answerPoints(to);
  moveMark(to);
  const nT = scale.of(nav);
  if (!point.done && point.value === to) points.push({ at: to, price, perUnit: nT });

  let growthAfter = ONE;
  const byKind = noKinds();
  const carry = noKinds();
  for (let i = steps.length - 1; i >= 0; i--) {
    const { after, before, jumps } = steps[i]!;
    const grown = growthAfter - ONE;
    for (const { kind, amount, of } of jumps) {
      if (of) {
        of.costs[kind] += amount;
        of.carried[kind] += amount * grown;
      } else {
        byKind[kind] += amount;
        carry[kind] += multiply(amount, grown);
      }
    }
    if (after !== before) growthAfter = divRound(growthAfter * after, before);
  }
  let pricePnl = 0n;
  const slippageParts: SlippageParts = { spread: 0n, impact: 0n, quote: 0n, unsplit: 0n };
  for (const one of scales) {
    pricePnl += one.of(one.price);
    for (const kind of COST_KINDS) {
      if (one.costs[kind] !== 0n) byKind[kind] += one.of(one.costs[kind]);
      if (one.carried[kind] !== 0n) carry[kind] += divRound(one.of(one.carried[kind]), ONE);
    }
    for (const part of SLIPPAGE_PARTS) slippageParts[part] += one.half(one.doubledParts[part]);
  }
  return { n0, nT, p0, pT: price, pricePnl, byKind, carry, actualLeverage: multiply(n0, growthAfter), slippageParts, points };
}

/** NAV grows from `before` to `after` by the price, then jumps. */
interface Step {
  readonly after: bigint;
  readonly before: bigint;
  readonly jumps: readonly Jump[];
}

/** An amount at the NAV scale of the units of `of`, or, without them, in fixed point per unit. */
interface Jump {
  readonly kind: CostKind;
  readonly amount: bigint;
  readonly of: PerUnit | undefined;
}

interface Around {
  readonly price: bigint;
  readonly nav: bigint;
  readonly navAfter: bigint;
  readonly scale: PerUnit;
  readonly scaleAfter: PerUnit;
}

/** Adds a fact's jumps of NAV per unit. */
function book(terms: Terms, fact: Fact, { price, nav, navAfter, scale, scaleAfter }: Around, jumps: Jump[]): void {
  const jump = (kind: CostKind, amount: bigint): void => {
    if (amount !== 0n) jumps.push({ kind, amount, of: scale });
  };
  const paid = (kind: CostKind, amount: bigint): void => jump(kind, -cashAtNavScale(terms, amount));
  const perUnit = (kind: CostKind): unknown => jumps.push({ kind, amount: scaleAfter.of(navAfter) - scale.of(nav), of: undefined });
  switch (fact.kind) {
    case 'creation':
    case 'redemption':
      perUnit('flowDilution');
      return;
    case 'split':
      perUnit('rounding');
      return;
    case 'fee':
      // By minting m units: c = n·m/(U + m), the fall of NAV per unit.
      if (fact.minted === undefined) paid(FEE_BUCKET[fact.feeKind], fact.amount);
      else perUnit(FEE_BUCKET[fact.feeKind]);
      return;
    case 'funding':
      paid('funding', fact.amount);
      return;
    case 'interest':
      paid('borrow', -fact.amount);
      return;
    case 'rebalance':
      for (const fill of fact.fills) {
        const slope = slopeAtNavScale(terms, fill.quantity);
        jump('slippage', -slope * (fill.price - price));
        jump('rounding', slope * fill.price - cashAtNavScale(terms, postedNotional(terms, fill)));
        paid('tradingFee', fill.fee);
        splitSlippage(fill, slope, price, scale.doubledParts);
      }
  }
}

/** Half the spread from the quote, or nothing from an arrival price; the rest of the fill's distance is impact, the quote's distance from the mark its own part. */
function splitSlippage(
  fill: Extract<Fact, { kind: 'rebalance' }>['fills'][number],
  slope: bigint,
  mark: bigint,
  doubled: SlippageParts,
): void {
  const { bid, ask, arrivalPrice } = fill;
  // Doubled prices keep the middle of bid and ask whole.
  if (bid !== undefined && ask !== undefined) {
    const touch = fill.quantity > 0n ? ask : bid;
    doubled.spread -= slope * (2n * touch - (bid + ask));
    doubled.impact -= slope * 2n * (fill.price - touch);
    doubled.quote -= slope * (bid + ask - 2n * mark);
  } else if (arrivalPrice !== undefined) {
    doubled.impact -= slope * 2n * (fill.price - arrivalPrice);
    doubled.quote -= slope * 2n * (arrivalPrice - mark);
  } else doubled.unsplit -= slope * 2n * (fill.price - mark);
}

function noKinds(): ByKind {
  return Object.fromEntries(COST_KINDS.map((kind) => [kind, 0n])) as ByKind;
}

/** Turns amounts at the NAV scale into fixed point per unit as of `from`: amount / (units × Π old/new of the splits since). Holds the sums of the time in which it is in force. */
class PerUnit {
  price = 0n;
  readonly costs = noKinds();
  /** Jumps × (growth to the end of the window − 1), at the NAV scale and in fixed point. */
  readonly carried = noKinds();
  readonly doubledParts: SlippageParts = { spread: 0n, impact: 0n, quote: 0n, unsplit: 0n };
  private readonly multiplier: bigint;
  private readonly divisor: bigint;

  constructor(
    private readonly terms: Terms,
    units: bigint,
    private readonly oldUnits = 1n,
    private readonly newUnits = 1n,
  ) {
    this.multiplier = pow10(DIGITS + terms.unitScale) * newUnits;
    this.divisor = pow10(terms.navScale) * units * oldUnits;
  }

  of(amount: bigint): bigint {
    return divRound(amount * this.multiplier, this.divisor);
  }

  half(doubled: bigint): bigint {
    return divRound(doubled * this.multiplier, 2n * this.divisor);
  }

  /** After a fact that changed the units. */
  with(units: bigint, fact: Fact): PerUnit {
    if (fact.kind !== 'split') return new PerUnit(this.terms, units, this.oldUnits, this.newUnits);
    const oldUnits = this.oldUnits * fact.oldUnits;
    const newUnits = this.newUnits * fact.newUnits;
    const common = gcd(oldUnits, newUnits);
    return new PerUnit(this.terms, units, oldUnits / common, newUnits / common);
  }
}
