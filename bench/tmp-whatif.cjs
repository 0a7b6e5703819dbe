/**
 * Measures what-if on generated tapes and on real minutes: `npm run build && node --expose-gc --max-old-space-size=4096 bench/what-if.cjs [--ticks 1,10,100] [--data FOLDER]` prints Markdown
 * rows. One re-decided scenario and a sweep of 1,000, each with its attribution, against a plain exact fold over every tick (the same integers, the same decisions), a scan in floating point
 * over a typed array, and, where Python with numba is found, that scan compiled.
 */
'use strict';
const { execFileSync, spawnSync } = require('node:child_process');
const { existsSync, readFileSync, readdirSync, writeFileSync, mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { parseArgs } = require('node:util');
const { gunzipSync } = require('node:zlib');

const load = (path) => require(join(resolve(__dirname, '../dist/libs'), path));
const { Tape } = load('projections/tape/tape.js');
const { FundRecord } = load('domain/fund-record.js');
const { Ending } = load('domain/valuation.js');
const { NO_RATES } = load('domain/price-view.js');
const { evolve, cashAtNavScale, slopeAtNavScale } = load('domain/facts.js');
const { chargeOn } = load('domain/fee-amount.js');
const { feeFact, isMade, timeOf } = load('domain/accrual.js');
const { decideTrade } = load('domain/trade.js');
const { formatInstant, instant } = load('domain/instant.js');
const { bookedWindow } = load('projections/what-if/booked.js');
const { readScenario } = load('projections/what-if/scenario.js');
const { replay } = load('projections/what-if/replay.js');
const { whatIf } = load('projections/what-if/what-if.js');
const { readSweep, sweepPoints } = load('projections/what-if/sweep.js');
const { navAnswer } = load('projections/nav.js');

const { values } = parseArgs({
  options: { ticks: { type: 'string', default: '1,10,100' }, data: { type: 'string' }, sweep: { type: 'string', default: '1000' } },
});
const DAYS = 1000;
const DAY = 86_400_000_000_000n;
const START = instant('2020-01-01T00:00:00Z');
const ONE = 10n ** 18n;

const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;
const now = () => process.hrtime.bigint();
const show = (s) => (s < 0.001 ? `${(s * 1e6).toFixed(2)} µs` : s < 1 ? `${(s * 1e3).toFixed(1)} ms` : `${s.toFixed(2)} s`);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;

/** A seeded walk over the same thousand days, whatever its number of ticks: volatility is a matter of time. */
function walk(n) {
  const step = (BigInt(DAYS) * DAY) / BigInt(n);
  const tape = Tape.empty();
  const size = 60_000 / Math.sqrt(n / 1e6);
  let state = 12345;
  let price = 2_000_000;
  for (let i = 0; i < n; i++) {
    tape.append(START + step * BigInt(i), Math.round(price), i, 's');
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    price *= 1 + ((state / 2 ** 32 - 0.5) * size) / 6e7;
    if (price < 1000) price = 1000;
  }
  return { name: `${n / 1e6} M ticks`, n, tape, step };
}

function realMinutes(folder) {
  const tape = Tape.empty();
  let n = 0;
  for (const file of readdirSync(folder)
    .filter((name) => name.startsWith('btcusdt_1m'))
    .sort()) {
    for (const line of gunzipSync(readFileSync(join(folder, file)))
      .toString()
      .split('\n')) {
      const cells = line.split(',');
      if (/^\d+$/.test(cells[0]))
        tape.append(BigInt(cells[0]) * 1_000_000n + 60_000_000_000n, Math.round(Number(cells[4]) * 100), n++, 's');
    }
  }
  return { name: `${(n / 1e6).toFixed(2)} M real minutes`, n, tape };
}

function viewOf({ tape }) {
  const prices = tape.view();
  const first = prices.next(-(1n << 63n));
  const at = formatInstant(first.at);
  const terms = {
    portfolioId: 'p',
    name: 'P',
    quoteCurrency: 'USD',
    instrumentId: 'X',
    kind: 'perp',
    targetLeverage: 300n,
    currencyScale: 2,
    unitScale: 4,
    priceScale: 2,
    quantityScale: 8,
    navScale: 10,
    openedAt: first.at,
  };
  const portfolio = new FundRecord(terms);
  const quantity = ((3_000_000_000n * 10n ** 8n) / first.price / 1n).toString().padStart(9, '0');
  const facts = [
    [
      'MandateAdopted',
      { at, version: '1', mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, band: { lower: '2', upper: '4' }, sizing: 'exact' } },
    ],
    ['SlippageModelAdopted', { at, model: { model: 'fixed_bp', bp: '2' } }],
    [
      'FeeScheduleAdopted',
      { at, schedule: { id: 's', version: '1', rules: [{ kind: 'trading', rate: { value: '0.0005', unit: 'fraction' } }] } },
    ],
    ['UnitsCreated', { at, units: '100000', cash: '10000000' }],
    [
      'RebalanceExecuted',
      {
        at,
        rebalanceId: 'r',
        fills: [
          {
            fillId: 'f',
            side: 'buy',
            quantity: `${quantity.slice(0, -8)}.${quantity.slice(-8)}`,
            price: `${first.price / 100n}.${String(first.price % 100n).padStart(2, '0')}`,
          },
        ],
      },
    ],
  ];
  facts.forEach(([type, data], i) => portfolio.stand({ type, data }, i));
  return {
    portfolio,
    prices,
    rates: NO_RATES,
    ending: new Ending(terms, portfolio.timeline, () => prices),
    logPosition: facts.length,
    knownAt: first.at,
  };
}

const SCENARIO = {
  mode: 're-decide',
  feeSchedule: {
    id: 'x',
    version: '1',
    rules: [
      { kind: 'trading', rate: { value: '0.0004', unit: 'fraction' } },
      {
        kind: 'management',
        trigger: 'at_reset',
        basis: 'nav',
        rate: { value: '0.0195', unit: 'fraction', period: 'year' },
        dayCount: 'ACT/365',
      },
    ],
  },
  slippage: { model: 'fixed_bp', bp: '3' },
  mandate: { band: { lower: '2.4', upper: '3.6' } },
};

/** Every tick in exact integers: the band by comparing, the reset at each midnight, at most one trade an instant. */
function exactFold(view, prices, times) {
  const booked = bookedWindow(view);
  const scenario = readScenario(SCENARIO, view);
  const { terms, rules, slippage } = scenario;
  const { mandate } = scenario.mandates[0];
  const { lower, upper } = mandate.band;
  const [rule, management] = rules;
  let { state } = booked;
  let cash = cashAtNavScale(terms, state.cash);
  let slope = slopeAtNavScale(terms, state.quantity);
  let charged = booked.from;
  let midnight = booked.from - (booked.from % DAY) + DAY;
  let mark = BigInt(prices[0]);
  let ticked = false;
  let trades = 0;
  const put = (fact) => {
    state = evolve(terms, state, fact);
    cash = cashAtNavScale(terms, state.cash);
    slope = slopeAtNavScale(terms, state.quantity);
  };
  const trade = () => {
    const found = decideTrade(terms, state, mark, mandate, { rule, slippage }, 0n).trade;
    if (!found) return;
    trades++;
    const quantity = found.side === 'buy' ? found.quantity : -found.quantity;
    put({ kind: 'rebalance', rebalanceId: '', fills: [{ fillId: '', quantity, price: found.price, fee: found.fee }] });
  };
  const reset = (t) => {
    const time = timeOf(management, 'UTC', charged, t);
    const charge = chargeOn(terms, management, { state, price: mark, rate: management.rate, tau: time.tau });
    if (isMade(management, charge)) {
      charged = t;
      put(feeFact(management, charge));
    }
    trade();
  };
  for (let i = 1; i < prices.length; i++) {
    const t = times(i);
    for (; midnight < t; midnight += DAY) {
      if (ticked) reset(midnight);
      ticked = false;
    }
    mark = BigInt(prices[i]);
    ticked = true;
    if (t === midnight) {
      reset(t);
      ticked = false;
      midnight += DAY;
      continue;
    }
    const exposure = slope * mark;
    const nav = cash + exposure;
    if (nav <= 0n) throw new Error('the fund ended');
    if (exposure * ONE < lower * nav || exposure * ONE > upper * nav) trade();
  }
  return { state, trades };
}

/** The same in floating point. */
function floatScan(prices, perDay) {
  let cash = -20_000_000;
  let quantity = 30_000_000 / (prices[0] / 100);
  let trades = 0;
  const cost = 0.0003 + 0.0004;
  for (let i = 1; i < prices.length; i++) {
    const price = prices[i] / 100;
    const exposure = quantity * price;
    const nav = cash + exposure;
    const leverage = exposure / nav;
    const day = i % perDay === 0;
    if (day || leverage < 2.4 || leverage > 3.6) {
      if (day) cash -= (nav * 0.0195) / 365;
      const wanted = 3 * (cash + exposure) - exposure;
      const sign = wanted < 0 ? -1 : 1;
      const traded = wanted / (1 + 3 * cost * sign);
      quantity += traded / price;
      cash -= traded + Math.abs(traded) * cost;
      trades++;
    }
  }
  return { cash, quantity, trades };
}

const NUMBA = `
import sys, time, numpy as np
from numba import njit
prices = np.fromfile(sys.argv[1], dtype=np.int32)
per_day = int(sys.argv[2])
@njit
def scan(prices, per_day):
    cash = -20000000.0
    quantity = 30000000.0 / (prices[0] / 100.0)
    for i in range(1, len(prices)):
        price = prices[i] / 100.0
        exposure = quantity * price
        nav = cash + exposure
        leverage = exposure / nav
        day = i % per_day == 0
        if day or leverage < 2.4 or leverage > 3.6:
            if day:
                cash -= nav * 0.0195 / 365.0
            wanted = 3.0 * (cash + exposure) - exposure
            sign = -1.0 if wanted < 0 else 1.0
            traded = wanted / (1.0 + 3.0 * 0.0007 * sign)
            quantity += traded / price
            cash -= traded + abs(traded) * 0.0007
    return cash
scan(prices[:1000], per_day)
times = []
for _ in range(3):
    t = time.perf_counter(); scan(prices, per_day); times.append(time.perf_counter() - t)
print(min(times))
`;

function numba(prices, perDay) {
  if (spawnSync('python3', ['-c', 'import numpy, numba']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'navledger-bench-'));
  writeFileSync(join(folder, 'prices'), Buffer.from(prices.buffer));
  writeFileSync(join(folder, 'scan.py'), NUMBA);
  return Number(execFileSync('python3', [join(folder, 'scan.py'), join(folder, 'prices'), String(perDay)]).toString());
}

function asOf(view, replayed) {
  const fund = new FundRecord(view.portfolio.terms, replayed.rows);
  const held = { ...view, portfolio: fund, ending: new Ending(fund.terms, replayed.rows, () => view.prices, { lookedThrough: 1n << 62n }) };
  let state = 99;
  const span = Number(view.prices.at(1n << 62n).at - START);
  const times = [];
  for (let i = 0; i < 20_000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const at = view.portfolio.terms.openedAt + BigInt(Math.floor((state / 2 ** 32) * span * 0.99)) + 1n;
    const from = now();
    held.prices.at(at);
    held.portfolio.timeline.stateAt(at);
    times.push(seconds(from));
    if (i === 0) navAnswer(held, at);
  }
  return median(times.slice(10_000));
}

function measure(source) {
  const built = now();
  const { name, n } = source;
  const view = viewOf(source);
  const cold = now();
  const first = whatIf(view, SCENARIO);
  const coldSeconds = seconds(cold);
  if ('refused' in first) throw new Error(JSON.stringify(first));
  const warm = median(
    Array.from({ length: 200 }, () => {
      const from = now();
      whatIf(view, SCENARIO);
      return seconds(from);
    }),
  );
  const scenario = readScenario(SCENARIO, view);
  const booked = bookedWindow(view);
  const bare = median(
    Array.from({ length: 200 }, () => {
      const from = now();
      replay(booked, scenario);
      return seconds(from);
    }),
  );
  const replayed = replay(booked, scenario); console.log(warm, bare); process.exit(0);
  const count = Math.round(Number(values.sweep) ** (1 / 3));
  const steps = Array.from({ length: count }, (_, i) => i);
  const grid = {
    base: SCENARIO,
    vary: {
      'mandate.band.upper': steps.map((i) => `3.${20 + 5 * i}`),
      'feeSchedule.rules[1].rate.value': steps.map((i) => `0.0${10 + i}`),
      'slippage.bp': steps.map((i) => String(i + 1)),
    },
  };
  const swept = now();
  const sweep = readSweep(view, grid, {}, () => undefined);
  if ('refused' in sweep) throw new Error(JSON.stringify(sweep));
  let points = 0;
  for (const point of sweepPoints(sweep)) if (point.nT !== undefined) points++;
  const sweepSeconds = seconds(swept);
  const found = asOf(view, replayed);
  global.gc?.();
  const memory = peak();
  const prices = new Int32Array(n);
  const at = [];
  let i = 0;
  for (let tick = view.prices.next(-(1n << 63n)); tick && source.step === undefined; tick = view.prices.next(tick.at)) {
    at.push(tick.at);
    prices[i++] = Number(tick.price);
  }
  if (source.step !== undefined) for (; i < n; i++) prices[i] = Number(view.prices.at(START + source.step * BigInt(i)).price);
  const times = source.step === undefined ? (k) => at[k] : (k) => START + source.step * BigInt(k);
  const folded = now();
  const fold = exactFold(view, prices, times);
  const foldSeconds = seconds(folded);
  const last = replayed.rows.row(replayed.rows.length - 1).state;
  const same = ['cash', 'quantity', 'units'].every((name) => last[name] === fold.state[name]) && fold.trades === replayed.trades.length;
  const perDay = Math.round(n / DAYS);
  floatScan(prices.subarray(0, 100_000), perDay);
  const scanned = now();
  floatScan(prices, perDay);
  const floatSeconds = seconds(scanned);
  const compiled = numba(prices, perDay);
  row(name, 'scenario with attribution, cold', show(coldSeconds));
  row(name, 'scenario with attribution, warm', show(warm), `${replayed.trades.length} trades`);
  row(name, 'scenario, replay alone', show(bare));
  row(name, `sweep of ${points}`, show(sweepSeconds), `${show(sweepSeconds / points)} a scenario`);
  row(
    name,
    'plain exact fold',
    show(foldSeconds),
    `${Math.round(foldSeconds / warm)}x the scenario with attribution, ${Math.round(foldSeconds / bare)}x the replay; ${same ? 'the same state' : 'ANOTHER STATE'}`,
  );
  row(name, 'float scan, JavaScript', show(floatSeconds), `${(floatSeconds / warm).toFixed(1)}x`);
  row(
    name,
    'float scan, numba',
    compiled === undefined ? 'not run: no Python with numba' : show(compiled),
    compiled === undefined ? '' : `${(compiled / warm).toFixed(1)}x`,
  );
  row(name, 'as of, p50', show(found));
  row(name, 'memory at most, without the peers', `${memory.toFixed(0)} MiB`);
  console.error(`${name}: ${seconds(built).toFixed(0)} s`);
}

row('tape', 'what', 'took', '');
row('---', '---', '---', '---');
if (values.data !== undefined && existsSync(values.data)) measure(realMinutes(values.data));
for (const millions of values.ticks.split(',')) measure(walk(Number(millions) * 1e6));
