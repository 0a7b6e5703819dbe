/**
 * Appends in the order in which they were decided, in groups: while one group is being made durable, the next gathers. A group is all or nothing, and when one
 * fails everything behind it fails with the same error, for it was decided on what was lost.
 */
import type { AppendRequest, AppendResult } from '../store/port';
import type { Appends } from './appends';

interface Waiting {
  readonly request: AppendRequest;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Most events in one group, unless one request has more. */
const MAX_GROUP_EVENTS = 8192;

export class AppendQueue {
  private waiting: Waiting[] = [];
  private pump: Promise<void> | undefined;

  constructor(
    private readonly appends: Appends,
    /** Called before the rejections when a group failed. */
    private readonly onLost: () => void,
  ) {}

  /** Resolves when the request is durable. Rejects with the store's error when it is not in the log. */
  add(request: AppendRequest): Promise<AppendResult> {
    const result = new Promise<AppendResult>((resolve, reject) => this.waiting.push({ request, resolve, reject }));
    this.pump ??= this.drain().finally(() => (this.pump = undefined));
    return result;
  }

  /** Resolves when everything added so far is durable, or has failed. */
  async settled(): Promise<void> {
    while (this.pump) await this.pump;
  }

  private async drain(): Promise<void> {
    // Callers that were answered together send their next commands together.
    for (await nextTurn(); this.waiting.length > 0; await nextTurn()) {
      const group = this.takeGroup();
      try {
        const results = await this.appends.append(group.map(({ request }) => request));
        group.forEach(({ resolve }, i) => resolve(results[i]!));
      } catch (error) {
        this.onLost();
        const lost = [...group, ...this.waiting];
        this.waiting = [];
        for (const { reject } of lost) reject(error);
      }
    }
  }

  private takeGroup(): Waiting[] {
    let events = 0;
    const end = this.waiting.findIndex(({ request }, i) => i > 0 && (events += request.events.length) > MAX_GROUP_EVENTS);
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
