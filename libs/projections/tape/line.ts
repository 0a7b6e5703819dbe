/**
 * The segments of a tape in the order of time, and the newest one while it is being collected. They never overlap, and each rises strictly
 * in time and in log position; log positions of different segments may interleave. Deliberately absent: late ticks and corrections (side.ts).
 */
import type { Exact } from './column';
import { fromStored, toStored, type StoredSegment } from './directory';
import type { Part } from './overlay';
import { Piece, type PieceStore } from './piece';
import { SegmentBuilder, type Segment, type SegmentFacts } from './segment';
import { slotAt } from './view';

const BEFORE_ALL = -(1n << 63n);

export class Line {
  /** Time of the last tick. */
  last = BEFORE_ALL;
  private readonly pieces: Piece[];
  private made = 0;
  private tail: SegmentBuilder | undefined;
  private tailPart: Part | undefined;
  private storedTail: { readonly part: Part; readonly key: string } | undefined;
  private hint = 0;

  constructor(
    private readonly store: PieceStore,
    /** Most ticks of one segment. */
    private readonly segmentTicks: number,
    stored: readonly StoredSegment[] = [],
  ) {
    this.pieces = stored.map((segment) => this.piece(fromStored(segment), undefined, segment.key));
    this.last = this.pieces.at(-1)?.last ?? BEFORE_ALL;
  }

  /** `at` must be after the last tick. */
  push(at: bigint, price: Exact, position: number, source: number): void {
    const tail = (this.tail ??= this.openTail(at));
    tail.push(at, price, position, source);
    this.last = at;
    this.tailPart = undefined;
    if (tail.n === this.segmentTicks) this.sealTail();
  }

  /** Puts ticks in that lie between two neighbouring ticks, or before the first. */
  insert(segment: Segment, facts: SegmentFacts): void {
    if (this.tail !== undefined && facts.first > this.tail.facts().first) this.sealTail();
    const before = slotAt(this.pieces, facts.first);
    const around = this.pieces[before];
    if (around !== undefined && around.last > facts.first) {
      const whole = around.retire();
      const builder = SegmentBuilder.of(whole);
      const cut = whole.time.floor(facts.first) + 1;
      const halves = [builder.packed(0, cut), builder.packed(cut)].map((half) => this.piece(half.facts, half.segment));
      this.pieces.splice(before, 1, ...halves);
    }
    this.pieces.splice(before + 1, 0, this.piece(facts, segment));
    this.hint = 0;
  }

  /** All segments in the order of time. */
  parts(): readonly Part[] {
    const tail = this.currentTail();
    return tail === undefined ? this.pieces : [...this.pieces, tail];
  }

  /** The segment with the last tick at or before `t`. */
  partAt(t: bigint): Part | undefined {
    const tail = this.currentTail();
    if (tail !== undefined && tail.first <= t) return tail;
    this.hint = Math.max(0, slotAt(this.pieces, t, this.hint));
    const piece = this.pieces[this.hint];
    return piece !== undefined && piece.first <= t ? piece : undefined;
  }

  /** Time of the first tick at or after `t`, which must not be after the last tick. */
  firstFrom(t: bigint): bigint {
    const part = this.partAt(t - 1n);
    if (part !== undefined && part.last >= t) {
      const { time } = part.ticks();
      return time.value(time.floor(t - 1n) + 1);
    }
    const parts = this.parts();
    return parts[part === undefined ? 0 : parts.indexOf(part) + 1]!.first;
  }

  /** Source of the tick recorded at a log position, undefined when it is in no segment. */
  sourceOf(position: number): number | undefined {
    for (const part of this.parts()) {
      if (position < part.firstPosition || position > part.lastPosition) continue;
      const segment = part.ticks();
      const i = segment.indexOfPosition(position);
      if (i >= 0) return segment.sourceAt(i);
    }
    return undefined;
  }

  /** The segments as a directory names them, bytes of those not stored yet given to `put`, which answers their key; `saved` takes the keys as stored. */
  toStore(put: (bytes: Buffer) => string): { readonly segments: StoredSegment[]; readonly saved: () => void } {
    const pieces = [...this.pieces];
    const segments = pieces.map((piece) => toStored(piece.key ?? put(piece.ticks().encode()), piece.facts));
    const { tail } = this;
    let storedTail: Line['storedTail'];
    if (tail !== undefined) {
      const part = this.currentTail()!;
      storedTail = this.storedTail?.part === part ? this.storedTail : { part, key: put(tail.packed().segment.encode()) };
      segments.push(toStored(storedTail.key, tail.facts()));
    }
    const saved = (): void => {
      pieces.forEach((piece, i) => piece.stored(segments[i]!.key));
      this.storedTail = storedTail;
    };
    return { segments, saved };
  }

  private piece(facts: SegmentFacts, segment?: Segment, key?: string): Piece {
    return new Piece(this.store, this.newId(), facts, segment, key);
  }

  private newId(): string {
    return String(this.made++);
  }

  private currentTail(): Part | undefined {
    if (this.tail === undefined || this.tailPart !== undefined) return this.tailPart;
    const segment = this.tail.live();
    this.tailPart = { id: this.newId(), ...this.tail.facts(), ticks: () => segment };
    return this.tailPart;
  }

  /** A new segment, or the last one when it has room. */
  private openTail(at: bigint): SegmentBuilder {
    const last = this.pieces.at(-1);
    if (last === undefined || last.facts.n >= this.segmentTicks) return new SegmentBuilder(at);
    const tail = SegmentBuilder.of(last.retire());
    this.pieces.pop();
    this.hint = 0;
    return tail;
  }

  private sealTail(): void {
    const { segment, facts } = this.tail!.packed();
    this.pieces.push(this.piece(facts, segment));
    this.tail = undefined;
    this.tailPart = undefined;
  }
}
