#!/bin/sh
# SPDX-License-Identifier: MIT
# A lab that is late tells the same story: it stands still for 0.7 s at one packet, under ptrace as under a debugger, while
# the kernels' retransmission timers run out. Each packet of each scenario in turn. SCENARIOS='…' for more, LATE=MS for longer.
. "$(dirname "$0")/lib.sh"
need_lab
slow=$SRC/build/programs/slow
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun: only packets of a TUN are told apart"
"$slow" 1 1 before true
[ $? -eq 99 ] || skip_all "no program may be traced here"
# LeakSanitizer cannot look at a process that is traced.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"

# The ladder and the verdict of a command.
ladder() {
	rc=0
	"$@" >"$WORK/$name.out.$at" 2>&1 </dev/null || rc=$?
	{ strip_times <"$WORK/$name.out.$at"; echo "exit $rc"; } >"$WORK/$name.$at"
	[ $rc -ne 99 ] || rm "$WORK/$name.$at"
}

# The scenario at its best, then late before each packet and behind each, all at a time: they mostly stand still.
late() {
	name=$1
	at=0
	ladder "$LASTACK" lab "$name"
	is "$rc" 0 "$name passes when it is not late"
	for where in before behind; do
		n=1
		while [ $n -le 12 ]; do
			at=$where.$n
			ladder "$slow" "${LATE:-700}" $n $where "$LASTACK" lab "$name" &
			n=$((n + 1))
		done
		wait
	done
	for f in "$WORK/$name".be[fh]*.*; do
		[ -e "$f" ] || continue
		ok "$(cmp -s "$WORK/$name.0" "$f"; echo $?)" "$name, late ${f#"$WORK/$name."}" "$(diff "$WORK/$name.0" "$f")"
	done
}

for name in ${SCENARIOS:-last-ack-lost fast-open}; do
	late "$name"
done
rc=0
out=$("$slow" 700 4 before "$LASTACK" lab -v last-ack-lost 2>&1) || rc=$?
has "$out" "sent again only because the lab was late, left out" "-v says how many segments were left out"
out=$("$slow" 700 4 before "$LASTACK" lab --json last-ack-lost 2>&1)
has "$out" '"late_copies":' "and JSON does"
ok "$([ $T_N -gt 15 ]; echo $?)" "$T_N times it was late"
done_testing
