/**
 * What random histories must keep to: one way of folding, amounts decided once and rightly, no units below zero, no difference made by the order of
 * recording prices and facts, none made by a split or by a flow at NAV.
 */
import { decidePortfolio } from '../../libs/domain/decide-portfolio';
import { formatFixed } from '../../libs/domain/decimal';
import { formatInstant, instant, type Instant } from '../../libs/domain/instant';
import type { CorrectableEvent } from '../../libs/domain/portfolio-events';
import { isRefusal, type Refusal } from '../../libs/domain/refusal';
import { navOf } from '../../libs/domain/valuation';
import { attribute, attributionAnswer } from '../../libs/projections/attribution';
import { navAnswer } from '../../libs/projections/nav';
import { CONTEXT, forEachHistory, type History, ID, moment, shuffled, viewOf } from '../support/histories';
import { Fraction } from '../support/fraction';
import { nanos, Oracle, type RawEvent } from '../support/oracle';

forEachHistory('folding along the way and folding from the beginning end at the same', 2000, (history) => {
  const fresh = viewOf(history, history.events.length - 1);
  const { portfolio, ending } = history;
  const rows = ({ timeline }: typeof portfolio): unknown[] => Array.from({ length: timeline.length }, (_, i) => timeline.row(i));
  expect(rows(portfolio)).toEqual(rows(fresh.portfolio));
  expect(portfolio.mandates).toEqual(fresh.portfolio.mandates);
  expect(portfolio.schedules).toEqual(fresh.portfolio.schedules);
  expect(ending.at(history.span.until)).toEqual(fresh.ending.at(history.span.until));
});

forEachHistory('an amount from a rate is the one of the unrounded NAV or quantity known just before its place', 2000, (history) => {
  for (const event of history.events) {
    const fact = event.type === 'FactCorrected' ? event.data.fact : event;
    if (fact?.type !== 'FeeCharged' && fact?.type !== 'FundingSettled') continue;
    // What was known when it was decided; for a correction without the fact that it replaces.
    const before = history.events.filter((e) => e.position < event.position);
    const root = event.type === 'FactCorrected' ? rootOf(before, event.data.corrects) : undefined;
    const bust = root && { ...event, position: event.position - 0.5, eventId: 'bust', data: { corrects: root.eventId, at: event.data.at } };
    const oracle = new Oracle(bust ? [...before, bust] : before, event.position, history.span);
    const at = nanos(fact.data.at);
    const { data } = fact;
    const { currencyScale, unitScale } = oracle.opened;
    const state = oracle.stateBefore(at, root?.position ?? Number.POSITIVE_INFINITY);
    if (fact.type === 'FundingSettled') {
      expect(data.amount).toBe(state.quantity.times(Fraction.of(data.mark)).times(Fraction.of(data.rate)).toFixed(currencyScale));
      continue;
    }
    const nav = oracle.worth(state, oracle.mark(at)?.price);
    const rate = data.schedule === undefined || data.source === 'observed' ? data.rateOfNav : data.rate;
    const raw = rate === undefined ? Fraction.of(data.amount) : nav!.times(Fraction.of(rate)).times(Fraction.of(data.dayFraction ?? '1'));
    expect(data.amount).toBe(raw.toFixed(currencyScale));
    if (data.paidBy === 'units') {
      const share = raw.over(nav!);
      expect(data.unitsMinted).toBe(state.units.times(share).over(Fraction.ONE.minus(share)).toFixed(unitScale));
    }
  }
});

forEachHistory('what is recorded never leaves units below zero, and what was refused for it would have', 2000, (history) => {
  for (const { position } of history.events.filter(({ stream }) => stream.startsWith('portfolio-'))) {
    expect(new Oracle(history.events, position, history.span).leastUnits().toFixed(18)).toBe((0).toFixed(18));
  }
  for (const { command, refusal, known } of history.refused) {
    if (refusal.refused !== 'NotEnoughUnits' && refusal.refused !== 'LaterFactImpossible') continue;
    const events = history.events.filter((e) => e.position <= known);
    const event = wouldBe(events, command);
    if (!event) continue;
    const least = new Oracle(
      [...events, { ...events[0]!, ...event, eventId: 'refused', position: known + 1 }],
      known + 1,
      history.span,
    ).leastUnits();
    expect({ command, refusal, least: least.toFixed(18) }).toEqual({ command, refusal, least: expect.stringMatching(/^-/) });
  }
});

function rootOf(events: readonly RawEvent[], corrects: string): RawEvent {
  const event = events.find((e) => e.eventId === corrects)!;
  return event.type === 'FactCorrected' ? rootOf(events, event.data.corrects) : event;
}

/** The event that a refused command would have been, where its data says it all. */
function wouldBe(events: readonly RawEvent[], command: History['refused'][number]['command']): Pick<RawEvent, 'type' | 'data'> | undefined {
  if (command.name === 'RedeemUnits') return { type: 'UnitsRedeemed', data: command.data };
  if (command.name === 'SplitUnits') return { type: 'UnitsSplit', data: command.data };
  if (command.name !== 'CorrectFact') return undefined;
  const { corrects, replacement } = command.data;
  const { type, data } = rootOf(events, corrects);
  if (!replacement) return { type: 'FactCorrected', data: { corrects, at: data.at } };
  const known = ['UnitsCreated', 'UnitsRedeemed', 'UnitsSplit'].includes(type);
  return known ? { type: 'FactCorrected', data: { corrects, at: replacement.at, fact: { type, data: replacement } } } : undefined;
}

forEachHistory('in which order prices and facts were recorded changes no answer', 2000, (history, random) => {
  const other = shuffled(history, random);
  const last = history.events.length - 1;
  const [a, b] = [viewOf(history, last), viewOf(other, last)];
  for (let i = 0; i < 4; i++) {
    const [from, to] = [moment(history, random), moment(history, random)].sort((x, y) => (x < y ? -1 : 1)) as [Instant, Instant];
    expect(navAnswer(b, to)).toEqual(navAnswer(a, to));
    expect(attributionAnswer(b, from, to)).toEqual(attributionAnswer(a, from, to));
  }
});

/** The history with one more fact at the end of the log, or why that is refused. */
function withFact(
  history: History,
  command: Parameters<typeof decidePortfolio>[1],
): { history: History; event: CorrectableEvent } | Refusal {
  const { events, listing } = history;
  const { portfolio, prices } = viewOf(history, events.length - 1);
  const decided = decidePortfolio({ portfolio, listing, prices }, command, CONTEXT, () => undefined);
  if (isRefusal(decided)) return decided;
  const [event] = decided as [CorrectableEvent];
  const last = events.at(-1)!;
  const raw = {
    ...last,
    stream: `portfolio-${ID}`,
    position: last.position + 1,
    recordedAt: last.recordedAt + 1n,
    eventId: 'last',
    ...event,
  };
  return { history: { ...history, events: [...events, raw] }, event };
}

/** A moment after the last fact that moves units, and the end of the span. */
function quietWindow(history: History): { at: Instant; to: Instant } {
  const { timeline } = viewOf(history, history.events.length - 1).portfolio;
  let at = instant('2024-03-08T00:00:00Z');
  for (let i = 0; i < timeline.length; i++) if (timeline.row(i)!.state.units !== timeline.stateAfter(i).units) at = timeline.row(i)!.at;
  return { at, to: history.span.until };
}

forEachHistory('a split changes no return beyond its dust', 2000, (history, random) => {
  const { at, to } = quietWindow(history);
  const ratio = random.pick(['10:1', '3:1', '1:10', '2:3', '7:5']);
  const split = withFact(history, { name: 'SplitUnits', data: { portfolioId: ID, ratio, at: formatInstant(at) } });
  if (isRefusal(split)) return 'skipped';
  const last = history.events.length;
  const from = at - 1n;
  const before = attribute(viewOf(history, last - 1), from, to);
  const after = attribute(viewOf(split.history, last), from, to);
  if (isRefusal(before) || isRefusal(after)) return 'skipped';
  const [newUnits, oldUnits] = ratio.split(':').map(BigInt) as [bigint, bigint];
  const { units } = history.portfolio.timeline.stateAt(at);
  // Whole units of 10^-unitScale that there would be, and that there are.
  const exact = units * newUnits;
  const kept = exact / oldUnits;
  // Without dust: n_T, I, A, tracking and every term as before. With dust: what there is belongs to fewer units.
  expectClose(after.nT * kept * oldUnits, before.nT * exact, kept * oldUnits);
  if (kept * oldUnits !== exact) return 'checked';
  const { byKind, carry, tracking, benchmarks, slippageParts, idealTerminatedAt, points: _, ...terms } = after;
  for (const [key, value] of Object.entries(terms)) expectClose(value, before[key as keyof typeof terms]);
  for (const key of Object.keys(byKind) as (keyof typeof byKind)[]) {
    expectClose(byKind[key], before.byKind[key]);
    expectClose(carry[key], before.carry[key]);
  }
  expectClose(tracking.difference, before.tracking.difference);
  expectClose(benchmarks.ideal, before.benchmarks.ideal);
  expectClose(slippageParts.unsplit, before.slippageParts.unsplit);
  expect(idealTerminatedAt).toBe(before.idealTerminatedAt);
  return 'checked';
});

/** Equal below 1e-60 times `weight`, in the fixed point of the attribution. */
function expectClose(a: bigint, b: bigint, weight = 1n): void {
  const difference = a > b ? a - b : b - a;
  expect(difference < 10n ** 40n * weight ? 'close' : { a, b }).toBe('close');
}

forEachHistory('a flow at NAV changes no NAV per unit', 2000, (history, random) => {
  const { at } = quietWindow(history);
  const last = history.events.length;
  const view = viewOf(history, last - 1);
  const { terms, timeline } = view.portfolio;
  const state = timeline.stateAt(at);
  const nav = navOf(terms, state, view.prices.at(at)?.price);
  const perAmount = 10n ** BigInt(terms.navScale - terms.currencyScale);
  const parts = random.pick([1n, 2n, 5n]);
  // Sizes that come out whole at every scale.
  if (nav === undefined || nav <= 0n || state.units === 0n || nav % (parts * perAmount) !== 0n || state.units % parts !== 0n)
    return 'skipped';
  const name = random.oneIn(2) && parts > 1n ? 'RedeemUnits' : 'CreateUnits';
  const units = formatFixed(state.units / parts, terms.unitScale);
  const cash = formatFixed(nav / parts / perAmount, terms.currencyScale);
  const flow = withFact(history, { name, data: { portfolioId: ID, units, cash, at: formatInstant(at) } });
  if (isRefusal(flow)) return 'skipped';
  const [before, after] = [navAnswer(view, at), navAnswer(viewOf(flow.history, last), at)];
  if (isRefusal(before) || isRefusal(after)) throw new Error('a fund with NAV above 0 has no answer');
  expect(after.navPerUnit).toBe(before.navPerUnit);
  expect(after.units).not.toBe(before.units);
  expect((flow.event.data as { navPerUnit: string }).navPerUnit).toBe(before.navPerUnit);
  const window = attribute(viewOf(flow.history, last), at - 1n, at);
  const without = attribute(view, at - 1n, at);
  if (!isRefusal(window) && !isRefusal(without)) expectClose(window.byKind.flowDilution, without.byKind.flowDilution);
  return 'checked';
});
