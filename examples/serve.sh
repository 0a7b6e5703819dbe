#!/usr/bin/env bash
# Serving: settings in a file, checked first; a start that says where; a stop that answers what is under way.
set -euo pipefail
navledger record first-steps.ndjson --quiet

# region check
cat >navledger.json <<'JSON'
{ "port": 0, "bodyLimit": 2097152, "grace": "20s" }
JSON
navledger serve --config navledger.json --check
# endregion

# region wrong
NAVLEDGER_GRACE=soon navledger serve --config navledger.json 2>&1 || echo "exit code $?"
# endregion

# region start
navledger serve --config navledger.json --json >serving.json 2>serve.log &
until grep -q url serving.json; do sleep 0.1; done
# endregion

URL="$(sed 's/.*"url":"\([^"]*\)".*/\1/' serving.json)"
node -e "fetch('$URL/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1))"

# region stop
kill -TERM "$!"
wait "$!" && grep -o '"msg":"[a-z]*"' serve.log
# endregion
