#!/bin/sh
# SPDX-License-Identifier: MIT
# What explain says of a word is so: the kernel itself tells why it throws the segments of why-dropped.lab away and why it sends the
# resets of why-reset.lab (tracefs), and every scenario that a text names is there. (Counters: each scenario expects its own.)
. "$(dirname "$0")/own.sh"
. "$(dirname "$0")/lib.sh"
own_or_skip
need_lab

# --- scenarios that texts name --------------------------------------------------------------------------------------

"$LASTACK" lab --list >"$WORK/list"
named=$(sed -n 's/.*lastack lab \([a-z0-9-]*\).*/\1/p' "$SRC"/src/words/*.def "$SRC"/src/model/errno.def | sort -u)
missing=$(for name in $named; do grep -q "^ *$name\b" "$WORK/list" || echo "$name"; done)
is "$missing" "" "each scenario that a text names is there"

shown() { # WORD SCENARIO NAME
	run explain "$1"
	has "$out" "lastack lab $2" "$3"
}
shown TCPAbortOnLinger counters-aborted "a counter names the scenario that makes it"
shown SKB_DROP_REASON_TCP_CSUM why-dropped "a drop reason"
shown SK_RST_REASON_TCP_STATE why-reset "a reset reason"
run explain IpExt.InCsumErrors
is "$(printf '%s\n' "$out" | grep 'lastack lab')" "" "a counter of another group names none"

# --- reasons, as the kernel tells them ------------------------------------------------------------------------------

# Not below $WORK, which is removed with all that is in it.
tracing=/sys/kernel/tracing
[ -d "$tracing/events/skb/kfree_skb" ] || mount -t tracefs none "$tracing" 2>/dev/null
[ -d "$tracing/events/skb/kfree_skb" ] || {
	skip "no tracefs with the tracepoint skb:kfree_skb here: reasons are not looked at"
	done_testing
	exit
}
mine=$tracing/instances/lastack-test-$$
trap 'rmdir "$mine" 2>/dev/null; rm -rf "$WORK"' EXIT
mkdir "$mine"
for event in skb/kfree_skb tcp/tcp_send_reset; do
	echo 1 2>/dev/null >"$mine/events/$event/enable" || :
done

# reasons FILE KIND: of the notes that begin with it, the names before the colon.
reasons() {
	sed -n "s/^note \"$2 \([A-Z0-9_, ]*\):.*/\1/p" "$1" | tr -d ','
}

# The scenario runs, and the event names each reason that its notes name, if this kernel knows it.
told() { # SCENARIO KIND EVENT MARK FORMAT
	file=$SRC/scenarios/words/$1.lab
	echo >"$mine/trace"
	run lab -q "$file"
	is "$rc" 0 "$1 runs"
	grep "$3" "$mine/trace" | sed -n "s/.*$4 *\([A-Z0-9_]*\).*/\1/p" | sort -u >"$WORK/told"
	for reason in $(reasons "$file" "$2"); do
		if ! grep -q "\"$reason\"" "$tracing/events/$5/format"; then
			skip "this kernel has no $2 reason $reason"
			continue
		fi
		grep -qx "$reason" "$WORK/told"
		ok $? "$1: the kernel says $reason" "it says: $(tr '\n' ' ' <"$WORK/told")"
	done
}

told why-dropped drop kfree_skb: reason: skb/kfree_skb
told counters-wrong drop kfree_skb: reason: skb/kfree_skb
if grep -qs 'reason=' "$tracing/events/tcp/tcp_send_reset/format"; then
	told why-reset reset tcp_send_reset: reason= tcp/tcp_send_reset
else
	skip "this kernel does not tell why it sends a reset"
fi
done_testing
