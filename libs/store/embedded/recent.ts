/**
 * The end of the log that the indexes in the file do not cover yet, in memory. Invariant: together with the indexes it knows every slice and
 * command exactly once. Deliberately absent: bytes; only places are kept.
 */
import type { ByteSlice } from '../frame';

export interface SlicePlace {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly count: number;
}

/** The indexes are written when this much lies before them: enough to share pages, little enough to read again after a crash. */
const MAX_ENTRIES = 8_000;
const MAX_EVENTS = 50_000;

export class Recent {
  readonly slices: SlicePlace[] = [];
  /** Position of each command's first event. */
  readonly commands = new Map<string, number>();
  private events = 0;

  /** Whether it is time to write the indexes. */
  get large(): boolean {
    return this.slices.length >= MAX_ENTRIES || this.commands.size >= MAX_ENTRIES || this.events >= MAX_EVENTS;
  }

  addSlice({ position, stream, revision, count }: SlicePlace): void {
    this.slices.push({ position, stream, revision, count });
    this.events += count;
  }

  /** Adds a slice with the commands that begin in it. */
  scan(slice: ByteSlice): void {
    this.addSlice(slice);
    for (const { commandIndex, commandId, position } of slice.frames())
      if (commandIndex === 0 && !this.commands.has(commandId)) this.commands.set(commandId, position);
  }

  /** The stream's slices that end at `revision` or later; backwards: those that begin at `revision` or before, last first. */
  ofStream(stream: string, revision: number, backwards: boolean): SlicePlace[] {
    const own = this.slices.filter((slice) => slice.stream === stream);
    if (backwards) return own.filter((slice) => slice.revision <= revision).reverse();
    return own.filter((slice) => slice.revision + slice.count > revision);
  }

  clear(): void {
    this.slices.length = 0;
    this.commands.clear();
    this.events = 0;
  }
}
