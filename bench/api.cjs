/**
 * The API against a bare NestJS-Fastify application (api-bare.cjs) that validates the same and does nothing, in one run with one client, turn by turn; then, with --mixed,
 * everything at once for so many seconds. Prints Markdown. All requests go to 127.0.0.1.
 *
 *     npm install --prefix bench --legacy-peer-deps && npm run build
 *     node bench/api.cjs [--rounds 5] [--seconds 5] [--connections 64] [--mixed 600] [--log-level info]
 */
'use strict';
const { spawn, execFileSync } = require('node:child_process');
const { mkdtempSync, openSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const autocannon = require('autocannon');

const root = join(__dirname, '..');
const main = join(root, 'dist', 'apps', 'cli', 'main.js');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    mixed: { type: 'string', default: '0' },
    'log-level': { type: 'string', default: 'info' },
  },
});
const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'navledger-api-'));
const store = `sqlite:${join(folder, 'data')}`;
const navledger = (args, input) =>
  execFileSync(process.execPath, [main, ...args, '--store', store], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
const say = (line) => process.stderr.write(`${line}\n`);
const median = (figures) => [...figures].sort((a, b) => a - b)[figures.length >> 1];
const whole = (figure) => Math.round(figure).toLocaleString('en');

/** Starts a server that prints its address. */
function started(args) {
  // Log lines are written as in operation, to a file.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', openSync(join(folder, 'log'), 'a')] });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
      if (url) resolve({ child, url });
    });
    child.on('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}: ${text}`)));
  });
}

let made = 0;
const START = Date.UTC(2021, 0, 1);
const next = () => ++made;
const instant = (n) => new Date(START + n * 1000).toISOString();
const day = () => new Date(Date.UTC(2000, 1, 1) + Math.floor(Math.random() * 7000) * 86_400_000).toISOString();
const JSON_BODY = { 'content-type': 'application/json' };
const post = (path, body) => ({ method: 'POST', path, headers: JSON_BODY, body: JSON.stringify(body) });
const fill = (n) => ({
  fillId: `f${n}`,
  instrumentId: 'BENCH',
  side: n % 2 ? 'buy' : 'sell',
  quantity: '1.5',
  price: '100.10',
  fee: '0.15',
  feeCurrency: 'USD',
});

const KINDS = {
  price: (n = next()) => post('/v1/prices', { instrumentId: 'BENCH', price: '100.25', at: instant(n), source: 'bench' }),
  rebalance: (n = next()) =>
    post('/v1/portfolios/bench/rebalances', {
      rebalanceId: `r${n}`,
      reason: 'manual',
      at: instant(n),
      mark: '100.00',
      fills: [fill(n)],
    }),
  nav: () => ({ method: 'GET', path: `/v1/portfolios/spx3l/nav?at=${day()}` }),
  history: () => ({ method: 'GET', path: `/v1/portfolios/spx3l/history?from=2008-01-02T21:00:00Z&to=2008-06-02T21:00:00Z` }),
  attribution: () => ({ method: 'GET', path: `/v1/portfolios/spx1s/attribution?from=2008-01-02T21:00:00Z&to=2008-12-31T21:00:00Z` }),
};

function load(url, kind, seconds, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const setupRequest = (request) => {
    const { headers: own, ...made } = KINDS[typeof kind === 'string' ? kind : kind()]();
    return { ...request, body: undefined, ...made, headers: { ...headers, ...own } };
  };
  return new Promise((resolve, reject) => {
    autocannon({ url, connections: Number(values.connections), duration: seconds, requests: [{ setupRequest }] }, (error, result) => {
      if (error) reject(error);
      else if (result.errors + result.non2xx > 0) reject(new Error(`${result.errors} errors, ${result.non2xx} answers that are not 2xx`));
      else resolve(result);
    });
  });
}

/** A gauge of the server, in its unit. */
async function gauge(url, token, name) {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

async function compare(ours, bare, token) {
  console.log(`| what | Navledger | bare | ratio of medians (each round) | p99 |\n| --- | --- | --- | --- | --- |`);
  for (const kind of ['nav', 'price', 'rebalance']) {
    const runs = { ours: [], bare: [] };
    for (let round = 0; round <= Number(values.rounds); round++) {
      const one = await load(ours, kind, Number(values.seconds), token);
      const other = await load(bare, kind, Number(values.seconds));
      say(`${kind} ${round}: ${one.requests.average} against ${other.requests.average}`);
      // The first round warms up.
      if (round === 0) continue;
      runs.ours.push(one);
      runs.bare.push(other);
    }
    const rate = (list) => median(list.map(({ requests }) => requests.average));
    const ratios = runs.ours.map(({ requests }, i) => (requests.average / runs.bare[i].requests.average).toFixed(2));
    const p99 = (list) => median(list.map(({ latency }) => latency.p99));
    console.log(
      `| ${kind} | ${whole(rate(runs.ours))}/s | ${whole(rate(runs.bare))}/s | ${(rate(runs.ours) / rate(runs.bare)).toFixed(2)} (${ratios.join(', ')}) | ${p99(runs.ours)} ms, bare ${p99(runs.bare)} ms |`,
    );
  }
}

async function mixed(url, token, seconds) {
  // Many more prices than trades, as funds have them; of a thousand requests.
  const mix = { price: 550, rebalance: 10, nav: 380, history: 50, attribution: 10 };
  const shares = Object.entries(mix).flatMap(([kind, share]) => Array(share).fill(kind));
  const windows = [];
  const watch = setInterval(async () => {
    const [lag, memory] = [
      await gauge(url, token, 'nodejs_eventloop_lag_p99_seconds'),
      await gauge(url, token, 'process_resident_memory_bytes'),
    ];
    windows.push({ lag: lag * 1000, memory: memory / 2 ** 20 });
    say(`${windows.length * 10} s: event loop p99 ${windows.at(-1).lag.toFixed(1)} ms, ${whole(windows.at(-1).memory)} MiB`);
  }, 10_000);
  const { requests, latency } = await load(url, () => shares[Math.floor(Math.random() * shares.length)], seconds, token);
  clearInterval(watch);
  const lags = windows.map(({ lag }) => lag);
  const memory = windows.map((window) => window.memory);
  console.log(
    `\nMixed for ${seconds} s (of a thousand: 550 prices, 10 rebalances, 380 nav, 50 histories of 152 days, 10 attributions of a year): ${whole(requests.average)} requests/s, ` +
      `p50 ${latency.p50} ms, p99 ${latency.p99} ms, p99.9 ${latency.p99_9} ms; event-loop delay p99 in windows of 10 s: median ${median(lags).toFixed(1)} ms, ` +
      `most ${Math.max(...lags).toFixed(1)} ms; memory ${whole(memory[0])} MiB after 10 s, ${whole(memory.at(-1))} MiB at the end, most ${whole(Math.max(...memory))} MiB; ${whole(made)} commands.`,
  );
}

(async () => {
  navledger(['demo', '--no-serve']);
  const seed = [
    ['ListInstrument', { instrumentId: 'BENCH', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 4 }],
    ['RecordPrice', { instrumentId: 'BENCH', price: '100.00', at: '2020-01-01T00:00:00Z', source: 'seed' }],
    [
      'OpenPortfolio',
      {
        portfolioId: 'bench',
        name: 'Bench',
        quoteCurrency: 'USD',
        currencyScale: 2,
        unitScale: 4,
        instrumentId: 'BENCH',
        targetLeverage: '3',
        at: '2020-01-01T00:00:00Z',
      },
    ],
    ['CreateUnits', { portfolioId: 'bench', units: '100000', cash: '10000000.00', at: '2020-01-01T00:00:00Z' }],
  ];
  navledger(['record', '-'], seed.map(([command, data]) => JSON.stringify({ command, data })).join('\n'));
  const token = navledger(['token', 'create', '--name', 'bench', '--scope', 'issuer', '--scope', 'auditor']).trim();
  const ours = await started([
    main,
    'serve',
    '--port',
    '0',
    '--requests-per-minute',
    '0',
    '--log-level',
    values['log-level'],
    '--json',
    '--store',
    store,
  ]);
  const bare = await started([join(__dirname, 'api-bare.cjs')]);
  try {
    if (Number(values.rounds) > 0) await compare(ours.url, bare.url, token);
    if (Number(values.mixed) > 0) await mixed(ours.url, token, Number(values.mixed));
  } finally {
    for (const { child } of [ours, bare]) child.removeAllListeners('exit').kill('SIGTERM');
    await new Promise((resolve) => ours.child.once('close', resolve));
    say(`log: ${whole(readFileSync(join(folder, 'log')).length / 2 ** 20)} MiB`);
    rmSync(folder, { recursive: true, force: true });
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
