/**
 * A sweep: every combination of some values, put into a base scenario at their paths, replayed over one window that is read once. Points come in the order of the grid, the last path
 * varying fastest. Deliberately absent: turns of the event loop, which whoever drives the generator gives.
 */
import { formatInstant } from '../../domain/instant';
import { describeRefusal, isRefusal, refuse, type Refusal } from '../../domain/refusal';
import type { View } from '../view';
import { less, type PointAnswer, type Side } from './answer';
import { type Booked, bookedWindow } from './booked';
import { readScenario, type Scenario } from './scenario';
import { MAX_POINTS, type ScenarioData, type SweepData } from './scenario-data';
import { baseSide, replayScenario, scenarioSide, type Window } from './what-if';

export interface Point {
  readonly vary: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

export interface Sweep {
  readonly booked: Booked;
  readonly points: readonly Point[];
  readonly base: Side;
}

/** Checks the whole grid before any work. `check`: the shape of one scenario. */
export function readSweep(
  view: View,
  sweep: SweepData,
  { from, to }: Window,
  check: (data: unknown) => Refusal | undefined,
): Sweep | Refusal {
  const paths = Object.entries(sweep.vary);
  const count = paths.reduce((product, [, values]) => product * BigInt(values.length), 1n);
  if (count > BigInt(MAX_POINTS))
    return refuse('InvalidField', `must make at most ${MAX_POINTS} scenarios, not ${count}`, {
      field: '/vary',
      value: Object.keys(sweep.vary),
    });
  const booked = bookedWindow(view, from, to);
  if (isRefusal(booked)) return booked;
  const points: Point[] = [];
  for (const vary of combinations(paths)) {
    let data: unknown = sweep.base;
    for (const [path, value] of Object.entries(vary)) {
      const put = putAt(data, path, value);
      if (isRefusal(put)) return put;
      data = put;
    }
    const scenario = check(data) ?? readScenario(data as ScenarioData, view);
    if (isRefusal(scenario)) return { ...scenario, rule: `${scenario.rule} (with ${JSON.stringify(vary)})` };
    points.push({ vary, scenario });
  }
  return { booked, points, base: baseSide(booked) };
}

export function* sweepPoints({ booked, points, base }: Sweep): Generator<PointAnswer, void, undefined> {
  for (const { vary, scenario } of points) {
    const replayed = replayScenario(booked, scenario);
    if (isRefusal(replayed)) {
      yield { vary, nT: null, difference: null, rebalances: 0, attribution: null, refused: describeRefusal(replayed) };
      continue;
    }
    const side = scenarioSide(booked, scenario, replayed);
    const { terminatedAt, trades } = replayed;
    yield {
      vary,
      nT: side.nT,
      difference: less(side.nT, base.nT),
      rebalances: trades.length,
      ...(terminatedAt === undefined ? {} : { terminated: { at: formatInstant(terminatedAt) } }),
      attribution: side.attribution,
    };
  }
}

function* combinations(paths: readonly (readonly [string, readonly unknown[]])[]): Generator<Record<string, unknown>> {
  const [first, ...rest] = paths;
  if (!first) {
    yield {};
    return;
  }
  const [path, values] = first;
  for (const value of values) for (const others of combinations(rest)) yield { [path]: value, ...others };
}

const STEP = /^(?:\.?([A-Za-z]+)|\[(\d{1,3})\])/;

/** A copy with the value at the path; parts that are missing on the way are made, but no entry of an array. */
function putAt(data: unknown, path: string, value: unknown): unknown {
  const steps: { readonly name: string; readonly isIndex: boolean }[] = [];
  for (let rest = path; rest !== '';) {
    const match = STEP.exec(rest);
    if (!match) return refuse('InvalidField', 'must be a path such as feeSchedule.rules[0].rate.value', { field: '/vary', value: path });
    steps.push({ name: match[1] ?? match[2]!, isIndex: match[1] === undefined });
    rest = rest.slice(match[0].length);
  }
  const put = (part: unknown, i: number): unknown => {
    const step = steps[i];
    if (step === undefined) return value;
    const place = (): string =>
      steps
        .slice(0, i)
        .map(({ name }) => name)
        .join('.');
    if (step.isIndex) {
      const index = Array.isArray(part) ? Object.keys(part).indexOf(step.name) : -1;
      if (index < 0) return refuse('InvalidField', `there is no entry ${step.name} at ${place()}`, { field: '/vary', value: path });
      const inner = put((part as unknown[])[index], i + 1);
      return isRefusal(inner) ? inner : (part as unknown[]).map((one, at) => (at === index ? inner : one));
    }
    if (part !== undefined && part !== null && (typeof part !== 'object' || Array.isArray(part)))
      return refuse('InvalidField', `there is no field ${step.name} at ${place()}`, { field: '/vary', value: path });
    const inner = put((part as Record<string, unknown> | undefined | null)?.[step.name], i + 1);
    return isRefusal(inner) ? inner : { ...(part as object | undefined), [step.name]: inner };
  };
  return steps.length === 0 ? refuse('InvalidField', 'must name a path', { field: '/vary', value: path }) : put(data, 0);
}
