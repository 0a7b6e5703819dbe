/**
 * An audit of the fees of a fund: told of the stream event by event, each before the fund takes it in, with the prices known just then, so that every charge is judged by what was known
 * when it was recorded; asked at the end, by what is known then. A correction is judged when it was recorded, at the place of what it corrects. A fill is judged when its fee came.
 * Deliberately absent: reading the stream, and the folding of it.
 */
import { dueCharges } from '../../domain/accrual';
import { fixed, formatFixed } from '../../domain/decimal';
import type { KnownBooks, Place } from '../../domain/due-again';
import { instant, formatInstant, type Instant } from '../../domain/instant';
import { ruleKey } from '../../domain/fund-record';
import type { Portfolio, RecordedFact } from '../../domain/portfolio';
import type { CorrectableEvent, FeeCharged, PortfolioEvent, PortfolioOpened, RebalanceExecuted } from '../../domain/portfolio-events';
import { Ending } from '../../domain/valuation';
import type { View } from '../view';
import { agrees, type Charged, difference, eventDifference, type FeeAuditAnswer, type FeeDifference } from './answer';
import { type Books, judgeCharge, judgeFills, keyOf, type Verdict } from './judge';

/** A fact that is judged: what stands of the one first recorded at `position`. */
interface Standing {
  readonly eventId: string;
  readonly position: number;
  readonly event: CorrectableEvent;
}

type KnownThen = Omit<KnownBooks, 'portfolio'>;

export class FeeAudit {
  /** Verdicts of when it was recorded, by the event id of a charge, or by fill. */
  private readonly recorded = new Map<string, Verdict>();
  /** Charges that name no rule, by the rule that they were judged by. */
  private readonly byHand = new Map<string, Map<string, Instant>>();
  private ending: { readonly of: Ending; readonly prices: KnownThen['prices'] } | undefined;

  constructor(
    readonly from: Instant,
    readonly to: Instant,
  ) {}

  /** Takes the next event of the stream, which the portfolio takes in here. `known`: by everything before it in the log. */
  take(
    portfolio: Portfolio,
    event: Exclude<PortfolioEvent, PortfolioOpened>,
    eventId: string,
    position: number,
    known: () => KnownThen,
  ): void {
    if (event.type === 'FactCorrected') {
      const root = portfolio.factOf(event.data.corrects)!;
      this.forget(root);
      const { fact } = event.data;
      if (fact && this.isJudged(fact)) {
        if (root.standing) portfolio.withdraw(root.standing, root.position);
        this.judge(portfolio, { eventId: root.eventId, position: root.position, event: fact }, known);
        if (root.standing) portfolio.stand(root.standing, root.position);
      }
    } else if (event.type !== 'NothingDue' && this.isJudged(event)) this.judge(portfolio, { eventId, position, event }, known);
    const changed = portfolio.apply(event, eventId, position);
    if (changed !== undefined) this.ending?.of.rewind(changed);
  }

  /** `asKnown`: everything is judged by what is known in `view`, whose portfolio is the one that was told of. */
  answer(view: View & { readonly portfolio: Portfolio }, asKnown: boolean): FeeAuditAnswer {
    const { portfolio, prices, rates } = view;
    const { terms } = portfolio;
    const differences: FeeDifference[] = [];
    let [checked, agreeing, unruled] = [0, 0, 0];
    for (const { charged, verdict } of this.verdicts(view, asKnown)) {
      const then = this.recorded.get(keyOfCharged(charged));
      if (verdict.is === 'unruled') {
        unruled++;
        continue;
      }
      checked++;
      const found = agrees(charged, verdict)
        ? undefined
        : difference(terms, charged, verdict, asKnown && then !== undefined && agrees(charged, then));
      const inEvent = eventDifference(terms, charged);
      if (!found && !inEvent) agreeing++;
      for (const one of [found, inEvent]) if (one) differences.push(one);
    }
    differences.sort((a, b) => compare(instant(a.at), instant(b.at)) || compare(BigInt(a.position), BigInt(b.position)));
    const due = dueCharges(portfolio, prices, rates, this.to, view.ending.at(this.to));
    const sum = due.reduce((total, { charge }) => total + charge.amount, 0n);
    return {
      portfolioId: terms.portfolioId,
      from: formatInstant(this.from),
      to: formatInstant(this.to),
      knownAt: formatInstant(view.knownAt, 'nine'),
      logPosition: String(view.logPosition),
      judgedBy: asKnown ? 'knownAt' : 'recorded',
      checked,
      agreeing,
      unruled,
      due: { count: due.length, amount: formatFixed(sum, terms.currencyScale) },
      differences,
    };
  }

  /** What stands in the window, in order, each with its verdict. */
  private *verdicts(view: View & { readonly portfolio: Portfolio }, asKnown: boolean): Generator<{ charged: Charged; verdict: Verdict }> {
    const { portfolio, ending } = view;
    const last = { named: new Map<string, Instant>(), all: new Map<string, Instant>() };
    const books: Books = {
      ...view,
      lastCharge: (key, byHand) => (byHand ? last.all : last.named).get(key),
      endedAt: (t) => ending.at(t),
    };
    for (const standing of inOrder(portfolio)) {
      const { event, position } = standing;
      const place = { at: instant(event.data.at), position };
      const inside = this.contains(place.at);
      if (event.type === 'RebalanceExecuted') {
        const fees = event.data.fills.map(({ fillId, fee }) => (fee === undefined ? portfolio.fillFees.get(fillId) : undefined));
        if (!inside && fees.every((feeEvent) => feeEvent === undefined)) continue;
        const now = asKnown ? judgeFills(books, event, place) : undefined;
        for (const [i, fill] of event.data.fills.entries()) {
          const paid = fees[i] === undefined ? undefined : portfolio.facts.get(fees[i])?.standing;
          const charge =
            paid?.type === 'FeeCharged' ? { eventId: fees[i]!, position: portfolio.facts.get(fees[i]!)!.position, event: paid } : undefined;
          const charged = charge ? chargedBy(portfolio, charge) : chargedIn(portfolio, standing, event, fill.fillId, fill.fee);
          if (!this.contains(instant(charged.at))) continue;
          yield { charged, verdict: now?.[i] ?? this.recorded.get(keyOfCharged(charged))! };
        }
      } else if (event.type === 'FeeCharged' && event.data.fillId === undefined) {
        const charged = chargedBy(portfolio, { ...standing, event });
        const verdict = asKnown && this.isJudged(event) ? judgeCharge(books, event.data, place) : this.recorded.get(keyOfCharged(charged));
        const { schedule } = event.data;
        const key = schedule ? ruleKey(schedule.id, schedule.version, schedule.rule) : verdict && handKey(verdict);
        if (key !== undefined) {
          if (schedule) last.named.set(key, place.at);
          last.all.set(key, place.at);
        }
        if (inside && verdict) yield { charged, verdict };
      }
    }
  }

  private contains(t: Instant): boolean {
    return t > this.from && t <= this.to;
  }

  /** Charges by hand are judged at any time: the next one counts from there. */
  private isJudged(event: CorrectableEvent): boolean {
    if (event.type === 'RebalanceExecuted') return this.contains(instant(event.data.at));
    if (event.type !== 'FeeCharged') return false;
    const { schedule, rateOfNav, at } = event.data;
    return this.contains(instant(at)) || (!schedule && rateOfNav === undefined);
  }

  /** By what is known now, the fact itself not being in. */
  private judge(portfolio: Portfolio, { eventId, position, event }: Standing, known: () => KnownThen): void {
    const then = known();
    const at = instant(event.data.at);
    const place: Place = { at, position };
    if (event.type === 'RebalanceExecuted') {
      const verdicts = judgeFills({ portfolio, ...then }, event, place);
      for (const [i, { fillId }] of event.data.fills.entries()) this.recorded.set(fillKey(fillId), verdicts[i]!);
    } else if (event.type === 'FeeCharged' && event.data.fillId !== undefined) {
      const root = portfolio.facts.get(portfolio.liveFills.get(event.data.fillId)!);
      const traded = root?.standing;
      if (traded?.type !== 'RebalanceExecuted') return;
      const verdicts = judgeFills({ portfolio, ...then }, traded, { at: instant(traded.data.at), position: root!.position });
      this.recorded.set(eventId, verdicts[traded.data.fills.findIndex(({ fillId }) => fillId === event.data.fillId)]!);
    } else if (event.type === 'FeeCharged') {
      const books: Books = {
        portfolio,
        ...then,
        lastCharge: (key, byHand) => latest(at, portfolio.charges.get(key) ?? [], (byHand && this.byHand.get(key)?.values()) || []),
        endedAt: (t) => this.endingOf(portfolio, then.prices).at(t),
      };
      const verdict = judgeCharge(books, event.data, place);
      this.recorded.set(eventId, verdict);
      const key = event.data.schedule ? undefined : handKey(verdict);
      if (key !== undefined) this.byHand.set(key, (this.byHand.get(key) ?? new Map<string, Instant>()).set(eventId, at));
    }
  }

  private forget({ eventId, standing }: RecordedFact): void {
    if (standing?.type === 'RebalanceExecuted') for (const { fillId } of standing.data.fills) this.recorded.delete(fillKey(fillId));
    this.recorded.delete(eventId);
    for (const times of this.byHand.values()) times.delete(eventId);
  }

  /** Kept along while the prices known stay the same. */
  private endingOf(portfolio: Portfolio, prices: KnownThen['prices']): Ending {
    if (this.ending?.prices !== prices) this.ending = { of: new Ending(portfolio.terms, portfolio.timeline, () => prices), prices };
    return this.ending.of;
  }
}

/** The rule that a charge by hand stood for. */
function handKey(verdict: Verdict): string | undefined {
  return verdict.is === 'charge' && verdict.by ? keyOf(verdict.by) : undefined;
}

/** `ascending`, and others. */
function latest(until: Instant, ascending: readonly Instant[], others: Iterable<Instant>): Instant | undefined {
  let found = ascending.findLast((t) => t <= until);
  for (const t of others) if (t <= until && (found === undefined || t > found)) found = t;
  return found;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Live charges and rebalances. */
function* inOrder(portfolio: Portfolio): Generator<Standing> {
  const live = [...portfolio.facts.values()].flatMap(({ eventId, position, standing }) =>
    standing?.type === 'RebalanceExecuted' || standing?.type === 'FeeCharged'
      ? [{ eventId, position, event: standing, at: instant(standing.data.at) }]
      : [],
  );
  yield* live.sort((a, b) => compare(a.at, b.at) || a.position - b.position);
}

function chargedBy({ terms }: Portfolio, { eventId, position, event }: Standing & { readonly event: FeeCharged }): Charged {
  const { data } = event;
  const { at, kind, feeId, fillId, amount, unitsMinted } = data;
  return {
    at,
    eventId,
    position,
    kind,
    ids: { feeId, ...(fillId === undefined ? {} : { fillId }) },
    amount: fixed(amount, terms.currencyScale),
    minted: unitsMinted === undefined ? undefined : fixed(unitsMinted, terms.unitScale),
    data,
  };
}

/** What a fill says itself; without a fee, nothing was charged. */
function chargedIn(
  { terms }: Portfolio,
  { eventId, position }: Standing,
  { data }: RebalanceExecuted,
  fillId: string,
  fee: string | undefined,
): Charged {
  return {
    at: data.at,
    eventId,
    position,
    kind: 'trading',
    ids: { rebalanceId: data.rebalanceId, fillId },
    amount: fee === undefined ? 0n : fixed(fee, terms.currencyScale),
    minted: undefined,
    data: undefined,
  };
}

function keyOfCharged({ data, eventId, ids }: Charged): string {
  return data ? eventId : fillKey(ids.fillId!);
}

function fillKey(fillId: string): string {
  return `fill ${fillId}`;
}
