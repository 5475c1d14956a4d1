#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack step: the same program as without it, strace's words, leaks by line, orders, hard turns, nothing left behind.
# RUNS=100 for the long proof that the tables of post 000 are always the same.
. "$(dirname "$0")/lib.sh"
need_lab
EX=$SRC/build/examples
PR=$SRC/build/programs
RUNS=${RUNS:-3}

# step ARG…: as run, for the command step.
step() { run step "$@"; }
# verbs LINE…: a file of verbs; its name is $verbs.
verbs() {
	verbs=$WORK/verbs
	printf '%s\n' "$@" >"$verbs"
}

# --- the posts: the same tables each time ------------------------------------------------------------------

tables() { sed -n '/^Proto/,/^$/p' | sed -E 's#[0-9]+/#PID/#; s/127\.0\.0\.1:[0-9]{5}/127.0.0.1:PORT /; s/ +/ /g'; }
: >"$WORK/all"
i=0
while [ $i -lt "$RUNS" ]; do
	"$LASTACK" lab post-000-step 2>&1 </dev/null | tables >"$WORK/tables"
	cksum <"$WORK/tables" >>"$WORK/all"
	i=$((i + 1))
done
is "$(sort -u "$WORK/all" | wc -l)" 1 "post 000: $RUNS times the same tables"
is "$(cat "$WORK/tables" | grep -v Proto | grep . | awk '{ print $2, $6, $7 }' | paste -sd' ')" \
	"0 LISTEN PID/echo_server 1 LISTEN PID/echo_server 0 ESTABLISHED - 0 ESTABLISHED PID/echo_client 0 LISTEN PID/echo_server\
 0 ESTABLISHED PID/echo_server 0 ESTABLISHED PID/echo_client 0 LISTEN PID/echo_server 9 ESTABLISHED PID/echo_server\
 0 ESTABLISHED PID/echo_client 0 LISTEN PID/echo_server 0 ESTABLISHED PID/echo_server 0 ESTABLISHED PID/echo_client\
 0 LISTEN PID/echo_server 0 ESTABLISHED PID/echo_server 9 ESTABLISHED PID/echo_client 0 LISTEN PID/echo_server\
 0 ESTABLISHED PID/echo_server 0 ESTABLISHED PID/echo_client 0 LISTEN PID/echo_server 1 CLOSE_WAIT PID/echo_server\
 0 FIN_WAIT2 - 0 LISTEN PID/echo_server 0 TIME_WAIT -" "post 000: the post's own: queues, states, owners"

# --- the same program as without ---------------------------------------------------------------------------

# What it printed, of --json.
printed() {
	python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e.get("event") == "output":
        sys.stdout.write(e["text"].encode().decode("unicode_escape"))'
}
rc=0
script -qec "env -i A=1 B=2 $PR/mirror one 'two words'" /dev/null >"$WORK/plain" 2>&1 </dev/null || rc=$?
is $rc 42 "plain: mirror exits 42"
step --auto --json env -i A=1 B=2 "$PR/mirror" one 'two words'
is $rc 42 "stepped: the same exit code"
# Who runs this test may leave descriptors open, which script(1) passes on and step does not.
same() { tr -d '\r' | grep -vE '^SigQ|^fd ([3-9]|[0-9]{2})'; }
is "$(printf '%s\n' "$out" | printed | same)" "$(same <"$WORK/plain")" "the same arguments, environment, descriptors, signals, user, and first socket"
has "$out" '"text":"fd 2 terminal\\n"' "its output is a terminal"
step --auto --json "$EX/echo_server" 7001 :: "$PR/echo-static" 127.0.0.1 7001 "naïve"
is "$rc $(printf '%s\n' "$out" | grep -c '"event":"output"')" "0 2" "a static client: both print, and exit 0"
if "$PR/old_kernel" true; then
	exec 7</dev/null
	rc=0
	out=$("$PR/old_kernel" "$LASTACK" step --auto --json "$PR/mirror" 2>&1 </dev/null) || rc=$?
	exec 7<&-
	is "$(printf '%s\n' "$out" | printed | grep -oE '^fd ([3-9]|[0-9]{2})|first socket [0-9]+')" "first socket 3" \
		"where close_range() cannot mark descriptors (Linux 5.10): none is passed on, and the first socket is the same"
else
	skip "no filter may be made here"
fi
for how in quit:5 crash:139; do
	step -q --auto "$EX/echo_server" 7001 :: "$PR/turns" "${how%:*}" 7001
	is $rc "${how#*:}" "${how%:*}: exit code ${how#*:}"
done
has "$out" "exit code 139: client killed by SIGSEGV" "the last line says whose it is"
whose() { printf '%s\n' "$out" | sed -n 's/.*s, exit code/exit code/p'; }
step -q --auto sh -c 'exit 3' :: true
is "$rc $(whose)" "0 exit code 0: client exits 0; server exits 3" "the client's, whatever the server's; that is said, too"
step -q --auto true :: sh -c 'exit 4' :: true
is "$rc $(whose)" "4 exit code 4: client exits 4" "of several clients the first that failed"
step -q --auto sh -c 'exit 5'
is "$rc $(whose)" "5 exit code 5: program exits 5" "of one program its own"

# A client does not come before its server, shown or not: it is held before its connect().
for how in -q ""; do
	step $how --auto sh -c "sleep 1; exec $EX/echo_server 7001" :: "$EX/echo_client" 127.0.0.1 7001 hello
	is "$rc $(printf '%s\n' "$out" | grep -c ECONNREFUSED)" "0 0" "a server that is late is waited for${how:+ ($how)}"
done
step --auto sh -c 'read never' :: "$EX/echo_client" 127.0.0.1 7001 hello
has "$out" "held before connect(): nobody listens on" "and that is said"
has "$out" "nobody listens: server in read" "who will not listen is not waited for without end"
ok "$([ "$rc" -ne 0 ]; echo $?)" "and then it is refused"
step --auto sh -c 'exit 0' :: "$EX/echo_client" 127.0.0.1 7001 hello
is "$(printf '%s\n' "$out" | grep -c 'held before')" 0 "nobody is held for a server that has ended"
step --auto "$EX/echo_server" 7001 :: "$PR/turns" crash 7001
has "$out" "killed by SIGSEGV" "a crash is shown as what it is"
step --auto "$EX/echo_server" 7001 :: "$PR/turns" quit 7001
has "$out" "exit_group(5)" "and so is an end without close()"

for what in "$PR/leaking-frame 9000 :: $PR/crowd 9000 3" "$EX/echo_server 7001 :: $PR/turns thread $EX/echo_client 127.0.0.1 7001 x"; do
	# shellcheck disable=SC2086 # a list of words
	"$LASTACK" step --auto --json $what >"$WORK/json" 2>&1 </dev/null
	fits_schema event "every line of --json fits the schema" "$WORK/json"
done

# --- strace's words ----------------------------------------------------------------------------------------

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	strace -o "$WORK/strace" -e trace=network,read,write,readv,writev,close,dup,dup2,dup3,sendfile,exit_group "$PR/calls" </dev/null
	"$LASTACK" step --auto --json "$PR/calls" >"$WORK/json" </dev/null
	diff=$(python3 "$SRC/test/strace.py" "$WORK/strace" "$WORK/json") || true
	has "$diff" "calls, 0 differ" "every call as strace prints it ($diff)"
else
	skip "strace is not installed, or may not trace here"
fi

# --- lines and leaks ---------------------------------------------------------------------------------------

for built in frame no-frame static; do
	step --leaks "$PR/leaking-$built" 9000 :: "$PR/crowd" 9000 3
	is $rc 1 "leaking server, $built: exit code 1"
	has "$out" "holds 3 connections whose peers have sent their FIN, in CLOSE_WAIT" "three of them"
	has "$out" "made       leaking_server.c:$(grep -n 'accept(listener' "$SRC/examples/leaking_server.c" | cut -d: -f1) main" "the line of accept()"
	has "$out" "saw end    leaking_server.c:$(grep -n 'read(conn' "$SRC/examples/leaking_server.c" | cut -d: -f1) echo" "the line of read()"
done
step --leaks "$PR/leaking-no-debug" 9000 :: "$PR/crowd" 9000 3
has "$out" "made       main+0x" "without -g: the functions' names"
has "$out" "saw end    echo+0x" "of both calls"
step --leaks "$PR/pool" 9000 leak :: "$PR/crowd" 9000 60
has "$out" "holds 60 connections" "threads: all of them"
has "$out" "pool.c:$(grep -n 'accept(listener' "$SRC/test/programs/pool.c" | cut -d: -f1) worker" "with the line in the thread's function"
step --leaks "$PR/pool" 9000 :: "$PR/crowd" 9000 60
is "$rc" 0 "the correct twin is silent"
step --leaks "$EX/echo_server" 9000 :: "$EX/echo_client" 127.0.0.1 9000 x
is "$rc" 0 "and so is the echo server"

# --- orders ------------------------------------------------------------------------------------------------

verbs 'server until blocked' 'stack' 'client to connect' 'expect client none' 'hold both FIN' 'client past connect' 'until blocked' \
	'expect held server FIN' 'expect server FIN_WAIT1' 'release FIN' 'client go' 'expect client exits 0'
step --script "$verbs" "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 hi
is $rc 0 "a script: past, to, until, with the wire's holds, and expectations"
has "$out" "stops before connect(3, {" "to stops before the call"
has "$out" "waits: in accept" "a call that sleeps is told"
has "$out" "echo_server.c:$(grep -n 'accept(listener' "$SRC/examples/echo_server.c" | cut -d: -f1) main" "and where, by the verb stack"
verbs 'server past close'
step --script "$verbs" "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 hi
is $rc 0 "past what cannot come yet: told, and no hang"
has "$out" "waits: in accept" "with what it waits in"
verbs 'note "`touch x`"' "let to $WORK/saved" 'save $to'
step --script "$verbs" /bin/true
is $rc 3 "a script writes no files"
has "$out" "a script writes no files; save is for who types at a prompt" "and is told so"
ok "$([ ! -e "$WORK/saved" ]; echo $?)" "nothing was written"
verbs 'client past sned'
step --script "$verbs" "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 hi
has "$out" "'sned' is no call" "a wrong call's name is an error"
verbs 'client go' 'server go' 'client past send'
step --script "$verbs" "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 hi
has "$out" "client has ended" "so is a program that has ended"
scenario 'title "x"' "client run $EX/echo_client 10.0.0.2 1 x"
run lab "$lab"
is "$rc" 3 "a file's run is refused"
has "$out" "--allow-run" "with what to do"
run lab --allow-run "$lab"
is "$rc" 0 "and allowed"
step --auto "$EX/echo_server" 7002 :: "$EX/echo_client" 10.0.0.2 7002 hi
has "$out" "client 10.0.0.1, server 10.0.0.2" "a host's address: two hosts"

# Which of the pool's threads gets the connection is the kernel's choice; the crowd's one child is client/2 in each run.
verbs 'server until blocked' 'client past connect' 'client/2 to recv' 'expect server count ESTABLISHED 1' 'server/99 go'
step --script "$verbs" "$PR/pool" 7002 :: "$PR/crowd" 7002 1
is $rc 3 "one thread of a program can be told"
has "$out" "client/2: stops before read(3, " "and goes on, and nobody else"
has "$out" "verbs:5: server has" "a thread that is not there is an error, with file and line"

verbs 'server until blocked' 'wait 200ms' 'expect server accept pending' 'client past connect' 'server past accept' 'expect server accept 4'
step --script "$verbs" "$PR/turns" alarm 7002 :: "$EX/echo_client" 127.0.0.1 7002 x
is $rc 0 "a call that a signal interrupted and the kernel makes again has not returned"
has "$out" "= ? (interrupted, will restart)" "and that is said"

verbs 'server until blocked' 'wait 200ms' 'client go' 'server past accept'
step --json --script "$verbs" "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 x
is "$(printf '%s\n' "$out" | python3 -c 'import json, sys
took = {e["whole"].split("(")[0]: e["took_ns"] for e in map(json.loads, sys.stdin) if e.get("event") == "result" and "took_ns" in e}
print(took["accept"] >= 200000000, took["listen"] > 0)')" "True True" "how long a call took: at least as long as it slept, and never nothing"
step -v --auto "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 x
ok "$(printf '%s\n' "$out" | grep -qE 'listen\(3, 1\) = 0 <[0-9.]+ (us|ms|s)>'; echo $?)" "with -v, in the ladder" "$out"
step --auto "$EX/echo_server" 7002 :: "$EX/echo_client" 127.0.0.1 7002 order
is "$(printf '%s\n' "$out" | grep -nE '^ .{40,}prints|sendto\(4' | cut -d: -f2 | grep -oE 'prints|sendto' | head -2 | paste -sd' ')" "prints sendto" \
	"what a program prints before a call stands before it"

verbs 'until blocked' 'client type "test\n"' 'until blocked' 'expect client write 5' 'expect server recv "test\n"' 'expect server accept 4' \
	'expect server listen 0' 'expect server read pending' 'server signal TERM' 'until blocked' 'expect server exits 143'
step -q --script "$verbs" "$EX/leaking_server" 7002 :: "$EX/line_client" 127.0.0.1 7002
is "$rc $out" "0 ok, 6 expectations, ${out##*, }" "the last call of a kind can be expected, and a signal's exit code"
verbs next next next next next next next next
step --script "$verbs" "$EX/echo_server" 7002 :: sh -c "sleep 0.02; sleep 0.02; exec $EX/echo_client 127.0.0.1 7002 late"
has "$out" "connect(3, " "next waits for who is still on the way to his first call"

# --- what cannot be stepped --------------------------------------------------------------------------------

for wrong in "no-such-program|cannot be started" "/|folder" "/etc/passwd|executable"; do
	step --auto "${wrong%|*}"
	is $rc 3 "${wrong%|*}: exit code 3"
	has "$out" "${wrong#*|}" "and why"
done
step --auto ""
is $rc 3 "an empty name: exit code 3"
has "$out" "'' is none" "and why"
# Its child ends and is not asked for: sleep, which it becomes, knows nothing of it. The child waits for that, for a shell asks.
sh -c '(until grep -qs sleep "/proc/$$/comm"; do :; done) & echo $! >"$1"; exec sleep 60' sh "$WORK/zombie" &
parent=$!
until grep -qs '(sh) Z' "/proc/$(cat "$WORK/zombie" 2>/dev/null)/stat"; do sleep 0.1; done
step -p "$(cat "$WORK/zombie")"
is $rc 3 "a zombie: exit code 3"
has "$out" "has ended; its parent has not asked" "and why"
kill $parent
wait $parent 2>/dev/null
step -p 999999
has "$out" "there is no process 999999" "no such process"
step :: "$EX/echo_server"
has "$out" "a program is missing" ":: without a program"

# --- hard turns --------------------------------------------------------------------------------------------

for how in thread spawn; do
	step --auto "$EX/leaking_server" 7003 :: "$PR/turns" $how "$EX/echo_client" 127.0.0.1 7003 "by $how"
	has "$out" "by $how\\n" "$how: followed, and it prints"
done
step -q --auto "$PR/pool" 7003 :: "$PR/crowd" 7003 100
is $rc 0 "50 threads in accept(), 100 forks"
# Two programs that answer each other are never still: time ends it.
for how in "-q --auto" --leaks; do
	rc=0
	out=$(timeout 60 "$LASTACK" step $how --for 500ms "$PR/rally" listen 7003 :: "$PR/rally" 127.0.0.1 7003 2>&1 </dev/null) || rc=$?
	is $rc 0 "$how --for ends a rally"
done
cat >"$WORK/rally.lab" <<END
title "never still"
server run $PR/rally listen 7003
server until blocked
client run $PR/rally 10.0.0.2 7003
go 300ms
expect client exits 0 within 0s
END
rc=0
out=$(timeout 60 "$LASTACK" lab -q --allow-run "$WORK/rally.lab" 2>&1 </dev/null) || rc=$?
is $rc 1 "and the time of a scenario ends it too"
step --auto "$PR/ring"
has "$out" "io_uring: what it does by that is no system call" "io_uring is announced"
step --auto --no-io-uring "$PR/ring"
has "$out" 'prints "ENOSYS\n"' "and refused when asked for"
step --auto sleep 0.1
is $rc 0 "a program without sockets"

# Calls whose numbers mean others: what 64-bit programs make by int 0x80 and as x32's, and what 32-bit programs make.
if [ "$(uname -m)" = x86_64 ]; then
	step --auto "$PR/other_calls"
	is "$(printf '%s\n' "$out" | grep -c '32-bit system calls')" 1 "32-bit calls of a 64-bit program: told once"
	case $out in
	*'prints "none'*) skip "int 0x80 is switched off in this kernel" ;;
	*)
		has "$out" 'prints "read 0, close 0, again 3, close 0' "and they do what they do"
		is "$(printf '%s\n' "$out" | grep -c 'close(')" 1 "and are not told as others"
		;;
	esac
	printf '%s\n' '.globl _start' '_start: mov $7, %ebx' 'mov $1, %eax' 'int $0x80' >"$WORK/exits.s"
	if as --32 -o "$WORK/exits.o" "$WORK/exits.s" && ld -m elf_i386 -o "$WORK/exits" "$WORK/exits.o" && ("$WORK/exits") 2>/dev/null; [ $? -eq 7 ]; then
		step --auto "$WORK/exits"
		has "$out" "32-bit program; lastack steps 64-bit ones" "a 32-bit program is refused"
		step --auto sh -c "$WORK/exits; exit \$?"
		is "$rc" 7 "one that a script runs is let run"
		has "$out" "32-bit system calls" "and its calls are said not to be shown"
	else
		skip "32-bit programs do not run here"
	fi
else
	skip "32-bit calls: this is no x86-64"
fi

# --- as nobody ---------------------------------------------------------------------------------------------

if [ "$(id -u)" -eq 0 ] && mknod "$WORK/tun" c 10 200 2>/dev/null && chmod 666 "$WORK/tun"; then
	cp "$LASTACK" "$EX/echo_server" "$EX/echo_client" "$PR/mirror" "$WORK/" && chmod 755 "$WORK"/*
	for tun in "$WORK/tun" /nowhere; do
		rc=0
		out=$(LASTACK_TUN=$tun setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/lastack" step --auto "$WORK/echo_server" 7005 :: \
			"$WORK/echo_client" 127.0.0.1 7005 nobody 2>&1 </dev/null) || rc=$?
		case $out in *"no user namespace"* | *"user namespaces"*) skip "nobody may make no user namespace here"; continue ;; esac
		is "$rc" 0 "as nobody, TUN $tun"
		has "$out" "TIME_WAIT" "from socket() to TIME_WAIT"
		out=$(LASTACK_TUN=$tun setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/lastack" step --auto "$WORK/mirror" :: true 2>&1 </dev/null) || true
		has "$out" "Uid:\\t65534\\t65534" "and the programs are nobody's, too"
	done
else
	skip "not root: cannot become nobody"
fi

# --- nothing left behind -----------------------------------------------------------------------------------

# A number that only this test's processes have in their command lines.
port=$((20000 + $$ % 10000))
"$LASTACK" step --auto "$PR/pool" $port :: sleep 60 >/dev/null 2>&1 </dev/null &
tracer=$!
comes pgrep -f "^$PR/pool $port" >"$WORK/out"
ok $? "it runs"
kill -9 $tracer
wait $tracer 2>/dev/null
nobody_runs() { ! pgrep -f "^$PR/pool $port" >/dev/null; }
comes nobody_runs
is "$(pgrep -f "^$PR/pool $port" | wc -l)" 0 "kill -9: started programs are gone"

"$EX/leaking_server" $port >/dev/null 2>&1 &
server=$!
listens() { grep -q ":$(printf %04X $port) 0*:0000 0A" /proc/net/tcp; }
comes listens
if "$LASTACK" step -q --auto --for 300ms -p $server >"$WORK/out" 2>&1 </dev/null; then
	"$LASTACK" step --auto -p $server >/dev/null 2>&1 </dev/null &
	tracer=$!
	traced() { ! grep -q '^TracerPid:	0$' "/proc/$server/status"; }
	comes traced
	is "$("$PR/crowd" $port 1)" "0 of 1 failed" "an attached server serves while it is stepped"
	kill -9 $tracer
	wait $tracer 2>/dev/null
	is "$("$PR/crowd" $port 1)" "0 of 1 failed" "kill -9: an attached program runs on"
	"$LASTACK" step --auto -p $server >"$WORK/out" 2>&1 </dev/null &
	tracer=$!
	comes traced
	"$PR/crowd" $port 1 >"$WORK/crowd"
	kill -INT $tracer
	wait $tracer 2>/dev/null
	has "$(tr -s ' \n' ' ' <"$WORK/out")" "2 connections were there before, CLOSE_WAIT" "connections from before are one line"
	is "$(grep -c '#[0-9]* :[0-9]* [A-Z]' "$WORK/out")" "$(grep -c '#[0-9]* ' "$WORK/out")" \
		"and each packet of the new one says of which it is ($(grep -c '#[0-9]* ' "$WORK/out"))"
	rc=0
	out=$("$LASTACK" step --leaks --for 200ms -p $server 2>&1 </dev/null) || rc=$?
	is $rc 1 "its leaks are found"
	has "$out" "3 connections" "also those from before it was watched"
	is "$(grep TracerPid /proc/$server/status | tr -d '\t')" "TracerPid:0" "and it is let go"
else
	skip "no right to attach here: $(cat "$WORK/out")"
fi
kill $server
wait $server 2>/dev/null
done_testing
