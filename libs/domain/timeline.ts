/**
 * A portfolio's facts in the order that counts, (effective time, log position), each with the state after it. A late fact is inserted at its
 * place and everything after it is folded again; facts are few (ticks are not among them), so a row is one state change.
 */
import { EMPTY_FUND, evolve, type FundState, type PlacedFact, type Terms } from './facts';
import type { Instant } from './instant';

export interface Row extends PlacedFact {
  /** After the fact. */
  readonly state: FundState;
}

/** Rows in order, wherever they are kept. */
export abstract class Rows {
  abstract readonly length: number;
  /** Row i; undefined from `length` on. */
  abstract row(i: number): Row | undefined;

  /** How many rows are at or before `t`. */
  countThrough(t: Instant): number {
    return this.count((row) => row.at <= t);
  }

  /** How many rows stand before the place (at, position). */
  countBefore(at: Instant, position: number): number {
    return this.count((row) => row.at < at || (row.at === at && row.position < position));
  }

  /** The state after everything at or before `t`. */
  stateAt(t: Instant): FundState {
    return this.stateAfter(this.countThrough(t));
  }

  /** The state just before the place (at, position). */
  stateBefore(at: Instant, position: number): FundState {
    return this.stateAfter(this.countBefore(at, position));
  }

  /** The state after the first `count` rows. */
  stateAfter(count: number): FundState {
    return this.row(count - 1)?.state ?? EMPTY_FUND;
  }

  protected count(before: (row: Row) => boolean): number {
    let low = 0;
    let high = this.length;
    // Most questions and facts are about the end.
    if (high > 0 && before(this.row(high - 1)!)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(this.row(middle)!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rows to which facts are added anywhere: those of a `base` that is kept elsewhere, as far as they still stand, and the rest in memory. */
export class Timeline extends Rows {
  private readonly rows: Row[] = [];
  /** How many leading rows are the base's. */
  private kept: number;

  constructor(
    readonly terms: Terms,
    private readonly base?: Rows,
  ) {
    super();
    this.kept = base?.length ?? 0;
  }

  get length(): number {
    return this.kept + this.rows.length;
  }

  row(i: number): Row | undefined {
    return i >= this.kept ? this.rows[i - this.kept] : this.base?.row(i);
  }

  /** Puts a fact at its place and folds on from there. */
  insert(placed: PlacedFact): void {
    const index = this.countBefore(placed.at, placed.position);
    this.own(index);
    const state = evolve(this.terms, this.stateAfter(index), placed.fact);
    this.rows.splice(index - this.kept, 0, { at: placed.at, position: placed.position, fact: placed.fact, state });
    this.foldFrom(index + 1);
  }

  /** Takes the fact first recorded at `position` out. */
  remove(at: Instant, position: number): void {
    const index = this.countBefore(at, position);
    if (this.row(index)?.position !== position) return;
    this.own(index);
    this.rows.splice(index - this.kept, 1);
    this.foldFrom(index);
  }

  /**
   * Units after each row from the place (at, position) on, if the fact recorded at `without` were gone and `fact` stood at that place:
   * the first row where they are negative. `self`: it is the new fact's own; otherwise a later one.
   */
  firstNegativeUnits(
    added: PlacedFact | undefined,
    without?: { at: Instant; position: number },
  ): { self: boolean; at: Instant; units: bigint } | undefined {
    const places = [added, without].filter((p) => p !== undefined);
    let index = Math.min(...places.map((p) => this.countBefore(p.at, p.position)));
    let state = this.stateAfter(index);
    let pending = added;
    for (; pending !== undefined || index < this.rows.length;) {
      const row = this.rows[index];
      if (pending && (!row || pending.at < row.at || (pending.at === row.at && pending.position <= row.position))) {
        state = evolve(this.terms, state, pending.fact);
        if (state.units < 0n) return { self: true, at: pending.at, units: state.units };
        pending = undefined;
        continue;
      }
      index++;
      if (row!.position === without?.position) continue;
      state = evolve(this.terms, state, row!.fact);
      if (state.units < 0n) return { self: false, at: row!.at, units: state.units };
    }
    return undefined;
  }

  /** Takes the rows from `index` on over from the base. */
  private own(index: number): void {
    if (index >= this.kept) return;
    const taken: Row[] = [];
    for (let i = index; i < this.kept; i++) taken.push(this.base!.row(i)!);
    this.rows.unshift(...taken);
    this.kept = index;
  }

  private foldFrom(index: number): void {
    let state = this.stateAfter(index);
    for (let i = index - this.kept; i < this.rows.length; i++) {
      const row = this.rows[i]!;
      state = evolve(this.terms, state, row.fact);
      this.rows[i] = { at: row.at, position: row.position, fact: row.fact, state };
    }
  }
}
