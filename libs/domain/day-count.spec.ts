/** Parts of a year, worked by hand. */
import { dayFraction, timeFraction } from './day-count';
import type { Ratio } from './decimal';
import type { DayCount } from './fee-schedule';
import { DAY_MILLIS, instant, NANOS_PER_DAY } from './instant';

const day = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MILLIS;
const equal = (a: Ratio, num: bigint, den: bigint): void => expect(a.num * den).toBe(num * a.den);

it.each<[DayCount, string, string, bigint, bigint]>([
  ['ACT/365', '2024-02-28', '2024-03-01', 2n, 365n],
  ['ACT/360', '2024-02-28', '2024-03-01', 2n, 360n],
  ['ACT/365.25', '2024-01-01', '2024-12-31', 1460n, 1461n],
  // Each day in its own year: 1 of 365 and 2 of 366.
  ['ACT/ACT', '2023-12-31', '2024-01-03', 366n + 2n * 365n, 365n * 366n],
  ['ACT/ACT', '2023-06-15', '2025-06-15', 2n, 1n], // 200/365 + 366/366 + 165/365
  ['30/360', '2024-01-15', '2024-02-15', 30n, 360n],
  ['30/360', '2024-01-31', '2024-02-29', 29n, 360n], // the 31st counts as the 30th; the end of February as it is
  ['30/360', '2024-01-31', '2024-03-31', 60n, 360n], // both 31sts
  ['30/360', '2024-01-15', '2024-03-31', 76n, 360n], // the last 31st only behind a 30th or 31st
  ['30/360', '2023-12-30', '2024-12-31', 360n, 360n],
])('%s from %s to %s: %d of %d', (dayCount, from, to, num, den) => equal(dayFraction(dayCount, day(from), day(to)), num, den));

it.each<[Exclude<DayCount, '30/360'>, string, string, bigint, bigint]>([
  ['ACT/365', '2024-01-01T00:00:00Z', '2024-01-01T12:00:00Z', 1n, 730n],
  ['ACT/360', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000000001Z', 1n, 360n * NANOS_PER_DAY],
  ['ACT/365.25', '2024-01-01T06:00:00Z', '2024-01-02T06:00:00Z', 4n, 1461n],
  ['ACT/ACT', '2023-12-31T12:00:00Z', '2024-01-01T12:00:00Z', 366n + 365n, 2n * 365n * 366n],
])('%s by time from %s to %s: %d of %d', (dayCount, from, to, num, den) =>
  equal(timeFraction(dayCount, instant(from), instant(to)), num, den),
);

it('the parts of a stretch are the whole, by every count of actual days', () => {
  const [a, b, c] = [day('2019-07-01'), day('2020-02-29'), day('2022-11-24')];
  for (const dayCount of ['ACT/365', 'ACT/360', 'ACT/365.25', 'ACT/ACT'] as const) {
    const [first, second, whole] = [dayFraction(dayCount, a, b), dayFraction(dayCount, b, c), dayFraction(dayCount, a, c)];
    equal(whole, first.num * second.den + second.num * first.den, first.den * second.den);
    // Whole days in UTC are the same by time.
    const time = timeFraction(dayCount, BigInt(a) * NANOS_PER_DAY, BigInt(c) * NANOS_PER_DAY);
    equal(time, whole.num, whole.den);
  }
});
