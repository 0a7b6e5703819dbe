/**
 * What-if questions on a ledger: shapes checked, the portfolio as known, and the manifest with which anybody can run the same again and compare: up to which event of which log, under which
 * scenario, by which engine, to which bytes. Results never enter the log.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../domain/instant';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import type { PointAnswer, Side, WhatIfAnswer } from '../projections/what-if/answer';
import { readScenario } from '../projections/what-if/scenario';
import type { ScenarioData, SweepData } from '../projections/what-if/scenario-data';
import { readSweep, type Sweep, sweepPoints } from '../projections/what-if/sweep';
import { whatIf, type Window } from '../projections/what-if/what-if';
import { formatInstant } from '../domain/instant';
import { canonicalJson } from './envelope';
import type { Ledger } from './ledger';
import { checkScenario, checkSweep } from './scenario-shapes';

export interface Manifest {
  readonly logPosition: string;
  /** Chain hash of the log after that event. */
  readonly root: string;
  /** SHA-256 of the scenario or sweep and the window, as JSON with sorted keys. */
  readonly scenarioDigest: string;
  readonly engine: string;
  /** SHA-256 of the answer without its manifest, as JSON with sorted keys. */
  readonly resultDigest: string;
}

export type WhatIf = WhatIfAnswer & { readonly manifest: Manifest };

export interface SweepAnswer {
  readonly portfolioId: string;
  readonly mode: 'restate' | 're-decide';
  readonly from: string;
  readonly to: string;
  readonly base: Side;
  readonly points: readonly PointAnswer[];
  readonly manifest: Manifest;
}

/** Raised with the way that a replay is computed: the same log and scenario may then give other bytes. */
const ENGINE = 1;

let version: string | undefined;

function engine(): string {
  version ??= (JSON.parse(readFileSync(packageFile(), 'utf8')) as { version: string }).version;
  return `navledger/${version} what-if/${ENGINE}`;
}

/** Beside the sources, or above the build. */
function packageFile(): string {
  const built = __dirname.includes(`${join('dist', 'libs')}`);
  return join(__dirname, '..', '..', ...(built ? ['..'] : []), 'package.json');
}

/** One scenario. `knownAt`: recorded time, by default everything. */
export async function askWhatIf(
  ledger: Ledger,
  portfolioId: string,
  data: unknown,
  window: Window,
  knownAt?: Instant,
): Promise<WhatIf | Refusal> {
  const refusal = checkScenario(data);
  if (refusal) return refusal;
  return ledger.askAbout(portfolioId, knownAt, (view) => {
    const answer = whatIf(view, data as ScenarioData, window);
    if (isRefusal(answer)) return answer;
    return {
      ...answer,
      manifest: manifestOf(ledger, view.logPosition, { scenario: data, ...windowText(answer), every: every(window) }, answer),
    };
  });
}

/** A list of scenarios, all checked before the first is replayed. What is wrong names its place in the list. */
export async function askWhatIfs(
  ledger: Ledger,
  portfolioId: string,
  list: readonly unknown[],
  window: Window,
  knownAt?: Instant,
): Promise<readonly WhatIf[] | Refusal> {
  if (list.length === 0) return refuse('InvalidField', 'must hold at least one scenario', { field: 'scenario', value: list });
  const placed = (refusal: Refusal, i: number): Refusal => ({
    ...refusal,
    field: `/${i}${refusal.field?.startsWith('/') ? refusal.field : ''}`,
  });
  const wrong = await ledger.askAbout(portfolioId, knownAt, (view) => {
    for (const [i, data] of list.entries()) {
      const read = checkScenario(data) ?? readScenario(data as ScenarioData, view);
      if (isRefusal(read)) return placed(read, i);
    }
    return undefined;
  });
  if (wrong) return wrong;
  const answers: WhatIf[] = [];
  for (const [i, data] of list.entries()) {
    const answer = await askWhatIf(ledger, portfolioId, data, window, knownAt);
    if (isRefusal(answer)) return answer.field?.startsWith('/') ? placed(answer, i) : answer;
    answers.push(answer);
  }
  return answers;
}

/** The grid of a sweep, checked whole, and how its answer is made once its points are there. */
export interface SweepRun {
  readonly sweep: Sweep;
  readonly finish: (points: readonly PointAnswer[]) => SweepAnswer;
}

export async function openSweep(
  ledger: Ledger,
  portfolioId: string,
  data: unknown,
  window: Window,
  knownAt?: Instant,
): Promise<SweepRun | Refusal> {
  const refusal = checkSweep(data) ?? checkScenario((data as SweepData).base);
  if (refusal) return refusal;
  if (window.every !== undefined)
    return refuse('InvalidField', 'goes with one scenario, not with a sweep', { field: 'every', value: every(window) });
  return ledger.askAbout(portfolioId, knownAt, (view) => {
    const sweep = readSweep(view, data as SweepData, window, checkScenario);
    if (isRefusal(sweep)) return sweep;
    const { logPosition } = view;
    const head = { portfolioId: view.portfolio.terms.portfolioId, mode: (data as SweepData).base.mode };
    const bounds = { from: formatInstant(sweep.booked.from), to: formatInstant(sweep.booked.to) };
    return {
      sweep,
      finish: (points) => {
        const answer = { ...head, ...bounds, base: sweep.base, points };
        return { ...answer, manifest: manifestOf(ledger, logPosition, { sweep: data, ...bounds }, answer) };
      },
    };
  });
}

/** The whole sweep in one go. `onPoint` is told after each point. */
export async function askSweep(
  ledger: Ledger,
  portfolioId: string,
  data: unknown,
  window: Window,
  knownAt?: Instant,
  onPoint?: (done: number, of: number) => void,
): Promise<SweepAnswer | Refusal> {
  const run = await openSweep(ledger, portfolioId, data, window, knownAt);
  if (isRefusal(run)) return run;
  const points: PointAnswer[] = [];
  for (const point of sweepPoints(run.sweep)) {
    points.push(point);
    onPoint?.(points.length, run.sweep.points.length);
  }
  return run.finish(points);
}

function manifestOf(ledger: Ledger, logPosition: number, asked: object, answer: object): Manifest {
  return {
    logPosition: String(logPosition),
    root: ledger.store.hashAt(logPosition)!,
    scenarioDigest: digest(asked),
    engine: engine(),
    resultDigest: digest(answer),
  };
}

function digest(value: object): string {
  return hash('sha256', canonicalJson(value), 'hex');
}

function windowText({ from, to }: WhatIfAnswer): { from: string; to: string } {
  return { from, to };
}

function every({ every: nanos }: Window): string | undefined {
  return nanos === undefined ? undefined : `${nanos / 1_000_000_000n}s`;
}
