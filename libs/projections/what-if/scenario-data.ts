/**
 * Scenarios and sweeps as scripts write them. What is left out, at any level, stays as recorded; null removes it. Shapes only: reading one is scenario.ts, the grid of a
 * sweep sweep.ts.
 */
import type { FeeSchedule, SlippageModel } from '../../domain/fee-schedule';
import type { MandateData } from '../../domain/mandate';

export interface ScenarioData {
  readonly mode: 'restate' | 're-decide';
  readonly feeSchedule?: FeeSchedule | null;
  readonly slippage?: SlippageModel | { readonly model: 'recorded' } | null;
  readonly funding?: { readonly model: 'recorded' | 'none' } | { readonly model: 'fixed'; readonly rate: string } | null;
  readonly mandate?: MandatePatch | null;
  readonly targetLeverage?: string;
}

/** Fields of a mandate; `resets` and `band` field by field. */
export interface MandatePatch {
  readonly resets?: { readonly cron?: string; readonly zone?: string } | null;
  readonly band?: { readonly lower?: string; readonly upper?: string } | null;
  readonly sizing?: MandateData['sizing'];
  readonly maxStep?: string | null;
  readonly maxPriceAge?: string | null;
}

/** Every combination of the values of `vary`, put into `base` at their paths such as `feeSchedule.rules[0].rate.value`. */
export interface SweepData {
  readonly base: ScenarioData;
  readonly vary: Readonly<Record<string, readonly unknown[]>>;
}

/** Most scenarios of one sweep. */
export const MAX_POINTS = 10_000;
