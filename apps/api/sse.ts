/**
 * Server-sent events: blocks of text that a client takes at its own pace. Invariant: whatever the client saw last, its `id` is a log position up to which it has been
 * given everything, so that it may go on from there anywhere. Deliberately absent: where events come from.
 */
import { Readable } from 'node:stream';
import type { LogLine } from '../../libs/ledger/log-lines';
import { inPieces } from './replies';

/** How long a client waits before it comes again. */
const RETRY_MILLIS = 1000;

export class EventBlocks extends Readable {
  private told: number;
  private taken = (): void => undefined;

  /** `passed`: the log position up to which the client has everything; -1 for none. */
  constructor(private passed: number) {
    super();
    this.told = passed;
    this.push(`retry: ${RETRY_MILLIS}\nid: ${passed}\n\n`);
  }

  /** Resolves when the client has room for more, or when it is gone or `signal` is aborted, which ends the lines between two events. */
  async give(lines: Iterable<LogLine>, passed: number, signal: AbortSignal): Promise<void> {
    for await (const piece of inPieces(this.blocks(lines))) {
      if (!this.push(piece)) await new Promise<void>((resolve) => (this.taken = resolve));
      if (this.destroyed || signal.aborted) return;
    }
    this.passed = passed;
  }

  /** Says that the server is there, and how far it has come where nothing was to be told. A client that is behind needs no telling. */
  beat(): void {
    if (this.readableLength > 0 || this.readableEnded) return;
    this.push(this.passed > this.told ? `:\nid: ${this.passed}\n\n` : ':\n\n');
    this.told = Math.max(this.told, this.passed);
  }

  override _read(): void {
    this.taken();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.taken();
    callback(error);
  }

  private *blocks(lines: Iterable<LogLine>): Generator<string, void, undefined> {
    for (const { position, type, text } of lines) {
      this.told = position;
      yield `id: ${position}\nevent: ${type}\ndata: ${text}\n`;
    }
  }
}
