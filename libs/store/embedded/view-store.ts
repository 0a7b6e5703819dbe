/**
 * The reading half of every store whose log lies in a file of this machine. Deliberately absent: writing, and where the file's bytes come from.
 */
import type { Slice } from '../frame';
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  type Head,
  type RecordedCommand,
  StoreError,
  type StoredEvent,
  type Subscription,
} from '../port';
import { follow, type Listener, Waiters } from '../subscription';
import type { LogView } from './view';

export abstract class ViewStore implements EventStore {
  abstract readonly storeId: string;
  protected readonly waiters = new Waiters();
  protected closed = false;

  protected constructor(protected readonly view: LogView) {}

  abstract append(requests: readonly AppendRequest[]): Promise<AppendResult[]>;
  abstract adopt(events: AsyncIterable<StoredEvent>): Promise<void>;
  abstract extend(events: AsyncIterable<StoredEvent>, onCommit?: (position: number) => void): Promise<void>;
  abstract close(): Promise<void>;

  /** Sees what others wrote to the file; nothing to do where this process alone writes it. */
  protected abstract look(): void;

  /** Waits until there may be more than the view knows. */
  protected abstract wait(signal: AbortSignal): Promise<void>;

  head(): Head {
    this.seen();
    const { position, recordedAt, hash } = this.view.end;
    return { position, recordedAt, hash: hash.toString('hex') };
  }

  streamHead(stream: string): number {
    this.seen();
    return this.view.streamHead(stream);
  }

  findCommand(commandId: string): RecordedCommand | undefined {
    this.seen();
    return this.view.findCommand(commandId);
  }

  async *readAll(from: number, options: { readonly to?: number } = {}): AsyncIterable<Slice> {
    this.seen();
    const to = Math.min(options.to ?? Infinity, this.view.end.position);
    for (const slice of this.view.slicesBetween(Math.max(0, from), to)) {
      yield slice;
      this.assertOpen();
    }
  }

  async *readStream(stream: string, options: { readonly from?: number; readonly backwards?: boolean } = {}): AsyncIterable<Slice> {
    const head = this.streamHead(stream);
    const backwards = options.backwards ?? false;
    const from = backwards ? Math.min(options.from ?? head, head) : Math.max(options.from ?? 0, 0);
    for (const slice of this.view.streamSlices(stream, from, head, backwards)) {
      yield slice;
      this.assertOpen();
    }
  }

  streams(): string[] {
    this.seen();
    return this.view.log.streams();
  }

  positionAt(t: bigint): number {
    this.seen();
    return this.view.positionAt(t);
  }

  hashAt(position: number): string | undefined {
    this.seen();
    return this.view.hashAt(position);
  }

  subscribe(from: number, listener: Listener, onEnd?: (error: unknown) => void): Subscription {
    this.assertOpen();
    const more = async (position: number, signal: AbortSignal): Promise<void> => {
      while (!signal.aborted && this.head().position < position) await this.wait(signal);
    };
    return follow({ readAll: (next) => this.readAll(next), more }, from, listener, onEnd);
  }

  protected assertOpen(): void {
    if (this.closed) throw new StoreError('closed', 'the store is closed');
  }

  private seen(): void {
    this.assertOpen();
    this.look();
  }
}
