/**
 * Random histories of one fund, driven through the real decisions: late and corrected facts and prices, flows, splits, crossings through zero, fees paid by
 * minting, several things at one instant, mandates and schedules. What is refused does not enter, and is kept beside for tests of refusals.
 * The same seed gives the same history.
 */
import { NO_RATES } from '../../libs/domain/price-view';
import type { PortfolioCommand, PriceCommand } from '../../libs/domain/commands';
import { formatFixed, pow10 } from '../../libs/domain/decimal';
import { decidePortfolio } from '../../libs/domain/decide-portfolio';
import { formatInstant, instant } from '../../libs/domain/instant';
import { Portfolio } from '../../libs/domain/portfolio';
import type { PortfolioEvent, PortfolioOpened } from '../../libs/domain/portfolio-events';
import type { PriceEvent } from '../../libs/domain/price-events';
import { decidePrice, type Listing } from '../../libs/domain/price-stream';
import { isRefusal, type Refusal } from '../../libs/domain/refusal';
import { sizeTrade } from './sizing';
import { Ending, navOf } from '../../libs/domain/valuation';
import type { View } from '../../libs/projections/view';
import { NaivePrices } from './naive-prices';
import type { RawEvent } from './oracle';
import { cases, Random, runSeed } from './random';

/** Effective times lie in here; New York puts its clocks forward on the 10th. */
export const SPAN = { from: instant('2024-03-07T00:00:00Z'), until: instant('2024-03-18T00:00:00Z') };
const OPENED = instant('2024-03-08T00:00:00Z');
const HOUR = 3_600_000_000_000n;
export const CONTEXT = { now: instant('2024-05-01T00:00:00Z'), allowedSkew: 0n };
export const ID = 'fund';
const INSTRUMENT = 'coin';

export interface RefusedCommand {
  readonly command: PortfolioCommand;
  readonly refusal: Refusal;
  /** Log position of the last event before it. */
  readonly known: number;
}

export interface History {
  readonly seed: number;
  /** Everything effective lies in here. */
  readonly span: typeof SPAN;
  readonly events: RawEvent[];
  readonly listing: Listing;
  readonly prices: NaivePrices;
  /** Folded along the way, event by event. */
  readonly portfolio: Portfolio;
  readonly ending: Ending;
  readonly refused: RefusedCommand[];
}

export function randomHistory(seed: number): History {
  return new Writer(seed).write();
}

/** The portfolio, prices and ending as known at a log position, folded from the events alone. */
export function viewOf(history: Pick<History, 'events' | 'listing' | 'prices'>, known: number): View & { readonly portfolio: Portfolio } {
  const stream = history.events.filter((e) => e.position <= known && e.stream.startsWith('portfolio-'));
  const portfolio = new Portfolio({ type: 'PortfolioOpened', data: stream[0]!.data }, history.listing, stream[0]!.eventId);
  for (const e of stream.slice(1))
    portfolio.apply({ type: e.type, data: e.data } as Exclude<PortfolioEvent, PortfolioOpened>, e.eventId, e.position);
  const prices = history.prices.view(known);
  const ending = new Ending(portfolio.terms, portfolio.timeline, () => prices);
  return { portfolio, prices, rates: NO_RATES, ending, logPosition: known, knownAt: history.events[known]!.recordedAt };
}

/** A moment worth asking about: one at which something happens, one just beside it, or any hour. */
export function moment(history: History, random: Random): bigint {
  if (random.oneIn(3)) return OPENED + BigInt(random.between(-4, 24 * 9)) * HOUR;
  const instants = [...new Set(history.events.flatMap((e) => ('at' in e.data ? [e.data.at as string] : [])))];
  return instant(random.pick(instants)) + BigInt(random.between(-1, 1));
}

/**
 * A test over random histories: `full` of them, a tenth by default. A check may skip a history that does not fit its question, but not nearly all of
 * them. A failure names the history's own seed.
 */
export function forEachHistory(
  name: string,
  full: number,
  check: (history: History, random: Random) => 'checked' | 'skipped' | void,
): void {
  const test_ = (): void => {
    const seed = runSeed(name);
    let skipped = 0;
    for (let i = 0; i < cases(full); i++) {
      try {
        if (check(randomHistory(seed + i), new Random(seed - i)) === 'skipped') skipped++;
      } catch (error) {
        throw new Error(`history ${seed + i}: ${(error as Error).message}`, { cause: error });
      }
    }
    expect(skipped).toBeLessThan(cases(full) * 0.95);
  };
  test(`${name} (${cases(full)} histories)`, test_, 1_200_000);
}

/** The same events with prices and facts interleaved anew, each kind in its own order; the ids stay. */
export function shuffled(history: History, random: Random): Pick<History, 'events' | 'listing' | 'prices'> {
  const queues = ['price-', 'portfolio-'].map((stream) => history.events.filter((e) => e.stream.startsWith(stream)));
  const order: RawEvent[] = [];
  while (queues.some((queue) => queue.length > 0)) order.push(random.pick(queues.filter(({ length }) => length > 0)).shift()!);
  return relaid(history, order);
}

/** A log of these events in this order: positions and recorded times are given anew, the ids stay. */
export function relaid({ listing }: History, order: readonly RawEvent[]): Pick<History, 'events' | 'listing' | 'prices'> {
  const prices = new NaivePrices();
  const positions = new Map<string, number>();
  const events = order.map((event, position) => {
    const { type, data, eventId } = event;
    positions.set(eventId, position);
    if (type === 'PriceTicked') prices.tick(instant(data.at), BigInt(data.price.replace('.', '')), position);
    if (type === 'PriceCorrected')
      prices.correct(positions.get(data.corrects)!, instant(data.at), BigInt(data.price.replace('.', '')), position);
    return { ...event, position, recordedAt: recordedAt(position) };
  });
  return { events, listing, prices };
}

function recordedAt(position: number): bigint {
  return CONTEXT.now + BigInt(position) * 1_000n;
}

class Writer {
  private readonly random: Random;
  private readonly events: RawEvent[] = [];
  private readonly prices = new NaivePrices();
  private readonly refused: RefusedCommand[] = [];
  private readonly commands = new Map<string, PortfolioCommand>();
  private readonly tickIds: string[] = [];
  private readonly feeless: string[] = [];
  private portfolio!: Portfolio;
  private ending!: Ending;
  private listing!: Listing;
  private ids = 0;
  private price: bigint;
  /** Effective time that the history has come to. */
  private now = OPENED;
  private readonly scales: { currency: number; unit: number; price: number; quantity: number };

  constructor(private readonly seed: number) {
    this.random = new Random(seed);
    const { random } = this;
    this.scales = {
      currency: random.pick([0, 2, 2, 6, 8]),
      unit: random.pick([0, 2, 6, 18]),
      price: random.pick([0, 2, 4]),
      quantity: random.pick([0, 3, 8]),
    };
    this.price = 100n * pow10(this.scales.price);
  }

  write(): History {
    const { random } = this;
    const { currency, unit, price, quantity } = this.scales;
    const kind = random.pick(['spot', 'perp', 'index'] as const);
    this.price_({
      name: 'ListInstrument',
      data: { instrumentId: INSTRUMENT, kind, quoteCurrency: 'USD', priceScale: price, quantityScale: quantity },
    });
    const targetLeverage = random.pick(['3', '2', '-1', '-3', '1.5', '0.5', '-0.5', '1', '2.25']);
    this.portfolio_({
      name: 'OpenPortfolio',
      data: {
        portfolioId: ID,
        name: 'Fund',
        quoteCurrency: 'USD',
        currencyScale: currency,
        unitScale: unit,
        instrumentId: INSTRUMENT,
        targetLeverage,
        at: formatInstant(OPENED),
      },
    });
    if (!random.oneIn(10)) this.tick();
    if (!random.oneIn(4)) this.mandate();
    if (!random.oneIn(3)) this.schedule();
    this.create();
    this.rebalance();
    for (let left = random.between(15, 70); left > 0; left--) this.step();
    const { seed, events, listing, prices, portfolio, ending, refused } = this;
    return { seed, span: SPAN, events, listing, prices, portfolio, ending, refused };
  }

  private step(): void {
    switch (
      this.random.weighted({
        tick: 36,
        move: 14,
        correctPrice: 5,
        create: 6,
        redeem: 6,
        split: 3,
        rebalance: 14,
        fee: 8,
        funding: 5,
        interest: 3,
        accrue: 5,
        mandate: 3,
        schedule: 2,
        correct: 9,
      })
    ) {
      case 'tick':
        return this.tick();
      case 'move':
        this.now += BigInt(this.random.between(1, 30)) * HOUR;
        if (this.now > SPAN.until - 30n * HOUR) this.now = SPAN.until - 30n * HOUR;
        return;
      case 'correctPrice':
        return this.correctPrice();
      case 'create':
        return this.create();
      case 'redeem':
        return this.redeem();
      case 'split':
        return void this.portfolio_({
          name: 'SplitUnits',
          data: { portfolioId: ID, ratio: this.random.pick(['1:10', '10:1', '3:2', '2:3', '1:1']), at: this.time() },
        });
      case 'rebalance':
        return this.rebalance();
      case 'fee':
        return this.fee();
      case 'funding':
        return void this.portfolio_({
          name: 'SettleFunding',
          data: {
            portfolioId: ID,
            instrumentId: INSTRUMENT,
            rate: this.random.pick(['0.0001', '-0.0003', '0.00375', '-0.01']),
            at: this.time(),
            ...(this.random.oneIn(3) ? { mark: this.decimal(this.jolt(this.price, 3), 'price') } : {}),
          },
        });
      case 'interest':
        return void this.portfolio_({ name: 'AccrueInterest', data: { portfolioId: ID, amount: this.amount(-30, 30), at: this.time() } });
      case 'accrue':
        return void this.portfolio_({ name: 'AccrueFees', data: { portfolioId: ID, through: this.time() } });
      case 'mandate':
        return this.mandate();
      case 'schedule':
        return this.schedule();
      case 'correct':
        return this.correct();
    }
  }

  /** Mostly now, so that much falls on one instant; sometimes late, sometimes an hour or a nanosecond on. */
  private time(): string {
    const { random } = this;
    if (random.oneIn(3))
      this.now += random.pick([
        HOUR,
        HOUR,
        2n * HOUR,
        8n * HOUR,
        8n * HOUR,
        HOUR / 2n,
        random.oneIn(4) ? 1n : HOUR - ((this.now - OPENED) % HOUR),
      ]);
    if (this.now > SPAN.until - 30n * HOUR) this.now = SPAN.until - 30n * HOUR;
    const hours = Number((this.now - OPENED) / HOUR);
    const late = random.oneIn(5) ? OPENED + BigInt(random.between(random.oneIn(8) ? -3 : 0, hours)) * HOUR : this.now;
    return formatInstant(late);
  }

  private tick(): void {
    const percent = this.random.oneIn(16) ? 45 : this.random.oneIn(4) ? 15 : 4;
    this.price = this.jolt(this.price, percent);
    this.price_({
      name: 'RecordPrice',
      data: { instrumentId: INSTRUMENT, price: this.decimal(this.price, 'price'), at: this.time(), source: 'test' },
    });
  }

  private correctPrice(): void {
    if (this.tickIds.length === 0) return;
    const corrects = this.random.pick(this.tickIds);
    const at = this.random.oneIn(2) ? { at: this.time() } : {};
    this.price_({
      name: 'CorrectPrice',
      data: { instrumentId: INSTRUMENT, corrects, price: this.decimal(this.jolt(this.price, 6), 'price'), reason: 'test', ...at },
    });
  }

  private mandate(): void {
    const { random } = this;
    const L = this.portfolio.terms.targetLeverage; // hundredths
    const cron = random.pick(['0 0 * * *', '0 16 * * *', '0 */6 * * *', '30 2 * * *', '0 12 * * 1-5']);
    const width = random.pick([20n, 50n, 90n]);
    const resets = random.oneIn(4) ? {} : { resets: { cron, zone: random.pick(['UTC', 'America/New_York']) } };
    const band = random.oneIn(2) ? {} : { band: { lower: formatFixed(L - width, 2), upper: formatFixed(L + width, 2) } };
    const age = random.oneIn(3) ? { maxPriceAge: random.pick(['90s', '8h', '2d']) } : {};
    this.portfolio_({
      name: 'AdoptMandate',
      data: { portfolioId: ID, at: this.time(), mandate: { sizing: 'exact', ...resets, ...band, ...age } },
    });
  }

  private schedule(): void {
    const value = this.random.pick(['0.0095', '0.5', '0.02']);
    const rule = {
      kind: 'management',
      trigger: 'at_reset',
      basis: 'nav',
      rate: { value, unit: 'fraction', period: 'year' },
      dayCount: 'ACT/365',
    } as const;
    const version = String(++this.ids);
    this.portfolio_({
      name: 'AdoptFeeSchedule',
      data: { portfolioId: ID, at: this.time(), schedule: { id: 'terms', version, rules: this.random.oneIn(5) ? [rule, rule] : [rule] } },
    });
  }

  private create(): void {
    const { random } = this;
    const units = this.units(1, 500);
    this.portfolio_({
      name: 'CreateUnits',
      data: { portfolioId: ID, units, cash: this.worthOf(units), at: this.time(), ...(random.oneIn(4) ? { fee: this.amount(0, 9) } : {}) },
    });
  }

  private redeem(): void {
    const held = this.portfolio.timeline.stateAt(this.now).units;
    const part = this.random.pick([2n, 3n, 10n, 1n, 1n]);
    const units = this.random.oneIn(3) ? this.units(1, 300) : this.decimal(held / part, 'unit');
    this.portfolio_({ name: 'RedeemUnits', data: { portfolioId: ID, units, cash: this.worthOf(units), at: this.time() } });
  }

  /** About what the units are worth now, sometimes far from it. */
  private worthOf(units: string): string {
    const { terms, timeline } = this.portfolio;
    const state = timeline.stateAt(this.now);
    const nav = navOf(terms, state, this.price);
    const perUnit =
      nav !== undefined && nav > 0n && state.units > 0n
        ? { num: nav, den: state.units }
        : { num: pow10(terms.navScale) * 50n, den: pow10(terms.unitScale) };
    const count = BigInt(units.replace('.', ''));
    const worth = this.jolt((perUnit.num * count * 1000n) / perUnit.den, this.random.oneIn(4) ? 20 : 0) / 1000n;
    return this.decimal(worth / pow10(terms.navScale - terms.currencyScale), 'currency');
  }

  private rebalance(): void {
    const { random } = this;
    const { terms, timeline } = this.portfolio;
    const at = this.time();
    const state = timeline.stateAt(instant(at));
    const mark = this.prices.view(this.events.length).at(instant(at))?.price ?? this.price;
    const nav = navOf(terms, state, mark) ?? 0n;
    const wanted = nav > 0n && !random.oneIn(4) ? sizeTrade(terms, state, mark, 'naive', { slippage: 0n, feeRate: 0n }) : undefined;
    const count = random.oneIn(3) ? random.between(2, 3) : 1;
    const fills = Array.from({ length: count }, () => {
      const price = this.jolt(mark, 1);
      const size = wanted ? wanted.quantity / BigInt(count) : BigInt(random.between(1, 40)) * pow10(terms.quantityScale);
      const side = wanted?.side ?? (random.oneIn(2) ? 'buy' : 'sell');
      return {
        fillId: `f${++this.ids}`,
        instrumentId: INSTRUMENT,
        side,
        quantity: this.decimal(size > 0n ? size : 1n, 'quantity'),
        price: this.decimal(price, 'price'),
        ...(random.oneIn(3) ? { bid: this.decimal(price, 'price'), ask: this.decimal(price + 1n, 'price') } : {}),
        ...(random.oneIn(3) ? { arrivalPrice: this.decimal(this.jolt(mark, 1), 'price') } : {}),
        ...(random.oneIn(2) ? { fee: this.amount(-2, 9) } : {}),
      };
    });
    for (const fill of fills) if (!('fee' in fill)) this.feeless.push(fill.fillId);
    this.portfolio_({ name: 'ExecuteRebalance', data: { portfolioId: ID, rebalanceId: `r${++this.ids}`, reason: 'manual', at, fills } });
  }

  private fee(): void {
    const { random } = this;
    const kind = random.pick(['trading', 'management', 'performance', 'creation', 'redemption', 'borrow', 'custody', 'other'] as const);
    const fillId = kind === 'trading' && this.feeless.length > 0 && !random.oneIn(3) ? { fillId: random.pick(this.feeless) } : {};
    const size = random.oneIn(2) ? { rateOfNav: random.pick(['0.0003', '0.02', '0.000000001', '0.3']) } : { amount: this.amount(-5, 60) };
    const paidBy = random.oneIn(3) ? { paidBy: 'units' as const } : {};
    this.portfolio_({
      name: 'ChargeFee',
      data: { portfolioId: ID, feeId: `c${++this.ids}`, kind, at: this.time(), ...fillId, ...size, ...paidBy },
    });
  }

  /** Busts a fact, or amends it: another time, another amount. */
  private correct(): void {
    const { random } = this;
    const ids = [...this.commands.keys()];
    if (ids.length === 0) return;
    const corrects = random.pick(ids);
    const { data } = this.commands.get(corrects)!;
    const changes: Record<string, unknown> = {};
    if (random.oneIn(2)) changes.at = this.time();
    if ('units' in data && random.oneIn(2)) changes.units = this.units(1, 400);
    if ('amount' in data && random.oneIn(2)) changes.amount = this.amount(-5, 40);
    if ('rateOfNav' in data) changes.rateOfNav = '0.01';
    if ('fills' in data && random.oneIn(2))
      changes.fills = data.fills.map((fill) => ({ ...fill, price: this.decimal(this.jolt(this.price, 5), 'price') }));
    const replacement = random.oneIn(2) ? {} : { replacement: { ...data, ...changes } };
    this.portfolio_({ name: 'CorrectFact', data: { portfolioId: ID, corrects, reason: 'test', ...replacement } });
  }

  private units(a: number, b: number): string {
    const scale = this.scales.unit;
    return this.decimal((BigInt(this.random.between(a * 100, b * 100)) * pow10(scale)) / 100n || 1n, 'unit');
  }

  private amount(a: number, b: number): string {
    return this.decimal((BigInt(this.random.between(a * 97, b * 97)) * pow10(this.scales.currency)) / 97n, 'currency');
  }

  private decimal(units: bigint, scale: keyof Writer['scales']): string {
    return formatFixed(units, this.scales[scale]);
  }

  /** Up to `percent` up or down, at least 1. */
  private jolt(value: bigint, percent: number): bigint {
    const moved = (value * BigInt(10_000 + this.random.between(-percent * 100, percent * 100))) / 10_000n;
    return moved > 0n ? moved : 1n;
  }

  private portfolio_(command: PortfolioCommand): void {
    const known = {
      portfolio: this.portfolio as Portfolio | undefined,
      listing: this.listing,
      prices: this.prices.view(this.events.length),
      ...(this.portfolio ? { ending: this.ending } : {}),
    };
    const decided = decidePortfolio(known, command, CONTEXT, () => undefined);
    if (isRefusal(decided)) {
      this.refused.push({ command, refusal: decided, known: this.events.length - 1 });
      return;
    }
    for (const event of decided) {
      const { eventId, position } = this.record(`portfolio-${ID}`, event);
      if (event.type === 'PortfolioOpened') {
        this.portfolio = new Portfolio(event, this.listing, eventId);
        this.ending = new Ending(this.portfolio.terms, this.portfolio.timeline, () => this.prices.view(this.events.length));
        continue;
      }
      const changedFrom = this.portfolio.apply(event, eventId, position);
      if (changedFrom !== undefined) this.ending.rewind(changedFrom);
      if (event.type === 'FeeCharged' && command.name === 'AccrueFees') {
        const { feeId, kind, at, amount } = event.data;
        this.commands.set(eventId, { name: 'ChargeFee', data: { portfolioId: ID, feeId, kind, at, amount } });
      } else if (command.name !== 'CorrectFact') this.commands.set(eventId, command);
    }
  }

  private price_(command: PriceCommand): void {
    const root = command.name === 'CorrectPrice' ? this.rootTick(command.data.corrects) : undefined;
    const decided = decidePrice(this.listing, command, CONTEXT, root && { eventId: root.eventId, at: root.at });
    if (isRefusal(decided)) return;
    const [event] = decided as [PriceEvent];
    const { eventId, position } = this.record(`price-${INSTRUMENT}`, event);
    if (event.type === 'InstrumentListed') {
      this.listing = event.data;
      return;
    }
    const at = instant(event.data.at);
    const price = BigInt(event.data.price.replace('.', ''));
    this.tickIds.push(eventId);
    if (event.type === 'PriceTicked') this.prices.tick(at, price, position);
    else this.prices.correct(root!.position, at, price, position);
    this.ending.rewind(root && instant(root.at) < at ? instant(root.at) : at);
  }

  /** The tick that a price event is about, with the time that it has now. */
  private rootTick(eventId: string): { eventId: string; position: number; at: string } {
    const event = this.events.find((e) => e.eventId === eventId)!;
    const root = event.type === 'PriceCorrected' ? this.events.find((e) => e.eventId === event.data.corrects)! : event;
    const last = this.events.filter((e) => e.type === 'PriceCorrected' && e.data.corrects === root.eventId).at(-1) ?? root;
    return { eventId: root.eventId, position: root.position, at: last.data.at };
  }

  private record(stream: string, event: PriceEvent | PortfolioEvent): RawEvent {
    const position = this.events.length;
    const eventId = `00000000-0000-4000-8000-${position.toString(16).padStart(12, '0')}`;
    const data = JSON.parse(JSON.stringify(event.data));
    const raw = { position, stream, type: event.type, eventId, data, recordedAt: recordedAt(position) };
    this.events.push(raw);
    return raw;
  }
}
