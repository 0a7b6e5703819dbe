import fc from 'fast-check';
import { fixed, formatFixed } from '../../domain/decimal';
import { narrow } from './column';
import { PriceScanner } from './scan';

const RUNS = process.env['NAVLEDGER_FULL'] === '1' ? 20_000 : 2_000;

const scanned = (scanner: PriceScanner, text: string): unknown[] => {
  const bytes = Buffer.from(`xx${text}"}yy`);
  scanner.scan(bytes, 2, 2 + Buffer.byteLength(text));
  return [scanner.price, scanner.source];
};

describe('the price scanner', () => {
  it('reads what JSON.parse reads, at any scale and size, one event after the other', () => {
    const event = fc.record({
      units: fc.oneof(fc.bigInt({ min: -(10n ** 6n), max: 10n ** 6n }), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })),
      source: fc.oneof(
        fc.constantFrom('binance', 'bin', 'binance-spot', 'a"b', 'a\\', 'Börse'),
        fc.string({ minLength: 1, maxLength: 64 }),
      ),
      quality: fc.option(fc.string(), { nil: undefined }),
      order: fc.constantFrom('usual', 'usual', 'other', 'spaced'),
    });
    fc.assert(
      fc.property(fc.nat({ max: 18 }), fc.array(event, { minLength: 1, maxLength: 8 }), (scale, events) => {
        const scanner = new PriceScanner(scale);
        for (const { units, source, quality, order } of events) {
          const price = formatFixed(units, scale);
          const rest = quality === undefined ? {} : { quality };
          const data = { instrumentId: 'btc-usd', price, at: '2020-01-01T00:01:00Z', source, ...rest };
          const text =
            order === 'other'
              ? JSON.stringify(Object.fromEntries(Object.entries(data).reverse()))
              : JSON.stringify(data, null, order === 'spaced' ? 1 : 0);
          expect(scanned(scanner, text)).toEqual([narrow(fixed(price, scale)), source]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('reads a price with fewer decimals than the scale in full', () => {
    expect(scanned(new PriceScanner(4), '{"instrumentId":"x","price":"1.5","at":"2020-01-01T00:00:00Z","source":"s"}')).toEqual([
      15_000,
      's',
    ]);
    expect(scanned(new PriceScanner(2), '{"instrumentId":"x","price":"-0.00","at":"2020-01-01T00:00:00Z","source":"s"}')).toEqual([0, 's']);
  });

  it.each([
    ['a price that is none', '{"instrumentId":"x","price":"1e5","at":"2020-01-01T00:00:00Z","source":"s"}'],
    ['more digits than the scale', '{"instrumentId":"x","price":"1.005","at":"2020-01-01T00:00:00Z","source":"s"}'],
    ['a missing price', '{"instrumentId":"x","at":"2020-01-01T00:00:00Z","source":"s"}'],
    ['an event cut short', '{"instrumentId":"x","price":"1.00","at":"2020-01-01T00:00:00Z","source":"s'],
  ])('throws on %s', (_name, text) => {
    expect(() => scanned(new PriceScanner(2), text)).toThrow();
  });
});
