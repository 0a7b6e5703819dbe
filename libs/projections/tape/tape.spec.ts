import fc from 'fast-check';
import { NaivePrices } from '../../../test/support/naive-prices';
import type { PriceView } from '../../domain/price-view';
import { narrow } from './column';
import { TapeDamaged } from './codec';
import type { TapeDirectory } from './directory';
import { Tape } from './tape';

const RUNS = process.env['NAVLEDGER_FULL'] === '1' ? 2_000 : 200;

/** A random fact; numbers are turned into times, prices and targets when it is applied, so that shrinking stays easy. */
const fact = fc.record({
  kind: fc.constantFrom('main', 'main', 'main', 'late', 'same', 'fill', 'correct', 'move'),
  step: fc.integer({ min: 1, max: 4 }),
  back: fc.nat({ max: 60 }),
  price: fc.integer({ min: -50, max: 50 }),
  gap: fc.integer({ min: 1, max: 3 }),
  source: fc.constantFrom('a', 'b'),
  target: fc.nat(),
  save: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
});
/** How prices and times are spread, so that every form of a column occurs. */
const world = fc.record({
  timeUnit: fc.constantFrom(1n, 60_000_000_000n, 86_400_000_000_000n * 365n + 1n),
  origin: fc.constantFrom(0n, -7n, 1_577_836_800_000_000_000n),
  priceUnit: fc.constantFrom(1n, 10n ** 15n + 1n, 10n ** 18n, 3n ** 60n),
  offset: fc.constantFrom(0n, 9_999n, 10n ** 25n),
  segmentTicks: fc.constantFrom(8, 8, 50),
});

/** A tape beside the naive prices, stored and opened again now and then. */
class Pair {
  readonly naive = new NaivePrices();
  readonly blobs = new Map<string, Buffer>();
  directory: TapeDirectory | undefined;
  tape: Tape;
  position = -1;
  last = 0;
  readonly facts: number[] = [];

  constructor(
    readonly spread: { timeUnit: bigint; origin: bigint; priceUnit: bigint; offset: bigint; segmentTicks: number },
    readonly options = { segmentTicks: spread.segmentTicks, streakTicks: 3, segmentsLoaded: 2 },
  ) {
    this.tape = Tape.empty(this.load, this.options);
  }

  readonly load = (key: string): Buffer | undefined => this.blobs.get(key);
  time = (n: number): bigint => this.spread.origin + BigInt(n) * this.spread.timeUnit;
  price = (n: number): bigint => this.spread.offset + BigInt(n) * this.spread.priceUnit + BigInt(n % 7);

  apply(f: { kind: string; step: number; back: number; price: number; gap: number; source: string; target: number; save: boolean }): void {
    this.position += f.gap;
    const target = this.facts[f.target % Math.max(1, this.facts.length)];
    if ((f.kind === 'correct' || f.kind === 'move') && target !== undefined) {
      const at = this.time(Math.max(0, this.last - f.back));
      this.naive.correct(target, at, this.price(f.price), this.position);
      this.tape.correct(target, at, narrow(this.price(f.price)), this.position);
    } else if (f.kind === 'fill') {
      // A hole, then a stretch of late ticks inside it.
      const start = this.last;
      this.last += 12 * f.step;
      this.tick(this.last, f.price, f.source);
      for (let i = 1; i <= f.step * 3; i++) {
        this.position += f.gap;
        this.tick(start + i, f.price + i, f.source);
      }
    } else {
      if (f.kind === 'late') this.tick(Math.max(0, this.last - f.back), f.price, f.source);
      else if (f.kind === 'same') this.tick(this.last, f.price, f.source);
      else this.tick((this.last += f.step), f.price, f.source);
    }
    this.facts.push(this.position);
    if (f.save) this.save();
  }

  tick(time: number, price: number, source: string): void {
    this.naive.tick(this.time(time), this.price(price), this.position, source);
    this.tape.append(this.time(time), narrow(this.price(price)), this.position, source);
  }

  save(): void {
    const { directory, put, drop, saved } = this.tape.changes();
    for (const { key, bytes } of put) this.blobs.set(key, bytes);
    for (const key of drop) this.blobs.delete(key);
    saved();
    this.directory = JSON.parse(JSON.stringify(directory)) as TapeDirectory;
    expect([...this.blobs.keys()].sort()).toEqual([...directory.segments, ...directory.side].map(({ key }) => key).sort());
  }

  reopen(): void {
    this.save();
    this.tape = Tape.open(this.directory!, this.load, this.options);
  }
}

function expectSame(pair: Pair, actual: PriceView, expected: PriceView, seeds: readonly number[]): void {
  for (const seed of seeds) {
    const t = pair.time((seed % (pair.last + 6)) - 3) + BigInt((seed % 3) - 1);
    const until = t + BigInt(seed % 40) * pair.spread.timeUnit;
    const low = seed % 5 === 0 ? undefined : pair.price(-(seed % 61)) + BigInt((seed % 3) - 1);
    const high = seed % 7 === 0 ? undefined : pair.price(seed % 53) + BigInt((seed % 3) - 1);
    const answers = (view: PriceView): unknown[] => [view.at(t), view.next(t), view.firstOutside(t, until, low, high)];
    expect(answers(actual)).toEqual(answers(expected));
  }
}

const seeds = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });

describe('the tick tape beside naive prices', () => {
  it('answers the same at every moment, as known at every log position, before and after it was stored', () => {
    fc.assert(
      fc.property(world, fc.array(fact, { maxLength: 120 }), seeds, (spread, facts, asked) => {
        const pair = new Pair(spread);
        const early = Math.floor(facts.length / 2);
        const views: { known: number; view: PriceView }[] = [];
        facts.forEach((f, i) => {
          pair.apply(f);
          if (i === early || i % 17 === 16) views.push({ known: pair.position, view: pair.tape.view() });
        });
        const positions = [-1, pair.position, ...asked.slice(0, 4).map((seed) => seed % (pair.position + 2))];
        for (const known of positions) expectSame(pair, pair.tape.view(known), pair.naive.view(known), asked);
        // Views that were taken on the way still hold.
        for (const { known, view } of views) expectSame(pair, view, pair.naive.view(known), asked);
        pair.reopen();
        for (const known of positions) expectSame(pair, pair.tape.view(known), pair.naive.view(known), asked);
      }),
      { numRuns: RUNS },
    );
  });

  it('knows what was recorded at an instant from a source', () => {
    const sorted = (prices: bigint[]): bigint[] => prices.sort((a, b) => (a < b ? -1 : 1));
    fc.assert(
      fc.property(world, fc.array(fact, { maxLength: 80 }), fc.boolean(), (spread, facts, reopened) => {
        const pair = new Pair(spread);
        for (const f of facts) pair.apply(f);
        if (reopened) pair.reopen();
        for (let n = 0; n <= pair.last; n++) {
          for (const source of ['a', 'b', 'c']) {
            expect(sorted(pair.tape.recorded(pair.time(n), source))).toEqual(sorted(pair.naive.recorded(pair.time(n), source)));
          }
        }
      }),
      { numRuns: RUNS / 2 },
    );
  });

  it('goes on from where it was stored', () => {
    fc.assert(
      fc.property(world, fc.array(fact, { maxLength: 60 }), fc.array(fact, { maxLength: 60 }), seeds, (spread, before, after, asked) => {
        const pair = new Pair(spread);
        for (const f of before) pair.apply(f);
        pair.reopen();
        for (const f of after) pair.apply(f);
        for (const known of [pair.position, pair.position >> 1]) expectSame(pair, pair.tape.view(known), pair.naive.view(known), asked);
      }),
      { numRuns: RUNS / 2 },
    );
  });
});

describe('a stored tape', () => {
  const minutes = (n: number, from = 0): Pair => {
    const pair = new Pair(
      { timeUnit: 60_000_000_000n, origin: 1_577_836_860_000_000_000n, priceUnit: 1n, offset: 700_000n, segmentTicks: 65_536 },
      { segmentTicks: 65_536, streakTicks: 4_096, segmentsLoaded: 2_048 },
    );
    for (let i = from; i < from + n; i++) append(pair, i);
    return pair;
  };
  const append = (pair: Pair, minute: number): void => {
    pair.tape.append(pair.time(minute), 700_000 + ((minute * 7_919) % 40_000), ++pair.position, 'exchange');
    pair.last = Math.max(pair.last, minute);
  };

  it('opens and finds one price by loading one segment of about 2 bytes a tick', () => {
    const pair = minutes(200_000);
    pair.save();
    const loaded: string[] = [];
    const tape = Tape.open(pair.directory!, (key) => (loaded.push(key), pair.load(key)));
    expect(tape.view().at(pair.time(70_000))).toEqual({ at: pair.time(70_000), price: 700_000n + ((70_000n * 7_919n) % 40_000n) });
    expect(loaded).toEqual([pair.directory!.segments[1]!.key]);
    // 65,536 offsets of two bytes below 40,000, a regular clock, positions in sequence, one source; 600 bytes of header.
    expect(pair.blobs.get(loaded[0]!)!.length).toBeLessThan(65_536 * 2 + 700);
    expect(tape.view().firstOutside(0n, pair.time(200_000), 700_000n, 739_999n)).toBeUndefined();
    expect(loaded).toHaveLength(1);
  });

  it('stores only what changed: the newest segment, and nothing when nothing came', () => {
    const pair = minutes(70_000);
    pair.save();
    const sealed = pair.directory!.segments[0]!.key;
    expect(pair.tape.changes().put).toEqual([]);
    append(pair, 70_000);
    const { put, drop, directory } = pair.tape.changes();
    expect(put.map(({ key }) => key)).toEqual([directory.segments[1]!.key]);
    expect(drop).toEqual([pair.directory!.segments[1]!.key]);
    expect(directory.segments[0]!.key).toBe(sealed);
  });

  it('takes years that come last first as segments of their own, without side facts', () => {
    const pair = minutes(70_000, 300_000);
    for (let i = 100_000; i < 300_000; i++) append(pair, i);
    for (let i = 0; i < 100_000; i++) append(pair, i);
    // One late tick before everything ends the last stretch.
    append(pair, -10);
    pair.save();
    expect(pair.directory!.side.at(-1)!.end).toBe(1);
    expect(pair.directory!.segments.reduce((sum, { n }) => sum + n, 0)).toBe(370_000);
    const view = Tape.open(pair.directory!, pair.load).view();
    for (const minute of [0, 65_535, 65_536, 99_999, 100_000, 299_999, 300_000, 369_999]) {
      expect(view.at(pair.time(minute) + 1n)).toEqual({ at: pair.time(minute), price: 700_000n + ((BigInt(minute) * 7_919n) % 40_000n) });
      expect(view.next(pair.time(minute) - 1n)!.at).toBe(pair.time(minute));
    }
    expect(view.at(pair.time(-1))!.at).toBe(pair.time(-10));
  });

  it('fills a hole inside a segment by splitting it', () => {
    const pair = minutes(1_000);
    for (let i = 50_000; i < 60_000; i++) append(pair, i);
    for (let i = 1_000; i < 50_000; i++) append(pair, i);
    append(pair, 60_000);
    append(pair, 3);
    pair.save();
    expect(pair.directory!.segments.map(({ n }) => n)).toEqual([1_000, 49_000, 10_001]);
    expect(pair.directory!.side.at(-1)!.end).toBe(1);
  });

  it('keeps an earlier view right when its segments were replaced and their blobs dropped', () => {
    const options = { segmentTicks: 1_024, streakTicks: 8, segmentsLoaded: 1 };
    const pair = new Pair({ timeUnit: 1n, origin: 0n, priceUnit: 1n, offset: 700_000n, segmentTicks: 1_024 }, options);
    for (let i = 0; i < 3_000; i++) append(pair, i < 500 ? i : i + 500);
    pair.reopen();
    const early = pair.tape.view();
    append(pair, 4_000); // goes into the newest segment
    for (let i = 500; i < 900; i++) append(pair, i); // splits the first
    append(pair, 3);
    pair.save();
    expect(early.at(3_990n)).toEqual({ at: 3_499n, price: 700_000n + ((3_499n * 7_919n) % 40_000n) });
    expect(early.at(700n)!.at).toBe(499n);
    expect(early.at(1_600n)!.at).toBe(1_600n);
    expect(early.at(450n)!.at).toBe(450n);
  });

  it.each([3, 40])('has one tick at an instant that got a second price, also %i ticks into a segment', (minute) => {
    const pair = minutes(60);
    pair.tape.append(pair.time(minute), 5, 60, 'exchange');
    expect(pair.tape.view().next(pair.time(minute - 1))).toEqual({ at: pair.time(minute), price: 5n });
    expect(pair.tape.view().next(pair.time(minute))!.at).toBe(pair.time(minute + 1));
  });

  it('refuses bytes that are damaged, mistaken or missing', () => {
    const pair = minutes(1_000);
    pair.save();
    const { key } = pair.directory!.segments[0]!;
    const good = pair.blobs.get(key)!;
    const damaged = Buffer.from(good);
    damaged[damaged.length - 9]! ^= 1;
    for (const bytes of [damaged, good.subarray(0, 100), undefined]) {
      expect(() =>
        Tape.open(pair.directory!, () => bytes)
          .view()
          .at(pair.time(5)),
      ).toThrow(TapeDamaged);
    }
    expect(() => Tape.open({ ...pair.directory!, version: 2 as 1 }, pair.load)).toThrow(TapeDamaged);
  });

  it('refuses facts that are out of log order, and corrections of ticks that it does not have', () => {
    const pair = minutes(10);
    expect(() => pair.tape.append(pair.time(20), 1, 9, 'exchange')).toThrow('log position 9 comes after 9');
    expect(() => pair.tape.correct(99, pair.time(20), 1, 10)).toThrow('no tick at log position 99');
    expect(pair.tape.lastPosition).toBe(9);
  });
});
