/**
 * A process of a random run: a store that is closed and opened again, killed, that runs out of disk, and that a server withholds an event from. Invariant: what a killed process would
 * have answered is not known, and what it kept is what lay in its files at that moment. Deliberately absent: what is asked of it.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timers } from '../../../libs/store/kurrentdb/connection';
import type { Numbering } from '../../../libs/store/kurrentdb/numbering';
import { type KurrentStore, openKurrentStore } from '../../../libs/store/kurrentdb/store';
import { type AppendRequest, StoreError } from '../../../libs/store/port';
import type { LoopbackLog } from '../kurrentdb/log';
import type { Random } from '../random';
import { type Attempt, STREAMS } from './calls';

/** Of a store that runs; opening has more time, because it is no matter here. */
const TIMERS = { callMillis: 80, appendMillis: 250, numberMillis: 160 };
const OPENING = { callMillis: 1000, appendMillis: 3000 };
const PREFIX = 'navledger.';

/** As much of a store's inside as is needed to hurt it. */
interface Inside {
  readonly parts: { readonly connection: { timers: Partial<Timers> } };
  readonly view: { readonly log: { readonly db: { exec(sql: string): void } } };
  readonly follower: { readonly numbering: Numbering; kick(): void };
}

/** Heads of the server's streams. */
export function headsOf(log: LoopbackLog): Map<string, number> {
  return new Map(STREAMS.map((stream) => [stream, log.stream(PREFIX + stream).length - 1]));
}

export class Process {
  private killed: KurrentStore[] = [];
  private deprived = false;
  private generation = 0;
  /** Resolves when it runs again. */
  running: Promise<unknown> = Promise.resolve();
  private deliverAll: () => void = () => undefined;
  /** What has befallen it. */
  readonly fate: string[] = [];

  private constructor(
    private readonly url: string,
    private readonly log: LoopbackLog,
    private readonly folder: () => string,
    private replica: string,
    public store: KurrentStore,
  ) {}

  static async start(url: string, log: LoopbackLog, folder: () => string): Promise<Process> {
    const replica = folder();
    return new Process(url, log, folder, replica, await open(url, replica));
  }

  /** Whether the store has stopped, as it may when the server has withheld an event from it. */
  get stopped(): boolean {
    try {
      this.store.head();
      return false;
    } catch (error) {
      return this.deprived && error instanceof StoreError && error.fault === 'damaged';
    }
  }

  /** As this process knows it; -1 while it does not run. */
  headOf(stream: string): number {
    try {
      return this.store.streamHead(stream);
    } catch {
      return -1;
    }
  }

  async ask(requests: readonly AppendRequest[]): Promise<Attempt> {
    const { generation, log } = this;
    const deprived = () => this.deprived || this.generation > generation;
    const attempt: Attempt = { requests, before: headsOf(log), after: new Map(), outcome: undefined, deprived };
    const outcome = await this.store.append(requests).catch((error: Error) => error);
    if (generation === this.generation) attempt.outcome = outcome;
    attempt.after = headsOf(log);
    return attempt;
  }

  /** One misfortune; resolves when the process runs again. */
  async next(random: Random): Promise<void> {
    const fate = random.weighted({ reopened: 3, full: 2, killed: 2, withheld: 1 });
    if (this.fate.includes('withheld')) return;
    this.fate.push(fate);
    if (fate === 'withheld') return this.withhold(random);
    if (fate === 'full') {
      // Nothing can grow any more.
      this.inside.view.log.db.exec('PRAGMA max_page_count = 1');
      await sleep(random.between(20, 80));
    }
    const before = fate === 'killed' || (fate === 'full' && random.oneIn(2)) ? this.kill() : this.store.close();
    const again = Promise.resolve(before).then(() => open(this.url, this.replica));
    this.running = again.catch(() => undefined);
    this.store = await again;
  }

  /** Nothing more befalls it, and it has time for everything. */
  calm(): void {
    this.deliverAll();
    this.inside.parts.connection.timers = { ...TIMERS, ...OPENING };
  }

  /** Lets it try again at once to follow the log, for which it may take its time otherwise. */
  hurry(): void {
    this.inside.follower.kick();
  }

  async stop(): Promise<void> {
    await this.running;
    await Promise.all([this.store, ...this.killed].map((store) => store.close()));
  }

  private get inside(): Inside {
    return this.store as unknown as Inside;
  }

  private kill(): void {
    this.generation++;
    this.killed.push(this.store);
    const { dir } = this.store;
    const ledger = dirname(dir);
    this.replica = this.folder();
    const copy = join(this.replica, basename(ledger), basename(dir));
    mkdirSync(copy, { recursive: true });
    copyFileSync(join(ledger, 'store-id'), join(copy, '..', 'store-id'));
    for (const file of ['log.db', 'log.db-wal']) if (existsSync(join(dir, file))) copyFileSync(join(dir, file), join(copy, file));
  }

  private withhold(random: Random): void {
    const { numbering } = this.inside.follower;
    const take = numbering.take.bind(numbering);
    this.deliverAll = () => void (numbering.take = take);
    numbering.take = (events, passed) => {
      if (events.length === 0) return take(events, passed);
      this.deprived = true;
      this.deliverAll();
      const lost = random.below(events.length);
      return take(
        events.filter((_, i) => i !== lost),
        passed,
      );
    };
  }
}

/** Opens a store as a process does that is started until it runs. */
export async function open(url: string, replica: string): Promise<KurrentStore> {
  for (let tries = 1; ; tries++) {
    try {
      const store = await openKurrentStore(url, { mode: 'write', replica, timers: OPENING });
      (store as unknown as Inside).parts.connection.timers = TIMERS;
      return store;
    } catch (error) {
      if (tries === 40 || (error as { fault?: string }).fault !== 'unavailable') throw error;
      await sleep(20);
    }
  }
}
