/**
 * A KurrentDB server on the loopback interface that speaks the client's own protocol, keeps its log in memory and misbehaves on command, so that the
 * real client is tested, never a mock of it.
 *
 *     const server = await LoopbackServer.start();                     // or { features: ['batchAppend'], log: another.log }
 *     const client = KurrentDBClient.connectionString(server.url);
 *
 *     server.misbehave({ on: 'batchAppend', how: { act: 'never' } });                        // the next append is never answered
 *     server.misbehave({ on: 'batchAppend', how: { act: 'late', until: 200 } });             // or until a promise resolves
 *     server.misbehave({ on: 'batchAppend', skip: 2, times: 3, how: { act: 'notReady' } });  // the 3rd, 4th and 5th; or 'busy', 'status'
 *     server.misbehave({ on: 'append', how: { act: 'notLeader', leader: other.endpoint } });
 *     server.misbehave({ on: 'batchAppend', how: { act: 'drop', applied: true } });          // the answer is lost with the connection
 *     server.misbehave({ on: 'batchAppend', how: { act: 'cut', messages: 1 } });             // the connection breaks inside a request
 *     server.misbehave({ on: 'appendRecords', how: { act: 'mute' } });                       // applied, not answered
 *     server.misbehave({ on: 'batchAppend', how: { act: 'timeout', applied: 50 } });         // no quorum; in the log 50 ms later
 *     server.misbehave({ on: 'batchAppend', how: { act: 'answerTwice' } });
 *     server.misbehave({ on: 'subscribe', how: { act: 'duplicate', after: 3 } });            // the 3rd event comes twice
 *     server.misbehave({ on: 'subscribe', how: { act: 'end', after: 3 } });                  // a clean end; also 'drop', 'stall', 'fail' with a code
 *     server.misbehave({ on: 'readAll', how: { act: 'slow', ms: 5 } });
 *     server.heal();                                                   // forgets the rules that are left
 *
 *     server.dropConnections();                                        // all of them, at once
 *     await server.stop();                                             // nothing listens; the log stays
 *     await server.restart();                                          // on the same port
 *     server.log.append({ targets: […], events: […] });                // as another writer would
 *     server.events();                                                 // all that is stored, in order: the oracle
 *     server.calls.batchAppend;                                        // how many calls of a kind have come
 *     await server.stop();                                             // at the end; and `await client.dispose()`
 *
 * Each kind of call and what can befall it: faults.ts. What an append is allowed to do: log.ts. Several nodes over one log: cluster.ts.
 * Absent: TLS, users, persistent subscriptions, projections, deletion of streams, HTTP.
 */
import { createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import { once } from 'node:events';
import { Server, ServerCredentials, type ConnectionInjector } from '@grpc/grpc-js';
import { GossipService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/gossip_grpc_pb';
import { ServerFeaturesService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb';
import { StreamsService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb';
import { StreamsServiceService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_grpc_pb';
import { append, appendRecords, appendSession, batchAppend } from './appends';
import { Script, type CallKind, type Endpoint, type Refusal, type Rule } from './faults';
import { features, gossip, type Feature, type Member } from './information';
import { LoopbackLog, type Stored } from './log';
import type { Node } from './node';
import { read } from './reads';

export interface LoopbackOptions {
  /** What GetSupportedMethods names beside the first protocol's calls; all of it, when not said. */
  readonly features?: readonly Feature[];
  /** A log of another server, to share. */
  readonly log?: LoopbackLog;
  /** What a member of a cluster knows of the others; alone, a server is the leader. */
  readonly members?: () => readonly Member[];
}

export class LoopbackServer implements Node {
  readonly log: LoopbackLog;
  readonly script = new Script();
  readonly #features: readonly Feature[];
  readonly batches = new Set<object>();
  readonly #members: () => readonly Member[];
  readonly #sockets = new Map<string, Socket>();
  #listener: Listener | undefined;
  #port = 0;

  static async start(options: LoopbackOptions = {}): Promise<LoopbackServer> {
    const server = new LoopbackServer(options);
    await server.restart();
    return server;
  }

  private constructor({ features, log, members }: LoopbackOptions) {
    this.log = log ?? new LoopbackLog();
    this.#features = features ?? ['batchAppend', 'multiStreamAppend', 'appendRecords'];
    this.#members = members ?? (() => [{ endpoint: this.endpoint, leader: true, alive: true }]);
  }

  get endpoint(): Endpoint {
    return { address: '127.0.0.1', port: this.#port };
  }

  /** With a short interval of discovery, for which the client's reads wait even at their first connection: half a second when not said. */
  get url(): string {
    return `kurrentdb://127.0.0.1:${this.#port}?tls=false&discoveryInterval=1`;
  }

  get calls(): Readonly<Record<CallKind, number>> {
    return this.script.calls;
  }

  /** Whether the port is open. */
  get up(): boolean {
    return this.#listener !== undefined;
  }

  misbehave(rule: Rule): void {
    this.script.add(rule);
  }

  heal(): void {
    this.script.clear();
  }

  events(): readonly Stored[] {
    return [...this.log.events];
  }

  /** Opens the port again, the same one. */
  async restart(): Promise<void> {
    if (this.#listener) return;
    const grpc = new Server({ 'grpc.max_receive_message_length': -1 });
    grpc.addService(StreamsService, {
      append: append(this),
      batchAppend: batchAppend(this),
      read: read(this),
    });
    grpc.addService(StreamsServiceService, { appendSession: appendSession(this), appendRecords: appendRecords(this) });
    grpc.addService(GossipService, { read: gossip(this, this.#members) });
    grpc.addService(ServerFeaturesService, { getSupportedMethods: features(this, this.#features) });
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = createServer((socket) => this.#accept(socket, injector));
    this.#listener.once('close', () => grpc.forceShutdown());
    this.#listener.listen(this.#port, '127.0.0.1');
    await once(this.#listener, 'listening');
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Closes the port and breaks all connections. */
  async stop(): Promise<void> {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    const closed = once(listener, 'close');
    listener.close();
    this.dropConnections();
    await closed;
  }

  dropConnections(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  drop(peer: string): void {
    this.#sockets.get(peer)?.destroy();
  }

  refusal(requiresLeader: boolean): Refusal | undefined {
    const leader = this.#members().find((member) => member.leader && member.alive);
    if (!leader) return { act: 'notReady' };
    const itself = leader.endpoint.port === this.#port;
    return itself || !requiresLeader ? undefined : { act: 'notLeader', leader: leader.endpoint };
  }

  #accept(socket: Socket, injector: ConnectionInjector): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#sockets.set(peer, socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(peer));
    injector.injectConnection(socket);
  }
}
