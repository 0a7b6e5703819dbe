#!/usr/bin/env bash
# Tokens: made, shown, revoked.
set -euo pipefail

# region create
navledger token create --name feeder --scope recorder --expires 90d
# endregion

# region file
navledger token create --name desk --scope issuer --scope auditor > desk.token
# endregion

# region revoke
navledger token revoke feeder
navledger token list
# endregion
