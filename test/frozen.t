#!/bin/sh
# SPDX-License-Identifier: MIT
# Frozen means frozen: every state of RFC 9293 Figure 5, and the request socket, stays for two seconds and more,
# retransmissions and all. The scenarios wait at the same time.
. "$(dirname "$0")/lib.sh"
need_lab

for f in "$SRC"/test/frozen/*.lab; do
	"$LASTACK" lab "$f" >"$WORK/$(basename "$f").out" 2>&1 &
	echo "$! $f" >>"$WORK/pids"
done
while read -r pid f; do
	rc=0
	wait "$pid" || rc=$?
	ok $rc "$(basename "$f" .lab) stays" "$(cat "$WORK/$(basename "$f").out")"
done <"$WORK/pids"
done_testing
