#!/usr/bin/env bash
# One window in which every term of an attribution has something to say.
set -euo pipefail

# region record
navledger record every-term.ndjson
# endregion

# region attribution
navledger attribution perp2l --from 2024-03-01T00:00:00Z --to 2024-03-03T00:00:00Z
# endregion
