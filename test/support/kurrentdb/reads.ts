/**
 * Reads of a stream or of $all in both directions, with counts and filters, and subscriptions: what is there, "caught up", then what comes.
 *
 * A read starts at its revision or position inclusively, backwards reads of $all before it; a subscription starts after it. The metadata of a
 * stream ($maxAge, $maxCount, $tb) hides events from reads of that stream, never from $all. A filtered subscription is sent a checkpoint for
 * each so many events looked at, and one before it is caught up.
 */
import { setTimeout } from 'node:timers/promises';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { ReadReq, ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import { reached, type ReadFault } from './faults';
import type { LoopbackLog, Stored } from './log';
import { requiresLeader, type Node } from './node';
import { failure, nameOf, readEvent, refusalV1 } from './protocol';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;
type Options = ReadReq.Options;
type Messages = AsyncIterable<ReadResp>;

/** What the server looks at together when no window is given. */
const WINDOW = 32;

export const read = (node: Node) => (call: ReadCall) => {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  call.on('close', () => gone.abort());
  serve(node, call, gone.signal).catch((error: unknown) => {
    if (!gone.signal.aborted) call.emit('error', error);
  });
};

async function serve(node: Node, call: ReadCall, gone: AbortSignal): Promise<void> {
  const options = call.request.getOptions()!;
  const subscription = options.hasSubscription();
  const fault = node.script.next(subscription ? 'subscribe' : options.hasAll() ? 'readAll' : 'read');
  switch (fault?.act) {
    case 'never':
      return;
    case 'notReady':
    case 'busy':
    case 'notLeader':
    case 'status':
      throw refusalV1(fault);
    case 'late':
      await reached(fault.until);
      break;
    case 'drop':
    case 'end':
    case 'fail':
    case 'stall':
    case 'duplicate':
    case 'slow':
    case 'search':
    case undefined:
      break;
  }
  const refusal = requiresLeader(call) ? node.refusal(true) : undefined;
  if (refusal) throw refusalV1(refusal);
  const pause = fault?.act === 'search' ? fault.ms : 0;
  await send(node, call, subscription ? subscribed(node.log, options, gone, pause) : answered(node.log, options, pause), fault, gone);
}

/** Sends the messages, until the fault befalls them. */
async function send(node: Node, call: ReadCall, messages: Messages, fault: ReadFault | undefined, gone: AbortSignal): Promise<void> {
  let events = 0;
  const write = async (message: ReadResp) => {
    if (!call.write(message)) await once(call, 'drain', { signal: gone });
  };
  /** Whether the answer is over, one way or another. */
  const over = (): boolean => {
    if (fault === undefined || !('after' in fault) || fault.after !== events || fault.act === 'duplicate') return false;
    if (fault.act === 'drop') node.drop(call.getPeer());
    else if (fault.act === 'fail') throw failure(fault.code, fault.message ?? '');
    else if (fault.act === 'end') call.end();
    return true;
  };
  for await (const message of messages) {
    if (gone.aborted || (message.hasEvent() && over())) return;
    await write(message);
    if (message.hasEvent()) {
      events += 1;
      if (fault?.act === 'duplicate' && fault.after === events) await write(message);
      if (fault?.act === 'slow') await setTimeout(fault.ms, undefined, { ref: false });
    }
    if (over()) return;
  }
  if (!over()) call.end();
}

async function* answered(log: LoopbackLog, options: Options, pause: number): AsyncGenerator<ReadResp> {
  const backwards = options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS;
  const source = options.hasStream() ? visible(log, nameOf(options.getStream()!.getStreamIdentifier())) : log.events;
  if (source === undefined) {
    yield new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(options.getStream()!.getStreamIdentifier()));
    return;
  }
  const matches = filter(options);
  const exact = options.hasStream() || !backwards;
  const side = standing(options);
  const within = source.filter((event) => {
    const where = side(event);
    return where === 0 ? exact : backwards ? where < 0 : where > 0;
  });
  let left = BigInt(options.getCount());
  const searching = searched(pause);
  for (const event of backwards ? within.reverse() : within) {
    if (left === 0n) return;
    if (!matches(event)) await searching();
    else {
      left -= 1n;
      yield readEvent(event, options.getUuidOption());
    }
  }
}

/** To be called for each event that does not match: pauses for each window of them. */
function searched(pause: number): () => Promise<void> {
  let looked = 0;
  return async () => {
    if (pause > 0 && ++looked % WINDOW === 0) await setTimeout(pause, undefined, { ref: false });
  };
}

async function* subscribed(log: LoopbackLog, options: Options, gone: AbortSignal, pause: number): AsyncGenerator<ReadResp> {
  yield new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID()));
  const stream = options.getStream();
  const name = nameOf(stream?.getStreamIdentifier());
  const source = () => (stream ? log.stream(name) : log.events);
  const matches = filter(options);
  const interval = (options.getFilter()?.getMax() || WINDOW) * (options.getFilter()?.getCheckpointintervalmultiplier() ?? 0);
  const side = standing(options);
  const from = source().findIndex((event) => side(event) > 0);
  let next = from < 0 ? source().length : from;
  let live = false;
  const searching = searched(pause);
  for (let looked = 0; ;) {
    const events = source();
    const event = events[next];
    if (event) {
      next += 1;
      looked += 1;
      if (matches(event)) yield readEvent(event, options.getUuidOption());
      else await searching();
      if (interval > 0 && looked % interval === 0) yield checkpoint(event);
    } else if (live) {
      await log.grown(gone);
    } else {
      live = true;
      const last = events[next - 1];
      if (last && interval > 0) yield checkpoint(last);
      yield caughtUp(last, stream !== undefined);
    }
  }
}

function checkpoint({ commit, prepare }: Stored): ReadResp {
  const at = Timestamp.fromDate(new Date());
  const position = new ReadResp.Checkpoint().setCommitPosition(String(commit)).setPreparePosition(String(prepare));
  return new ReadResp().setCheckpoint(position.setTimestamp(at));
}

function caughtUp(last: Stored | undefined, ofStream: boolean): ReadResp {
  const message = new ReadResp.CaughtUp().setTimestamp(Timestamp.fromDate(new Date()));
  if (last && ofStream) message.setStreamRevision(String(last.revision));
  else if (last)
    message.setPosition(new ReadResp.Position().setCommitPosition(String(last.commit)).setPreparePosition(String(last.prepare)));
  return new ReadResp().setCaughtUp(message);
}

/** Where an event stands to the revision or position of the options: -1, 0 or 1; 1 to the start, -1 to the end. */
function standing(options: Options): (event: Stored) => number {
  const stream = options.getStream();
  const all = options.getAll();
  const point = stream ?? all!;
  if (point.hasStart()) return () => 1;
  if (point.hasEnd()) return () => -1;
  if (stream) {
    const revision = BigInt(stream.getRevision());
    return (event) => compare(event.revision, revision);
  }
  const [commit, prepare] = [BigInt(all!.getPosition()!.getCommitPosition()), BigInt(all!.getPosition()!.getPreparePosition())];
  return (event) => compare(event.commit, commit) || compare(event.prepare, prepare);
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** What readers of the stream see; nothing when it was never written. */
function visible(log: LoopbackLog, name: string): readonly Stored[] | undefined {
  const stored = log.stream(name);
  if (stored.length === 0) return undefined;
  const last = log.stream(`$$${name}`).at(-1);
  const metadata = (last ? JSON.parse(Buffer.from(last.data).toString('utf8')) : {}) as {
    $maxAge?: number;
    $maxCount?: number;
    $tb?: number;
  };
  const { $maxAge = Infinity, $maxCount = Infinity, $tb = 0 } = metadata;
  const oldest = Date.now() - $maxAge * 1000;
  return stored.filter(({ revision, created }, i) => revision >= $tb && i >= stored.length - $maxCount && created >= oldest);
}

function filter(options: Options): (event: Stored) => boolean {
  const wanted = options.getFilter();
  const expression = wanted?.getStreamIdentifier() ?? wanted?.getEventType();
  if (!expression) return () => true;
  const subject = (event: Stored) => (wanted!.hasStreamIdentifier() ? event.stream : event.type);
  const prefixes = expression.getPrefixList();
  if (expression.getRegex() === '') return (event) => prefixes.some((prefix) => subject(event).startsWith(prefix));
  const pattern = new RegExp(expression.getRegex());
  return (event) => pattern.test(subject(event));
}
