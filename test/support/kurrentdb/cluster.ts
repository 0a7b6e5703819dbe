/**
 * Several loopback servers over one log, of which one is the leader. What the leader takes the others have at once: there is no lag and no quorum,
 * and no election but by command. While the leader is down every node says that it is not ready.
 *
 *     const cluster = await LoopbackCluster.start(3);
 *     const client = KurrentDBClient.connectionString(cluster.url);   // finds the leader by gossip
 *     cluster.nodes[0]!.misbehave({ … });                             // each node has a script and counters of its own
 *     cluster.elect(1);                                               // node 0 is a follower from now on
 *     await cluster.nodes[1]!.stop();                                 // the leader is gone …
 *     cluster.elect(2);                                               // … until another is elected
 *     await cluster.stop();
 */
import { LoopbackLog, type Stored } from './log';
import { LoopbackServer, type LoopbackOptions } from './loopback';

export class LoopbackCluster {
  readonly nodes: LoopbackServer[] = [];
  readonly log = new LoopbackLog();
  #leader = 0;

  /** The first node leads. */
  static async start(size = 3, { features }: Pick<LoopbackOptions, 'features'> = {}): Promise<LoopbackCluster> {
    const cluster = new LoopbackCluster();
    const members = () => cluster.nodes.map((node) => ({ endpoint: node.endpoint, leader: node === cluster.leader, alive: node.up }));
    for (let i = 0; i < size; i += 1) {
      cluster.nodes.push(await LoopbackServer.start({ log: cluster.log, members, ...(features && { features }) }));
    }
    return cluster;
  }

  private constructor() {}

  get url(): string {
    return `kurrentdb://${this.nodes.map(({ endpoint }) => `${endpoint.address}:${endpoint.port}`).join(',')}?tls=false&discoveryInterval=10`;
  }

  get leader(): LoopbackServer {
    return this.nodes[this.#leader]!;
  }

  elect(index: number): void {
    this.#leader = index;
  }

  events(): readonly Stored[] {
    return [...this.log.events];
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
