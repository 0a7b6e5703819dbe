/** Names of streams: lower-case, one per instrument and portfolio. */
import type { Command } from '../domain/commands';

const PRICE = 'price-';
const PORTFOLIO = 'portfolio-';

export function priceStream(instrumentId: string): string {
  return PRICE + instrumentId.toLowerCase();
}

export function portfolioStream(portfolioId: string): string {
  return PORTFOLIO + portfolioId.toLowerCase();
}

export function isPriceStream(stream: string): boolean {
  return stream.startsWith(PRICE);
}

export function isPortfolioStream(stream: string): boolean {
  return stream.startsWith(PORTFOLIO);
}

export function streamOf(command: Command): string {
  return 'portfolioId' in command.data ? portfolioStream(command.data.portfolioId) : priceStream(command.data.instrumentId);
}
