/** Large messages of this process's own: numbered without being read back, as long as the log shows that they stand there whole; else as any other event. */
import { outgoing } from '../../libs/store/kurrentdb/wire';
import type { AppendRequest, StoredEvent } from '../../libs/store/port';
import { request } from '../support/events';
import type { LoopbackLog, Outcome, Request, Success } from '../support/kurrentdb/log';
import { until } from '../support/kurrentdb/samples';
import { tempDir } from '../support/temp';
import { bench } from './kurrentdb-faults';
import { allEvents } from './store-contract';

const at = bench();
const LARGE = 600;

/** What a process sees that has read everything from the server. */
async function asRead(): Promise<StoredEvent[]> {
  const { url } = await at.serve({ log: at.server.log });
  return allEvents((await at.open({ url, mode: 'read', replica: tempDir() })).readAll(0));
}

const big = (name: string, revision: number): ReturnType<typeof request> => request(name, 's', revision, LARGE);

/** Breaks off every page of more than a few events, so that nothing large is read back. */
function breakPages(): void {
  at.server.misbehave({ on: 'readAll', how: { act: 'fail', after: 5, code: 14 }, times: 1000 });
}

/** A command as it lies in the server's log. */
function stored({ expectedRevision, stream, ...command }: AppendRequest): Request {
  const events = outgoing({ stream, recordedAt: 1_600_000_000_000_000_001n, ...command });
  return {
    targets: [{ stream: `navledger.${stream}`, expected: BigInt(expectedRevision) }],
    events: events.map(({ id, type, data, metadata }) => ({
      target: 0,
      event: { id, type, data: data as Buffer, metadata: Buffer.from(JSON.stringify(metadata)), json: false },
    })),
  };
}

/** From now on each append to the log of this test's server goes through `how`. */
function intercept(how: (append: LoopbackLog['append'], request: Request) => Outcome): void {
  const { log } = at.server;
  const append = log.append.bind(log);
  jest.spyOn(log, 'append').mockImplementation((asked) => how(append, asked));
}

const NO_STREAM = -1;

test('are numbered from their first and last event, as who reads them all numbers them', async () => {
  const store = await at.open();
  breakPages();
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    const [answer] = await store.append([big(name, i * LARGE - 1)]);
    expect(answer).toMatchObject({ status: 'recorded', firstPosition: i * LARGE, position: (i + 1) * LARGE - 1 });
  }
  const several = Array.from({ length: LARGE }, (_, i) => request(`d${i}`, 't', i - 1));
  expect((await store.append(several)).at(-1)).toMatchObject({ status: 'recorded', position: 4 * LARGE - 1, revision: LARGE - 1 });
  expect(await allEvents(store.readAll(0))).toEqual(await asRead());
});

test('that begin behind events of another process wait for those', async () => {
  const store = await at.open();
  // The pages that are read at the time are over before the message is in.
  at.server.misbehave({ on: 'batchAppend', how: { act: 'late', until: 50 }, times: 5 });
  let others = 0;
  intercept((append, asked) => {
    append(stored(request(`x${others}`, `x${others++}`, NO_STREAM, 3)));
    return append(asked);
  });
  for (let i = 0; i < 5; i++) {
    const [answer] = await store.append([big(`a${i}`, i * LARGE - 1)]);
    expect(answer).toMatchObject({ status: 'recorded', firstPosition: i * LARGE + 3 * (i + 1) });
  }
  expect(await allEvents(store.readAll(0))).toEqual(await asRead());
});

test('that another process has written under the same ids with other bytes are its, and are read', async () => {
  const store = await at.open();
  const others = [0, 1, 2].map((i) => {
    const mine = big(`a${i}`, i * LARGE - 1);
    return { ...mine, events: mine.events.map((event, n) => (n === 300 ? { ...event, data: '{"name":"other"}' } : event)) };
  });
  const answered: Outcome[] = [];
  intercept((append, asked) => {
    append(stored(others[answered.length]!));
    // It takes the ids for a repetition of the same.
    answered.push(append(asked));
    return answered.at(-1)!;
  });
  for (let i = 0; i < 3; i++) {
    const [answer] = await store.append([big(`a${i}`, i * LARGE - 1)]);
    expect(answer).toMatchObject({ status: 'duplicate', position: (i + 1) * LARGE - 1 });
    expect(answered[i]).toHaveProperty('commit');
  }
  const events = await allEvents(store.readAll(0));
  expect(events).toEqual(await asRead());
  expect(events[300]!.data).toBe('{"name":"other"}');
});

test('whose place the server tells wrong, behind the events of another process, do not hide those', async () => {
  const store = await at.open();
  let others = 0;
  intercept((append, asked) => {
    const outcome = append(asked) as Success;
    const { commit, prepare } = append(stored(request(`x${others}`, `x${others++}`, NO_STREAM, 3))) as Success;
    return { ...outcome, commit, prepare };
  });
  for (let i = 0; i < 3; i++) await store.append([big(`a${i}`, i * LARGE - 1)]);
  await until(() => store.head().position === 3 * (LARGE + 3) - 1);
  expect(await allEvents(store.readAll(0))).toEqual(await asRead());
});

test('whose place the server tells wrong, where nothing is, are read', async () => {
  const store = await at.open();
  intercept((append, asked) => ({ ...append(asked), commit: 1n << 40n, prepare: 1n << 40n }));
  expect((await store.append([big('a', -1)]))[0]).toMatchObject({ status: 'recorded', position: LARGE - 1 });
  expect(await allEvents(store.readAll(0))).toEqual(await asRead());
});

test('whose answer is lost are read', async () => {
  const store = await at.open();
  at.server.misbehave({ on: 'batchAppend', how: { act: 'drop', applied: true } });
  expect((await store.append([big('a', -1)]))[0]).toMatchObject({ status: 'recorded', position: LARGE - 1 });
  expect(await allEvents(store.readAll(0))).toEqual(await asRead());
});
