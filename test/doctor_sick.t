#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack doctor names real programs that are sick: a C server that leaks, one in Node.js, and threads in C that read too late.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed: there are no clients"
EX=$SRC/build/examples

# Ports of this run, below those that connect() takes.
p=$((10000 + $$ % 2000 * 10))
p1=$((p + 1)) p2=$((p + 2)) p3=$((p + 3)) p4=$((p + 4)) p5=$((p + 5)) p6=$((p + 6))

# crowd.py PORT N PAUSE: so many clients, one after the other, each sends a line, waits for the answer and leaves.
cat >"$WORK/crowd.py" <<'END_OF_CROWD'
import socket, sys, time
port, n, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
for i in range(n):
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.sendall(b"hello\n")
    s.recv(100)
    s.close()
    print(i, flush=True)
    time.sleep(pause)
END_OF_CROWD
crowd() { python3 "$WORK/crowd.py" "$@" >/dev/null; }
# holds PORT N: so many connections there wait for their program's close().
holds() { [ "$("$LASTACK" list -H sport "$1" state close-wait 2>/dev/null | wc -l)" -ge "$2" ]; }

listens() { # PORT: waits until somebody listens there
	comes awk -v p=":$(printf %04X "$1")" 'index($2, p) && $4 == "0A" { found = 1 } END { exit !found }' /proc/net/tcp
}
now() { date +%s.%N; }
finds() { # ID PID PORT: the JSON of the finding
	grep "\"id\":\"$1\"" "$WORK/json" | grep "\"pid\":$2," | grep ":$3\""
}
figure() { # FINDING METRIC: its value
	printf '%s\n' "$1" | sed -n "s/.*{\"metric\":\"$2\",\"value\":\([0-9.]*\).*/\1/p"
}
between() { # VALUE LEAST MOST NAME
	awk -v v="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(v != "" && v >= a && v <= b) }'
	ok $? "$4" "$1 is not between $2 and $3"
}
line_of() { # FILE TEXT
	grep -n "$2" "$SRC/examples/$1" | cut -d: -f1
}

pids=""
trap 'kill $pids 2>/dev/null; rm -rf "$WORK"' EXIT

# --- three programs, and a fourth that is well -----------------------------------------------------------------------

# shellcheck disable=SC3045 # dash has it, too
(ulimit -n 1024 && exec "$EX/leaking_server" $p1) >"$WORK/leaking" 2>&1 &
leaking=$!
pids="$pids $leaking"
"$EX/late_reader" $p2 >"$WORK/late" 2>&1 &
late=$!
pids="$pids $late"
cat >"$WORK/half.js" <<'END_OF_SERVER'
// PORT leak|well: echoes. With allowHalfOpen the end of a client is told, and who is told has to end its own side.
const [port, how] = process.argv.slice(2);
require('net').createServer({ allowHalfOpen: true }, c => {
  c.on('data', d => c.write(d));
  c.on('end', () => { if (how === 'well') c.end(); });
  c.on('error', () => {});
}).listen(+port, '127.0.0.1');
END_OF_SERVER
node=""
if command -v node >/dev/null; then
	node "$WORK/half.js" $p3 leak >"$WORK/node" 2>&1 &
	node=$!
	node "$WORK/half.js" $p4 well >"$WORK/well" 2>&1 &
	well=$!
	pids="$pids $node $well"
	listens $p3
	listens $p4
	crowd $p3 25 0
	crowd $p4 25 0
fi
listens $p1
listens $p2
came=$(now)
crowd $p1 300 0
gone=$(now)
crowd $p2 25 0
sleep 1.2
python3 "$WORK/crowd.py" $p1 600 0.1 >"$WORK/late-crowd" 2>&1 & # no function: what is ended must be the program itself
more=$!
pids="$pids $more"
comes grep -qsx 2 "$WORK/late-crowd"
began=$(now)
"$LASTACK" doctor --json --window 2s --threshold settled=1s >"$WORK/json" 2>"$WORK/err"
is $? 2 "a leak that soon takes the last descriptor is critical: exit code 2"
ended=$(now)
kill $more 2>/dev/null

# Where Yama forbids it, another process's stack is root's to look at.
stacks=$(cat "/proc/$late/syscall" 2>/dev/null)
[ -n "$stacks" ] || skip "stacks of other processes may not be looked at here"

# --- a leak in C -------------------------------------------------------------------------------------------------------

f=$(finds LA101 $leaking $p1)
has "$f" '"comm":"leaking_server"' "leaking server: process and port"
is "$(finds LA102 $leaking $p1)" "" "leaking server: it is not said that the end was not read"
has "$f" '"severity":"critical"' "leaking server: critical"
count=$(printf '%s\n' "$f" | sed 's/.*"count":\([0-9]*\),.*/\1/')
between "$count" 303 900 "leaking server: all 300 and those that came since are counted"
is "$(figure "$f" sockets)" "$count" "leaking server: and the figure says the same"
grown=$(figure "$f" came)
between "$grown" 3 600 "leaking server: how many came within the window"
has "$f" "s $grown came and 0 went" "leaking server: and that none went"
rate=$(printf '%s\n' "$f" | sed -n 's/.*"headline":"[0-9]* CLOSE_WAIT, +\([0-9]*\)\/min".*/\1/p')
window=$(sed -n 's/.*"window_ns":\([0-9]*\).*/\1/p' "$WORK/json")
between "$rate" $((grown * 60000000000 / window)) $((grown * 60000000000 / window + 1)) "leaking server: growth by the minute in the headline"
oldest=$(printf '%s\n' "$f" | sed -n 's/.*; oldest \([0-9.]*\) s, half of them.*/\1/p')
between "$oldest" "$(echo "$began $gone" | awk '{ print $1 - $2 }')" "$(echo "$ended $came" | awk '{ print $1 - $2 }')" "leaking server: the age of the oldest"
fds=$(figure "$f" descriptors)
between "$fds" "$count" $((count + 30)) "leaking server: its descriptors are its connections"
left=$(printf '%s\n' "$f" | sed -n "s/.*\"descriptors: $fds of 1024; at this rate the last is taken in \([0-9.]*\) s\".*/\1/p")
expected=$(((1024 - fds) * (window / 1000000) / grown)) # ms; of what is printed three digits count
between "$left" "$(echo $expected | awk '{ print $1 * 0.985 / 1000 }')" "$(echo $expected | awk '{ print $1 * 1.005 / 1000 }')" "leaking server: time until there is no descriptor left"
is "$(figure "$f" in_epoll)" "" "leaking server: it has no epoll set, and none is told of"
sleep 0.1 # nobody comes any more
out=$("$LASTACK" doctor -v $leaking --window 0 --threshold settled=1s 2>&1)
[ -z "$stacks" ] || has "$out" "sleeps at leaking_server.c:$(line_of leaking_server.c 'accept(listener') main" "leaking server: where it is now"
has "$out" "leaking_server[$leaking] :$p1  " "leaking server: in text, the subject"
has "$out" " CLOSE_WAIT" "leaking server: in text, the number and the state"
is "$(printf '%s\n' "$out" | grep -c 'at this rate')" 0 "leaking server: one look tells no rate"

# --- threads that read too late ------------------------------------------------------------------------------------------

f=$(finds LA102 $late $p2)
has "$f" '"comm":"late_reader"' "late reader: process and port"
has "$f" '"count":25,' "late reader: how many nobody has read the end of"
has "$f" '"severity":"warning"' "late reader: a warning, for nothing grows"
is "$(finds LA101 $late $p2)" "" "late reader: it is not said that the end was read"
has "$f" "25 of 25 for 1.00 s or longer" "late reader: all have been so for a while"
out=$("$LASTACK" doctor -v $late --window 0 --threshold settled=1s 2>&1)
[ -z "$stacks" ] || has "$out" "sleeps at late_reader.c:$(line_of late_reader.c 'sleep(WORK_SECONDS)') work < late_reader.c:$(line_of late_reader.c 'work();') serve" "late reader: the lines where its threads sleep"
has "$out" "worker threads that are blocked" "late reader: the cause"
is "$(cut -d' ' -f3 "/proc/$late/stat")" "S" "late reader: it runs on"

# --- a leak in Node.js -------------------------------------------------------------------------------------------------------

if [ -n "$node" ]; then
	# libuv has read the end, told it, and reads no more: LA101, not LA102.
	f=$(finds LA101 $node $p3)
	has "$f" '"comm":"node"' "Node.js: process and port"
	has "$f" '"count":25,' "Node.js: how many"
	is "$(finds LA102 $node $p3)" "" "Node.js: the end was read"
	is "$(grep -c "\"pid\":$well," "$WORK/json")" 0 "Node.js: the same server is not named when it ends its side"
	has "$f" "none of the 25 is in an epoll set of the process" "Node.js: nothing will tell it of them again"
	is "$(figure "$f" in_epoll)" 0 "Node.js: as a figure"
	out=$("$LASTACK" doctor -v $node --window 0 --threshold settled=1s 2>&1)
	has "$out" "node[$node] " "Node.js: in text, the subject"
	has "$out" "Node.js's own lines: kill -USR1 $node, then node inspect" "Node.js: the language's own tool"
else
	skip "Node.js is not installed"
fi

# --- whole stacks --------------------------------------------------------------------------------------------------------

kill $pids 2>/dev/null
deep_line() { grep -n "$1" "$SRC/test/programs/deep.c" | cut -d: -f1; }
"$SRC/build/programs/deep" $p5 >"$WORK/deep" 2>&1 &
deep=$!
pids=$deep
listens $p5
python3 -c "
import socket
for i in range(3):
    socket.create_connection(('127.0.0.1', $p5)).close()"
comes holds $p5 3
sleep 0.6
threads() { "$LASTACK" doctor -v $deep --window 0 --threshold settled=500ms "$@" 2>&1 | sed -n 's/.*thread [0-9]* \(sleeps\|runs\) at //p' | sed 's/ < _start.*//'; }
asleep="deep.c:$(deep_line 'accept(') leave_open < deep.c:$(deep_line 'leave_open(listener, n)') serve < deep.c:$(deep_line 'serve(listener, 100') main"
running="deep.c:$(deep_line 'while (++') spin < deep.c:$(deep_line 'spin(n)') compute"
if [ -z "$stacks" ]; then
	skip "stacks of other processes may not be looked at here"
elif "$LASTACK" list --engine B >/dev/null 2>&1; then
	is "$(threads)" "$asleep" "a thread that sleeps: its stack is whole, by BPF, and the one that runs is not told"
else
	skip "BPF programs may not be loaded: stacks of those that sleep end early"
fi
if [ -n "$stacks" ]; then
	says=$(threads --stop-threads)
	has "$says" "$asleep" "--stop-threads: the same"
	has "$says" "$running" "and the one that runs"
	is "$(sed -n 's/^TracerPid:\t//p' "/proc/$deep/status")" 0 "which runs on"
fi
kill $deep
cat >"$WORK/busy.js" <<'END_OF_SERVER'
// PORT: keeps its clients' sockets when they have gone, and then computes for ever, compute() in forEver(), or put into it when it is hot.
let left = 0;
function compute(ms) { for (const end = Date.now() + ms; Date.now() < end;) left += Math.sqrt(left); }
function forEver() { for (;;) compute(1000); }
require('net').createServer({ allowHalfOpen: true }, c => {
  c.on('data', d => c.write(d));
  c.on('end', () => { if (++left === 3) setTimeout(forEver, 200); });
}).listen(+process.argv[2], '127.0.0.1');
END_OF_SERVER
if [ -n "$node" ] && [ -n "$stacks" ]; then
	(cd "$WORK" && exec node --perf-basic-prof --interpreted-frames-native-stack busy.js $p6) >"$WORK/busy" 2>&1 & # it leaves a log where it is
	busy=$!
	pids=$busy
	listens $p6
	crowd $p6 3 0
	comes holds $p6 3
	# Half a second of work later its functions are hot.
	had=$(cut -d' ' -f14 "/proc/$busy/stat")
	has_worked() { [ "$(cut -d' ' -f14 "/proc/$busy/stat")" -ge $((had + 50)) ]; }
	comes has_worked
	out=$("$LASTACK" doctor -v $busy --window 0 --threshold settled=500ms --stop-threads 2>&1)
	has "$out" "busy.js:4 forEver" "Node.js with --perf-basic-prof: its own functions, by /tmp/perf-PID.map"
	kill $busy
	rm -f "/tmp/perf-$busy.map"
else
	skip "Node.js is not installed, or stacks may not be looked at"
fi

fits_schema finding "JSON fits the schema" "$WORK/json"
done_testing
