import { epochMillis, formatInstant, fromEpochMillis, instant, NANOS_PER_DAY, parseDuration, parseInstant } from './instant';

test.each([
  ['1970-01-01T00:00:00Z', 0n],
  ['1970-01-01T00:00:00.000000001Z', 1n],
  ['1969-12-31T23:59:59.999999999Z', -1n],
  ['2024-02-29T00:00:00.5Z', 1_709_164_800_500_000_000n],
  ['2024-01-31T16:00:00-05:00', 1_706_734_800_000_000_000n],
  ['2024-01-31T21:00:00.123456789+00:00', 1_706_734_800_123_456_789n],
  ['2024-02-01T02:30:00+05:30', 1_706_734_800_000_000_000n],
])('%s is read', (text, nanos) => expect(parseInstant(text)).toBe(nanos));

test.each([
  '2024-01-31',
  '2024-01-31T21:00:00',
  '2024-01-31T21:00Z',
  '2024-01-31 21:00:00Z',
  '2024-01-31T21:00:00z',
  '2024-01-31T21:00:00.Z',
  '2024-01-31T21:00:00.0000000001Z',
  '2023-02-29T00:00:00Z',
  '2024-04-31T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-31T24:00:00Z',
  '2024-01-31T23:60:00Z',
  '2016-12-31T23:59:60Z',
  '2024-01-31T21:00:00+24:00',
  '2024-01-31T21:00:00+0500',
  '1677-12-31T23:59:59Z',
  '2262-01-01T00:00:00Z',
  '',
  1706734800,
  null,
  undefined,
])('%p is no time', (text) => expect(parseInstant(text)).toBeUndefined());

test('a time that was validated and is none is a defect', () =>
  expect(() => instant('yesterday')).toThrow('not an RFC 3339 time with a zone: yesterday'));

test.each([
  ['2024-01-31T21:00:00Z', '2024-01-31T21:00:00.000000000Z'],
  ['2024-01-31T21:00:00.120Z', '2024-01-31T21:00:00.120000000Z'],
  ['2024-01-31T21:00:00.000001Z', '2024-01-31T21:00:00.000001000Z'],
  ['1969-12-31T23:59:59.999999999Z', '1969-12-31T23:59:59.999999999Z'],
])('%s is written with as few digits as hold it, or with nine', (shortest, nine) => {
  expect(formatInstant(instant(nine))).toBe(shortest);
  expect(formatInstant(instant(shortest), 'nine')).toBe(nine);
});

test.each([
  ['90s', 90_000_000_000n],
  ['15m', 900_000_000_000n],
  ['8h', 28_800_000_000_000n],
  ['30d', 30n * NANOS_PER_DAY],
  ['0s', undefined],
  ['1.5h', undefined],
  ['1w', undefined],
  ['h', undefined],
  ['', undefined],
  [90, undefined],
])('the duration %p', (text, nanos) => expect(parseDuration(text)).toBe(nanos));

test('milliseconds round down, before 1970 too', () => {
  expect(epochMillis(1_999_999n)).toBe(1);
  expect(epochMillis(-1n)).toBe(-1);
  expect(epochMillis(-2_000_000n)).toBe(-2);
  expect(fromEpochMillis(-2)).toBe(-2_000_000n);
});
