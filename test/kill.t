#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at random moments leaves nothing: no process, no namespace. RUNS=200 for more, EACH=1 for the built-in scenarios
# in turn instead of one with every kind of socket.
. "$(dirname "$0")/lib.sh"
need_lab
RUNS=${RUNS:-12}
cp "$LASTACK" "$WORK/lak" && chmod 755 "$WORK/lak"
scenario 'title "every kind of socket, then a long wait"' 'server listen 7777' 'client connect 7777' 'server accept' \
	'client2 connect 7777' 'hold client FIN' 'client close' 'client3 connect 7777' 'hold client SYN' 'client4 connect 7777' \
	'server send "x"' 'client3 abort' 'wait 60s'
names=$lab
[ -z "${EACH:-}" ] || names=$("$LASTACK" lab --list | cut -d' ' -f1)
# An unread receive buffer closes the window: its orphan asks on and on, and has no retransmission to give up.
printf '%s\n' 'title "a closed window"' 'server set rcvbuf 4096' 'server listen 7777' 'client set sndbuf 4096' \
	'client connect 7777' 'server accept' 'client send 60000 bytes' 'wait 60s' >"$WORK/window.lab"

# kills HOW RUNS SCENARIO…: $caught, $left, $pinned, $worst.
kills() {
	how=$1
	n=$2
	shift 2
	said=$(python3 "$SRC/test/kill.py" "$how" "$n" "$WORK/lak" "$@" 2>&1)
	printf '%s\n' "$said" | grep '^#'
	read -r _ caught left pinned worst <<END
$(printf '%s\n' "$said" | tail -1)
END
}

# shellcheck disable=SC2086 # the names as words
kills main "$RUNS" $names
is "$left" 0 "$RUNS times killed, no process left" "$said"
is "$pinned" 0 "and no socket that would keep a namespace"
[ -n "${EACH:-}" ] || ok "$([ "$caught" -gt $((RUNS / 4)) ]; echo $?)" "it was caught in the middle $caught times"
echo "# gone after $worst s at worst"

# In one blow, the reaper too.
if [ "$(id -u)" -ne 0 ] || ! unshare --pid --fork true 2>/dev/null; then
	skip "not root, or no PID namespaces: labs that are killed in one blow"
elif ! python3 "$SRC/test/handle.py"; then
	skip "this kernel opens no namespace that nobody is in: what is killed in one blow stays until the kernel gives up"
else
	kills all $((RUNS / 3)) "$lab" "$WORK/window.lab"
	is "$left" 0 "$((RUNS / 3)) times killed in one blow, no process left" "$said"
	is "$pinned" 0 "and after the next start of a lab no socket that would keep a namespace"
	[ -n "${EACH:-}" ] || ok "$([ "$caught" -gt 0 ]; echo $?)" "it was caught in the middle $caught times"
	# A lab that lives is nobody's leftover.
	"$WORK/lak" lab "$lab" >"$WORK/lives" 2>&1 &
	lives=$!
	comes grep -q SO_LINGER "$WORK/lives"
	"$WORK/lak" lab -q refused >/dev/null
	"$WORK/lak" lab -q refused >/dev/null
	there=$(python3 -c 'import os, sys
names = {os.readlink(f"/proc/{p}/ns/net") for p in os.listdir("/proc") if p.isdigit() and os.path.exists(f"/proc/{p}/exe")
         and os.readlink(f"/proc/{p}/exe") == sys.argv[1]}
print(len(names - {os.readlink("/proc/self/ns/net")}))' "$(realpath "$WORK/lak")")
	ok "$([ "$there" -ge 1 ] && kill -0 $lives; echo $?)" "a lab that lives goes on while others begin and end ($there namespaces)"
	kill -9 $lives
	wait $lives 2>/dev/null
fi
done_testing
