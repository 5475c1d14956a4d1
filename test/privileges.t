#!/bin/sh
# SPDX-License-Identifier: MIT
# What each command still may do once it looks, by /proc/PID/status, as root; that it is enough to see others' sockets, namespaces and
# stacks; and that programs which step and lab start have all that a user's shell has.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip_all "not root: there is nothing to give up"
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$2/status" 2>/dev/null; } # FIELD PID
mine=$(field CapEff self)
[ "$((0x$mine & 0x8000280004))" = "$((0x8000280004))" ] || skip_all "root lacks CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH or CAP_BPF here"
EX=$SRC/build/examples
running=
trap 'kill $running 2>/dev/null; rm -rf "$WORK"' EXIT

# By their numbers in <linux/capability.h>: DAC_READ_SEARCH 2, SYS_PTRACE 19, SYS_ADMIN 21, SYSLOG 34, BPF 39.
A=0000000000280004
B=0000008000280004
C=0000008000080004
DOCTOR=0000008400280004
SAVED=0000000000000004
NONE=0000000000000000

has_changed() { [ "$(field CapEff $pid)" != "$mine" ]; }
# keeps CAPABILITIES NAME COMMAND…: that is what it has left while it runs.
keeps() {
	should=$1 name=$2
	shift 2
	"$@" >"$WORK/out" 2>&1 </dev/null &
	pid=$!
	running=$pid
	comes has_changed
	is "$(field CapEff $pid) $(field CapPrm $pid) $(field NoNewPrivs $pid)" "$should $should 1" "$name"
	kill $pid
	wait $pid 2>/dev/null
	running=
}

engine() { "$LASTACK" list --engine="$1" >/dev/null 2>&1; }

keeps $A "list --watch, engine A" "$LASTACK" list --watch=1s --engine=A
if engine B; then keeps $B "list --watch, engine B" "$LASTACK" list --watch=1s --engine=B; else skip "engine B does not load here"; fi
if engine C; then
	keeps $C "list --watch, engine C" "$LASTACK" list --watch=1s --engine=C
	keeps $C "top, engine C" "$LASTACK" top --json --engine=C
else
	skip "engine C does not load here"
fi
keeps $DOCTOR "doctor --watch" "$LASTACK" doctor --watch --window=5s
keeps $DOCTOR "doctor" "$LASTACK" doctor --window=20s
mkfifo "$WORK/capture"
sleep 60 >"$WORK/capture" &
writer=$!
keeps $NONE "explain, before it has read a byte" "$LASTACK" explain "$WORK/capture"
kill $writer

# --offline reads files that somebody may have made slow: seen from within, by what it may not open.
mkdir "$WORK/saved" && chmod 700 "$WORK/saved"
cp "$SRC"/test/recorded/*/* "$WORK/saved/" 2>/dev/null
"$LASTACK" doctor --offline "$WORK/saved" --window=0 >/dev/null 2>&1
strace -f -e trace=capset -o "$WORK/trace" "$LASTACK" doctor --offline "$WORK/saved" >/dev/null 2>&1 || true
if [ -s "$WORK/trace" ]; then
	has "$(tail -50 "$WORK/trace")" "effective=1<<CAP_DAC_READ_SEARCH, permitted=1<<CAP_DAC_READ_SEARCH" "doctor --offline ($SAVED)"
else
	skip "strace is not installed"
fi

# --- it is enough -----------------------------------------------------------------------------------------------------

if command -v setpriv >/dev/null && command -v unshare >/dev/null && unshare -n true 2>/dev/null; then
	cp "$EX/leaking_server" "$WORK/server"
	unshare -n sh -c 'ip link set lo up && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0" 7777' "$WORK/server" >/dev/null 2>&1 &
	server=$!
	running=$server
	comes grep -qs ":1E61 .* 0A " /proc/$server/net/tcp
	nsenter -t $server -n python3 - <<'END_OF_CLIENTS'
import socket
for i in range(40):
    s = socket.create_connection(("127.0.0.1", 7777), 5)
    s.sendall(b"hello\n")
    s.recv(100)
    s.close()
END_OF_CLIENTS
	for e in A B C; do
		engine $e || { skip "engine $e does not load here" && continue; }
		run list --engine=$e --json sport = :7777 state close-wait
		is "$(printf '%s\n' "$out" | grep -c "\"pid\":$server,")" 40 "engine $e: sockets of another user in another namespace, with their owner" "$out"
	done
	run doctor $server --window=0 --threshold settled=1ms -v
	has "$out" LA101 "doctor: another user's leak"
	has "$out" "leaking_server.c:" "with its stack, where its line is"
	run doctor --only LA902 --window=0
	ok "$(printf '%s\n' "$out" | grep -q "could not be entered"; [ $? -eq 1 ]; echo $?)" "no namespace is closed to it"
	kill $server
	running=
else
	skip "no network namespace can be made, or setpriv is not there"
fi

# --- programs that are started -----------------------------------------------------------------------------------------

run step --auto -q cp /proc/self/status "$WORK/caps"
caps() { sed -n "s/^$1:[[:space:]]*//p" "$WORK/caps" 2>/dev/null; }
is "$(caps CapEff) $(caps CapPrm) $(caps NoNewPrivs)" "$mine $(field CapPrm self) $(field NoNewPrivs self)" "a program under step has what its user has"
rm "$WORK/caps"
scenario 'title "a program of the user"' "client run cp /proc/self/status $WORK/caps"
run lab -q --allow-run "$lab"
is "$(caps CapEff) $(caps CapPrm) $(caps NoNewPrivs)" "$mine $(field CapPrm self) $(field NoNewPrivs self)" "and one that a lab starts" "$out"
done_testing
