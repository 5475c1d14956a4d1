#!/bin/sh
# SPDX-License-Identifier: MIT
# What is counted is of the same namespaces, whoever counts: lastack alone, explain, list, doctor.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root enters other network namespaces"
command -v python3 >/dev/null || skip_all "python3 is not installed: it holds the sockets"
unshare -n true 2>/dev/null || skip_all "no network namespace may be made here"

# Twelve CLOSE_WAIT where nobody looks by himself.
cat >"$WORK/leak.py" <<-'END_OF_LEAK'
	import os, socket, time
	os.system("ip link set lo up")
	s = socket.create_server(("127.0.0.1", 7000)); kept = []
	for _ in range(12):
	    c = socket.create_connection(("127.0.0.1", 7000)); kept.append(s.accept()[0]); c.close()
	print("there", flush=True); time.sleep(600)
END_OF_LEAK
unshare -n python3 "$WORK/leak.py" >"$WORK/there" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$WORK"' EXIT
comes grep -q . "$WORK/there"

run list -H -o state state close-wait
n=$(printf '%s\n' "$out" | grep -c CLOSE_WAIT)
ok "$([ "$n" -ge 12 ]; echo $?)" "list sees those of another namespace ($n)"
run
has "$out" " TCP in the network namespaces that can be seen, $n of them CLOSE_WAIT" "lastack alone says the same number, and of what"
run explain CLOSE_WAIT
has "$out" "here now    $n in the network namespaces that can be seen: lastack list state CLOSE_WAIT" "so does explain"
run doctor --window 0 --only LA101,LA102 --threshold settled=10ms --threshold close-wait-count=5
has "$out" "LA102 " "and doctor finds them"
is "$(printf '%s\n' "$out" | grep -c ' info$\| info  ')" 0 "what was not seen is no finding"
run list -n -H -o netns state close-wait
is "$(printf '%s\n' "$out" | grep -c '^[0-9]*$')" 0 "-n: a namespace keeps its name"
done_testing
