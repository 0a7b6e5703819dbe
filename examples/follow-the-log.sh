#!/usr/bin/env bash
# Following: a program that takes every event once, whenever it is started.
set -euo pipefail
navledger record first-steps.ndjson --quiet
navledger serve --port 0 --json --log-level silent >serving.json &
until grep -qs url serving.json; do sleep 0.1; done
export URL="$(sed 's/.*"url":"\([^"]*\)".*/\1/' serving.json)"
# Whoever follows goes on for ever; here, until it has the tenth event.
export LAST=9

# region program
cat >follow.mjs <<'JS'
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const last = existsSync('last') ? readFileSync('last', 'utf8') : '-1';
const { body } = await fetch(`${process.env.URL}/v1/stream`, { headers: { 'last-event-id': last } });
let text = '';
for await (const piece of body.pipeThrough(new TextDecoderStream())) {
  const blocks = (text + piece).split('\n\n');
  text = blocks.pop();
  for (const block of blocks) {
    const { id, event, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/)));
    if (data) console.log(id, event, JSON.parse(data).stream);
    if (id) writeFileSync('last', id);
    if (id === process.env.LAST) process.exit();
  }
}
JS
# endregion

# region first
LAST=3 node follow.mjs
# endregion

# region again
node -e 'fetch(process.env.URL + "/v1/prices", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ instrumentId: "COIN", price: "98.00", at: "2024-01-04T00:00:00Z", source: "tutorial" }) })'
node follow.mjs
# endregion

kill -TERM "$!"
wait "$!"
