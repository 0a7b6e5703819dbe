/**
 * A stretch of recorded ticks, strictly rising in time and in log position at once: what the tape keeps and stores. Beside the ticks it has
 * their log positions and sources. Its facts (first and last time, extremes …) are kept outside, so that a search passes it over unloaded.
 */
import { decodeColumns, encodeColumns, TapeDamaged } from './codec';
import type { Column, Exact } from './column';
import { narrow } from './column';
import { Integers } from './integers';
import { pack } from './pack';
import { Ticks } from './ticks';

export interface SegmentFacts {
  readonly n: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly min: Exact;
  readonly max: Exact;
  readonly firstPosition: number;
  readonly lastPosition: number;
}

export class Segment extends Ticks {
  constructor(
    time: Column,
    price: Column,
    readonly position: Column,
    readonly source: Column,
  ) {
    super(time, price);
  }

  /** Log position of tick i. */
  positionAt(i: number): number {
    return Number(this.position.exact(i));
  }

  /** Index in the tape's dictionary of sources. */
  sourceAt(i: number): number {
    return Number(this.source.exact(i));
  }

  /** Index of the tick recorded at a log position, -1 when it is not here. */
  indexOfPosition(position: number): number {
    const i = this.position.floor(BigInt(position));
    return i >= 0 && this.positionAt(i) === position ? i : -1;
  }

  /** The first `n` ticks, sharing memory. */
  prefix(n: number): Segment {
    return new Segment(this.time.slice(0, n), this.price.slice(0, n), this.position.slice(0, n), this.source.slice(0, n));
  }

  encode(): Buffer {
    return encodeColumns([this.time, this.price, this.position, this.source]);
  }

  /** Throws TapeDamaged. */
  static decode(bytes: Buffer): Segment {
    const [time, price, position, source] = decodeColumns(bytes);
    if (time === undefined || price === undefined || position === undefined || source === undefined) {
      throw new TapeDamaged('a segment needs four columns');
    }
    return new Segment(time, price, position, source);
  }
}

/** Ticks being collected; time and position must rise from push to push. */
export class SegmentBuilder {
  readonly time: Integers;
  readonly price = new Integers(0n);
  readonly position = new Integers(0n);
  readonly source = new Integers(0n);
  private min: Exact = Infinity;
  private max: Exact = -Infinity;
  last = -(1n << 63n);

  /** `base`: a time near those to come, best the first. */
  constructor(base: bigint) {
    this.time = new Integers(base);
  }

  get n(): number {
    return this.time.n;
  }

  push(at: bigint, price: Exact, position: number, source: number): void {
    this.time.pushValue(at);
    this.price.push(price);
    this.position.push(position);
    this.source.push(source);
    if (price < this.min) this.min = price;
    if (price > this.max) this.max = price;
    this.last = at;
  }

  facts(): SegmentFacts {
    const { n, last, min, max } = this;
    return {
      n,
      first: this.time.value(0),
      last,
      min,
      max,
      firstPosition: Number(this.position.raw(0)),
      lastPosition: Number(this.position.raw(n - 1)),
    };
  }

  /** What there is now, without copying; later pushes do not show in it. */
  live(): Segment {
    return new Segment(this.time.live(), this.price.live(), this.position.live(), this.source.live());
  }

  /** Packs ticks from ≤ i < to, at least one. */
  packed(from = 0, to = this.n): { readonly segment: Segment; readonly facts: SegmentFacts } {
    return packSegment(this, from, to);
  }

  static of(segment: Segment): SegmentBuilder {
    const builder = new SegmentBuilder(segment.time.base);
    for (let i = 0; i < segment.n; i++)
      builder.push(segment.time.value(i), segment.price.exact(i), segment.positionAt(i), segment.sourceAt(i));
    return builder;
  }
}

/** The four lists of a stretch of ticks. */
export interface TickLists {
  readonly time: Integers;
  readonly price: Integers;
  readonly position: Integers;
  readonly source: Integers;
}

export function packSegment(lists: TickLists, from: number, to: number): { readonly segment: Segment; readonly facts: SegmentFacts } {
  const price = pack(lists.price, from, to);
  const segment = new Segment(
    pack(lists.time, from, to).column,
    price.column,
    pack(lists.position, from, to).column,
    pack(lists.source, from, to).column,
  );
  const facts = {
    n: segment.n,
    first: segment.time.value(0),
    last: segment.time.value(segment.n - 1),
    min: narrow(price.min),
    max: narrow(price.max),
    firstPosition: segment.positionAt(0),
    lastPosition: segment.positionAt(segment.n - 1),
  };
  return { segment, facts };
}
