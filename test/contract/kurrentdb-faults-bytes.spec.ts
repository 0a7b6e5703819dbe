/** What the server's formats could do to an event's bytes, and events that this program did not write. */
import type { KurrentStore } from '../../libs/store/kurrentdb/store';
import type { AppendRequest } from '../../libs/store/port';
import { digestOf, event, id, request } from '../support/events';
import { until } from '../support/kurrentdb/samples';
import { tempDir } from '../support/temp';
import { bench, booked, fault, putForeign } from './kurrentdb-faults';
import { allEvents } from './store-contract';

const at = bench();

const TEXTS = [
  '{"n":12345678901234567890.123456789012345678,"e":1e400,"z":-0,"long":0.10}',
  '{"n": 1,  "n":2}',
  '{not json',
  '[1,2',
  '"\\ud800"',
  '',
  'null',
  '\ufeff{"bom":1}',
  '{"nul":"\u0000","line":"\u2028","last":"\u{10ffff}"}',
  '{"$maxAge":1,"$schema.name":"x","__proto__":{"a":1}}',
  'é'.repeat(70_000),
];
const TIMES = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 1_600_000_000_123_456_789n];

/** Every text as data and as metadata, in one command for each stream. */
function requests(streams: readonly string[], revision: (stream: string) => number, name: string): AppendRequest[] {
  return streams.map((stream) => ({
    stream,
    expectedRevision: revision(stream),
    commandId: id(`${name} ${stream}`),
    digest: digestOf(name),
    events: TEXTS.map((data, i) =>
      event(`${name} ${stream} ${i}`, {
        data,
        metadata: TEXTS[TEXTS.length - 1 - i]!,
        at: TIMES[i % TIMES.length]!,
        type: i % 2 ? 'Größe 漢' : 'json',
      }),
    ),
  }));
}

const shape = ({ eventId, type, at: time, data, metadata }: AppendRequest['events'][number]) => ({
  eventId,
  type,
  at: time,
  data,
  metadata,
});
const given = (all: readonly AppendRequest[]) => all.flatMap(({ events }) => events.map(shape));

test.each([
  ['one stream', ['a'], undefined],
  ['several streams', ['a', 'b', 'c'], undefined],
  ['several streams of an older server', ['a', 'b'], ['batchAppend', 'multiStreamAppend'] as const],
] as const)(
  'the bytes of an append to %s come back as they were given, to those that hear it and to those that read it later',
  async (_, streams, features) => {
    const server = await at.serve({ log: at.server.log, ...(features && { features }) });
    const hears = await at.open();
    const writer = await at.open({ url: server.url });
    const before = requests(streams, () => -1, 'first');
    await writer.append(before);
    const then = requests(streams, (stream) => writer.streamHead(stream), 'second');
    await writer.append(then);
    await until(() => hears.head().position === writer.head().position);
    const reads = await at.open({ replica: tempDir() });
    for (const store of [writer, hears, reads]) {
      expect((await allEvents(store.readAll(0))).map(shape)).toEqual([...given(before), ...given(then)]);
      expect(store.head()).toEqual(writer.head());
    }
  },
);

describe('an event that this program did not write', () => {
  const [own] = [request('a', 's', -1)];
  const metadata = (fields: Record<string, unknown> = {}): Buffer =>
    Buffer.from(
      JSON.stringify({
        at: '1',
        recordedAt: '1',
        commandId: own.commandId,
        index: '0',
        count: '1',
        digest: own.digest,
        metadata: '{}',
        ...fields,
      }),
    );

  test.each([
    ['without metadata', {}],
    ['with metadata that is no JSON', { json: false, metadata: Buffer.from('{not json') }],
    ['with metadata that is no object', { json: false, metadata: Buffer.from('[1]') }],
    ['with data as JSON', { metadata: metadata() }],
    ['that lacks a field', { json: false, metadata: metadata({ digest: undefined }) }],
    ['with a number where a text belongs', { json: false, metadata: metadata({ index: 0 }) }],
    ['with a time that is none', { json: false, metadata: metadata({ recordedAt: 'yesterday' }) }],
    ['with an index that is none', { json: false, metadata: metadata({ index: 'first' }) }],
    ['with a count that is none', { json: false, metadata: metadata({ count: '-1' }) }],
  ])('%s stops the store, which names it', async (_, fields) => {
    const names = (error: unknown) =>
      expect(error).toMatchObject({
        fault: 'foreign',
        message: 'event 1 of the stream navledger.s on the server was not written by this program',
      });
    const store = await at.open();
    await store.append([own]);
    putForeign(at.server, 'navledger.s', 1, fields);
    names(await store.failed);
    names(await fault(store.append([request('b', 's', 0)])));
    await store.close();
    names(await fault(at.open()));
    names(await fault(at.open({ mode: 'read', replica: tempDir() })));
  });

  test.each([
    ['with a command id that is none', { commandId: 'x' }],
    ['with a digest that is none', { digest: 'x' }],
    ['in the middle of a command that it does not belong to', { index: '1', count: '2' }],
    ['that comes again under other ids', {}],
  ])('%s stops the store, which says where', async (_, fields) => {
    const store = await at.open();
    await store.append([own]);
    putForeign(at.server, 'navledger.s', 1, { json: false, metadata: metadata(fields) });
    const error = await store.failed;
    expect(error).toMatchObject({ fault: 'damaged', about: { stream: 's' } });
    expect(error.message).toMatch(/^the server's log cannot be followed at revision 1 of s: /);
  });

  test('is no matter in streams that are not the ledger’s', async () => {
    for (const stream of ['others', 'navledger', 'navledgers.s', 'x.navledger.s']) putForeign(at.server, stream, 3);
    const store: KurrentStore = await at.open();
    putForeign(at.server, 'others', 3);
    expect((await store.append([own]))[0]).toMatchObject({ status: 'recorded', position: 0 });
    expect([store.streams(), booked(at.server).length]).toEqual([['s'], 1]);
  });

  test('nor in the streams of another ledger on the server', async () => {
    const [one, two] = await Promise.all(['', '&ledger=other'].map((more) => at.open({ url: at.server.url + more })));
    await one!.append([request('a', 's', -1, 2)]);
    expect((await two!.append([request('a', 's', -1, 2)]))[0]).toMatchObject({ status: 'recorded', position: 1 });
    await one!.append([request('b', 's', 1)]);
    expect([one!.head().position, two!.head().position, one!.storeId === two!.storeId]).toEqual([2, 1, false]);
  });
});

test.each([0, 1])('a ledger’s stream that is deleted stops the store, which names it, deletion %i', async (kind) => {
  const store = await at.open();
  await store.append([request('a', 's', -1, 2)]);
  // What the server writes of it: the one hides the events, the other ends the stream.
  if (kind === 0) putForeign(at.server, '$$navledger.s', 1, { type: '$metadata', data: Buffer.from('{"$tb":9223372036854775807}') });
  else putForeign(at.server, 'navledger.s', 1, { type: '$streamDeleted' });
  expect(await store.failed).toMatchObject({ fault: 'damaged', message: expect.stringContaining('the stream navledger.s ') as string });
});
