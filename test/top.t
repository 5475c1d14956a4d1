#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack top: as text, as JSON, and on a terminal (tmux): what stands there, what keys do, and that the terminal is given back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/load.sh"
[ "$(id -u)" -eq 0 ] || skip_all "network namespaces for the load are made as root"
command -v python3 >/dev/null || skip_all "python3 is not installed: what is told as JSON is not read"

# --- usage -------------------------------------------------------------------------------------------------------

run top
is "$rc" 3 "no terminal: exit code 3"
has "$out" "this is no terminal; try 'lastack top --once', or --json for programs" "and what to try"
run top --once -d 1ms
is "$rc" 3 "an interval that is too short is refused"
run top --once state nonsense
is "$rc" 3 "so is a filter that makes no sense"
run top --once --group-by colour
has "$out" "--group-by is state, owner, program, peer, listener or netns, not 'colour'" "and groups of what is no kind"
run top --once -N no-such-namespace
has "$out" "there is no network namespace 'no-such-namespace'" "and a namespace that is not there"

# --- text and JSON -----------------------------------------------------------------------------------------------

engines=
for e in A B C; do
	"$LASTACK" list --engine $e -N "$$" >"$WORK/engine" 2>&1 && engines="$engines $e"
done
load -n 40 -p 2 -t 10 -s 8 -q 6 -l 4 -x 2
for e in $engines; do
	run top --once -d 100ms --engine "$e" -N "$netns"
	is "$rc" 0 "--once, engine $e: exit code 0"
	is "$(printf '%s\n' "$out" | awk '$1 == "TIME_WAIT" && $3 != "TIME_WAIT" { print $2; exit }')" 10 "so many TIME_WAIT as were made"
	has "$out" "3/65535" "a listener with its accept queue"
	has "$(printf '%s\n' "$out" | grep -A 12 '^\[groups by owner\]')" "SYN queue (hold-" "groups"
	has "$out" " not accepted (hold-0[" "those that wait for accept() are a group of their own"
	is "$(printf '%s\n' "$out" | awk '/ hold-0\[[0-9]*\] +[0-9]+ LISTEN/ { print $1; exit }')" 31 "and not counted with their listener's owner"
	has "$out" " groups [sockets] gone  listeners " "sockets"
	has "$out" "nothing has gone since top looks" "and that nothing has gone"
done
is "$(printf '%s\n' "$out" | awk '{ if (length > 100) print }' | wc -l)" 0 "it fits 100 columns"
is "$(printf '%s\n' "$out" | grep -c 'a second: ')" 0 "what is counted of another namespace is not told here"
out=$(nsenter -t "$pid" -n "$LASTACK" top --once -d 100ms 2>&1)
has "$out" "this netns, a second: accepted 0  failed 0  reset 0  RSTs 0  sent again " "in its own it is"
run top --once -d 100ms -N "$netns" --sort -sendq --group-by state state established or state time-wait
has "$out" "filter: state established or state time-wait" "the filter is shown"
has "$out" "[groups by state]" "groups by what was asked for"
has "$out" "by -sendq" "and the order"
is "$(printf '%s\n' "$out" | grep -c LISTEN)" 0 "what the filter does not let through is nowhere"
LC_ALL=C run top --once -d 100ms -N "$netns"
is "$(printf '%s\n' "$out" | LC_ALL=C grep -c '[^ -~]')" 0 "ASCII where the locale is"
rm -f "$WORK/json"
"$LASTACK" top --json -d 100ms -N "$netns" >"$WORK/json" 2>"$WORK/err" &
top=$!
looked() { [ "$(wc -l <"$WORK/json")" -ge 3 ]; }
comes looked
kill -INT $top
rc=0
wait $top || rc=$?
is $rc 0 "--json: Ctrl-C ends it well"
is "$([ "$(wc -l <"$WORK/json")" -ge 3 ] && echo yes)" yes "with an object for each look ($(wc -l <"$WORK/json"))"
"$LASTACK" top --once --json -d 100ms >>"$WORK/json" 2>>"$WORK/err"
unload
load -n 20 -p 2 -c 500 -d 600
nsenter -t "$pid" -n python3 -c '
import socket, time
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1); s.bind(("::", 9002)); s.listen()
print("there", flush=True); time.sleep(600)' >"$WORK/there" 2>&1 9>&- &
only=$!
comes grep -q . "$WORK/there"
"$LASTACK" top --once --json -d 500ms --group-by peer -N "$netns" >>"$WORK/json" 2>>"$WORK/err"
kill $only
fits_schema top "JSON fits the schema" "$WORK/json"
is "$(tail -1 "$WORK/json" | python3 -c 'import json, sys; x = json.load(sys.stdin); print(x["group_by"], x["came"] > 5, len(x["states"]) > 1)')" \
	"peer True True" "churn: what came is counted"
has "$(tail -1 "$WORK/json")" '"v6only":true' "a listener that takes no IPv4"
is "$(cat "$WORK/err")" "" "nothing is complained of"
unload

# --- the terminal ------------------------------------------------------------------------------------------------

command -v tmux >/dev/null || { skip "tmux is not installed: nothing is drawn"; done_testing; }
mux() { env -u COLUMNS -u TMUX TMUX_TMPDIR="$WORK" tmux -f /dev/null -u "$@" 9>&-; } # not the end of the load
trap 'mux kill-server 2>/dev/null; rm -rf "$WORK"' EXIT
screen() { mux capture-pane -p -t top; }
keys() { mux send-keys -t top "$@"; }
# shows TEXT NAME: it comes to stand on the screen.
stands() { screen | grep -qF -- "$1"; }
shows() {
	comes stands "$1"
	has "$(screen)" "$1" "$2"
}

load -n 40 -p 2 -t 10 -s 8 -q 6 -l 4
mux new-session -d -s top -x 80 -y 24 "env PS1='shell> ' sh"
shows "shell>" "a shell in tmux"
keys "$LASTACK top -d 500ms -N $netns; echo code=\$?" Enter
shows "every 500 ms" "top starts"
shows "TIME_WAIT        10" "states with their counts"
shows "3/65535" "listeners with their queues"
shows "[groups by owner]" "groups by owner first"
is "$(screen | wc -l)" 24 "within 24 lines"
shows "██" "states over time"
keys g
shows "[groups by program]" "g: the next kind of group"
keys g g g g g
shows "[groups by owner]" "and around"
keys Tab
shows "[sockets]" "Tab: the next view"
keys s
shows "oldest first" "s: another order"
keys r
shows "oldest first, reversed" "r: reversed"
keys S
shows "sort sockets by" "S: by any column"
keys "nonsense" Enter
shows "no column 'nonsense'" "a wrong one is refused"
keys S
keys -l -- "-recvq,local"
keys Enter
shows "by -recvq,local" "a right one is taken"
keys /
keys -l "state nonsense"
keys Enter
shows "is no state" "/: a wrong filter is refused with the reason"
shows "no filter" "and there is none, as before"
keys /
shows "filter: state nonsense" "what was typed is there again"
keys C-u
keys -l "state listen"
keys Enter
shows "[sockets] gone  listeners   8," "a right one is taken"
keys /
keys C-u Enter
shows "no filter" "an empty one takes it away"
keys 1
shows "[groups by owner]" "groups again"
keys Enter
shows "of hold-" "Enter: a group's sockets"
keys Enter
shows "waits for connections" "Enter: a socket's page, with what its state means"
shows "it was there when top began" "its history"
keys t
shows "Where its owner's threads were" "t: stacks"
shows "#0 " "with functions"
keys Escape
shows "of hold-" "Esc: back to the group's sockets"
keys Escape
shows "[groups by owner]" "Esc: back to groups"
keys p
shows "PAUSED" "p: pause"
is "$(screen | head -1; sleep 1.2)" "$(screen | head -1)" "and nothing moves"
keys p
keys F1
shows "a state of TCP" "F1: the row explained"
shows "here now" "with what is here now"
keys Escape
keys "?"
shows "Keys" "?: help"
keys Escape
mux resize-window -t top -x 140 -y 40
shows "SYN queue (hold-1" "a larger window"
is "$(screen | wc -l)" 40 "is filled"
shows "q quit  p pause" "to its last line"
mux resize-window -t top -x 50 -y 10
shows "too small: 60 x 15 at least" "a window that is too small: a sentence"
mux resize-window -t top -x 80 -y 24
shows "[groups by owner]" "and back"
keys 3
shows "[gone]" "3: what has gone"
unload
shows "hold-0[" "with who held it"
keys q
# Once in some fifty times gcc 12's LeakSanitizer falls at the end of a program that had threads and loaded libraries: its fault.
ended() { screen | grep -q 'code=[0-9]'; }
comes ended
case $(screen | tr -d '\n') in
*"Tracer caught signal"*) skip "LeakSanitizer itself fell, so the exit code is its own" ;;
*) shows "code=0" "q: the shell is back, with exit code 0" ;;
esac
keys "$LASTACK top -d 60s; echo ended=\$?" Enter
shows "every 60.0 s" "top again"
keys C-c
shows "ended=0" "Ctrl-C: the same, at once"
keys "$LASTACK top -d 60s; echo told=\$?" Enter
shows "every 60.0 s" "and again"
kill -TERM "$(pgrep -n -f "$LASTACK top -d 60s")"
shows "told=0" "SIGTERM: the same"
keys "stty -a | grep -c -- ' icanon.* echo '; stty -a | grep -o -- ' icanon'" Enter
shows " icanon" "lines are read as before"
keys "TERM=nonsense $LASTACK top; echo unknown=\$?" Enter
shows "unknown=3" "an unknown terminal: exit code 3"
has "$(screen)" "ncurses cannot draw on a terminal 'nonsense'" "and a sentence"
mkdir "$WORK/lib"
: >"$WORK/lib/libncursesw.so.6"
keys "LD_LIBRARY_PATH=$WORK/lib $LASTACK top; echo without=\$?" Enter
shows "without=3" "without ncurses: exit code 3"
has "$(screen | tr -d '\n')" "install libncursesw6 (Debian; elsewhere what has libncursesw.so.6)" "and what to install"
keys "TERM=dumb $LASTACK top; echo dumb=\$?" Enter
shows "dumb=3" "one that cannot move its cursor: the same"
done_testing
