/** `frontier`: what each rebalancing policy costs a year, and how far the fund strays with it. */
import type { Command } from 'commander';
import { fitTo, parseDecimal, pow10 } from '../../../libs/domain/decimal';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import { bad, choiceOption, optionalTime } from '../../../libs/ledger/arguments';
import type { Frequency, FrontierAnswer, FrontierPoint, Policy } from '../../../libs/projections/what-if/frontier';
import { printJson, rounded, styled, table, write } from '../output';
import { action, withLedger } from '../session';
import { readJson } from './what-if';

const HELP = `
Examples:
  navledger frontier spx3l --from 2008-01-02T21:00:00Z --to 2012-12-31T21:00:00Z
  navledger frontier spx3l --bands 2%,5%,10% --resets none,weekly --tracking-error 3%

A policy is a band around L, such as 10%, a reset frequency, or both. Costs are trading fees and slippage by NAV, a year; the bound is the least cost that theory knows for that
tracking error. --scenario gives fees and slippage, by default those adopted; its resets and band do not count.`;

interface Options {
  readonly scenario?: string;
  readonly bands: string;
  readonly resets: string;
  readonly trackingError?: string;
  readonly from?: string;
  readonly to?: string;
  readonly knownAt?: string;
}

const FREQUENCIES: readonly Frequency[] = ['none', 'daily', 'weekly', 'monthly'];

export function registerFrontier(program: Command): void {
  program
    .command('frontier')
    .description('trading cost against tracking error, by band and reset frequency')
    .argument('<portfolio>')
    .option('--scenario <file>', 'fees, slippage and leverage for all policies, JSON')
    .option('--bands <widths>', 'shares of L on either side, and none', 'none,1%,2%,5%,10%,20%,33%')
    .option('--resets <frequencies>', `of ${FREQUENCIES.join(', ')}`, 'none,daily,weekly,monthly')
    .option('--tracking-error <share>', 'also find the cheapest policy within this tracking error a year')
    .option('--from <time>', 'start of the window, not included (default: the first units)')
    .option('--to <time>', 'end of the window, included (default: the last price or fact)')
    .option('--known-at <time>', 'count only what was recorded by then (default: everything)')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, portfolio: string, options: Options) => {
        const policies = policiesOf(options);
        const most = options.trackingError === undefined ? undefined : share('--tracking-error', options.trackingError, 100);
        const window = { from: optionalTime('--from', options.from), to: optionalTime('--to', options.to) };
        const knownAt = optionalTime('--known-at', options.knownAt);
        const base = options.scenario === undefined ? { mode: 're-decide' } : readJson('--scenario', options.scenario);
        const answer = await withLedger(globals, 'read', (ledger) => {
          const { askFrontier } = require('../../../libs/ledger/frontier') as typeof import('../../../libs/ledger/frontier');
          return askFrontier(ledger, portfolio, base, policies, window, most, knownAt);
        });
        if (isRefusal(answer)) throw new RefusalError(answer);
        await (globals.json ? printJson(answer) : write(sheet(answer)));
      }),
    );
}

function policiesOf({ bands, resets }: Options): Policy[] {
  const widths = bands.split(',').map((text) => (text.trim() === 'none' ? undefined : share('--bands', text.trim(), 4)));
  const frequencies = resets.split(',').map((text) => choiceOption('--resets', text.trim(), FREQUENCIES));
  const policies = frequencies.flatMap((frequency) => widths.map((band) => ({ band, resets: frequency })));
  const some = policies.filter(({ band, resets: frequency }) => band !== undefined || frequency !== 'none');
  if (some.length === 0) throw bad('--bands', bands, 'must name a band where there are no resets');
  return some;
}

/** A share such as 5% or 0.05 as units of 10^-scale, above 0 and below 1. */
function share(option: string, text: string, scale: number): bigint {
  const percent = text.endsWith('%');
  const value = parseDecimal(percent ? text.slice(0, -1) : text);
  const units = value && fitTo({ digits: value.digits, scale: value.scale + (percent ? 2 : 0) }, scale);
  if (units === undefined || units <= 0n || units >= pow10(scale))
    throw bad(option, text, `must be a share above 0% and below 100% such as 5%${scale === 4 ? ', at most 0.01% fine' : ''}`);
  return units;
}

function sheet({ portfolioId, from, to, volatility, basis, points, cheapest }: FrontierAnswer): string {
  const rows = points.map(cells);
  const body = table([['band', 'resets', 'trades', 'cost a year', 'tracking error', 'bound', ''], ...rows], new Set([0, 2, 3, 4, 5]));
  const best =
    cheapest === undefined
      ? ''
      : cheapest === null
        ? '\nNo policy strays so little.\n'
        : `\nThe cheapest within it: ${cells(cheapest).slice(0, 2).join(', ')}, ${percent(cheapest.costPerYear)} a year\n`;
  return `${styled('bold', portfolioId)}  ${from} to ${to}, volatility ${percent(volatility)} a year (${basis})\n\n${body}${best}`;
}

function cells({ band, resets, trades, costPerYear, trackingError, bound, terminated }: FrontierPoint): string[] {
  const strays = terminated ? ['-', '-', `ended ${terminated.at}`] : [percent(trackingError), bound === null ? '-' : percent(bound), ''];
  return [band === null ? 'none' : percent(band, 2), resets, String(trades), percent(costPerYear), ...strays];
}

/** Of a share, at most `digits` decimals of a percent. */
function percent(text: string, digits = 4): string {
  const { digits: units, scale } = parseDecimal(text)!;
  const whole = `${units * 100n}`;
  const negative = whole.startsWith('-');
  const padded = whole.replace('-', '').padStart(scale + 1, '0');
  const decimal = scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  return `${negative ? '-' : ''}${rounded(decimal, digits, digits === 2 ? 0 : digits)} %`;
}
