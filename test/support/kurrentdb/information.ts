/** What the loopback server says about itself: the methods that it supports, and the members of its cluster. */
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { ClusterInfo, EndPoint, MemberInfo } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_pb';
import { SupportedMethod, SupportedMethods } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb';
import { StreamsService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb';
import { UUID, type Empty } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb';
import { StreamsServiceService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_grpc_pb';
import { reached, type CommonFault, type Endpoint } from './faults';
import type { Node } from './node';
import { refusalV1 } from './protocol';

/** Calls that a server may lack; the client asks before it uses them. */
export type Feature = 'batchAppend' | 'multiStreamAppend' | 'appendRecords';

export interface Member {
  readonly endpoint: Endpoint;
  readonly leader: boolean;
  readonly alive: boolean;
}

const METHODS: Record<Feature, string> = {
  batchAppend: StreamsService.batchAppend.path,
  multiStreamAppend: StreamsServiceService.appendSession.path,
  appendRecords: StreamsServiceService.appendRecords.path,
};

export const features =
  (node: Node, supported: readonly Feature[]) => (_: ServerUnaryCall<Empty, SupportedMethods>, done: sendUnaryData<SupportedMethods>) => {
    const paths = [StreamsService.read.path, StreamsService.append.path, ...supported.map((feature) => METHODS[feature])];
    const methods = paths.map((path) => {
      const [, service, method] = path.split('/');
      return new SupportedMethod().setServiceName(service!.toLowerCase()).setMethodName(method!.toLowerCase());
    });
    void answer(node.script.next('features'), new SupportedMethods().setMethodsList(methods).setEventStoreServerVersion('26.1.0'), done);
  };

export const gossip =
  (node: Node, members: () => readonly Member[]) => (_: ServerUnaryCall<Empty, ClusterInfo>, done: sendUnaryData<ClusterInfo>) => {
    const { LEADER, FOLLOWER } = MemberInfo.VNodeState;
    const list = members().map(({ endpoint, leader, alive }, i) =>
      new MemberInfo()
        .setInstanceId(new UUID().setString(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`))
        .setTimeStamp(String(BigInt(Date.now()) * 10_000n))
        .setState(leader ? LEADER : FOLLOWER)
        .setIsAlive(alive)
        .setHttpEndPoint(new EndPoint().setAddress(endpoint.address).setPort(endpoint.port)),
    );
    void answer(node.script.next('gossip'), new ClusterInfo().setMembersList(list), done);
  };

async function answer<T>(fault: CommonFault | undefined, value: T, done: sendUnaryData<T>): Promise<void> {
  if (fault?.act === 'never') return;
  if (fault?.act === 'late') await reached(fault.until);
  else if (fault) return done(refusalV1(fault));
  done(null, value);
}
