/** Logarithm and exponential against known digits, and paths small enough to see. */
import { fixed } from '../domain/decimal';
import { instant } from '../domain/instant';
import { DIGITS, formatPoint, ONE, ratio } from './fixed-point';
import { exp, ln } from './logarithm';
import { drawdown, spread, yearlyReturn } from './path';

const at = (day: number): bigint => instant(`2024-01-${String(day).padStart(2, '0')}T00:00:00Z`);
const path = (...values: number[]) => values.map((value, i) => ({ at: at(i + 1), value: BigInt(value) }));

describe('logarithm and exponential', () => {
  it('have the known digits', () => {
    expect(formatPoint(exp(ONE), 60)).toBe('2.718281828459045235360287471352662497757247093699959574966968');
    expect(formatPoint(ln(2n * ONE), 60)).toBe('0.693147180559945309417232121458176568075500134360255254120680');
    expect(formatPoint(exp(-ONE), 60)).toBe('0.367879441171442321595523770161460867445811131031767834507837');
  });

  it('undo each other from tiny to huge', () => {
    for (const text of ['0.000000000000000000000000000001', '0.0123', '1', '1.5', '123456789012345678901234567890']) {
      const x = fixed(text, DIGITS);
      const back = exp(ln(x));
      expect(back > x ? back - x : x - back).toBeLessThan(x / 10n ** 70n + 10n ** 20n);
    }
  });

  it('refuse what has no logarithm', () => {
    expect(() => ln(0n)).toThrow(RangeError);
  });
});

describe('the deepest fall', () => {
  it('is from the peak before the trough to the trough, not from the highest peak', () => {
    // 100 → 40 is −60 %; the later peak 120 → 60 is −50 %.
    const fall = drawdown(path(80, 100, 40, 120, 60));
    expect([formatPoint(fall.depth, 4), fall.peak.at, fall.trough.at, fall.recoveredAt]).toEqual(['-0.6000', at(2), at(3), at(4)]);
  });

  it('is not made good when the peak is not reached again', () => {
    expect(drawdown(path(100, 50, 99)).recoveredAt).toBeUndefined();
  });

  it('is none on a path that only rises', () => {
    expect(drawdown(path(1, 2, 3)).depth).toBe(0n);
  });
});

describe('growth a year', () => {
  it('is the whole growth over one year of 365.25 days', () => {
    expect(formatPoint(yearlyReturn(100n, 110n, 31_557_600n * 10n ** 9n)!, 30)).toBe('0.100000000000000000000000000000');
  });

  it('is the root over two and the square over half of one', () => {
    expect(formatPoint(yearlyReturn(100n, 121n, 63_115_200n * 10n ** 9n)!, 30)).toBe('0.100000000000000000000000000000');
    expect(formatPoint(yearlyReturn(100n, 110n, 15_778_800n * 10n ** 9n)!, 30)).toBe('0.210000000000000000000000000000');
  });

  it('is not there when nothing is left', () => {
    expect(yearlyReturn(100n, 0n, 1n)).toBeUndefined();
    // A tenth more in a second; a tenth less is nothing left, at this rate.
    expect(yearlyReturn(100n, 110n, 10n ** 9n)).toBeUndefined();
    expect(formatPoint(yearlyReturn(100n, 90n, 10n ** 9n)!, 18)).toBe('-1.000000000000000000');
  });
});

it('the middle of many figures is the middle one, or half-way between two', () => {
  expect(spread([3n, 1n, 2n])).toEqual({ min: 1n, median: 2n, max: 3n });
  expect(spread([ratio(1n, 1n), ratio(4n, 1n)])).toEqual({ min: ONE, median: ratio(5n, 2n), max: 4n * ONE });
  expect(spread([])).toBeUndefined();
});
