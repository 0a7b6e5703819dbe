/**
 * The calls of a random run: commands of one event or some, now and then of many, alone or several in a call, and everything that was asked with them. Invariant: the bytes of every version of a command
 * name the call that they are of, so that the log tells whose they are. Deliberately absent: judging the answers.
 */
import type { AppendRequest, AppendResult } from '../../../libs/store/port';
import { digestOf, event, id } from '../events';
import type { Random } from '../random';

export const STREAMS = ['a', 'b', 'c'] as const;

/** A call as it was given to a store once; the same bytes may be given again. */
export interface Attempt {
  readonly requests: readonly AppendRequest[];
  /** Heads of the server's streams when it was called, and when it was answered. */
  readonly before: ReadonlyMap<string, number>;
  after: ReadonlyMap<string, number>;
  /** The answer or what was thrown; undefined when the process was killed before. */
  outcome: AppendResult[] | Error | undefined;
  /** Whether positions may be wrong, because events were withheld from the store. */
  readonly deprived: () => boolean;
}

interface Part {
  readonly stream: string;
  readonly name: string;
  readonly count: number;
}

/** Commands that are asked for together, in whatever versions. */
export interface Idea {
  readonly parts: readonly Part[];
  readonly calls: (readonly AppendRequest[])[];
}

/** `other`: what the commands say is another thing; `large`: more than a store takes. */
export type Kind = 'other' | 'large';

export class Book {
  readonly ideas: Idea[] = [];
  readonly attempts: Attempt[] = [];
  private calls = 0;

  constructor(readonly prefix: string) {}

  /** So many commands, for any streams or for one. */
  idea(random: Random, commands: number, stream?: string): Idea {
    const parts = Array.from({ length: commands }, (_, i) => ({
      stream: stream ?? random.pick(STREAMS),
      name: `${this.prefix} ${this.ideas.length} ${i}`,
      count: random.oneIn(12) ? random.between(16, 24) : random.oneIn(3) ? random.between(2, 5) : 1,
    }));
    const idea = { parts, calls: [] };
    this.ideas.push(idea);
    return idea;
  }

  /** A new version with bytes of its own, behind the given heads. */
  version(random: Random, { parts, calls }: Idea, headOf: (stream: string) => number, kind?: Kind): readonly AppendRequest[] {
    const call = `${this.prefix} call ${this.calls++}`;
    const heads = new Map<string, number>();
    const requests = parts.map(({ stream, name, count }) => {
      const n = random.oneIn(10) ? random.between(1, 20) : count;
      const expectedRevision = heads.get(stream) ?? headOf(stream);
      heads.set(stream, expectedRevision + n);
      const events = Array.from({ length: n }, (_, i) =>
        event(`${name} ${i}`, {
          data: JSON.stringify({ call, i, text: kind === 'large' ? 'x'.repeat(1 << 20) : random.pick(['', 'ä€𝄞', 'x'.repeat(300)]) }),
          at: BigInt(this.calls),
        }),
      );
      return { stream, expectedRevision, commandId: id(name), digest: digestOf(kind === 'other' ? call : name), events };
    });
    calls.push(requests);
    return requests;
  }
}
