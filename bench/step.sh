#!/bin/sh
# SPDX-License-Identifier: MIT
# What stepping costs a program, for each system call: a socket's, and another. Beside strace and gdb, in turn, 7 rounds.
set -eu
command -v strace >/dev/null || { echo "strace is not installed"; exit 0; }
LOOP=$(dirname "$LASTACK")/programs/loop
ROUNDS=${ROUNDS:-7}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Stop before and after each such call, and go on, as a person would by hand.
printf '%s\n' 'set pagination off' 'catch syscall getsockopt' 'commands' 'silent' 'continue' 'end' run >"$dir/gdb"

# once WHO KIND N: one measurement, in nanoseconds for each call, added to WHO.KIND.
once() {
	rm -f "$dir/ns"
	case $1 in
	native) "$LOOP" "$2" "$3" "$dir/ns" ;;
	lastack) "$LASTACK" step -q --auto "$LOOP" "$2" "$3" "$dir/ns" >/dev/null </dev/null ;;
	strace) strace -f -e trace=network -o /dev/null "$LOOP" "$2" "$3" "$dir/ns" ;;
	gdb) gdb -q -nx -batch -x "$dir/gdb" --args "$LOOP" "$2" "$3" "$dir/ns" >"$dir/gdb.out" 2>&1 </dev/null ;;
	esac
	cat "$dir/ns" >>"$dir/$1.$2"
}
median() { sort -n "$dir/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

i=0
while [ $i -lt "$ROUNDS" ]; do
	for who in native lastack strace; do
		once $who other 20000
		once $who socket 4000
	done
	! command -v gdb >/dev/null || { once gdb socket 100; once gdb other 2000; }
	i=$((i + 1))
done
for kind in socket other; do
	echo "one system call, $kind:"
	for who in native lastack strace gdb; do
		[ -e "$dir/$who.$kind" ] || continue
		awk -v who=$who -v ns="$(median $who.$kind)" -v native="$(median native.$kind)" -v s="$(median strace.$kind)" \
			'BEGIN { printf "  %-8s %9.2f us, %9.2f us over native, %5.2f x strace\n", who, ns / 1000, (ns - native) / 1000, ns / s }'
	done
done
awk -v n="$(median native.other)" -v l="$(median lastack.other)" -v ls="$(median lastack.socket)" -v ss="$(median strace.socket)" 'BEGIN {
	printf "held: another call <= 0.2 us over native: %s; a socket call <= 1 x strace: %s\n", l - n <= 200 ? "yes" : "NO", ls <= ss ? "yes" : "NO"
	exit !(l - n <= 200 && ls <= ss) }'
