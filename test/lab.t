#!/bin/sh
# SPDX-License-Identifier: MIT
# The built-in scenarios as nobody (as who runs this: outputs.t); options; what is printed.
. "$(dirname "$0")/lib.sh"
need_lab

run lab -q close
is "$(printf '%s\n' "$out" | wc -l)" 1 "-q: the verdict alone"
has "$out" "ok, " "and nothing else"

# As nobody, in a user namespace, with a device node of its own where the machine's is for root only.
if [ "$(id -u)" -eq 0 ] && mknod "$WORK/tun" c 10 200 2>/dev/null && chmod 666 "$WORK/tun"; then
	cp "$LASTACK" "$WORK/lastack" && chmod 755 "$WORK/lastack"
	cp -r "$SRC/build/examples" "$WORK/examples" && chmod -R a+rX "$WORK/examples"
	as_nobody() { LASTACK_TUN=$WORK/tun setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/lastack" "$@" </dev/null 2>&1; }
	as_nobody_veth() { LASTACK_TUN=/nowhere setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/lastack" "$@" </dev/null 2>&1; }
	if as_nobody lab -q refused >"$WORK/out"; then
		checked as_nobody lab --all
		ok $rc "all scenarios as nobody" "$(printf '%s\n' "$out" | not_ok)"
	else
		skip "nobody can run no lab here: $(cat "$WORK/out")"
	fi
	# Without any TUN: veth and packet sockets.
	if as_nobody_veth lab -q refused >"$WORK/out"; then
		checked as_nobody_veth lab --all
		ok $rc "all scenarios as nobody without TUN, by veth" "$(printf '%s\n' "$out" | not_ok)"
		out=$(as_nobody_veth lab close)
		has "$out" "by veth" "and it says so"
		printf 'title "x"\noption offload on\nserver listen 80\n' >"$WORK/offload.lab"
		rc=0
		out=$(as_nobody_veth lab -q "$WORK/offload.lab") || rc=$?
		is $rc 3 "what veth cannot do: exit code 3"
		is "$out" "lastack lab: without a TUN device there are no offloads; leave 'option offload on' out" "and one sentence"
	else
		skip "nobody can run no lab by veth here: $(cat "$WORK/out")"
	fi
else
	skip "not root, or no device nodes can be made here: the run as nobody"
fi

run lab close
has "$out" "lastack lab close: An orderly close" "the first line says what is run"
has "$(printf '%s\n' "$out" | tail -1)" "ok, 15 expectations, " "the last line is the verdict"
has "$out" "FIN_WAIT1    close(3) = 0" "the call and the state it made stand in one row"
has "$out" "no owner: not yet accepted" "who owns nothing is said"
width() { printf '%s\n' "$out" | tail -n +3 | wc -L; }
ok "$([ "$(width)" -le 100 ]; echo $?)" "the ladder fits 100 columns ($(width))"
out=$(COLUMNS=80 "$LASTACK" lab handshake 2>&1)
ok "$([ "$(width)" -le 80 ]; echo $?)" "and wraps at 80 ($(width))"
out=$(LC_ALL=C "$LASTACK" lab close 2>&1)
is "$(printf '%s\n' "$out" | LC_ALL=C grep -c '[^ -~]')" 0 "without UTF-8 it is plain ASCII"

# What a kernel throws away is told where it arrives, by its counters. (One that lacks a counter tells nothing by it.)
cat >"$WORK/thrown.lab" <<'END'
title "Thrown away"
server listen 7777 backlog 1
hold client ACK
client connect 7777
client2 connect 7777
client3 connect 7777
release client ACK
server accept
corrupt client DATA 1
client send "hello"
expect server ESTABLISHED rq 5
inject client PSH+ACK len 3 seq -3 port 7777
END
run lab "$WORK/thrown.lab"
has "$(printf '%s\n' "$out" | grep '#9 ACK released')" "✗" "a packet that is thrown away has a cross where it arrives"
has "$out" "thrown away: the accept queue is full (ListenOverflows)" "and its reason: a full accept queue"
has "$out" "thrown away: its checksum is wrong (InCsumErrors)" "a broken checksum"
is "$(printf '%s\n' "$out" | grep -c ✗)" "$(printf '%s\n' "$out" | grep -c 'thrown away')" "a cross for each reason"
has "$out" "#8 SYN+ACK seq 0 ack 1 win 65160 (client3), a SYN cookie" "a SYN+ACK that is a cookie says so"
run lab refused
is "$(printf '%s\n' "$out" | grep -c '#2 RST+ACK seq 0 ack 1')" 1 "the RST that answers a SYN has the number 0, and that is all"
run lab close
is "$(printf '%s\n' "$out" | grep -c 'thrown away\|cookie')" 0 "and what is not thrown away is not said to be"
run lab --json "$WORK/thrown.lab"
has "$out" '"counter":"TcpExt.ListenOverflows","thrown":true' "JSON tells it, too"
fits_schema event "as the schema says"

run lab -v refused
has "$out" "net.ipv4.tcp_congestion_control        reno" "-v prints the settings"
has "$out" "tcp_v4_connect" "-v prints the kernel's functions, as documentation"
out=$(printf '\n\n\n\n\n\n\n' | "$LASTACK" lab --pace close 2>&1)
has "$out" "#1 SYN from client is next. Enter: let it go; q: stop" "--pace asks before each packet"
has "$out" "ok, 15 expectations" "and Enter plays it to its end"
out=$(printf '?\n\n\n\n\n\n\n\n\n' | "$LASTACK" lab --pace close 2>&1)
has "$out" "Each packet waits until Enter lets it go" "? says what Enter does"
rc=0
out=$(printf '\nq\n' | "$LASTACK" lab --pace close 2>&1) || rc=$?
is $rc 3 "q stops it"

run lab --list
has "$out" "simultaneous-close" "--list"
run lab --check
has "$out" "user namespace + TUN" "--check names the ways"
run lab --verbs
has "$out" "A connect PORT [host HOST] [v6]" "--verbs"
run lab --help
has "$out" "Wait for Enter before each packet" "--help"
run
is $rc 0 "lastack alone"
has "$out" "lastack lab handshake" "says what to type"
ok "$([ "$(printf '%s\n' "$out" | wc -l)" -lt 24 ]; echo $?)" "in under 24 lines"
done_testing
