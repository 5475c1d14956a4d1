#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack explain: each ending made in a lab and read back from its capture, from both interfaces and from one; every format and link
# layer; a leaked CLOSE_WAIT with its beginning; damaged files. (All scenarios beside the kernel: outputs.t.)
. "$(dirname "$0")/lib.sh"
need_lab

# field NAME: of the first story in $out; "-" if it is not there.
field() {
	value=$(printf '%s\n' "$out" | grep '"conn":' | head -1 | sed -n "s/.*\"$1\":\"\([a-z-]*\)\".*/\1/p")
	echo "${value:--}"
}

verdict() {
	echo "$(field opening) $(field ending) $(field by) $(field reset)"
}

for lab in "$SRC"/test/endings/*.lab; do
	name=$(basename "$lab" .lab)
	should=$(sed -n '1s/^# //p' "$lab")
	case $should in
	*\ *\ *\ *) ;;
	*) should="$should -" ;;
	esac
	rc=0
	"$LASTACK" lab -q "$lab" --pcap "$WORK/$name.pcapng" --check-explain >"$WORK/lab.out" 2>&1 || rc=$?
	ok $rc "$name: the lab makes it, and the inference agrees with its kernel" "$(cat "$WORK/lab.out")"
	run explain --json "$WORK/$name.pcapng"
	is "$rc $(verdict)" "0 $should" "$name: from both ends"
done

# A leak is called one.
run explain "$WORK/leaked.pcapng"
has "$out" "server is in CLOSE_WAIT since " "a leaked CLOSE_WAIT is called one"
has "$out" "its program has not called close()" "and whose fault it is"
run explain "$WORK/leaked.pcapng" --conn 1
has "$out" "only client closed: server is in CLOSE_WAIT since" "in full, too"
fin=$(printf '%s\n' "$out" | sed -n 's/.*FIN of client #\([0-9]*\).*/\1/p')
moment=$("$LASTACK" explain --json "$WORK/leaked.pcapng" --conn 1 | sed -n "s/^{\"ts\":\([0-9]*\),\"event\":\"packet\".*\"number\":$fin,.*/\1/p")
since=$("$LASTACK" explain --json "$WORK/leaked.pcapng" | sed -n 's/.*"server":{[^}]*"likely":"CLOSE_WAIT"[^}]*"since":\([0-9]*\).*/\1/p')
[ -n "$moment" ] && [ -n "$since" ] && [ "$since" -ge "$moment" ] && [ "$since" -lt $((moment + 50000000)) ]
ok $? "since its FIN came: #$fin at $moment ns, CLOSE_WAIT since $since ns"

# Formats and link layers.
if command -v python3 >/dev/null 2>&1; then
	mkdir "$WORK/links"
	python3 "$SRC/test/relink.py" "$WORK/client-first.pcapng" "$WORK/links"
	for f in "$WORK"/links/*.cap; do
		run explain --json "$f"
		is "$rc $(verdict)" "0 normal orderly client -" "$(basename "$f" .cap): one interface is enough"
	done
	run explain "$WORK/links/cut.cap" --conn 1
	has "$out" "len 5" "of a packet that is cut the length is known"
	run explain "$WORK/links/qinq.cap" --summary
	has "$out" "Ethernet, 9 packets, 1 connection" "the link layer is named"
	head -c 300 "$WORK/links/ethernet.cap" >"$WORK/short.cap"
	run explain "$WORK/short.cap"
	is $rc 1 "a file that ends early: exit code 1"
	has "$out" "is cut off inside packet 4" "it is said where"
	has "$out" "3 packets, 1 connection" "and what came before is shown"
	gzip -c "$WORK/links/raw.cap" >"$WORK/raw.gz"
	run explain "$WORK/raw.gz"
	has "$out" "is packed by gzip; try 'zcat" "a packed file: what to do"
	rc=0
	out=$("$LASTACK" explain - <"$WORK/links/raw.cap" 2>&1) || rc=$?
	has "$out" "9 packets, 1 connection" "standard input"
else
	skip "python3 is not installed: other formats are not made"
fi
for name in leaked late-data both-open; do
	"$LASTACK" explain --json "$WORK/$name.pcapng" --conn 1 >"$WORK/json"
	fits_schema explain "--json of $name fits the schema" "$WORK/json"
done

# What is no capture.
run explain
is $rc 3 "no file: exit code 3"
has "$out" "which capture, or which word?" "and what is wanted"
run explain /no/where/EPIPE
has "$out" "/no/where/EPIPE cannot be read (no such file or directory)" "no such file"
run explain "$WORK"
has "$out" "is a folder, and a file is wanted" "a folder"
run explain "$SRC/Makefile"
is $rc 3 "text: exit code 3"
has "$out" "is no capture" "text is no capture"
: >"$WORK/empty"
run explain "$WORK/empty"
has "$out" "is empty" "an empty file"
run explain "$WORK/leaked.pcapng" --conn 2
is $rc 3 "no such connection: exit code 3"
has "$out" "there is no connection 2; $WORK/leaked.pcapng has 1" "and how many there are"
run explain --conn x "$WORK/leaked.pcapng"
has "$out" "--conn is a number from 1 to 1000000000" "no number"
run explain --at moon "$WORK/leaked.pcapng"
has "$out" "--at is tap, client or server" "no place"

# Public captures, with what is known of them: there only on the developers' machines.
captures=$SRC/../shared/captures
if [ -d "$captures" ]; then
	for f in "$captures"/*.pcap*; do
		"$LASTACK" explain --json "$f" 2>/dev/null | sed -n 's/^{"conn":\([0-9]*\).*"opening":"\([a-z-]*\)","ending":"\([a-z-]*\)",\("by":"\([a-z]*\)",\)\{0,1\}\("reset":"\([a-z-]*\)",\)\{0,1\}.*/\1 \2 \3 \5 \7/p' |
			sed "s/^/$(basename "$f") /; s/ *$//"
	done >"$WORK/verdicts"
	is "$(diff "$SRC/test/captures.expected" "$WORK/verdicts")" "" "the public captures are told as they were examined"
else
	skip "no folder of public captures beside the source"
fi
# --- words ---------------------------------------------------------------------------------------------------------

means() { # WORD PART NAME
	run explain "$1"
	has "$rc $out" "$2" "$3"
}
means CLOSE-WAIT "0 CLOSE_WAIT, a state of TCP" "a state, in any spelling"
means close_wait "ESTABLISHED ──▶ CLOSE_WAIT: FIN arrives [RFC 9293" "the way in, with the RFC and the kernel's function"
means TIME_WAIT "lastack lab " "a scenario that shows it"
means la101 "close the descriptor when read() returns 0" "a rule by its id"
means accept-stalled "it stays silent in accept-stalled-not" "a rule by its name, with its pair"
means 301 "threshold" "a rule by its number, where no error has it"
means 104 "0 ECONNRESET (104 here)" "an error by its number"
means SYN/ACK "0 SYN+ACK, a flag of TCP" "a flag, with a slash in it"
means Recv-Q "here now    " "a column, and what is here now"
means net.ipv4.tcp_fin_timeout "here now    $(cat /proc/sys/net/ipv4/tcp_fin_timeout)" "a setting, and its value"
means /proc/sys/net/ipv4/tcp_fin_timeout "0 net.ipv4.tcp_fin_timeout, a setting" "a setting by its file's name"
means SO_KEEPALIVE "see it      lastack lab keepalive" "an option, and the scenario that sets it"
means InSegs "moves with  OutSegs " "a counter, and what those have that move with it"
means TCP_LISTEN_OVERFLOW "why the kernel throws a packet away" "a drop reason"
means EADDRINUSE "LA205 bind-blocked-by-owner" "an error, with the rules about it"
means "bind: Address already in use" "0 EADDRINUSE" "an error's text within a line"
means "要求アドレスに割り当てられません" "0 EADDRNOTAVAIL" "in Japanese"
means "주소가 이미 사용" "0 EADDRINUSE" "a part of it in Korean"
means TcpExtListenOverflows "0 ListenOverflows, a counter" "a counter as nstat calls it"
means persist "the peer's window is closed" "a timer"
means not-accepted "waits in its listener's accept queue" "why nobody holds a socket"
means "Possible SYN flooding on port 80" "LA307 syn-queue-full" "a line of the kernel's log"
means "dial tcp 192.0.2.1:80: i/o timeout" "192.0.2.1:80 is another machine's" "a message with a slash in it, and an address"
means i/o\ timeout "0 \"i/o timeout\", a message of Go" "the message alone"
run explain java.net.SocketException: Connection reset
has "$rc $out" "0 \"SocketException: Connection reset\", a message of Java" "an exception, without quotes"
run explain too many open files
has "$rc $out" "0 EMFILE" "several words without quotes"
run explain --list
has "$out" "LISTEN " "--list: all of them"
run explain --list flag
is "$rc $(printf '%s\n' "$out" | grep -c .)" "0 10" "--list KIND: those of one kind"
run explain --list nonsense
has "$rc $out" "there is no kind of words 'nonsense'; there are: rule, state, " "a kind that is none"
run explain clos_wait
is "$rc" 3 "a word that is none: exit code 3"
has "$out" "did you mean 'CLOSE_WAIT'?" "what was meant"
done_testing
