#!/bin/sh
# SPDX-License-Identifier: MIT
# The prompt on a terminal of its own: what is typed, Tab, Ctrl-C, save, and the saved session run again.
. "$(dirname "$0")/lib.sh"
need_lab
python3 -c 'import pty; pty.openpty()' 2>/dev/null || skip_all "python3 can make no terminal here"

# types KEYS…: at the prompt of $at, see test/typing_at.py.
at=lab
types() { screen=$(python3 "$SRC/test/typing_at.py" "$LASTACK $at" "$@"); }

types 'server listen 7777\r' 'hold client SYN\r' 'client connect 7777\r' 'held\r' 'hodl\r' 'expect client CLOSING within 50ms\r' \
	'release SYN\r' "save $WORK/session.lab\r" 'quit\r'
has "$screen" "#1 SYN seq 0 win 64240" "a packet is shown as it is held"
has "$screen" "held from client: #1 SYN" "held lists it"
has "$screen" "there is no verb 'hodl'; did you mean 'hold'?" "a wrong word is answered"
has "$screen" "expected: client CLOSING within 50ms" "a failed expectation too"
has "$screen" "connect = 0" "and the session goes on"
is "$(cat "$WORK/session.lab")" 'title "A session at the prompt"
server listen 7777
hold client SYN
client connect 7777
held
release SYN' "save writes what was done well, as a scenario"
run lab "$WORK/session.lab"
is $rc 0 "which runs again"
ladder() { grep -E '^ *[0-9.]+ m?s  ' | sed -E 's/^ *[0-9.]+ m?s//; s/after [0-9.]+ m?s(, again ×[0-9]+)?//; s/─+/─/g; s/ +/ /g'; }
is "$(printf '%s\n' "$out" | ladder)" "$(printf '%s\n' "$screen" | ladder)" "with the same ladder"

types 'server listen 7777\r' 'server accept\r' 'wait 60s\r' '@\003' 'half a line\003' 'client connect 7777\r' 'quit\r'
has "$screen" "interrupted" "Ctrl-C interrupts a wait"
has "$screen" "accept = 4" "and not the lab"
types 'ser\tlis\t7777\r' 'client con\t7777\r' 'help connect\r' 'quit\r'
has "$screen" "connect = 0" "Tab completes actors and verbs"
has "$screen" "ACTOR connect PORT [host HOST] [v6]" "help VERB"
# Nobody is sent out of the prompt, and what holds is answered, too.
types '?\r' 'accept\r' 'list\r' 'clinet close\r' 'frobnicate\r' 'hold ?\r' 'server listen 7777\r' 'client connect 7777\r' \
	'expect client ESTABLISHED owned\r' 'repeat 2\r' '?\r' 'expect server LISTEN\r' 'end\r' 'finally\r' 'quit\r'
has "$screen" "Verbs of the wire" "? is help"
has "$screen" "who accepts? An actor is named before its verb; write 'server accept'" "an actor that is missing is asked for"
has "$screen" "there is no verb 'list'; did you mean 'table'?" "another command's word"
has "$screen" "there is no actor 'clinet'; did you mean 'client'?" "a misspelt actor"
has "$screen" "begins with client or server; 'help' lists the verbs" "what is like nothing"
has "$screen" "hold FROM KIND [of ACTOR] [port N]" "VERB ? is its help"
has "$screen" "
ok: client ESTABLISHED owned" "an expectation that holds says so"
has "$screen" "
ok, 2 expectations" "those of a block are counted; ? in it is no line of it"
has "$screen" "'finally' is for files" "finally"
types 'server listen 7777\r' 'client connect 7777\r' 'hold c\tS\t\t of zz\r' 'expect cl\tEST\tow\t\r' 'quit\r'
has "$screen" "SYNACK  SYN" "Tab offers what may stand there, and no more"
has "$screen" "
ok: client ESTABLISHED owned" "and completes each place of a line"

types 'expect server LISTEN within 10ms\r' 'option loopback on\r' '\004'
has "$screen" "options come before the first actor" "options must come first here too"
has "$screen" "done, " "Ctrl-D ends it"

EX=$SRC/build/examples
at="step $EX/echo_server 7777 :: $EX/echo_client 127.0.0.1 7777 hello"
types 'server past listen\r' '\r' '\r' 'wait 60s\r' '@\003' 'client past connect\r' '?\r' 'table netstat\r' "save $WORK/step.lab\r" 'quit\r'
has "$screen" "-- server stops before socket(AF_INET" "step: what comes next stands above the prompt"
has "$screen" "accept(3, NULL, NULL) …" "Enter is the next call"
has "$screen" "interrupted" "Ctrl-C interrupts a wait"
has "$screen" "ESTABLISHED" "and the session goes on"
has "$screen" "Verbs of programs" "? is help here, too"
has "$(cat "$WORK/step.lab")" "server run $EX/echo_server 7777
client run $EX/echo_client 127.0.0.1 7777 hello
server past listen
next
next
client past connect" "save writes the programs and the Enters"
run lab --allow-run "$WORK/step.lab"
is $rc 0 "which runs again"

# What is no Ctrl-C ends the prompt: typing, or waiting for a command. A program that is stepped ends with it.
for sig in TERM HUP QUIT; do
	at=lab
	types 'server listen 7777\r' "KILL=$sig"
	has "$screen" "
exit 0" "lab: SIG$sig ends the prompt"
	types 'server listen 7777\r' 'wait 60s\r' "@KILL=$sig"
	has "$screen" "
exit 0" "lab: also while a command runs"
	at="step $EX/echo_server 7777"
	types "KILL=$sig"
	has "$screen" "
exit " "step: SIG$sig ends the prompt"
	case $screen in *"typing_at.py: nothing more"*) ok 1 "and at once" "$screen" ;; *) ok 0 "and at once" ;; esac
done

printf 'server listen 7777\nexpect server LISTEN\n' | "$LASTACK" lab >"$WORK/out" 2>&1
ok $? "a pipe is a scenario"
has "$(cat "$WORK/out")" "ok, 1 expectation" "which is run as one"
done_testing
