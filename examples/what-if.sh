#!/usr/bin/env bash
# Replays the demo's history under other terms.
set -euo pipefail

# region restate
navledger demo --no-serve --quiet > demo.txt
echo '{"mode": "restate", "feeSchedule": null, "slippage": null}' > free.json
navledger what-if spx3l --scenario free.json
# endregion

# region redecide
echo '{"mode": "re-decide", "mandate": {"resets": null, "band": {"lower": "2", "upper": "4"}}}' > band.json
navledger what-if spx3l --scenario band.json
# endregion

# region sweep
echo '{"base": {"mode": "re-decide"}, "vary": {"targetLeverage": ["1", "2", "3"]}}' > grid.json
navledger what-if spx3l --sweep grid.json
navledger what-if spx3l --sweep grid.json --format csv --out grid.csv
# endregion

# region frontier
navledger frontier spx3l --from 2004-01-02T21:00:00Z --to 2012-12-31T21:00:00Z --bands none,5%,10%,20% --resets none,daily --tracking-error 3%
# endregion
