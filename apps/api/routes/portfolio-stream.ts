/** The stream of a portfolio that a request names. */
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import type { Host } from '../../../libs/ledger/host';
import { portfolioStream } from '../../../libs/ledger/streams';

/** Throws RefusalError for a portfolio that is not open. */
export async function streamOfPortfolio(host: Host, portfolioId: string): Promise<string> {
  const found = await host.portfolio(portfolioId);
  if (isRefusal(found)) throw new RefusalError(found);
  return portfolioStream(portfolioId);
}
