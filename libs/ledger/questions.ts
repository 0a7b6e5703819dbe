/**
 * Questions that wait for their turn together and are answered together, in the order in which they were asked. Invariant: one turn is asked for at a time, and
 * answering many leaves the event loop free at least every {@link MAX_TURN}.
 */

/** Nanoseconds. */
const MAX_TURN = 10_000_000n;

export class Questions {
  private waiting: (() => Promise<void>)[] = [];

  /** `inTurn` runs the work once, and before it whatever the answers depend on; neither may fail. */
  constructor(private readonly inTurn: (work: () => Promise<void>) => Promise<void>) {}

  ask<T>(answer: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push(() => answer().then(resolve, reject));
      if (this.waiting.length === 1) void this.inTurn(() => this.answerAll());
    });
  }

  private async answerAll(): Promise<void> {
    let since = process.hrtime.bigint();
    for (const answer of this.waiting.splice(0)) {
      await answer();
      if (process.hrtime.bigint() - since < MAX_TURN) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = process.hrtime.bigint();
    }
  }
}
