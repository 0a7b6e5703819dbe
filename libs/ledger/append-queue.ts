/**
 * Appends in the order in which they were decided, in groups: while one group is being made durable, the next gathers. A group is all or nothing, and when one
 * fails everything behind it fails with the same error, for it was decided on what was lost. A group that is too large for the store is sent in parts.
 */
import { type AppendRequest, type AppendResult, StoreError } from '../store/port';
import type { Appends } from './appends';

interface Waiting {
  readonly request: AppendRequest;
  readonly firstPosition: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

export interface Lost {
  /** Why nothing of a group is in the log; undefined when all of it is. */
  readonly error?: unknown;
  /** Ids of commands that are in the log, nobody knows where yet. */
  readonly unplaced: readonly string[];
}

/** Most events in one group, unless one request has more. */
const MAX_GROUP_EVENTS = 8192;

export class AppendQueue {
  private waiting: Waiting[] = [];
  private pump: Promise<void> | undefined;
  /** Most requests in one group. */
  private most = Infinity;

  constructor(
    private readonly appends: Appends,
    /** Called before the answers, when the log does not have a group as it was foretold. */
    private readonly onLost: (how: Lost) => void,
  ) {}

  /** Whether everything that was added is durable or has failed. */
  get idle(): boolean {
    return this.pump === undefined;
  }

  /** Resolves when the request is durable. Rejects with the store's error when it is not in the log. `firstPosition`: where its first event will be if nobody else writes. */
  add(request: AppendRequest, firstPosition: number): Promise<AppendResult> {
    const result = new Promise<AppendResult>((resolve, reject) => this.waiting.push({ request, firstPosition, resolve, reject }));
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
        const lost = difference(group, results);
        if (lost) this.onLost(lost);
        group.forEach(({ resolve }, i) => resolve(results[i]!));
        this.most *= 2;
      } catch (error) {
        const all = [...group, ...this.waiting];
        this.waiting = [];
        if (error instanceof StoreError && error.fault === 'too-large' && group.length > 1) {
          this.most = group.length >> 1;
          this.waiting = all;
          continue;
        }
        this.onLost({ error, unplaced: [] });
        for (const { reject } of all) reject(error);
      }
    }
  }

  private takeGroup(): Waiting[] {
    let events = 0;
    const end = this.waiting.findIndex(
      ({ request }, i) => i > 0 && (i === this.most || (events += request.events.length) > MAX_GROUP_EVENTS),
    );
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }
}

/** How the log differs from what was foretold. A command that another process recorded may say something else there. Undefined: not at all. */
export function difference(
  foretold: readonly Pick<Waiting, 'request' | 'firstPosition'>[],
  results: readonly AppendResult[],
): Lost | undefined {
  if (results.every(({ status, firstPosition }, i) => firstPosition === foretold[i]!.firstPosition && status === 'recorded'))
    return undefined;
  return { unplaced: foretold.filter((_, i) => results[i]!.firstPosition === null).map(({ request }) => request.commandId) };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
