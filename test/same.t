#!/bin/sh
# SPDX-License-Identifier: MIT
# The same scenario, the same verdict, the same ladder but for times. RUNS=50 BUSY=4 for the long proof.
. "$(dirname "$0")/lib.sh"
need_lab
RUNS=${RUNS:-5}
BUSY=${BUSY:-0}

busy=
i=0
while [ $i -lt "$BUSY" ]; do
	(while :; do :; done) &
	busy="$busy $!"
	i=$((i + 1))
done
# shellcheck disable=SC2064,SC2086 # the list as it is now, as words
trap "kill $busy 2>/dev/null; rm -rf '$WORK'" EXIT

[ "${SCENARIOS:-}" != all ] || SCENARIOS=$("$LASTACK" lab --list | cut -d' ' -f1 | grep -v time-wait-timer)
for name in ${SCENARIOS:-handshake close simultaneous-close simultaneous-open refused accept-queue-full}; do
	: >"$WORK/all"
	i=0
	while [ $i -lt "$RUNS" ]; do
		rc=0
		out=$("$LASTACK" lab "$name" 2>&1 </dev/null) || rc=$?
		printf '%s\nexit %s\n' "$out" "$rc" | strip_times >"$WORK/run.$i"
		cksum <"$WORK/run.$i" >>"$WORK/all"
		i=$((i + 1))
	done
	is "$(tail -1 "$WORK/run.0")" "exit 0" "$name passes"
	n=$(sort -u "$WORK/all" | wc -l)
	is "$n" 1 "$name: $RUNS times the same beside $BUSY busy loops"
	[ "$n" -eq 1 ] || diff "$WORK/run.0" "$WORK/run.$((RUNS - 1))" | sed 's/^/# /'
done
done_testing
