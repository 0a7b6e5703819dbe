/** The indexed replay of a scenario equals a plain one that visits every tick, bit for bit: the same facts at the same instants, the same books after each, the same end. */
import { isRefusal } from '../../libs/domain/refusal';
import { CostsTooHigh } from '../../libs/domain/sizing';
import { bookedWindow } from '../../libs/projections/what-if/booked';
import { replay } from '../../libs/projections/what-if/replay';
import { readScenario } from '../../libs/projections/what-if/scenario';
import { fuzzedFund, fuzzedScenario } from '../support/fuzz-tapes';
import { plainReplay } from '../support/plain-replay';
import { cases, Random, runSeed } from '../support/random';

function tried(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof CostsTooHigh)) throw error;
  }
}

const FUNDS = cases(10_000);
const seed = runSeed('what-if fold');

test(`a replay visits no tick in vain and misses none (${FUNDS} tapes)`, () => {
  const met = { steps: 0, ties: 0, exits: 0, cuts: 0, ended: 0, trades: 0, charges: 0, skipped: 0 };
  for (let n = 0; n < FUNDS; n++) {
    const random = new Random(seed + n);
    const { view, ticks } = fuzzedFund(random);
    const [a, b] = [random.pick(ticks).at, random.pick(ticks).at + BigInt(random.pick([0, 1, 777]))];
    const window: [bigint?, bigint?] = random.oneIn(3) ? (a < b ? [a, b] : [b, a]) : [];
    const booked = bookedWindow(view, ...window);
    const scenario = isRefusal(booked) ? booked : readScenario(fuzzedScenario(random, view), view);
    if (isRefusal(booked) || isRefusal(scenario)) {
      met.skipped++;
      continue;
    }
    let found;
    try {
      // What scenarios share over a window must not show: another one is replayed first.
      const other = readScenario(fuzzedScenario(random, view), view);
      if (!isRefusal(other)) tried(() => replay(booked, other));
      found = replay(booked, scenario);
    } catch (error) {
      if (!(error instanceof CostsTooHigh)) throw error;
      met.skipped++;
      continue;
    }
    const plain = plainReplay(booked, scenario, ticks);
    const { rows } = found;
    const steps = Array.from({ length: rows.length - 1 }, (_, i) => {
      const { at, fact, state } = rows.row(i + 1)!;
      return { at, fact, state };
    });
    expect({ seed: seed + n, scenario: scenario.data, steps, end: found.terminatedAt }).toEqual({
      seed: seed + n,
      scenario: scenario.data,
      steps: plain.steps,
      end: plain.terminatedAt,
    });
    met.trades += found.trades.length;
    met.charges += steps.filter(({ fact }) => fact.kind === 'fee').length;
    if (found.terminatedAt !== undefined) met.ended++;
    for (const name of ['steps', 'ties', 'exits', 'cuts'] as const) met[name] += plain.met[name];
  }
  process.stdout.write(`what-if fold: ${JSON.stringify(met)}\n`);
  expect(met.skipped).toBeLessThan(FUNDS / 2);
  for (const name of ['ties', 'exits', 'cuts', 'ended', 'trades', 'charges'] as const)
    expect([name, met[name] > FUNDS / 50]).toEqual([name, true]);
}, 1_800_000);
