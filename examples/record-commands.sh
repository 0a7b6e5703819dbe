#!/usr/bin/env bash
# Recording: trying first, all or nothing, once only, and what a refusal looks like.
set -euo pipefail

# region dry-run
navledger record first-steps.ndjson --dry-run
# endregion

# region atomic
navledger record first-steps.ndjson --atomic
# endregion

# region again
navledger record first-steps.ndjson
# endregion

# region refused
echo '{"command":"RedeemUnits","data":{"portfolioId":"coin3l","units":"5000","cash":"1.00","at":"2024-01-02T00:00:00Z"}}' |
  navledger record - 2>&1 || echo "exit code $?"
# endregion

# region revision
echo '{"command":"RecordPrice","expectedRevision":"1","data":{"instrumentId":"COIN","price":"98.00","at":"2024-01-04T00:00:00Z","source":"tutorial"}}' |
  navledger record - 2>&1 || echo "exit code $?"
# endregion
