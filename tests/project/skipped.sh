#!/bin/sh
# A test whose needs are not met: skipped.sh REASON.
echo "1..0 # SKIP $1"
exit 77
