#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack doctor says what it cannot see: in containers, where /proc hides processes, counters or settings, and as somebody else. A rule
# whose sources are missing is unknown, never well.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed: there are no clients"
command -v unshare >/dev/null || skip_all "unshare is not installed: there are no containers"
# In a network of its own, for other tests leak as well.
if [ -z "${INSIDE:-}" ] && [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null; then exec env INSIDE=root unshare -n sh "$0"; fi
if [ -z "${INSIDE:-}" ] && unshare -Urn true 2>/dev/null; then exec env INSIDE=user unshare -Urn sh "$0"; fi
[ -n "${INSIDE:-}" ] || skip_all "no network namespace may be made here"
export COLUMNS=500 # each sentence in one line

rules=$("$LASTACK" doctor --rules | wc -l)
# blind COMMAND…: what it prints is $out, its exit code $rc.
blind() {
	rc=0
	out=$("$@" 2>"$WORK/err" </dev/null) || rc=$?
	err=$(cat "$WORK/err")
}
is_honest() { # NAME RC
	is "$rc $err" "$2 " "$1: exit code $2, and nothing breaks"
	is "$(printf '%s\n' "$out" | awk '/rules judged/ { print $1 + $4 }')" "$rules" "$1: every rule is judged or unknown"
	is "$(printf '%s\n' "$out" | grep -c '^unknown: ')" "$(printf '%s\n' "$out" | sed -n '1s/.* \([0-9]*\) unknown .*/\1/p')" "$1: the first line counts the unknown ones"
}
unknown() { # WHY NAME ID…
	why=$1 what=$2
	shift 2
	for id; do
		has "$(printf '%s\n' "$out" | grep "^unknown: $id ")" "$why" "$what: $id is unknown"
	done
}
known() { # NAME ID…
	what=$1
	shift
	for id; do
		is "$(printf '%s\n' "$out" | grep "^unknown: $id ")" "" "$what: $id is judged"
	done
}
look="doctor -v --window 200ms --threshold settled=1s"
here="-N /proc/self/ns/net"
# A copy that others may run.
cp "$LASTACK" "$WORK/lastack"
chmod 755 "$WORK/lastack"

# A leak that is there to be seen.
p=9000
cat >"$WORK/leak.py" <<'END_OF_LEAK'
# PORT: a server that leaks 25 connections, in a network whose lo is still down.
import fcntl, socket, struct, sys, time
port, kept = int(sys.argv[1]), []
# ip(8) is not everywhere.
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x49))
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("127.0.0.1", port))
l.listen(64)
for i in range(25):
    c = socket.create_connection(("127.0.0.1", port))
    s = l.accept()[0]
    c.close()
    s.recv(1)
    kept.append(s)
print("ready", flush=True)
time.sleep(600)
END_OF_LEAK
python3 "$WORK/leak.py" $p >"$WORK/ready" 2>&1 &
leak=$!
trap 'kill $leak 2>/dev/null; rm -rf "$WORK"' EXIT
comes grep -qs ready "$WORK/ready"
sleep 1.2

# --- what can be seen is seen ------------------------------------------------------------------------------------------

rc=0
out=$("$LASTACK" doctor $leak --window 0 --threshold settled=1s 2>&1) || rc=$?
has "$out" "python3[$leak] :$p  25 CLOSE_WAIT" "the leak is there"
is "$rc" 1 "and it is a warning"

# --- a container -----------------------------------------------------------------------------------------------------------

if unshare -Urpfn --mount-proc true 2>"$WORK/why"; then
	# shellcheck disable=SC2086
	blind unshare -Urpfn --mount-proc "$LASTACK" $look
	is_honest "container" 0
	has "$out" "LA902 view-partial" "container: what is not seen is said"
	has "$out" "from within a container: other containers and the machine itself are not seen" "container: of where one is"
	unknown "the machine's, and not seen from here" "container" LA108 LA702
	known "container" LA101 LA102 LA201 LA301 LA407 LA701
	cat >"$WORK/inside" <<-END_OF_SCRIPT
		python3 "$WORK/leak.py" $p >"$WORK/ready.inside" 2>&1 &
		until grep -qs . "$WORK/ready.inside"; do sleep 0.1; done
		sleep 1.2
		exec "$LASTACK" $look
	END_OF_SCRIPT
	blind timeout -k 1 20 unshare -Urpfn --mount-proc --kill-child sh "$WORK/inside"
	is "$rc" 1 "container: its own trouble is found"
	has "$out" " :$p  25 CLOSE_WAIT" "container: by port and number"
	known "container" LA101
else
	skip "no container may be made here: $(head -1 "$WORK/why")"
fi

# The machine's network, and not its processes: docker run --network=host.
if unshare -mpf --mount-proc true 2>"$WORK/why"; then
	# shellcheck disable=SC2086
	blind unshare -mpf --mount-proc "$LASTACK" $look $here
	is_honest "container in the machine's network" 0
	unknown "of the sockets that it is about is not seen from here" "container in the machine's network" LA102 LA104 LA110 LA206 LA305 LA701
	unknown "who holds 25 of the sockets that it is about" "container in the machine's network" LA101
	known "container in the machine's network" LA105 LA301 LA407
	has "$out" "who holds 26 of the sockets is not seen: processes outside of it" "container in the machine's network: LA902 tells why"
else
	skip "no process namespace with a /proc of its own may be made here: $(head -1 "$WORK/why")"
fi

# --- parts of /proc ----------------------------------------------------------------------------------------------------------

# /proc/net/netstat is made anew by each look at it, and what is mounted over it falls off; the folder stays.
# shellcheck disable=SC2016
hide='m=/proc/$$/task/$$/net; cat /proc/net/snmp >"$1/snmp" && cat /proc/net/sockstat >"$1/sockstat" && mount -t tmpfs none "$m" &&
	cp "$1/sockstat" "$m" && if [ "$2" = empty ]; then cp "$1/snmp" "$m" && : >"$m/netstat"; fi && shift 2 && exec "$@"'
if unshare -m sh -c "$hide" sh "$WORK" gone true 2>"$WORK/why"; then
	for how in gone empty; do
		# shellcheck disable=SC2086
		blind unshare -m sh -c "$hide" sh "$WORK" $how "$LASTACK" $look $here
		is_honest "netstat $how" 1
		unknown "counters could not be read" "netstat $how" LA111 LA307 LA407
		has "$out" "the kernel's counters (/proc/net/netstat and snmp) could not be read" "netstat $how: LA902 tells what is missing"
		known "netstat $how" LA101 LA201 LA304
	done
else
	skip "/proc/net may not be hidden here: $(head -1 "$WORK/why")"
fi
# shellcheck disable=SC2016
only='mount -t proc -o subset=pid proc /proc && exec "$@"'
if unshare -mpf sh -c "$only" sh true 2>"$WORK/why"; then
	# shellcheck disable=SC2086
	blind unshare -mpf sh -c "$only" sh "$LASTACK" $look $here
	is_honest "/proc without sys" 0
	unknown "the kernel's settings (/proc/sys/net) could not be read" "/proc without sys" LA201 LA207 LA303 LA304 LA308
	has "$out" "the kernel's settings (/proc/sys/net) could not be read: ports" "/proc without sys: LA902 tells what is missing"
	known "/proc without sys" LA407 LA301
else
	skip "/proc may not be mounted with subset=pid here: $(head -1 "$WORK/why")"
fi

# --- somebody else -------------------------------------------------------------------------------------------------------------

if [ $INSIDE = user ] || ! command -v setpriv >/dev/null; then
	skip "becoming somebody else takes root and setpriv"
	done_testing
fi
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
blind timeout 60 $nobody "$WORK/lastack" doctor $$ --watch --window 200ms
is "$rc" 3 "--watch of another user's process: exit code 3, as of one look"
has "$err" "the descriptors of process $$ may not be looked at" "and why"
# One socket of one's own that is seen does not make the others known.
cat >"$WORK/own.py" <<'END_OF_OWN'
import os, socket, sys
l = socket.create_server(("127.0.0.1", 0))
os.set_inheritable(l.fileno(), True)
os.execvp(sys.argv[1], sys.argv[1:])
END_OF_OWN
# shellcheck disable=SC2086
blind python3 "$WORK/own.py" $nobody "$WORK/lastack" $look $here
is_honest "nobody with a socket of its own" 0
has "$out" "LA901 not-privileged: the descriptors of " "nobody with a socket of its own: whose may not be looked at"
unknown "of the sockets that it is about is not seen from here" "nobody with a socket of its own" LA101 LA102
for hidepid in 1 2 4; do
	# shellcheck disable=SC2016
	hidden='mount -t proc -o hidepid=$1 proc /proc && shift && exec "$@"'
	if ! unshare -m sh -c "$hidden" sh $hidepid true 2>"$WORK/why"; then
		skip "/proc may not be mounted with hidepid=$hidepid here: $(head -1 "$WORK/why")"
		continue
	fi
	# shellcheck disable=SC2086
	blind unshare -m sh -c "$hidden" sh $hidepid $nobody "$WORK/lastack" $look $here
	is_honest "hidepid=$hidepid" 0
	unknown "no process could be looked at" "hidepid=$hidepid" LA101 LA102 LA104 LA110
	unknown "descriptors and limits could be read" "hidepid=$hidepid" LA305 LA701
	case $hidepid in
	1) has "$out" "LA901 not-privileged: the descriptors of " "hidepid=1: how many may not be looked at" ;;
	*) has "$out" "LA901 not-privileged: other users' processes are not even listed: /proc hides them (hidepid)" "hidepid=$hidepid: that they are not listed" ;;
	esac
	has "$out" "run as root, or with CAP_SYS_PTRACE" "hidepid=$hidepid: and what to do"
	# shellcheck disable=SC2086
	blind unshare -m sh -c "$hidden" sh $hidepid $nobody "$WORK/lastack" list --json state close-wait sport = :$p
	is "$(printf '%s\n' "$out" | grep -c '"no_owner":"hidden"')" 25 "hidepid=$hidepid: list does not take them for the kernel's"
done
# Root in a container mostly lacks this one.
# shellcheck disable=SC2086
blind setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$LASTACK" $look $here --engine A
is_honest "root without CAP_SYS_PTRACE" 0
unknown "no process could be looked at" "root without CAP_SYS_PTRACE" LA101
has "$out" "run as root, or with CAP_SYS_PTRACE" "root without CAP_SYS_PTRACE: what is missing"
done_testing
