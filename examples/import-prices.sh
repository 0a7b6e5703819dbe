#!/usr/bin/env bash
# Price files become events.
set -euo pipefail

# region list
navledger record - <<'LINES'
{"command":"ListInstrument","data":{"instrumentId":"BTC","kind":"spot","quoteCurrency":"USDT","priceScale":2,"quantityScale":8}}
{"command":"ListInstrument","data":{"instrumentId":"IDX","kind":"index","quoteCurrency":"USD","priceScale":2,"quantityScale":4}}
LINES
# endregion

# region candles
cat >candles.csv <<'ROWS'
open_time,open,high,low,close
2024-03-01T00:00:00Z,61130.98,61200.00,61100.00,61187.20
2024-03-01T00:01:00Z,61187.20,61190.00,61001.10,61020.50
2024-03-01T00:03:00Z,61020.50,61099.99,61020.00,61098.00
ROWS
navledger import prices --instrument BTC --format candles candles.csv
# endregion

# region closes
cat >closes.csv <<'ROWS'
date,close
2024-03-07,5157.36
2024-03-08,5123.69
2024-03-11,5117.94
ROWS
navledger import prices --instrument IDX --format closes --close 16:00 --zone America/New_York closes.csv
# endregion

# region again
navledger import prices --instrument IDX --format closes --close 16:00 --zone America/New_York closes.csv
# endregion

# region conflict
sed 's/5123.69/5123.70/' closes.csv >amended.csv
navledger import prices --instrument IDX --format closes amended.csv 2>&1 || echo "exit code $?"
# endregion
