/** Placeholder signature while the codec is being written: see the port. */
export interface Frame {
  /** Global position and revision of this event. */
  readonly position: number;
  readonly revision: number;
  readonly type: string;
  /** Effective and recorded time, nanoseconds since the epoch. */
  readonly at: bigint;
  readonly recordedAt: bigint;
  readonly bytes: Buffer;
  readonly dataStart: number;
  readonly dataEnd: number;
}
export interface Slice {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly count: number;
  frames(from?: number, to?: number): Iterable<Frame>;
}
