/**
 * The four ways of appending: unary and batch of the first protocol, sessions and records of the second. Each collects its request; then one
 * function for all applies it to the log, or does wrong as the script says.
 *
 * On a follower the calls of the first protocol go on to the leader unless they require it; those of the second always require it.
 */
import { status, type ServerDuplexStream, type ServerReadableStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import * as shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb';
import {
  AppendResp,
  BatchAppendResp,
  type AppendReq,
  type BatchAppendReq,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb';
import * as errors from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb';
import * as v2 from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { reached, type AppendKind, type Faults, type Refusal } from './faults';
import { ANY, NO_STREAM, STREAM_EXISTS, type Conflict, type Outcome, type Proposed, type Request, type Success, type Target } from './log';
import { requiresLeader, type Call, type Node } from './node';
import { batchError, failure, identifierOf, nameOf, proposed, recorded, refusalV1, refusalV2 } from './protocol';

/** How an append answers, in the words of its protocol. */
interface Answers {
  success(success: Success): void;
  conflict(conflicts: readonly Conflict[]): void;
  timeout(): void;
  refuse(refusal: Refusal): void;
}

type AnyFault = Faults[AppendKind] | undefined;

async function perform(node: Node, call: Call, leader: boolean, fault: AnyFault, request: Request, answers: Answers): Promise<void> {
  const apply = () => node.log.append(request);
  const answer = (outcome: Outcome) => ('conflicts' in outcome ? answers.conflict(outcome.conflicts) : answers.success(outcome));
  switch (fault?.act) {
    case 'never':
      return;
    case 'mute':
      apply();
      return;
    case 'drop':
      if (fault.applied) apply();
      return node.drop(call.getPeer());
    case 'timeout':
      answers.timeout();
      if (fault.applied === undefined) return;
      await reached(fault.applied);
      apply();
      return;
    case 'answerTwice': {
      const outcome = apply();
      answer(outcome);
      return answer(outcome);
    }
    case 'notReady':
    case 'busy':
    case 'notLeader':
    case 'status':
      return answers.refuse(fault);
    case 'late':
      await reached(fault.until);
      break;
    case 'cut':
    case undefined:
      break;
  }
  const refusal = node.refusal(leader);
  if (refusal) answers.refuse(refusal);
  else answer(apply());
}

/** Whether the connection is to break at this message of the request, or has broken before. */
const broken = (fault: AnyFault, messages: number): boolean => fault?.act === 'cut' && messages >= fault.messages;

/** Collects the messages of a request, and hands them on when all are in. */
function collect<T>(node: Node, call: Call & ServerReadableStream<T, unknown>, fault: AnyFault, done: (messages: T[]) => void): void {
  const messages: T[] = [];
  call.on('data', (message: T) => {
    if (broken(fault, messages.push(message))) node.drop(call.getPeer());
  });
  // A connection that breaks ends the request as well, and says a little later that it was no end.
  call.on('end', () =>
    setImmediate(() => {
      if (!call.cancelled && !broken(fault, messages.length)) done(messages);
    }),
  );
}

const single = (target: Target, events: readonly Proposed[]): Request => ({
  targets: [target],
  events: events.map((event) => ({ target: 0, event })),
});

function expectation(options: AppendReq.Options | BatchAppendReq.Options): bigint {
  if (options.hasAny()) return ANY;
  if (options.hasNoStream()) return NO_STREAM;
  if (options.hasStreamExists()) return STREAM_EXISTS;
  return BigInt('getRevision' in options ? options.getRevision() : options.getStreamPosition());
}

export const append = (node: Node) => (call: ServerReadableStream<AppendReq, AppendResp>, done: sendUnaryData<AppendResp>) => {
  const fault = node.script.next('append');
  collect<AppendReq>(node, call, fault, (messages) => {
    const options = messages[0]!.getOptions()!;
    const stream = nameOf(options.getStreamIdentifier());
    const events = messages.slice(1).map((message) => proposed(message.getProposedMessage()!));
    void perform(node, call, requiresLeader(call), fault, single({ stream, expected: expectation(options) }, events), {
      success({ revisions, commit, prepare }) {
        const position = new AppendResp.Position().setCommitPosition(String(commit)).setPreparePosition(String(prepare));
        const success = new AppendResp.Success().setPosition(position);
        const { revision } = revisions[0]!;
        if (revision < 0n) success.setNoStream(new shared.Empty());
        else success.setCurrentRevision(String(revision));
        done(null, new AppendResp().setSuccess(success));
      },
      conflict([conflict]) {
        const { expected, actual } = conflict!;
        const wrong = new AppendResp.WrongExpectedVersion();
        if (actual < 0n) wrong.setCurrentNoStream(new shared.Empty());
        else wrong.setCurrentRevision(String(actual));
        if (expected === ANY) wrong.setExpectedAny(new shared.Empty());
        else if (expected === NO_STREAM) wrong.setExpectedNoStream(new shared.Empty());
        else if (expected === STREAM_EXISTS) wrong.setExpectedStreamExists(new shared.Empty());
        else wrong.setExpectedRevision(String(expected));
        done(null, new AppendResp().setWrongExpectedVersion(wrong));
      },
      timeout: () => done(failure(status.ABORTED, 'Operation timed out')),
      refuse: (refusal) => done(refusalV1(refusal)),
    });
  });
};

export const batchAppend = (node: Node) => (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => {
  const open = new Map<
    string,
    { options: BatchAppendReq.Options; events: Proposed[]; messages: number; fault: Faults['batchAppend'] | undefined }
  >();
  node.batches.add(call);
  for (const over of ['end', 'cancelled', 'close']) call.on(over, () => node.batches.delete(call));
  call.on('end', () => call.end());
  call.on('data', (message: BatchAppendReq) => {
    const id = message.getCorrelationId()!.getString();
    const first = message.getOptions();
    if (first) open.set(id, { options: first, events: [], messages: 0, fault: node.script.next('batchAppend') });
    const batch = open.get(id);
    if (!batch) return;
    batch.events.push(...message.getProposedMessagesList().map(proposed));
    if (broken(batch.fault, ++batch.messages)) return node.drop(call.getPeer());
    if (!message.getIsFinal()) return;
    open.delete(id);
    const { options, events, fault } = batch;
    const stream = nameOf(options.getStreamIdentifier());
    const answers = batchAnswers(call, message.getCorrelationId()!, stream);
    const deadline = options.getDeadline21100();
    if (deadline && deadline.toDate().getTime() <= Date.now()) return answers.timeout();
    void perform(node, call, requiresLeader(call), fault, single({ stream, expected: expectation(options) }, events), answers);
  });
};

function batchAnswers(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>, id: shared.UUID, stream: string): Answers {
  const send = (answer: BatchAppendResp) => {
    if (!call.cancelled) call.write(answer.setCorrelationId(id).setStreamIdentifier(identifierOf(stream)));
  };
  const error = (type: string, details: Parameters<typeof batchError>[1], message?: string) =>
    send(new BatchAppendResp().setError(batchError(type, details, message)));
  return {
    success({ revisions, commit, prepare }) {
      const position = new shared.AllStreamPosition().setCommitPosition(String(commit)).setPreparePosition(String(prepare));
      const success = new BatchAppendResp.Success().setPosition(position);
      const { revision } = revisions[0]!;
      if (revision < 0n) success.setNoStream(new Empty());
      else success.setCurrentRevision(String(revision));
      send(new BatchAppendResp().setSuccess(success));
    },
    conflict([conflict]) {
      const { expected, actual } = conflict!;
      const wrong = new shared.WrongExpectedVersion();
      if (actual < 0n) wrong.setCurrentNoStream(new Empty());
      else wrong.setCurrentStreamRevision(String(actual));
      if (expected === ANY) wrong.setExpectedAny(new Empty());
      else if (expected === NO_STREAM) wrong.setExpectedNoStream(new Empty());
      else if (expected === STREAM_EXISTS) wrong.setExpectedStreamExists(new Empty());
      else wrong.setExpectedStreamPosition(String(expected));
      error('event_store.client.WrongExpectedVersion', wrong);
    },
    timeout: () => error('event_store.client.Timeout', new shared.Timeout()),
    refuse(refusal) {
      if (refusal.act === 'notReady') error('google.protobuf.Empty', new Empty(), 'Server Is Not Ready');
      else if (refusal.act === 'busy') error('google.protobuf.Empty', new Empty(), 'Server Is Busy');
      else call.emit('error', refusalV1(refusal)); // ends the stream of all batches
    },
  };
}

const ERRORS = 'kurrentdb.protocol.v2.streams.errors';

export const appendSession =
  (node: Node) =>
  (call: ServerReadableStream<v2.AppendRequest, v2.AppendSessionResponse>, done: sendUnaryData<v2.AppendSessionResponse>) => {
    const fault = node.script.next('multiStreamAppend');
    collect<v2.AppendRequest>(node, call, fault, (parts) => {
      const names = parts.map((part) => part.getStream().toLowerCase());
      const twice = parts.find((_, i) => names.indexOf(names[i]!) < i)?.getStream();
      if (twice !== undefined) {
        const details = new errors.StreamAlreadyInAppendSessionErrorDetails().setStream(twice);
        const message = `Stream '${twice}' already has a different group of messages in this session.`;
        return done(failure(status.ABORTED, message, {}, `${ERRORS}.StreamAlreadyInAppendSessionErrorDetails`, details));
      }
      const targets = parts.map((part) => ({ stream: part.getStream(), expected: BigInt(part.getExpectedRevision() ?? ANY) }));
      const events = parts.flatMap((part, target) => part.getRecordsList().map((record) => ({ target, event: recorded(record) })));
      void perform(
        node,
        call,
        true,
        fault,
        { targets, events },
        {
          success({ revisions, commit }) {
            const output = revisions.map(({ stream, revision }) =>
              new v2.AppendResponse().setStream(stream).setStreamRevision(String(revision)),
            );
            done(null, new v2.AppendSessionResponse().setOutputList(output).setPosition(String(commit)));
          },
          conflict([conflict]) {
            const { stream, expected, actual } = conflict!;
            const details = new errors.StreamRevisionConflictErrorDetails()
              .setStream(stream)
              .setExpectedRevision(String(expected))
              .setActualRevision(String(actual));
            const message = `Append failed due to a revision conflict on stream '${stream}'.`;
            done(failure(status.FAILED_PRECONDITION, message, {}, `${ERRORS}.StreamRevisionConflictErrorDetails`, details));
          },
          ...failuresV2(done),
        },
      );
    });
  };

export const appendRecords =
  (node: Node) =>
  (call: ServerUnaryCall<v2.AppendRecordsRequest, v2.AppendRecordsResponse>, done: sendUnaryData<v2.AppendRecordsResponse>) => {
    const fault = node.script.next('appendRecords');
    if (broken(fault, 1)) return node.drop(call.getPeer());
    if (call.request.getRecordsList().length === 0) return done(invalid('Append records request must contain at least one record.'));
    const targets = call.request.getChecksList().map((check) => {
      const state = check.getStreamState()!;
      return { stream: state.getStream(), expected: BigInt(state.getExpectedState()) };
    });
    if (new Set(targets.map(({ stream }) => stream.toLowerCase())).size < targets.length)
      return done(invalid('Each stream can only appear once in consistency checks.'));
    const events = call.request.getRecordsList().map((record) => {
      const stream = record.getStream();
      let target = targets.findIndex((known) => known.stream.toLowerCase() === stream.toLowerCase());
      if (target < 0) target = targets.push({ stream, expected: ANY }) - 1;
      return { target, event: recorded(record) };
    });
    void perform(
      node,
      call,
      true,
      fault,
      { targets, events },
      {
        success({ revisions, commit }) {
          const list = revisions.map(({ stream, revision }) => new v2.StreamRevision().setStream(stream).setRevision(String(revision)));
          done(null, new v2.AppendRecordsResponse().setRevisionsList(list).setPosition(String(commit)));
        },
        conflict(conflicts) {
          const violations = conflicts.map(({ index, stream, expected, actual }) => {
            const state = new errors.ConsistencyViolation.StreamStateViolation()
              .setStream(stream)
              .setExpectedState(String(expected))
              .setActualState(String(actual));
            return new errors.ConsistencyViolation().setCheckIndex(index).setStreamState(state);
          });
          const details = new errors.AppendConsistencyViolationErrorDetails().setViolationsList(violations);
          const message = 'Append failed due to consistency violations.';
          done(failure(status.FAILED_PRECONDITION, message, {}, `${ERRORS}.AppendConsistencyViolationErrorDetails`, details));
        },
        ...failuresV2(done),
      },
    );
  };

const invalid = (message: string) => failure(status.INVALID_ARGUMENT, `The 'AppendRecordsRequest' is invalid: ${message}`);

const failuresV2 = (done: sendUnaryData<never>): Pick<Answers, 'timeout' | 'refuse'> => ({
  timeout: () => done(failure(status.DEADLINE_EXCEEDED, 'Operation timed out while waiting for commit')),
  refuse: (refusal) => done(refusalV2(refusal)),
});
