/**
 * Facts that do not simply follow the tape: late ticks, second ticks of an instant, and corrections, as rows in the order of the log. A row
 * says: from log position `from` on, the tick of log position `position` stands at `at` with `price`; a tick's own row has from = position.
 * A later row of the same tick takes the place of the earlier one. What is known at a log position K is the rows with from ≤ K that no row
 * known at K has superseded, and the ticks of the tape's segments less those that a row known at K corrects.
 */
import { decodeColumns, encodeColumns, TapeDamaged } from './codec';
import type { Exact } from './column';
import { Integers } from './integers';
import { mergeSorted, sortNatural } from './order';
import { pack } from './pack';
import { packSegment, type Segment, type SegmentFacts } from './segment';

export class SideFacts {
  at = new Integers(0n);
  readonly price = new Integers(0n);
  readonly position = new Integers(0n);
  readonly from = new Integers(0n);
  readonly source = new Integers(0n);
  /** Row → the log position from which another row stands instead. */
  private readonly superseded = new Map<number, number>();
  /** Position of a corrected tick → its last row. */
  private readonly standing = new Map<number, number>();
  /** Position of a tick in a segment → log position of its first correction; by rising position of the tick. */
  private readonly removals: { readonly position: number; readonly from: number }[] = [];
  private order: Uint32Array = new Uint32Array(0);
  private ordered = 0;

  get n(): number {
    return this.from.n;
  }

  fromAt(row: number): number {
    return Number(this.from.raw(row));
  }

  positionAt(row: number): number {
    return Number(this.position.raw(row));
  }

  /** Index in the tape's dictionary of sources. */
  sourceAt(row: number): number {
    return Number(this.source.raw(row));
  }

  addTick(at: bigint, price: Exact, position: number, source: number): void {
    this.addRow(at, price, position, position, source);
  }

  /** `original`: the log position of a tick that has a row here, or else stands in a segment. */
  addCorrection(original: number, at: bigint, price: Exact, from: number, source: number): void {
    const before = this.standingRow(original);
    if (before !== undefined) this.superseded.set(before, from);
    else this.removals.splice(lowerBound(this.removals, original), 0, { position: original, from });
    this.standing.set(original, this.n);
    this.addRow(at, price, original, from, source);
  }

  /** The row recorded at a log position, undefined when there is none. */
  rowOf(from: number): number | undefined {
    const row = this.rowsKnown(from) - 1;
    return row >= 0 && this.fromAt(row) === from ? row : undefined;
  }

  /** The row in which a tick stands now; undefined when it stands in its segment. */
  standingRow(position: number): number | undefined {
    return this.standing.get(position) ?? this.rowOf(position);
  }

  /** Rows that hold at log position `known`, by time, then by position of the tick. */
  visible(known: number): Uint32Array {
    const order = this.sorted();
    const limit = this.rowsKnown(known);
    if (limit === this.n && this.superseded.size === 0) return order;
    return order.filter((row) => row < limit && !((this.superseded.get(row) ?? Infinity) <= known));
  }

  /** Positions in [first, last] of corrected ticks of segments, as known at `known`. */
  removed(first: number, last: number, known: number): number[] {
    const positions: number[] = [];
    for (let i = lowerBound(this.removals, first); i < this.removals.length && this.removals[i]!.position <= last; i++) {
      if (this.removals[i]!.from <= known) positions.push(this.removals[i]!.position);
    }
    return positions;
  }

  /** Rows at the instant `at`, whenever known and standing or not. */
  rowsAt(at: bigint): Uint32Array {
    const order = this.sorted();
    const start = this.firstRowAfter(order, at - 1n);
    return order.subarray(start, this.firstRowAfter(order, at, start));
  }

  /** Index in `rows` (sorted by time) of the first with time > t. */
  firstRowAfter(rows: Uint32Array, t: bigint, from = 0): number {
    let low = from;
    for (let high = rows.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.at.value(rows[middle]!) <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes the last rows away, from `row` on; they must be ticks that nothing corrects. Answers them as a segment's ticks. */
  takeFrom(row: number): { readonly segment: Segment; readonly facts: SegmentFacts } {
    const taken = packSegment({ time: this.at, price: this.price, position: this.position, source: this.source }, row, this.n);
    for (const list of [this.at, this.price, this.position, this.from, this.source]) list.truncate(row);
    if (this.ordered > row) {
      this.order = this.order.filter((r) => r < row);
      this.ordered = row;
    }
    return taken;
  }

  /** Rows first ≤ row < end as bytes. */
  encode(first: number, end: number): Buffer {
    return encodeColumns([this.at, this.price, this.position, this.from, this.source].map((list) => pack(list, first, end).column));
  }

  /** Appends rows that {@link encode} wrote. Throws TapeDamaged. */
  decode(bytes: Buffer): void {
    const [at, price, position, from, source] = decodeColumns(bytes);
    if (at === undefined || price === undefined || position === undefined || from === undefined || source === undefined) {
      throw new TapeDamaged('side facts need five columns');
    }
    for (let i = 0; i < at.n; i++) {
      const [original, known] = [Number(position.exact(i)), Number(from.exact(i))];
      if (original === known) this.addTick(at.value(i), price.exact(i), original, Number(source.exact(i)));
      else this.addCorrection(original, at.value(i), price.exact(i), known, Number(source.exact(i)));
    }
  }

  private addRow(at: bigint, price: Exact, position: number, from: number, source: number): void {
    if (this.n === 0) this.at = new Integers(at);
    this.at.pushValue(at);
    this.price.push(price);
    this.position.push(position);
    this.from.push(from);
    this.source.push(source);
  }

  /** How many rows have from ≤ known. */
  private rowsKnown(known: number): number {
    let low = 0;
    for (let high = this.n; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.fromAt(middle) <= known) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private sorted(): Uint32Array {
    if (this.ordered < this.n) {
      const fresh = Uint32Array.from({ length: this.n - this.ordered }, (_, i) => this.ordered + i);
      const before = (a: number, b: number): boolean => {
        const [timeA, timeB] = [this.at.raw(a), this.at.raw(b)];
        return timeA < timeB || (timeA === timeB && this.positionAt(a) < this.positionAt(b));
      };
      this.order = mergeSorted(this.order, sortNatural(fresh, before), before);
      this.ordered = this.n;
    }
    return this.order;
  }
}

function lowerBound(list: readonly { readonly position: number }[], position: number): number {
  let low = 0;
  for (let high = list.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
