#!/bin/sh
# SPDX-License-Identifier: MIT
# What watches a server for days does not grow with the connections that the server has had.
. "$(dirname "$0")/own.sh"
. "$(dirname "$0")/lib.sh"
own_or_skip
TRAFFIC=$SRC/build/programs/traffic
export ASAN_OPTIONS="quarantine_size_mb=0:malloc_context_size=0:${ASAN_OPTIONS:-}" # what is freed is not kept there

# Sockets in TIME_WAIT are the kernel's to forget.
echo 100 >/proc/sys/net/ipv4/tcp_max_tw_buckets
"$TRAFFIC" serve 9001 >"$WORK/server" 2>&1 &
server=$!
until grep -qs ready "$WORK/server"; do sleep 0.05; done

rss() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$tracer/status"; }
# stays FIRST MORE KB COMMAND…: after FIRST connections, MORE of them take no more than so much memory.
stays() {
	first=$1 more=$2 most=$3
	shift 3
	"$LASTACK" "$@" $server >"$WORK/log" 2>&1 </dev/null &
	tracer=$!
	until ! kill -0 $tracer 2>/dev/null || ! grep -q '^TracerPid:[[:space:]]*0$' /proc/$server/status; do sleep 0.02; done
	"$TRAFFIC" rush 9001 "$first" >"$WORK/rush"
	before=$(rss)
	"$TRAFFIC" rush 9001 "$more" >>"$WORK/rush"
	after=$(rss)
	kill $tracer
	wait $tracer
	[ "${after:-0}" -gt 0 ] && [ "$after" -le $((before + most)) ]
	ok $? "$*: as large after $((first + more)) connections as after $first" "before: $before kB, after: $after kB
$(cat "$WORK/rush")"
}
# Of the first 128 connections everything is remembered in any case, of the first 1024 sockets their numbers.
stays 200 200 900 step --auto --for 3600s -p
# doctor --follow watches by the same function.
stays 2000 4000 150 step --leaks --for 3600s -p
kill $server
done_testing
