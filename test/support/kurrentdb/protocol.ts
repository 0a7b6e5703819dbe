/**
 * Between the log's words and the client's own protocol definitions: events, identifiers, and the errors that the server sends for a refusal.
 *
 * The definitions are those that the client was generated from, so a field that the client does not know cannot be set here. No transport.
 */
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { StreamIdentifier, UUID } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb';
import { Status } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb';
import type { BatchAppendReq, ReadReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb';
import { ReadResp, type AppendReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb';
import { NotLeaderNodeErrorDetails } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/errors_pb';
import { SchemaFormat, type AppendRecord } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import type { Endpoint, Refusal } from './faults';
import type { Proposed, Stored } from './log';

export const nameOf = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');

export const identifierOf = (stream: string): StreamIdentifier => new StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));

/** An event of the first protocol. */
export function proposed(message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): Proposed {
  const headers = message.getMetadataMap();
  return {
    id: message.getId()!.getString().toLowerCase(),
    type: headers.get('type') ?? '',
    json: headers.get('content-type') === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

/** An event of the second protocol: its properties, and what its schema says, are the metadata that readers get. */
export function recorded(record: AppendRecord): Proposed {
  const schema = record.getSchema()!;
  const json = schema.getFormat() === SchemaFormat.SCHEMA_FORMAT_JSON;
  const properties: Record<string, unknown> = {};
  record.getPropertiesMap().forEach((value, key) => (properties[key] = value.toJavaScript()));
  if (!json) properties['$schema.format'] = 'Bytes';
  properties['$schema.name'] = schema.getName();
  if (json) properties['$schema.format'] = 'Json';
  return {
    id: record.getRecordId()!.toLowerCase(),
    type: schema.getName(),
    json,
    data: record.getData_asU8(),
    metadata: Buffer.from(JSON.stringify(properties), 'utf8'),
  };
}

export function readEvent(event: Stored, ids: ReadReq.Options.UUIDOption | undefined): ReadResp {
  const record = new ReadResp.ReadEvent.RecordedEvent()
    .setId(ids?.hasString() ? new UUID().setString(event.id) : structured(event.id))
    .setStreamIdentifier(identifierOf(event.stream))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.commit))
    .setPreparePosition(String(event.prepare))
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  record
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.json ? 'application/json' : 'application/octet-stream')
    .set('created', String(BigInt(event.created) * 10_000n));
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(record).setCommitPosition(String(event.commit)));
}

function structured(id: string): UUID {
  const bits = BigInt(`0x${id.replaceAll('-', '')}`);
  const half = (value: bigint) => String(BigInt.asIntN(64, value));
  return new UUID().setStructured(new UUID.Structured().setMostSignificantBits(half(bits >> 64n)).setLeastSignificantBits(half(bits)));
}

interface Message {
  serializeBinary(): Uint8Array;
}

/** The error inside an answer to `batchAppend`. */
export function batchError(type: string, details: Message, message = ''): Status {
  const any = new Any();
  any.pack(details.serializeBinary(), type);
  return new Status().setMessage(message).setDetails(any);
}

/** The status of a failed call. With details it is one of the second protocol, without one of the first. */
export function failure(code: status, message: string, trailers: Record<string, string> = {}, type = '', details?: Message): ServiceError {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  if (details) {
    const any = new Any();
    any.pack(details.serializeBinary(), type);
    metadata.set(
      'grpc-status-details-bin',
      Buffer.from(
        new Status()
          .setCode(code as number)
          .setMessage(message)
          .setDetails(any)
          .serializeBinary(),
      ),
    );
  }
  return Object.assign(new Error(message), { code, details: message, metadata });
}

const notLeader = ({ address, port }: Endpoint): ServiceError =>
  failure(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': address,
    'leader-endpoint-port': String(port),
  });

/** A refusal as calls of the first protocol get it, whose call fails. */
export function refusalV1(refusal: Refusal): ServiceError {
  switch (refusal.act) {
    case 'notReady':
      return failure(status.UNAVAILABLE, 'Server Is Not Ready');
    case 'busy':
      return failure(status.UNAVAILABLE, 'Server Is Too Busy');
    case 'notLeader':
      return notLeader(refusal.leader);
    case 'status':
      return failure(refusal.code, refusal.message ?? '');
  }
}

/** A refusal as calls of the second protocol get it. */
export function refusalV2(refusal: Refusal): ServiceError {
  switch (refusal.act) {
    case 'notReady':
      return failure(status.UNAVAILABLE, 'The server is not yet ready to handle requests.');
    case 'busy':
      return failure(status.UNAVAILABLE, 'The server is currently overloaded and cannot handle the request.');
    case 'notLeader': {
      const { address, port } = refusal.leader;
      const node = new NotLeaderNodeErrorDetails.NodeInfo().setHost(address).setPort(port);
      const details = new NotLeaderNodeErrorDetails().setCurrentLeader(node);
      const message = `The server is not the leader node and cannot handle the request; the leader is at ${address}:${port}`;
      return failure(status.FAILED_PRECONDITION, message, {}, 'kurrentdb.protocol.v2.NotLeaderNodeErrorDetails', details);
    }
    case 'status':
      return failure(refusal.code, refusal.message ?? '');
  }
}
