/**
 * One fund for given/when/then tests: commands go through the real decisions and what they record is folded, as a ledger would, without store or
 * clock. Times are days of January 2024 unless they are written out.
 */
import type { PortfolioCommand, PortfolioCommands } from '../../libs/domain/commands';
import { decidePortfolio } from '../../libs/domain/decide-portfolio';
import { fixed } from '../../libs/domain/decimal';
import { instant } from '../../libs/domain/instant';
import { Portfolio } from '../../libs/domain/portfolio';
import type { PortfolioEvent } from '../../libs/domain/portfolio-events';
import type { Listing } from '../../libs/domain/price-stream';
import type { Rates } from '../../libs/domain/price-view';
import { isRefusal, type Refusal } from '../../libs/domain/refusal';
import { Ending } from '../../libs/domain/valuation';
import type { View } from '../../libs/projections/view';
import { NaivePrices } from './naive-prices';

export const CLOCK = { now: instant('2024-02-01T00:00:00Z'), allowedSkew: 300_000_000_000n };

const LISTING: Listing = { instrumentId: 'coin', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 3 };
const OPENING = {
  portfolioId: 'fund',
  name: 'Fund',
  quoteCurrency: 'USD',
  currencyScale: 2,
  unitScale: 2,
  instrumentId: 'coin',
  targetLeverage: '3',
  at: '2024-01-01T00:00:00Z',
};

/** Data of a command without the portfolio's id. */
type Data<K extends keyof PortfolioCommands> = Omit<PortfolioCommands[K], 'portfolioId'> & { readonly portfolioId?: string };

export class Fund {
  readonly prices = new NaivePrices();
  readonly listing: Listing;
  portfolio: Portfolio | undefined;
  /** Of the one rate "fed-funds". */
  private readonly rateTicks: { readonly at: bigint; readonly rate: bigint }[] = [];
  readonly rates: Rates = {
    isRate: (id) => id === 'fed-funds',
    at: (id, t) => (id === 'fed-funds' ? this.rateTicks.filter(({ at }) => at <= t).at(-1)?.rate : undefined),
  };
  private events = 0;

  constructor(listing: Partial<Listing> = {}, opening: Partial<typeof OPENING> | 'not opened' = {}) {
    this.listing = { ...LISTING, ...listing };
    if (opening !== 'not opened') this.given('OpenPortfolio', { ...OPENING, ...opening });
  }

  tick(at: string, price: string): this {
    this.prices.tick(instant(at), fixed(price, this.listing.priceScale), this.events++);
    return this;
  }

  /** A tick of the rate, in order of time. */
  rate(at: string, rate: string): this {
    this.rateTicks.push({ at: instant(at), rate: fixed(rate, 18) });
    return this;
  }

  /** Records a command that must be accepted. */
  given<K extends keyof PortfolioCommands>(name: K, data: Data<K>): this {
    const decided = this.when(name, data);
    if (isRefusal(decided)) throw new Error(`${name}: ${JSON.stringify(decided)}`);
    return this;
  }

  /** Decides a command; what it records is folded. Event ids are "event-" and the log position. */
  when<K extends keyof PortfolioCommands>(name: K, data: Data<K>): PortfolioEvent[] | Refusal {
    const { portfolio, listing } = this;
    const prices = this.prices.view(this.events);
    const command = { name, data: { portfolioId: 'fund', ...data } } as unknown as PortfolioCommand;
    const decided = decidePortfolio({ portfolio, listing, prices, rates: this.rates }, command, CLOCK, () => undefined);
    if (isRefusal(decided)) return decided;
    for (const event of decided) {
      const position = this.events++;
      if (event.type === 'PortfolioOpened') this.portfolio = new Portfolio(event, listing, `event-${position}`);
      else this.portfolio!.apply(event, `event-${position}`, position);
    }
    return decided;
  }

  /** Event id of what was recorded last. */
  get lastId(): string {
    return `event-${this.events - 1}`;
  }

  view(): View & { readonly portfolio: Portfolio } {
    const portfolio = this.portfolio!;
    const prices = this.prices.view(this.events);
    const ending = new Ending(portfolio.terms, portfolio.timeline, () => prices);
    return { portfolio, prices, rates: this.rates, ending, logPosition: this.events - 1, knownAt: CLOCK.now };
  }
}

/** A fill of "coin". */
export function fill(
  fillId: string,
  side: 'buy' | 'sell',
  quantity: string,
  price: string,
  more: { fee?: string; feeCurrency?: string; instrumentId?: string } = {},
) {
  return { fillId, instrumentId: 'coin', side, quantity, price, ...more };
}
