/**
 * What specs of the store on a misbehaving KurrentDB server share: servers, stores on them, and everything that was asked over the wire, which is checked after each test: appends
 * expect a revision or no stream, and reads have an end. Deliberately absent: the faults, which are the loopback server's.
 */
import { randomUUID } from 'node:crypto';
import { BatchAppendReq, ReadReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb';
import { AppendRecordsRequest, AppendRequest } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb';
import { type KurrentOptions, type KurrentStore, openKurrentStore } from '../../libs/store/kurrentdb/store';
import { StoreError } from '../../libs/store/port';
import { LoopbackServer, type LoopbackOptions } from '../support/kurrentdb/loopback';
import { ANY, type Proposed, type Stored } from '../support/kurrentdb/log';
import { tempDir } from '../support/temp';

/** Timers that tests can wait for. */
export const QUICK = { callMillis: 800, appendMillis: 1200, numberMillis: 1500 };
/** What a busy machine may take on top: still far less than the timers by default. */
export const SLACK = 4000;

export interface Asked {
  /** Appends to one stream, events of each by id. */
  appends(): { stream: string; expected: bigint | 'no stream' | 'any'; ids: string[] }[];
  reads(): ReadReq.Options[];
}

type Open = Partial<KurrentOptions> & { readonly url?: string };

export interface Bench {
  /** The server of this test. */
  readonly server: LoopbackServer;
  /** Another one, over the same log when it is given. */
  serve(options?: LoopbackOptions): Promise<LoopbackServer>;
  /** A store on the server, with this test's folder for copies unless said. */
  open(options?: Open): Promise<KurrentStore>;
  readonly replica: string;
  readonly asked: Asked;
  /** From now on the server's clock is so far ahead of that of its clients. */
  setClockAhead(seconds: number): void;
}

/** Server, stores and folders for each test of a file. */
export function bench(): Bench {
  let server: LoopbackServer;
  let replica: string;
  let stores: KurrentStore[] = [];
  let servers: LoopbackServer[] = [];
  const take = BatchAppendReq.deserializeBinary.bind(BatchAppendReq);
  const wire = [BatchAppendReq, AppendRequest, AppendRecordsRequest, ReadReq].map((message) => jest.spyOn(message, 'deserializeBinary'));
  const all = <T>(kind: number): T[] => wire[kind]!.mock.results.map(({ value }) => value as T);
  const asked: Asked = {
    appends: () => {
      const open = new Map<string, ReturnType<Asked['appends']>[number]>();
      const appends: ReturnType<Asked['appends']> = [];
      for (const part of all<BatchAppendReq>(0)) {
        const options = part.getOptions();
        const call = part.getCorrelationId()!.getString();
        if (options) {
          const weak = options.hasAny() || options.hasStreamExists();
          const expected = weak ? 'any' : options.hasNoStream() ? 'no stream' : BigInt(options.getStreamPosition());
          const stream = Buffer.from(options.getStreamIdentifier()!.getStreamName_asU8()).toString();
          open.set(call, { stream, expected, ids: [] });
          appends.push(open.get(call)!);
        }
        open.get(call)!.ids.push(...part.getProposedMessagesList().map((message) => message.getId()!.getString()));
      }
      return appends;
    },
    reads: () => all<ReadReq>(3).map((request) => request.getOptions()!),
  };
  /** Of the calls that write several streams: revisions from 0, -1 for no stream, and less for what ledgers never ask. */
  const expectations = (): number[] => [
    ...all<AppendRequest>(1).map((part) => Number(part.getExpectedRevision() ?? -2)),
    ...all<AppendRecordsRequest>(2).flatMap((request) => {
      const checks = request.getChecksList().map((check) => check.getStreamState()!);
      const checked = new Set(checks.map((check) => check.getStream()));
      return [
        ...checks.map((check) => Number(check.getExpectedState())),
        ...request.getRecordsList().map((record) => (checked.has(record.getStream()) ? 0 : -2)),
      ];
    }),
  ];
  const serve = async (options?: LoopbackOptions): Promise<LoopbackServer> => {
    servers.push(await LoopbackServer.start(options));
    return servers.at(-1)!;
  };
  beforeEach(async () => {
    for (const spy of wire) spy.mockClear();
    wire[0]!.mockImplementation(take);
    replica = tempDir();
    server = await serve();
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await Promise.all(servers.map((one) => one.stop()));
    [stores, servers] = [[], []];
    expect(asked.appends().filter(({ expected }) => expected === 'any')).toEqual([]);
    expect(Math.min(...expectations(), 0)).toBeGreaterThanOrEqual(-1);
    const endless = asked.reads().filter((options) => !options.hasSubscription() && BigInt(options.getCount()) > 4096n);
    expect(endless).toEqual([]);
  });
  afterAll(() => {
    for (const spy of wire) spy.mockRestore();
  });
  return {
    get server() {
      return server;
    },
    get replica() {
      return replica;
    },
    asked,
    serve,
    setClockAhead(seconds) {
      wire[0]!.mockImplementation((bytes: Uint8Array) => {
        const message = take(bytes);
        // Of a client's clock nothing else travels.
        const deadline = message.getOptions()?.getDeadline21100();
        deadline?.setSeconds(deadline.getSeconds() - seconds);
        return message;
      });
    },
    async open({ url = server.url, ...options } = {}) {
      const store = await openKurrentStore(url, { mode: 'write', replica, ...options });
      stores.push(store);
      return store;
    },
  };
}

/** The events of the ledger's streams on a server. */
export function booked(server: LoopbackServer): Stored[] {
  return server.events().filter(({ stream }) => stream.startsWith('navledger.'));
}

/** Writes events of another program, as any client of the server could; with the given data and metadata, when there are any. */
export function putForeign(server: LoopbackServer, stream: string, count = 1, { json = true, ...event }: Partial<Proposed> = {}): void {
  const made = { type: 'other', data: Buffer.from('{}'), metadata: Buffer.from(''), ...event };
  const events = Array.from({ length: count }, () => ({ target: 0, event: { id: randomUUID(), json, ...made } }));
  server.log.append({ targets: [{ stream, expected: ANY }], events });
}

/** Sets what the server is told of a stream. */
export function setMetadata(server: LoopbackServer, stream: string, metadata: object): void {
  putForeign(server, `$$${stream}`, 1, { type: '$metadata', data: Buffer.from(JSON.stringify(metadata)) });
}

/** Leaves so many of all events on the server, as when an old backup was restored. */
export function cutLog({ log }: LoopbackServer, events: number): void {
  for (const { stream } of log.events.splice(events)) (log.stream(stream) as Stored[]).pop();
}

/** What is thrown, which must be a store's fault. */
export async function fault(promise: Promise<unknown>): Promise<StoreError> {
  const thrown = await promise.then(
    (value) => new Error(`no fault, but ${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof StoreError)) throw thrown;
  return thrown;
}

/** The answer, and after how many milliseconds it came. */
export async function timed<T>(promise: Promise<T>): Promise<[T, number]> {
  const from = performance.now();
  return [await promise, performance.now() - from];
}
