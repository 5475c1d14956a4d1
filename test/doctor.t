#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack doctor: a pair for every rule; sick programs are named, well ones are not; outputs, settings, exit codes, refusals.
. "$(dirname "$0")/lib.sh"
doctor() { split doctor "$@"; }

# Ports of this run, below those that connect() takes.
p=$((10000 + $$ % 2000 * 10))
p1=$((p + 1)) p2=$((p + 2)) p3=$((p + 3)) p4=$((p + 4)) p5=$((p + 5)) p6=$((p + 6)) p7=$((p + 7)) p8=$((p + 8))

# --- every rule has a pair -----------------------------------------------------------------------------------------

"$LASTACK" doctor --rules -v >"$WORK/rules"
while read -r id _; do
	read -r _ _ scenario _ _ twin
	scenario=${scenario%,}
	case $scenario in
	evidence)
		recorded=$SRC/test/recorded/$id
		if [ -d "$recorded" ]; then
			port='' judged="0 0"
			# Sockets that are bound only, ss does not tell: that nobody holds a port is never certain.
			[ "$id" != LA205 ] || port="--port 8080" judged="3 1"
			for how in sick well; do
				# shellcheck disable=SC2086 # two words, or none
				"$LASTACK" doctor --only "$id" --offline "$recorded/$how" $port | grep -q "^$id" && echo "$how fires"
			done >"$WORK/recorded"
			is "$(cat "$WORK/recorded")" "sick fires" "$id has a recorded pair"
			# shellcheck disable=SC2086
			"$LASTACK" doctor --only "$id" --offline "$recorded/well" $port >"$WORK/well" 2>&1
			is "$? $(grep -c "[0-9] unknown$" "$WORK/well")" "$judged" "$id judges what is well, and does not know too little of it"
			continue
		fi
		n=$("$BUILD/doctor/doctor_test" | grep -c "^ok .* $id \(fires\|stays silent\)")
		is "$n" 2 "$id has a pair made by hand"
		;;
	*)
		grep -qs "^expect finding $id$" "$SRC/scenarios/doctor/$scenario.lab" && grep -qs "^expect no finding $id$" "$SRC/scenarios/doctor/$twin.lab"
		ok $? "$id has a pair of scenarios, $scenario and $twin"
		;;
	esac
done <"$WORK/rules"
is "$(grep -c '^LA' "$WORK/rules")" "$(ls "$SRC"/src/doctor/la*.c | wc -l)" "and every file of a rule is in the table"

# --- sick ones are named -------------------------------------------------------------------------------------------

command -v python3 >/dev/null || skip_all "python3 is not installed: there are no sick programs"
# crowd PORT N: so many clients come, send a line, wait for the answer and leave.
cat >"$WORK/crowd.py" <<'END'
import socket, sys
port, n = int(sys.argv[1]), int(sys.argv[2])
crowd = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(n)] if len(sys.argv) > 3 else []
for i in range(0 if crowd else n):
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.sendall(b"hello\n")
    s.recv(100)
    s.close()
END
# sick.py PORT HOW: servers that are wrong in one way each; well: that are not.
cat >"$WORK/sick.py" <<'END'
import select, socket, sys, threading, time
port, how = int(sys.argv[1]), sys.argv[2]
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("127.0.0.1", port))
l.listen(64)
print("ready", flush=True)
kept = []
def serve(c):
    c.sendall(c.recv(100))
    if how == "unread":
        kept.append(c)
        return
    if how == "epoll":
        poll.register(c, select.EPOLLOUT | select.EPOLLET)
    c.recv(100)
    if how in ("leak", "epoll"):
        kept.append(c)
        return
    c.close()
poll = select.epoll()
while how != "never":
    serve(l.accept()[0])
time.sleep(600)
END
sick() { # PORT HOW: $pid
	rm -f "$WORK/ready.$1" # of one before it, which would seem to be ready
	python3 "$WORK/sick.py" "$1" "$2" >"$WORK/ready.$1" 2>&1 &
	pid=$!
	comes grep -qs ready "$WORK/ready.$1"
}
trap 'kill $pids 2>/dev/null; rm -rf "$WORK"' EXIT
sick $p1 leak; leak=$pid
sick $p2 unread; unread=$pid
sick $p3 never; never=$pid
sick $p4 epoll; epoll=$pid
sick $p5 well; well=$pid
pids="$leak $unread $never $epoll $well"
for port in $p1 $p2 $p4 $p5; do python3 "$WORK/crowd.py" $port 25; done
python3 "$WORK/crowd.py" $p3 5 all-at-once
sleep 1.2
"$LASTACK" doctor --json --window 1s --threshold settled=1s --threshold accept-stall=500ms --threshold listener-new=1s >"$WORK/json" 2>"$WORK/err"
is $? 2 "critical: exit code 2"
finds() { # ID PID PORT: the JSON of the finding
	grep "\"id\":\"$1\"" "$WORK/json" | grep "\"pid\":$2," | grep ":$3\""
}
has "$(finds LA101 $leak $p1)" '"count":25,' "a leak: process, port, number"
has "$(finds LA102 $unread $p2)" '"count":25,' "ends that nobody reads"
has "$(finds LA103 $never $p3)" '"count":5,' "clients that left before accept()"
has "$(finds LA302 $never $p3)" 'accept()' "accept() that nobody calls"
has "$(finds LA101 $epoll $p4)" '25 of 25 are in an epoll set, none with EPOLLIN or EPOLLRDHUP' "what the process waits for, and what not"
is "$(grep -c "\"pid\":$well," "$WORK/json")" 0 "the well one is not named"
root=$(finds LA302 $never $p3 | sed 's/.*"fingerprint":"\([0-9]*\)".*/\1/')
has "$(finds LA103 $never $p3)" "\"root\":\"$root\"" "who left follows from who did not accept"
fits_schema finding "JSON fits the schema" "$WORK/json"
doctor $leak --window 0 --threshold settled=1s
is "$rc" 1 "of one process, in one look: exit code 1"
has "$out" "WARNING" "the verdict"
has "$out" "process $leak, " "and of whom"
is "$(printf '%s\n' "$out" | grep -c "^LA1")" 1 "nothing of others"
is "$(printf '%s\n' "$out" | awk '/^not seen/ { exit } /^LA/ { n = 0 } { n++ } /^ / && n > 6' | wc -l)" 0 "at most six lines a finding"
ok "$([ "$(printf '%s\n' "$out" | wc -L)" -le 100 ]; echo $?)" "within 100 columns" "$out"
kill -STOP $unread
comes grep -qs '^State:.*T' /proc/$unread/status # it has to run for that, once
doctor $unread --window 0 --threshold settled=1s
is "$rc" 0 "a stopped process is no warning"
has "$out" "the process is stopped: that it does nothing is expected" "and it is said why"
kill -CONT $unread

# --- outputs and settings ------------------------------------------------------------------------------------------

doctor $leak --window 0 --threshold settled=1s --format nagios
has "$out" ": LA101 python3[$leak] :$p1 25 CLOSE_WAIT | sockets=" "nagios: the first line"
is "$(printf '%s\n' "$out" | head -1 | grep -c " | sockets=[0-9]*;;;0 LA101_$p1=25;;;0\$")" 1 "with its figures"
doctor $leak --window 0 --threshold settled=1s --fail-on critical
is "$rc" 0 "--fail-on critical: a warning does not fail"
doctor $leak --window 0 --threshold settled=1s --ignore LA101:$p1 -q
is "$rc $(printf '%s\n' "$out" | wc -l)" "0 1" "--ignore, and -q: one line"
doctor $leak --window 0 --threshold settled=1s --only LA3xx
is "$rc" 0 "--only another family: nothing"
cat >"$WORK/doctor.ini" <<END
[thresholds]
settled = 1s
[ignore LA101 $p1]
reason = known since Monday
until = 2099-01-31
END
doctor $leak --window 0 --config "$WORK/doctor.ini" --json
is "$rc" 0 "doctor.ini: what is ignored does not count"
has "$out" '"suppressed":"known since Monday"' "and stands in JSON with its reason"
printf '[thresholds]\nsettled = 1s\n[ignore LA101]\n' >"$WORK/bare.ini"
doctor $leak --window 0 --config "$WORK/bare.ini"
is "$rc" 0 "a section without a word in it counts, too"
sed -i 's/2099/2020/' "$WORK/doctor.ini"
doctor $leak --window 0 --config "$WORK/doctor.ini"
is "$rc" 1 "until its date has passed"
# Slow is not stalled: it accepts, and there are always some who wait.
cat >"$WORK/slow.py" <<'END'
import socket, sys, threading, time
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("127.0.0.1", int(sys.argv[1])))
l.listen(64)
kept = []
def crowd():
    while True:
        kept.append(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
        if len(kept) == 30:
            print("ready", flush=True)
        time.sleep(0.05)
threading.Thread(target=crowd, daemon=True).start()
while len(kept) < 30:
    time.sleep(0.1)
while True:
    time.sleep(0.1)
    l.accept()[0].close()
END
python3 "$WORK/slow.py" $p7 >"$WORK/slow" 2>&1 &
slow=$!
pids="$pids $slow"
comes grep -qs ready "$WORK/slow"
sleep 1
doctor $slow --window 2s --only LA302 --threshold accept-stall=300ms
is "$rc $(printf '%s\n' "$out" | grep -c '^LA302')" "0 0" "who accepts slowly does accept"
kill $slow
# The line that leaks. The examples are built without sanitizers.
"$SRC/build/examples/leaking_server" $p6 >"$WORK/server" 2>&1 &
server=$!
pids="$pids $server"
# One that goes on and on, so that nothing has to be started within the time that is followed.
cat >"$WORK/on.py" <<'END'
import socket, sys, time
while True:
    try:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
        s.sendall(b"hello\n")
        s.recv(100)
        s.close()
    except OSError:
        pass
    time.sleep(0.1)
END
python3 "$WORK/on.py" $p6 &
crowd=$!
pids="$pids $crowd"
leaks() { [ -n "$("$LASTACK" list -H sport $p6 state close-wait 2>/dev/null)" ]; }
comes leaks
doctor --follow $server --for 4s --threshold settled=500ms --threshold close-wait-count=1 --json
kill $crowd
has "$out" '"where":"leaking_server.c:39 echo' "--follow: the line that read the end and did not close"
has "$out" 'were read to their end there' "and how many were left there"
has "$out" '"unfollowed_tasks":0' "and that all of it was followed"
kill $server
# Of a server whose worker is traced by somebody else only a part is followed.
sh -c 'sleep 60 & wait' &
family=$!
pids="$pids $family"
worker() { child=$(cat /proc/$family/task/$family/children) && [ "$child" ]; }
comes worker
pids="$pids $child"
"$LASTACK" step --leaks --for 60s -p $child >"$WORK/tracer" 2>&1 </dev/null &
tracer=$!
pids="$pids $tracer"
comes grep -qs 'TracerPid:[[:space:]]*[1-9]' /proc/${child% }/status
doctor --follow $family --for 300ms --only LA902
has "$out" "1 of the threads and children of the process could not be followed" "--follow: who could not be followed is said"
kill $tracer $child $family
# Round after round: what opens, and what closes.
"$LASTACK" doctor $never --watch --json --window 300ms --threshold settled=300ms --only LA302 >"$WORK/watch" 2>"$WORK/watch.err" &
watch=$!
pids="$pids $watch"
comes grep -qs '"event":"open".*"id":"LA302"' "$WORK/watch"
kill $never
rc=0
wait $watch || rc=$?
is "$rc" 3 "--watch ends with its process, and nothing is known of it any more"
has "$(cat "$WORK/watch.err")" "process $never has ended" "and says so"
is "$(grep -c '"event":"open"' "$WORK/watch") $(grep -c '"event":"close"' "$WORK/watch")" "1 1" "each trouble opens and closes once"
fits_schema finding "JSON of --watch fits the schema" "$WORK/watch"
"$LASTACK" doctor $$ --watch --json --window 300ms >"$WORK/watch" 2>&1 &
watch=$!
pids="$pids $watch"
comes hears_int $watch
kill -INT $watch
rc=0
wait $watch || rc=$?
ok $rc "--watch of a process that goes on: nothing is open when it is interrupted" "code $rc: $(cat "$WORK/watch")"
doctor $$ --window 0 -v
is "$(printf '%s\n' "$out" | grep -c 'no process could be looked at\|some processes')" 0 "of a process that holds no socket it is known that it holds none"
sick $p3 never; never=$pid
pids="$pids $never"
doctor --port $p3
is "$rc" 1 "--port: held"
has "$out" "python3[$never] 127.0.0.1:$p3  listens on it" "by whom, and how"
has "$out" "bind() fails until this listener is closed" "and what frees it"
doctor --port $p8
if tells_bound; then
	is "$rc" 0 "a free one"
	has "$out" "port $p8 is free" "is said to be free"
else
	is "$rc" 3 "a free one, where who has bound it and does not listen is not told"
	is "$(printf '%s\n' "$out" | grep -c 'is free')" 0 "is not said to be free"
fi
doctor -v --window 0 $leak --threshold settled=1s
has "$out" "py-spy dump --pid $leak" "an interpreter's own tool"
has "$out" "tcp_keepalive_*, tcp_fin_timeout" "what does not help"
has "$out" "(threshold 20 sockets)" "figures with their thresholds"
if command -v setpriv >/dev/null && [ "$(id -u)" -eq 0 ]; then
	cp "$LASTACK" "$WORK/lastack" && chmod 755 "$WORK/lastack"
	rc=0
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/lastack" doctor --window 0 -v 2>&1 </dev/null) || rc=$?
	has "$out" "LA901 not-privileged" "nobody: what could not be seen is said"
	has "$out" "unknown: LA101" "and what cannot be judged is unknown"
	is "$(printf '%s\n' "$out" | grep -c '^LA10[1245]')" 0 "and nobody is blamed"
fi

# --- refusals ------------------------------------------------------------------------------------------------------

refused "name one with --follow PID" doctor --for 3s
refused "there is no rule 'LA999'" doctor --only LA999
refused "--only names rules" doctor --only ''
# It ends between the two looks.
sleep 600 &
short=$!
rc=0
"$LASTACK" doctor --window 5s $short >"$WORK/out" 2>&1 </dev/null &
doctor=$!
comes sleeps $doctor
kill $short
wait $doctor || rc=$?
is "$rc" 3 "a process that ends between the two looks: refused"
has "$(cat "$WORK/out")" "process $short has ended meanwhile" "with the reason"
refused "did you mean 'settled'?" doctor --threshold setled=3s
refused "is no value for settled, which is a time" doctor --threshold settled=blue
refused "write NAME=VALUE" doctor --threshold settled
refused "there is no process 999999" doctor 999999
refused "the process id is a number from 1 to 2147483647, not 'nginx'; 'lastack doctor' alone looks at all processes" doctor nginx
refused "--window is a time from 100ms to 24h, as 500ms, 5s or 2m, or 0 for one look, not 'soon'" doctor --window soon
refused "--format is text, json or nagios, not 'xml'" doctor --format xml
refused "--fail-on is warning, critical or never, not 'tuesday'" doctor --fail-on tuesday
refused "there is no network namespace 'nowhere'" doctor -N nowhere
refused "there is no network namespace '99999999' that can be looked at (no such file" doctor -N 99999999
refused "cannot be read" doctor --config "$WORK/nothing.ini"
printf '[thresholds]\nsetled = 3s\n' >"$WORK/wrong.ini"
refused "wrong.ini, line 2: there is no threshold 'setled'; did you mean 'settled'?" doctor --config "$WORK/wrong.ini"
printf '[thresholds]\n\n[ignore LA999]\n' >"$WORK/wrong.ini"
refused "wrong.ini, line 3: [ignore LA999]: there is no such rule" doctor --config "$WORK/wrong.ini"
printf '[ignore LA101]\nraeson = x\n' >"$WORK/wrong.ini"
refused "wrong.ini, line 2: [ignore LA101] knows reason and until, not 'raeson'" doctor --config "$WORK/wrong.ini"
printf '[ignore LA101 python3 extra]\n' >"$WORK/wrong.ini"
refused "behind the rule stand a port and the name of one process" doctor --config "$WORK/wrong.ini"
refused "one process id at a time" doctor $$ 1
done_testing
