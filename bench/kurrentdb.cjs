/**
 * The store on a KurrentDB server against the bare client doing the same appends, in one run, turn by turn. Each writes streams of its own, with the same bytes, and
 * expects revisions; ours numbers every event before it answers, which needs it back from the log: so there is a third, the bare client that waits until its own subscription has
 * told it of what it appended, and keeps nothing. Prints Markdown. The server is the one that --url names, on this machine.
 *
 *     npm run build
 *     node bench/kurrentdb.cjs --url kurrentdb://127.0.0.1:2113?tls=false [--rounds 5] [--seconds 3] [--events 100000]
 */
'use strict';
const { once } = require('node:events');
const { randomBytes, randomUUID } = require('node:crypto');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { KurrentDBClient } = require('@kurrent/kurrentdb-client');
const { openKurrentStore } = require('../dist/libs/store/kurrentdb/store.js');
const { inBytes, outgoing } = require('../dist/libs/store/kurrentdb/wire.js');

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    events: { type: 'string', default: '100000' },
  },
});
if (!values.url) throw new Error('--url must name a server on this machine');
const folder = mkdtempSync(join(tmpdir(), 'navledger-kurrentdb-'));
const ledger = `b${randomBytes(6).toString('hex')}`;
const url = `${values.url}${values.url.includes('?') ? '&' : '?'}ledger=${ledger}`;
const say = (line) => process.stderr.write(`${line}\n`);
const median = (figures) => [...figures].sort((a, b) => a - b)[figures.length >> 1];
const whole = (figure) => Math.round(figure).toLocaleString('en');

/** About 400 bytes with what stands beside it. */
const DATA = JSON.stringify({ instrumentId: 'BTC-PERP', price: '64123.45', at: '2024-03-01T00:00:00.123456789Z', source: 'bench' });
const METADATA = JSON.stringify({ actor: 'bench', schemaVersion: 1 });
const event = () => ({ eventId: randomUUID(), type: 'PriceTicked', at: 1_709_251_200_123_456_789n, data: DATA, metadata: METADATA });
const command = (stream, count) => ({
  stream,
  commandId: randomUUID(),
  digest: '0123456789abcdef0123456789abcdef',
  events: Array.from({ length: count }, event),
});

/** Appends for so long from so many callers, each to a stream of its own; events a second. */
async function appending(append, name, callers, size) {
  const until = Date.now() + Number(values.seconds) * 1000;
  let events = 0;
  const began = process.hrtime.bigint();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let head = -1; Date.now() < until; head += size) {
        await append(command(`${name}.${caller}`, size), head);
        events += size;
      }
    }),
  );
  return events / (Number(process.hrtime.bigint() - began) / 1e9);
}

async function main() {
  const store = await openKurrentStore(url, { mode: 'write', replica: join(folder, 'one') });
  const client = KurrentDBClient.connectionString(values.url);
  const ours = ({ ...request }, expectedRevision) => store.append([{ ...request, expectedRevision }]);
  const send = (prefix, request, head) =>
    client.appendToStream(`${prefix}${ledger}.${request.stream}`, outgoing({ ...request, recordedAt: 1n }).map(inBytes), {
      streamState: head < 0 ? 'no_stream' : BigInt(head),
      deadline: 3_600_000,
    });
  const bare = (request, head) => send('bare', request, head);
  const hear = async (use) => {
    const awaited = new Map();
    const filter = { filterOn: 'streamName', prefixes: [`heard${ledger}.`], checkpointInterval: 8 };
    const subscription = client.subscribeToAll({ fromPosition: 'end', filter });
    subscription.on('data', ({ event: { id } }) => awaited.get(id)?.());
    await once(subscription, 'confirmation');
    const rate = await use(async (request, head) => {
      const { eventId } = request.events.at(-1);
      const told = new Promise((resolve) => awaited.set(eventId, resolve));
      await send('heard', request, head);
      await told;
      awaited.delete(eventId);
    });
    await subscription.unsubscribe();
    return rate;
  };
  const writers = { ours: (use) => use(ours), bare: (use) => use(bare), heard: hear };
  console.log(
    '| what | Navledger | bare client | ratio of medians (each round) | bare client that waits to hear of it | ratio (each round) |',
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  const line = (what, { ours, ...others }) => {
    const against = (runs) => {
      const ratios = ours.map((rate, i) => (rate / runs[i]).toFixed(2));
      return `${whole(median(runs))}/s | ${(median(ours) / median(runs)).toFixed(2)} (${ratios.join(', ')})`;
    };
    console.log(`| ${what} | ${whole(median(ours))}/s | ${Object.values(others).map(against).join(' | ')} |`);
  };
  // First, while the server has little else to look through.
  await catchUp(store, client, line);
  for (const [what, callers, size] of [
    ['one caller, one event', 1, 1],
    ['64 callers, one event', 64, 1],
    ['one caller, 1,000 events', 1, 1000],
  ]) {
    const runs = { ours: [], bare: [], heard: [] };
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const [who, writer] of Object.entries(writers)) {
        const rate = await writer((append) => appending(append, `${callers}x${size}.${round}`, callers, size));
        say(`${what} ${round}: ${who} ${whole(rate)}`);
        // The first round warms up.
        if (round > 0) runs[who].push(rate);
      }
    }
    line(what, runs);
  }
  await client.dispose();
  await store.close();
}

/** From nothing to the end of a ledger: ours into a copy on disk, numbered and chained; the bare client counting what it gets. */
async function catchUp(store, client, line) {
  const count = Number(values.events);
  for (let head = -1; head < count - 1; head += 1000) await store.append([{ ...command('catch-up', 1000), expectedRevision: head }]);
  const all = store.head().position + 1;
  const runs = { ours: [], bare: [] };
  for (let round = 0; round <= Number(values.rounds); round++) {
    let began = process.hrtime.bigint();
    const copy = await openKurrentStore(url, { mode: 'read', replica: join(folder, `copy${round}`) });
    const mine = all / (Number(process.hrtime.bigint() - began) / 1e9);
    if (copy.head().hash !== store.head().hash) throw new Error('the copy is not the log');
    await copy.close();
    rmSync(join(folder, `copy${round}`), { recursive: true });
    began = process.hrtime.bigint();
    await new Promise((resolve, reject) => {
      let seen = 0;
      const filter = { filterOn: 'streamName', prefixes: [`${ledger}.`], checkpointInterval: 8 };
      const subscription = client.subscribeToAll({ filter });
      subscription.on('error', reject);
      subscription.on('data', () => {
        if (++seen === all) void subscription.unsubscribe().then(resolve);
      });
    });
    const theirs = all / (Number(process.hrtime.bigint() - began) / 1e9);
    say(`catch-up ${round}: ${whole(mine)} against ${whole(theirs)}`);
    if (round === 0) continue;
    runs.ours.push(mine);
    runs.bare.push(theirs);
  }
  line(`catch-up of ${whole(all)} events`, runs);
}

main()
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
