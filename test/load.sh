# SPDX-License-Identifier: MIT
# A load of sockets for shell tests (bench/hold.c): source this behind lib.sh.
# shellcheck shell=sh disable=SC2034
HOLD=$SRC/build/programs/hold

# load ARG…: holds sockets in a namespace of their own until unload; $pid and $netns.
load() {
	rm -f "$WORK/hold"
	mkfifo "$WORK/end"
	"$HOLD" -u "$@" <"$WORK/end" >"$WORK/hold" 2>&1 &
	holder=$!
	exec 9>"$WORK/end"
	comes grep -qs '^ready' "$WORK/hold"
	pid=$(awk '/^ready/ { print $2 }' "$WORK/hold")
	netns=$(awk '/^ready/ { print $4 }' "$WORK/hold")
	[ -n "$pid" ] || { echo "# the load did not come: $(cat "$WORK/hold")"; exit 1; }
}
unload() {
	exec 9>&-
	wait $holder
	rm -f "$WORK/end"
}
