#!/bin/sh
# SPDX-License-Identifier: MIT
# Strangers' files come in by one door: a FIFO, a device or a link where a file was keeps nobody waiting, and what a person names as a
# capture may be a pipe, which Ctrl-C ends.
. "$(dirname "$0")/lib.sh"
EX=$SRC/build/examples

# limited COMMAND…: runs it; $rc is 124 when it waits for ever.
limited() { checked timeout 30 "$@"; }

# --- captures --------------------------------------------------------------------------------------------------------

# A capture without a packet: pcap's header, of Ethernet.
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\001\000\000\000' >"$WORK/none.pcap"
mkfifo "$WORK/pipe.pcap" "$WORK/silent.pcap"
mkdir "$WORK/folder.pcap"
ln -s none.pcap "$WORK/link.pcap"

limited "$LASTACK" explain "$WORK/none.pcap"
plain=$out
is $rc 0 "a capture is read"
limited "$LASTACK" explain "$WORK/link.pcap"
is "$rc $(printf '%s\n' "$out" | sed s/link.pcap/none.pcap/)" "0 $plain" "through a link that somebody named"
cat "$WORK/none.pcap" >"$WORK/pipe.pcap" &
limited "$LASTACK" explain "$WORK/pipe.pcap"
is "$rc $(printf '%s\n' "$out" | sed s/pipe.pcap/none.pcap/)" "0 $plain" "through a FIFO"
for stdin in - /dev/stdin /proc/self/fd/0; do
	rc=0
	out=$(timeout 30 "$LASTACK" explain $stdin <"$WORK/none.pcap" 2>&1) || rc=$?
	is $rc 0 "by $stdin from a file"
	rc=0
	out=$(cat "$WORK/none.pcap" | timeout 30 "$LASTACK" explain $stdin 2>&1) || rc=$?
	is $rc 0 "by $stdin from a pipe"
done
refused "folder.pcap is a folder" explain "$WORK/folder.pcap"
refused "/dev/zero is a device" explain /dev/zero

# Nobody writes: it waits, and ends when it is told to.
"$LASTACK" explain "$WORK/silent.pcap" >"$WORK/out" 2>&1 &
silent=$!
until grep -q "^State:.S" /proc/$silent/status; do sleep 0.05; done
kill -TERM $silent
rc=0
wait $silent || rc=$?
is $rc 143 "a FIFO without a writer: SIGTERM ends the waiting"

# --- saved files -----------------------------------------------------------------------------------------------------

mkdir "$WORK/report"
cat >"$WORK/ss" <<'END_OF_SS'
State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process
CLOSE-WAIT 1      0      10.0.0.1:80        10.0.0.2:40000    users:(("leaks",pid=77,fd=5)) ino:4711 sk:1
END_OF_SS
mkfifo "$WORK/report/a" "$WORK/report/hostname"
ln -s /dev/zero "$WORK/report/b"
ln -s "$WORK/ss" "$WORK/report/ss"
limited "$LASTACK" doctor --offline "$WORK/report"
is $rc 3 "a report of FIFOs, devices and links out of it: no table of sockets"
has "$out" "there is no table of sockets" "with the reason"
mkdir "$WORK/report/sos_commands" "$WORK/report/sos_commands/networking"
cp "$WORK/ss" "$WORK/report/sos_commands/networking/real"
ln -s real "$WORK/report/sos_commands/networking/ss_-peaonmi"
limited "$LASTACK" doctor --offline "$WORK/report" --json
has "$out" '"sockets":1,' "what is a file among them is read, through a link within the report too"

# --- what a process has mapped ---------------------------------------------------------------------------------------

command -v python3 >/dev/null || { skip "python3 is not installed: there are no clients" && done_testing; }
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || { skip "no mount namespace can be made" && done_testing; }

port=$((20000 + $$ % 10000))
cat >"$WORK/inside.sh" <<'END_OF_INSIDE'
cp "$EX/leaking_server" "$WORK/server" && mkfifo "$WORK/fifo" && mount --make-rprivate / || exit 1
"$WORK/server" "$port" >/dev/null 2>&1 &
server=$!
python3 - "$port" <<'END_OF_CLIENTS'
import socket, sys, time
for i in range(40):
    for again in range(200):
        try:
            s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    s.sendall(b"hello\n")
    s.recv(100)
    s.close()
END_OF_CLIENTS
mount --bind "$WORK/fifo" "$WORK/server" || exit 1
timeout 60 "$LASTACK" doctor $server --window 0 --threshold settled=100ms -v >"$WORK/doctor.out" 2>&1
echo $? >"$WORK/doctor.rc"
timeout 60 "$LASTACK" step --leaks -p $server --for 1s >"$WORK/leaks.out" 2>&1
echo $? >"$WORK/leaks.rc"
kill $server
END_OF_INSIDE
export WORK LASTACK EX port
unshare -m sh "$WORK/inside.sh"
rc=$(cat "$WORK/doctor.rc")
ok "$([ "$rc" -lt 3 ]; echo $?)" "a FIFO in place of a mapped file: doctor ends ($rc)" "$(cat "$WORK/doctor.out")"
has "$(cat "$WORK/doctor.out")" LA101 "and finds what there is to find"
rc=$(cat "$WORK/leaks.rc")
ok "$([ "$rc" -lt 3 ]; echo $?)" "step --leaks ends too ($rc)" "$(cat "$WORK/leaks.out")"
done_testing
