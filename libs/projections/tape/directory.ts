/** What says where the parts of a stored tape are: plain JSON, small (one entry a segment), enough to search without loading. */
import type { Blob } from './codec';
import { narrow } from './column';
import type { SegmentFacts } from './segment';

export interface TapeDirectory {
  readonly version: 1;
  readonly lastPosition: number;
  readonly sources: readonly string[];
  /** In the order of time. */
  readonly segments: readonly StoredSegment[];
  /** Chunks of side facts in log order; `end` counts the rows up to and including the chunk. */
  readonly side: readonly StoredSide[];
}

export interface StoredSide {
  readonly key: string;
  readonly end: number;
}

/** {@link SegmentFacts} with integers as decimal text; times in nanoseconds, prices in units of the price scale. */
export interface StoredSegment {
  readonly key: string;
  readonly n: number;
  readonly first: string;
  readonly last: string;
  readonly min: string;
  readonly max: string;
  readonly firstPosition: number;
  readonly lastPosition: number;
}

/** What has to be stored so that a tape opens again as it was when the changes were taken. */
export interface TapeChanges {
  readonly directory: TapeDirectory;
  /** Blobs that are not stored yet; their keys are digests of their bytes. */
  readonly put: readonly Blob[];
  /** Keys that the directory names no longer. */
  readonly drop: readonly string[];
  /** To be called when all of it is stored: from then on the blobs are taken as stored. */
  saved(): void;
}

export function toStored(key: string, facts: SegmentFacts): StoredSegment {
  const { n, first, last, min, max, firstPosition, lastPosition } = facts;
  return { key, n, first: `${first}`, last: `${last}`, min: `${min}`, max: `${max}`, firstPosition, lastPosition };
}

export function fromStored(stored: StoredSegment): SegmentFacts {
  const { n, first, last, min, max, firstPosition, lastPosition } = stored;
  return { n, first: BigInt(first), last: BigInt(last), min: narrow(BigInt(min)), max: narrow(BigInt(max)), firstPosition, lastPosition };
}
