#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at random moments leaves nothing after 0.5 s: no namespace, no device, no process. RUNS=200 for more, EACH=1 for
# the built-in scenarios in turn instead of one with every kind of socket.
. "$(dirname "$0")/lib.sh"
need_lab
RUNS=${RUNS:-50}
names=$("$LASTACK" lab --list | cut -d' ' -f1)

# Namespaces, processes and the devices in namespaces that somebody still holds. Another test may run beside this one,
# so only what this test's own program (a copy under a name of its own) started is counted.
cp "$LASTACK" "$WORK/lak$$" && chmod 755 "$WORK/lak$$"
scenario 'title "every kind of socket, then a long wait"' 'server listen 7777' 'client connect 7777' 'server accept' \
	'client2 connect 7777' 'hold client FIN' 'client close' 'client3 connect 7777' 'hold client SYN' 'client4 connect 7777' \
	'server send "x"' 'client3 abort' 'wait 60s'
main_ns=$(readlink /proc/self/ns/net)

# The processes that run our copy, whatever they call themselves, and the namespaces they are in.
ours() {
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = "$WORK/lak$$" ] && echo "${p#/proc/}"
	done
	true
}
namespaces() {
	for p in $(ours); do readlink "/proc/$p/ns/net"; done | sort -u | grep -vF "$main_ns"
}
# A namespace without processes lives on as long as a socket in it does: orphans of connections, which the kernel counts over the
# whole machine. Leaked, each run would leave one and more; other tests beside this one have a few for a moment.
orphans() { awk '/^TCP:/ { for (i = 2; i < NF; i += 2) if ($i == "orphan") print $(i + 1) }' /proc/net/sockstat; }

left=0
seen=0
i=0
before=$(orphans)
while [ $i -lt "$RUNS" ]; do
	[ -z "${EACH:-}" ] || lab=$(echo "$names" | sed -n "$((i % $(echo "$names" | wc -l) + 1))p")
	"$WORK/lak$$" lab "$lab" >/dev/null 2>&1 &
	pid=$!
	sleep "0.0$(awk -v s="$i$$" 'BEGIN { srand(s); printf "%02d", rand() * 100 }')"
	[ -z "$(namespaces)" ] || seen=$((seen + 1))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	sleep 0.5
	if [ -n "$(ours)" ]; then
		left=$((left + 1))
		for p in $(ours); do echo "# left: $p $(tr '\0' ' ' <"/proc/$p/comm")"; done
	fi
	i=$((i + 1))
done
is $left 0 "$RUNS times killed, no process left after 0.5 s"
[ -n "${EACH:-}" ] || ok "$([ $seen -gt $((RUNS / 4)) ]; echo $?)" "it was caught in the middle $seen times"
# What leaks stays; what others have for a moment, some hundreds where a load ends, does not.
i=0
while after=$(orphans) && [ $((after - before)) -ge $((RUNS / 4)) ] && [ $i -lt 20 ]; do
	sleep 0.5
	i=$((i + 1))
done
ok "$([ $((after - before)) -lt $((RUNS / 4)) ]; echo $?)" "no orphan left to keep a namespace alive ($before before, $after after)"
done_testing
