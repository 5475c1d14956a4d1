#!/bin/sh
# SPDX-License-Identifier: MIT
# The built-in scenarios, and the inference held against the kernel in each; what other programs read: --all (TAP), --json (doc/schema), --pcap (pcapng).
. "$(dirname "$0")/lib.sh"
need_lab

# Fewer descriptors than there are scenarios: what is reported is closed.
# shellcheck disable=SC3045 # dash has it
few_descriptors() { (ulimit -Sn 64 && "$LASTACK" "$@"); }
checked few_descriptors lab --all --check-explain
ok $rc "--all --check-explain: exit code 0" "$(printf '%s\n' "$out" | not_ok)"
is "$(printf '%s\n' "$out" | grep -c '^# explain: .* 0 wrong')" 4 "from no place is a verdict wrong"
share=$(printf '%s\n' "$out" | sed -n 's/^# explain: middle: .* single (\([0-9]*\)\..*/\1/p')
ok "$([ "${share:-0}" -ge 90 ]; echo $?)" "$share % of the verdicts from the middle are single states: at least 90"
has "$out" "ok 1 - handshake" "in a stable order"
has "$out" "time-wait-timer # SKIP slow" "slow ones are skipped, and it is said"
is "$(printf '%s\n' "$out" | grep -c '^ok')" "$("$LASTACK" lab --list | wc -l)" "each scenario has a line"
run lab --all --repeat 2 -j 0
is $rc 3 "-j 0 is refused"

for name in close accept-queue-full post-003-handshake-queues half-open; do
	"$LASTACK" lab --json "$name" >"$WORK/json"
	fits_schema event "--json $name fits the schema" "$WORK/json"
done
scenario 'title "every kind"' 'server listen 7777' 'hold client SYN' 'client connect 7777' 'wait 1100ms' 'held' 'table' 'drop 1' \
	'note "\x1b\xff\"\\"' 'expect client ESTABLISHED within 10ms'
"$LASTACK" lab --json "$lab" >"$WORK/json"
fits_schema event "--json of every kind of event, and of hostile bytes" "$WORK/json"
has "$(tail -1 "$WORK/json")" '"verdict":"failed"' "a failure is the last line"
has "$(cat "$WORK/json")" '"event":"again"' "copies are told"

"$LASTACK" lab -q close --pcap "$WORK/close.pcapng" >/dev/null
is "$(od -A n -t x4 -N 4 "$WORK/close.pcapng" | tr -d ' ')" "0a0d0d0a" "--pcap writes a pcapng file"
if command -v tshark >/dev/null 2>&1; then
	packets=$("$LASTACK" lab close | grep -c '#.*ack\|#1 SYN')
	fields=$(tshark -r "$WORK/close.pcapng" -Y 'frame.interface_name == "client"' -T fields -e tcp.flags.str 2>"$WORK/err" | wc -l)
	is "$fields" 7 "tshark reads it: the client sent and received seven packets ($packets in the ladder)"
	bad=$(tshark -r "$WORK/close.pcapng" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -Y 'tcp.checksum.status == 0 || ip.checksum.status == 0' 2>/dev/null | wc -l)
	is "$bad" 0 "with good checksums"
	has "$(tshark -r "$WORK/close.pcapng" -T fields -e frame.comment 2>/dev/null)" "was on the wire for" "and what the wire did as comments"
	for name in post-002-close-wait post-004-netcat close; do
		"$LASTACK" lab --json "$name" --pcap "$WORK/p.pcapng" >"$WORK/json"
		rc=0
		out=$(tshark -r "$WORK/p.pcapng" -Y 'frame.interface_name == "client"' -T fields -e tcp.seq -e tcp.ack \
			-e tcp.window_size_value -e tcp.len -e tcp.flags 2>/dev/null |
			python3 "$SRC/test/compare.py" "$WORK/json") || rc=$?
		ok $rc "$name: tshark sees the same packets ($out)" "$out"
	done
	capinfos "$WORK/close.pcapng" >"$WORK/info" 2>&1
	ok $? "capinfos has no complaint" "$(cat "$WORK/info")"
else
	skip "tshark is not installed: the capture is not read back"
fi
run lab -q close --pcap /no/where.pcapng
is $rc 3 "a file that cannot be written: exit code 3"
has "$out" "/no/where.pcapng cannot be written (no such file or directory)" "and one sentence"
done_testing
