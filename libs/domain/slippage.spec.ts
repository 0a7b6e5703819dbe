/** Slippage models: fill prices worked by hand and published impacts of the square-root law, and what cannot be meant. */
import { fixed, formatFixed } from './decimal';
import type { SlippageModel } from './fee-schedule';
import { RefusalError } from './refusal';
import { isProportional, readSlippage, slipped } from './slippage';

const SCALES = { priceScale: 9, quantityScale: 4 };

/** The fill of a quantity at a mark, nine decimals. */
function filled(model: SlippageModel, mark: string, quantity: string, quote?: { bid: string; ask: string }): string {
  const price = (text: string): bigint => fixed(text, SCALES.priceScale);
  const evidence = quote && { bid: price(quote.bid), ask: price(quote.ask) };
  return formatFixed(slipped(readSlippage(model), SCALES, price(mark), fixed(quantity, SCALES.quantityScale), evidence), SCALES.priceScale);
}

// At a mark of 10,000 a basis point is 1.
it.each([
  ['1', '12.649110641'], // √0.001 · 0.04
  ['10', '40.000000000'],
  ['100', '126.491106407'],
])('the square-root law: %s units of a volume of 1,000 a day at 4%% volatility move the price by %s basis points', (quantity, bp) => {
  const model = { model: 'sqrt_impact', y: '1', sigmaDaily: '0.04', volumeDaily: '10000000' } as const;
  expect(filled(model, '10000', quantity)).toBe(`10${bp.padStart(13, '0')}`);
  // Half the constant, half the impact; and as far below the mark for who sells.
  const [up, down] = [filled({ ...model, y: '0.5' }, '10000', quantity), filled({ ...model, y: '0.5' }, '10000', `-${quantity}`)];
  expect(fixed(up, 9) + fixed(down, 9)).toBe(fixed('20000', 9));
  expect(Number(formatFixed(fixed(up, 9) - fixed('10000', 9), 9))).toBeCloseTo(Number(bp) / 2, 8);
});

it.each<[string, SlippageModel, string, string]>([
  ['none', { model: 'none' }, '1', '100.000000000'],
  ['a fixed share, bought', { model: 'fixed_bp', bp: '2.5' }, '1', '100.025000000'],
  ['a fixed share, sold', { model: 'fixed_bp', bp: '2.5' }, '-1', '99.975000000'],
  ['half the spread as given where nothing is quoted', { model: 'half_spread', bp: '10' }, '1', '100.100000000'],
])('%s', (_what, model, quantity, price) => {
  expect(filled(model, '100', quantity)).toBe(price);
  expect(isProportional(readSlippage(model))).toBe(true);
});

it('half the quoted spread, around the mark and not around the middle of the quote', () => {
  const quote = { bid: '99.90', ask: '100.30' };
  expect(filled({ model: 'half_spread', bp: '10' }, '100', '1', quote)).toBe('100.200000000');
  expect(filled({ model: 'half_spread', bp: '10' }, '100', '-1', quote)).toBe('99.800000000');
});

it('the price is rounded once, half-even', () => {
  const at = (mark: bigint): bigint =>
    slipped(readSlippage({ model: 'fixed_bp', bp: '5000' }), { priceScale: 0, quantityScale: 0 }, mark, 1n);
  // 1.5 and 4.5
  expect([at(1n), at(3n)]).toEqual([2n, 4n]);
});

it.each<[string, Record<string, unknown>, string, RegExp]>([
  ['a negative share', { model: 'fixed_bp', bp: '-1' }, '/model/bp', /0 or more/],
  ['all of the price', { model: 'fixed_bp', bp: '10000' }, '/model/bp', /below 10000/],
  ['no share', { model: 'fixed_bp' }, '/model/bp', /must be a decimal/],
  ['no volume', { model: 'sqrt_impact', y: '1', sigmaDaily: '0.04', volumeDaily: '0' }, '/model/volumeDaily', /above 0/],
  ['a field of another model', { model: 'none', bp: '1' }, '/model/bp', /has no such field/],
])('refuses %s', (_what, model, field, rule) => {
  let refusal;
  try {
    readSlippage(model as unknown as SlippageModel);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    ({ refusal } = error);
  }
  expect(refusal).toMatchObject({ field, value: JSON.stringify(model[field.split('/').at(-1)!] ?? null) });
  expect(refusal?.rule).toMatch(rule);
});
