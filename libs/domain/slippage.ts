/**
 * Slippage models: how far from the mark a trade is filled. Sources: the square-root law of impact, s = y·σ·√(Q/V) (Almgren et al. 2005; Tóth et al. 2011). The square root is an
 * integer one with {@link ROOT_DIGITS} decimals, and only the fill price is rounded, half-even.
 */
import { abs, divRound, fitTo, parseDecimal, pow10, sign } from './decimal';
import type { Terms } from './facts';
import { RATE_SCALE, type SlippageModel } from './fee-schedule';
import { reject } from './fields';

/** s as a share and the model's other figures, units of 10^-18; 0 where the model has none. */
export interface Slippage {
  readonly data: SlippageModel;
  readonly share: bigint;
  readonly y: bigint;
  readonly sigma: bigint;
  readonly volume: bigint;
}

const FIELDS: { readonly [M in SlippageModel['model']]: readonly string[] } = {
  none: [],
  fixed_bp: ['bp'],
  half_spread: ['bp'],
  sqrt_impact: ['y', 'sigmaDaily', 'volumeDaily'],
};
/** Decimals of a basis point that a share holds. */
const BP_SCALE = RATE_SCALE - 4;
const ROOT_DIGITS = 40;

/** Checks a model and prepares it. `field`: where it stands. Throws RefusalError `InvalidField` or `UnknownField`. */
export function readSlippage(model: SlippageModel, field = '/model'): Slippage {
  const given = model as unknown as Readonly<Record<string, string | undefined>>;
  const fields = FIELDS[model.model];
  for (const name of Object.keys(given)) {
    if (name !== 'model' && !fields.includes(name))
      reject('UnknownField', `the model ${model.model} has no such field`, { field: `${field}/${name}`, value: given[name] });
  }
  const read = (name: string, scale: number): bigint => {
    if (!fields.includes(name)) return 0n;
    const text = given[name];
    const value = parseDecimal(text);
    const units = value && fitTo(value, scale);
    if (units === undefined || units < 0n) {
      reject('InvalidField', `must be a decimal, 0 or more, with at most ${scale} decimals`, {
        field: `${field}/${name}`,
        value: text ?? null,
      });
    }
    return units;
  };
  const slippage = {
    data: model,
    share: read('bp', BP_SCALE),
    y: read('y', RATE_SCALE),
    sigma: read('sigmaDaily', RATE_SCALE),
    volume: read('volumeDaily', RATE_SCALE),
  };
  if (slippage.share >= pow10(RATE_SCALE)) reject('InvalidField', 'must be below 10000', { field: `${field}/bp`, value: given['bp'] });
  if (model.model === 'sqrt_impact' && slippage.volume === 0n)
    reject('InvalidField', 'must be above 0', { field: `${field}/volumeDaily`, value: given['volumeDaily'] });
  return slippage;
}

/** Whether s is the same for every quantity. */
export function isProportional({ data }: Slippage): boolean {
  return data.model !== 'sqrt_impact';
}

/** The fill price of a quantity (signed, units of 10^-quantityScale) at a mark: mark·(1 + s·sgn q), half-even at the price scale. */
export function slipped(
  slippage: Slippage,
  terms: Pick<Terms, 'priceScale' | 'quantityScale'>,
  mark: bigint,
  quantity: bigint,
  quote: { readonly bid: bigint | undefined; readonly ask: bigint | undefined } = { bid: undefined, ask: undefined },
): bigint {
  const { data, share, y, sigma, volume } = slippage;
  const direction = sign(quantity);
  switch (data.model) {
    case 'none':
      return mark;
    case 'half_spread':
      // mark·(1 + d·(ask − bid)/(2·mark))
      if (quote.bid !== undefined && quote.ask !== undefined) return divRound(2n * mark + direction * (quote.ask - quote.bid), 2n);
      break;
    case 'fixed_bp':
      break;
    case 'sqrt_impact': {
      const ratio = (abs(quantity) * mark * pow10(RATE_SCALE + 2 * ROOT_DIGITS)) / (volume * pow10(terms.priceScale + terms.quantityScale));
      const s = y * sigma * squareRoot(ratio);
      const one = pow10(2 * RATE_SCALE + ROOT_DIGITS);
      return divRound(mark * (one + direction * s), one);
    }
  }
  const one = pow10(RATE_SCALE);
  return divRound(mark * (one + direction * share), one);
}

/** Of an integer 0 or more, rounded down: Newton's method from above. */
function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << (BigInt(n.toString(2).length) / 2n + 1n);
  for (;;) {
    const next = (x + n / x) / 2n;
    if (next >= x) return x;
    x = next;
  }
}
