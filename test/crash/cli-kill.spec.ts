/** The command line killed at any moment: every answer that it printed stands, nothing is half there, and running it again completes without doubling. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnchor } from '../../libs/store/embedded/files';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import { verifyStore } from '../../libs/store/embedded/verify';
import { decode } from '../../libs/store/frame';
import type { StoredEvent } from '../../libs/store/port';
import { uuidv5 } from '../../libs/store/uuid';
import { command, lines, run, seeded, start } from '../support/cli';
import { Random, runSeed } from '../support/random';

const KILLS = process.env['NAVLEDGER_FULL'] === '1' ? 200 : 20;
const SEEDED = 10;
const NAMESPACE = '9f8b0c1e-6a0d-5a52-8c6b-3f8f4b1f0a11';
const LINES = 4_000;
const ROWS = 120_000;

const START = Date.UTC(2024, 1, 1);
const at = (i: number): string => new Date(START + i * 60_000).toISOString().replace('.000Z', 'Z');
const tick = (i: number): string =>
  command('RecordPrice', { instrumentId: 'COIN', price: '100.00', at: at(i), source: 'test' }, { commandId: uuidv5(NAMESPACE, String(i)) });

async function events(dir: string): Promise<StoredEvent[]> {
  const store = await openEmbeddedStore(join(dir, 'data'), { mode: 'read' });
  const all: StoredEvent[] = [];
  for await (const slice of store.readAll(SEEDED)) for (const frame of slice.frames()) all.push(decode(frame));
  await store.close();
  return all;
}

/** Starts the command and kills it when its moment has come. Answers what it had printed. */
async function killed(dir: string, args: readonly string[], moment: Moment): Promise<string> {
  const child = start(dir, args);
  const begin = performance.now();
  const watch = setInterval(() => {
    const done = (readAnchor(join(dir, 'data'))?.position ?? -1) - SEEDED;
    if ('millis' in moment ? performance.now() - begin >= moment.millis : done >= moment.recorded) child.kill('SIGKILL');
  }, 1);
  return (await child.done.finally(() => clearInterval(watch))).stdout;
}

async function assertSound(dir: string): Promise<void> {
  expect((await verifyStore(join(dir, 'data'))).findings).toEqual([]);
}

/** What an undisturbed run takes on this machine now, in milliseconds. */
async function undisturbed(dir: string, args: readonly string[]): Promise<number> {
  const begin = performance.now();
  expect((await run(dir, args)).code).toBe(0);
  return performance.now() - begin;
}

/** After so many milliseconds, or when so many events are in the log. */
type Moment = { readonly millis: number } | { readonly recorded: number };

/** Kills within what a whole run takes: every third at any time, the others at any event. */
async function inMoments(
  kind: string,
  kills: number,
  whole: { readonly millis: number; readonly events: number },
  once: (moment: Moment, kill: number) => Promise<void>,
): Promise<void> {
  const random = new Random(runSeed(`kills of ${kind}`));
  for (let kill = 0; kill < kills; kill++) {
    const moment = kill % 3 === 0 ? { millis: random.between(0, Math.round(whole.millis)) } : { recorded: random.between(1, whole.events) };
    try {
      await once(moment, kill);
    } catch (error) {
      throw new Error(`${kind} ${kill}, killed at ${JSON.stringify(moment)}: ${String(error)}`, { cause: error });
    }
  }
}

test(
  `record, killed at ${KILLS / 2} random moments: each printed answer is in the log as it was answered, and the file is completed without doubling`,
  async () => {
    let dir = '';
    let seen = 0;
    const args = ['record', 'commands.ndjson', '--json'];
    const fresh = async (): Promise<string> => {
      const made = await seeded();
      writeFileSync(join(made, 'commands.ndjson'), Array.from({ length: LINES }, (_, i) => tick(i)).join(''));
      return made;
    };
    await inMoments('record', KILLS / 2, { millis: await undisturbed(await fresh(), args), events: LINES }, async (moment, kill) => {
      // Five kills on one store: those that follow meet duplicates.
      if (kill % 5 === 0) dir = await fresh();
      const printed = await killed(dir, args, moment);
      const answers = lines(printed.slice(0, printed.lastIndexOf('\n') + 1));
      seen += answers.length;
      const there = await events(dir);
      for (const { status, position, eventIds, commandId, revision } of answers) {
        const event = there[Number(position) - SEEDED]!;
        expect({ status, ids: [event.eventId], commandId: event.commandId, revision: String(event.revision) }).toEqual({
          status: expect.stringMatching(/^(recorded|duplicate)$/),
          ids: eventIds,
          commandId,
          revision,
        });
      }
      await assertSound(dir);
      if (kill % 5 !== 4) return;
      expect((await run(dir, args)).code).toBe(0);
      expect((await events(dir)).map(({ data }) => (JSON.parse(data) as { at: string }).at)).toEqual(
        Array.from({ length: LINES }, (_, i) => at(i)),
      );
    });
    expect(seen).toBeGreaterThan(0);
  },
  KILLS * 10_000,
);

test(
  `import, killed at ${KILLS / 2} random moments: whole chunks are there, and the next run completes without doubling`,
  async () => {
    let dir = '';
    let interrupted = 0;
    const rows = Array.from({ length: ROWS }, (_, i) => `${START + i * 60_000},5,5,5,5,1\n`).join('');
    const args = ['import', 'prices', '--instrument', 'COIN', '--format', 'binance-klines', '--json', 'm.csv'];
    const fresh = async (): Promise<string> => {
      const made = await seeded();
      writeFileSync(join(made, 'm.csv'), `open_time_ms,open,high,low,close,volume\n${rows}`);
      return made;
    };
    await inMoments('import', KILLS / 2, { millis: await undisturbed(await fresh(), args), events: ROWS }, async (moment, kill) => {
      if (kill % 5 === 0) dir = await fresh();
      await killed(dir, args, moment);
      const store = await openEmbeddedStore(join(dir, 'data'), { mode: 'read' });
      const recorded = store.head().position + 1 - SEEDED;
      await store.close();
      expect(recorded % 1000).toBe(0);
      if (recorded > 0 && recorded < ROWS) interrupted++;
      await assertSound(dir);
      if (kill % 5 !== 4) return;
      const again = await run(dir, args);
      expect({ code: again.code, ...JSON.parse(again.stdout) }).toMatchObject({
        code: 0,
        recorded: ROWS - recorded,
        skipped: recorded,
        conflictCount: 0,
      });
      const times = (await events(dir)).map(({ at: nanos }) => nanos);
      expect(times.length).toBe(ROWS);
      expect(times.every((time, i) => i === 0 || time === times[i - 1]! + 60_000_000_000n)).toBe(true);
    });
    expect(interrupted).toBeGreaterThan(0);
  },
  KILLS * 15_000,
);
