/**
 * A scenario read against a fund: every decimal checked, mandates patched, schedule and models prepared. Invariant: what is accepted can be replayed; whatever cannot be meant is
 * refused by field, value and rule before any work. Deliberately absent: replaying (replay.ts).
 */
import { fitTo, parseDecimal } from '../../domain/decimal';
import type { Terms } from '../../domain/facts';
import { readSchedule, type Rule } from '../../domain/fee-rules';
import { type FeeKind, RATE_SCALE } from '../../domain/fee-schedule';
import { reject } from '../../domain/fields';
import { type MandateData, readLeverage, readMandate } from '../../domain/mandate';
import { RefusalError, type Refusal } from '../../domain/refusal';
import type { MandateInForce } from '../../domain/resets';
import { readSlippage, type Slippage } from '../../domain/slippage';
import type { View } from '../view';
import type { MandatePatch, ScenarioData } from './scenario-data';

export interface Scenario {
  readonly data: ScenarioData;
  /** The mandate is run again; else recorded quantities stand. */
  readonly decides: boolean;
  /** The fund's, with the scenario's target leverage. */
  readonly terms: Terms;
  readonly mandates: readonly MandateInForce[];
  /** The scenario's schedule; undefined: charges stay as recorded. */
  readonly rules: readonly Rule[] | undefined;
  /** Whether recorded charges of a kind are left out. */
  readonly replaces: (kind: FeeKind) => boolean;
  /** Undefined: as recorded, for decided trades as adopted. */
  readonly slippage: Slippage | undefined;
  /** A rate in units of 10^-18. */
  readonly funding: 'recorded' | 'none' | bigint;
}

/** Throws nothing: what is wrong is the answer. */
export function readScenario(data: ScenarioData, view: View): Scenario | Refusal {
  try {
    return read(data, view);
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw error;
  }
}

const NO_SLIPPAGE = readSlippage({ model: 'none' });

function read(data: ScenarioData, view: View): Scenario {
  const { portfolio, rates } = view;
  const decides = data.mode === 're-decide';
  for (const field of ['mandate', 'targetLeverage'] as const) {
    if (!decides && data[field] !== undefined)
      reject('InvalidField', 'goes with mode re-decide: a restatement keeps the recorded quantities', {
        field: `/${field}`,
        value: data[field],
      });
  }
  const targetLeverage =
    data.targetLeverage === undefined ? portfolio.terms.targetLeverage : readLeverage(data.targetLeverage, '/targetLeverage');
  const terms = { ...portfolio.terms, targetLeverage };
  const { feeSchedule } = data;
  const rules =
    feeSchedule === undefined ? undefined : feeSchedule === null ? [] : readSchedule(feeSchedule, terms.currencyScale, '/feeSchedule');
  for (const { floating, index } of rules ?? []) {
    if (floating !== undefined && !rates.isRate(floating))
      reject('UnknownInstrument', 'must be a listed instrument of kind rate', {
        field: `/feeSchedule/rules/${index}/rate/instrument`,
        value: floating,
      });
  }
  const kinds = new Set<FeeKind>(rules?.map(({ kind }) => kind));
  return {
    data,
    decides,
    terms,
    mandates: mandatesOf(data.mandate, portfolio.mandates, targetLeverage),
    rules,
    replaces: (kind) => feeSchedule === null || kinds.has(kind),
    slippage: slippageOf(data.slippage),
    funding: fundingOf(data.funding),
  };
}

function slippageOf(model: ScenarioData['slippage']): Slippage | undefined {
  if (model === null) return NO_SLIPPAGE;
  return model === undefined || model.model === 'recorded' ? undefined : readSlippage(model, '/slippage');
}

function fundingOf(model: ScenarioData['funding']): Scenario['funding'] {
  if (model === null) return 'none';
  if (model === undefined) return 'recorded';
  const given = model as { readonly model: string; readonly rate?: string };
  if (given.model !== 'fixed') {
    if (given.rate !== undefined)
      reject('UnknownField', `the model ${given.model} has no such field`, { field: '/funding/rate', value: given.rate });
    return model.model as 'recorded' | 'none';
  }
  const value = parseDecimal(given.rate);
  const rate = value && fitTo(value, RATE_SCALE);
  if (rate === undefined)
    reject('InvalidField', 'must be a decimal with at most 18 decimals', { field: '/funding/rate', value: given.rate ?? null });
  return rate;
}

/** A patch changes every mandate of the history; where there is none, it is one from the beginning. */
function mandatesOf(
  patch: ScenarioData['mandate'],
  recorded: readonly MandateInForce[],
  targetLeverage: bigint,
): readonly MandateInForce[] {
  if (patch === null) return [];
  const before = -(1n << 63n);
  const bases = recorded.length === 0 && patch ? [{ at: before, position: -1, mandate: undefined }] : recorded;
  return bases.map(({ at, position, mandate }) => ({
    at,
    position,
    mandate: readMandate(patch ? patched(mandate?.data, patch) : mandate!.data, targetLeverage),
  }));
}

function patched(base: MandateData | undefined, { resets, band, sizing, maxStep, maxPriceAge }: MandatePatch): MandateData {
  const parts = {
    resets: merged('resets', base?.resets, resets, ['cron', 'zone']),
    band: merged('band', base?.band, band, ['lower', 'upper']),
    maxStep: maxStep === null ? undefined : (maxStep ?? base?.maxStep),
    maxPriceAge: maxPriceAge === null ? undefined : (maxPriceAge ?? base?.maxPriceAge),
  };
  return {
    sizing: sizing ?? base?.sizing ?? 'exact',
    ...(Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<MandateData>),
  };
}

function merged<K extends string>(
  field: string,
  base: Readonly<Record<K, string>> | undefined,
  patch: Readonly<Partial<Record<K, string>>> | null | undefined,
  keys: readonly K[],
): Readonly<Record<K, string>> | undefined {
  if (patch === null) return undefined;
  if (patch === undefined) return base;
  const whole = { ...base, ...patch } as Record<K, string>;
  for (const key of keys)
    if (whole[key] === undefined)
      reject('InvalidField', 'must be given: the mandate has none', { field: `/mandate/${field}/${key}`, value: null });
  return whole;
}
