#!/bin/sh
# SPDX-License-Identifier: MIT
# Work that takes its time tells how far it is: on a terminal, wiped at the end; nowhere else.
. "$(dirname "$0")/lib.sh"
need_lab
command -v python3 >/dev/null || skip_all "python3 is not installed: it holds the terminal"

# What a command prints on a terminal that is its standard error (TERM first); its standard output goes to a file.
cat >"$WORK/on_terminal.py" <<-'END_OF_PROGRAM'
	import os, pty, subprocess, sys
	master, slave = pty.openpty()
	with open(sys.argv[2], "wb") as out:
	    child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=out, stderr=slave, env=dict(os.environ, TERM=sys.argv[1]))
	    os.close(slave)
	    got = b""
	    try:
	        while piece := os.read(master, 65536):
	            got += piece
	    except OSError:
	        pass
	child.wait()
	print(repr(got.decode()))
END_OF_PROGRAM
on_terminal() { out=$(python3 "$WORK/on_terminal.py" "$1" "$WORK/said" "$LASTACK" lab handshake close refused); }

on_terminal xterm
has "$out" "0 of 3 are over, 3 run …" "lab: how many are over, and how many run"
is "${out##*…}" "\\r\\x1b[K'" "it is wiped at the end"
is "$(grep -c '^ok' "$WORK/said")" 3 "what was asked for is printed"
is "$(grep -c "$(printf '\r')\|are over" "$WORK/said")" 0 "and nothing of it between"
on_terminal dumb
is "$out" "''" "a dumb terminal is told nothing"
run lab handshake close refused
is "$(printf '%s\n' "$out" | grep -c 'are over')" 0 "nor is a pipe"
done_testing
