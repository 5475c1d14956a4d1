#!/bin/sh
# SPDX-License-Identifier: MIT
# Network namespaces without a socket are not dumped, ours alone is looked at without looking for others, and of many that have
# some there is one walk. In a PID namespace of its own, for other tests' namespaces count.
# shellcheck source=test/own.sh
. "$(dirname "$0")/own.sh"
. "$(dirname "$0")/lib.sh"
own_or_skip
mkfifo "$WORK/end"

# Of our own names only. dumps ARGUMENTS…: how often `list` asks sock_diag, in $n.
ours="mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns"
dumps() {
	timeout -k 1 60 unshare -m sh -c "$ours && exec \"\$@\"" dumps strace -f -qq -e trace=sendto -o "$WORK/trace" "$LASTACK" list -n "$@" \
		>"$WORK/listed" 2>&1 </dev/null
	n=$(grep -c 'sendto(' "$WORK/trace")
}
# looks STRACE-OPTIONS ARGUMENTS…: those system calls of `list`, in $WORK/trace.
looks() {
	options=$1
	shift
	# shellcheck disable=SC2086 # words
	timeout -k 1 60 strace -f -qq $options -o "$WORK/trace" "$LASTACK" list -n "$@" >"$WORK/listed" 2>&1 </dev/null
}
# elsewhere N PYTHON: N processes, each in a network namespace of its own, that have done that, and wait.
elsewhere() {
	: >"$WORK/there"
	i=0
	while [ $i -lt "$1" ]; do
		unshare -n sh -c 'ip link set lo up && exec python3 -c "$1"' sh "import socket, sys, time
$2
print('there', flush=True)
sys.stdin.read()" <"$WORK/end" >>"$WORK/there" 2>&1 8>&- &
		i=$((i + 1))
	done
	exec 8>"$WORK/end"
	all_there() { [ "$(grep -c there "$WORK/there")" -eq "$1" ]; }
	comes all_there "$1"
}
back() {
	exec 8>&-
	wait
}
few=$(awk '/^TCP:/ { print $9 < 7000 }' /proc/net/sockstat) # beyond, engine C is taken in any case
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	dumps --engine=A
	before=$n
	elsewhere 6 "pass"
	dumps --engine=A
	is "$n" "$before" "six namespaces without a socket are not dumped"
	back
	elsewhere 1 "s = socket.socket(); s.bind(('127.0.0.1', 9871)); s.listen()"
	dumps --engine=A
	is "$n" $((before + 1)) "one with a listener is"
	has "$(cat "$WORK/listed")" "127.0.0.1:9871" "and it is listed"
	looks "-P /proc/thread-self/net -e trace=openat -e inject=openat:error=EACCES" --engine=A
	has "$(cat "$WORK/listed")" "127.0.0.1:9871" "also where nothing is to be read of what it counts"
	back
	for e in A B C; do
		"$LASTACK" list --engine=$e >/dev/null 2>&1 </dev/null || { skip "engine $e does not open here"; continue; }
		elsewhere 1 "s = socket.socket(); s.bind(('127.0.0.1', 9872)); t = socket.socket(socket.AF_INET6); t.bind(('::1', 9873))"
		dumps --engine=$e -o state,local,owner
		rows=$(grep -c '^BOUND  *\(127.0.0.1:9872\|\[::1\]:9873\)  *python3\[' "$WORK/listed")
		if "$LASTACK" list state bound 2>&1 | grep -q "not told of"; then rows=2; fi
		is "$rows" 2 "two that are bound only, in a namespace that has nothing else: engine $e"
		back
	done
	looks "-e trace=bpf" -N "$$" -o state,local
	[ "$few" = 1 ] && is "$(grep -c 'bpf(' "$WORK/trace")" 0 "no BPF where nobody asks for owners"
	looks "-e trace=openat,readlink,readlinkat" -N "$(stat -Lc %i /proc/self/ns/net)" --engine=A -o state,local
	is "$(grep -c '"/run/netns"\|"/proc"\|"/proc/[0-9]*/ns/net"' "$WORK/trace")" 0 "our own namespace: no other is looked for"
	elsewhere 13 "s = socket.socket(); s.bind(('127.0.0.1', 9874)); s.listen()"
	for columns in state,local,owner state,local; do
		run list -v -n -o $columns
		if [ "$few" = 1 ]; then
			has "$out" "in more than 12 network namespaces" "-o $columns: thirteen namespaces with sockets are one walk"
		else
			skip "this machine has too many sockets"
		fi
		is "$(printf '%s\n' "$out" | grep -c '127.0.0.1:9874')" 13 "and every one is listed"
	done
	back
else
	skip "strace is not installed or may not trace here"
fi

done_testing
