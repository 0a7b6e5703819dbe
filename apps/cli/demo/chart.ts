/**
 * Pictures of characters: two curves on a logarithmic scale, and the bars of a waterfall. Positions are integers computed from the exact figures by integer logarithms and
 * divisions.
 */

/** Fractional bits of an integer logarithm. */
const BITS = 10;

/** log2 of an integer above 0 in 1/1024, rounded down: the fraction's bits come one by one from squaring. */
export function log2(n: bigint): number {
  const whole = n.toString(2).length - 1;
  let x = whole > 63 ? n >> BigInt(whole - 63) : n << BigInt(63 - whole);
  let bits = 0;
  for (let i = 0; i < BITS; i++) {
    x = (x * x) >> 63n;
    bits <<= 1;
    if (x >> 64n) {
      bits |= 1;
      x >>= 1n;
    }
  }
  return whole * (1 << BITS) + bits;
}

export interface Curve {
  readonly mark: string;
  /** Above 0, all curves in one unit. */
  readonly values: readonly bigint[];
}

/**
 * Curves over the same instants, the later ones drawn over the earlier, with round values at the left. `one`: how many units make 1 on the labels.
 * Answers lines, the highest first.
 */
export function chart(curves: readonly Curve[], one: bigint, width: number, height: number): string[] {
  const drawn = curves.map(({ mark, values }) => ({
    mark,
    levels: Array.from({ length: width }, (_, x) => log2(values[Math.round((x * (values.length - 1)) / (width - 1))]!)),
  }));
  const all = drawn.flatMap(({ levels }) => levels);
  const low = Math.min(...all);
  const span = Math.max(1, Math.max(...all) - low);
  const rowOf = (level: number): number => Math.round(((level - low) * (height - 1)) / span);
  const grid = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  for (const { mark, levels } of drawn) {
    let previous: number | undefined;
    for (const [x, level] of levels.entries()) {
      const row = rowOf(level);
      // A jump is drawn as a line.
      const step = previous === undefined || previous === row ? 0 : previous < row ? 1 : -1;
      for (let y = previous === undefined ? row : previous + step; step !== 0 && y !== row; y += step) grid[y]![x] = mark;
      grid[row]![x] = mark;
      previous = row;
    }
  }
  const labels = new Map<number, string>();
  for (const [text, value] of roundValues(one)) {
    const level = log2(value);
    const row = rowOf(level);
    if (level >= low && level <= low + span && ![row - 1, row, row + 1].some((near) => labels.has(near))) labels.set(row, text);
  }
  const label = Math.max(...[...labels.values()].map((text) => text.length), 1);
  return grid
    .map((cells, row) => `${(labels.get(row) ?? '').padStart(label)} ${labels.has(row) ? '┤' : '│'}${cells.join('')}`.trimEnd())
    .reverse();
}

/** 1, 2 and 5 times the powers of ten from 0.001 to 1,000,000. */
function* roundValues(one: bigint): Generator<[string, bigint]> {
  for (let power = -3; power <= 6; power++) {
    for (const digit of [1n, 2n, 5n]) {
      const value = power < 0 ? (digit * one) / 10n ** BigInt(-power) : digit * one * 10n ** BigInt(power);
      if (value > 0n) yield [power < 0 ? `0.${'0'.repeat(-power - 1)}${digit}` : `${digit}${'0'.repeat(power)}`, value];
    }
  }
}

export interface Step {
  readonly from: bigint;
  readonly to: bigint;
}

/** One bar a step on a common scale that holds them all: █ where it rises, ▒ where it falls, a thin mark where it is shorter than a character. */
export function waterfall(steps: readonly Step[], width: number): string[] {
  const ends = steps.flatMap(({ from, to }) => [from, to]);
  const low = ends.reduce((a, b) => (b < a ? b : a));
  const high = ends.reduce((a, b) => (b > a ? b : a));
  const span = high > low ? high - low : 1n;
  const place = (value: bigint): number => Number((2n * (value - low) * BigInt(width) + span) / (2n * span));
  return steps.map(({ from, to }) => {
    const [a, b] = from < to ? [place(from), place(to)] : [place(to), place(from)];
    if (a === b) return `${' '.repeat(Math.min(a, width - 1))}▏`;
    return ' '.repeat(a) + (from < to ? '█' : '▒').repeat(b - a);
  });
}
