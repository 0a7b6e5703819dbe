/**
 * What a window has whatever is traded and charged in it: the resets that count, the tracking periods, the mandate's own ideal path, the index's returns. Each is found when first asked
 * for and then kept, so that scenarios which differ in none of it share it.
 */
import type { Terms } from '../domain/facts';
import type { Instant } from '../domain/instant';
import type { PriceView } from '../domain/price-view';
import { countedResets, type MandateInForce, MIDNIGHT_UTC } from '../domain/resets';
import { type Ideal, idealPath } from './benchmarks';
import { type IndexPath, indexPath } from './tracking';

export class Costless {
  private found: { resets?: readonly Instant[]; ends?: readonly Instant[]; ideal?: Ideal; index?: IndexPath } = {};

  constructor(
    private readonly fund: { readonly terms: Pick<Terms, 'targetLeverage'>; readonly mandates: readonly MandateInForce[] },
    private readonly prices: PriceView,
    private readonly from: Instant,
    private readonly to: Instant,
  ) {}

  /** The scheduled resets in (from, to] that count. */
  get resets(): readonly Instant[] {
    return (this.found.resets ??= [...countedResets(this.fund.mandates, this.prices, this.from, this.to)]);
  }

  /** The ends of the tracking periods in (from, to]: resets that count (midnights UTC where there is no schedule), and `to`. */
  get ends(): readonly Instant[] {
    if (!this.found.ends) {
      const ends = [...countedResets(this.fund.mandates, this.prices, this.from, this.to, MIDNIGHT_UTC)];
      if (ends.at(-1) !== this.to) ends.push(this.to);
      this.found.ends = ends;
    }
    return this.found.ends;
  }

  /** Of 1 at `from`. There must be a price. */
  get ideal(): Ideal {
    const { terms, mandates } = this.fund;
    return (this.found.ideal ??= idealPath(terms.targetLeverage, mandates, this.resets, this.prices, this.from, this.to));
  }

  /** The index over the tracking periods. There must be a price at `from`. */
  get index(): IndexPath {
    const marks = (): bigint[] => [this.from, ...this.ends].map((t) => this.prices.at(t)!.price);
    return (this.found.index ??= indexPath(this.fund.terms.targetLeverage, marks()));
  }
}
