/**
 * What befalls the servers of a random run: faults of calls by rules, broken connections, nodes that go down and come back, other leaders. Invariant: once {@link Trouble.end} has
 * resolved, all nodes are up, no rule is left, and everything that was to be applied later has been. Deliberately absent: what stores make of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LoopbackCluster } from '../kurrentdb/cluster';
import type { AppendFault, CommonFault, ReadFault, Rule } from '../kurrentdb/faults';
import type { LoopbackLog } from '../kurrentdb/log';
import { type LoopbackOptions, LoopbackServer } from '../kurrentdb/loopback';
import type { Random } from '../random';

/** The latest that a server applies or answers something, after it was asked. */
const LATEST = 90;

export class Trouble {
  private constructor(
    private readonly random: Random,
    readonly url: string,
    readonly nodes: readonly LoopbackServer[],
    private readonly cluster?: LoopbackCluster,
  ) {}

  /** One server, now and then three; now and then of an older version. */
  static async start(random: Random): Promise<Trouble> {
    const older: LoopbackOptions = random.oneIn(4) ? { features: ['batchAppend', 'multiStreamAppend'] } : {};
    if (!random.oneIn(4)) {
      const server = await LoopbackServer.start(older);
      return new Trouble(random, server.url, [server]);
    }
    const cluster = await LoopbackCluster.start(3, older);
    return new Trouble(random, cluster.url, cluster.nodes, cluster);
  }

  get log(): LoopbackLog {
    return this.nodes[0]!.log;
  }

  /** One thing that goes wrong; resolves when the next may follow. */
  async next(): Promise<void> {
    const { random, cluster } = this;
    const node = random.pick(this.nodes);
    switch (random.weighted({ rule: 14, connections: 2, down: 1, elect: cluster ? 4 : 0, heal: 1 })) {
      case 'rule':
        (cluster?.leader ?? node).misbehave(this.rule());
        break;
      case 'connections':
        node.dropConnections();
        break;
      case 'down':
        await node.stop();
        await sleep(random.between(5, 50));
        await node.restart();
        break;
      case 'elect':
        cluster!.elect(random.below(this.nodes.length));
        break;
      case 'heal':
        node.heal();
    }
    await sleep(random.between(5, 60));
  }

  async end(): Promise<void> {
    for (const node of this.nodes) {
      node.heal();
      await node.restart();
    }
    await sleep(LATEST + 20);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private rule(): Rule {
    const { random } = this;
    const when = { skip: random.below(3), times: random.oneIn(4) ? random.between(2, 4) : 1 };
    switch (random.weighted({ batchAppend: 8, several: 6, subscribe: 5, read: 1, readAll: 1, features: 1, gossip: 1 })) {
      case 'batchAppend':
        return { on: 'batchAppend', how: random.oneIn(8) ? { act: 'answerTwice' } : this.append(), ...when };
      case 'several':
        return { on: random.oneIn(4) ? 'multiStreamAppend' : 'appendRecords', how: this.append(), ...when };
      case 'subscribe':
        return { on: 'subscribe', how: this.read(3), ...when };
      case 'read':
        return { on: 'read', how: this.read(0), ...when };
      case 'readAll':
        return { on: 'readAll', how: this.read(0), ...when };
      case 'features':
        return { on: 'features', how: this.common(), ...when };
      case 'gossip':
        return { on: 'gossip', how: this.common(), ...when };
    }
  }

  private append(): AppendFault {
    const { random } = this;
    switch (random.weighted({ common: 6, drop: 4, cut: 1, mute: 3, timeout: 5 })) {
      case 'common':
        return this.common();
      case 'drop':
        return { act: 'drop', applied: random.oneIn(2) };
      case 'cut':
        return { act: 'cut', messages: 1 };
      case 'mute':
        return { act: 'mute' };
      case 'timeout':
        return random.oneIn(4) ? { act: 'timeout' } : { act: 'timeout', applied: random.below(LATEST) };
    }
  }

  /** `end`: how often it ends before its time as if all were well, which no server does to a read that is no subscription. */
  private read(end: number): ReadFault {
    const { random } = this;
    const after = random.below(12);
    switch (random.weighted({ common: 2, drop: 2, end, fail: 2, stall: 3, duplicate: 3, slow: 1 })) {
      case 'common':
        return this.common();
      case 'drop':
        return { act: 'drop', after };
      case 'end':
        return { act: 'end', after };
      case 'fail':
        return { act: 'fail', after, code: random.pick([1, 13, 14]) };
      case 'stall':
        return { act: 'stall', after };
      case 'duplicate':
        return { act: 'duplicate', after: after + 1 };
      case 'slow':
        return { act: 'slow', ms: 3 };
    }
  }

  private common(): CommonFault {
    const { random } = this;
    switch (random.weighted({ never: 2, late: 2, notReady: 2, busy: 1, notLeader: 2, status: 1 })) {
      case 'never':
        return { act: 'never' };
      case 'late':
        return { act: 'late', until: random.below(LATEST) };
      case 'notReady':
        return { act: 'notReady' };
      case 'busy':
        return { act: 'busy' };
      case 'notLeader':
        return { act: 'notLeader', leader: random.pick(this.nodes).endpoint };
      case 'status':
        return { act: 'status', code: random.pick([2, 10, 13, 14]) };
    }
  }
}
