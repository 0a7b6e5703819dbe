#!/usr/bin/env bash
# A copy of the store, and back.
set -euo pipefail

navledger record first-steps.ndjson

# region backup
navledger backup navledger.backup
# endregion

# region restore
navledger --store sqlite:./restored restore navledger.backup
navledger --store sqlite:./restored nav coin3l --at 2024-01-03T00:00:00Z
# endregion

# region doctor
navledger --store sqlite:./restored doctor
# endregion

# region damage
cp -r restored damaged
printf 'X' | dd of=damaged/log.db bs=1 conv=notrunc status=none \
  seek="$(grep -abo 'Coin 3x long' damaged/log.db | head -n 1 | cut -d : -f 1)"
navledger --store sqlite:./damaged doctor || echo "exit code $?"
# endregion

# region rebuild
navledger --store sqlite:./restored rebuild
# endregion

# region export
navledger events >events.ndjson
navledger --store sqlite:./copy import events events.ndjson
# endregion
