/** What the handlers of calls know of the server that they run in. */
import type { Refusal, Script } from './faults';
import type { LoopbackLog } from './log';

export interface Node {
  readonly log: LoopbackLog;
  readonly script: Script;
  /** Why this node turns the call away: a follower what requires the leader, and any node what it has no leader for. */
  refusal(requiresLeader: boolean): Refusal | undefined;
  /** Streams of batch appends that clients hold open. */
  readonly batches: Set<object>;
  /** Breaks the connection of that peer. */
  drop(peer: string): void;
}

/** As much of any call as faults need. */
export interface Call {
  getPeer(): string;
  readonly metadata: { get(key: string): readonly unknown[] };
}

export const requiresLeader = (call: Call): boolean => call.metadata.get('requires-leader')[0] === 'true';
