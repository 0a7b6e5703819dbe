/** Random choices that a seed repeats. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 to below `n`. */
  below(n: number): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }

  /** From a to b, both included. */
  between(a: number, b: number): number {
    return a + this.below(b - a + 1);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Picks by weights. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries<number>(weights) as [T, number][];
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [item, weight] of entries) if ((left -= weight) < 0) return item;
    throw new Error('no weights');
  }
}

/** How many cases a random test tries: all of them with NAVLEDGER_FULL=1, else a tenth. */
export function cases(full: number): number {
  return process.env.NAVLEDGER_FULL === '1' ? full : Math.ceil(full / 10);
}

/** The seed of this run: NAVLEDGER_SEED, else new each time. Printed, so that a failure can be repeated. */
export function runSeed(name: string): number {
  const seed = process.env.NAVLEDGER_SEED === undefined ? Date.now() % 1_000_000_007 : Number(process.env.NAVLEDGER_SEED);
  process.stdout.write(`${name}: seed ${seed} (NAVLEDGER_SEED=${seed} repeats it)\n`);
  return seed;
}
