#!/usr/bin/env bash
# The demo: twenty years of two funds, and what to ask them.
set -euo pipefail

# region demo
navledger demo --no-serve
# endregion

# region nav
navledger nav spx3l --at 2008-10-10T20:00:00Z
# endregion

# region attribution
navledger attribution spx3l --from 2008-01-02T21:00:00Z --to 2008-12-31T21:00:00Z
# endregion

# region own
cat >gold.csv <<'ROWS'
date,close
2024-01-02,2058.95
2024-01-03,2041.49
2024-01-04,2043.65
2024-01-05,2045.45
2024-01-08,2028.07
2024-01-09,2030.17
2024-01-10,2024.40
ROWS
navledger --store sqlite:./gold demo --no-serve --prices gold.csv --format closes --leverage 2,-2 --trading-fee 2bp
# endregion
