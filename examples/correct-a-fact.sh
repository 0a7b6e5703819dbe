#!/usr/bin/env bash
# Nothing is edited: a wrong fact gets a correction.
set -euo pipefail

navledger record first-steps.ndjson

# region find
event=$(navledger events --stream portfolio-coin3l | grep '"r2"' | sed 's/.*"eventId":"\([^"]*\)".*/\1/')
# endregion

# region amend
navledger record - <<LINES
{"command":"CorrectFact","data":{"portfolioId":"coin3l","corrects":"$event","reason":"the broker amended the price","replacement":{"portfolioId":"coin3l","rebalanceId":"r2","reason":"scheduled","at":"2024-01-02T00:00:00Z","fills":[{"fillId":"f2","instrumentId":"COIN","side":"buy","quantity":"59.40594","price":"101.00","fee":"3.00","feeCurrency":"USD","liquidity":"taker"}]}}}
LINES
navledger nav coin3l --at 2024-01-03T00:00:00Z
# endregion

# region bust
navledger record - <<LINES
{"command":"CorrectFact","data":{"portfolioId":"coin3l","corrects":"$event","reason":"the trade was busted"}}
LINES
# endregion

# region price
tick=$(navledger events --stream price-coin | grep '"99.00"' | sed 's/.*"eventId":"\([^"]*\)".*/\1/')
navledger record - <<LINES
{"command":"CorrectPrice","data":{"instrumentId":"COIN","corrects":"$tick","price":"98.50","reason":"the feed was late"}}
LINES
# endregion
