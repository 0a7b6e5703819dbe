/**
 * Commands that failed because another process wrote meanwhile, in the order in which they were first decided, and what this process has to see before they are decided
 * again. Invariant: a command is tried again at most {@link MAX_TRIES} times on its own account, and without end only while others of its group use up theirs.
 * Deliberately absent: deciding.
 */
import { randomInt } from 'node:crypto';
import { type EventStore, StoreError } from '../store/port';
import type { Lost } from './append-queue';
import type { Identified } from './envelope';
import type { Answer } from './outcomes';

export interface OvertakenCommand {
  readonly envelope: Identified;
  /** Its place among all that were decided. */
  readonly order: number;
  readonly tries: number;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

export const MAX_TRIES = 8;
/** How long is waited for what the store knows of and has not shown. */
const SEEN_MILLIS = 1_000;
const POLL_MILLIS = 5;

export class Overtaken {
  private commands: OvertakenCommand[] = [];
  private unseen: (() => boolean)[] = [];

  constructor(private readonly store: EventStore) {}

  get first(): OvertakenCommand | undefined {
    return this.commands[0];
  }

  /** What was lost is to be seen: commands that are in the log, and what stood there instead of others. */
  expect({ unplaced, error }: Lost): void {
    for (const id of unplaced) this.expectCommand(id);
    if (!isOvertaken(error)) return;
    const { fault, about } = error;
    const { stream, actual, commandId } = about;
    if (fault === 'reused-id' && commandId !== undefined) this.expectCommand(commandId);
    if (fault === 'conflict' && stream !== undefined && actual !== undefined)
      this.unseen.push(() => this.store.streamHead(stream) >= actual);
  }

  add(command: OvertakenCommand): void {
    this.commands.push(command);
  }

  removeFirst(): void {
    this.commands.shift();
  }

  rejectAll(error: unknown): void {
    for (const { reject } of this.commands.splice(0)) reject(error);
  }

  /** Resolves when what is expected was seen, or does not come, and the others had their turn. */
  async ready(): Promise<void> {
    this.commands.sort((a, b) => a.order - b.order);
    await pause(this.commands.reduce((most, { tries }) => Math.max(most, tries), 0));
    for (const until = Date.now() + SEEN_MILLIS; ; await sleep(POLL_MILLIS)) {
      this.unseen = this.unseen.filter((isSeen) => !isSeen());
      if (this.unseen.length === 0) return;
      if (Date.now() > until) break;
    }
    this.unseen = [];
  }

  private expectCommand(commandId: string): void {
    this.unseen.push(() => this.store.findCommand(commandId) !== undefined);
  }
}

/** The tries that a command has had when an append with it failed; undefined when deciding it again is not the answer. */
export function triesAfter(error: unknown, commandId: string, tries: number): number | undefined {
  if (!isOvertaken(error)) return undefined;
  const { fault, about } = error;
  const own = about.commandId === undefined || about.commandId === commandId;
  if (own && (fault === 'too-large' || tries === MAX_TRIES)) return undefined;
  return own ? tries + 1 : tries;
}

/** Whether an append failed for what stood in the log, or for another command beside it, so that deciding again may do better. */
export function isOvertaken(error: unknown): error is StoreError {
  return error instanceof StoreError && ['conflict', 'reused-id', 'too-large'].includes(error.fault);
}

/** A random while, longer with every try; none before the first. */
export async function pause(tries: number): Promise<void> {
  if (tries > 0) await sleep(randomInt(1 << tries));
}

function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
