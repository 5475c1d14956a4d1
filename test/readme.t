#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command of the README, as it is printed, from a checkout: the lines of its code blocks and what stands in its sentences. What cannot be
# run here has its reason in why_not.
. "$(dirname "$0")/lib.sh"
need_lab
command -v python3 >/dev/null || skip_all "python3 is not installed: a terminal for top and a program to be looked at are made with it"

# A checkout, but for what the commands write: that is gone with it.
mkdir "$WORK/checkout" && cd "$WORK/checkout" || exit 1
ln -s "$SRC/examples" "$SRC/scenarios" "$SRC/build" .
PATH=$(dirname "$LASTACK"):$PATH

# Who is meant by PID, and what by DIR.
python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0)); c = socket.create_connection(s.getsockname()); a = s.accept(); print("there", flush=True); time.sleep(600)' >"$WORK/there" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$WORK"' EXIT
comes grep -q . "$WORK/there"
mkdir "$WORK/saved"
ss -tanpoeim >"$WORK/saved/ss" 2>/dev/null || cp "$SRC/README.md" "$WORK/saved/ss"
sysctl -a >"$WORK/saved/sysctl" 2>/dev/null

# The commands: of indented lines what stands before two blanks, and what begins with "lastack " between backquotes.
commands() {
	sed -n 's/^    \(\(lastack\|make\|PATH\)\( [^ ]\| \?[^ ]\)*\).*/\1/p' "$SRC/README.md" | sed 's/  .*//'
	tr '\n' ' ' <"$SRC/README.md" | sed 's/```/\n/g' | grep -o '`lastack [^`]*`' | tr -d '`'
}

# why_not COMMAND: why it is not run here; nothing: it is.
why_not() {
	case $1 in
	"make demo") echo "it installs packages" ;;
	"make check") echo "it runs all tests, this one among them" ;;
	"PATH="*) echo "it is how the others are found" ;;
	"lastack lab --all"*) echo "test/lab.t runs it: every scenario takes a minute beside other tests" ;;
	"lastack doctor --offline"*) [ -s "$WORK/saved/sysctl" ] && command -v ss >/dev/null || echo "ss or sysctl is not installed" ;;
	"lastack step "*"-p PID"*) [ "$(id -u)" -eq 0 ] || echo "only root may stop a program of others" ;;
	esac
}

# One may find something wrong with the machine, and that is its exit code.
may_end_with() {
	case $1 in
	"lastack doctor"*) echo "0 1 2" ;;
	*) echo 0 ;;
	esac
}

# Somebody who presses Enter again and again; the prompt is given what stands in the README.
person() {
	case $1 in
	"lastack lab") cat examples/unread_fin.lab ;;
	*) yes '' | head -500 ;;
	esac
}

as_printed() {
	line=$(printf '%s' "$1" | sed "s/PID/$pid/; s|DIR|$WORK/saved|; s/--for 60s/--for 1s/")
	rc=0
	case $1 in
	"lastack top") out=$(env -u COLUMNS TERM=xterm python3 "$SRC/test/terminal.py" "quit" type:q sh -c "stty rows 24 cols 100; exec $line" 2>&1) ;;
	*) out=$(person "$1" | timeout 120 sh -c "$line" 2>&1) ;;
	esac || rc=$?
	[ "$1" != "lastack top" ] || case $out in "exit 0"*) ;; *) rc=1 ;; esac
	case " $(may_end_with "$1") " in *" $rc "*) ok 0 "$1" ;; *) ok 1 "$1 (exit code $rc)" "$out" ;; esac
}

commands >"$WORK/commands"
n=0
while IFS= read -r command <&3; do
	n=$((n + 1))
	reason=$(why_not "$command")
	if [ -n "$reason" ]; then skip "$command: $reason"; else as_printed "$command"; fi
done 3<"$WORK/commands"
ok "$([ $n -ge 25 ]; echo $?)" "so many commands as it has ($n)"
is "$(grep -c 'lastack lab ./\|:: ./' "$WORK/commands")" 0 "none of a file that is not there"
is "$(sed -n '/^A scenario is a few/,/^`lastack help/p' "$SRC/README.md" | sed -n 's/^    //p')" "$(cat examples/unread_fin.lab)" "its scenario is the example's"
done_testing
