#!/bin/sh
# SPDX-License-Identifier: MIT
# A capture with every link layer, tunnel, clock and byte order that lastack reads, packet by packet beside tshark.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip_all "no python3"
command -v tshark >/dev/null || skip_all "no tshark to compare with"
ways=$SRC/test/ways.py
python3 "$ways" write "$WORK/ways.pcapng"
# shellcheck disable=SC2046 # the fields are words
tshark -r "$WORK/ways.pcapng" -o tcp.check_checksum:TRUE -Y tcp -T fields -E occurrence=l $(python3 "$ways" fields) >"$WORK/tshark" 2>"$WORK/err"
is "$(wc -l <"$WORK/tshark")" 450 "tshark finds TCP in each frame"
is "$(python3 "$ways" compare "$LASTACK" "$WORK/ways.pcapng" <"$WORK/tshark")" "450 packets in 25 ways alike" "lastack reads what tshark reads"
run explain --summary "$WORK/ways.pcapng"
has "$out" "450 packets, 50 connections" "each way is a connection of its own, in IPv4 and in IPv6"
done_testing
