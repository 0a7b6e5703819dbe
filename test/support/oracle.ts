/**
 * A second opinion on every figure: slow, plain and exact, written from the meaning of the recorded events and not from the code that answers questions.
 * It takes the raw events as a store gives them, keeps those known at the moment asked, lets each correction replace its fact, puts everything in
 * order (effective time; prices before everything; log position) and goes through it from the beginning for every question. Exact rationals, no index, no cache.
 */
import { bruteCron, bruteDay } from './oracle-calendar';
import { Fraction } from './fraction';

/** An event as a store gives it. */
export interface RawEvent {
  readonly position: number;
  readonly stream: string;
  readonly type: string;
  readonly eventId: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
  readonly recordedAt: bigint;
}

export interface Tick {
  readonly at: bigint;
  readonly price: Fraction;
  readonly position: number;
}

/** A fact in force at its place. */
export interface Placed {
  readonly at: bigint;
  readonly position: number;
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

export interface State {
  readonly cash: Fraction;
  readonly quantity: Fraction;
  readonly units: Fraction;
}

export interface Nav extends State {
  readonly nav: Fraction;
  readonly exposure: Fraction;
  readonly navPerUnit: Fraction | undefined;
  readonly leverage: Fraction | undefined;
  readonly mark: Tick | undefined;
  readonly terminatedAt: bigint | undefined;
  readonly liabilities: Fraction;
  readonly stale: boolean;
}

const NOTHING: State = { cash: Fraction.ZERO, quantity: Fraction.ZERO, units: Fraction.ZERO };

export class Oracle {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly opened: any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly listing: any;
  readonly openedAt: bigint;
  readonly leverage: Fraction;
  /** In order of (effective time, log position). */
  readonly ticks: readonly Tick[];
  readonly facts: readonly Placed[];

  /** What was known after the event at log position `known`. Calendars are tried within `span` only. */
  constructor(
    events: readonly RawEvent[],
    known: number,
    readonly span: { readonly from: bigint; readonly until: bigint },
  ) {
    const ticks = new Map<string, Tick>();
    const facts = new Map<string, { position: number; standing: RawEvent | undefined }>();
    const roots = new Map<string, string>();
    for (const event of events.filter((e) => e.position <= known).sort((a, b) => a.position - b.position)) {
      const { type, data, eventId, position } = event;
      if (type === 'InstrumentListed') this.listing = data;
      else if (type === 'PortfolioOpened') this.opened = data;
      else if (type === 'PriceTicked') ticks.set(eventId, { at: nanos(data.at), price: Fraction.of(data.price), position });
      else if (type === 'PriceCorrected') {
        const root = roots.get(data.corrects) ?? data.corrects;
        roots.set(eventId, root);
        ticks.set(root, { at: nanos(data.at), price: Fraction.of(data.price), position: ticks.get(root)!.position });
      } else if (type === 'FactCorrected') {
        const root = roots.get(data.corrects) ?? data.corrects;
        roots.set(eventId, root);
        facts.set(root, { position: facts.get(root)!.position, standing: data.fact });
      } else if (type !== 'NothingDue') facts.set(eventId, { position, standing: event });
    }
    this.openedAt = nanos(this.opened.at);
    this.leverage = Fraction.of(this.opened.targetLeverage);
    this.ticks = [...ticks.values()].sort(byPlace);
    this.facts = [...facts.values()]
      .flatMap(({ position, standing }) =>
        standing ? [{ at: nanos(standing.data.at), position, type: standing.type, data: standing.data }] : [],
      )
      .sort(byPlace);
  }

  /** The mark at `t`: the last tick at or before, of several at one instant the last in log order. */
  mark(t: bigint): Tick | undefined {
    return this.ticks.filter((tick) => tick.at <= t).at(-1);
  }

  state(t: bigint): State {
    return this.facts.filter((fact) => fact.at <= t).reduce((state, fact) => this.after(state, fact), NOTHING);
  }

  /** The state just before the place (t, position). */
  stateBefore(t: bigint, position: number): State {
    return this.facts
      .filter((fact) => fact.at < t || (fact.at === t && fact.position < position))
      .reduce((state, fact) => this.after(state, fact), NOTHING);
  }

  after(state: State, { type, data }: Placed): State {
    const { cash, quantity, units } = state;
    switch (type) {
      case 'UnitsCreated':
        return { cash: cash.plus(Fraction.of(data.cash)), quantity, units: units.plus(Fraction.of(data.units)) };
      case 'UnitsRedeemed':
        return { cash: cash.minus(Fraction.of(data.cash)), quantity, units: units.minus(Fraction.of(data.units)) };
      case 'UnitsSplit': {
        const scale = this.opened.unitScale as number;
        return { cash, quantity, units: new Fraction(units.times(splitRatio(data)).unitsBelow(scale), 10n ** BigInt(scale)) };
      }
      case 'RebalanceExecuted': {
        let [c, q] = [cash, quantity];
        for (const fill of data.fills) {
          const signed = signedQuantity(fill);
          c = c.minus(signed.times(Fraction.of(fill.price)).round(this.opened.currencyScale)).minus(Fraction.of(fill.fee ?? '0'));
          q = q.plus(signed);
        }
        return { cash: c, quantity: q, units };
      }
      case 'FeeCharged':
        return data.paidBy === 'units'
          ? { cash, quantity, units: units.plus(Fraction.of(data.unitsMinted)) }
          : { cash: cash.minus(Fraction.of(data.amount)), quantity, units };
      case 'FundingSettled':
        return { cash: cash.minus(Fraction.of(data.amount)), quantity, units };
      case 'InterestAccrued':
        return { cash: cash.plus(Fraction.of(data.amount)), quantity, units };
      case 'MandateAdopted':
      case 'FeeScheduleAdopted':
        return state;
      default:
        throw new Error(`unknown fact ${type}`);
    }
  }

  /** C + q·P; undefined when there is a position and no price. */
  worth(state: State, price: Fraction | undefined): Fraction | undefined {
    if (state.quantity.isZero()) return state.cash;
    return price && state.cash.plus(state.quantity.times(price));
  }

  /** Every instant at which something happened, in order. */
  instants(after: bigint, until: bigint): bigint[] {
    const all = new Set([...this.ticks, ...this.facts].map(({ at }) => at));
    return [...all].filter((t) => t > after && t <= until).sort((a, b) => (a < b ? -1 : 1));
  }

  /** The first instant at or before `t` after all of which there were units and NAV ≤ 0. */
  terminated(t: bigint): bigint | undefined {
    return this.instants(-1n << 80n, t).find((at) => this.isDead(at));
  }

  /** New units for each old one, by the splits in (after, until]. */
  splits(after: bigint, until: bigint): Fraction {
    const splits = this.facts.filter((fact) => fact.type === 'UnitsSplit' && fact.at > after && fact.at <= until);
    return splits.reduce((product, fact) => product.times(splitRatio(fact.data)), Fraction.ONE);
  }

  /** The fewest units after any fact. */
  leastUnits(): Fraction {
    let state = NOTHING;
    let least = Fraction.ZERO;
    for (const fact of this.facts) {
      state = this.after(state, fact);
      if (state.units.compare(least) < 0) least = state.units;
    }
    return least;
  }

  isDead(at: bigint): boolean {
    const state = this.state(at);
    const nav = this.worth(state, this.mark(at)?.price);
    return state.units.isPositive() && nav !== undefined && !nav.isPositive();
  }

  /** Undefined when the question has no answer. */
  nav(at: bigint): Nav | undefined {
    if (at < this.openedAt) return undefined;
    const state = this.state(at);
    const mark = this.mark(at);
    const nav = this.worth(state, mark?.price);
    if (!nav) return undefined;
    const exposure = mark ? state.quantity.times(mark.price) : Fraction.ZERO;
    const hasUnits = !state.units.isZero();
    const maxAge = this.mandateAt(at)?.maxPriceAge as string | undefined;
    return {
      ...state,
      nav,
      exposure,
      navPerUnit: hasUnits ? nav.over(state.units) : undefined,
      leverage: hasUnits && nav.isPositive() ? exposure.over(nav) : undefined,
      mark,
      terminatedAt: this.terminated(at),
      liabilities: this.liabilities(at),
      stale: mark !== undefined && maxAge !== undefined && at - mark.at > duration(maxAge),
    };
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  mandateAt(t: bigint): any {
    return this.facts.filter((fact) => fact.type === 'MandateAdopted' && fact.at <= t).at(-1)?.data.mandate;
  }

  /** The scheduled instants in (after, until] that the mandates in force name, whether they count or not. `fallback`: while there is no schedule. */
  scheduled(after: bigint, until: bigint, fallback?: { cron: string; zone: string }): bigint[] {
    const schedules = [...this.facts.filter((fact) => fact.type === 'MandateAdopted').map((fact) => fact.data.mandate.resets), fallback];
    const candidates = schedules.flatMap((s) => (s ? bruteCron(s.cron, s.zone, this.span.from, this.span.until) : []));
    const inForce = (t: bigint): boolean => {
      const s = this.mandateAt(t)?.resets ?? fallback;
      return s !== undefined && bruteCron(s.cron, s.zone, this.span.from, this.span.until).includes(t);
    };
    return [...new Set(candidates)].filter((t) => t > after && t <= until && inForce(t)).sort((a, b) => (a < b ? -1 : 1));
  }

  /** Those with a new tick since the last one that counted, or since `after`. */
  counted(after: bigint, until: bigint, fallback?: { cron: string; zone: string }): bigint[] {
    let last = after;
    return this.scheduled(after, until, fallback).filter((t) => {
      const counts = this.ticks.some((tick) => tick.at > last && tick.at <= t);
      if (counts) last = t;
      return counts;
    });
  }

  /** Charges due at or before `at` and not recorded. */
  liabilities(at: bigint): Fraction {
    const end = this.terminated(at);
    const schedules = this.facts.filter((fact) => fact.type === 'FeeScheduleAdopted');
    const resets = new Set(this.counted(this.openedAt, at));
    const midnights = bruteCron('0 0 * * *', 'UTC', this.span.from, this.span.until);
    const scheduleless = midnights.filter((t) => t <= at && this.mandateAt(t)?.resets === undefined);
    let due = Fraction.ZERO;
    const last = new Map<string, bigint>();
    for (const t of [...resets, ...scheduleless].sort((a, b) => (a < b ? -1 : 1))) {
      if (end !== undefined && t >= end) continue;
      // The instant of a change ends the days of the schedule before.
      const ending = schedules.some((fact) => fact.at === t) ? [schedules.filter((fact) => fact.at < t).at(-1)] : [];
      const charging = [...ending, schedules.filter((fact) => fact.at <= t).at(-1)].filter((fact) => fact !== undefined);
      for (const [inForce, index, rule] of charging.flatMap((fact) =>
        (fact.data.schedule.rules as { rate: { value: string } }[]).map((one, i) => [fact, i, one] as const),
      )) {
        const since = this.chargedSince(inForce, index, at, last.get(`${inForce.position} ${index}`));
        if (since === undefined || t <= since) continue;
        const zone: string = this.mandateAt(t)?.resets?.zone ?? 'UTC';
        const days = bruteDay(t, zone) - bruteDay(since, zone);
        const nav = this.worth(this.state(t), this.mark(t)?.price);
        if (days <= 0 || !nav) continue;
        const rate = Fraction.of(rule.rate.value);
        const raw = nav
          .minus(due)
          .times(rate)
          .times(new Fraction(BigInt(days), 365n));
        if (raw.num === 0n) last.set(`${inForce.position} ${index}`, t);
        const amount = raw.round(this.opened.currencyScale);
        if (!amount.isPositive()) continue;
        due = due.plus(amount);
        last.set(`${inForce.position} ${index}`, t);
      }
    }
    return due;
  }

  /** The rule's last charge, at first the later of the schedule's beginning and the first units. */
  private chargedSince({ at, data }: Placed, index: number, until: bigint, due: bigint | undefined): bigint | undefined {
    if (due !== undefined) return due;
    const next = this.facts.find((fact) => fact.type === 'FeeScheduleAdopted' && fact.at > at);
    const charged = this.facts
      .filter((fact) => fact.type === 'FeeCharged' && fact.at <= until && (!next || fact.at <= next.at) && fact.at >= at)
      .filter(
        ({ data: { schedule } }) =>
          schedule?.id === data.schedule.id && schedule.version === data.schedule.version && schedule.rule === index,
      )
      .at(-1);
    if (charged) return charged.at;
    const units = this.facts.find((fact) => fact.at <= until && this.stateBefore(fact.at, fact.position + 1).units.isPositive());
    return units && (units.at > at ? units.at : at);
  }
}

export function nanos(text: string): bigint {
  const [seconds, fraction = ''] = text.replace('Z', '').split('.') as [string, string | undefined];
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

export function signedQuantity(fill: { side: string; quantity: string }): Fraction {
  const quantity = Fraction.of(fill.quantity);
  return fill.side === 'buy' ? quantity : quantity.negated();
}

/** New units for an old one. */
export function splitRatio(data: { ratio: string }): Fraction {
  return Fraction.of(data.ratio.replace(':', '/'));
}

function byPlace(a: { at: bigint; position: number }, b: { at: bigint; position: number }): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : a.position - b.position;
}

function duration(text: string): bigint {
  const seconds = { s: 1n, m: 60n, h: 3600n, d: 86_400n }[text.at(-1) as 's' | 'm' | 'h' | 'd'];
  return BigInt(text.slice(0, -1)) * seconds * 1_000_000_000n;
}
