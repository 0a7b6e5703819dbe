/**
 * What can be asked of the loopback server to do wrong, and the script that says which call it befalls.
 *
 * A rule lets `skip` calls of its kind pass and then befalls `times` calls (once, when not said); of several rules that fit, the oldest counts.
 * The n-th call of a kind is the n-th to arrive, so a script is as deterministic as its client. No chance, no clock.
 */
import { setTimeout } from 'node:timers/promises';

/** Milliseconds, or what is waited for. */
export type Until = number | Promise<unknown>;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Refusals in the words and codes that the server has for each kind of call; `status` is any code of gRPC, 14 for UNAVAILABLE. */
export type Refusal =
  | { readonly act: 'notReady' }
  | { readonly act: 'busy' }
  | { readonly act: 'notLeader'; readonly leader: Endpoint }
  | { readonly act: 'status'; readonly code: number; readonly message?: string };

export type CommonFault =
  | Refusal
  /** Nothing happens, for as long as the connection lasts. */
  | { readonly act: 'never' }
  /** As usual, but later. */
  | { readonly act: 'late'; readonly until: Until };

export type AppendFault =
  | CommonFault
  /** The connection breaks, before or after the events are in the log. */
  | { readonly act: 'drop'; readonly applied: boolean }
  /** The connection breaks when this many messages of the request are in; nothing is applied. */
  | { readonly act: 'cut'; readonly messages: number }
  /** Applied, never answered; the connection stays. */
  | { readonly act: 'mute' }
  /** Answered "Timeout", as without a quorum. The events appear later, when the log then still takes them, or never. */
  | { readonly act: 'timeout'; readonly applied?: Until };

/** Befalls an answer of several messages when `after` events have been sent. */
export type ReadFault =
  | CommonFault
  | { readonly act: 'drop'; readonly after: number }
  /** A clean end. */
  | { readonly act: 'end'; readonly after: number }
  | { readonly act: 'fail'; readonly after: number; readonly code: number; readonly message?: string }
  /** Silence, but for what was sent. */
  | { readonly act: 'stall'; readonly after: number }
  /** The last of these events is sent twice. */
  | { readonly act: 'duplicate'; readonly after: number }
  /** So many milliseconds between two events. */
  | { readonly act: 'slow'; readonly ms: number }
  /** So many milliseconds for each window of events that the filter does not let through. */
  | { readonly act: 'search'; readonly ms: number };

/** The kinds of calls, and what can befall each. A `batchAppend` is one append; its stream of requests carries many. */
export interface Faults {
  readonly append: AppendFault;
  readonly batchAppend: AppendFault | { readonly act: 'answerTwice' };
  readonly appendRecords: AppendFault;
  readonly multiStreamAppend: AppendFault;
  /** Of one stream. */
  readonly read: ReadFault;
  readonly readAll: ReadFault;
  readonly subscribe: ReadFault;
  readonly features: CommonFault;
  readonly gossip: CommonFault;
}

export type CallKind = keyof Faults;
export type AppendKind = 'append' | 'batchAppend' | 'appendRecords' | 'multiStreamAppend';
export type ReadKind = 'read' | 'readAll' | 'subscribe';

export type Rule = {
  [K in CallKind]: { readonly on: K; readonly how: Faults[K]; readonly skip?: number; readonly times?: number };
}[CallKind];

export class Script {
  /** How many calls of each kind have arrived. */
  readonly calls: Record<CallKind, number> = {
    append: 0,
    batchAppend: 0,
    appendRecords: 0,
    multiStreamAppend: 0,
    read: 0,
    readAll: 0,
    subscribe: 0,
    features: 0,
    gossip: 0,
  };
  #rules: { readonly rule: Rule; skip: number; times: number }[] = [];

  add(rule: Rule): void {
    this.#rules.push({ rule, skip: rule.skip ?? 0, times: rule.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  /** Counts a call; what befalls it, if anything. */
  next<K extends CallKind>(kind: K): Faults[K] | undefined {
    this.calls[kind] += 1;
    for (const entry of this.#rules) {
      if (entry.rule.on !== kind || entry.times <= 0) continue;
      if (entry.skip-- > 0) continue;
      entry.times -= 1;
      return entry.rule.how as Faults[K];
    }
    return undefined;
  }
}

export async function reached(until: Until): Promise<void> {
  await (typeof until === 'number' ? setTimeout(until, undefined, { ref: false }) : until);
}
