/**
 * The leader is killed under load, again and again: nothing that was acknowledged is lost or there twice, and every process ends with the same log. KURRENTDB_KILL is a command that
 * kills the leader (or the one node) with SIGKILL and starts it again; KURRENTDB_KILLS how often. Without a command there is nothing to see here.
 */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { openKurrentStore, type KurrentStore } from '../../libs/store/kurrentdb/store';
import { type AppendRequest, StoreError } from '../../libs/store/port';
import { allEvents } from '../contract/store-contract';
import { request } from '../support/events';
import { tempDir } from '../support/temp';
import { freshLedger } from './server';

const command = process.env.KURRENTDB_KILL;
const kills = Number(process.env.KURRENTDB_KILLS ?? 3);
const WRITERS = 8;

interface Acknowledged {
  readonly request: AppendRequest;
  readonly revision: number;
  readonly position: number | null;
}

/** Appends until told to stop, each command again under its id until its outcome is known; every fifth to a stream that all share, where others may be faster. */
class Writer {
  readonly acknowledged: Acknowledged[] = [];
  readonly refused: string[] = [];
  retries = 0;
  private going = true;
  readonly done: Promise<void>;

  constructor(
    private readonly store: KurrentStore,
    private readonly name: string,
  ) {
    this.done = this.run();
  }

  stop(): Promise<void> {
    this.going = false;
    return this.done;
  }

  private async run(): Promise<void> {
    for (let n = 0; this.going; n++) await this.settle(`${this.name} ${n}`, n % 5 === 4 ? 'common' : this.name, 1 + (n % 4));
  }

  private async settle(name: string, stream: string, count: number): Promise<void> {
    const wanted = request(name, stream, this.store.streamHead(stream), count);
    for (;;) {
      try {
        const [answer] = await this.store.append([wanted]);
        this.acknowledged.push({ request: wanted, revision: answer!.revision, position: answer!.position });
        return;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.fault === 'conflict' && stream === 'common') {
          this.refused.push(wanted.commandId);
          return;
        }
        if (!['in-doubt', 'unavailable'].includes(error.fault)) throw error;
        this.retries++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

const maybe = command === undefined ? test.skip : test;

maybe(
  `${kills} kills of the leader under load lose and double nothing`,
  async () => {
    const url = freshLedger();
    const stores = [
      await openKurrentStore(url, { mode: 'write', replica: tempDir() }),
      await openKurrentStore(url, { mode: 'write', replica: tempDir() }),
    ];
    const accidents: unknown[] = [];
    const note = (error: unknown): void => void accidents.push(error);
    process.on('unhandledRejection', note);
    const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(stores[i % 2]!, `w${i}`));
    const pauses: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const before = writers.map(({ acknowledged }) => acknowledged.length);
      const killed = Date.now();
      await promisify(exec)(command!);
      while (!writers.every(({ acknowledged }, i) => acknowledged.length > before[i]! + 20)) {
        if (Date.now() - killed > 120_000) throw new Error(`no progress for two minutes after kill ${kill + 1}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      pauses.push(Date.now() - killed);
    }
    await Promise.all(writers.map((writer) => writer.stop()));
    const fresh = await openKurrentStore(url, { mode: 'read', replica: tempDir() });
    const events = await allEvents(fresh.readAll(0));
    const byCommand = new Map<string, typeof events>();
    for (const event of events) byCommand.set(event.commandId, [...(byCommand.get(event.commandId) ?? []), event]);
    let checked = 0;
    for (const { acknowledged, refused } of writers) {
      expect(refused.filter((commandId) => byCommand.has(commandId))).toEqual([]);
      for (const { request: wanted, revision, position } of acknowledged) {
        const found = byCommand.get(wanted.commandId) ?? [];
        byCommand.delete(wanted.commandId);
        expect(found.map(({ eventId, data, metadata }) => [eventId, data, metadata])).toEqual(
          wanted.events.map(({ eventId, data, metadata }) => [eventId, data, metadata]),
        );
        expect([found.at(-1)!.stream, found.at(-1)!.revision]).toEqual([wanted.stream, revision]);
        if (position !== null) expect(found.at(-1)!.position).toBe(position);
        checked++;
      }
    }
    expect([...byCommand.keys()]).toEqual([]);
    for (const store of stores) {
      while (store.head().position < fresh.head().position) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(store.head()).toEqual(fresh.head());
    }
    expect(accidents).toEqual([]);
    const sum = (pick: (writer: Writer) => number): number => writers.reduce((total, writer) => total + pick(writer), 0);
    console.log(
      `${kills} kills: ${checked} commands (${events.length} events) acknowledged, none lost, none twice; ` +
        `${sum(({ refused }) => refused.length)} refused by a conflict, ${sum(({ retries }) => retries)} sent again by the caller; ` +
        `back after ${Math.min(...pauses) / 1000} to ${Math.max(...pauses) / 1000} s, median ${pauses.sort((a, b) => a - b)[pauses.length >> 1]! / 1000} s`,
    );
    for (const store of [...stores, fresh]) await store.close();
    process.off('unhandledRejection', note);
  },
  3_600_000,
);
