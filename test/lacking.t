#!/bin/sh
# SPDX-License-Identifier: MIT
# Where something is lacking (descriptors, its own /proc, room on a disk, rights): one sentence, soon, exit code 3, and nothing that
# looks like a beginning.
. "$(dirname "$0")/lib.sh"
need_lab

# lacks NAME SENTENCE COMMAND…: says this, on standard error, in one line and the place in the scenario below it, within half a minute.
lacks() {
	name=$1 sentence=$2
	shift 2
	rc=0
	timeout -k 1 30 "$@" </dev/null >"$WORK/out" 2>"$WORK/err" || rc=$?
	is $rc 3 "$name: exit code 3"
	has "$(cat "$WORK/err")" "$sentence" "$name: says so"
	ok "$([ "$(grep -c lastack "$WORK/err")" -eq 1 ] && [ "$(wc -l <"$WORK/err")" -le 2 ]; echo $?)" "$name: once" "$(cat "$WORK/err")"
}

# --- descriptors -------------------------------------------------------------------------------------------

for n in 8 12 16 20 30 100 255; do
	# shellcheck disable=SC3045 # dash has ulimit -n
	lacks "$n descriptors" "raise" sh -c "ulimit -n $n; exec \"\$@\"" sh "$LASTACK" lab -q close
	has "$(cat "$WORK/err")" "ulimit -n" "and which limit"
done
has "$(cat "$WORK/err")" "it needs descriptors up to 255, and the limit of open files is 255" "an actor's process says how many"
rc=0
# shellcheck disable=SC3045
(ulimit -n 256 && "$LASTACK" lab -q close) >"$WORK/out" 2>&1 || rc=$?
is $rc 0 "256 are enough"

# --- /proc of another PID namespace ------------------------------------------------------------------------

if unshare --pid --fork --kill-child true 2>/dev/null; then
	# The actors' processes have the numbers of others there. It is told before anything is waited for: nothing is on standard output.
	for what in "lab close" "lab" "step true" "step --auto --json true"; do
		# shellcheck disable=SC2086 # words
		lacks "$what, another's /proc" "/proc is that of another PID namespace" unshare --pid --fork --kill-child "$LASTACK" $what
		is "$(cat "$WORK/out")" "" "$what: and nothing begins"
	done
	if unshare --pid --fork --mount --mount-proc true 2>/dev/null; then
		rc=0
		unshare --pid --fork --kill-child --mount --mount-proc "$LASTACK" lab -q close >"$WORK/out" 2>&1 || rc=$?
		is $rc 0 "with its own /proc it runs"
	else
		skip "nothing can be mounted here (a chroot?): no /proc of its own"
	fi
else
	skip "no PID namespace can be made here"
fi

# --- room on a disk ----------------------------------------------------------------------------------------

# A hundred runs of each scenario would take many minutes.
[ -e /dev/full ] &&
	lacks "lab --all into a full disk" "the output cannot be written" sh -c 'exec "$@" >/dev/full' sh "$LASTACK" lab --all --repeat 100

lacks "a capture in a folder that is not there" "none/x.pcapng cannot be written (no such file or directory)" \
	"$LASTACK" lab close --pcap "$WORK/none/x.pcapng"
is "$(cat "$WORK/out")" "" "and nothing runs"
lacks "a capture where a folder is" "cannot be written (is a directory)" "$LASTACK" lab close --pcap "$WORK"
lacks "a capture where nothing can be made" "cannot be written" "$LASTACK" lab close --pcap /proc/x.pcapng

mkdir "$WORK/disk"
# A small capture, the rest of the disk filled, a larger capture over it.
if unshare --mount sh -c 'mount -t tmpfs -o size=64k none "$1"' sh "$WORK/disk" 2>/dev/null; then
	scenario 'title "many packets"' 'repeat 100' 'client connect 7777' 'end'
	mv "$lab" "$WORK/many.lab"
	scenario 'title "two packets"' 'client connect 7777' 'expect client connect ECONNREFUSED'
	cat >"$WORK/full.sh" <<'END'
mount -t tmpfs -o size=64k none "$2/disk"
"$1" lab -q "$2/t.lab" --pcap "$2/disk/x.pcapng" >/dev/null || exit 9
cp "$2/disk/x.pcapng" "$2/before.pcapng"
cat /dev/zero >"$2/disk/rest" 2>/dev/null
rc=0
"$1" lab -q "$2/many.lab" --pcap "$2/disk/x.pcapng" >/dev/null || rc=$?
cp "$2/disk/x.pcapng" "$2/after.pcapng"
exit $rc
END
	lacks "a capture on a full disk" "x.pcapng cannot be written (no space left on device)" unshare --mount sh "$WORK/full.sh" "$LASTACK" "$WORK"
	ok "$(cmp "$WORK/before.pcapng" "$WORK/after.pcapng" >"$WORK/out" 2>&1; echo $?)" "and the one that was there is as it was" "$(cat "$WORK/out")"
else
	skip "nothing can be mounted here"
fi

# --- rights ------------------------------------------------------------------------------------------------

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	cp "$LASTACK" "$WORK/lastack"
	for how in "step -p" "step --auto -p" "step --leaks -p"; do
		# shellcheck disable=SC2086 # words
		lacks "$how 1 as nobody" "try as root" setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/lastack" $how 1
		is "$(cat "$WORK/out")" "" "$how: without the head of a ladder"
	done
else
	skip "becoming nobody takes root and setpriv"
fi
lacks "a program that is not there" "cannot be started (no such file or directory)" "$LASTACK" step --auto /none
is "$(cat "$WORK/out")" "" "without the head of a ladder"
done_testing
