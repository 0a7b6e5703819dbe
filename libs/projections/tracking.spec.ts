import { formatPoint, ONE } from './fixed-point';
import { indexPath, type Tracking, tracking } from './tracking';

/** Of a fund that stands still. */
const still = (targetLeverage: bigint, marks: readonly bigint[]): Tracking =>
  tracking(
    { kind: 'spot', targetLeverage },
    marks.map(() => ONE),
    indexPath(targetLeverage, marks),
  );

test('a target found at or below 0 stays 0, also when two losses below it would multiply to a gain', () => {
  // 3 times −40 % is −120 %; then 3 times −50 %: −0.2 · −0.5 would be 0.1.
  const { difference } = still(300n, [100n, 60n, 30n]);
  // The fund stood still, the target lost all: 0 − (0 − 1).
  expect(formatPoint(difference, 18)).toBe('1.000000000000000000');
});

test('a target that lives is the product of its periods', () => {
  // (1 + 2 · 0.1)(1 − 2 · 0.1) = 0.96
  const { difference, naiveDifference, periods, basis } = still(200n, [100n, 110n, 99n]);
  expect(formatPoint(difference, 18)).toBe('0.040000000000000000');
  expect(formatPoint(naiveDifference, 18)).toBe('0.020000000000000000');
  expect({ periods, basis }).toEqual({ periods: 2, basis: 365 });
});
