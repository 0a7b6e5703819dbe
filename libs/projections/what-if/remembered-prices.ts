/** Prices that remember what they answered: the scenarios of a sweep ask for the same instants, and for the same stretches of time that hold no tick outside of their bounds. */
import type { Instant } from '../../domain/instant';
import type { PriceView, Tick } from '../../domain/price-view';

export class RememberedPrices implements PriceView {
  private readonly marks = new Map<Instant, Tick | undefined>();
  private readonly nexts = new Map<Instant, Tick | undefined>();
  /** By their beginning, stretches that were searched in vain. */
  private readonly insides = new Map<Instant, Inside>();

  constructor(private readonly prices: PriceView) {}

  at(t: Instant): Tick | undefined {
    let tick = this.marks.get(t);
    if (tick === undefined && !this.marks.has(t)) remember(this.marks, t, (tick = this.prices.at(t)));
    return tick;
  }

  next(t: Instant): Tick | undefined {
    let tick = this.nexts.get(t);
    if (tick === undefined && !this.nexts.has(t)) remember(this.nexts, t, (tick = this.prices.next(t)));
    return tick;
  }

  firstOutside(after: Instant, until: Instant, low: bigint | undefined, high: bigint | undefined): Tick | undefined {
    const known = this.insides.get(after);
    if (known && known.until === until && isInside(known, low, high)) return undefined;
    const found = this.prices.firstOutside(after, until, low, high);
    if (!found) remember(this.insides, after, { until, low, high });
    return found;
  }
}

/** Most answers of a kind: sweeps may ask for the instants of many band exits, which nobody else asks for. */
const KEPT = 500_000;

function remember<V>(answers: Map<Instant, V>, t: Instant, value: V): void {
  if (answers.size < KEPT || answers.has(t)) answers.set(t, value);
}

/** No tick up to `until` is below `low` or above `high`; undefined bounds say nothing. */
interface Inside {
  readonly until: Instant;
  readonly low: bigint | undefined;
  readonly high: bigint | undefined;
}

/** Whether what is inside of the known bounds is inside of these. */
function isInside(known: Inside, low: bigint | undefined, high: bigint | undefined): boolean {
  const above = low === undefined || (known.low !== undefined && known.low >= low);
  return above && (high === undefined || (known.high !== undefined && known.high <= high));
}
