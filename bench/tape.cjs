/**
 * Measures the tick tape: `npm run build && node --expose-gc bench/tape.cjs [FOLDER]` prints Markdown rows. Real minute candles are read from
 * the folder's btcusdt_1m files, where one is given; the 10 million ticks are a random walk.
 */
'use strict';
const { existsSync, readFileSync, readdirSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { gunzipSync } = require('node:zlib');

const dist = resolve(__dirname, '../dist');
const { Tape } = require(join(dist, 'libs/projections/tape/tape.js'));
const { PriceScanner } = require(join(dist, 'libs/projections/tape/scan.js'));
const DATA = process.argv[2];
const MINUTE = 60_000_000_000n;

const row = (what, value) => console.log(`| ${what} | ${value} |`);
const millis = (from) => Number(process.hrtime.bigint() - from) / 1e6;
const per = (n, ms) => `${((n / ms / 1000) * 1).toFixed(1)} M/s`;
const now = () => process.hrtime.bigint();

/** Times and prices (cents) of closes, each at the end of its minute. */
function realMinutes() {
  if (DATA === undefined || !existsSync(DATA)) return undefined;
  const [times, prices] = [[], []];
  for (const file of readdirSync(DATA).filter((name) => name.startsWith('btcusdt_1m'))) {
    for (const line of gunzipSync(readFileSync(join(DATA, file)))
      .toString()
      .split('\n')) {
      const cells = line.split(',');
      if (!/^\d+$/.test(cells[0])) continue;
      times.push(BigInt(cells[0]) * 1_000_000n + MINUTE);
      prices.push(Math.round(Number(cells[4]) * 100));
    }
  }
  return { times, prices };
}

function walk(n) {
  const prices = new Array(n);
  const times = new Array(n);
  let state = 42;
  let price = 1_000_000;
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    price = Math.max(1_000, price + ((state >>> 16) % 1_001) - 500);
    prices[i] = price;
    times[i] = 1_577_836_860_000_000_000n + BigInt(i) * MINUTE;
  }
  return { times, prices };
}

function percentiles(n, times, ask) {
  const first = times[0];
  const spread = Number((times.at(-1) - first) / 1_000n);
  const asked = Array.from({ length: n }, () => first + BigInt(Math.floor(Math.random() * spread)) * 1_000n);
  for (const t of asked) ask(t);
  const whole = now();
  for (const t of asked) ask(t);
  const mean = (millis(whole) * 1000) / n;
  const took = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const from = now();
    ask(asked[i]);
    took[i] = Number(now() - from) / 1000;
  }
  took.sort();
  return `mean ${mean.toFixed(2)} µs, with the clock p50 ${took[n >> 1].toFixed(2)} µs, p99 ${took[Math.floor(n * 0.99)].toFixed(2)} µs`;
}

function measure(name, { times, prices }) {
  const n = times.length;
  const heap = () => {
    for (let i = 0; i < 4; i++) global.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = heap();
  let from = now();
  const tape = Tape.empty();
  for (let i = 0; i < n; i++) tape.append(times[i], prices[i], i, 'exchange');
  row(`${name}: build, ${n.toLocaleString('en')} ticks in order`, per(n, millis(from)));
  row(`${name}: memory (typed arrays and heap)`, `${((heap() - before) / n).toFixed(2)} bytes a tick`);
  from = now();
  const { put, directory } = tape.changes();
  row(`${name}: encode all`, `${millis(from).toFixed(0)} ms`);
  row(`${name}: stored`, `${(put.reduce((sum, { bytes }) => sum + bytes.length, 0) / n).toFixed(2)} bytes a tick, ${put.length} blobs`);
  const blobs = new Map(put.map(({ key, bytes }) => [key, bytes]));
  const view = tape.view();
  row(
    `${name}: as-of at random, warm`,
    percentiles(200_000, times, (t) => view.at(t)),
  );
  row(
    `${name}: first tick 20 % away, at random, warm`,
    percentiles(20_000, times, (t) => {
      const { price } = view.at(t);
      return view.firstOutside(t, times[n - 1], (price * 4n) / 5n, (price * 6n) / 5n);
    }),
  );
  from = now();
  let found = 0;
  for (let i = 0; i < n; i++) found += tape.recorded(times[i], 'exchange').length;
  row(`${name}: recorded(at, source), in sequence`, `${per(found, millis(from))} (${millis(from).toFixed(0)} ms for all)`);
  const text = JSON.stringify(directory);
  from = now();
  const opened = Tape.open(JSON.parse(text), (key) => blobs.get(key));
  opened.view().at(times[n >> 1]);
  row(`${name}: open from storage and answer one as-of`, `${millis(from).toFixed(2)} ms`);
  const late = [];
  for (let i = 0; i < 100; i++) {
    const at = times[(i * 7_919) % n] + 1n;
    tape.append(at, prices[0], n + i, 'exchange');
    from = now();
    tape.view().at(at);
    late.push(millis(from));
  }
  row(
    `${name}: view and as-of after each of 100 late ticks`,
    `p50 ${late.sort((a, b) => a - b)[50].toFixed(2)} ms, most ${late[99].toFixed(2)} ms`,
  );
  from = now();
  tape.view(n >> 2).at(times[n - 1]);
  row(`${name}: view as known at a quarter of the log`, `${millis(from).toFixed(2)} ms`);
}

function backwards({ times, prices }) {
  const tape = Tape.empty();
  let position = 0;
  const n = times.length;
  const from = now();
  for (let end = n; end > 0; end -= 200_000) {
    for (let i = Math.max(0, end - 200_000); i < end; i++) tape.append(times[i], prices[i], position++, 'exchange');
  }
  row('real minutes: build, blocks of 200,000 last first', per(n, millis(from)));
  const view = now();
  tape.view().at(times[n >> 1]);
  row('real minutes: view of it', `${millis(view).toFixed(1)} ms`);
}

function second({ times, prices }) {
  const tape = Tape.empty();
  const n = times.length;
  for (let i = 0; i < n; i++) tape.append(times[i], prices[i], i, 'exchange');
  let from = now();
  for (let i = 0; i < n; i++) tape.append(times[i], prices[i] + 1, n + i, 'other');
  row('real minutes: a second price for every instant', per(n, millis(from)));
  from = now();
  tape.view().at(times[n >> 1]);
  row('real minutes: view of it (everything merged)', `${millis(from).toFixed(0)} ms`);
}

function scanning({ prices }) {
  const events = prices.slice(0, 500_000).map((price, i) =>
    JSON.stringify({
      instrumentId: 'btc-usdt',
      price: `${Math.floor(price / 100)}.${String(price % 100).padStart(2, '0')}`,
      at: new Date(1_577_836_860_000 + i * 60_000).toISOString().replace('.000', ''),
      source: 'binance',
    }),
  );
  const bytes = Buffer.from(events.join('\n'));
  const scanner = new PriceScanner(2);
  let sum = 0;
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const from = now();
    let start = 0;
    for (const event of events) {
      scanner.scan(bytes, start, start + event.length);
      sum += scanner.price;
      start += event.length + 1;
    }
    best = Math.min(best, millis(from));
  }
  row('price and source from stored bytes', `${per(events.length, best)} (${sum > 0 ? events[0].length : 0} bytes an event)`);
  const from = now();
  for (const event of events) sum += JSON.parse(event).price.length;
  row('the same with JSON.parse, from strings', per(events.length, millis(from)));
}

console.log('| what | result |\n| --- | --- |');
const real = realMinutes();
if (real === undefined) row('real minutes', 'not run: no folder of candles was given');
else {
  measure('real minutes', real);
  backwards(real);
  second(real);
}
scanning(real ?? walk(500_000));
measure('random walk', walk(10_000_000));
