/**
 * The embedded store against the raw file limit and Emmett's SQLite store, on the same events in one run. Prints a markdown section.
 *
 *     npm install --prefix bench --legacy-peer-deps     # once, for Emmett; without it those figures say "not run"
 *     node bench/store.cjs [--quick]
 */
require('../test/support/ts-child.cjs');
const { execFileSync, fork } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const { join } = require('node:path');
const frames = require('../libs/store/frame.ts');
const { FrameWriter } = require('../libs/store/frame-writer.ts');
const { openEmbeddedStore } = require('../libs/store/embedded/store.ts');

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 5;
const SOME_ID = '00112233-4455-6677-8899-aabbccddeeff';
const COUNTS = { single: 3_000, callers: 64 * 500, bulk: 300_000 };
const EMMETT = { single: 1_000, callers: 64 * 50, bulk: 300_000 };
const CALLERS = 64;
const CHUNK = 1_000;
const base = fs.mkdtempSync(join(process.env.BENCH_DIR ?? os.tmpdir(), 'navledger-bench-'));

const seconds = () => Number(process.hrtime.bigint()) / 1e9;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
let files = 0;
const fresh = () => join(base, String(files++));

/** A random UUID in one piece: V8 puts off joining its parts until it is first read. */
const newId = () => Buffer.from(randomUUID(), 'latin1').toString('latin1');

/** Events of about 400 bytes as frames. */
function event(index) {
  const at = 1_600_000_000_000 + index * 60_000;
  const data = {
    instrumentId: 'btc-perp',
    price: (40_000 + (index % 997) / 100).toFixed(2),
    at: new Date(at).toISOString(),
    source: 'bench',
  };
  const metadata = { actor: 'bench', schemaVersion: 1, correlationId: SOME_ID, causationId: SOME_ID };
  return {
    eventId: newId(),
    type: 'PriceTicked',
    at: BigInt(at) * 1_000_000n,
    data: JSON.stringify(data),
    metadata: JSON.stringify(metadata),
  };
}
const request = (stream, expectedRevision, events) => ({
  stream,
  expectedRevision,
  commandId: newId(),
  digest: '0f'.repeat(16),
  events,
});
const range = (count, make) => Array.from({ length: count }, (_, index) => make(index));

function frame(one) {
  const writer = new FrameWriter();
  writer.restart(Buffer.alloc(32));
  writer.write(
    { position: 0, stream: 'price-btc', revision: 0, recordedAt: 0n, commandId: newId(), digest: '0f'.repeat(16), commandIndex: 0 },
    one,
  );
  return Buffer.from(writer.bytes.subarray(32));
}

/** Events a second when frames, made beforehand, are gathered, appended to a file `size` at a time and synced each time. */
function raw(count, size) {
  const groups = range(count / size, (group) => range(size, (i) => frame(event(group * size + i))));
  const file = fs.openSync(fresh(), 'w');
  const start = seconds();
  for (const group of groups) {
    fs.writeSync(file, Buffer.concat(group));
    fs.fdatasyncSync(file);
  }
  const rate = count / (seconds() - start);
  fs.closeSync(file);
  return rate;
}

/** Each figure of ours directly behind its limit, so that both meet the same machine. */
async function ours(rates, limits) {
  const dir = fresh();
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  const time = async (name, count, work) => {
    const start = seconds();
    await work();
    rates[name].push(count / (seconds() - start));
  };
  const bulk = range(COUNTS.bulk / CHUNK, (i) => request('bulk', i * CHUNK - 1, range(CHUNK, event)));
  limits.bulk.push(raw(COUNTS.bulk, CHUNK));
  await time('bulk', COUNTS.bulk, async () => {
    for (const one of bulk) await store.append([one]);
  });
  const singles = range(COUNTS.single, (i) => request('single', i - 1, [event(i)]));
  limits.single.push(raw(COUNTS.single, 1));
  await time('single', COUNTS.single, async () => {
    for (const one of singles) await store.append([one]);
  });
  const callers = range(CALLERS, (c) => range(COUNTS.callers / CALLERS, (i) => request(`caller-${c}`, i - 1, [event(i)])));
  limits.callers.push(raw(COUNTS.callers, CALLERS));
  await time('callers', COUNTS.callers, () =>
    Promise.all(
      callers.map(async (own) => {
        for (const one of own) await store.append([one]);
      }),
    ),
  );
  let bytes = 0;
  await time('readBytes', COUNTS.bulk, async () => {
    for await (const slice of store.readAll(0, { to: COUNTS.bulk - 1 }))
      for (const f of slice.frames()) bytes += f.dataEnd - f.dataStart + f.atMillis;
    if (bytes === 0) throw new Error('nothing was read');
  });
  const texts = [];
  for await (const slice of store.readAll(0, { to: COUNTS.bulk - 1 })) {
    for (const f of slice.frames())
      texts.push(f.bytes.toString('utf8', f.dataStart, f.dataEnd), f.bytes.toString('utf8', f.metadataStart, f.metadataEnd));
  }
  await time('parse', COUNTS.bulk, () => texts.forEach((text) => JSON.parse(text)));
  await time('readParsed', COUNTS.bulk, async () => {
    for await (const slice of store.readAll(0, { to: COUNTS.bulk - 1 })) {
      for (const f of slice.frames()) {
        const { data, metadata } = frames.texts(f);
        JSON.parse(data);
        JSON.parse(metadata);
      }
    }
  });
  await store.close();
}

/** Milliseconds to open a store whose writer was killed, and its events. */
async function openAfterKill() {
  const dir = fresh();
  const child = fork(__filename, ['--writer', dir]);
  await new Promise((resolve) => child.once('message', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const start = seconds();
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  const millis = (seconds() - start) * 1000;
  const events = store.head().position + 1;
  await store.close();
  return { millis, events };
}

async function writer(dir) {
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  for (let i = 0; i < 1000; i++) await store.append([request('bulk', i * CHUNK - 1, range(CHUNK, event))]);
  const single = (i) => store.append([request('single', i - 1, [event(i)])]);
  for (let i = 0; i < 1500; i++) await single(i);
  process.send('written');
  for (let i = 1500; ; i++) await single(i);
}

async function emmett(rates) {
  if (peerVersion() === 'not installed') return;
  const library = require('@event-driven-io/emmett-sqlite');
  const connection = library.sqliteConnection({ fileName: fresh() });
  await library.createEventStoreSchema(connection);
  // One connection, one transaction at a time: what it needs to keep what it acknowledged.
  let last = Promise.resolve();
  const append = (stream, version, events) => {
    const run = last.then(() => library.appendToStream(connection, stream, 'bench', events, { expectedStreamVersion: BigInt(version) }));
    last = run.then((result) => {
      if (!result.success) throw new Error('Emmett refused an append');
    });
    return last;
  };
  const message = (i) => {
    const { type, data, metadata } = event(i);
    return { type, data: JSON.parse(data), metadata: JSON.parse(metadata), kind: 'Event' };
  };
  const time = async (name, count, work) => {
    const start = seconds();
    await work();
    rates[name].push(count / (seconds() - start));
  };
  const bulk = range(EMMETT.bulk / CHUNK, () => range(CHUNK, message));
  await time('bulk', EMMETT.bulk, async () => {
    for (const [i, events] of bulk.entries()) await append('bulk', i * CHUNK, events);
  });
  const singles = range(EMMETT.single, (i) => [message(i)]);
  await time('single', EMMETT.single, async () => {
    for (const [i, events] of singles.entries()) await append('single', i, events);
  });
  const callers = range(CALLERS, () => range(EMMETT.callers / CALLERS, (i) => [message(i)]));
  await time('callers', EMMETT.callers, () =>
    Promise.all(
      callers.map(async (own, c) => {
        for (const [i, events] of own.entries()) await append(`caller-${c}`, i, events);
      }),
    ),
  );
  let read = 0;
  await time('readParsed', EMMETT.bulk, async () => {
    for (let after = 0n; read < EMMETT.bulk;) {
      const { messages, currentGlobalPosition } = await library.readMessagesBatch(connection, { after, batchSize: 5_000 });
      read += messages.length;
      after = currentGlobalPosition;
    }
  });
  connection.close();
}

async function main() {
  const load = os.loadavg()[0].toFixed(1);
  const names = ['single', 'callers', 'bulk', 'readBytes', 'readParsed', 'parse'];
  const table = () => Object.fromEntries(names.map((name) => [name, []]));
  const rates = { raw: table(), ours: table(), emmett: table() };
  for (let round = 0; round < ROUNDS; round++) {
    await ours(rates.ours, rates.raw);
    await emmett(rates.emmett);
  }
  const kill = await openAfterKill();
  const of = (who, name) => (rates[who][name].length > 0 ? median(rates[who][name]) : undefined);
  const whole = (value) => (value === undefined ? 'not run' : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','));
  const ratio = (value, other, digits) => (value === undefined || other === undefined ? 'not run' : (value / other).toFixed(digits));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: __dirname, encoding: 'utf8' }).trim();
  const row = (text, name, limit, target, peerTarget) => {
    const own = of('ours', name);
    const against = limit === undefined ? ['', ''] : [whole(limit), `${ratio(own, limit, 2)} (${target})`];
    const peer = of('emmett', name);
    return `| ${[text, whole(own), ...against, whole(peer), peerTarget ? `${ratio(own, peer, 1)} (${peerTarget})` : ''].join(' | ')} |`;
  };
  console.log(`## Store

${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.versions.node}, ${os.cpus().length} cores (${os.cpus()[0].model.trim()}), ${os.platform()} ${os.release()}, load ${load}; medians of ${ROUNDS} rounds; events a second; every append
durable before its answer; ${frame(event(1)).length} bytes an event. Limit: the same bytes appended to a plain file with fdatasync; for parsing, JSON.parse alone. Emmett ${peerVersion()}: its SQLite store
on one connection, one transaction at a time. Made by \`node bench/store.cjs\`.

| | Navledger | limit | ratio (target) | Emmett SQLite | times Emmett (target) |
|---|---|---|---|---|---|
${row('one caller', 'single', of('raw', 'single'), '≥ 0.80', '≥ 4')}
${row('64 callers', 'callers', of('raw', 'callers'), '≥ 0.30', '≥ 12')}
${row('bulk, 1,000 a command', 'bulk', of('raw', 'bulk'), '≥ 0.10', '≥ 4')}
${row('read all, bytes', 'readBytes')}
${row('read all, parsed', 'readParsed', of('ours', 'parse'), '≥ 0.75', '≥ 4')}

Opening after kill -9, ${whole(kill.events)} events: ${kill.millis.toFixed(0)} ms.`);
}

function peerVersion() {
  try {
    return require('./node_modules/@event-driven-io/emmett-sqlite/package.json').version;
  } catch {
    return 'not installed';
  }
}

const run =
  process.argv[2] === '--writer' ? writer(process.argv[3]) : main().finally(() => fs.rmSync(base, { recursive: true, force: true }));
run.catch((error) => {
  console.error(error);
  process.exit(1);
});
