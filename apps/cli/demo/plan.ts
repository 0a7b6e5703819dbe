/**
 * What the demo builds, decided from its options: an instrument and its prices, one fund for each leverage with its mandate, a fee schedule and the costs of trading.
 * Every rate is read exactly; what cannot be meant is refused by option, value and rule. Deliberately absent: doing any of it (history.ts).
 */
import { basename, resolve } from 'node:path';
import type { ListInstrument } from '../../../libs/domain/commands';
import { divRound, fitTo, formatFixed, parseDecimal, pow10 } from '../../../libs/domain/decimal';
import { type FeeSchedule, RATE_SCALE, type SlippageModel } from '../../../libs/domain/fee-schedule';
import { type MandateData, readMandate } from '../../../libs/domain/mandate';
import { RefusalError } from '../../../libs/domain/refusal';
import { PRICE_FORMATS, type PriceFormat } from '../../../libs/formats/price-layout';
import { bad, choiceOption } from '../../../libs/ledger/arguments';

export interface DemoOptions {
  readonly prices?: readonly string[];
  readonly funding?: readonly string[];
  readonly instrument?: string;
  readonly currency?: string;
  readonly priceScale?: string;
  readonly format?: string;
  readonly interval?: string;
  readonly leverage?: string;
  readonly band?: string;
  readonly resets?: string;
  readonly zone?: string;
  readonly tradingFee: string;
  readonly slippage: string;
  readonly management: string;
}

export interface FundPlan {
  readonly portfolioId: string;
  readonly name: string;
  /** At most 2 decimals. */
  readonly targetLeverage: string;
  readonly mandate: MandateData;
}

export interface DemoPlan {
  readonly instrument: ListInstrument;
  readonly prices: { readonly files: readonly string[]; readonly format: PriceFormat; readonly interval: string | undefined };
  readonly funding: readonly string[];
  readonly funds: readonly FundPlan[];
  readonly schedule: FeeSchedule;
  readonly slippage: SlippageModel;
}

const EXCHANGE_CLOSE = { cron: '0 16 * * 1-5', zone: 'America/New_York' };
const MIDNIGHT = { cron: '0 0 * * *', zone: 'UTC' };
/** Longer than a weekend with a holiday; a longer closure makes answers stale. */
const MAX_PRICE_AGE = '4d';

/** Throws RefusalError InvalidField for an option. */
export function planDemo(options: DemoOptions): DemoPlan {
  const own = options.prices !== undefined;
  const format = own ? choiceOption('--format', options.format ?? 'binance-klines', PRICE_FORMATS) : 'candles';
  const daily = !own || format === 'closes';
  const files = options.prices ?? [resolve(require.resolve('vega-datasets'), '../../data/sp500-2000.csv')];
  if (!own) {
    for (const name of ['funding', 'instrument', 'currency', 'priceScale', 'format', 'interval'] as const) {
      if (options[name] !== undefined) throw bad(`--${dashed(name)}`, options[name], 'goes with --prices');
    }
  }
  const instrumentId = own ? (options.instrument ?? nameOf(files[0]!)) : 'SP500';
  const stem = own ? instrumentId.toLowerCase() : 'spx';
  const resets = resetsOf(options, daily ? EXCHANGE_CLOSE : MIDNIGHT);
  const band = options.band ?? (daily ? 'none' : '33%');
  const costs = { feeRate: rate('--trading-fee', options.tradingFee), slippage: rate('--slippage', options.slippage) };
  const terms = `trading fee ${options.tradingFee}, slippage ${options.slippage}`;
  const leverages = (options.leverage ?? '3,-1').split(',').map((text) => leverage(text, costs));
  return {
    instrument: {
      instrumentId,
      kind: daily ? 'index' : options.funding ? 'perp' : 'spot',
      quoteCurrency: options.currency ?? 'USD',
      // The S&P 500 file has six decimals, all of which are kept.
      priceScale: own ? scale(options.priceScale ?? '8') : 6,
      quantityScale: own ? 8 : 6,
    },
    prices: { files, format, interval: options.interval },
    funding: options.funding ?? [],
    funds: leverages.map(({ text, units }) => ({
      portfolioId: `${stem}${text.replace('-', '')}${units < 0n ? 's' : 'l'}`,
      name: `${instrumentId} ${text}x, ${terms}`,
      targetLeverage: text,
      mandate: mandateOf(units, resets, band),
    })),
    schedule: scheduleOf(options.management, costs.feeRate),
    slippage: { model: 'fixed_bp', bp: plain(costs.slippage * 10_000n) },
  };
}

/**
 * The bounds L·(1 ± w) at 4 decimals, half-even, lower first; 33% is read as the third that issuers mean by it.
 * @param leverage units of 10^-2
 * @param width units of 10^-18
 */
export function bandAround(leverage: bigint, width: bigint): { lower: string; upper: string } {
  const [num, den] = width === 33n * pow10(RATE_SCALE - 2) ? [1n, 3n] : [width, pow10(RATE_SCALE)];
  const bound = (sign: bigint): bigint => divRound(leverage * (den + sign * num) * 100n, den);
  const [a, b] = [bound(-1n), bound(1n)];
  return { lower: formatFixed(a < b ? a : b, 4), upper: formatFixed(a < b ? b : a, 4) };
}

/** A share as "1bp", "0.95%" or a fraction, in units of 10^-18; below 100%. */
export function rate(option: string, text: string): bigint {
  const match = /^(\d+(?:\.\d+)?) ?(bp|%)?$/.exec(text);
  const value = match ? parseDecimal(match[1]!) : undefined;
  const places = match?.[2] === 'bp' ? 4 : match?.[2] === '%' ? 2 : 0;
  const units = value && fitTo({ digits: value.digits, scale: value.scale + places }, RATE_SCALE);
  if (units === undefined || units >= pow10(RATE_SCALE)) throw bad(option, text, 'must be a share below 100% such as 1bp, 0.95% or 0.0001');
  return units;
}

function leverage(text: string, costs: { readonly feeRate: bigint; readonly slippage: bigint }): { text: string; units: bigint } {
  const value = parseDecimal(text.trim());
  const units = value && fitTo(value, 2);
  const size = units === undefined ? 0n : units < 0n ? -units : units;
  if (units === undefined || size === 0n || size > 2000n) {
    throw bad('--leverage', text, 'must be decimals from -20 to 20 other than 0, at most 2 decimals each, such as 3,-1');
  }
  if (size * 2n * (costs.feeRate + costs.slippage) >= 100n * pow10(RATE_SCALE)) {
    throw bad('--leverage', text, 'must be below 1 / (2 x (trading fee + slippage)), or no trade reaches it');
  }
  return { text: text.trim(), units };
}

function resetsOf({ resets, zone }: DemoOptions, usual: { cron: string; zone: string }): NonNullable<MandateData['resets']> {
  if (resets === undefined && zone !== undefined) throw bad('--zone', zone, 'goes with --resets');
  return resets === undefined ? usual : { cron: resets, zone: zone ?? 'UTC' };
}

function mandateOf(units: bigint, resets: NonNullable<MandateData['resets']>, band: string): MandateData {
  const bounds = band === 'none' ? {} : { band: bandAround(units, rate('--band', band)) };
  const mandate: MandateData = { resets, ...bounds, sizing: 'exact', maxPriceAge: MAX_PRICE_AGE };
  try {
    readMandate(mandate, units);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    const { field = '', rule } = error.refusal;
    const option = field.includes('band') ? ['--band', band] : field.includes('zone') ? ['--zone', resets.zone] : ['--resets', resets.cron];
    throw bad(option[0]!, option[1], rule);
  }
  return mandate;
}

function scheduleOf(management: string, tradingFee: bigint): FeeSchedule {
  const yearly = { value: plain(rate('--management', management)), unit: 'fraction', period: 'year' } as const;
  return {
    id: 'demo',
    version: '1',
    rules: [
      { kind: 'management', trigger: 'at_reset', basis: 'nav', rate: yearly, dayCount: 'ACT/365' },
      { kind: 'trading', trigger: 'per_fill', basis: 'executed_notional', rate: { value: plain(tradingFee), unit: 'fraction' } },
    ],
  };
}

/** Units of 10^-18 without trailing zeros. */
function plain(units: bigint): string {
  return formatFixed(units, RATE_SCALE).replace(/\.?0+$/, '');
}

/** The letters that a file's name begins with, as capitals: btcusdt_1m_2020.csv.gz is BTCUSDT. */
function nameOf(file: string): string {
  const name = /^[A-Za-z]+/.exec(basename(file))?.[0];
  if (name === undefined)
    throw bad('--instrument', undefined, `must be given: the file name ${basename(file)} does not begin with letters`);
  return name.toUpperCase();
}

function scale(text: string): number {
  if (!/^(1?\d)$/.test(text) || Number(text) > 18) throw bad('--price-scale', text, 'must be a whole number from 0 to 18');
  return Number(text);
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
