#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad input gets one clear sentence, with file and line, and exit code 3.
. "$(dirname "$0")/lib.sh"
need_lab

# refused NAME SENTENCE LINE…: the scenario stops with this sentence.
refused() {
	name=$1
	wanted=$2
	shift 2
	scenario 'title "x"' "$@"
	rc=0
	out=$("$LASTACK" lab "$lab" 2>&1 >/dev/null </dev/null) || rc=$?
	is $rc 3 "$name: exit code 3"
	has "$out" "$wanted" "$name: one sentence"
	ok "$([ "$(printf '%s\n' "$out" | wc -l)" -le 2 ]; echo $?)" "$name: and the line it is about"
}

refused "a wrong verb" "t.lab:2: there is no verb 'conect'; did you mean 'connect'?" 'client conect 7777'
refused "a wrong first word" "there is no verb 'hodl'; did you mean 'hold'?" 'hodl client SYN'
refused "a verb without its actor" "who accepts? An actor is named before its verb; write 'server accept'" 'accept'
refused "who is ready for it" "write 'client2 send \"x\"'" 'server listen 7777' 'client2 connect 7777' 'send "x"'
refused "and its arguments" "who runs? An actor is named before its verb; write 'client run ls -l'" 'run ls -l'
refused "an actor behind its verb" "an actor is named before its verb; write 'client set nodelay 1'" 'set client nodelay 1'
refused "a verb of the wire behind an actor" "'hold' stands first in its line, no actor before it; write 'hold SYN'" 'client hold SYN'
refused "a misspelt actor" "there is no actor 'clinet'; did you mean 'client'?" 'clinet close'
refused "an actor that was made" "there is no actor 'sever-b'; did you mean 'server-b'?" 'server-b listen 7777' 'sever-b accept'
refused "another tool's word" "there is no verb 'list'; did you mean 'table'?" 'list'
refused "another tool's word of an actor" "there is no verb 'read'; did you mean 'recv'?" 'client read 5'
refused "a sysctl of nobody" "whose sysctl? client, server or both comes first; write 'sysctl both net.ipv4.tcp_fin_timeout …'" \
	'sysctl tcp_fin_timeout 5'
refused "a sysctl's short name" "by their whole names; did you mean net.ipv4.tcp_fin_timeout?" 'sysctl server tcp_fin_timeout 5'
refused "a misspelt host that is looked at" "'sever' is neither a host nor an actor, nor wire, nor held; did you mean server?" \
	'expect sever LISTEN'
refused "a misspelt host of connect" "'sever' is no host: client, server, or an address; did you mean server?" 'client connect 80 host sever'
refused "a misspelt sender" "who sends? client, server or both, not 'bth'; did you mean both?" 'hold bth SYN'
refused "a misspelt actor of a hold" "'clinet' names no actor; did you mean client?" 'hold client SYN of clinet'
refused "a misspelt owner" "'srver' names no actor; did you mean server?" 'expect server LISTEN by srver'
refused "no state at all" "'xyzzy' is no state; there are none, count, counter, an actor's call, and LISTEN" 'expect client xyzzy'
refused "a wrong number" "the port is a number from 1 to 65535, not '99999'" 'client connect 99999'
refused "no number" "the port is missing: a number from 1 to 65535 (ACTOR connect PORT [host HOST] [v6])" 'client connect'
refused "a wrong state" "'FIN_WAIT' is no state; did you mean FIN_WAIT1" 'expect client FIN_WAIT'
refused "a wrong kind" "'SYNN' is no kind of packet (did you mean SYN?)" 'hold client SYNN'
refused "a wrong side" "who sends? client, server or both, not 'clinet'" 'hold clinet SYN'
refused "a wrong condition" "'ownde' is no condition; did you mean owned?" 'expect client LISTEN ownde'
refused "a wrong time" "within is a time as 150ms, 2s or 1m (at most 24 hours), not '5'" 'expect client none within 5'
refused "a wrong option" "there is no option 'nodely'; did you mean 'nodelay'?" 'client set nodely 1'
refused "an option that is none" "there is no option 'frobnicate'; there are: nodelay cork" 'client set frobnicate 1'
refused "a wrong counter" "this kernel has no counter 'ListenOverflow'" 'expect server counter ListenOverflow 1'
refused "a counter in two groups" "'InCsumErrors' stands in two groups; write Tcp.InCsumErrors" 'expect server counter InCsumErrors 1'
refused "nothing to release" "there is no hold of FIN to release; held are: client SYN" 'hold client SYN' 'release FIN'
refused "nothing to pass" "no FIN is held" 'pass FIN'
refused "a packet that is not held" "packet #3 is not held" 'drop 3'
refused "no connection" "client has no connection; connect or accept first" 'client send "x"'
refused "no listener" "server does not listen; 'server listen PORT' first" 'server accept'
refused "a second connection" "client has a connection already; close it, or use another actor (client2)" \
	'server listen 7777' 'client connect 7777' 'client connect 7777'
refused "a pending call" "client still waits in connect" 'hold client SYN' 'client connect 7777' 'client send "x"'
refused "words too many" "nothing is expected here, but 'soon' follows" 'server listen 7777' 'client connect 7777' 'client close soon'
refused "an unknown variable" "there is no variable \$port" 'client connect $port'
refused "a wrong host" "'nowhere' is no host: client, server, or an address" 'client connect 80 host nowhere'
refused "options too late" "options come before the first actor" 'server listen 7777' 'option delack on'
refused "an option without value" "on or off is wanted, not ''" 'option delack'
refused "a sysctl of the machine" "only sysctls below net. belong to a host; 'kernel.pid_max' is the machine's" \
	'sysctl server kernel.pid_max 5'
refused "flags that are none" "'SYM' are no flags; write SYN FIN RST" 'server listen 7777' 'inject client SYM'
refused "inject without connection" "there is no connection to inject into; say 'port N'" 'inject client RST'
refused "a second title" "a scenario has one title" 'title "again"'
refused "end alone" "'end' without 'repeat'" 'end'
refused "repeat without end" "t.lab:2: this block has no 'end'" 'repeat 2' 'client bind 1'
refused "finally in a block" "'finally' stands in no block; the 'end' of this one is missing" 'repeat 2' 'client bind 1' 'finally' 'client close'
refused "a second finally" "a scenario has one 'finally'" 'client bind 1' 'finally' 'finally'
refused "a CLOSED socket" "CLOSED is no socket at all: write 'none'" 'expect client CLOSED'
refused "only LISTEN has a queue" "only LISTEN has 'queue'" 'expect client ESTABLISHED queue 1'

scenario 'title "x"' 'server run ./nope.py'
run lab --allow-run "$lab"
case $out in
*"named ./NAME"*) ok 1 "a program that is named ./NAME is not advised to be" "$out" ;;
*"./nope.py cannot be started (no such file or directory)"*) ok 0 "a program that is named ./NAME is not advised to be" ;;
*) ok 1 "a program that is not there" "$out" ;;
esac

scenario 'server listen 7777'
run lab "$lab"
has "$out" "t.lab:1: the first command of a scenario is its title" "no title"
: >"$WORK/empty.lab"
run lab "$WORK/empty.lab"
has "$out" "empty.lab: there is no command in it" "an empty file"
run lab "$WORK/none.lab"
is $rc 3 "a missing file: exit code 3"
has "$out" "none.lab cannot be read (no such file or directory)" "a missing file: one sentence"
mkdir "$WORK/none.lab"
run lab "$WORK/none.lab"
is $rc 3 "a folder without scenarios: exit code 3"
has "$out" "there is no scenario in $WORK/none.lab: no file whose name ends in .lab" "a folder without scenarios: one sentence"
rmdir "$WORK/none.lab"
head -c 1000000 "$LASTACK" >"$WORK/binary.lab" # under the sanitizers it is larger than a scenario may be
run lab "$WORK/binary.lab"
is $rc 3 "a binary file: exit code 3"
has "$out" "is no text: is this file a scenario?" "a binary file: one sentence"
head -c 10000000 /dev/zero | tr '\0' 'a' >"$WORK/long.lab"
run lab "$WORK/long.lab"
is $rc 3 "a line of 10 MB: exit code 3"
has "$out" "long.lab:1: the line is 10000000 bytes long; a line has at most 65535" "a line of 10 MB: one sentence"
ok "$([ "$(printf '%s' "$out" | wc -c)" -lt 300 ]; echo $?)" "which does not repeat it"
head -c 20000000 /dev/zero >"$WORK/huge.lab"
run lab "$WORK/huge.lab"
has "$out" "is larger than 16 MB" "a file of 20 MB"
printf 'title "\033[31mred\033]0;owned\007"\nclient bind 1\n' >"$WORK/hostile.lab"
run lab "$WORK/hostile.lab"
is "$(printf '%s' "$out" | LC_ALL=C tr -dc '\033\007' | wc -c)" 0 "control characters of a scenario never reach the terminal"
printf 'title "\\x1b[31mred"\nnote "\\x1b]0;owned\\x07"\n' >"$WORK/hostile.lab"
run lab "$WORK/hostile.lab"
is "$(printf '%s' "$out" | LC_ALL=C tr -dc '\033\007' | wc -c)" 0 "nor do escaped ones"

printf 'title "a\\x00b"\nnote "nul\\x00after"\nclient bind 1\n' >"$WORK/nul.lab"
run lab "$WORK/nul.lab"
has "$out" 'nul\x00after' "a NUL in a note is shown, and what follows it"

scenario 'title "x"' 'sysctl server net.ipv4.tcp_nonsense 1' 'expect client ESTABLISHED'
run lab "$lab"
is $rc 77 "a sysctl that is none: exit code 77"
has "$out" "skipped: needs sysctl net.ipv4.tcp_nonsense, which this kernel does not have here (is it spelt so?" "it is skipped, with the reason"

run lab clos
is $rc 3 "an unknown scenario: exit code 3"
is "$out" "lastack lab: there is no scenario 'clos'; did you mean 'close'?" "an unknown scenario: the nearest"
run lab --no-such
is $rc 3 "a wrong option: exit code 3"
run lab close refusd
is "$out" "lastack lab: there is no scenario 'refusd'; did you mean 'refused'?" "two scenarios, one unknown"
run lba
is "$out" "lastack: there is no command 'lba'; did you mean 'lab'?" "a wrong command"

# interrupted: the scenario $lab, and Ctrl-C as soon as it is heard; what it said is $out.
interrupted() {
	"$LASTACK" lab "$lab" >"$WORK/out" 2>&1 &
	pid=$!
	comes hears_int $pid
	kill -INT $pid
	rc=0
	wait $pid || rc=$?
	out=$(cat "$WORK/out")
}

# Descriptors that were closed when lastack came.
rc=0
"$LASTACK" lab -q close <&- >"$WORK/out" 2>&1 || rc=$?
is $rc 0 "a closed standard input does no harm"
rc=0
"$LASTACK" lab close >&- 2>"$WORK/err" || rc=$?
is $rc 3 "a closed standard output: exit code 3"
has "$(cat "$WORK/err")" "the output cannot be written" "and one sentence"

# A loop that waits for nothing ends at Ctrl-C too.
scenario 'title "busy"' 'server listen 7777' 'repeat 1000000' 'repeat 1000000' 'end' 'end'
interrupted
is $rc 3 "Ctrl-C ends an empty loop"
scenario 'title "big"' 'let a "xxxxxxxxxx"' 'repeat 30' 'let a "$a$a"' 'end'
run lab "$lab"
has "$out" "a word is longer than 65536 bytes" "a text that doubles is stopped"

# Ctrl-C and the end of the reader.
scenario 'title "long"' 'server listen 7777' 'wait 60s'
interrupted
is $rc 3 "Ctrl-C ends it at once: exit code 3"
has "$out" "interrupted" "and it says so"
scenario 'title "long"' 'server listen 7777' 'wait 60s' 'finally' 'note "cleaned"'
interrupted
is $rc 3 "Ctrl-C, with lines of finally: exit code 3"
case $out in *"│ cleaned"*interrupted*) ok 0 "which are run" ;; *) ok 1 "which are run" "$out" ;; esac
out=$("$LASTACK" lab close | head -1)
has "$out" "lastack lab close" "a reader that leaves early"
if [ -e /dev/full ]; then
	rc=0
	"$LASTACK" lab close >/dev/full 2>"$WORK/err" || rc=$?
	is $rc 3 "a full disk: exit code 3"
	has "$(cat "$WORK/err")" "the output cannot be written" "a full disk: one sentence"
fi
done_testing
