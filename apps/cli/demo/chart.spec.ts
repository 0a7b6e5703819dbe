/** Pictures of characters, small enough to be drawn by hand. */
import { chart, log2, waterfall } from './chart';

it('takes integer logarithms to a thousandth, rounded down', () => {
  expect([1n, 2n, 1024n, 3n, 10n ** 18n].map(log2)).toEqual([0, 1024, 10_240, 1623, 61_229]);
  // log2(3) = 1.58496, log2(10^18) = 59.79470
  expect(log2(3n)).toBe(Math.floor(Math.log2(3) * 1024));
  expect(log2(2n ** 200n)).toBe(200 * 1024);
});

it('draws curves on a logarithmic scale, later ones over earlier ones, with round values at the left', () => {
  const lines = chart(
    [
      { mark: '.', values: [1n, 1n, 1n, 1n, 1n] },
      { mark: '#', values: [1n, 2n, 4n, 8n, 16n] },
    ],
    1n,
    5,
    5,
  );
  expect(lines).toEqual(['  │    #', '  │   #', '5 ┤  #', '  │ #', '1 ┤#....']);
});

it('draws a flat curve', () => {
  expect(chart([{ mark: '#', values: [5n] }], 1n, 3, 3)).toEqual(['  │', '  │', '5 ┤###']);
});

describe('a waterfall', () => {
  it('starts each bar where the one before ended', () => {
    const steps = [
      { from: 0n, to: 100n },
      { from: 100n, to: 60n },
      { from: 60n, to: 80n },
      { from: 0n, to: 80n },
    ];
    expect(waterfall(steps, 10)).toEqual(['██████████', '      ▒▒▒▒', '      ██', '████████']);
  });

  it('marks what is too short for a bar, inside the width', () => {
    expect(
      waterfall(
        [
          { from: 0n, to: 1000n },
          { from: 1000n, to: 1001n },
        ],
        10,
      ),
    ).toEqual(['██████████', '         ▏']);
  });

  it('holds levels below zero', () => {
    expect(
      waterfall(
        [
          { from: 0n, to: 50n },
          { from: 50n, to: -50n },
        ],
        10,
      ),
    ).toEqual(['     █████', '▒▒▒▒▒▒▒▒▒▒']);
  });
});
