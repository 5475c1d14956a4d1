#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads of strangers are given back: by doctor --stop-threads those that do not stop in time, and signals on their way.
. "$(dirname "$0")/lib.sh"
PR=$SRC/build/programs
port=$((10000 + $$ % 20000))
pids=""
trap 'kill $pids 2>/dev/null; rm -rf "$WORK"' EXIT

# waits_for SECONDS FILE WORD: until the word is in the file; false when it is not by then.
waits_for() {
	i=0
	until grep -qs "$3" "$2"; do
		[ $i -lt $(($1 * 10)) ] || return 1
		i=$((i + 1))
		sleep 0.1
	done
}

# stranger HOW: starts it, with a pipe to it at descriptor 3; its number is $stranger, what it says is in $WORK/HOW.
stranger() {
	port=$((port + 1))
	rm -f "$WORK/pipe"
	mkfifo "$WORK/pipe"
	"$PR/borrowed" $port "$1" <"$WORK/pipe" >"$WORK/$1" 2>&1 &
	stranger=$!
	pids="$pids $stranger"
	exec 3<>"$WORK/pipe"
	waits_for 60 "$WORK/$1" ready
}

# looks HOW: doctor looks at the stranger's threads round after round; its number is $doctor.
looks() {
	"$LASTACK" doctor $stranger --watch --json --window 100ms --threshold settled=50ms --stop-threads --only LA102 >"$WORK/doctor-$1" 2>"$WORK/err" &
	doctor=$!
	pids="$pids $doctor"
	waits_for 60 "$WORK/doctor-$1" '"event":"open"'
}

stranger vfork
looks vfork
ok $? "doctor looks at the threads of a process that sleeps in vfork()" "$(cat "$WORK/doctor-vfork" "$WORK/err")"
has "$(cat "/proc/$stranger/stat")" ") D " "which does not stop"
echo >&3
waits_for 60 "$WORK/vfork" back
ok $? "it runs on when its child has ended, while doctor goes on looking" "$(grep -E "State|TracerPid" /proc/$stranger/status 2>/dev/null)"
kill -0 $doctor
ok $? "doctor was there all the time" "$(cat "$WORK/err"; tail -3 "$WORK/doctor-vfork")"
kill $doctor
wait $doctor 2>/dev/null
exec 3>&-

stranger signals
looks signals
ok $? "doctor looks at the threads of a process that gets many signals" "$(cat "$WORK/doctor-signals" "$WORK/err")"
sleep 1
kill -INT $doctor
wait $doctor 2>/dev/null
echo >&3
waits_for 60 "$WORK/signals" lost
is "$(tail -1 "$WORK/signals")" "sent many, lost 0" "each of them arrives"
exec 3>&-
done_testing
