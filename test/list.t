#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack list: the same as ss says, by each engine; churn; owners that others miss; filters, outputs, refusals.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/load.sh"
[ "$(id -u)" -eq 0 ] || skip_all "network namespaces for the load are made as root"
command -v ss >/dev/null || skip_all "ss is not installed"

# Looks by each engine while sockets come and go, RATE a second.
LOOKS=${LOOKS:-4}

# list ARG…: stdout in $out, stderr in $err, the code in $rc.
list() { split list "$@"; }

# since VERSION: is this kernel that, or a later one?
since() { [ "$(printf '%s\n%s\n' "$1" "$(uname -r)" | sort -V | head -1)" = "$1" ]; }

# Why an engine may be missing; "" where it must open.
excuse() { # ENGINE
	case $1,$err in
	A,*) ;;
	*"built without BPF"*) echo "built without BPF" ;;
	*"may not be loaded"*) echo "$err" ;;
	B,*) since 5.17 || echo "it needs Linux 5.17" ;;
	C,*) since 6.2 || echo "it needs Linux 6.2" ;;
	esac
}

engines=
for e in A B C; do
	list --engine $e -N "$$"
	if [ "$rc" -eq 0 ]; then
		engines="$engines $e"
		ok 0 "engine $e opens"
	elif [ -n "$(excuse $e)" ]; then
		skip "engine $e: $(excuse $e)"
	else
		ok 1 "engine $e opens" "$err"
	fi
done

# --- the same as ss ------------------------------------------------------------------------------------------

same_as_ss() { # WHAT
	nsenter -t "$pid" -n ss -tanpeOH >"$WORK/ss"
	for e in $engines; do
		"$LASTACK" list --json --engine "$e" -N "$netns" >"$WORK/$e" 2>/dev/null
		is "$(python3 "$SRC/test/same_as_ss.py" "$WORK/$e" "$WORK/ss" 2>&1 | tail -3)" \
			"$(grep -c . "$WORK/ss") sockets, 0 differences" "$1: engine $e says what ss says"
	done
}
load -n 2000 -p 7 -t 100 -s 60 -q 50 -l 20 -x 30
same_as_ss "every kind"
list -N "$netns" --group-by state
is "$(echo "$out" | awk '/TIME_WAIT/ { print $1 }')" 100 "groups: so many TIME_WAIT as were made"
list -N "$netns" owner not-accepted --json -o owner
is "$(echo "$out" | grep -c '"no_owner":"not-accepted","listener":{')" 50 "what is not accepted names its listener"
list -N "$netns" owner syn-queue
has "$(echo "$out" | sed -n 2p)" "SYN queue (hold-" "a half-open one names its listener's owner"
list -N "$netns" state time-wait owner none -o state,owner,age
has "$(echo "$out" | sed -n 2p)" "TIME_WAIT TIME_WAIT ≥" "TIME_WAIT has an age"
list -N "$netns" state close-wait or sport 1
is "$(echo "$out" | wc -l)" 1 "a filter that nothing fits: the titles only"
unload
load -6 -n 600 -p 3 -t 20 -s 20
same_as_ss "IPv6"
# What ss's list has no field for is compared between the engines.
nsenter -t "$pid" -n python3 -c '
import socket, time
for port, only in ((9001, 0), (9002, 1)):
    s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only); s.bind(("::", port)); s.listen()
    globals()["s%d" % port] = s
b = socket.socket(); b.bind(("127.0.0.1", 9003))
print("there", flush=True); time.sleep(600)' >"$WORK/there" &
listeners=$!
comes grep -q there "$WORK/there"
for e in $engines; do
	"$LASTACK" list --json -i --engine "$e" -N "$netns" 2>/dev/null | python3 -c '
import json, sys
def age(r): # of a half-open one a bound comes when its timer has run for a while
    return r.get("age_is") if r["state"] != "NEW_SYN_RECV" else None
for r in sorted((r["local"], r["remote"], r["state"], r.get("v6only"), r.get("options"), r.get("mss"), r.get("inode"), age(r))
                for r in map(json.loads, sys.stdin) if "local" in r):
    print(*r)' >"$WORK/more.$e"
	[ "$e" = A ] || is "$(diff "$WORK/more.A" "$WORK/more.$e" | head -3)" "" "v6only, options, inodes of bound ones: engine $e as A"
	"$LASTACK" list --csv -n -o local,peer,cgroup --engine "$e" -N "$netns" 2>/dev/null | sort >"$WORK/cgroups.$e"
	[ "$e" = A ] || is "$(diff "$WORK/cgroups.A" "$WORK/cgroups.$e" | head -3)" "" "cgroups: engine $e as A"
done
has "$(cat "$WORK/more.A")" "[::]:9002 [::]:* LISTEN True" "a listener that takes no IPv4 is told"
if tells_bound; then
	has "$(cat "$WORK/more.A")" "127.0.0.1:9003 0.0.0.0:* BOUND" "and one that is bound only"
else
	skip "this kernel does not tell of sockets that are bound only"
fi
kill $listeners
wait $listeners 2>/dev/null
unload

# A timer of each kind. The peer that is deaf is sent to again, the window is closed once it is full: both come by themselves.
mkfifo "$WORK/end"
unshare -n sh -c 'ip link set lo up && exec python3 "$1"' sh "$SRC/test/timers.py" <"$WORK/end" >"$WORK/timers" 2>&1 &
pid=$!
exec 9>"$WORK/end"
told_timewaits() { [ "$(grep -c '^timewait' "$WORK/timers")" -eq "$1" ]; }
timers_run() {
	nsenter -t "$pid" -n ss -tanoH >"$WORK/ss.o"
	grep -q 'timer:(persist' "$WORK/ss.o" && grep -q 'timer:(on,[^,]*,[1-9]' "$WORK/ss.o"
}
comes timers_run
netns=$(stat -Lc %i "/proc/$pid/ns/net")
same_as_ss "timers"
n=0
for e in $engines; do
	echo >&9
	n=$((n + 1))
	comes told_timewaits $n
	{ grep -v '^timewait' "$WORK/timers"; tail -1 "$WORK/timers"; } | sort >"$WORK/runs"
	list --json --engine "$e" -N "$netns"
	printf '%s\n' "$out" | python3 -c '
import json, sys
LONGEST = {"keepalive": 7200, "timewait": 60, "on": 120, "persist": 120} # s; tcp_keepalive_time, TCP_TIMEWAIT_LEN, TCP_RTO_MAX
ports = {line.split()[1] for line in open(sys.argv[1])}
for r in map(json.loads, sys.stdin):
    port = r.get("local", "").rpartition(":")[2]
    if port in ports:
        assert 0 <= r["timer_ns"] <= 1.1e9 * LONGEST[r["timer"]], r
        assert r["timer"] != "keepalive" or r["timer_ns"] > 3600e9, r
        assert r["timer"] != "on" or r["retrans"] > 0, r
        print(r["timer"], port)' "$WORK/runs" 2>&1 | sort >"$WORK/told"
	is "$(diff "$WORK/runs" "$WORK/told")" "" "keepalive, retransmission, persist, TIME_WAIT: engine $e tells which, and for how long"
done
exec 9>&-
wait $pid
rm "$WORK/end"

# --- owners that others miss -------------------------------------------------------------------------------

load -n 400 -p 2 -T
for e in $engines; do
	"$LASTACK" list --json --engine "$e" -N "$netns" state established >"$WORK/$e" 2>/dev/null
	is "$(grep -c '"tid":' "$WORK/$e")" 400 "threads with a table of their own: engine $e finds every owner"
	is "$(grep -c '"no_owner"' "$WORK/$e")" 0 "and says of none that nobody has it"
done
unload

# What holds them says how each must be listed.
mkfifo "$WORK/end"
unshare -n sh -c 'ip link set lo up && exec python3 -W ignore "$1"' sh "$SRC/test/peculiar.py" <"$WORK/end" >"$WORK/peculiar" 2>&1 &
peculiar=$!
exec 9>"$WORK/end"
comes grep -q '^ready' "$WORK/peculiar"
grep -v '^ready' "$WORK/peculiar" | sort >"$WORK/so"
tells_bound || sed -i '/ BOUND /d' "$WORK/so"
has "$(cat "$WORK/so")" ":9105 0.0.0.0:* LISTEN" "peculiar sockets are there"
grep -q ':9101 ' "$WORK/so" || skip "this kernel has no MPTCP"
for e in $engines; do
	"$LASTACK" list --json --engine "$e" -N $peculiar 2>/dev/null | python3 -c '
import json, sys
for r in map(json.loads, sys.stdin):
    if "local" in r:
        owners = sorted((o["pid"], o["fd"]) for o in r.get("owners", []))
        print(r["local"], r["remote"], r["state"], ",".join("%d:%d" % o for o in owners))' | sort >"$WORK/listed"
	tells_bound || sed -i '/ BOUND /d' "$WORK/listed"
	is "$(diff "$WORK/so" "$WORK/listed")" "" "MPTCP, copies, two processes, two at one address, a thread of its own: engine $e"
done
exec 9>&-
wait $peculiar
rm "$WORK/end"

# --- beside a lab, and under churn ---------------------------------------------------------------------------

alike() { # FILE FILE: no difference but in what comes and goes
	python3 "$SRC/test/same_as_ss.py" --both-lastack "$1" "$2" 2>&1 | tail -2
}
printf 'title "x"\nserver listen 27777\nclient connect 27777\nserver accept\nclient send "x"\nwait 600s\n' >"$WORK/lab"
"$LASTACK" lab "$WORK/lab" >/dev/null 2>&1 </dev/null &
lab=$!
unread() { [ -n "$("$LASTACK" list -H port 27777 state established recvq 1 2>/dev/null)" ]; }
comes unread
for e in $engines; do "$LASTACK" list --json --engine "$e" port 27777 >"$WORK/$e" 2>/dev/null; done
is "$(grep -c '"state":"ESTABLISHED"' "$WORK/A")" 2 "both ends of a lab, which has hashes of its own"
for e in $engines; do
	[ "$e" = A ] || has "$(alike "$WORK/A" "$WORK/$e")" " 0 differences" "engine $e agrees"
done
kill $lab
wait $lab

# More descriptors in one process than one piece of the walk holds, and listeners that have thrown something away.
load -n 18000 -p 1 -s 8
for e in $engines; do
	"$LASTACK" list --json --engine "$e" -N "$netns" state established >"$WORK/many" 2>/dev/null
	is "$(grep -c '"owners":\[{' "$WORK/many")" 18008 "18008 sockets of one process, engine $e: each has its owner"
	list -o drops -H --engine "$e" -N "$netns" state listen
	is "$(echo $out | tr ' ' '\n' | sort -n | tail -1)" 8 "and its listener what it threw away"
done
unload

load -n 400 -p 2 -c "${RATE:-200}" -d 600
sleep 0.5 # what is held is told by its age from what comes and goes
for e in $engines; do
	"$LASTACK" list --json --engine "$e" -N "$netns" >"$WORK/$e.1" 2>/dev/null
	i=0
	doubles=0
	strange=0
	stable=0
	while [ $i -lt "$LOOKS" ]; do
		"$LASTACK" list --json --engine "$e" -N "$netns" >"$WORK/churn" 2>/dev/null
		# shellcheck disable=SC2046 # three numbers
		set -- $(python3 -c '
import json, sys
rows = [json.loads(x) for x in list(open(sys.argv[1]))[1:]]
keys = [(r["local"], r["remote"]) for r in rows if r["state"] not in ("LISTEN", "BOUND")]
odd = [r for r in rows if r["rq"] > 1 << 24 or r["sq"] > 1 << 24 or (r["state"] == "TIME_WAIT" and r["owners"])]
held = sum(1 for r in rows if r["state"] == "ESTABLISHED" and r.get("owners") and r["age_ns"] > 300000000)
print(len(keys) - len(set(keys)), len(odd), held)' "$WORK/churn")
		doubles=$((doubles + $1))
		strange=$((strange + $2))
		[ "$3" -lt 400 ] || stable=$((stable + 1))
		i=$((i + 1))
	done
	is "$doubles $strange" "0 0" "churn, engine $e: no socket twice, nothing impossible"
	ok "$([ "$stable" -ge $((LOOKS * 3 / 4)) ]; echo $?)" "and those that are held throughout are there" "in $stable of $LOOKS looks"
done
unload

# --- outputs --------------------------------------------------------------------------------------------------

load -n 20 -p 2
for e in $engines; do
	list --json --engine "$e" -N "$netns" -i
	fits_schema sock "JSON of engine $e fits the schema"
done
list --json --group-by peer -N "$netns"
fits_schema sock "and groups"
list --csv -o state,owner -N "$netns" state established
is "$(printf '%s' "$out" | sed -n '1p' | tr -d '\r')" "state,owner" "CSV has a line of words"
is "$(printf '%s\n' "$out" | python3 -c 'import csv, sys; print(sum(1 for r in csv.reader(sys.stdin) if r[1].startswith("hold-")))')" 20 "and a row for each"
list -N "$netns" sport ge 1 dport 1-65535 --json
is "$(printf '%s\n' "$out" | grep -c ESTABLISHED)" 20 "ports are chosen in the kernel"
list -N "$netns" --sort -peer -o peer state established
is "$(printf '%s\n' "$out" | sed 1d | sort -t. -k1,1n -k2,2n -k3,3n -k4,4nr | wc -l)" 20 "sorted rows are all there"
list -tanp -N "$netns"
is "$rc" 0 "ss's own letters are taken"
list -N "$netns" -l established
is "$(printf '%s\n' "$out" | wc -l)" 1 "-l and a filter: both"
list -N "$netns" listen
is "$(printf '%s\n' "$out" | awk 'length > 100' | wc -l)" 0 "a table fits 100 columns"
unload

# stands FILE TEXT NAME: it comes to stand there.
stands() {
	comes grep -qF -e "$2" "$1"
	has "$(cat "$1")" "$2" "$3"
}
"$LASTACK" list --watch 200ms -o state,owner comm 'hold*' >"$WORK/watch" 2>&1 &
watch=$!
stands "$WORK/watch" "State" "watch begins with the titles"
load -n 4 -p 1
stands "$WORK/watch" " + ESTABLISHED hold-" "it says what came"
unload
stands "$WORK/watch" " - ESTABLISHED hold-" "and what went"
kill -INT $watch
wait $watch
is "$?" 0 "watch ends by Ctrl-C, and well"

# --- refusals, and what cannot be seen -----------------------------------------------------------------------

refused "there is no engine 'D'" list --engine D
refused "there is no column 'ownr'; did you mean 'owner'?" list -o ownr
refused "there is no filter word 'stat'; did you mean 'state'?
    stat close-wait
    ^" list stat close-wait
refused "there is no network namespace 'nowhere'" list -N nowhere
refused "--group-by is state, owner, program, peer, listener or netns, not 'colour'" list --group-by colour
refused "--watch is a time from 100ms to 24h, as 500ms, 5s or 2m, not '1parsec'" list --watch 1parsec
refused "leave one of them out" list --json --csv
refused "leave out --csv or --group-by" list --csv --group-by state
refused "that can be looked at" list -N /tmp
# without ERROR ARG…: on a kernel that answers every bpf() so, as strace makes it. (A tracer leaves LeakSanitizer nothing to do.)
without() {
	rc=0
	out=$(ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" strace -qq -f -o "$WORK/strace" -e trace=bpf -e inject=bpf:error="$1" "$LASTACK" list \
		-o state,owner "$2" "$3" listening 2>&1 </dev/null) || rc=$?
}
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null && [ "$engines" != " A" ]; then
	without EINVAL --engine C
	is "$rc" 3 "no walks: engine C is refused"
	reason="this kernel does not take the walk of its hashes of sockets (invalid argument)"
	since 6.2 || reason="that needs Linux 6.2"
	has "$out" "$reason" "and no other reason is made up"
	without ENOENT --engine B
	is "$rc" 3 "no iterator: engine B is refused"
	has "$out" "this kernel does not take the iterator over descriptors (no such file or directory)" "and no other reason is made up"
	without ENOSYS -v --numeric
	is "$rc" 0 "no BPF: a look nevertheless"
	has "$out" "engine A, sock_diag and /proc" "by engine A"
	has "$out" "not B: this kernel does not take the iterator over descriptors (function not implemented)" "and why not by another"
else
	skip "strace is not installed or may not trace here, or there is no BPF to be refused"
fi
if command -v setpriv >/dev/null; then
	nobody() { rc=0; out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$LASTACK" list "$@" 2>&1 </dev/null) || rc=$?; }
	case $engines in
	*C*)
		nobody --engine C
		is "$rc" 3 "nobody: engine C is refused"
		has "$out" "try as root, or with CAP_BPF" "with what to try"
		;;
	*) skip "engine C does not open here" ;;
	esac
	nobody -v
	is "$rc" 0 "nobody: a look nevertheless"
	has "$out" "engine A" "by engine A"
	mkfifo "$WORK/end"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$HOLD" -n 2 -p 1 <"$WORK/end" >"$WORK/hold" 2>&1 &
	# shellcheck disable=SC2034 # unload waits for it
	holder=$!
	exec 9>"$WORK/end"
	comes grep -q '^ready' "$WORK/hold"
	nobody comm 'hold*'
	has "$out" "hold-0[" "its own sockets have their owner"
	unload
else
	skip "setpriv is not installed"
fi
done_testing
