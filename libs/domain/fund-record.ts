/**
 * The facts of a portfolio that are in force, as questions need them: state rows in their order, mandates, schedules and the times of charges. Facts
 * stand here or are withdrawn again; which ones is decided by whoever reads the stream (portfolio.ts).
 */
import { factOf, type Terms } from './facts';
import { readSchedule, type Rule } from './fee-rules';
import type { FeeSchedule } from './fee-schedule';
import { instant, type Instant } from './instant';
import { readMandate } from './mandate';
import type { CorrectableEvent } from './portfolio-events';
import type { MandateInForce } from './resets';
import { readSlippage, type Slippage } from './slippage';
import { type Rows, Timeline } from './timeline';

export interface AdoptedMandate extends MandateInForce {
  readonly version: string;
}

export interface AdoptedSchedule {
  readonly at: Instant;
  readonly position: number;
  readonly schedule: FeeSchedule;
  readonly rules: readonly Rule[];
}

export interface AdoptedSlippage {
  readonly at: Instant;
  readonly position: number;
  readonly slippage: Slippage;
}

export class FundRecord {
  readonly timeline: Timeline;
  /** In order of (effective time, log position), as are the schedules and slippage models. */
  readonly mandates: AdoptedMandate[] = [];
  readonly schedules: AdoptedSchedule[] = [];
  readonly slippageModels: AdoptedSlippage[] = [];
  /** Effective times of the live charges of each rule ({@link ruleKey}), ascending. */
  readonly charges = new Map<string, Instant[]>();

  /** `rows`: those that stand already, kept elsewhere. */
  constructor(
    readonly terms: Terms,
    rows?: Rows,
  ) {
    this.timeline = new Timeline(terms, rows);
  }

  /** Lets a fact stand at the place of the event first recorded at `position`. */
  stand(event: CorrectableEvent, position: number): void {
    const at = instant(event.data.at);
    if (event.type === 'MandateAdopted') {
      const { mandate, version } = event.data;
      insertOrdered(this.mandates, { at, position, version, mandate: readMandate(mandate, this.terms.targetLeverage) });
    } else if (event.type === 'FeeScheduleAdopted') {
      const { schedule } = event.data;
      insertOrdered(this.schedules, { at, position, schedule, rules: readSchedule(schedule, this.terms.currencyScale) });
    } else if (event.type === 'SlippageModelAdopted') {
      insertOrdered(this.slippageModels, { at, position, slippage: readSlippage(event.data.model) });
    } else if (event.type === 'FeeCharged' && event.data.schedule) {
      const { id, version, rule } = event.data.schedule;
      const key = ruleKey(id, version, rule);
      const times = this.charges.get(key) ?? [];
      times.push(at);
      if (times.length > 1 && times[times.length - 2]! > at) times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      this.charges.set(key, times);
    }
    const fact = factOf(this.terms, event);
    if (fact) this.timeline.insert({ at, position, fact });
  }

  /** Takes out a fact that stands. */
  withdraw(event: CorrectableEvent, position: number): void {
    const at = instant(event.data.at);
    if (event.type === 'MandateAdopted') removeAt(this.mandates, position);
    else if (event.type === 'FeeScheduleAdopted') removeAt(this.schedules, position);
    else if (event.type === 'SlippageModelAdopted') removeAt(this.slippageModels, position);
    else if (event.type === 'FeeCharged' && event.data.schedule) {
      const { id, version, rule } = event.data.schedule;
      const times = this.charges.get(ruleKey(id, version, rule))!;
      times.splice(times.indexOf(at), 1);
    }
    this.timeline.remove(at, position);
  }
}

/** Names a rule of a schedule in {@link FundRecord.charges}. */
export function ruleKey(id: string, version: string, rule: number): string {
  return `${id}/${version}/${rule}`;
}

function insertOrdered<T extends { readonly at: Instant; readonly position: number }>(list: T[], item: T): void {
  let index = list.length;
  while (index > 0 && (list[index - 1]!.at > item.at || (list[index - 1]!.at === item.at && list[index - 1]!.position > item.position)))
    index--;
  list.splice(index, 0, item);
}

function removeAt(list: { readonly position: number }[], position: number): void {
  list.splice(
    list.findIndex((item) => item.position === position),
    1,
  );
}
