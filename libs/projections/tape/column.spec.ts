import fc from 'fast-check';
import { decodeColumns, encodeColumns } from './codec';
import { narrow } from './column';
import { Integers } from './integers';
import { pack } from './pack';
import { Ticks } from './ticks';

const RUNS = process.env['NAVLEDGER_FULL'] === '1' ? 5_000 : 500;

const listOf = (values: readonly bigint[], base = values[0]!): Integers => {
  const list = new Integers(base, 2);
  for (const value of values) list.pushValue(value);
  return list;
};
/** Values with a unit, a base and a size that lead to every form of a column. */
const values = fc
  .record({
    small: fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer(), fc.maxSafeInteger()), { minLength: 1, maxLength: 60 }),
    unit: fc.constantFrom(1n, 60_000_000_000n, 10n ** 18n, 7n ** 40n),
    base: fc.constantFrom(0n, -1n, 10n ** 18n, -(10n ** 40n)),
    flat: fc.boolean(),
  })
  .map(({ small, unit, base, flat }) => small.map((n, i) => base + unit * BigInt(flat ? i + (n % 50 === 0 ? 3 : 0) : n)));
const risingOf = (list: readonly bigint[]): bigint[] => [...new Set(list)].sort((a, b) => (a < b ? -1 : 1));

describe('a column', () => {
  it('gives back every integer, packed, stored and read again', () => {
    fc.assert(
      fc.property(values, fc.nat({ max: 7 }), (list, shift) => {
        const packed = pack(listOf(list), 0, list.length);
        // Bytes that do not begin at a multiple of eight have to be copied.
        const bytes = Buffer.concat([Buffer.alloc(shift), encodeColumns([packed.column, packed.column])]).subarray(shift);
        const [, read] = decodeColumns(bytes);
        for (const column of [packed.column, listOf(list).live(), listOf(list, 0n).live(), read!]) {
          expect(list.map((_, i) => column.value(i))).toEqual(list);
          expect(list.map((_, i) => column.exact(i))).toEqual(list.map(narrow));
          expect(list.map((_, i) => column.base + BigInt(column.relative(i)))).toEqual(list);
        }
        expect([packed.min, packed.max]).toEqual([risingOf(list)[0], risingOf(list).at(-1)]);
      }),
      { numRuns: RUNS },
    );
  });

  it('finds the last element at or below a value, in all of it or in a part', () => {
    fc.assert(
      fc.property(values, fc.nat({ max: 60 }), (list, cut) => {
        const rising = risingOf(list);
        const n = (cut % rising.length) + 1;
        const columns = [pack(listOf(rising), 0, rising.length).column, listOf(rising).live()];
        const floor = (value: bigint, among: bigint[]): number => among.filter((v) => v <= value).length - 1;
        for (const column of columns) {
          for (const value of rising.flatMap((v) => [v - 1n, v, v + 1n])) {
            expect(column.floor(value)).toBe(floor(value, rising));
            expect(column.slice(0, n).floor(value)).toBe(floor(value, rising.slice(0, n)));
            expect(column.slice(n - 1, rising.length).floor(value)).toBe(floor(value, rising.slice(n - 1)));
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['a regular clock', Array.from({ length: 1_000 }, (_, i) => 10n ** 18n + 60_000_000_000n * BigInt(i)), 'runs', 12],
    ['a clock with one gap', Array.from({ length: 1_000 }, (_, i) => 60n * BigInt(i < 500 ? i : i + 7)), 'runs', 24],
    ['one value', Array.from({ length: 1_000 }, () => 5n), 'runs', 12],
    ['few values', Array.from({ length: 1_000 }, (_, i) => BigInt(i * i) % 7n), 'offsets', 1_000],
    [
      'scale 18 beyond 2^63 in steps of a cent',
      Array.from({ length: 1_000 }, (_, i) => 10n ** 20n + 10n ** 16n * BigInt((i * i * 37) % 9_973)),
      'offsets',
      2_000,
    ],
    ['prices in cents', Array.from({ length: 1_000 }, (_, i) => BigInt((i * i * 7_919) % 99_991)), 'offsets', 4_000],
    ['nanoseconds', Array.from({ length: 1_000 }, (_, i) => BigInt((i * 7_919) % 99_991) ** 2n), 'offsets', 8_000],
    [
      'all digits of 64 bits',
      Array.from({ length: 1_000 }, (_, i) => BigInt((i * 7_919) % 99_991) ** 3n * 9_001n + BigInt(i)),
      'wide',
      8_000,
    ],
  ])('takes %s in its smallest form', (_name, list, kind, size) => {
    const { column } = pack(listOf(list), 0, list.length);
    const empty = encodeColumns([pack(listOf([list[0]!]), 0, 1).column]).length - 16;
    expect(column.shape.kind).toBe(kind);
    expect(Math.abs(encodeColumns([column]).length - empty - size)).toBeLessThan(80); // the header's own length varies
    expect(list.map((__, i) => column.value(i))).toEqual(list);
  });

  it('holds the largest and smallest of every width, and products just beyond 2^53', () => {
    for (const power of [8n, 16n, 32n, 52n, 53n, 63n, 64n]) {
      for (const top of [-1n, 0n, 1n].map((nudge) => (1n << power) + nudge)) {
        for (const unit of [1n, 3n]) {
          const list = [0n, top, 1n, top / 3n, top - 1n, top / 3n + 1n, 2n, 7n].map((n) => (n - 1n) * unit);
          const [read] = decodeColumns(encodeColumns([pack(listOf(list), 0, list.length).column]));
          for (const column of [read!, listOf(list).live(), listOf(list, 0n).live()]) {
            expect(list.map((_, i) => [column.value(i), column.exact(i), column.relative(i)])).toEqual(
              list.map((value) => [value, narrow(value), narrow(value - column.base)]),
            );
          }
        }
      }
    }
  });
});

describe('the zone map', () => {
  it('finds the first price outside a range as going through all of them does', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1n, 10n ** 19n + 1n, 3n ** 50n),
        fc.constantFrom(64, 65, 1_023, 1_024, 2_500, 17_000),
        fc.array(
          fc.tuple(
            fc.nat(),
            fc.nat(),
            fc.integer({ min: -400, max: 0 }),
            fc.integer({ min: 0, max: 400 }),
            fc.integer({ min: -1, max: 1 }),
          ),
          {
            minLength: 20,
            maxLength: 20,
          },
        ),
        fc.nat(),
        (unit, n, questions, seed) => {
          let at = seed % 100;
          const prices = Array.from({ length: n }, (_, i) => unit * BigInt((at += ((i * 7_919 + seed) % 13) - 6)) + BigInt(i % 2));
          const time = pack(listOf(prices.map((_, i) => BigInt(i))), 0, n).column;
          for (const price of [pack(listOf(prices), 0, n).column, listOf(prices, 0n).live()]) {
            const ticks = new Ticks(time, price);
            for (const [a, b, below, above, nudge] of questions) {
              const [from, to] = [a % n, b % n];
              const low = below % 10 === 0 ? undefined : prices[from]! + unit * BigInt(below) + BigInt(nudge);
              const high = above % 10 === 0 ? undefined : prices[from]! + unit * BigInt(above) + BigInt(nudge);
              const outside = (v: bigint, i: number): boolean =>
                i >= from && i <= to && ((low !== undefined && v < low) || (high !== undefined && v > high));
              expect(ticks.firstOutside(from, to, low, high)).toBe(prices.findIndex(outside));
            }
          }
        },
      ),
      { numRuns: RUNS / 10 },
    );
  });
});
