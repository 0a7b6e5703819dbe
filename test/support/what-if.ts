/** Scenarios replayed for tests, down to their books. */
import type { Instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import type { View } from '../../libs/projections/view';
import { type Booked, bookedWindow } from '../../libs/projections/what-if/booked';
import { type Replayed, replay } from '../../libs/projections/what-if/replay';
import { readScenario } from '../../libs/projections/what-if/scenario';
import type { ScenarioData } from '../../libs/projections/what-if/scenario-data';

/** Undefined where the window cannot be replayed. */
export function replayed(view: View, data: ScenarioData, from?: Instant, to?: Instant): { booked: Booked; result: Replayed } | undefined {
  const booked = bookedWindow(view, from, to);
  if (isRefusal(booked)) return undefined;
  const scenario = readScenario(data, view);
  if (isRefusal(scenario)) throw new Error(`${scenario.refused}: ${scenario.field}: ${scenario.rule}`);
  return { booked, result: replay(booked, scenario) };
}

export interface Line {
  readonly at: Instant;
  readonly kind: string;
  readonly cash: bigint;
  readonly quantity: bigint;
  readonly units: bigint;
}

/** The books after each change behind `from`, up to and with the instant at which they end. */
export function scenarioLines({ rows }: Replayed): Line[] {
  const lines: Line[] = [];
  for (let i = 1; i < rows.length; i++) {
    const { at, fact, state } = rows.row(i)!;
    lines.push({ at, kind: fact.kind, ...state });
  }
  return lines;
}

export function bookedLines({ portfolio: { timeline } }: View, { from, to }: Booked, endedAt?: Instant): Line[] {
  const lines: Line[] = [];
  for (let i = timeline.countThrough(from); i < timeline.length; i++) {
    const { at, fact, state } = timeline.row(i)!;
    if (at > to || (endedAt !== undefined && at > endedAt)) break;
    lines.push({ at, kind: fact.kind, ...state });
  }
  return lines;
}
