/**
 * Portfolios as they were known at earlier positions of the log. A fund whose facts were all known then is shared with the present, and only the prices are
 * those known then; any other is folded from the log. The last few are kept at hand.
 */
import type { Instant } from '../domain/instant';
import { Ending } from '../domain/valuation';
import type { View } from '../projections/view';
import { type FundEntry, type InstrumentEntry, ratesOf } from './entries';

/** What past views are made from. */
interface Source {
  readonly funds: ReadonlyMap<string, FundEntry>;
  instrument(instrumentId: string): InstrumentEntry | undefined;
  fold(stream: string, through: number): Promise<FundEntry | undefined>;
}

const KEPT = 64;

export class PastViews {
  private readonly views = new Map<string, View>();

  constructor(private readonly source: Source) {}

  /** The portfolio of a stream as known at a log position; undefined when it was not open yet. */
  async view(stream: string, logPosition: number, knownAt: Instant): Promise<View | undefined> {
    const key = `${stream}@${logPosition}`;
    let view = this.views.get(key);
    if (!view) {
      const latest = this.source.funds.get(stream);
      const entry = latest && latest.lastPosition <= logPosition ? latest : await this.source.fold(stream, logPosition);
      if (!entry) return undefined;
      const { terms, timeline } = entry.fund;
      const prices = this.source.instrument(terms.instrumentId)!.tape.view(logPosition);
      const rates = ratesOf(this.source, logPosition);
      view = { portfolio: entry.fund, prices, rates, ending: new Ending(terms, timeline, () => prices), logPosition, knownAt };
      this.views.set(key, view);
      if (this.views.size > KEPT) this.views.delete(this.views.keys().next().value!);
    }
    return { ...view, knownAt };
  }

  /** Drops the views of a stream whose fund changes: they may share it. */
  forget(stream: string): void {
    for (const key of this.views.keys()) if (key.startsWith(`${stream}@`)) this.views.delete(key);
  }
}
