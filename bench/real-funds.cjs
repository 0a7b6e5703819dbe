/**
 * Real leveraged funds, replayed: `npm run build && npm run real-funds -- FOLDER` re-decides a token on SPY or QQQ with a daily reset at the close, the fund's expense ratio and financing at
 * fed funds plus a spread, holds it against the fund's published closes, and writes the tables into docs/explanation/real-funds.md. FOLDER has letf/ and rates/ (dividend-adjusted closes; fed
 * funds in percent a year). With --check the page is compared, not written.
 */
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { gunzipSync } = require('node:zlib');

const dist = resolve(__dirname, '../dist/libs');
const load = (path) => require(join(dist, path));
const { MemoryStore } = load('store/memory.js');
const { Ledger } = load('ledger/ledger.js');
const { ReadModel } = load('ledger/read-model.js');
const { envelope } = load('ledger/envelope.js');
const { CommandFlow } = load('ledger/command-flow.js');
const { importPrices } = load('ledger/import-prices.js');
const { runMandate } = load('ledger/mandate-runner.js');
const { bookedWindow } = load('projections/what-if/booked.js');
const { readScenario } = load('projections/what-if/scenario.js');
const { replayScenario, scenarioSide } = load('projections/what-if/what-if.js');
const { perUnitText } = load('projections/what-if/answer.js');
const { formatInstant } = load('domain/instant.js');

const SPREAD = '0.004';
const FUNDS = [
  { fund: 'SPXL', index: 'SPY', leverage: '3', expenses: '0.0095' },
  { fund: 'SSO', index: 'SPY', leverage: '2', expenses: '0.0089' },
  { fund: 'SDS', index: 'SPY', leverage: '-2', expenses: '0.0090' },
  { fund: 'QLD', index: 'QQQ', leverage: '2', expenses: '0.0095' },
  { fund: 'PSQ', index: 'QQQ', leverage: '-1', expenses: '0.0095' },
];
const PAGE = resolve(__dirname, '../docs/explanation/real-funds.md');
const MARKS = ['<!-- table: real-funds -->', '<!-- end of table -->'];

/** Date → close. */
function closes(folder, name) {
  const lines = gunzipSync(readFileSync(join(folder, 'letf', `${name}.csv.gz`)))
    .toString()
    .trim()
    .split('\n')
    .slice(1);
  return new Map(lines.map((line) => line.split(',')).map(([date, close]) => [date, Number(close)]));
}

async function main(folder, check) {
  const store = new MemoryStore();
  const ledger = new Ledger(store, await ReadModel.open(store), { actor: 'real-funds' });
  const flow = new CommandFlow((sent) => ledger.submit(sent));
  const send = async (name, data) => {
    const command = envelope(name, data);
    if ('refused' in command) throw new Error(JSON.stringify(command));
    await flow.send(command);
    await flow.settled();
  };
  for (const index of ['SPY', 'QQQ']) {
    await send('ListInstrument', { instrumentId: index, kind: 'index', quoteCurrency: 'USD', priceScale: 6, quantityScale: 6 });
    await importPrices(ledger, { instrumentId: index, format: 'closes', round: true, files: [join(folder, 'letf', `${index}.csv.gz`)] });
  }
  await send('ListInstrument', { instrumentId: 'fed-funds', kind: 'rate', quoteCurrency: 'USD', priceScale: 6, quantityScale: 0 });
  const rates = join(folder, 'rates', 'fed_funds_daily.csv.gz');
  await importPrices(ledger, { instrumentId: 'fed-funds', format: 'closes', multiply: '0.01', round: true, files: [rates] });

  const [results, costs] = [[], []];
  for (const { fund, index, leverage, expenses } of FUNDS) {
    const published = closes(folder, fund);
    const ticks = await ledger.ask((model) => {
      const view = model.instrument(index).tape.view();
      const found = [];
      for (let tick = view.next(-(1n << 63n)); tick; tick = view.next(tick.at)) found.push(tick);
      return found;
    });
    const first = ticks.find(({ at }) => published.has(formatInstant(at).slice(0, 10)));
    const at = formatInstant(first.at);
    const portfolioId = fund.toLowerCase();
    await send('OpenPortfolio', {
      portfolioId,
      name: fund,
      quoteCurrency: 'USD',
      currencyScale: 2,
      unitScale: 4,
      instrumentId: index,
      targetLeverage: leverage,
      at,
    });
    await send('AdoptMandate', {
      portfolioId,
      at,
      mandate: { resets: { cron: '0 16 * * 1-5', zone: 'America/New_York' }, sizing: 'exact' },
    });
    await send('CreateUnits', { portfolioId, units: '10000000', cash: '1000000000.00', at });
    await runMandate(ledger, flow, { portfolioId });
    const view = await ledger.ask((model) => model.view(portfolioId));
    const management = {
      kind: 'management',
      trigger: 'at_reset',
      basis: 'nav',
      rate: { value: expenses, unit: 'fraction', period: 'year' },
      dayCount: 'ACT/365',
    };
    const borrow = {
      kind: 'borrow',
      trigger: 'at_reset',
      basis: 'financed',
      rate: { instrument: 'fed-funds', spread: SPREAD, unit: 'fraction', period: 'year' },
      dayCount: 'ACT/360',
    };
    const under = (rules) => {
      const booked = bookedWindow(view);
      const scenario = readScenario({ mode: 're-decide', feeSchedule: { id: 'fund', version: '1', rules } }, view);
      const replayed = replayScenario(booked, scenario);
      const held = ticks.filter((tick) => tick.at >= booked.from && published.has(formatInstant(tick.at).slice(0, 10)));
      const points = held.map((tick) => ({
        date: formatInstant(tick.at).slice(0, 10),
        model: Number(perUnitText(scenario.terms, replayed.rows.stateAt(tick.at), tick.price)),
      }));
      return {
        ...compare(
          points.map(({ date, model }) => [model, published.get(date)]),
          booked,
        ),
        side: scenarioSide(booked, scenario, replayed),
      };
    };
    const whole = under([borrow, management]);
    const unfinanced = under([management]);
    results.push([
      fund,
      `${leverage}x ${index}`,
      at.slice(0, 10),
      String(whole.days),
      whole.correlation.toFixed(5),
      percent(whole.yearly),
      percent(unfinanced.yearly),
    ]);
    const { n0, nT, ledger: paid, economic } = whole.side.attribution;
    costs.push(
      [fund, n0, nT, paid.pricePnl, paid.management, paid.borrow, economic.volDrag, economic.costCarry.total].map((x, i) =>
        i === 0 ? x : Number(x).toFixed(2),
      ),
    );
  }
  const text = [
    table(['fund', 'is', 'from', 'days', 'correlation of daily returns', 'log difference a year', 'without financing'], results),
    `Financing at fed funds with a spread of ${SPREAD} (ACT/360); a positive difference: the replay ends above the fund. Per unit, from 100:`,
    table(['fund', 'start', 'end', 'price', 'management', 'borrow', 'volatility drag', 'costs on costs'], costs),
  ].join('\n\n');
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = MARKS.map((mark) => page.indexOf(mark));
  console.log(text);
  const words = (part) => part.replaceAll(/[\s|-]+/g, ' ').trim();
  if (!check) writeFileSync(PAGE, `${page.slice(0, start + MARKS[0].length)}\n\n${text}\n\n${page.slice(end)}`);
  else if (words(page.slice(start + MARKS[0].length, end)) !== words(text)) throw new Error('the page shows other figures');
}

/** Pairs of closes, the replay's first. */
function compare(pairs, booked) {
  const returns = pairs.slice(1).map((pair, i) => pair.map((close, side) => close / pairs[i][side] - 1));
  const mean = (side) => returns.reduce((sum, pair) => sum + pair[side], 0) / returns.length;
  const means = [mean(0), mean(1)];
  const sum = (a, b) => returns.reduce((total, pair) => total + (pair[a] - means[a]) * (pair[b] - means[b]), 0);
  const years = Number((booked.to - booked.from) / 1_000_000_000n) / 86_400 / 365.25;
  const growth = (side) => Math.log(pairs.at(-1)[side] / pairs[0][side]);
  return { days: returns.length, correlation: sum(0, 1) / Math.sqrt(sum(0, 0) * sum(1, 1)), yearly: (growth(0) - growth(1)) / years };
}

const percent = (share) => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(2)} %`;
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

if (process.argv[2] === undefined) {
  console.error('usage: npm run real-funds -- FOLDER');
  process.exit(2);
}
main(resolve(process.argv[2]), process.argv[3] === '--check').catch((error) => {
  console.error(error);
  process.exit(1);
});
