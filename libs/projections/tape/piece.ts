/**
 * A finished segment of a tape: its facts are always at hand, its columns come from stored bytes when needed and leave again when many
 * others were used since. One that is not stored yet stays.
 */
import { checked } from './codec';
import type { Exact } from './column';
import type { Part } from './overlay';
import { Segment, type SegmentFacts } from './segment';

/** Gives stored bytes by name, undefined when there are none. Synchronous, because a price view is. */
export type LoadBlob = (key: string) => Buffer | undefined;

export class PieceStore {
  private readonly loaded = new Set<Piece>();
  private latest: Piece | undefined;

  constructor(
    private readonly loadBlob: LoadBlob | undefined,
    private readonly most: number,
  ) {}

  load(key: string): Buffer {
    return checked(key, this.loadBlob?.(key));
  }

  /** Whether what was stored can be loaded again. */
  get backed(): boolean {
    return this.loadBlob !== undefined;
  }

  /** The piece is no candidate for unloading any more. */
  forget(piece: Piece): void {
    this.loaded.delete(piece);
    if (this.latest === piece) this.latest = undefined;
  }

  used(piece: Piece): void {
    if (piece === this.latest || !this.backed || piece.key === undefined) return;
    this.latest = piece;
    this.loaded.delete(piece);
    this.loaded.add(piece);
    if (this.loaded.size <= this.most) return;
    const [oldest] = this.loaded;
    this.loaded.delete(oldest!);
    oldest!.unload();
  }
}

export class Piece implements Part {
  readonly first: bigint;
  readonly last: bigint;
  readonly min: Exact;
  readonly max: Exact;
  readonly firstPosition: number;
  readonly lastPosition: number;

  /** Either a segment or the key of its stored bytes must be given. */
  constructor(
    private readonly store: PieceStore,
    readonly id: string,
    readonly facts: SegmentFacts,
    private segment: Segment | undefined,
    private storedKey: string | undefined,
  ) {
    this.first = facts.first;
    this.last = facts.last;
    this.min = facts.min;
    this.max = facts.max;
    this.firstPosition = facts.firstPosition;
    this.lastPosition = facts.lastPosition;
  }

  /** Name of the stored bytes, undefined while they are not stored. */
  get key(): string | undefined {
    return this.storedKey;
  }

  /** Throws TapeDamaged when the stored bytes are missing or not the right ones. */
  ticks(): Segment {
    this.segment ??= Segment.decode(this.store.load(this.key!));
    const { segment } = this;
    this.store.used(this);
    return segment;
  }

  stored(key: string): void {
    this.storedKey = key;
  }

  /** To be called when the tape gives the piece up: views that still have it need its ticks, and its blob will go. */
  retire(): Segment {
    this.segment = this.ticks();
    this.storedKey = undefined;
    this.store.forget(this);
    return this.segment;
  }

  unload(): void {
    this.segment = undefined;
  }
}

/** The ticks of a part that are known at a log position: all, some or (undefined) none. */
export function knownPart(part: Part, known: number): Part | undefined {
  if (part.firstPosition > known) return undefined;
  if (part.lastPosition <= known) return part;
  const whole = part.ticks();
  const n = whole.position.floor(BigInt(known)) + 1;
  const ticks = whole.prefix(n);
  return {
    id: `${part.id}:${n}`,
    first: part.first,
    last: ticks.time.value(n - 1),
    min: part.min,
    max: part.max,
    firstPosition: part.firstPosition,
    lastPosition: ticks.positionAt(n - 1),
    ticks: () => ticks,
  };
}
