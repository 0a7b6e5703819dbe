/**
 * What every event store promises (libs/store/port.ts), as one suite that each implementation runs. Deliberately absent: durability and
 * processes, which only a store on disk has.
 */
import { decode, type Slice, ZERO_HASH } from '../../libs/store/frame';
import { type AppendRequest, type EventStore, StoreError, type StoredEvent } from '../../libs/store/port';
import { digestOf, event, id, request } from '../support/events';

/** A new, empty store with the given clock. `reopen` gives the same log again, for stores that can. */
export type OpenStore = (clock?: () => bigint) => Promise<{ readonly store: EventStore; readonly reopen?: () => Promise<EventStore> }>;

export async function allEvents(slices: AsyncIterable<Slice>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const slice of slices) for (const frame of slice.frames()) events.push(decode(frame));
  return events;
}

async function* history(source: EventStore, from: number, to = Infinity): AsyncIterable<StoredEvent> {
  for await (const slice of source.readAll(from, { to })) for (const frame of slice.frames()) yield decode(frame);
}

async function fault(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => new Error('expected a StoreError'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw error;
  return { fault: error.fault, ...error.about };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i > 2000) throw new Error('waited 10 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} as an event store`, () => {
    const opened: EventStore[] = [];
    const fresh = async (clock?: () => bigint): Promise<EventStore> => {
      const { store } = await open(clock);
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    test('a new store is empty', async () => {
      const store = await fresh();
      expect(store.head()).toEqual({ position: -1, recordedAt: 0n, hash: ZERO_HASH });
      expect(store.storeId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect([store.streams(), store.streamHead('a'), store.findCommand(id('x')), store.positionAt(10n ** 18n)]).toEqual([
        [],
        -1,
        undefined,
        -1,
      ]);
      expect([store.hashAt(-1), store.hashAt(0)]).toEqual([ZERO_HASH, undefined]);
      expect(await allEvents(store.readAll(0))).toEqual([]);
      expect(await allEvents(store.readStream('a'))).toEqual([]);
    });

    test('an append answers where its events stand, and they are read back as given', async () => {
      const store = await fresh(() => 5_000n);
      const first = request('first', 'a', -1, 2);
      expect(await store.append([first])).toEqual([
        {
          status: 'recorded',
          stream: 'a',
          firstPosition: 0,
          position: 1,
          revision: 1,
          eventIds: first.events.map((e) => e.eventId),
          recordedAt: 5_000n,
        },
      ]);
      const stored = (index: number): StoredEvent => ({
        ...first.events[index]!,
        position: index,
        stream: 'a',
        revision: index,
        recordedAt: 5_000n,
        commandId: first.commandId,
        commandIndex: index,
        digest: first.digest,
      });
      expect(await allEvents(store.readAll(0))).toEqual([stored(0), stored(1)]);
      expect(await allEvents(store.readStream('a'))).toEqual([stored(0), stored(1)]);
      expect([store.head().position, store.streamHead('a'), store.streams()]).toEqual([1, 1, ['a']]);
    });

    test('a wrong expected revision is a conflict that names both, and writes nothing', async () => {
      const store = await fresh();
      await store.append([request('one', 'a', -1)]);
      for (const expected of [-1, 1, 7]) {
        const wrong = request('two', 'a', expected);
        expect(await fault(store.append([wrong]))).toEqual({
          fault: 'conflict',
          stream: 'a',
          expected,
          actual: 0,
          commandId: wrong.commandId,
        });
      }
      expect((await fault(store.append([request('two', 'b', 0)]))) as object).toMatchObject({ fault: 'conflict', expected: 0, actual: -1 });
      expect([store.head().position, store.streams()]).toEqual([0, ['a']]);
      expect((await store.append([request('two', 'a', 0)]))[0]).toMatchObject({ status: 'recorded', position: 1, revision: 1 });
    });

    test('a command id that comes again answers the first result as a duplicate, whatever revision it expects', async () => {
      const store = await fresh();
      const [first] = await store.append([request('one', 'a', -1, 3)]);
      await store.append([request('two', 'a', 2)]);
      expect(await store.append([request('one', 'a', -1, 3)])).toEqual([{ ...first, status: 'duplicate' }]);
      expect(await store.append([request('one', 'a', 99, 3)])).toEqual([{ ...first, status: 'duplicate' }]);
      expect(store.findCommand(id('one'))).toEqual({ ...first, digest: digestOf('one') });
      expect(store.head().position).toBe(3);
    });

    test('a command id with other content is refused, and writes nothing', async () => {
      const store = await fresh();
      await store.append([request('one', 'a', -1)]);
      const reused = { ...request('one', 'a', 0), digest: digestOf('other') };
      expect(await fault(store.append([reused]))).toEqual({ fault: 'reused-id', stream: 'a', commandId: id('one') });
      expect(store.head().position).toBe(0);
    });

    test('the same command from concurrent callers is recorded once', async () => {
      const store = await fresh();
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.append([request('one', 'a', -1, 2)])));
      expect(answers.map(([answer]) => answer!.status).sort()).toEqual([...Array<string>(19).fill('duplicate'), 'recorded']);
      expect(new Set(answers.map(([answer]) => answer!.firstPosition))).toEqual(new Set([0]));
      expect(store.head().position).toBe(1);
    });

    test('the same command twice in one call is recorded once; with other content the call is refused', async () => {
      const store = await fresh();
      const answers = await store.append([request('one', 'a', -1), request('two', 'a', 0), request('one', 'a', -1)]);
      expect(answers.map((a) => [a.status, a.position])).toEqual([
        ['recorded', 0],
        ['recorded', 1],
        ['duplicate', 0],
      ]);
      const reused = { ...request('three', 'a', 2), digest: digestOf('other') };
      expect((await fault(store.append([request('three', 'a', 1), reused]))) as object).toMatchObject({ fault: 'reused-id' });
      expect([store.head().position, store.findCommand(id('three'))]).toEqual([1, undefined]);
    });

    test('a call across streams is all or nothing, each command checked behind the ones before it', async () => {
      const store = await fresh(() => 100n);
      const answers = await store.append([request('a1', 'a', -1, 2), request('b1', 'b', -1), request('a2', 'a', 1)]);
      expect(answers.map((a) => [a.stream, a.firstPosition, a.position, a.revision, a.recordedAt])).toEqual([
        ['a', 0, 1, 1, 100n],
        ['b', 2, 2, 0, 101n],
        ['a', 3, 3, 2, 102n],
      ]);
      const { hash } = store.head();
      expect((await fault(store.append([request('a3', 'a', 2), request('c1', 'c', -1), request('b2', 'b', 5)]))) as object).toMatchObject({
        fault: 'conflict',
        stream: 'b',
      });
      expect([store.head().position, store.head().hash, store.streams(), store.findCommand(id('a3'))]).toEqual([
        3,
        hash,
        ['a', 'b'],
        undefined,
      ]);
      expect((await allEvents(store.readAll(0))).map((e) => [e.position, e.stream, e.revision])).toEqual([
        [0, 'a', 0],
        [1, 'a', 1],
        [2, 'b', 0],
        [3, 'a', 2],
      ]);
    });

    test('an empty call answers nothing', async () => {
      const store = await fresh();
      expect(await store.append([])).toEqual([]);
    });

    test('concurrent callers get gap-free positions, and of two that expect the same revision one wins', async () => {
      const store = await fresh();
      const streams = Array.from({ length: 10 }, (_, s) => `s${s}`);
      const calls = streams.flatMap((stream) =>
        Array.from({ length: 2 }, (_, rival) =>
          (async () => {
            let won = 0;
            for (let round = 0; round < 10; round++) {
              const at = store.streamHead(stream);
              const answer = store.append([request(`${stream} ${rival} ${round}`, stream, at, 1 + (round % 3))]);
              won += await answer.then(
                () => 1,
                (error: unknown) => ((error as StoreError).fault === 'conflict' ? 0 : Promise.reject(error as Error)),
              );
            }
            return won;
          })(),
        ),
      );
      const won = (await Promise.all(calls)).reduce((a, b) => a + b);
      const events = await allEvents(store.readAll(0));
      expect(events.map((e) => e.position)).toEqual(events.map((_, index) => index));
      expect(new Set(events.map((e) => e.commandId)).size).toBe(won);
      expect(won).toBeGreaterThanOrEqual(100);
      for (const stream of streams) {
        const revisions = events.filter((e) => e.stream === stream).map((e) => e.revision);
        expect(revisions).toEqual(revisions.map((_, index) => index));
      }
    });

    test('recorded times increase strictly by command, also when the clock stands still or goes back', async () => {
      const times = [1000n, 1000n, 500n, 2000n, -5n];
      const store = await fresh(() => times.shift()!);
      const recorded: bigint[] = [];
      for (let i = 0; i < 5; i++) recorded.push((await store.append([request(`c${i}`, 'a', i - 1)]))[0]!.recordedAt);
      expect(recorded).toEqual([1000n, 1001n, 1002n, 2000n, 2001n]);
      expect(store.head().recordedAt).toBe(2001n);
    });

    test('positionAt finds the last event recorded at or before a time', async () => {
      let now = 0n;
      const store = await fresh(() => (now += 10n));
      for (let i = 0; i < 50; i++) await store.append([request(`c${i}`, `s${i % 3}`, Math.floor(i / 3) * 2 - 1, 2)]);
      expect([store.positionAt(-1n), store.positionAt(9n), store.positionAt(10n), store.positionAt(11n)]).toEqual([-1, -1, 1, 1]);
      for (let i = 0; i < 50; i++) expect(store.positionAt(BigInt(i + 1) * 10n)).toBe(2 * i + 1);
      expect(store.positionAt(10n ** 18n)).toBe(99);
    });

    test('hashAt is the chain at every event, whatever the commits were', async () => {
      const one = await fresh(() => 7n);
      const many = await fresh(() => 7n);
      const requests = Array.from({ length: 20 }, (_, i) => request(`c${i}`, `s${i % 2}`, Math.floor(i / 2) * 3 - 1, 3));
      await one.append(requests);
      for (const r of requests) await many.append([r]);
      const hashes = Array.from({ length: 60 }, (_, position) => one.hashAt(position));
      expect(Array.from({ length: 60 }, (_, position) => many.hashAt(position))).toEqual(hashes);
      expect(new Set(hashes).size).toBe(60);
      expect([one.head().hash, many.hashAt(60)]).toEqual([hashes[59], undefined]);
    });

    test('reads begin and end anywhere, in both directions', async () => {
      const store = await fresh();
      // Streams a and b in turn, slices of 1 to 4 events.
      const heads = { a: -1, b: -1 };
      for (let i = 0; i < 20; i++) {
        const stream = i % 2 ? 'a' : 'b';
        const count = 1 + (i % 4);
        await store.append([request(`c${i}`, stream, heads[stream], count)]);
        heads[stream] += count;
      }
      const all = await allEvents(store.readAll(0));
      expect(all.map((e) => e.position)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      for (let from = 0; from <= 51; from++) {
        expect(await allEvents(store.readAll(from))).toEqual(all.slice(from));
        expect(await allEvents(store.readAll(from, { to: from + 5 }))).toEqual(all.slice(from, from + 6));
      }
      const own = all.filter((e) => e.stream === 'a');
      for (let from = 0; from <= own.length + 1; from++) {
        expect(await allEvents(store.readStream('a', { from }))).toEqual(own.slice(from));
        const backwards: number[] = [];
        for await (const slice of store.readStream('a', { from, backwards: true })) {
          backwards.push(...Array.from(slice.frames(), (f) => f.revision).reverse());
        }
        expect(backwards).toEqual(
          own
            .slice(0, from + 1)
            .map((e) => e.revision)
            .reverse(),
        );
      }
      const last: number[] = [];
      for await (const slice of store.readStream('b', { backwards: true })) last.push(slice.revision + slice.count - 1);
      expect(last[0]).toBe(store.streamHead('b'));
    });

    test('a read sees the events at the time of its call, not later ones', async () => {
      const store = await fresh();
      await store.append([request('c0', 'a', -1, 2)]);
      const seen: number[] = [];
      for await (const slice of store.readAll(0)) {
        for (const frame of slice.frames()) seen.push(frame.position);
        if (seen.length < 10) await store.append([request(`more ${seen.length}`, 'b', store.streamHead('b'))]);
      }
      expect(seen).toEqual([0, 1]);
    });

    test('bytes come back exactly: any Unicode, extreme times, names of 255 bytes', async () => {
      const store = await fresh();
      const name = 'ü'.repeat(127);
      const texts = ['{"a":"\u0000\u007f\u0080\uffff\u{10ffff}é漢字🎉\\ud800"}', '""', '', '{"x":"' + '€'.repeat(1000) + '"}'];
      const times = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), -1_500_001n];
      const events = texts.flatMap((data, i) =>
        times.map((at, j) => event(`e${i} ${j}`, { data, metadata: texts[3 - i]!, at, type: name })),
      );
      await store.append([{ ...request('c', name, -1), events }]);
      expect((await allEvents(store.readAll(0))).map(({ data, metadata, at, type, stream }) => [data, metadata, at, type, stream])).toEqual(
        events.map(({ data, metadata, at, type }) => [data, metadata, at, type, name]),
      );
      for await (const slice of store.readAll(0)) {
        for (const frame of slice.frames()) expect(BigInt(frame.atMillis) * 1_000_000n + BigInt(frame.atSubNanos)).toBe(frame.at);
      }
    });

    test('events that are too large are refused, those at the limit are kept', async () => {
      const store = await fresh();
      const limit = 1 << 20;
      const text = (bytes: number): string => `"${'€'.repeat(Math.floor((bytes - 2) / 3))}${'x'.repeat((bytes - 2) % 3)}"`;
      for (const fields of [{ data: text(limit + 1) }, { metadata: text(limit + 1) }, { type: 't'.repeat(256) }]) {
        const large = request('large', 'a', 0, 1, fields);
        expect(await fault(store.append([request('small', 'a', -1), large]))).toEqual({
          fault: 'too-large',
          stream: 'a',
          commandId: large.commandId,
        });
      }
      expect(store.head().position).toBe(-1);
      await store.append([request('limit', 'a', -1, 2, { data: text(limit), metadata: text(limit) })]);
      const [first, second] = await allEvents(store.readAll(0));
      expect([first!.data === text(limit), second!.metadata === text(limit)]).toEqual([true, true]);
    });

    test('defects of the caller throw and write nothing', async () => {
      const store = await fresh();
      const good = request('good', 'a', -1);
      const bad: AppendRequest[] = [
        { ...good, events: [] },
        { ...good, stream: '' },
        { ...good, commandId: good.commandId.toUpperCase() },
        { ...good, digest: 'abc' },
        { ...good, events: [event('x', { eventId: 'x' })] },
        { ...good, events: [event('x', { data: '"\ud800"' })] },
        { ...good, events: [event('x', { at: 2n ** 63n })] },
      ];
      for (const one of bad) await expect(store.append([request('other', 'b', -1), one])).rejects.toThrow(/^(?!StoreError)/);
      expect(store.head().position).toBe(-1);
    });

    test('a subscription delivers the past and then what comes, each event once and in order', async () => {
      const store = await fresh();
      for (let i = 0; i < 5; i++) await store.append([request(`past ${i}`, 'a', 2 * i - 1, 2)]);
      const seen: number[] = [];
      const subscription = store.subscribe(3, (slice) => {
        for (const frame of slice.frames()) seen.push(frame.position);
      });
      for (let i = 0; i < 20; i++) await store.append([request(`live ${i}`, 'b', i - 1)]);
      await until(() => seen.length >= 27);
      await subscription.close();
      await store.append([request('after', 'a', 9)]);
      expect(seen).toEqual(Array.from({ length: 27 }, (_, i) => i + 3));
    });

    test('a subscription waits for a slow listener, resumes where one ended, and may begin beyond the head', async () => {
      const store = await fresh();
      const seen: number[] = [];
      let running = 0;
      const slow = async (slice: Slice): Promise<void> => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        for (const frame of slice.frames()) seen.push(frame.position);
        running--;
      };
      const first = store.subscribe(2, slow);
      for (let i = 0; i < 10; i++) await store.append([request(`c${i}`, 'a', i - 1)]);
      await until(() => seen.length >= 4);
      await first.close();
      expect(running).toBe(0);
      const second = store.subscribe(seen.at(-1)! + 1, slow);
      await until(() => seen.length >= 8);
      await second.close();
      expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    });

    test('a listener that throws ends its own subscription only', async () => {
      const store = await fresh();
      const ends: unknown[] = [];
      const seen: number[] = [];
      const failing = store.subscribe(
        0,
        (slice) => {
          if (slice.position === 1) throw new Error('cannot go on');
        },
        (error) => ends.push(error),
      );
      const well = store.subscribe(0, (slice) => void seen.push(slice.position));
      for (let i = 0; i < 4; i++) await store.append([request(`c${i}`, 'a', i - 1)]);
      await until(() => seen.length === 4 && ends.length === 1);
      expect((ends[0] as Error).message).toBe('cannot go on');
      await failing.close();
      await well.close();
    });

    test('adopt keeps every byte, time and hash of a history', async () => {
      let now = 10n;
      const source = await fresh(() => (now += 3n));
      await source.append([request('a', 'a', -1, 3), request('b', 'b', -1, 1, { data: '{"x":"é🎉"}' })]);
      for (let i = 0; i < 30; i++) await source.append([request(`c${i}`, 'a', 2 + 2 * i, 2)]);
      const target = await fresh(() => 1n);
      const history = async function* (): AsyncIterable<StoredEvent> {
        for await (const slice of source.readAll(0)) for (const frame of slice.frames()) yield decode(frame);
      };
      await target.adopt(history());
      expect(target.head()).toEqual(source.head());
      expect(await allEvents(target.readAll(0))).toEqual(await allEvents(source.readAll(0)));
      expect(target.findCommand(id('b'))).toEqual(source.findCommand(id('b')));
      expect([target.streams(), target.streamHead('a'), target.positionAt(15n)]).toEqual([['a', 'b'], 62, source.positionAt(15n)]);
      expect((await target.append([request('next', 'b', 0)]))[0]).toMatchObject({
        position: 64,
        recordedAt: source.head().recordedAt + 1n,
      });
      expect(await fault(target.adopt(history()))).toEqual({ fault: 'not-empty' });
    });

    test('extend continues a log with the rest of a history, commit by commit, and keeps every byte, time and hash', async () => {
      const source = await fresh(() => 10n);
      const text = JSON.stringify('x'.repeat(900_000));
      for (let i = 0; i < 15; i++) await source.append([request(`c${i}`, `s${i % 2}`, Math.floor(i / 2) * 2 - 1, 2, { data: text })]);
      const target = await fresh(() => 1n);
      await target.extend(history(source, 0, 9));
      expect(target.head()).toMatchObject({ position: 9, hash: source.hashAt(9) });
      const commits: number[] = [];
      const broken = (async function* (): AsyncIterable<StoredEvent> {
        yield* history(source, 10, 27);
        throw new Error('the line was cut');
      })();
      await expect(target.extend(broken, (position) => commits.push(position))).rejects.toThrow('the line was cut');
      const { position } = target.head();
      expect(position).toBe(commits.at(-1) ?? 9);
      expect(target.head().hash).toBe(source.hashAt(position));
      await target.extend(history(source, position + 1), (p) => commits.push(p));
      expect([commits.at(-1), target.head()]).toEqual([29, source.head()]);
      expect(await allEvents(target.readAll(0))).toEqual(await allEvents(source.readAll(0)));
      expect([target.findCommand(id('c3')), target.findCommand(id('c14'))]).toEqual([
        source.findCommand(id('c3')),
        source.findCommand(id('c14')),
      ]);
      expect((await target.append([request('next', 's0', 15)]))[0]).toMatchObject({ status: 'recorded', position: 30 });
    });

    test('extend refuses a part that does not continue the log', async () => {
      const source = await fresh(() => 10n);
      await source.append([request('a', 'a', -1, 2), request('b', 'b', -1), request('c', 'a', 1)]);
      const target = await fresh();
      await target.extend(history(source, 0, 1));
      const [, , third, fourth] = await allEvents(source.readAll(0));
      const parts = [
        [fourth!],
        [{ ...third!, revision: 1 }],
        [{ ...third!, recordedAt: 10n }],
        [{ ...third!, commandId: id('a') }],
        [{ ...third!, hash: ZERO_HASH }],
      ];
      for (const part of parts) {
        const extending = target.extend(
          (async function* () {
            yield* part;
          })(),
        );
        expect(await fault(extending)).toEqual({ fault: 'damaged' });
        expect(target.head()).toMatchObject({ position: 1, hash: source.hashAt(1) });
      }
      await target.extend(history(source, 2));
      expect(target.head()).toEqual(source.head());
    });

    test('adopt refuses a history that no store could have written, and stays empty', async () => {
      const source = await fresh(() => 10n);
      await source.append([request('a', 'a', -1, 2), request('b', 'b', -1), request('c', 'a', 1)]);
      const events = await allEvents(source.readAll(0));
      const change = (index: number, fields: Partial<StoredEvent>): StoredEvent[] =>
        events.map((e, i) => (i === index ? { ...e, ...fields } : e));
      const broken = [
        events.slice(1),
        change(1, { position: 5 }),
        change(1, { commandIndex: 2 }),
        change(0, { commandIndex: 1 }),
        change(3, { revision: 7 }),
        change(2, { recordedAt: 10n }),
        change(3, { commandId: events[2]!.commandId }),
        change(1, { recordedAt: 11n }),
      ];
      const target = await fresh();
      for (const history of broken) {
        const adopting = target.adopt(
          (async function* () {
            yield* history;
          })(),
        );
        expect(await fault(adopting)).toEqual({ fault: 'damaged' });
        expect(target.head().position).toBe(-1);
      }
      expect((await target.append([request('a', 'a', -1)]))[0]).toMatchObject({ position: 0 });
    });

    test('a closed store refuses everything and ends its subscriptions', async () => {
      const { store } = await open();
      await store.append([request('a', 'a', -1)]);
      const ends: unknown[] = [];
      store.subscribe(
        0,
        () => undefined,
        (error) => ends.push((error as StoreError).fault),
      );
      await store.close();
      await store.close();
      await until(() => ends.length === 1);
      expect(ends).toEqual(['closed']);
      expect(await fault(store.append([request('b', 'a', 0)]))).toEqual({ fault: 'closed' });
      expect(await fault(allEvents(store.readAll(0)))).toEqual({ fault: 'closed' });
      for (const ask of [() => store.head(), () => store.streamHead('a'), () => store.findCommand(id('a')), () => store.hashAt(0)]) {
        expect(ask).toThrow('closed');
      }
    });

    test('a store that is opened again holds the same log', async () => {
      const { store, reopen } = await open(() => 10n);
      if (!reopen) return store.close();
      await store.append([request('a', 'a', -1, 3), request('b', 'b', -1)]);
      const before = [store.storeId, store.head(), store.findCommand(id('a')), await allEvents(store.readAll(0))];
      await store.close();
      const again = await reopen();
      opened.push(again);
      expect([again.storeId, again.head(), again.findCommand(id('a')), await allEvents(again.readAll(0))]).toEqual(before);
      expect((await again.append([request('a', 'a', -1, 3)]))[0]).toMatchObject({ status: 'duplicate', firstPosition: 0 });
      return expect((await again.append([request('c', 'a', 2)]))[0]).toMatchObject({ status: 'recorded', position: 4, recordedAt: 12n });
    });
  });
}
