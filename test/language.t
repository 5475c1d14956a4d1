#!/bin/sh
# SPDX-License-Identifier: MIT
# The language: what each verb and expectation does on the kernel, beyond the built-in scenarios.
. "$(dirname "$0")/lib.sh"
need_lab

# passes NAME LINE…: the scenario of these lines holds.
passes() {
	name=$1
	shift
	scenario "title \"$name\"" "$@"
	run lab "$lab"
	ok $rc "$name" "$out"
}

# fails NAME WANTED LINE…: it fails, exit 1, and says WANTED.
fails() {
	name=$1
	wanted=$2
	shift 2
	scenario "title \"$name\"" "$@"
	run lab "$lab"
	is $rc 1 "$name: exit code 1"
	has "$out" "$wanted" "$name: says what was seen"
}

passes "data, queues and end of file" \
	'server listen 7777' 'client connect 7777' 'server accept' \
	'client send "hello"' 'expect client send 5' 'expect server ESTABLISHED rq 5 owned' \
	'server recv' 'expect server recv "hello"' 'expect server ESTABLISHED rq 0' \
	'hold server DATA' 'server send 100 bytes' 'expect server ESTABLISHED sq 100' 'expect held server DATA 1' \
	'release DATA' 'expect server ESTABLISHED sq 0' 'expect client ESTABLISHED rq 100' \
	'client recv 40' 'expect client recv 40' 'expect client ESTABLISHED rq 60'
passes "IPv6" 'server listen 7777 v6' 'client connect 7777 v6' 'server accept' 'expect client ESTABLISHED owned' \
	'client close' 'expect client FIN_WAIT2' 'server close' 'expect client TIME_WAIT'
passes "a listener on :: takes IPv4 too" 'server listen 7777 v6' 'client connect 7777' 'expect client connect ok'
passes "one that is v6only does not" 'server listen 7777 v6only' 'client connect 7777' 'expect client connect ECONNREFUSED'
passes "a pending accept wakes at the last ACK, not at the SYN" 'server listen 7777' 'server accept' \
	'expect server accept pending' 'hold client ACK' 'client connect 7777' 'expect client connect ok' \
	'expect server accept pending' 'release ACK' 'expect server accept ok' 'expect server ESTABLISHED owned'
passes "what is accepted beyond the first goes to actors of its own" 'server listen 7777' 'client connect 7777' \
	'client2 connect 7777' 'client3 connect 7777' 'server accept' 'server accept' 'server accept as server-b' \
	'client2 send "two"' 'server.2 recv' 'expect server.2 recv "two"' \
	'client3 send "three"' 'server-b recv' 'expect server-b recv "three"' 'expect server count ESTABLISHED 3' \
	'expect server-b ESTABLISHED owned' 'server.2 close' 'expect server.2 FIN_WAIT2' 'expect client2 CLOSE_WAIT'
passes "abort resets" 'server listen 7777' 'client connect 7777' 'server accept' 'client abort' \
	'expect client none' 'server recv' 'expect server recv ECONNRESET'
passes "shutdown works beside a pending recv" 'server listen 7777' 'client connect 7777' 'server accept' \
	'server recv' 'expect server recv pending' 'server shutdown rd' 'expect server recv 0 within 1s'
passes "half-close" 'server listen 7777' 'client connect 7777' 'server accept' 'client shutdown' \
	'expect client FIN_WAIT2 owned timer off' 'server send "late"' 'client recv' 'expect client recv "late"' \
	'server close' 'expect client TIME_WAIT'
passes "options are kept for the next socket" 'server set rcvbuf 4096' 'server listen 7777' 'client set nodelay 1' \
	'expect client set ok' 'client connect 7777' 'client set keepalive 1' 'expect client set 0' \
	'expect client ESTABLISHED timer keepalive'
passes "drop: a lost segment is sent again" 'server listen 7777' 'client connect 7777' 'server accept' \
	'drop client DATA 1' 'client send "once"' 'server recv' 'expect server recv "once" within 3s' \
	'expect wire client DATA 2' 'expect client counter TcpExt.TCPTimeouts >=0'
passes "drop a held packet" 'hold client SYN' 'server listen 7777' 'client connect 7777' 'drop 1' \
	'expect held client SYN 0' 'expect server none'
passes "pass lets one go, the hold stays" 'server listen 7777' 'hold client SYN' 'client connect 7777' 'client2 connect 7777' \
	'pass 2' 'expect client2 connect ok' 'expect client connect pending' 'pass SYN' 'expect client connect ok'
passes "repeat and variables" 'server listen 7777 backlog 20' 'let p 7777' 'repeat 10 as i' 'client$i connect $p' 'end' \
	'expect client count ESTABLISHED 10' 'expect server LISTEN queue 10' 'repeat 2 as i' 'client${i} close' 'end' \
	'expect client count FIN_WAIT2 2'
passes "close of the listener" 'server listen 7777' 'server close listener' 'expect server none LISTEN'
passes "an address in use" 'server listen 7777' 'server2 listen 7777' 'expect server2 listen EADDRINUSE'
passes "by ACTOR" 'server listen 7777' 'client connect 7777' 'client2 connect 7777' 'client2 close' \
	'expect client FIN_WAIT2 by client2' 'expect client2 none ESTABLISHED' 'expect client ESTABLISHED port 7777'
passes "states in any spelling" 'server listen 7777' 'client connect 7777' 'expect client estab' 'expect client established' \
	'expect server Listen queue 1' 'client close' 'expect client FIN-WAIT-2'
passes "a needs that holds" 'needs kernel 4.0' 'needs sysctl net.ipv4.tcp_sack' 'needs program sh' 'needs time'
passes "300 connections" 'server listen 7777 backlog 400' 'repeat 300 as i' 'client$i connect 7777' 'end' \
	'expect server LISTEN queue 300' 'expect client count ESTABLISHED 300'
passes "a bulk transfer" 'server listen 7777' 'client connect 7777' 'server accept' 'client send 3000000 bytes' \
	'expect client send pending' 'repeat 3000' 'server recv 1000' 'end' 'expect client send 3000000'

fails "an expectation that is wrong" "expected: client CLOSE_WAIT within 100ms" \
	'server listen 7777' 'client connect 7777' 'expect client CLOSE_WAIT within 100ms'
has "$out" "t.lab:4: the expectation failed" "with file and line"
has "$out" "seen:     client ESTABLISHED rq 0 sq 0 owned" "what is instead"
has "$out" "Peer Address:Port" "and the tables"
fails "for TIME: it must stay so" "was so for 1.0" 'server listen 7777' 'drop client SYN 1' 'client connect 7777' \
	'expect client SYN_SENT for 3s'
fails "a counter" "ListenDrops is 0" 'expect server counter ListenDrops 1 within 50ms'
fails "a call's result" "recv returned 5 \"hello\"" 'server listen 7777' 'client connect 7777' 'server accept' \
	'client send "hello"' 'server recv' 'expect server recv "hallo" within 50ms'
run lab -q "$lab"
has "$out" "seen:     recv returned" "-q tells a failure too"

scenario 'title "skip"' 'needs kernel 99.1' 'expect client LISTEN'
run lab "$lab"
is $rc 3 "what cannot run: exit code 3"
has "$out" "skipped: needs kernel 99.1, this is" "with its reason"
scenario 'title "skip"' 'needs program no-such-program-here'
run lab "$lab"
has "$out" "skipped: needs program no-such-program-here" "a missing program"
done_testing
