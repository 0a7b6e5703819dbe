#!/usr/bin/env bash
# Funding rates become settlements.
set -euo pipefail

navledger record every-term.ndjson

# region rates
cat >rates.csv <<'ROWS'
funding_time_ms,rate
1709280000000,0.0001
1709308800000,-0.00005
1709337600000,0.0002
ROWS
navledger import funding --portfolio perp2l --instrument PERP --format rates rates.csv
# endregion

# region again
navledger import funding --portfolio perp2l --instrument PERP --format rates rates.csv
# endregion
