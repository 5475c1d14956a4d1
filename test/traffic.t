#!/bin/sh
# SPDX-License-Identifier: MIT
# On a host with other people's traffic: the same story is told as on a quiet one, who is attached to a server does not keep it from
# answering, hears SIGTERM, keeps --for, and begins at once. How slow the machine is meanwhile is told by strace, attached in the
# same way; without strace by the server alone. What doctor does after SIGTERM is its last look at everything: how long that takes
# there is told by a doctor that looks once.
# SOCKETS=10000 RATE=2000 FOR=600 for the long proof.
. "$(dirname "$0")/own.sh"
. "$(dirname "$0")/lib.sh"
own_or_skip
TRAFFIC=$SRC/build/programs/traffic
EX=$SRC/build/examples
SOCKETS=${SOCKETS:-2000}
RATE=${RATE:-1000}
FOR=${FOR:-1}

crowd() {
	mkfifo "$WORK/end"
	"$TRAFFIC" crowd "$SOCKETS" "$RATE" <"$WORK/end" >"$WORK/crowd" 2>&1 &
	exec 9>"$WORK/end"
	until grep -qs ready "$WORK/crowd"; do sleep 0.05; done
}
# worst TEXT: the worst answer in ms, of what `traffic ask` says.
worst() { printf '%s\n' "$1" | sed -n 's/.* worst \([0-9]*\).*/\1/p'; }
# no_later IS THAN MARGIN NAME [DETAIL]: a number of ms, at most so much more than the other; where others compute beside us so that
# we have a fifth of a processor, five times as much.
no_later() {
	set -- "$1" "$2" $(($3 * $(crowded))) "$4" "${5:-}"
	if [ -n "$1" ] && [ "$1" -le $(($2 + $3)) ]; then ok 0 "$4: $1 ms, beside $2"; else ok 1 "$4" "is: $1 ms, should be $2 + $3 at most
$5"; fi
}
ms() { date +%s%3N; }
# The least of a processor that we have had so far, as the number of those who share it.
crowded() {
	"$TRAFFIC" share >>"$WORK/share"
	sort -n "$WORK/share" | tail -1
}
# The shortest of three runs of a program under step, in ms: what others do to the machine for a moment does not count.
begins() {
	shortest=100000
	for _ in 1 2 3; do
		took=$(ms)
		timeout -k 1 30 "$LASTACK" step -q --auto true </dev/null >"$WORK/out" 2>&1
		took=$(($(ms) - took))
		[ $took -ge $shortest ] || shortest=$took
	done
	echo $shortest
}

# --- the same story ----------------------------------------------------------------------------------------

# What each side did and became, in the order in which that side did it, without times and numbers of processes and ports; and
# without what depends on the moment: acknowledgements alone, states that the next packet ends, and queues.
story() {
	timeout -k 1 30 "$LASTACK" step --host --auto --json "$EX/echo_server" "$1" :: "$EX/echo_client" 127.0.0.1 "$1" hi 2>"$WORK/err" </dev/null >"$WORK/json"
	python3 - "$WORK/json" <<'EOF'
import json, sys
told = {}
lasting = ("BOUND", "LISTEN", "ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT")
for e in map(json.loads, open(sys.argv[1])):
    kind, side = e.get("event"), e.get("side")
    if kind in ("call", "result"):
        told.setdefault(("calls", side), []).append(e["text"].split("(")[0])
    elif kind == "socket" and e["change"] != "gone" and e["state"] in lasting:
        became = told.setdefault(("states", side), [])
        if e["state"] not in became:
            became.append(e["state"])
    elif kind == "packet" and e["flags"] != "ACK":
        told.setdefault(("packets", side), []).append(e.get("flags", "?"))
    elif kind == "notice":
        told.setdefault(("notices", ""), []).append(e["text"])
for k in sorted(told, key=str):
    print(*k, *told[k])
EOF
}
story 7001 >"$WORK/quiet"
took_quiet=$(begins)
crowd
story 7002 >"$WORK/loud"
is "$(cat "$WORK/loud")" "$(cat "$WORK/quiet")" "the same calls, states and packets as on a quiet host"
has "$(cat "$WORK/loud")" "TIME_WAIT" "and a whole story"
no_later "$(begins)" "$took_quiet" 500 "a new program begins at once"

# --- a server that somebody is attached to -----------------------------------------------------------------

# Each has a server of its own, and all are attached at the same time, so that each bears the others too.
serve() { # PORT
	"$TRAFFIC" serve "$1" >"$WORK/server.$1" 2>&1 &
	eval "server_$1=$!"
	until grep -qs ready "$WORK/server.$1"; do sleep 0.05; done
}
# attach PORT COMMAND…: COMMAND is attached to that port's server.
attach() {
	serve "$1"
	eval "server=\$server_$1"
	port=$1
	shift
	# shellcheck disable=SC2154 # set by eval
	"$@" "$server" >"$WORK/log.$port" 2>&1 </dev/null &
	eval "tracer_$port=$!"
	until ! kill -0 $! 2>/dev/null || ! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$server/status"; do sleep 0.02; done
}
# detach PORT: ends what was attached there: $asked, $end, $rss, $log, and the ms after which the server was let go and the command
# had ended: $let_go, $ended.
detach() {
	eval "server=\$server_$1 tracer=\$tracer_$1"
	asked=$(cat "$WORK/asked.$1")
	rss=$(sed -n 's/^VmRSS:[[:space:]]*//p' "/proc/$tracer/status")
	end=$("$TRAFFIC" end "$tracer" "$server")
	let_go=$(printf '%s\n' "$end" | sed -n 's/let go after \([0-9]*\) ms.*/\1/p')
	ended=$(printf '%s\n' "$end" | sed -n 's/.*ended after \([0-9]*\) ms/\1/p')
	kill -9 "$tracer" 2>/dev/null
	wait "$tracer" 2>/dev/null
	log=$(tail -3 "$WORK/log.$1")
}
# The longest of three looks of doctor at everything there is, in ms.
one_look() {
	longest=0
	for _ in 1 2 3; do
		took=$(ms)
		"$LASTACK" doctor --window 0 $server >"$WORK/log" 2>&1 </dev/null
		took=$(($(ms) - took))
		[ $took -le $longest ] || longest=$took
	done
	echo $longest
}
hows="step -p
step --auto -q -p
step --leaks --for 3600s -p
doctor --for 3600s --follow"
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then straced=yes; else straced=''; fi
if [ "$straced" ]; then attach 9000 strace -f -o /dev/null -p; else serve 9000; fi
last=9000 ports=9000
while read -r how; do
	last=$((last + 1)) ports="$ports $last"
	# shellcheck disable=SC2086 # words
	attach $last "$LASTACK" $how
done <<EOF
$hows
EOF
asking=''
for port in $ports; do
	"$TRAFFIC" ask "$port" "$FOR" >"$WORK/asked.$port" &
	asking="$asking $!"
done
# shellcheck disable=SC2086 # words
wait $asking
if [ "$straced" ]; then detach 9000; else asked=$(cat "$WORK/asked.9000") let_go=0 ended=0; fi
base=$(worst "$asked") base_go=$let_go base_end=$ended
echo "# without lastack: $asked; ${end:-}"
last=9000
while read -r how; do
	last=$((last + 1))
	detach $last
	echo "# $how: $asked; $end; $rss"
	has "$asked" " 0 in vain" "$how: every answer comes"
	no_later "$(worst "$asked")" "$base" 500 "$how: the worst answer" "$asked $log"
	no_later "$let_go" "$base_go" 200 "$how: SIGTERM is heard" "$end $log"
	case $how in
	doctor*) no_later "$ended" "$(one_look)" 200 "$how: it ends after its last look, beside one look" "$end $log" ;;
	*) no_later "$ended" "$base_end" 200 "$how: and it ends" "$end $log" ;;
	esac
done <<EOF
$hows
EOF
for how in "step --auto --for 500ms -p" "step --auto -q --for 500ms -p" "step --leaks --for 500ms -p" "doctor --for 500ms --follow"; do
	"$TRAFFIC" ask 9004 3 >"$WORK/asked" &
	asking=$!
	took=$(ms)
	# shellcheck disable=SC2086 # words
	timeout -k 1 30 "$LASTACK" $how $server >"$WORK/log" 2>&1 </dev/null
	no_later $(($(ms) - took)) 500 1500 "$how: --for is kept while the server is asked" "$(tail -3 "$WORK/log")"
	kill $asking
	wait $asking 2>/dev/null
done
exec 9>&-
# shellcheck disable=SC2154 # set by eval
kill "$server_9000" "$server_9001" "$server_9002" "$server_9003" "$server_9004"
wait 2>/dev/null
echo "# $(tail -1 "$WORK/crowd")"
done_testing
