/** Processes that write the same ledger at once, each through a server of its own over one log, so that one of them can be made to see late: who is first, and what the other is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../libs/store/draft';
import type { KurrentStore } from '../../libs/store/kurrentdb/store';
import type { StoreError } from '../../libs/store/port';
import { digestOf, id, request } from '../support/events';
import type { LoopbackServer } from '../support/kurrentdb/loopback';
import { until } from '../support/kurrentdb/samples';
import { tempDir } from '../support/temp';
import { bench, booked, fault, QUICK } from './kurrentdb-faults';
import { allEvents } from './store-contract';

/** What lets stores see, at the end at the latest. */
const sights: (() => void)[] = [];
afterEach(() => sights.splice(0).forEach((see) => see()));
const at = bench();

/** A store that sees what others write only after {@link see}. */
async function late(): Promise<{ store: KurrentStore; server: LoopbackServer; see: () => void }> {
  const server = await at.serve({ log: at.server.log });
  const store = await at.open({ url: server.url, timers: { ...QUICK, callMillis: 1500 } });
  let see!: () => void;
  const seen = new Promise<void>((resolve) => (see = resolve));
  sights.push(see);
  for (const on of ['subscribe', 'readAll'] as const) server.misbehave({ on, times: Infinity, how: { act: 'late', until: seen } });
  const { readAll } = server.calls;
  server.dropConnections();
  await until(() => server.calls.readAll > readAll);
  return { store, server, see };
}

const expectSame = async (a: KurrentStore, b: KurrentStore): Promise<void> => {
  await until(() => a.head().position === b.head().position);
  expect(a.head()).toEqual(b.head());
  expect(await allEvents(a.readAll(0))).toEqual(await allEvents(b.readAll(0)));
};

test('a command that two processes send at once is recorded once, and the one that comes second is told so', async () => {
  const first = await at.open();
  const second = await late();
  const [recorded] = await first.append([request('a', 's', -1, 2)]);
  const answer = second.store.append([request('a', 's', -1, 2)]);
  await until(() => second.server.calls.batchAppend > 0);
  second.see();
  expect([recorded!.status, await answer]).toEqual(['recorded', [{ ...recorded, status: 'duplicate' }]]);
  expect(booked(at.server)).toHaveLength(2);
});

test('a command id that two processes use at once with other content is refused to the one that comes second', async () => {
  const first = await at.open();
  const second = await late();
  const [recorded] = await first.append([request('a', 's', -1, 2)]);
  const other = fault(second.store.append([{ ...request('a', 's', -1, 2, { data: '{"other":1}' }), digest: digestOf('other') }]));
  const same = second.store.append([request('a', 's', -1, 2, { metadata: '{"actor":"another"}' })]);
  await until(() => second.server.calls.batchAppend > 0);
  second.see();
  expect(await other).toMatchObject({ fault: 'reused-id', about: { stream: 's', commandId: id('a') } });
  expect(await same).toEqual([{ ...recorded, status: 'duplicate' }]);
  await expectSame(first, second.store);
  expect(booked(at.server)).toHaveLength(2);
});

test('a command id that two processes use at once on different streams belongs to the first; the other stream keeps its events', async () => {
  const first = await at.open();
  const second = await late();
  const [recorded] = await first.append([request('a', 's', -1)]);
  const answer = second.store.append([request('a', 't', -1)]);
  await until(() => second.server.calls.batchAppend > 0);
  second.see();
  expect((await answer)[0]).toMatchObject({ status: 'recorded', stream: 't', position: 1 });
  const found = { ...recorded, digest: digestOf('a') };
  expect(second.store.findCommand(id('a'))).toEqual(found);
  await expectSame(first, second.store);
  await second.store.close();
  const again = await at.open();
  expect(again.findCommand(id('a'))).toEqual(found);
  expect((await again.append([request('a', 't', 0)]))[0]).toEqual({ ...recorded, status: 'duplicate' });
});

test('what another process was faster with is a conflict that names the revision, though this process had not seen it', async () => {
  const first = await at.open();
  const second = await late();
  await first.append([request('a', 's', -1, 3)]);
  const answer = fault(second.store.append([request('b', 's', -1), request('c', 't', -1)]));
  await until(() => second.server.calls.appendRecords > 0);
  second.see();
  expect(await answer).toMatchObject({ fault: 'conflict', about: { stream: 's', expected: -1, actual: 2 } });
  expect(second.store.streamHead('t')).toBe(-1);
  // Decided anew with the same id, which was not recorded, at the revision that the process has seen by then.
  expect((await second.store.append([request('b', 's', 2)]))[0]).toMatchObject({ status: 'recorded', position: 3 });
});

test('recorded times increase in the order of the log, whatever the clocks of the processes say', async () => {
  const first = await at.open({ clock: () => systemClock() + 3_600_000_000_000n });
  const second = await late();
  const [ahead] = await first.append([request('a', 's', -1, 2)]);
  const answer = second.store.append([request('b', 't', -1, 2)]);
  await until(() => second.server.calls.batchAppend > 0);
  second.see();
  const [behind] = await answer;
  expect(behind).toMatchObject({ status: 'recorded', position: 3, recordedAt: ahead!.recordedAt + 1n });
  await expectSame(first, second.store);
});

test('of calls that shared a message with one that conflicts the others are recorded', async () => {
  const first = await at.open();
  const second = await late();
  await first.append([request('a', 's', -1)]);
  const names = ['b', 'c', 'd'];
  const answers = names.map((name) => second.store.append([request(name, name, -1)]));
  const conflict = fault(second.store.append([request('e', 's', -1)]));
  await until(() => second.server.calls.appendRecords > 0);
  second.see();
  expect(await conflict).toMatchObject({ fault: 'conflict', about: { stream: 's', actual: 0 } });
  expect((await Promise.all(answers)).map(([answer]) => answer!.status)).toEqual(names.map(() => 'recorded'));
  expect(booked(at.server).map(({ stream }) => stream)).toEqual(['s', ...names].map((name) => `navledger.${name}`));
});

test('an append whose events do not come back in time is recorded, its position not known', async () => {
  const { store, see } = await late();
  expect(await store.append([request('a', 's', -1, 2)])).toEqual([
    expect.objectContaining({
      status: 'recorded',
      firstPosition: null,
      position: null,
      revision: 1,
      eventIds: request('a', 's', -1, 2).events.map((e) => e.eventId),
    }),
  ]);
  see();
  await until(() => store.head().position === 1);
  expect((await store.append([request('a', 's', -1, 2)]))[0]).toMatchObject({ status: 'duplicate', firstPosition: 0, position: 1 });
});

test.each(['one folder', 'folders of their own'])(
  'processes with %s for their copies number the log alike, and each answer was true',
  async (folders) => {
    const stores = await Promise.all(
      [0, 1, 2].map(async () =>
        at.open({ url: (await at.serve({ log: at.server.log })).url, replica: folders === 'one folder' ? at.replica : tempDir() }),
      ),
    );
    const recorded = new Map<string, number>();
    const write = async (store: KurrentStore, who: number, caller: number): Promise<void> => {
      for (let round = 0; round < 8; round++) {
        const stream = `s${(round + caller) % 3}`;
        const expected = store.streamHead(stream);
        const one = request(`${who} ${caller} ${round}`, stream, expected, 1 + (round % 3));
        const more =
          round % 4 === 3 ? [request(`${who} ${caller} ${round} more`, `own${who}${caller}`, store.streamHead(`own${who}${caller}`))] : [];
        await store.append([one, ...more]).then(
          (answers) => {
            for (const answer of answers) for (const [i, id] of answer.eventIds.entries()) recorded.set(id, answer.firstPosition! + i);
          },
          (error: StoreError) => {
            expect(error).toMatchObject({ fault: 'conflict', about: { stream, expected } });
            expect(error.about.actual).toBeGreaterThan(expected);
          },
        );
      }
    };
    await Promise.all(stores.flatMap((store, who) => [0, 1, 2].map((caller) => write(store, who, caller))));
    await expectSame(stores[0]!, stores[1]!);
    await expectSame(stores[0]!, stores[2]!);
    const events = await allEvents(stores[0]!.readAll(0));
    expect(new Map(events.map(({ eventId, position }) => [eventId, position]))).toEqual(
      new Map([...recorded].sort(([, a], [, b]) => a - b)),
    );
    expect(events.map(({ position }) => position)).toEqual(events.map((_, i) => i));
    expect(events.map(({ eventId }) => eventId)).toEqual(booked(at.server).map(({ id }) => id));
    for (let i = 1; i < events.length; i++) {
      const [a, b] = [events[i - 1]!, events[i]!];
      if (a.commandId !== b.commandId) expect(b.recordedAt).toBeGreaterThan(a.recordedAt);
    }
  },
);

test('no id is ever sent at two revisions while it is not known what became of it', async () => {
  const first = await at.open();
  const second = await at.open({ url: (await at.serve({ log: at.server.log })).url });
  for (const [i, act] of (['notReady', 'busy', 'timeout', 'timeout'] as const).entries()) {
    at.server.misbehave({ on: 'batchAppend', skip: 3 * i, how: { act } });
    at.server.misbehave({ on: 'batchAppend', skip: 3 * i, how: { act: 'drop', applied: i % 2 === 0 } });
  }
  const outcomes: string[] = [];
  for (let i = 0; i < 12; i++) {
    const race = [first, second].map((store, who) =>
      store.append([request(`${who} ${i}`, 's', store.streamHead('s'))]).then(
        () => 'recorded',
        (error: StoreError) => error.fault,
      ),
    );
    outcomes.push(...(await Promise.all(race)));
    await sleep(5);
  }
  const revisions = new Map<string, Set<unknown>>();
  for (const { ids, expected } of at.asked.appends())
    for (const [i, id] of ids.entries()) revisions.set(id, (revisions.get(id) ?? new Set()).add(`${expected} ${i}`));
  expect(new Set(outcomes)).toEqual(new Set(['recorded', 'conflict']));
  expect(at.asked.appends().length).toBeGreaterThan(revisions.size);
  expect([...revisions.values()].filter(({ size }) => size > 1)).toEqual([]);
  expect(booked(at.server)).toHaveLength(outcomes.filter((outcome) => outcome === 'recorded').length);
});
