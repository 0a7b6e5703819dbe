/**
 * What the whole program takes: importing files of minutes by one command, a cold `nav`, as-of answers and attributions in process.
 *
 *     npm run build && node bench/answers.cjs --prices a.csv.gz,b.csv.gz --funding rates.csv
 *
 * Prices are candles as `import prices --format binance-klines` reads them; funding is a file of `time, rate`. Prints a table in Markdown.
 */
'use strict';
const { spawn } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
const dist = (file) => require(join(root, 'dist', 'libs', file));
const { values } = parseArgs({ options: { prices: { type: 'string' }, funding: { type: 'string' } } });
const prices = values.prices.split(',');
const rows = [];
const row = (what, figure) => {
  rows.push([what, figure]);
  process.stderr.write(`${what}: ${figure}\n`);
};

/** Runs the program; answers its seconds, peak memory in MiB and standard output. */
function run(args, store) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(process.execPath, [join(root, 'bin', 'navledger'), ...args, '--store', `sqlite:${store}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    let peak = 0;
    const poll = setInterval(() => {
      try {
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
      } catch {
        // The process has ended, or the system has no /proc.
      }
    }, 50);
    child.stdout.on('data', (chunk) => (out += chunk));
    child.on('close', (code) => {
      clearInterval(poll);
      if (code === 0) resolve({ seconds: (performance.now() - begin) / 1000, peak, out });
      else reject(new Error(`${args.join(' ')} ended with ${code}`));
    });
  });
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const sorted = (times) => Float64Array.from(times).sort();
const ms = (x) => `${x < 10 ? x.toFixed(2) : x.toFixed(0)} ms`;

async function main() {
  const dir = mkdtempSync(join(tmpdir(), 'navledger-answers-'));
  try {
    const plain = join(dir, 'import');
    const listing = {
      command: 'ListInstrument',
      data: { instrumentId: 'BTCUSDT', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 6 },
    };
    require('node:fs').writeFileSync(join(dir, 'list.ndjson'), `${JSON.stringify(listing)}\n`);
    await run(['record', join(dir, 'list.ndjson')], plain);
    const imported = await run(['import', 'prices', '--instrument', 'BTCUSDT', '--format', 'binance-klines', ...prices], plain);
    const { openLedger } = dist('ledger/open');
    const { navAnswer } = dist('projections/nav');
    const { attributionAnswer } = dist('projections/attribution');
    const probe = await openLedger(`sqlite:${plain}`, 'read', { actor: 'bench' });
    const events = probe.store.head().position;
    await probe.close();
    row(
      'import, one command, from process start to end',
      `${events.toLocaleString('en')} events in ${imported.seconds.toFixed(1)} s: ${Math.round(events / imported.seconds / 1000)},000 events/s`,
    );
    row('import, peak memory', `${Math.round(imported.peak)} MiB`);
    const again = await run(['import', 'prices', '--instrument', 'BTCUSDT', '--format', 'binance-klines', ...prices], plain);
    row('the same import again, nothing new', `${again.seconds.toFixed(1)} s`);

    const store = join(dir, 'demo');
    const demo = await run(
      [
        'demo',
        '--no-serve',
        '--json',
        '--format',
        'binance-klines',
        '--prices',
        ...prices,
        ...(values.funding ? ['--funding', values.funding] : []),
      ],
      store,
    );
    row('demo on the same minutes, import and two mandates', `${demo.seconds.toFixed(1)} s`);
    const ledger = await openLedger(`sqlite:${store}`, 'read', { actor: 'bench' });
    const portfolioId =
      (await ledger.ask((model) => [...model.funds.values()].map(({ fund }) => fund.terms.portfolioId))).find((id) => id.includes('3l')) ??
      'none';
    const view = await ledger.ask((model) => model.view(portfolioId));
    const { timeline, terms } = view.portfolio;
    const from = timeline.row(2).at;
    const to = view.prices.at(1n << 62n).at;
    const cold = [];
    for (let i = 0; i < 7; i++)
      cold.push(
        (await run(['nav', portfolioId, '--at', new Date(Number((from + to) / 2n / 1000000n)).toISOString(), '--json'], store)).seconds *
          1000,
      );
    row('cold nav, process start to end, median of 7', ms(quantile(sorted(cold), 0.5)));

    const asOf = [];
    let seed = 1;
    for (let i = 0; i < 21000; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const at = from + ((to - from) * BigInt(seed)) / 4294967296n;
      const begin = performance.now();
      const answer = await ledger.askAbout(portfolioId, undefined, (v) => navAnswer(v, at));
      if (i >= 1000) asOf.push(performance.now() - begin);
      if ('refused' in answer) throw new Error(answer.rule);
    }
    const times = sorted(asOf);
    row(
      'as-of answer at random, warm, whole `nav` answer, 20,000',
      `p50 ${(quantile(times, 0.5) * 1000).toFixed(0)} µs, p99 ${(quantile(times, 0.99) * 1000).toFixed(0)} µs, most ${ms(times[times.length - 1])}`,
    );

    const whole = [];
    for (let i = 0; i < 21; i++) {
      const begin = performance.now();
      const answer = attributionAnswer(view, from, to);
      whole.push(performance.now() - begin);
      if ('refused' in answer) throw new Error(answer.rule);
    }
    row(
      `attribution of the whole span, ${timeline.length.toLocaleString('en')} facts, L = ${Number(terms.targetLeverage) / 100}: first`,
      ms(whole[0]),
    );
    row('the same, warm, median of 20', ms(quantile(sorted(whole.slice(1)), 0.5)));
    await ledger.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  const width = Math.max(...rows.map(([what]) => what.length));
  console.log(
    [['what', 'result'], ['-'.repeat(width), '---'], ...rows].map(([what, figure]) => `| ${what.padEnd(width)} | ${figure} |`).join('\n'),
  );
}

main();
