/** Prices that remember what they answered: the scenarios of a sweep ask for the same instants. Deliberately absent: band exits, which differ from scenario to scenario. */
import type { Instant } from '../../domain/instant';
import type { PriceView, Tick } from '../../domain/price-view';

export class RememberedPrices implements PriceView {
  private readonly marks = new Map<Instant, Tick | undefined>();
  private readonly nexts = new Map<Instant, Tick | undefined>();

  constructor(private readonly prices: PriceView) {}

  at(t: Instant): Tick | undefined {
    let tick = this.marks.get(t);
    if (tick === undefined && !this.marks.has(t)) this.marks.set(t, (tick = this.prices.at(t)));
    return tick;
  }

  next(t: Instant): Tick | undefined {
    let tick = this.nexts.get(t);
    if (tick === undefined && !this.nexts.has(t)) this.nexts.set(t, (tick = this.prices.next(t)));
    return tick;
  }

  firstOutside(after: Instant, until: Instant, low: bigint | undefined, high: bigint | undefined): Tick | undefined {
    return this.prices.firstOutside(after, until, low, high);
  }
}
