/**
 * The tear sheet as a person reads it, on a terminal of 80 columns: every figure is the sheet's own, rounded for the eye. Terms are shown at four decimals, so shown terms may
 * miss a shown sum in the last one; the line under each waterfall says how closely the exact ones meet.
 */
import type { TearSheet } from '../../../libs/projections/tear-sheet';
import { grouped, rounded, styled, table } from '../output';
import { COST_NAMES } from '../terms';
import { chart, waterfall } from './chart';
import { day, figure, isZero, minute, percent, priceFigure, share, signed, smallness, units18 } from './figures';

const WIDTH = 79;
const CHART = { width: 70, height: 13 };
const BAR = 34;

export function renderSheet(sheet: TearSheet): string {
  return [
    title(sheet),
    headline(sheet),
    curves(sheet),
    section('Why: the change of NAV per unit, taken apart', steps(sheet, economicTerms(sheet)), closing(sheet.residuals.economic)),
    section('What was booked: the same change, as the ledger saw it', steps(sheet, ledgerTerms(sheet)), closing(sheet.residuals.ledger)),
    section('Beside what was promised', promises(sheet)),
    section('How it was kept', keeping(sheet)),
    section('Costs', costs(sheet)),
    section('Worst periods', worst(sheet)),
  ].join('\n');
}

function title({ portfolioId, name, from, to, years, targetLeverage, instrumentId, endedAt }: TearSheet): string {
  const rule = '━'.repeat(Math.max(2, WIDTH - portfolioId.length - name.length - 7));
  const ended = endedAt === undefined ? '' : `\n${styled('red', `NAV was found at or below zero at ${endedAt}: the sheet ends before`)}`;
  const span = `${day(from)} to ${day(to)}, ${rounded(years, 2, 2)} years`;
  return `${styled('bold', `━━ ${portfolioId}`)} ━ ${name} ${rule}\n${span}, ${times(targetLeverage)} the daily return of ${instrumentId}${ended}\n`;
}

/** "3x" */
function times(leverage: string): string {
  return `${rounded(leverage, 2)}x`;
}

function headline(sheet: TearSheet): string {
  const { nav, start, end, years, returns, drawdown, instrumentId, quoteCurrency } = sheet;
  const fall = ({ peakAt, troughAt, recoveredAt }: TearSheet['drawdown']['token']): string =>
    `${day(peakAt)} to ${day(troughAt)}, ${recoveredAt === null ? 'not made good' : `made good ${day(recoveredAt)}`}`;
  // Growth over less than a year says nothing about a year.
  const yearly = (rate: string | null): string[] => (units18(years) < units18('1') ? [] : [`${percent(rate)} a year`]);
  const prices = `${priceFigure(end.price)} from ${priceFigure(start.price)}`;
  return table(
    [
      ['  NAV', `${grouped(nav.nav)}`, `${quoteCurrency}, ${grouped(nav.units)} units`],
      ['  NAV per unit', figure(end.navPerUnit, 4), `from ${figure(start.navPerUnit, 4)} after the first trade`],
      ['  total return', percent(returns.token), yearly(returns.tokenPerYear).join()],
      [`  of ${instrumentId}`, percent(returns.underlying), [...yearly(returns.underlyingPerYear), prices].join(', ')],
      ['  deepest fall', share(drawdown.token.depth), fall(drawdown.token)],
      [`  of ${instrumentId}`, share(drawdown.underlying.depth), fall(drawdown.underlying)],
    ],
    new Set([1]),
    (row, column, cell) => (column !== 1 ? cell : row < 2 ? styled('bold', cell) : tinted(cell.trim(), cell)),
  );
}

function curves({ curve, portfolioId, instrumentId, from, to }: TearSheet): string {
  const values = (name: 'token' | 'underlying'): bigint[] => curve.map((point) => units18(point[name]));
  const lines = chart(
    [
      { mark: '·', values: values('underlying') },
      { mark: '●', values: values('token') },
    ],
    10n ** 18n,
    CHART.width,
    CHART.height,
  );
  const edge = lines[0]!.search(/[┤│]/);
  const dates = `${day(from)}${day(to).padStart(CHART.width - 10)}`;
  const legend = `● ${portfolioId} per unit   · ${instrumentId} with the same start   logarithmic`;
  const shown = lines.map((line) => `  ${line.slice(0, edge + 1)}${line.slice(edge + 1).replace(/●+/g, (marks) => styled('cyan', marks))}`);
  return `${shown.join('\n')}\n  ${' '.repeat(edge + 1)}${dates}\n  ${' '.repeat(edge + 1)}${styled('dim', legend)}\n`;
}

type Term = readonly [label: string, value: string];

function economicTerms({ attribution, targetLeverage }: TearSheet): Term[] {
  const { economic, ledger } = attribution;
  const { pricePnl: _, ...costTerms } = ledger;
  return [
    [`${times(targetLeverage)} the move, once`, economic.static],
    ['convexity', economic.convexity],
    ['volatility drag', economic.volDrag],
    [`drift from ${times(targetLeverage)}`, economic.drift],
    ['costs on costs', economic.costCarry.total],
    ...costNames(costTerms),
  ];
}

function ledgerTerms({ attribution, instrumentId }: TearSheet): Term[] {
  const { pricePnl, ...costTerms } = attribution.ledger;
  return [[`price of ${instrumentId}`, pricePnl], ...costNames(costTerms)];
}

const SHEET_NAMES: Readonly<Record<string, string>> = { ...COST_NAMES, rounding: 'rounding to cents' };

function costNames(terms: Readonly<Record<string, string>>): Term[] {
  return Object.entries(terms)
    .filter(([, value]) => !isZero(value))
    .map(([kind, value]) => [SHEET_NAMES[kind] ?? kind, value]);
}

function steps({ attribution: { n0, nT } }: TearSheet, terms: readonly Term[]): string {
  let level = units18(n0);
  const rows: { label: string; text: string; from: bigint; to: bigint; kind: 'end' | 'term' }[] = [
    { label: 'NAV per unit at the start', text: figure(n0, 4), from: 0n, to: level, kind: 'end' },
  ];
  for (const [label, value] of terms) {
    const to = level + units18(value);
    rows.push({ label: `  ${label}`, text: signed(value, 4), from: level, to, kind: 'term' });
    level = to;
  }
  rows.push({ label: 'NAV per unit at the end', text: figure(nT, 4), from: 0n, to: units18(nT), kind: 'end' });
  const bars = waterfall(rows, BAR);
  const label = Math.max(...rows.map((row) => row.label.length));
  const number = Math.max(...rows.map((row) => row.text.length));
  return rows
    .map(({ label: name, text, kind, from, to }, i) => {
      const padded = text.padStart(number);
      const shown = kind === 'end' ? styled('bold', padded) : tinted(text, padded);
      const bar = kind === 'end' ? bars[i]! : styled(to < from ? 'red' : 'green', bars[i]!);
      return `  ${name.padEnd(label)}  ${shown}  ${bar}`.trimEnd();
    })
    .join('\n');
}

function closing(residual: string): string {
  return styled('dim', `  start and terms make the end ${smallness(residual)}; no term is the remainder`);
}

function promises({ simple, attribution, targetLeverage, instrumentId, end, returns }: TearSheet): string {
  const { benchmarks, tracking } = attribution;
  const promise = units18(returns.token) - units18(tracking.difference);
  const fate = simple.goneAt === null ? ', no costs' : `; wiped out by ${day(simple.goneAt)}`;
  return rowsOf([
    ['the token', figure(end.navPerUnit, 4), 'what it became'],
    ['simple leveraged position', figure(simple.value, 4), `${times(targetLeverage)} bought once${fate}`],
    ['drag against it', signed(simple.drag, 4), 'the token less the simple position'],
    ['the ideal', figure(benchmarks.ideal, 4), 'every reset, exactly and free'],
    ['power payoff', figure(benchmarks.power, 4), `(${instrumentId} ratio)^${rounded(targetLeverage, 2)}, no volatility`],
    [
      'tracking difference',
      percent(tracking.difference),
      promise > -units18('1') ? 'return less the promise, compounded' : 'return less a promise that was wiped out',
    ],
    [
      'tracking error',
      tracking.error === null ? 'n/a' : share(tracking.error, 4),
      `a year, ${tracking.basis} of ${grouped(String(tracking.periods))} periods`,
    ],
  ]);
}

function keeping({ leverage, trading, targetLeverage, quoteCurrency }: TearSheet): string {
  const range = (of: TearSheet['leverage']['beforeRebalances'], digits: number): string =>
    of === null ? 'n/a' : `${figure(of.min, digits)} .. ${figure(of.median, digits)} .. ${figure(of.max, digits)}`;
  const kept = rowsOf([
    ['leverage', 'lowest .. middle .. highest', ''],
    ['  before trades', range(leverage.beforeRebalances, 4), ''],
    ['  after trades', range(leverage.afterRebalances, 8), ''],
  ]);
  const done = rowsOf([
    [
      'rebalances',
      grouped(String(trading.rebalances)),
      `in ${grouped(String(trading.periods))} periods, back to ${rounded(targetLeverage, 2)}`,
    ],
    ['turnover', grouped(trading.turnover), `${quoteCurrency}, ${rounded(trading.turnoverPerYear, 2, 2)} x the mean NAV a year`],
  ]);
  return `${kept}\n${done}`;
}

const PAID_NAMES: Readonly<Record<string, string>> = {
  slippage: 'slippage',
  tradingFee: 'trading fees',
  funding: 'funding',
  management: 'management fees',
  otherFees: 'other fees',
  interest: 'interest',
};

function costs({ costs: { items, meanNav }, quoteCurrency }: TearSheet): string {
  const rows = items.map(({ kind, amount, bpPerYear }): [string, string, string] => [
    PAID_NAMES[kind] ?? kind,
    grouped(amount),
    `${quoteCurrency}, ${grouped(rounded(bpPerYear, 2, 2))} bp of the mean NAV a year`,
  ]);
  const table = rowsOf([...rows, ['mean NAV', grouped(meanNav), `${quoteCurrency}, over the ends of periods`]]);
  if (items.some(({ kind }) => kind === 'interest' || kind === 'funding')) return table;
  return `${table}\n${styled('dim', '  no interest was recorded on what the fund borrows or lends')}`;
}

function worst({ worst: days, instrumentId, targetLeverage }: TearSheet): string {
  return table(
    [
      ['  to', instrumentId, `${times(targetLeverage)} of it`, 'the token'],
      ...days.map(({ to, underlying, promised, token }) => [`  ${minute(to)}`, percent(underlying), percent(promised), percent(token)]),
    ],
    new Set([1, 2, 3]),
    (row, column, cell) => (row === 0 ? styled('dim', cell) : column === 3 ? tinted(cell.trim(), cell) : cell),
  ).trimEnd();
}

function section(name: string, ...parts: readonly string[]): string {
  return `${styled('bold', name)}\n${parts.join('\n')}\n`;
}

function rowsOf(rows: readonly (readonly [string, string, string])[]): string {
  return table(
    rows.map(([name, value, note]) => [`  ${name}`, value, note]),
    new Set([1]),
    (_, column, cell) => (column === 2 ? styled('dim', cell) : cell),
  ).trimEnd();
}

function tinted(text: string, cell: string): string {
  if (text.startsWith('+')) return styled('green', cell);
  return text.startsWith('-') ? styled('red', cell) : cell;
}
