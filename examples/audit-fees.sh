#!/usr/bin/env bash
# Charged fees against what the rules come to.
set -euo pipefail

navledger record first-steps.ndjson

# region charge
navledger record - <<'LINES'
{"command":"AdoptFeeSchedule","data":{"portfolioId":"coin3l","at":"2024-01-02T00:00:00Z","schedule":{"id":"terms","version":"1","rules":[{"kind":"trading","rate":{"value":"0.0005","unit":"fraction"}},{"kind":"management","trigger":"at_reset","basis":"nav","rate":{"value":"0.0365","unit":"fraction","period":"year"}}]}}}
{"command":"AccrueFees","data":{"portfolioId":"coin3l","through":"2024-01-03T00:00:00Z"}}
{"command":"ExecuteRebalance","data":{"portfolioId":"coin3l","rebalanceId":"r3","reason":"scheduled","at":"2024-01-03T00:00:00Z","fills":[{"fillId":"f3","instrumentId":"COIN","side":"sell","quantity":"100","price":"99.00","fee":"4.96","feeCurrency":"USD"}]}}
LINES
# endregion

# region audit
navledger fee-audit coin3l --from 2024-01-02T00:00:00Z --to 2024-01-03T00:00:00Z || echo "exit code $?"
# endregion

# region late
navledger record - <<'LINES'
{"command":"AccrueInterest","data":{"portfolioId":"coin3l","amount":"5000.00","at":"2024-01-02T12:00:00Z"}}
LINES
now=$(navledger events | tail -1 | sed 's/.*"recordedAt":"\([^"]*\)".*/\1/')
navledger fee-audit coin3l --from 2024-01-02T00:00:00Z --to 2024-01-03T00:00:00Z --known-at "$now" || echo "exit code $?"
# endregion
