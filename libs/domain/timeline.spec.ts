import { EMPTY_FUND, evolve, type FundState, type PlacedFact, type Terms } from './facts';
import { Rows, type Row, Timeline } from './timeline';

const terms = { currencyScale: 2, unitScale: 2, priceScale: 2, quantityScale: 2, navScale: 4 } as Terms;

function interest(at: number, position: number, amount = position + 1): PlacedFact {
  return { at: BigInt(at), position, fact: { kind: 'interest', amount: BigInt(amount) } };
}

/** Cash after each row. */
function cash(rows: Rows): bigint[] {
  return Array.from({ length: rows.length }, (_, i) => rows.row(i)!.state.cash);
}

class Kept extends Rows {
  private readonly rows: readonly Row[];
  constructor(facts: readonly PlacedFact[]) {
    super();
    let state: FundState = EMPTY_FUND;
    this.rows = facts.map((placed) => ({ ...placed, state: (state = evolve(terms, state, placed.fact)) }));
  }
  get length(): number {
    return this.rows.length;
  }
  row(i: number): Row | undefined {
    return this.rows[i];
  }
}

describe('a timeline', () => {
  it('has the states that a plain fold has, however changes and questions alternate', () => {
    const timeline = new Timeline(terms);
    timeline.insert(interest(10, 0));
    timeline.insert(interest(30, 1));
    expect(cash(timeline)).toEqual([1n, 3n]);
    timeline.insert(interest(20, 2));
    timeline.insert(interest(5, 3));
    expect(timeline.stateAt(20n).cash).toBe(8n);
    timeline.remove(10n, 0);
    expect(timeline.stateAt(4n)).toBe(EMPTY_FUND);
    expect(cash(timeline)).toEqual([4n, 7n, 9n]);
    timeline.remove(30n, 1);
    expect(cash(timeline)).toEqual([4n, 7n]);
  });

  it('takes a fact in front of many kept rows', () => {
    const timeline = new Timeline(terms, new Kept(Array.from({ length: 300_000 }, (_, i) => interest(i + 10, i, 1))));
    timeline.insert(interest(1, 300_000, 7));
    expect([timeline.length, timeline.stateAt(1n).cash, timeline.stateAt(1_000_000n).cash]).toEqual([300_001, 7n, 300_007n]);
  });

  it('folds once for many late facts, not once for each', () => {
    const timeline = new Timeline(terms);
    for (let i = 0; i < 50_000; i++) timeline.insert(interest(1_000_000 + i, i, 1));
    const started = performance.now();
    for (let i = 0; i < 2_000; i++) timeline.insert(interest(i, 50_000 + i, 1));
    expect(timeline.stateAt(2_000_000n).cash).toBe(52_000n);
    // Folding at each takes half a minute.
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
