#!/usr/bin/env bash
# The tutorial: a fund of three days, by hand.
set -euo pipefail

# region record
navledger record first-steps.ndjson
# endregion

# region nav
navledger nav coin3l --at 2024-01-03T00:00:00Z
# endregion

# region attribution
navledger attribution coin3l --from 2024-01-01T00:00:00Z --to 2024-01-03T00:00:00Z
# endregion

# region history
navledger history coin3l --from 2024-01-01T00:00:00Z --to 2024-01-03T00:00:00Z --every 12h
# endregion

# region again
navledger record first-steps.ndjson
# endregion

# region late
echo '{"command":"ChargeFee","data":{"portfolioId":"coin3l","feeId":"audit-1","kind":"other","amount":"50.00","at":"2024-01-02T12:00:00Z"}}' |
  navledger record -
navledger nav coin3l --at 2024-01-03T00:00:00Z
# endregion

# region known-at
before=$(navledger events | tail -n 2 | head -n 1 | sed 's/.*"recordedAt":"\([^"]*\)".*/\1/')
navledger nav coin3l --at 2024-01-03T00:00:00Z --known-at "$before"
# endregion

# region events
navledger events --stream portfolio-coin3l
# endregion
