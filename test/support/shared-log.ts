/**
 * One log that several processes write to, as a server keeps it: each has a view of its own that shows what it has seen, which may lag behind. Appends take a while, so that others
 * come between; a view may miss the place of what it appended, what it conflicted with, or whether an append was applied. By chance, from a seed.
 */
import type { ByteSlice, Slice } from '../../libs/store/frame';
import { MemoryStore } from '../../libs/store/memory';
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  type Following,
  type Head,
  type RecordedCommand,
  StoreError,
  type Subscription,
} from '../../libs/store/port';
import { Random } from './random';

/** Each once in so many appends; 0: never. */
export interface Mishaps {
  /** Recorded, and the position not told. */
  readonly unplaced: number;
  /** A conflict with what is not seen yet. */
  readonly blind: number;
  /** Applied or not, nobody knows. */
  readonly doubt: number;
}

export const NO_MISHAPS: Mishaps = { unplaced: 0, blind: 0, doubt: 0 };

export class SharedLog {
  readonly log: MemoryStore;
  /** In order. */
  readonly commands: (AppendResult & { readonly position: number })[] = [];

  constructor(clock: () => bigint) {
    this.log = new MemoryStore({ clock });
  }

  /** What a process sees that has seen everything, or the log up to a position. */
  view(random = new Random(0), mishaps = NO_MISHAPS, seen = this.log.head().position): SharedView {
    return new SharedView(this, random, mishaps, seen);
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    const results = await this.log.append(requests);
    for (const result of results) if (result.status === 'recorded') this.commands.push({ ...result, position: result.position! });
    return results;
  }
}

export class SharedView implements EventStore {
  /** Called with every append, before it reaches the log, and before it is answered. */
  before: (() => unknown) | undefined;
  after: (() => unknown) | undefined;

  constructor(
    private readonly shared: SharedLog,
    private readonly random: Random,
    private readonly mishaps: Mishaps,
    private seen: number,
  ) {}

  /** Sees the next command, or as many. */
  advance(commands = 1): void {
    const next = this.shared.commands.filter(({ position }) => position > this.seen);
    this.seen = next[Math.min(commands, next.length) - 1]?.position ?? this.seen;
  }

  get storeId(): string {
    return this.log.storeId;
  }

  async append(requests: readonly AppendRequest[]): Promise<AppendResult[]> {
    await this.turns();
    await this.before?.();
    if (this.happens('doubt')) {
      if (this.random.oneIn(2)) await this.shared.append(requests).catch(() => undefined);
      throw new StoreError('in-doubt', 'who knows');
    }
    try {
      const results = await this.shared.append(requests);
      await this.turns();
      await this.after?.();
      if (this.happens('unplaced')) return results.map((result) => ({ ...result, firstPosition: null, position: null }));
      this.see(Math.max(...results.map(({ position }) => position!)));
      await this.turns();
      return results;
    } catch (error) {
      if (!this.happens('blind')) this.see(this.log.head().position);
      throw error;
    }
  }

  head(): Head {
    const last = this.commands.at(-1);
    return { position: this.seen, recordedAt: last?.recordedAt ?? 0n, hash: this.log.hashAt(this.seen)! };
  }

  streamHead(stream: string): number {
    return this.commands.findLast((command) => command.stream === stream)?.revision ?? -1;
  }

  findCommand(commandId: string): RecordedCommand | undefined {
    const command = this.log.findCommand(commandId);
    return command && command.position <= this.seen ? command : undefined;
  }

  async *readAll(from: number, { to = Infinity }: { readonly to?: number } = {}): AsyncIterable<Slice> {
    const until = Math.min(to, this.seen);
    await this.turns();
    if (from <= until) yield* this.log.readAll(from, { to: until });
  }

  async *readStream(stream: string, options: { readonly from?: number; readonly backwards?: boolean } = {}): AsyncIterable<Slice> {
    const { seen } = this;
    await this.turns();
    for await (const slice of this.log.readStream(stream, options)) {
      const part = (slice as ByteSlice).cut(slice.position, seen);
      if (part) yield part;
    }
  }

  streams(): string[] {
    return this.log.streams().filter((stream) => this.streamHead(stream) >= 0);
  }

  positionAt(t: bigint): number {
    return Math.min(this.log.positionAt(t), this.seen);
  }

  hashAt(position: number): string | undefined {
    return position > this.seen ? undefined : this.log.hashAt(position);
  }

  following(): Following {
    return { live: true, since: undefined };
  }

  subscribe(): Subscription {
    throw new Error('nobody subscribes here');
  }

  adopt(): Promise<void> {
    throw new Error('nobody adopts here');
  }

  extend(): Promise<void> {
    throw new Error('nobody extends here');
  }

  async close(): Promise<void> {}

  private get log(): MemoryStore {
    return this.shared.log;
  }

  private get commands(): readonly AppendResult[] {
    return this.shared.commands.filter(({ position }) => position <= this.seen);
  }

  private see(position: number): void {
    this.seen = Math.max(this.seen, position);
  }

  private happens(mishap: keyof Mishaps): boolean {
    return this.mishaps[mishap] > 0 && this.random.oneIn(this.mishaps[mishap]);
  }

  /** Others get theirs. */
  private async turns(): Promise<void> {
    for (let n = this.random.below(4); n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
  }
}
