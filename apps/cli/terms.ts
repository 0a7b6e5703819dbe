/** What the costs of an attribution are called where a person reads them; the keys are the answer's. */
export const COST_NAMES = {
  slippage: 'slippage',
  tradingFee: 'trading fees',
  funding: 'funding',
  borrow: 'borrow and interest',
  management: 'management fees',
  performance: 'performance fees',
  other: 'other fees',
  flowDilution: 'flow dilution',
  rounding: 'rounding',
} as const;

/** And its other terms. */
export const TERM_NAMES: Readonly<Record<string, string>> = {
  ...COST_NAMES,
  pricePnl: 'price',
  static: 'simple leveraged position',
  convexity: 'convexity',
  volDrag: 'volatility drag',
  drift: 'drift from the target',
  costCarry: 'costs on costs',
};
