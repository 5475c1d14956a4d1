#!/bin/sh
# SPDX-License-Identifier: MIT
# A test leaves no process behind, at whatever moment it or who runs it ends: tools/run-test is killed in the middle of a
# test that does its worst. RUNS=50 for more.
. "$(dirname "$0")/lib.sh"
RUNS=${RUNS:-8}
alone=$SRC/build/alone
[ -x "$alone" ] || skip_all "build/alone is not built: 'make programs'"

# What a test may start: in the background, in a session of its own, an orphan of an orphan, deaf to signals. They are there
# when their names have changed with exec; the marked program is what they are found by.
mark=$WORK/marked
cp "$(command -v sleep)" "$mark"
cat >"$WORK/worst.t" <<END
trap '' TERM INT HUP
"$mark" 3000 &
setsid "$mark" 3001 &
(setsid sh -c '("$mark" 3002 &)' &)
(setsid unshare --user --pid --fork "$mark" 3003 &)
until [ "\$(find /proc/[0-9]* -maxdepth 1 -name exe -lname "$mark" 2>/dev/null | wc -l)" -ge \${ALL:-3} ]; do sleep 0.1; done
: >"$WORK/ready"
[ "\${END:-}" = ends ] && exit 3
exec "$mark" 3004
END
export ALL=3
! unshare --user --pid --fork true 2>/dev/null || ALL=4

marked() { find /proc/[0-9]* -maxdepth 1 -name exe -lname "$mark" 2>/dev/null | cut -d/ -f3; }
# gone NAME: waits until nobody is left, which takes the 5 s of grace; only what stays comes near the limit.
gone() {
	n=0
	while [ -n "$(marked)" ] && [ $n -lt 150 ]; do
		n=$((n + 1))
		sleep 0.2
	done
	left=$(marked)
	is "$(echo $left)" "" "$1"
	for p in $left; do kill -9 "$p"; done
}
# worst COMMAND…: runs the test in this way; $pid.
worst() {
	rm -f "$WORK/ready"
	"$@" >"$WORK/out" 2>&1 </dev/null &
	pid=$!
}
ready() { until [ -e "$WORK/ready" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.05; done; }
children() { cat "/proc/$1/task/$1/children"; }

rc=0
END=ends sh "$SRC/tools/run-test" "$WORK/worst.t" >/dev/null 2>&1 || rc=$?
is "$rc $(marked)" "3 " "a test's exit code is passed on, and what it leaves has ended when it is told"
rc=0
TEST_LIMIT=1 sh "$SRC/tools/run-test" "$WORK/worst.t" >/dev/null 2>&1 || rc=$?
is "$rc $(marked)" "124 " "the time limit: the same"
for sig in KILL TERM INT HUP; do
	worst sh "$SRC/tools/run-test" "$WORK/worst.t"
	ready
	kill -s $sig $pid
	wait $pid 2>/dev/null
	gone "SIG$sig to who runs it"
done
for who in keeper test; do
	worst sh "$SRC/tools/run-test" "$WORK/worst.t"
	ready
	victim=$(children $pid)
	[ $who = keeper ] || victim=$(children $victim)
	# shellcheck disable=SC2086 # of the test's own group there is one whose parent is the keeper, and what it has adopted
	kill -9 ${victim%% *}
	wait $pid 2>/dev/null
	gone "SIGKILL to the $who"
done
worst setsid prove -e "$SRC/tools/run-test" "$WORK/worst.t"
ready
kill -9 -$pid
wait $pid 2>/dev/null
gone "SIGKILL to prove and to who runs it, as one process group"
i=0
while [ $i -lt "$RUNS" ]; do
	worst sh "$SRC/tools/run-test" "$WORK/worst.t"
	sleep "0.$(awk -v s="$i$$" 'BEGIN { srand(s); printf "%02d", rand() * 30 }')"
	kill -9 $pid
	wait $pid 2>/dev/null
	i=$((i + 1))
done
gone "$RUNS times SIGKILL at random moments"
rc=0
"$alone" 10 /nowhere/at/all 2>/dev/null || rc=$?
is $rc 125 "what is no program is said to be none"
is "$("$alone" 10 sh -c 'kill -9 $$' 2>/dev/null; echo $?)" 137 "a signal's number is passed on"
is "$(trap '' HUP TERM; "$alone" 10 sh -c 'kill -HUP $$; echo lives' 2>/dev/null; echo $?)" 129 "a signal that whoever runs it ignores is not ignored in the test"
done_testing
