import {
  divRound,
  fitTo,
  fixed,
  formatFixed,
  formatRatio,
  gcd,
  MAX_DIGITS,
  parseDecimal,
  pow10,
  rescale,
  type RoundingMode,
} from './decimal';

test.each([
  ['0', { digits: 0n, scale: 0 }],
  ['-0', { digits: 0n, scale: 0 }],
  ['-0.50', { digits: -50n, scale: 2 }],
  ['12.50', { digits: 1250n, scale: 2 }],
  ['0.000000000000000001', { digits: 1n, scale: 18 }],
  ['9'.repeat(MAX_DIGITS), { digits: BigInt('9'.repeat(MAX_DIGITS)), scale: 0 }],
])('%s is read', (text, value) => expect(parseDecimal(text)).toEqual(value));

test.each([
  '',
  '.5',
  '5.',
  '+1',
  '01',
  '-',
  '--1',
  '1e5',
  '1E5',
  'NaN',
  'Infinity',
  '0x10',
  '1,5',
  '1_000',
  ' 1',
  '1 ',
  '1\n',
  '1.2.3',
  '１',
  1,
  1n,
  null,
  undefined,
  '1'.repeat(MAX_DIGITS + 3),
])('%p is no decimal', (text) => expect(parseDecimal(text)).toBeUndefined());

test.each<{ value: string; scale: number; units: bigint | undefined }>([
  { value: '1.5', scale: 2, units: 150n },
  { value: '1.500', scale: 1, units: 15n },
  { value: '1.55', scale: 1, units: undefined },
  { value: '-1.55', scale: 1, units: undefined },
  { value: '1.000', scale: 0, units: 1n },
])('$value at scale $scale: fits exactly or not at all', ({ value, scale, units }) =>
  expect(fitTo(parseDecimal(value)!, scale)).toBe(units),
);

test('text that was validated and does not fit is a defect', () => {
  expect(fixed('1.50', 2)).toBe(150n);
  expect(() => fixed('1.505', 2)).toThrow('not a decimal of scale 2: 1.505');
  expect(() => fixed('x', 2)).toThrow('not a decimal of scale 2: x');
});

test.each<{ num: bigint; den: bigint } & Record<RoundingMode, bigint>>([
  { num: 5n, den: 2n, 'half-even': 2n, 'half-up': 3n, down: 2n, up: 3n, floor: 2n },
  { num: 7n, den: 2n, 'half-even': 4n, 'half-up': 4n, down: 3n, up: 4n, floor: 3n },
  { num: -5n, den: 2n, 'half-even': -2n, 'half-up': -3n, down: -2n, up: -3n, floor: -3n },
  { num: 5n, den: -2n, 'half-even': -2n, 'half-up': -3n, down: -2n, up: -3n, floor: -3n },
  { num: -7n, den: 2n, 'half-even': -4n, 'half-up': -4n, down: -3n, up: -4n, floor: -4n },
  { num: 1n, den: 2n, 'half-even': 0n, 'half-up': 1n, down: 0n, up: 1n, floor: 0n },
  { num: -1n, den: 2n, 'half-even': 0n, 'half-up': -1n, down: 0n, up: -1n, floor: -1n },
  { num: 249n, den: 100n, 'half-even': 2n, 'half-up': 2n, down: 2n, up: 3n, floor: 2n },
  { num: -251n, den: 100n, 'half-even': -3n, 'half-up': -3n, down: -2n, up: -3n, floor: -3n },
  { num: 6n, den: 3n, 'half-even': 2n, 'half-up': 2n, down: 2n, up: 2n, floor: 2n },
  { num: 0n, den: -3n, 'half-even': 0n, 'half-up': 0n, down: 0n, up: 0n, floor: 0n },
])('$num/$den in every mode', ({ num, den, ...modes }) => {
  for (const [mode, rounded] of Object.entries(modes)) expect([mode, divRound(num, den, mode as RoundingMode)]).toEqual([mode, rounded]);
});

test('half-even is what is meant when no mode is named; a division by zero throws', () => {
  expect(divRound(5n, 2n)).toBe(2n);
  expect(() => divRound(1n, 0n)).toThrow(RangeError);
});

test('a change of scale is exact upward and rounded downward', () => {
  expect(rescale(15n, 1, 3)).toBe(1500n);
  expect(rescale(125n, 2, 1)).toBe(12n);
  expect(rescale(135n, 2, 1)).toBe(14n);
  expect(rescale(-129n, 2, 1, 'down')).toBe(-12n);
});

test.each([
  [0n, 2, '0.00'],
  [5n, 2, '0.05'],
  [-5n, 2, '-0.05'],
  [-105n, 2, '-1.05'],
  [42n, 0, '42'],
  [1n, 18, '0.000000000000000001'],
])('%p at scale %p is written %s', (units, scale, text) => expect(formatFixed(units, scale)).toBe(text));

test('a ratio is rounded once, half-even', () => {
  expect(formatRatio(1n, 3n, 18)).toBe('0.333333333333333333');
  expect(formatRatio(-2n, 3n, 18)).toBe('-0.666666666666666667');
  expect(formatRatio(1n, 8n, 2)).toBe('0.12');
  expect(formatRatio(3n, 8n, 2)).toBe('0.38');
});

test('powers of ten and greatest common divisors', () => {
  expect([pow10(0), pow10(3), pow10(30)]).toEqual([1n, 1000n, 10n ** 30n]);
  expect([gcd(12n, -18n), gcd(0n, 5n), gcd(7n, 0n)]).toEqual([6n, 5n, 7n]);
});
