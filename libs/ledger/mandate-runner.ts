/**
 * The mandate's engine: runs a portfolio's mandate over the prices that are recorded and issues the real commands. At each scheduled reset that counts, and at each
 * tick at which the leverage has strictly left the band, fees are accrued through that instant and then the leverage is put back to L; given funding rates settle
 * at their times, before anything else of the instant. At most one rebalance an instant; NAV at or below zero ends it.
 *
 * Between two instants at which something can change the state a band is an interval of prices, so the engine asks for the first tick outside and visits no other.
 * Invariant: what is sent depends on the recorded facts only, and every command's id on its portfolio and instant. So a run that was interrupted anywhere is
 * completed by the next, and a complete one adds nothing. Late facts of others count from the last step that the engine took. When another process writes meanwhile, the engine
 * starts anew on what is there then.
 * A trade that the mandate's max step has cut goes on at the next tick, until one is not cut.
 * Deliberately absent: resuming between the charges of a mandate without scheduled resets (they fall due
 * before the rebalance that accrues them, so what it was decided on is not what the next run finds).
 */
import { cashAtNavScale, type FundState, slopeAtNavScale } from '../domain/facts';
import { formatInstant, instant, type Instant } from '../domain/instant';
import { pricesInside } from '../domain/mandate';
import type { Portfolio } from '../domain/portfolio';
import type { CorrectableEvent, RebalanceReason } from '../domain/portfolio-events';
import type { PriceView } from '../domain/price-view';
import { refuse, RefusalError } from '../domain/refusal';
import { countedResets, lastScheduled, mandateAt } from '../domain/resets';
import { type Ending, navOf } from '../domain/valuation';
import type { FundingRow } from '../formats/funding';
import type { CommandFlow } from './command-flow';
import type { Envelope } from './envelope';
import type { Ledger } from './ledger';
import { type EngineStep, firstEventId, stepCommandId } from './mandate-ids';
import { rebalanceOf, tradeAt } from './mandate-trades';
import { MAX_TRIES, pause } from './overtaken';
import type { ReadModel } from './read-model';

export interface MandateRun {
  readonly portfolioId: string;
  /** In order of time. */
  readonly funding?: readonly FundingRow[];
  readonly signal?: AbortSignal;
  /** After each instant at which the engine did something. */
  readonly onStep?: (at: Instant) => void;
}

export interface MandateResult {
  /** Rebalances that this run recorded, by reason. */
  readonly rebalances: { readonly creation: number; readonly scheduled: number; readonly band: number };
  /** Events that this run recorded: 0 when the history was complete. */
  readonly recorded: number;
  /** When NAV was found at or below zero. */
  readonly endedAt: Instant | undefined;
}

const FOREVER = 1n << 63n;
const STEPS: { readonly [T in CorrectableEvent['type']]?: EngineStep } = {
  FundingSettled: 'funding',
  FeeCharged: 'accrual',
  RebalanceExecuted: 'rebalance',
};

/**
 * Runs the mandate to the last recorded price. Throws RefusalError: UnknownPortfolio, NoUnits, NoPrice, or what a command was refused for; the signal's reason when
 * aborted, when everything sent until then is durable.
 */
export async function runMandate(ledger: Ledger, flow: CommandFlow, run: MandateRun): Promise<MandateResult> {
  const done = new Done();
  for (let overtaken = 0, recorded = 0; ;) {
    const engine = await startEngine(ledger, flow, run, done);
    try {
      await engine.toTheEnd().finally(() => flow.settled());
      return { ...done, endedAt: engine.endedAt };
    } catch (error) {
      overtaken = done.recorded > recorded ? 0 : overtaken + 1;
      if (!(error instanceof RefusalError && error.refusal.refused === 'WrongRevision') || overtaken > MAX_TRIES) throw error;
      ({ recorded } = done);
      await pause(overtaken);
    }
  }
}

async function startEngine(ledger: Ledger, flow: CommandFlow, run: MandateRun, done: Done): Promise<Engine> {
  const known = await ledger.ask(async (model) => {
    const entry = await model.portfolio(run.portfolioId);
    return entry && { ...entry, model, prices: model.instrument(entry.fund.terms.instrumentId)!.tape.view() };
  });
  if (!known) throw refused('UnknownPortfolio', 'must be an open portfolio', run);
  return new Engine(known.fund, known.ending, known.prices, known.model, flow, run, done);
}

class Done {
  readonly rebalances = { creation: 0, scheduled: 0, band: 0 };
  recorded = 0;
}

/** Why the engine trades. */
type Reason = Extract<RebalanceReason, 'creation' | 'scheduled' | 'band'>;

interface LastStep {
  readonly step: EngineStep;
  readonly at: Instant;
  readonly position: number;
  readonly original: CorrectableEvent;
}

class Engine {
  endedAt: Instant | undefined;
  /** Why the trade was made that the mandate's max step has cut. */
  private cut: Reason | undefined;
  private readonly until: Instant;

  constructor(
    /** Grows with every command that is decided, as does its ending. */
    private readonly fund: Portfolio,
    private readonly ending: Ending,
    private readonly prices: PriceView,
    /** What all of these are parts of. */
    private readonly basis: ReadModel,
    private readonly flow: CommandFlow,
    private readonly run: MandateRun,
    private readonly done: Done,
  ) {
    const last = prices.at(FOREVER);
    if (!last) throw refused('NoPrice', 'there must be prices to run a mandate over', run);
    this.until = last.at;
  }

  async toTheEnd(): Promise<void> {
    const { fund, prices, until } = this;
    const { mandates, timeline, terms } = fund;
    const funding = this.run.funding ?? [];
    let t = await this.resume();
    const resets = countedResets(mandates, prices, lastScheduled(mandates, terms.openedAt, t), until);
    let reset = next(resets, t);
    let f = funding.findIndex(({ at }) => at > t);
    if (f < 0) f = funding.length;
    while (!this.ended(t)) {
      this.run.signal?.throwIfAborted();
      // The next instant at which anything but a tick can change the state.
      const recordedAt = timeline.row(timeline.countThrough(t))?.at;
      const mandate = mandates.find(({ at }) => at > t)?.at;
      const change = [reset, funding[f]?.at, recordedAt, mandate].reduce(earlier);
      const horizon = change === undefined || change > until ? until : change - 1n;
      const exit = this.cut ? this.tickAfter(t, horizon) : this.bandExit(t, horizon);
      if (exit !== undefined) {
        t = exit;
        await this.rebalance(t, this.cut ?? 'band');
      } else if (change === undefined || change > until) {
        this.ended(until);
        return;
      } else {
        t = change;
        if (this.ended(t - 1n)) return;
        for (; funding[f]?.at === t; f++) await this.settle(funding[f]!);
        if (reset === t) {
          await this.rebalance(t, 'scheduled');
          reset = next(resets, t);
        } else if (this.prices.at(t)?.at === t) {
          if (this.cut) await this.rebalance(t, this.cut);
          else if (this.outside(t)) await this.rebalance(t, 'band');
        }
      }
    }
  }

  /** Up to where, included, everything was done; takes the first steps, or the one that was interrupted. */
  private async resume(): Promise<Instant> {
    const last = this.lastStep();
    if (last === undefined) {
      const first = this.firstUnits();
      await this.rebalance(first, 'creation');
      return first;
    }
    // An accrual is followed by the rebalance that it was made for.
    if (last.step === 'accrual') {
      const { mandates, terms } = this.fund;
      const before = lastScheduled(mandates, terms.openedAt, last.at - 1n);
      const isReset = next(countedResets(mandates, this.prices, before, last.at), last.at - 1n) === last.at;
      await this.rebalance(last.at, isReset ? 'scheduled' : 'band');
    }
    if (last.step === 'rebalance') this.cut = this.wasCut(last);
    // Funding stands before the rest of its instant.
    return last.step === 'funding' ? last.at - 1n : last.at;
  }

  /** The last recorded fact that is this engine's own; of all that were ever recorded, also those corrected since. */
  private lastStep(): LastStep | undefined {
    const { facts, terms } = this.fund;
    for (const { eventId, original, position } of [...facts.values()].reverse()) {
      const step = STEPS[original.type];
      const at = instant(original.data.at);
      if (step && eventId === firstEventId(stepCommandId(terms.portfolioId, step, at))) return { step, at, position, original };
    }
    return undefined;
  }

  /** Why the trade was made that the max step has cut; undefined when it was whole. */
  private wasCut({ at, position, original }: LastStep): Reason | undefined {
    if (original.type !== 'RebalanceExecuted') return undefined;
    const { cut } = tradeAt(this.fund, this.fund.timeline.stateBefore(at, position), at, this.prices.at(at)!.price);
    return cut ? (original.data.reason as Reason) : undefined;
  }

  private tickAfter(t: Instant, until: Instant): Instant | undefined {
    const tick = this.prices.next(t);
    return tick && tick.at <= until ? tick.at : undefined;
  }

  private firstUnits(): Instant {
    const { timeline } = this.fund;
    for (let i = 0; i < timeline.length; i++) {
      const { state, at } = timeline.row(i)!;
      if (state.units > 0n) return at;
    }
    throw refused('NoUnits', 'there must be units to run a mandate for', this.run);
  }

  private ended(t: Instant): boolean {
    return (this.endedAt = this.ending.at(t)) !== undefined;
  }

  /** The first tick with after < t ≤ until at which the state at `after` is outside the band. */
  private bandExit(after: Instant, until: Instant): Instant | undefined {
    const band = mandateAt(this.fund.mandates, after)?.mandate.band;
    if (!band) return undefined;
    const { low, high } = this.inside(this.fund.timeline.stateAt(after), after);
    return this.prices.firstOutside(after, until, low, high)?.at;
  }

  /** Whether there is a tick at `t` at which the state after everything recorded there is outside the band. */
  private outside(t: Instant): boolean {
    const tick = this.prices.at(t);
    if (tick?.at !== t || !mandateAt(this.fund.mandates, t)?.mandate.band) return false;
    const { low, high } = this.inside(this.fund.timeline.stateAt(t), t);
    return (low !== undefined && tick.price < low) || (high !== undefined && tick.price > high);
  }

  private inside(state: FundState, at: Instant): ReturnType<typeof pricesInside> {
    const { terms, mandates } = this.fund;
    return pricesInside(cashAtNavScale(terms, state.cash), slopeAtNavScale(terms, state.quantity), mandateAt(mandates, at)?.mandate.band);
  }

  private async settle({ at, rate }: FundingRow): Promise<void> {
    const { portfolioId, instrumentId } = this.fund.terms;
    if (this.fund.timeline.stateAt(at).quantity === 0n) return;
    await this.send('funding', at, { name: 'SettleFunding', data: { portfolioId, instrumentId, rate, at: formatInstant(at) } });
    this.run.onStep?.(at);
  }

  /** Accrues, then puts the leverage back to L at the mark of `at`. Nothing is traded when NAV is gone or the trade rounds to nothing. */
  private async rebalance(at: Instant, reason: Reason): Promise<void> {
    const { terms, timeline } = this.fund;
    const { portfolioId } = terms;
    this.cut = undefined;
    if (this.ended(at)) return;
    if (reason !== 'creation') await this.send('accrual', at, { name: 'AccrueFees', data: { portfolioId, through: formatInstant(at) } });
    const state = timeline.stateAt(at);
    const mark = this.prices.at(at)?.price;
    if (mark === undefined) throw refused('NoPrice', 'there must be a price at or before the first units', this.run);
    if (navOf(terms, state, mark)! <= 0n) {
      this.ended(at);
      return;
    }
    const { trade, cut } = tradeAt(this.fund, state, at, mark);
    if (cut) this.cut = reason;
    this.run.onStep?.(at);
    if (!trade) return;
    const data = rebalanceOf(this.fund, at, reason, mark, trade);
    await this.send('rebalance', at, { name: 'ExecuteRebalance', data }, () => this.done.rebalances[reason]++);
  }

  private async send(step: EngineStep, at: Instant, command: Envelope['command'], onRecorded?: () => void): Promise<void> {
    const commandId = stepCommandId(this.fund.terms.portfolioId, step, at);
    const { recorded } = await this.flow.send({ command, commandId, basis: this.basis });
    recorded.then(
      ({ status, eventIds }) => {
        if (status !== 'recorded') return;
        this.done.recorded += eventIds.length;
        onRecorded?.();
      },
      // The flow throws it.
      () => undefined,
    );
  }
}

function next(instants: Generator<Instant>, after: Instant): Instant | undefined {
  for (;;) {
    const found = instants.next();
    if (found.done) return undefined;
    if (found.value > after) return found.value;
  }
}

function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

function refused(code: 'UnknownPortfolio' | 'NoUnits' | 'NoPrice', rule: string, { portfolioId }: MandateRun): RefusalError {
  return new RefusalError(refuse(code, rule, { field: 'portfolioId', value: portfolioId }));
}
