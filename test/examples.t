#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs of examples/ do what the posts' programs did, over loopback in a namespace of their own.
. "$(dirname "$0")/lib.sh"
EX=$SRC/build/examples
unshare -Urn true 2>/dev/null || unshare -n true 2>/dev/null || skip_all "no network namespace may be made here"
if [ -z "${INSIDE:-}" ]; then
	[ "$(id -u)" -eq 0 ] && exec env INSIDE=1 unshare -n sh "$0"
	exec env INSIDE=1 unshare -Urn sh "$0"
fi
up() { # brings lo up without ip(8): a lab program has no more to say here
	python3 -c 'import fcntl,socket,struct
s=socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0x49))' 2>/dev/null || ip link set lo up
}
up || skip_all "lo cannot be brought up"

# waits_for STATE PORT: until a socket on this port is in this state (number of /proc/net/tcp).
waits_for() {
	comes awk -v p=":$(printf %04X "$2")" -v s="$1" 'index($2, p) && $4 == s { found = 1 } END { exit !found }' /proc/net/tcp /proc/net/tcp6
}

"$EX/echo_server" 7777 >"$WORK/server" &
server=$!
waits_for 0A 7777
out=$("$EX/echo_client" 127.0.0.1 7777 "Echo This")
is "$out" "Echo This" "echo: what was sent comes back"
wait $server
ok $? "echo: the server ends"
is "$(cat "$WORK/server")" "Echo This" "echo: and has printed it"

"$EX/daytime_server" 1313 2>/dev/null &
server=$!
waits_for 0A 1313
out=$("$EX/daytime_client" 127.0.0.1 1313)
has "$out" ":" "daytime: a time of day over IPv4"
has "$("$EX/daytime_client" ::1 1313)" ":" "daytime: and over IPv6"
waits_for 06 1313
ok $? "daytime: TIME_WAIT is the server's, who closed first"
kill $server

"$EX/leaking_server" 9000 >"$WORK/server" &
server=$!
waits_for 0A 9000
out=$(printf 'test\nq\n' | "$EX/line_client" 127.0.0.1 9000)
has "$out" "test" "leaking: the echo comes back"
waits_for 08 9000
ok $? "leaking: the server's connection stays in CLOSE_WAIT"
has "$(cat "$WORK/server")" "Connected client 1" "leaking: as the post's server said"
kill $server

mkfifo "$WORK/keys"
exec 9<>"$WORK/keys" # a keyboard that nobody touches
"$EX/nc" -l -k 11111 <"$WORK/keys" >"$WORK/server" &
server=$!
waits_for 0A 11111
is "$(awk '$2 ~ /:2B67$/ && $4 == "0A"' /proc/net/tcp /proc/net/tcp6 | wc -l)" 2 "nc: two listeners, one of each family"
printf '11111\n' | "$EX/nc" 127.0.0.1 11111 >/dev/null
printf '22222\n' | "$EX/nc" ::1 11111 >/dev/null
comes grep -q 22222 "$WORK/server"
is "$(cat "$WORK/server")" "11111
22222" "nc: one after the other, over both families"
kill $server
done_testing
