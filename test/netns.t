#!/bin/sh
# SPDX-License-Identifier: MIT
# Network namespaces that cannot be looked at as usual: no /proc, a name that is no namespace, orphans to which nothing leads, numbers
# that no process has.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "namespaces are made, and /proc is covered, as root"
unshare -mn true 2>/dev/null || skip_all "no namespaces can be made here"

# covered SCRIPT COMMAND…: runs it where the script has covered something, at most 60 s long: $out, $rc.
covered() {
	script=$1
	shift
	checked timeout -k 1 60 unshare -m sh -c "mount --make-rprivate / && $script && exec \"\$@\"" covered "$@"
}

# exits_3 NAME: where there is no /proc LeakSanitizer falls, hears no options, and changes the exit code.
exits_3() {
	case $out in
	*LeakSanitizer*) skip "$1: LeakSanitizer has changed it" ;;
	*) is "$rc" 3 "$1" ;;
	esac
}

# --- no /proc ----------------------------------------------------------------------------------------------

for engine in A B; do
	"$LASTACK" list --engine=$engine >/dev/null 2>&1 </dev/null || { skip "engine $engine does not open here"; continue; }
	covered 'mount -t tmpfs tmpfs /proc' "$LASTACK" list --engine=$engine
	exits_3 "list, engine $engine, without /proc: exit code 3"
	has "$out" "/proc/thread-self/ns/net cannot be opened" "what is missing"
	has "$out" "is /proc mounted?" "and what to do"
done
covered 'mount -t tmpfs tmpfs /proc' "$LASTACK" doctor --engine=A --window=0
exits_3 "doctor without /proc: exit code 3"
has "$out" "is /proc mounted?" "and what to do"

# --- names that are no namespaces --------------------------------------------------------------------------

names='mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && mkfifo /run/netns/fifo && : >/run/netns/file && mknod /run/netns/device c 1 5'
for command in "list --engine=A" "doctor --engine=A --window=0"; do
	# shellcheck disable=SC2086 # words
	covered "$names" "$LASTACK" $command
	[ "$rc" -lt 3 ]
	ok $? "$command, beside a FIFO, a file and a device among the names: exit code $rc" "$out"
	case $out in *"may not be entered"*) bad=1 ;; *) bad=0 ;; esac
	ok $bad "they count as no namespaces" "$out"
done
for name in fifo file device /run/netns/fifo; do
	covered "$names" "$LASTACK" list -N $name
	is "$rc" 3 "list -N $name: exit code 3"
	has "$out" "there is no network namespace '$name'" "and a sentence"
done

# --- too few descriptors -----------------------------------------------------------------------------------

mkfifo "$WORK/end"
unshare -n sh -c 'read -r line' <"$WORK/end" &
exec 8>"$WORK/end"
wrong=
for n in 4 5 6 7 8 9; do
	run_out=$(prlimit --nofile=$n:$n "$LASTACK" list --engine=A 2>&1 </dev/null 8>&-)
	case $run_out in *"may not be entered"* | *modprobe*) wrong="$wrong $n" ;; esac
	case $run_out in *"too many open files"*) told=1 ;; esac
done
is "$wrong" "" "with too few descriptors no namespace is said to be closed, nor a module to be missing"
is "${told:-0}" 1 "but that they are too few"
exec 8>&-

# --- numbers that no process has ---------------------------------------------------------------------------

# Modulo 2^32 they are this shell.
large=$((4294967296 + $$))
for word in "$large" "x[$large]" "x[-1]" "x[]" "$$]"; do
	refused "there is no network namespace '$word'" list -N "$word"
done
run list -N $$ -l
is "$rc" 0 "the number itself is taken"
run list -N "x[$$]" -l
is "$rc" 0 "in brackets, too"
refused "not '$large'" step --leaks --for 100ms -p "$large"

# --- orphans to which nothing leads ------------------------------------------------------------------------

# A connection whose packets nobody carries any more, and whose processes are killed: its namespace stays, and is no process's.
unshare -n python3 - <<'EOF'
import os, signal, socket, subprocess
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
listener = socket.socket()
listener.bind(("127.0.0.1", 7777))
listener.listen()
client = socket.create_connection(("127.0.0.1", 7777))
server, _ = listener.accept()
subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
os.kill(os.getpid(), signal.SIGKILL)
EOF
# While orphans come and go elsewhere on the machine, as they do beside other tests, nothing is said of those that are missing.
says() { # PART ARGUMENTS…
	part=$1
	shift
	run "$@"
	case $out in *"$part"*) ;; *) false ;; esac
}
for engine in A B; do
	"$LASTACK" list --engine=$engine >/dev/null 2>&1 </dev/null || { skip "engine $engine does not open here"; continue; }
	comes says "in network namespaces that cannot be entered" list --engine=$engine
	has "$out" "in network namespaces that cannot be entered" "engine $engine says that orphans are missing"
	has "$out" "--engine=C" "and how they are seen"
	counts() {
		run list --engine=$engine --json
		n=$(printf '%s\n' "$out" | sed -n 's/.*"unseen_orphans":\([0-9]*\).*/\1/p')
		[ "${n:-0}" -ge 2 ]
	}
	comes counts
	ok $? "in JSON, too: ${n:-none}" "$out"
	run list --engine=$engine state listen
	case $out in *orphan*) bad=1 ;; *) bad=0 ;; esac
	ok $bad "not where nobody asks for them" "$out"
done
comes says "in network namespaces that cannot be entered" doctor --engine=A --window=0
has "$out" "in network namespaces that cannot be entered" "doctor says so"
run list --engine=C
if [ "$rc" -eq 3 ]; then
	skip "engine C does not open here: $out"
else
	has "$out" "127.0.0.1:7777" "engine C sees them"
	case $out in *"orphans are"*) bad=1 ;; *) bad=0 ;; esac
	ok $bad "and misses none"
fi

done_testing
