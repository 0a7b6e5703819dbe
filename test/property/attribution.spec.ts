/**
 * Cost attribution of random histories against the oracle: every term, the identities, and additivity over sub-windows.
 */
import { instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { attribute, type Attribution, attributionAnswer, residuals } from '../../libs/projections/attribution';
import { DIGITS } from '../../libs/projections/fixed-point';
import { forEachHistory, moment, viewOf } from '../support/histories';
import { Fraction } from '../support/fraction';
import { Oracle } from '../support/oracle';
import { attributionBy, KINDS } from '../support/oracle-attribution';

const HALF = new Fraction(1n, 2n * 10n ** 18n).plus(new Fraction(1n, 10n ** 50n));

/** Printed figures that are further from the exact ones than rounding at 18 decimals explains. */
function off(printed: Record<string, string | null | undefined>, exact: Record<string, Fraction | undefined>): string[] {
  return Object.entries(exact).flatMap(([name, value]) => {
    const text = printed[name];
    if (value === undefined) return text === null || text === undefined ? [] : [`${name}: ${text}, expected none`];
    if (text === null || text === undefined) return [`${name}: none, expected ${value.toFixed(18)}`];
    return Fraction.of(text).minus(value).abs().compare(HALF) <= 0 ? [] : [`${name}: ${text}, expected ${value.toFixed(18)}`];
  });
}

forEachHistory("every term of both views is the oracle's", 2000, (history, random) => {
  const known = random.oneIn(2) ? history.events.length - 1 : random.between(5, history.events.length - 1);
  const view = viewOf(history, known);
  const oracle = new Oracle(history.events, known, history.span);
  for (let i = 0; i < 3; i++) {
    const [from, to] = [moment(history, random), moment(history, random)].sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint];
    const answer = attributionAnswer(view, from, to);
    const expected = attributionBy(oracle, from, to);
    if (isRefusal(answer) || !expected) {
      expect({ from, to, refused: isRefusal(answer) }).toEqual({ from, to, refused: expected === undefined });
      continue;
    }
    const { ledger, economic, benchmarks, tracking } = answer;
    const e = expected;
    const named = (values: Record<string, Fraction>): Fraction => KINDS.reduce((sum, kind) => sum.plus(values[kind]!), Fraction.ZERO);
    expect([
      ...off({ ...answer, ...ledger, ...economic } as unknown as Record<string, string>, {
        n0: e.n0,
        nT: e.nT,
        change: e.nT.minus(e.n0),
        dragAgainstSimple: e.nT.minus(e.static),
        pricePnl: e.pricePnl,
        ...e.ledger,
        static: e.static.minus(e.n0),
        convexity: e.power.minus(e.static),
        volDrag: e.ideal.minus(e.power),
        drift: e.actualLeverage.minus(e.ideal),
      }),
      ...off(economic.costCarry.byKind, e.carry),
      ...off({ total: economic.costCarry.total }, { total: named(e.carry) }),
      ...off(benchmarks, { static: e.static, power: e.power, ideal: e.ideal, actualLeverage: e.actualLeverage }),
      ...off(tracking as unknown as Record<string, string>, {
        difference: e.difference,
        naiveDifference: e.naiveDifference,
        error: e.error,
      }),
    ]).toEqual([]);
    expect(tracking.periods).toBe(e.periods);
    expect(answer.idealTerminated === undefined ? undefined : instant(answer.idealTerminated)).toBe(e.idealTerminatedAt);
  }
});

/** 1e-30 in the fixed point of the attribution. */
const TOLERANCE = 10n ** BigInt(DIGITS - 30);

forEachHistory('both views sum to the change, and the ledger view adds up over sub-windows', 2000, (history, random) => {
  const known = history.events.length - 1;
  const view = viewOf(history, known);
  const oracle = new Oracle(history.events, known, history.span);
  const [from, middle, to] = [0, 1, 2].map(() => moment(history, random)).sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint, bigint];
  if (from === middle || middle === to) return;
  const [whole, first, second] = [attribute(view, from, to), attribute(view, from, middle), attribute(view, middle, to)];
  for (const a of [whole, first, second]) {
    if (isRefusal(a)) return;
    const { ledger, economic } = residuals(a);
    expect([ledger, economic].filter((x) => x >= TOLERANCE || x <= -TOLERANCE)).toEqual([]);
  }
  const [w, a, b] = [whole, first, second] as [Attribution, Attribution, Attribution];
  // Per unit as of `from`: the second window's units count as the splits of the first made them.
  const splits = oracle.splits(from, middle);
  const scaled = (x: bigint): bigint => (x * splits.num) / splits.den;
  const missed = [
    ...KINDS.map((kind) => w.byKind[kind] - a.byKind[kind] - scaled(b.byKind[kind])),
    w.pricePnl - a.pricePnl - scaled(b.pricePnl),
    a.nT - scaled(b.n0),
  ];
  expect(missed.filter((x) => x >= TOLERANCE || x <= -TOLERANCE)).toEqual([]);
});
