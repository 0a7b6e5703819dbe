/** The frontier of a fund's policies: shapes checked, the portfolio as known. */
import type { Instant } from '../domain/instant';
import type { Refusal } from '../domain/refusal';
import { frontier, type FrontierAnswer, type Policy } from '../projections/what-if/frontier';
import type { ScenarioData } from '../projections/what-if/scenario-data';
import type { Window } from '../projections/what-if/what-if';
import type { Ledger } from './ledger';
import { checkScenario } from './scenario-shapes';

/** `base`: a scenario whose resets and band are left to the policies. `most`: a tracking error, fixed point. */
export async function askFrontier(
  ledger: Ledger,
  portfolioId: string,
  base: unknown,
  policies: readonly Policy[],
  window: Window,
  most: bigint | undefined,
  knownAt?: Instant,
): Promise<FrontierAnswer | Refusal> {
  return (
    checkScenario(base) ?? ledger.askAbout(portfolioId, knownAt, (view) => frontier(view, base as ScenarioData, policies, window, most))
  );
}
