/**
 * A portfolio's facts in the order that counts, (effective time, log position), each with the state after it. A late fact is inserted at its
 * place, and the states after it are folded again when one of them is asked for, so that many changes in a row cost one fold. Facts are few (ticks are not
 * among them), so a row is one state change.
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

  /** Row i without its state; undefined from `length` on. */
  protected placed(i: number): PlacedFact | undefined {
    return this.row(i);
  }

  protected count(before: (row: PlacedFact) => boolean): number {
    let low = 0;
    let high = this.length;
    // Most questions and facts are about the end.
    if (high > 0 && before(this.placed(high - 1)!)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(this.placed(middle)!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rows to which facts are added anywhere: those of a `base` that is kept elsewhere, as far as they still stand, and the rest in memory. */
export class Timeline extends Rows {
  private rows: (PlacedFact & { readonly state?: FundState })[] = [];
  /** How many of those have the state after them. */
  private folded = 0;
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
    if (i < this.kept) return this.base?.row(i);
    const own = i - this.kept;
    if (own >= this.folded && own < this.rows.length) this.foldThrough(own);
    return this.rows[own] as Row | undefined;
  }

  protected override placed(i: number): PlacedFact | undefined {
    return i < this.kept ? this.base?.row(i) : this.rows[i - this.kept];
  }

  /** Puts a fact at its place. */
  insert({ at, position, fact }: PlacedFact): void {
    const index = this.countBefore(at, position);
    this.own(index);
    this.rows.splice(index - this.kept, 0, { at, position, fact });
    this.folded = Math.min(this.folded, index - this.kept);
  }

  /** Takes the fact first recorded at `position` out. */
  remove(at: Instant, position: number): void {
    const index = this.countBefore(at, position);
    if (this.placed(index)?.position !== position) return;
    this.own(index);
    this.rows.splice(index - this.kept, 1);
    this.folded = Math.min(this.folded, index - this.kept);
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
    while (pending !== undefined || index < this.length) {
      const row = this.placed(index);
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
    this.rows = [...taken, ...this.rows];
    this.folded += taken.length;
    this.kept = index;
  }

  /** Makes the states up to own row `last`. */
  private foldThrough(last: number): void {
    let state = this.stateAfter(this.kept + this.folded);
    for (; this.folded <= last; this.folded++) {
      const { at, position, fact } = this.rows[this.folded]!;
      state = evolve(this.terms, state, fact);
      this.rows[this.folded] = { at, position, fact, state };
    }
  }
}
