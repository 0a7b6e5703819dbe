/**
 * The oracle's attribution of a window (from, to]: NAV per unit followed instant by instant, ticks included, in exact rationals; only the power payoff's
 * root and the tracking error's square root are approximate, to 60 decimals. Terms are per unit as of `from`, signed as contributions.
 */
import { Fraction, power, root } from './fraction';
import { type Oracle, type Placed, signedQuantity, splitRatio, type State } from './oracle';

export const KINDS = [
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
export type Kind = (typeof KINDS)[number];
type ByKind = Record<Kind, Fraction>;

export interface OracleAttribution {
  readonly n0: Fraction;
  readonly nT: Fraction;
  readonly pricePnl: Fraction;
  readonly ledger: ByKind;
  readonly carry: ByKind;
  readonly static: Fraction;
  readonly power: Fraction;
  readonly ideal: Fraction;
  readonly idealTerminatedAt: bigint | undefined;
  readonly actualLeverage: Fraction;
  readonly difference: Fraction;
  readonly naiveDifference: Fraction;
  readonly error: Fraction | undefined;
  readonly periods: number;
}

const FEE_KINDS: Record<string, Kind> = { trading: 'tradingFee', management: 'management', performance: 'performance', borrow: 'borrow' };
const DIGITS = 60;

/** Undefined when there is no answer: no price, units or NAV at `from`, or units 0 or NAV ≤ 0 inside. */
export function attributionBy(oracle: Oracle, from: bigint, to: bigint): OracleAttribution | undefined {
  if (from >= to || from < oracle.openedAt) return undefined;
  const first = oracle.mark(from);
  let state = oracle.state(from);
  if (!first || !state.units.isPositive()) return undefined;
  let price = first.price;
  let nav = oracle.worth(state, price)!;
  if (!nav.isPositive()) return undefined;
  // New units for each unit as of `from`.
  let splits = Fraction.ONE;
  const perUnit = (amount: Fraction, units = state.units): Fraction => amount.over(units).times(splits).reduced();
  const n0 = perUnit(nav);
  const ledger = none();
  /** What each cost would have grown to by now: Σ c_j G_j. */
  const grown = none();
  let pricePnl = Fraction.ZERO;
  let actualLeverage = n0;
  const points = [{ n: n0, price }];
  const ends = new Set([...oracle.counted(from, to, { cron: '0 0 * * *', zone: 'UTC' }), to]);
  for (const at of [...new Set([...oracle.instants(from, to), ...ends])].sort((a, b) => (a < b ? -1 : 1))) {
    const next = oracle.mark(at)!.price;
    if (next.compare(price) !== 0) {
      const moved = state.quantity.times(next.minus(price));
      // 1 + ℓ·r
      const growth = Fraction.ONE.plus(state.quantity.times(price).over(nav).times(next.minus(price).over(price))).reduced();
      pricePnl = pricePnl.plus(perUnit(moved));
      actualLeverage = actualLeverage.times(growth);
      for (const kind of KINDS) if (!grown[kind].isZero()) grown[kind] = grown[kind].times(growth);
      nav = nav.plus(moved);
      price = next;
    }
    for (const fact of oracle.facts.filter((f) => f.at === at)) {
      const after = oracle.after(state, fact);
      if (!after.units.isPositive()) return undefined;
      for (const [kind, jump] of jumpsOf(oracle, fact, state, after, price, splits)) {
        ledger[kind] = ledger[kind].plus(jump.reduced());
        grown[kind] = grown[kind].plus(jump.reduced());
      }
      if (fact.type === 'UnitsSplit') splits = splits.times(splitRatio(fact.data));
      state = after;
      nav = oracle.worth(state, price)!;
    }
    if (!nav.isPositive()) return undefined;
    if (ends.has(at)) points.push({ n: perUnit(nav), price });
  }
  const nT = perUnit(nav);
  const p0 = first.price;
  const ideal = idealOf(oracle, from, to, n0);
  return {
    n0,
    nT,
    pricePnl,
    ledger,
    carry: Object.fromEntries(KINDS.map((kind) => [kind, grown[kind].minus(ledger[kind])])) as ByKind,
    static: n0.times(Fraction.ONE.plus(oracle.leverage.times(price.over(p0).minus(Fraction.ONE)))),
    power: n0.times(power(price.over(p0), oracle.leverage, DIGITS)),
    ideal: ideal.value,
    idealTerminatedAt: ideal.terminatedAt,
    actualLeverage,
    ...trackingOf(oracle, points),
  };
}

/** What a fact did to NAV per unit at a constant mark, by kind. */
function* jumpsOf(
  oracle: Oracle,
  { type, data }: Placed,
  before: State,
  after: State,
  mark: Fraction,
  splits: Fraction,
): Generator<[Kind, Fraction]> {
  const perUnit = (amount: Fraction): Fraction => amount.over(before.units).times(splits);
  const change = (ratio: Fraction): Fraction => {
    const n = perUnit(oracle.worth(before, mark)!);
    return oracle.worth(after, mark)!.over(after.units).times(splits).times(ratio).minus(n);
  };
  switch (type) {
    case 'UnitsCreated':
    case 'UnitsRedeemed':
      return yield ['flowDilution', change(Fraction.ONE)];
    case 'UnitsSplit':
      return yield ['rounding', change(splitRatio(data))];
    case 'FundingSettled':
      return yield ['funding', perUnit(Fraction.of(data.amount)).negated()];
    case 'InterestAccrued':
      return yield ['borrow', perUnit(Fraction.of(data.amount))];
    case 'FeeCharged': {
      const kind = FEE_KINDS[data.kind] ?? 'other';
      if (data.paidBy !== 'units') return yield [kind, perUnit(Fraction.of(data.amount)).negated()];
      const minted = Fraction.of(data.unitsMinted);
      return yield [kind, perUnit(oracle.worth(before, mark)!).times(minted).over(before.units.plus(minted)).negated()];
    }
    case 'RebalanceExecuted':
      for (const fill of data.fills) {
        const quantity = signedQuantity(fill);
        const price = Fraction.of(fill.price);
        const exact = quantity.times(price);
        yield ['slippage', perUnit(quantity.times(price.minus(mark))).negated()];
        yield ['tradingFee', perUnit(Fraction.of(fill.fee ?? '0')).negated()];
        yield ['rounding', perUnit(exact.minus(exact.round(oracle.opened.currencyScale)))];
      }
  }
}

/** n_0 Π (1 + L·R_j) over the mandate's own reset points, band exits tested at every tick. */
function idealOf(oracle: Oracle, from: bigint, to: bigint, n0: Fraction): { value: Fraction; terminatedAt: bigint | undefined } {
  const L = oracle.leverage;
  const resets = new Set(oracle.counted(from, to));
  const ticked = new Set(oracle.ticks.map(({ at }) => at));
  let value = n0;
  let base = oracle.mark(from)!.price;
  for (const at of [...new Set([...oracle.instants(from, to), ...resets, to])].sort((a, b) => (a < b ? -1 : 1))) {
    const price = oracle.mark(at)!.price;
    const growth = Fraction.ONE.plus(L.times(price.over(base).minus(Fraction.ONE)));
    const band = oracle.mandateAt(at)?.band;
    const tests = band !== undefined && ticked.has(at);
    const dead = !growth.isPositive();
    if (dead && (tests || resets.has(at) || at === to)) return { value: Fraction.ZERO, terminatedAt: at };
    const leverage = dead ? undefined : L.times(price.over(base)).over(growth);
    const left = tests && (leverage!.compare(Fraction.of(band.lower)) < 0 || leverage!.compare(Fraction.of(band.upper)) > 0);
    if (resets.has(at) || left || at === to) {
      value = value.times(growth);
      base = price;
    }
  }
  return { value, terminatedAt: undefined };
}

function trackingOf(
  oracle: Oracle,
  points: readonly { n: Fraction; price: Fraction }[],
): Pick<OracleAttribution, 'difference' | 'naiveDifference' | 'error' | 'periods'> {
  const L = oracle.leverage;
  const differences: Fraction[] = [];
  let target = Fraction.ONE;
  for (const [i, point] of points.slice(1).entries()) {
    const before = points[i]!;
    const indexReturn = L.times(point.price.over(before.price).minus(Fraction.ONE));
    differences.push(point.n.over(before.n).minus(Fraction.ONE).minus(indexReturn));
    target = target.times(Fraction.ONE.plus(indexReturn));
    // Found at or below 0: 0 for good.
    if (!target.isPositive()) target = Fraction.ZERO;
  }
  const [first, last] = [points[0]!, points.at(-1)!];
  const fund = last.n.over(first.n).minus(Fraction.ONE);
  return {
    difference: fund.minus(target.minus(Fraction.ONE)),
    naiveDifference: fund.minus(L.times(last.price.over(first.price).minus(Fraction.ONE))),
    error: sampleDeviation(differences, oracle.listing.kind === 'index' ? 252n : 365n),
    periods: differences.length,
  };
}

function sampleDeviation(values: readonly Fraction[], periodsPerYear: bigint): Fraction | undefined {
  if (values.length < 2) return undefined;
  const n = new Fraction(BigInt(values.length));
  const mean = values.reduce((sum, x) => sum.plus(x)).over(n);
  const squares = values.map((x) => x.minus(mean).times(x.minus(mean))).reduce((sum, x) => sum.plus(x));
  return root(squares.times(new Fraction(periodsPerYear)).over(n.minus(Fraction.ONE)), 2, DIGITS);
}

function none(): ByKind {
  return Object.fromEntries(KINDS.map((kind) => [kind, Fraction.ZERO])) as ByKind;
}
