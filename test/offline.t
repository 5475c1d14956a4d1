#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack doctor --offline: what was saved elsewhere is judged as the machine was; what it does not tell is said.
. "$(dirname "$0")/lib.sh"
command -v ss >/dev/null || skip_all "ss (iproute2) is not installed"
command -v python3 >/dev/null || skip_all "python3 is not installed: there are no sick programs"
doctor() { split doctor "$@"; }
p=$((10000 + $$ % 2000 * 10 + 9))
cat >"$WORK/leak.py" <<'END'
import socket, sys, threading
port = int(sys.argv[1])
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("127.0.0.1", port))
l.listen(64)
kept = []
def leave(n):
    for _ in range(n):
        c = socket.create_connection(("127.0.0.1", port))
        s = l.accept()[0]
        c.close()
        s.recv(1)
        kept.append(s)
leave(25)
print("ready", flush=True)
for _ in sys.stdin:
    leave(10)
    print("ready", flush=True)
END
mkfifo "$WORK/in" "$WORK/out"
python3 "$WORK/leak.py" $p <"$WORK/in" >"$WORK/out" &
leak=$!
exec 8>"$WORK/in" 9<"$WORK/out"
trap 'kill $leak 2>/dev/null; rm -rf "$WORK"' EXIT
read -r _ <&9
sleep 1.2
save() { # FOLDER OPTIONS: as a user would
	mkdir -p "$1"
	ss "$2" >"$1/sockets.txt"
	cp /proc/net/snmp /proc/net/netstat /proc/net/sockstat "$1/"
	sysctl -a >"$1/sysctl.out" 2>&1
	echo db-7 >"$1/hostname"
}
save "$WORK/a" -tanpoeim
echo more >&8
read -r _ <&9
sleep 1.2
save "$WORK/b" -tanpoeim
"$LASTACK" doctor $leak --window 0 --threshold settled=1s --only LA101 --json >"$WORK/live" 2>/dev/null

# --- the same as on the machine -------------------------------------------------------------------------------------

doctor --offline "$WORK/b" $leak --threshold settled=1s --only LA101 --json
is "$rc" 1 "a saved leak: exit code 1"
same() { grep '"id":"LA101"' | grep -o '"severity":"[a-z]*"\|"pid":[0-9]*\|"comm":"[^"]*"\|"listener":"[^"]*"\|"count":[0-9]*'; }
is "$(printf '%s\n' "$out" | same)" "$(same <"$WORK/live")" "severity, process, listener and number are what the machine itself shows"
has "$out" '"host":"db-7"' "the host is the one that was saved"
fits_schema finding "JSON fits the schema"
doctor --offline "$WORK/b" -v
has "$out" "   db-7 (" "the first line says whose it is"
has "$out" "one look)" "and that it is one look"
has "$out" "saved files have no descriptors, limits, epoll sets or stacks" "what such files have not is said"
has "$out" "unknown: LA701 nofile-near: no process's descriptors" "rules that need it are unknown"
has "$out" "unknown: LA307 syn-queue-full: it needs two looks" "so are those that need a rate"
has "$out" "read: $WORK/b/" "-v: which files were read"
# Two folders are a window.
doctor --offline "$WORK/a" --offline "$WORK/b" $leak --threshold settled=1s --only LA101
has "$out" "35 CLOSE_WAIT, +" "two folders: how it grows"
has "$out" "10 came and 0 went" "what came between them"
doctor --offline "$WORK/b" --offline "$WORK/a"
is "$rc" 3 "the later one first: refused"
has "$err" "name the earlier one first" "with the reason"
awk '/^TcpExt: S/ { for (i = 1; i <= NF; i++) if ($i == "ListenOverflows") at = i } /^TcpExt: [0-9]/ { $at = 4711 } { print }' "$WORK/a/netstat" >"$WORK/b/netstat"
doctor --offline "$WORK/b" --only LA903
has "$out" "it cannot be told when: ListenOverflows 4711" "totals since the start are told as such"
printf '[    0.000000] Linux version 6.1.0\n[ 4711.250000] TCP: too many orphaned sockets\n' >"$WORK/b/dmesg"
doctor --offline "$WORK/b" --only LA903,LA108 -v
has "$out" "the kernel's log has it 1 time: [ 4711.250000] TCP: too many orphaned sockets" "so is what the kernel's log says"
is "$(printf '%s\n' "$out" | grep -c '^LA108')" 0 "of which it cannot be told whether it is so now"

# --- what was saved with less ----------------------------------------------------------------------------------------

save "$WORK/bare" -tan
doctor --offline "$WORK/bare" -v
is "$rc" 3 "most rules cannot be judged: exit code 3, not 0"
has "$out" "UNKNOWN  " "and it is not OK"
has "$out" "save it with 'ss -tanpoeim' as root: no process is named (-p" "without -p: said, with what to do"
has "$out" "unknown: LA101 close-wait-leak: no process could be looked at" "and nothing is judged well that was not seen"
has "$out" "unknown: LA103 close-wait-unaccepted: ss was saved without -e" "nor is a hidden owner nobody"
rm "$WORK/bare/sysctl.out"
doctor --offline "$WORK/bare" -v
has "$out" "unknown: LA201 ephemeral-ports-exhausted: the kernel's settings" "without sysctl -a"
printf 'CLOSE-WAIT 0 0 127.0.0' >>"$WORK/bare/sockets.txt"
doctor --offline "$WORK/bare"
has "$out" "1 line could not be understood" "a file that is cut off"

# --- a report of sos -------------------------------------------------------------------------------------------------

sos=$WORK/sosreport-db
mkdir -p "$sos/sos_commands/networking/namespaces/blue" "$sos/sos_commands/kernel" "$sos/sos_commands/host" "$sos/proc/net"
# Of all families, as sos asks for, where the kernel has a table of each.
ss -tupeaonmi >"$sos/sos_commands/networking/ss_-peaonmi"
cp "$WORK/b/sysctl.out" "$sos/sos_commands/kernel/sysctl_-a"
cp "$WORK/b/snmp" "$WORK/b/netstat" "$WORK/b/sockstat" "$sos/proc/net/"
echo db-8 >"$sos/sos_commands/host/hostname"
echo "Active Internet connections (servers and established)" >"$sos/sos_commands/networking/netstat_-W_-neopa"
ln -s sos_commands/networking/netstat_-W_-neopa "$sos/netstat"
cat >"$sos/sos_commands/networking/namespaces/blue/ip_netns_exec_blue_ss_-peaonmi" <<'END'
Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process
tcp   LISTEN 9      8             0.0.0.0:80         0.0.0.0:*     users:(("web",pid=7,fd=3)) ino:1 sk:1 <->
	 skmem:(r0,rb1,t0,tb1,f0,w0,o0,bl0,d0) cubic cwnd:10
END
doctor --offline "$sos" --threshold settled=1s -v
has "$out" "db-8 (2 namespaces" "sos: the host and its namespaces"
has "$out" "LA101 warning  close-wait-leak  python3[$leak] :$p" "the leak"
has "$out" "LA301 critical  accept-queue-overflow  web[7] :80 in blue" "and what is in another namespace, by name"
has "$out" "sos_commands/kernel/sysctl_-a" "settings too"

# --- times and machines that do not fit ------------------------------------------------------------------------------

cp -r "$WORK/b" "$WORK/copy"
cp -r "$WORK/a" "$WORK/old"
touch -d '2 days ago' "$WORK/old"/*
doctor --offline "$WORK/old" --offline "$WORK/copy" $leak --threshold settled=1s -v
has "$out" "the times of the files are those of copies" "copied files: their times are not believed"
is "$(printf '%s\n' "$out" | grep -c 'window [0-9.]* s)')" 1 "how long it was is told by the sockets"
mkdir "$WORK/other"
printf 'State Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 5 10.9.9.9:80 0.0.0.0:* ino:1 sk:fffff1\n' >"$WORK/other/ss"

# --- refusals --------------------------------------------------------------------------------------------------------

mkdir "$WORK/empty"
refused "there is no table of sockets (0 files looked at): save one with 'ss -tanpoeim" doctor --offline "$WORK/empty"
refused "a folder of saved files is wanted" doctor --offline "$WORK/b/snmp"
refused "cannot be read" doctor --offline "$WORK/nowhere"
refused "they are of two machines" doctor --offline "$WORK/a" --offline "$WORK/other"
refused "no socket of process 999999 is in what was saved" doctor --offline "$WORK/b" 999999
refused "takes two folders at most" doctor --offline a --offline b --offline c
refused "looks at files, not at a machine" doctor --offline "$WORK/b" --watch
mkdir "$WORK/names"
printf 'State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 web:http db:4711\n' >"$WORK/names/ss"
refused "save it with ss -n" doctor --offline "$WORK/names"
done_testing
