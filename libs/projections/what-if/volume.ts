/** Executed notional in a rolling window (t − window, t], asked in order of time. */
import type { Instant } from '../../domain/instant';
import type { Executed } from '../../domain/trade';

export class RollingVolume {
  private readonly fills: Executed[];
  private first = 0;
  private sum = 0n;

  /** `before`: what was executed up to the start, latest first. */
  constructor(
    private readonly window: bigint,
    before: readonly Executed[],
  ) {
    this.fills = [...before].reverse();
    for (const { notional } of this.fills) this.sum += notional;
  }

  at(t: Instant): bigint {
    for (; this.first < this.fills.length && this.fills[this.first]!.at <= t - this.window; this.first++)
      this.sum -= this.fills[this.first]!.notional;
    return this.sum;
  }

  add(at: Instant, notional: bigint): void {
    this.fills.push({ at, notional });
    this.sum += notional;
  }
}
