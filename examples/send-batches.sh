#!/usr/bin/env bash
# Batches: many commands in one request, all or nothing, and sent again.
set -euo pipefail
navledger serve --port 0 --json --log-level silent >serving.json &
until grep -qs url serving.json; do sleep 0.1; done
export URL="$(sed 's/.*"url":"\([^"]*\)".*/\1/' serving.json)"

# region program
cat >send.mjs <<'JS'
import { readFileSync } from 'node:fs';

const [file, query = ''] = process.argv.slice(2);
const answer = await fetch(`${process.env.URL}/v1/commands/batch${query}`, {
  method: 'POST',
  headers: { 'content-type': 'application/x-ndjson' },
  body: readFileSync(file),
});
for (const text of (await answer.text()).trim().split('\n')) {
  const { line, status, position, code, problem } = JSON.parse(text);
  console.log(line ? `line ${line}: ${status} ${problem?.code ?? position}` : `ended: ${code}`);
}
JS
# endregion

# region dry
node send.mjs first-steps.ndjson '?dryRun=true'
# endregion

# region atomic
node send.mjs first-steps.ndjson '?atomic=true'
# endregion

# region again
node send.mjs first-steps.ndjson
# endregion

kill -TERM "$!"
wait "$!"
