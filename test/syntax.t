#!/bin/sh
# SPDX-License-Identifier: MIT
# lab --syntax: what is wrong with a scenario, all of it, without running a thing.
. "$(dirname "$0")/lib.sh"
cd "$WORK" || exit 1

# wrong NAME LINE:COLUMN:SENTENCE LINE…: of these lines, after a title, this one alone is wrong.
wrong() {
	name=$1
	wanted=$2
	shift 2
	scenario 'title "x"' "$@"
	run lab --syntax -q t.lab
	is $rc 3 "$name: exit code 3"
	is "$(printf '%s\n' "$out" | wc -l)" 1 "$name: one mistake" "$out"
	has "$out" "t.lab:$wanted" "$name: where and what"
}

# fine NAME LINE…: nothing is wrong with these.
fine() {
	name=$1
	shift
	scenario 'title "x"' "$@"
	run lab --syntax -q t.lab
	is "$rc:$out" "0:" "$name"
}

wrong "a verb" "2:8: there is no verb 'lisen'; did you mean 'listen'?" 'server lisen 7777'
wrong "a verb without its actor" "2:3: who accepts? An actor is named before its verb; write 'server accept'" '  accept'
wrong "an actor" "3:1: there is no actor 'clinet'; did you mean 'client'?" 'server listen 7777' 'clinet connect 7777' 'client send "x"'
wrong "a number" "2:15: the port is a number from 1 to 65535, not '99999'" 'server listen 99999' 'server accept'
wrong "a word that is missing" "2:14: the port is missing" 'server listen' 'server accept'
wrong "a state, behind a text of more bytes than characters" "3:15: 'ESTABLISHD' is no state; did you mean ESTABLISHED?" \
	'note "é"' 'expect client ESTABLISHD'
wrong "a column behind such a text" "2:10: nothing is expected here, but 'bad' follows" 'note "é" bad'
wrong "a counter" "2:23: this kernel has no counter 'ListenOverflow' (see /proc/net/netstat and snmp); did you mean ListenOverflows?" \
	'expect server counter ListenOverflow 1'
wrong "a rule" "2:16: there is no rule 'zzzzzz'; 'lastack doctor --rules' lists them" 'expect finding zzzzzz'
wrong "a misspelt rule" "2:16: there is no rule 'close-wait-leek'; did you mean 'close-wait-leak'?" 'expect finding close-wait-leek'
wrong "a threshold" "2:" 'threshold no-such-thing 5'
wrong "a text without its end" "2:13: a quoted text has no closing" 'client send "x'
wrong "a variable" "2:16: there is no variable \$port" 'client connect $port'
wrong "a call" "3:13: 'acept' is no call that programs are stopped at; did you mean accept?" 'server run ./x' 'server past acept'
wrong "a block without end" "3:1: this block has no 'end'" 'client bind 1' 'repeat 2' 'client close'
wrong "a second title" "3:1: a scenario has one title" 'client bind 1' 'title "again"'
wrong "a host" "2:26: 'sever' is no host" 'client connect 7777 host sever'

wrong "who has no connection" "2:8: client has no connection; connect or accept first" 'client send "x"'
wrong "who closed it" "4:8: client has no connection" 'client connect 7777' 'client close' 'client recv'
wrong "who does not listen" "2:8: server does not listen; 'server listen PORT' first" 'server accept'
wrong "who runs no program" "2:8: server runs no program; 'server run PROGRAM' first" 'server past accept'
wrong "who runs one, and is told a call" "3:8: server runs a program, which makes its own calls" 'server run ./x' 'server listen 80'
wrong "a hold that is none" "2:1: there is no hold of FIN to release" 'release FIN'
wrong "an option too late" "3:1: options come before the first actor" 'client bind 1' 'option delack on'
wrong "a second finally" "4:1: a scenario has one 'finally'" 'client bind 1' 'finally' 'finally'

wrong "an actor that is looked at and never made" "3:8: no line makes an actor 'client2'; did you mean 'client'?" \
	'client connect 7777' 'expect client2 ESTABLISHED'
wrong "one whose packets are held" "2:20: no line makes an actor 'client-b'" 'hold client SYN of client-b' 'server listen 80'
wrong "one who should own a socket" "3:25: no line makes an actor 'server.2'; did you mean 'server'?" 'server listen 80' 'expect server LISTEN by server.2'
wrong "in a repeat it is told once" "4:12: there is no verb 'conect'; did you mean 'connect'?" 'server listen 80' 'repeat 3 as i' '  client$i conect 80' 'end'
wrong "in one that is never run, too" "3:8: there is no verb 'conect'" 'repeat 0' 'client conect 80' 'end'
wrong "behind quit" "3:8: there is no verb 'conect'" 'quit' 'client conect 80'
wrong "behind a needs that does not hold" "3:8: there is no verb 'conect'" 'needs kernel 99.1' 'client conect 80'
wrong "below finally" "3:8: there is no verb 'conect'" 'finally' 'client conect 80'

fine "an actor that is made later" 'hold client SYN of client2' 'client2 connect 7777'
fine "those whom accept makes" 'server listen 80 backlog 9' 'server accept' 'server accept' 'server accept as server-b' 'server accept' \
	'server.2 recv' 'server-b recv' 'server.3 recv' 'expect server.2 ESTABLISHED'
fine "made in a repeat" 'repeat 200 as i' 'client$i connect 80' 'end' 'client200 close'
fine "what only the kernel decides" 'client connect 80' 'client connect 80' 'drop 7' 'pass FIN' 'inject client RST' 'client bind 5' 'swap 1 2'
scenario 'server listen 80' 'server accept'
run lab --syntax t.lab
has "$out" "t.lab:1:1: the first command of a scenario is its title" "no title at all"
has "$out" "1 mistake in 1 of 1 scenario" "is one mistake"

scenario 'title "x"' 'server lisen 80' 'client conect 80' 'expect server LISTENN' 'client close' 'wait 5' 'hold client SYNN'
run lab --syntax t.lab
is "$(printf '%s\n' "$out" | sed -n 's/^t.lab:\([0-9:]*\): .*/\1/p' | tr '\n' ' ')" "2:8 3:8 4:15 6:6 7:13 " "all of them, in order, and none for what follows from another"
has "$out" "5 mistakes in 1 of 1 scenario" "counted"

scenario 'title "x"' "server run touch $WORK/ran" 'server go' 'expect server exits 0' 'wait 60s'
run lab --syntax --allow-run t.lab
is "$out" "ok, 1 scenario read, nothing run" "nothing is run"
ok "$([ ! -e "$WORK/ran" ]; echo $?)" "nothing at all"
printf 'title "x"\nrepeat 1000000\nrepeat 1000000\nclient send "x"\nend\nend\n' >t.lab
run lab --syntax -q t.lab
has "$out" "t.lab:4:8: client has no connection" "blocks without end in sight are read"
run lab --syntax --all
has "$out" " scenarios read, nothing run" "all that are built in are well"
mkdir ci && printf 'title "x"\n' >ci/a.lab && printf 'title "x"\nfrob\n' >ci/b.lab
run lab --syntax ci
is $rc 3 "a folder"
has "$out" "ci/b.lab:2:1: there is no verb 'frob'" "each file by its name"
has "$out" "1 mistake in 1 of 2 scenarios" "and how many"
printf 'title "x"\nfrob\n' | "$LASTACK" lab --syntax >out
is "$?:$(head -1 out | cut -c1-10)" "3:stdin:2:1:" "from a pipe"
done_testing
