#!/bin/sh
# SPDX-License-Identifier: MIT
# Listing sockets: lastack beside ss, netstat and lsof, in turn, ROUNDS times, in network namespaces of our own full of them
# (bench/hold.c). FULL=1: 500,000 sockets too, some minutes, for ss -tanp and netstat -antp run once there.
#
# A command's time is that of a whole process, as it comes; "warm" is what `lastack list --timing` says of its own parts: the
# medians of 9 snapshots in one process; floor is the kernel's tables walked, and nothing made of it.
# Exit status: 0 every ratio is held, 1 one is not.
set -eu
export LC_ALL=C
ROUNDS=${ROUNDS:-7}
LIMIT=300 # seconds for a command; one that takes longer counts as this long
dir=$(mktemp -d)
trap 'unload; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
PATH=$(dirname "$LASTACK"):$BUILD/bench:$PATH # a row below is what a person would type
holding=
unheld=0

# --- the load ---

HOLD=${HOLD:-$BUILD/bench/hold}
[ -x "$HOLD" ] || {
	HOLD=$dir/hold
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -o "$HOLD" "$(dirname "$0")/hold.c" -lpthread
}

# load OPTION...: holds sockets until unload. Sets holder, a process in their namespace; sockets, their number; and others,
# what was here before: it burdens everybody who looks, and the figures are then of little worth.
load() {
	others=$(lastack list -n 2>/dev/null | wc -l)
	mkfifo "$dir/in" "$dir/out"
	"$HOLD" "$@" <"$dir/in" >"$dir/out" &
	holding=$!
	exec 3>"$dir/in"
	read -r _ holder _ _ _ sockets <"$dir/out"
}

unload() {
	[ -n "$holding" ] || return 0
	exec 3>&-
	wait "$holding" || true
	holding=
	rm -f "$dir/in" "$dir/out"
}

# --- one measurement ---

# clock.py FILE SECONDS COMMAND...: adds the command's milliseconds to FILE, and its processor's to FILE.cpu, unless it failed.
cat >"$dir/clock.py" <<'END'
import os, signal, sys, time
file, limit, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
began = time.perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
signal.setitimer(signal.ITIMER_REAL, limit)
_, status, used = os.wait4(pid, 0)
status = os.waitstatus_to_exitcode(status)
took = time.perf_counter() - began
if status not in (0, -signal.SIGKILL):
    sys.exit(f"not counted: exit status {status} of {' '.join(command[:8])}")
for name, seconds in (file, took), (file + ".cpu", used.ru_utime + used.ru_stime):
    with open(name, "a") as f:
        print(round(seconds * 1000, 3), file=f)
END

# file_of SHAPE ROW [WORD]: where its measurements are.
file_of() { echo "$dir/$1.$(echo "$2" | tr ' ' _)${3:+.$3}"; }

in_namespace() { nsenter -t "$holder" -n "$@"; }

# clock FILE COMMAND...
clock() {
	file=$1
	shift
	in_namespace python3 "$dir/clock.py" "$file" $LIMIT "$@" || true
}

# warm SHAPE ROW: takes "engine C: collect 12.3 ms, order 4.5 ms, …" apart. The rows themselves go where everybody's go.
warm() {
	case $2 in
	floor*) in_namespace timeout $LIMIT $2 ;;
	*) in_namespace timeout $LIMIT $2 2>&1 >/dev/null ;;
	esac | grep -aE '^(engine [ABC]:|floor) ' | tr ',:' '\n\n' |
		sed -n 's/^ *\([a-z]*\) \([0-9][0-9.]*\).*/\1 \2/p' |
		while read -r word ms; do
			echo "$ms" >>"$(file_of "$1" "$2" "$word")"
		done
}

# in_each FILE COMMAND: the command in each namespace, one after the other, as who has no other tool does it.
in_each() {
	# shellcheck disable=SC2016,SC2046
	clock "$1" sh -c 'for p; do nsenter -t "$p" -n '"$2"'; done' sh $(cat "/proc/$holder/task/$holder/children")
}

once() {
	case $2 in
	*--timing* | floor*) warm "$1" "$2" ;;
	*"in each") in_each "$(file_of "$1" "$2")" "${2% in each}" ;;
	*) clock "$(file_of "$1" "$2")" $2 ;;
	esac
}

# memory SHAPE ROW: its largest size, in KiB.
memory() {
	file=$(file_of "$1" "$2" kb)
	if [ -x /usr/bin/time ]; then
		in_namespace /usr/bin/time -f %M -o "$file" $2 >/dev/null 2>&1 || true
	else
		in_namespace python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' $2 >"$file" || true
	fi
}

# --- shapes and their rows ---

AUTO='lastack list -n' # the engine that it takes by itself
BARE='lastack list -n -o state,recvq,sendq,local,peer'
LSOF='lsof -i TCP -nP'
WARM='lastack list -n --timing 9 --engine'
DOCTOR='lastack doctor --engine C --window 1s -q --fail-on never'
FLOOR='floor 9' # bench/floor.c: the bare walks

rows() {
	case $1 in
	namespaces) printf '%s\n' 'ss -tanp in each' "$AUTO" "$WARM C" "$FLOOR" ;;
	*) printf '%s\n' 'ss -tan' 'ss -tanp' 'netstat -antp' "$LSOF" "$AUTO" "$AUTO --engine A" "$AUTO --engine B" \
		"$AUTO --engine C" "$DOCTOR" "$BARE" "$WARM A" "$WARM B" "$WARM C" "$WARM C --json" "$FLOOR" ;;
	esac | while read -r row; do
		! command -v "${row%% *}" >/dev/null || echo "$row"
	done
}

# Some take minutes: once is enough to see that.
rounds_of() {
	case $1,$2 in
	500k,'ss -tanp' | 500k,netstat* | namespaces,ss*) echo 1 ;;
	*) echo "$ROUNDS" ;;
	esac
}

measure() {
	i=1
	while [ $i -le "$ROUNDS" ]; do
		rows "$1" | while read -r row; do
			[ $i -gt "$(rounds_of "$1" "$row")" ] || once "$1" "$row" </dev/null
		done
		i=$((i + 1))
	done
}

# A quick answer that leaves sockets out is none.
check_complete() {
	lines=$(in_namespace $AUTO 2>/dev/null | wc -l)
	[ $((lines - others)) -ge "$sockets" ] || { echo "lastack printed $((lines - others)) of $sockets sockets" && unheld=1; }
}

# --- what came out ---

# median SHAPE ROW [WORD]: "-" when it was not measured.
median() {
	file=$(file_of "$@")
	[ -s "$file" ] || { echo - && return; }
	sort -n "$file" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

show_row() {
	case $2 in
	*--timing* | floor*)
		printf '  %-52s' "$2"
		for word in collect order print total floor; do
			printf ' %s %s' $word "$(median "$1" "$2" $word)"
		done
		echo
		;;
	*) awk -v row="$2" -v ms="$(median "$1" "$2")" -v auto="$(median "$1" "$AUTO")" \
		'BEGIN { printf "  %-52s %10s ms %11s\n", row, ms, (ms > 0 && auto > 0) ? sprintf("%.2f x", ms / auto) : "-" }' ;;
	esac
}

show() {
	echo "$1: $sockets sockets ($2); medians, and beside the whole command of lastack"
	[ "$others" -lt 100 ] || echo "  NOT QUIET: $others other sockets are here"
	rows "$1" | while read -r row; do
		show_row "$1" "$row"
	done
	for row in "$AUTO" "$LSOF"; do
		[ ! -s "$(file_of "$1" "$row" kb)" ] || printf '  %-52s %10s KiB\n' "$row" "$(median "$1" "$row" kb)"
	done
}

# shape NAME OPTION...
shape() {
	name=$1
	shift
	load "$@"
	check_complete
	measure "$name"
	[ "$name" = namespaces ] || { memory "$name" "$AUTO" && memory "$name" "$LSOF"; }
	show "$name" "hold $*"
	unload
}

# held WHAT A B BOUND: A is at most BOUND (2.3, or 1/15) times B. What was not measured is not held.
held() {
	awk -v what="$1" -v a="$2" -v b="$3" -v bound="$4" 'BEGIN {
		part = sub("^1/", "", bound)
		if (!(a > 0 && b > 0)) {
			printf "  %-12s %s\n", "NOT MEASURED", what
			exit 1
		}
		ok = part ? a * bound <= b : a <= bound * b
		printf "  %-12s %s: %s\n", ok ? "held" : "NOT HELD", what, part ? sprintf("1/%.1f", b / a) : sprintf("%.2f x", a / b)
		exit !ok }' || unheld=1
}

# beside SHAPE ENGINE ROW BOUND: a warm snapshot beside a whole command.
beside() {
	held "$1: warm $2 <= $4 of $3" "$(median "$1" "$WARM $2" total)" "$(median "$1" "$3")" "$4"
}

# whole SHAPE ROW RIVAL BOUND: a whole command beside another.
whole() {
	held "$1: $2 <= $4 of $3" "$(median "$1" "$2")" "$(median "$1" "$3")" "$4"
}

# What a shape of many sockets is held to besides.
many() {
	held "$1: warm C <= 2.3 x floor" "$(median "$1" "$WARM C" total)" "$(median "$1" "$FLOOR" floor)" 2.3
	whole "$1" "$BARE" 'ss -tan' 1/2.5
	held "$1: text <= 2 x collecting alone" "$(median "$1" "$WARM C" total)" "$(median "$1" "$WARM C" collect)" 2
	held "$1: JSON <= 3 x collecting alone" "$(median "$1" "$WARM C --json" total)" "$(median "$1" "$WARM C --json" collect)" 3
}

shape 1k -u -n 1000
shape 10k -u -n 10000
shape 100k -u -n 100000 -p 50
shape namespaces -N 100 -n 1000
[ -z "${FULL:-}" ] || shape 500k -u -n 500000 -p 50

echo "held:"
whole 1k "$AUTO" 'ss -tanp' 1/1.5
whole 10k "$AUTO" 'ss -tanp' 1/2
whole 100k "$AUTO" 'ss -tanp' 1/25
beside 100k A "$LSOF" 1/4
beside 100k B "$LSOF" 1/8
beside 100k C "$LSOF" 1/15
beside 100k C 'ss -tanp' 1/35
many 100k
held "100k: $DOCTOR: its window and at most 1 s more" "$(median 100k "$DOCTOR")" 1000 2
held "100k: its processor time <= 3 x that of two lists" "$(median 100k "$DOCTOR" cpu)" "$(median 100k "$AUTO --engine C" cpu)" 6
whole namespaces "$AUTO" 'ss -tanp in each' 1/300
[ -z "${FULL:-}" ] || {
	beside 500k C 'ss -tanp' 1/250
	many 500k
	held "500k: memory <= lsof's" "$(median 500k "$AUTO" kb)" "$(median 500k "$LSOF" kb)" 1
}
exit $unheld
