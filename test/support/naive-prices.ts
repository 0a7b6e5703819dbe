/**
 * The plainest price view: every tick in an array, every question answered by going through all of it. What the tick tape and the ledger's
 * fast paths are compared with; deliberately without any index, cache or clever step.
 */
import type { PriceView, Tick } from '../../libs/domain/price-view';

interface Correction {
  readonly at: bigint;
  readonly price: bigint;
  readonly position: number;
}

interface NaiveTick extends Correction {
  readonly source: string;
  readonly corrections: Correction[];
}

export class NaivePrices {
  private readonly ticks: NaiveTick[] = [];

  /** Positions (log positions) increase from call to call, over both methods. */
  tick(at: bigint, price: bigint, position: number, source = 'test'): void {
    this.ticks.push({ at, price, position, source, corrections: [] });
  }

  /** `original`: the position of a tick, or of an earlier correction of it. */
  correct(original: number, at: bigint, price: bigint, position: number): void {
    const tick = this.ticks.find((t) => t.position === original || t.corrections.some((c) => c.position === original));
    if (tick === undefined) throw new Error(`no tick at position ${original}`);
    tick.corrections.push({ at, price, position });
  }

  /** Prices from events with log position ≤ `knownPosition`. */
  view(knownPosition: number): PriceView {
    const known = this.ticks
      .filter((tick) => tick.position <= knownPosition)
      .map((tick) => {
        const standing = tick.corrections.filter((c) => c.position <= knownPosition).at(-1) ?? tick;
        return { at: standing.at, price: standing.price, position: tick.position };
      });
    // In log order, so that of several at one instant the last stays.
    const marks = new Map<bigint, bigint>();
    for (const tick of known.sort((a, b) => a.position - b.position)) marks.set(tick.at, tick.price);
    return new NaiveView([...marks].map(([at, price]) => ({ at, price })).sort((a, b) => (a.at < b.at ? -1 : 1)));
  }

  /** Prices of `source` that were recorded for the instant `at`, or stand there now by a correction. */
  recorded(at: bigint, source: string): bigint[] {
    const prices: bigint[] = [];
    for (const tick of this.ticks) {
      if (tick.source !== source) continue;
      if (tick.at === at) prices.push(tick.price);
      const last = tick.corrections.at(-1);
      if (last?.at === at) prices.push(last.price);
    }
    return prices;
  }
}

class NaiveView implements PriceView {
  constructor(private readonly ticks: readonly Tick[]) {}

  at(t: bigint): Tick | undefined {
    return this.ticks.filter((tick) => tick.at <= t).at(-1);
  }

  next(t: bigint): Tick | undefined {
    return this.ticks.find((tick) => tick.at > t);
  }

  firstOutside(after: bigint, until: bigint, low: bigint | undefined, high: bigint | undefined): Tick | undefined {
    return this.ticks.find(
      ({ at, price }) => at > after && at <= until && ((low !== undefined && price < low) || (high !== undefined && price > high)),
    );
  }
}
