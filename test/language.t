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
	case $out in
	*"skipped: "*) skip "$name: ${out#*skipped: }" ;;
	*) ok "$rc" "$name" "$out" ;;
	esac
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

passes "dup, corrupt and their counters" 'server listen 7777' 'client connect 7777' 'server accept' 'dup client DATA 1' \
	'client send "twice"' 'expect server ESTABLISHED rq 5' 'expect server counter TCPDSACKOldSent >=0' 'server recv' \
	'mark' 'corrupt client DATA 1' 'client send "broken"' 'expect server counter Tcp.InErrs 1' \
	'server recv' 'expect server recv "broken" within 3s' 'expect wire client DATA >=3'
passes "delay is not waited for" 'server listen 7777' 'client connect 7777' 'server accept' 'delay client DATA 150ms 1' \
	'client send "late"' 'expect server ESTABLISHED rq 0' 'expect server ESTABLISHED rq 4 within 1s'
# The swap comes first: whether a sender that was told of a hole sends again depends on how long its round trips took (RACK), and
# with it the numbers of the packets behind.
passes "swap and reorder" 'server listen 7777' 'client connect 7777' 'server accept' 'client set nodelay 1' \
	'hold client DATA' 'client send "one "' 'client send "two "' 'swap 4 5' 'release DATA' 'server recv' \
	'expect server recv "one two "' 'expect server counter TCPOFOQueue 1' 'reorder client DATA 1' 'client send "three "' \
	'client send "four "' 'server recv' 'expect server recv "three four "' 'expect server counter TCPOFOQueue 2'
passes "cut and heal" 'server listen 7777' 'client connect 7777' 'server accept' 'cut' 'client send "x"' \
	'expect server ESTABLISHED rq 0' 'heal' 'expect server ESTABLISHED rq 1 within 3s'
passes "inject: a stranger's SYN, a challenge, data out of nothing" 'server listen 7777' 'hold server SYNACK' 'inject client SYN port 7777' \
	'expect server NEW_SYN_RECV' 'inject client RST port 7777' 'expect server none NEW_SYN_RECV' \
	'drop 2' 'release SYNACK' 'client connect 7777' 'server accept' 'mark' 'inject client SYN' 'expect server counter TCPSYNChallenge 1' \
	'inject client PSH+ACK len 5' 'server recv' 'expect server recv "xxxxx"' 'expect wire client DATA 0'
passes "vanish" 'server listen 7777' 'client connect 7777' 'server accept' 'client vanish' 'expect client none' \
	'expect server ESTABLISHED owned for 100ms' 'expect wire client FIN 0'
passes "of ACTOR and port N" 'server listen 7777' 'server-b listen 8888' 'hold client SYN of client2' 'hold client SYN port 8888' \
	'client connect 7777' 'client2 connect 7777' 'client3 connect 8888' 'expect client connect ok' \
	'expect client2 connect pending' 'expect client3 connect pending' 'expect held client SYN 2' \
	'expect held client SYN of client2' 'release SYN of client2' 'expect client2 connect ok' \
	'expect client3 connect pending' 'release SYN' 'expect client3 connect ok' 'expect wire client SYN of client2 1'
passes "sysctl and mark" 'sysctl both net.ipv4.tcp_timestamps 0' 'sysctl server net.ipv4.ip_local_port_range 40000 40009' \
	'server listen 7777' 'client connect 7777' 'mark' 'client2 connect 7777' 'expect client counter ActiveOpens 1'
# The kernel delays an ACK after an answer that came within 40 ms: one of twenty does, whoever else computes.
passes "option delack" 'option delack on' 'server listen 7777' 'client connect 7777' 'server accept' 'mark' 'repeat 20' \
	'client send "a"' 'server recv' 'server send "b"' 'client recv' 'client send "c"' 'expect client ESTABLISHED sq 0 within 1s' \
	'server recv' 'end' 'expect server counter DelayedACKs >=1'
passes "option mtu" 'option mtu 1280' 'server listen 7777' 'client connect 7777' 'server accept' 'client send 3000 bytes' \
	'expect server ESTABLISHED rq 3000' 'expect wire client DATA 3'
passes "option offload" 'needs tun' 'option offload on' 'server listen 7777' 'client connect 7777' 'server accept' 'client send 12000 bytes' \
	'expect server ESTABLISHED rq 12000' 'expect wire client DATA <9' 'mark' 'corrupt client DATA 1' 'client send 10 bytes' \
	'expect server counter Tcp.InErrs 1' 'expect server ESTABLISHED rq 12010 within 3s'
passes "option rtt" 'option rtt 60' 'server listen 7777' 'client connect 7777' 'expect client connect pending' \
	'expect client connect ok within 1s' 'expect server ESTABLISHED no-owner within 1s'
passes "option loopback" 'option loopback on' 'server listen 7777' 'client connect 7777' 'server accept' \
	'client send "here"' 'server recv' 'expect server recv "here"' 'hold both FIN' 'client close' 'server close' \
	'hold both ACK' 'release FIN' 'expect client CLOSING' 'expect server CLOSING' 'release ACK' 'expect client TIME_WAIT'
passes "loopback: whoever connects is on his own side" 'option loopback on' 'client listen 7777' 'hold server SYN' \
	'server connect 7777' 'expect server SYN_SENT' 'expect held server SYN' 'release SYN' 'client accept' \
	'expect client ESTABLISHED owned' 'server close' 'expect server FIN_WAIT2' 'expect client CLOSE_WAIT'

fails "an expectation that is wrong" "expected: client CLOSE_WAIT within 100ms" \
	'server listen 7777' 'client connect 7777' 'expect client CLOSE_WAIT within 100ms'
has "$out" "t.lab:4: the expectation failed" "with file and line"
has "$out" "seen:     client ESTABLISHED rq 0 sq 0 owned" "what is instead"
has "$out" "Peer Address:Port" "and the tables"
fails "for TIME: it must stay so" "was so for " 'server listen 7777' 'drop client SYN 1' 'client connect 7777' \
	'expect client SYN_SENT for 3s'
# On a crowded machine the expectation begins a little after the SYN.
stayed=$(printf '%s\n' "$out" | sed -n 's/.*was so for \([0-9.]*\) \(m*s\).*/\1 \2/p' | awk '{ print $2 == "ms" ? $1 / 1000 : $1 }')
ok "$(awk -v t="$stayed" 'BEGIN { print !(t > 0.7 && t < 1.4) }')" "until the SYN was sent again, after a second ($stayed s)"
fails "a counter" "ListenDrops is 0" 'expect server counter ListenDrops 1 within 50ms'
fails "a call's result" "recv returned 5 \"hello\"" 'server listen 7777' 'client connect 7777' 'server accept' \
	'client send "hello"' 'server recv' 'expect server recv "hallo" within 50ms'
run lab -q "$lab"
has "$out" "seen:     recv returned" "-q tells a failure too"

# What was, what is nearest, who waits, what came last.
fails "a state that has passed" "was:      server LAST_ACK was there from " 'server listen 7777' 'client connect 7777' 'server accept' \
	'client close' 'server close' 'expect server LAST_ACK retrans >=1 within 50ms'
has "$out" "packets:  the last are #3 ACK from client, #4 FIN+ACK from client, #5 ACK from server, #6 FIN+ACK from server, #7 ACK from client" \
	"and the last packets"
fails "one that was just so" "was:      client FIN_WAIT1 was so from " 'server listen 7777' 'client connect 7777' 'server accept' \
	'client close' 'expect client FIN_WAIT1 no-owner within 50ms'
fails "one that never was" "seen:     server LISTEN" 'server listen 7777' 'client connect 7777' 'expect server CLOSING within 50ms'
case $out in *"was: "*) ok 1 "nothing is said to have been" "$out" ;; *) ok 0 "nothing is said to have been" ;; esac
fails "the nearest socket" "owned port 7777 by server; not so: rq 4, timer on" 'server listen 7777' 'client connect 7777' 'server accept' \
	'client2 connect 7777' 'client send "hello"' 'expect server ESTABLISHED rq 4 owned timer on within 50ms'
has "$out" "nearest:  server ESTABLISHED rq 5 " "is the one of which most is so"
fails "what is held" "waits:    #1 SYN from client is held on the wire; 'pass 1' lets it go" 'hold client SYN' 'server listen 7777' \
	'client connect 7777' 'expect client ESTABLISHED within 50ms'
if [ -x "$SRC/build/examples/echo_server" ]; then
	scenario 'title "x"' "server run $SRC/build/examples/echo_server 7777" 'server until blocked' 'client connect 7777' 'server past accept' \
		'client send "hello"' 'expect client recv "hello" within 50ms'
	run lab --allow-run -q "$lab"
	is $rc 1 "a program that is stopped: exit code 1"
	has "$out" "waits:    server is stopped behind accept; 'server go' lets it run" "it is named, and what lets it go"
else
	skip "no examples were built"
fi

# finally: its lines are run whatever came before; what went wrong first is the verdict.
passes "finally, where all holds" 'server listen 7777' 'client connect 7777' 'finally' 'client close' 'expect client FIN_WAIT2'
fails "finally after a failure" "expected: server CLOSING within 1ms" 'server listen 7777' 'repeat 1' 'client connect 7777' \
	'expect server CLOSING within 1ms' 'end' 'note "never"' 'finally' 'client close' 'client2 colse' 'expect client LISTEN within 1ms' \
	'note "cleaned"'
has "$out" "FIN_WAIT1    close(3) = 0" "its calls are made"
has "$out" "also: $lab:10: there is no verb 'colse'; did you mean 'close'?" "what is wrong there is told besides, with its line"
has "$out" "also: $lab:11: expected: client LISTEN within 1ms; seen:" "and what does not hold there"
has "$out" "│ cleaned" "to its last line"
case $out in *never*) ok 1 "what stands between is left out" "$out" ;; *) ok 0 "what stands between is left out" ;; esac
fails "a failure in finally alone" "expected: client LISTEN within 1ms" 'server listen 7777' 'finally' 'expect client LISTEN within 1ms' 'note "cleaned"'
has "$out" "│ cleaned" "the lines behind it are run"
scenario 'title "x"' 'server listen 7777' 'server frob' 'finally' 'expect client LISTEN within 1ms' 'server close'
run lab "$lab"
is $rc 3 "an error before it is the verdict, whatever fails in it: exit code 3"
has "$out" "close(3) = 0" "and its lines are run"
scenario 'title "x"' 'server listen 7777' 'quit' 'finally' 'server close' 'note "cleaned"'
run lab "$lab"
is $rc 0 "after quit"
has "$out" "│ cleaned" "it is run, too"
scenario 'title "x"' 'server listen 7777' 'needs kernel 99.1' 'finally' 'server close' 'server frob'
run lab "$lab"
is $rc 77 "after a skip in the middle: exit code 77"
has "$out" "close(3) = 0" "it is run"
scenario 'title "x"' 'needs kernel 99.1' 'finally' 'server close' 'note "cleaned"'
run lab "$lab"
case $rc$out in 77*cleaned*) ok 1 "where nothing was begun it is left out" "$out" ;; 77*) ok 0 "where nothing was begun it is left out" ;; *) ok 1 "skipped" "$out" ;; esac

scenario 'title "skip"' 'needs kernel 99.1' 'expect client LISTEN'
run lab "$lab"
is $rc 77 "what cannot run: exit code 77, as automake has it"
has "$out" "skipped: needs kernel 99.1, this is" "with its reason"
scenario 'title "skip"' 'needs program no-such-program-here'
run lab "$lab"
has "$out" "skipped: needs program no-such-program-here" "a missing program"
done_testing
