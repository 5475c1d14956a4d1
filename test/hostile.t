#!/bin/sh
# SPDX-License-Identifier: MIT
# Names that command a terminal or make lines of their own: of processes, files, functions, namespaces, control groups and of
# what is typed. Whatever prints them, none of it reaches a terminal, and JSON stays JSON.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
HOSTILE=$SRC/build/programs/hostile
servers=
trap 'kill $servers 2>/dev/null; rm -rf "$WORK"' EXIT

e=$(printf '\033')
bell=$(printf '\007')
csi=$(printf '\302\233')
byte=$(printf '\233')
half=$(printf '\355\240\200')
bidi=$(printf '\342\200\256')
line='
'
# A comm has 15 bytes.
set -- "$e]0;X$bell" "${csi}31m${byte}[1m" "$half" "${bidi}evil" "a${line}FORGED" '"a\b,c"'

# start NAME: a server of that name, the last one's number is in $pid.
start() {
	mkfifo "$WORK/ready"
	"$HOSTILE" "$1" >"$WORK/ready" &
	pid=$!
	servers="$servers $pid"
	read -r _ <"$WORK/ready" # it has its connection now
	rm "$WORK/ready"
}
for name; do start "$name"; done

# said KIND NAME COMMAND...: keeps what the command prints, errors too; all of it is judged at the end. KIND: text, csv, json.
mkdir "$WORK/said"
n=0
said() {
	n=$((n + 1))
	echo "$1" >"$WORK/said/$n.kind"
	echo "$2" >"$WORK/said/$n.name"
	shift 2
	rc=0
	timeout 60 "$@" >"$WORK/said/$n.out" 2>"$WORK/said/$n.err" </dev/null || rc=$?
	[ "$rc" -lt 124 ] || broke="$broke$(cat "$WORK/said/$n.name"): $rc
"
}
broke=

# --- processes -------------------------------------------------------------------------------------------------------

run list -n
ok "$(printf '%s' "$out" | grep -qF 'x1b]0;X'; echo $?)" "the servers are seen, by escaped names" "$out"
said text "list" "$LASTACK" list
said text "list -e -i -m -v" "$LASTACK" list -e -i -m -v
said text "list of all columns" "$LASTACK" list -o +cgroup,netns,fd,pid,queues
said text "list --group-by owner" "$LASTACK" list --group-by owner
said csv "list --csv" "$LASTACK" list --csv -o +cgroup,netns
said json "list --json" "$LASTACK" list --json
said json "list --group-by owner --json" "$LASTACK" list --group-by owner --json
said text "top --once" "$LASTACK" top --once -d 200ms
said json "top --once --json" "$LASTACK" top --once --json -d 200ms
said text "doctor" "$LASTACK" doctor --window 200ms
said text "doctor -v" "$LASTACK" doctor -v --window 200ms
said json "doctor --json" "$LASTACK" doctor --json --window 200ms
said text "doctor --format nagios" "$LASTACK" doctor --format nagios --window 200ms
said text "doctor PID" "$LASTACK" doctor -v --window 200ms "$pid"
for pid in $servers; do
	said text "step -p" "$LASTACK" step --auto --for 300ms -v -p "$pid"
done
said json "step -p --json" "$LASTACK" step --auto --for 300ms --json -p "$pid"
# Beside load a server may need longer to come to its next call.
for time in 300ms 3s 20s; do
	run step --auto --for $time -p "$pid"
	printf '%s' "$out" | tr -d ' \n' | grep -qF FORGEDfile.c && break
done
case $out in
*"cannot be stepped"* | *"cannot be entered"* | *"packets are not seen"*) skip "a running process may not be stepped here" ;;
*) ok "$(printf '%s' "$out" | tr -d ' \n' | grep -qF 'ev\x1b[31mil\nFORGEDfile.c'; echo $?)" "the line in its source is seen, escaped" "$out" ;;
esac
said text "step --leaks -p" "$LASTACK" step --leaks --for 300ms -p "$pid"
said text "doctor --stop-threads" "$LASTACK" doctor -v --window 200ms --stop-threads "$pid"

# --- programs and files ----------------------------------------------------------------------------------------------

# All of them in one: a file's name, a word, has room for it.
all="$e]0;X$bell${csi}31m${byte}[1m$half${bidi}evil${line}FORGED"
file=$WORK/$all
cp "$HOSTILE" "$file"
said text "step PROGRAM" "$LASTACK" step --auto --for 300ms "$file" x
said json "step PROGRAM --json" "$LASTACK" step --auto --for 300ms --json "$file" "$all"
rm "$file"
said text "a program that is not there" "$LASTACK" step --auto "$file"
said text "a scenario that is not there" "$LASTACK" lab "$file.lab"
said text "a capture that is not there" "$LASTACK" explain "$file.pcap"
echo "no capture" >"$file.pcap"
said text "a capture that is none" "$LASTACK" explain "$file.pcap"
"$LASTACK" lab -q close --pcap "$WORK/good.pcap" >"$WORK/check" 2>&1 && cp "$WORK/good.pcap" "$file.pcap" && {
	said text "a capture" "$LASTACK" explain "$file.pcap"
	said json "a capture as JSON" "$LASTACK" explain --json "$file.pcap"
}
printf '%s\n' "$all" >"$file.lab"
said text "a scenario that is none" "$LASTACK" lab "$file.lab"
said text "a configuration that is none" "$LASTACK" doctor --window 0 --config "$file.lab"
said text "a configuration that is not there" "$LASTACK" doctor --window 0 --config "$file"
mkdir "$WORK/saved" "$file.d"
LC_ALL=C ss -tanpoeim >"$WORK/saved/ss" 2>/dev/null && {
	cp "$WORK/saved/ss" "$file.d/ss$all"
	said text "doctor --offline" "$LASTACK" doctor -v --offline "$WORK/saved"
	said text "doctor --offline, with names of files" "$LASTACK" doctor -v --offline "$file.d"
	said json "doctor --offline --json" "$LASTACK" doctor --json --offline "$WORK/saved"
}
said text "a folder without what is wanted" "$LASTACK" doctor --offline "$file.e"

# --- what is typed -----------------------------------------------------------------------------------------------------

said text "no such command" "$LASTACK" "$all"
for command in lab step list top doctor explain; do
	said text "$command: no such option" "$LASTACK" "$command" "--$all"
done
said text "lab: no such scenario" "$LASTACK" lab "x$all"
said text "lab --jobs" "$LASTACK" lab --all --jobs "$all"
said text "list: no such state" "$LASTACK" list state "$all"
said text "list: no such word" "$LASTACK" list "$all"
said text "list: no such column" "$LASTACK" list -o "$all"
said text "list: no such namespace" "$LASTACK" list -N "$all"
said text "list: no such engine" "$LASTACK" list --engine "$all"
said text "top: no such time" "$LASTACK" top --once -d "$all"
said text "doctor: no such rule" "$LASTACK" doctor --only "$all"
said text "doctor: no such threshold" "$LASTACK" doctor --threshold "$all=5"
said text "doctor: no such process" "$LASTACK" doctor "$all"
said text "explain: no such word" "$LASTACK" explain "x$all"
said text "step: no such process" "$LASTACK" step -p "$all"

# --- scenarios ---------------------------------------------------------------------------------------------------------

if "$LASTACK" lab --check >/dev/null 2>&1; then
	quoted=$(printf '%s' "$all" | tr '\n' ' ')
	scenario "title \"$quoted\"" "note \"$quoted\"" "let x \"$quoted\"" "server listen 7777" "client connect 7777" \
		"server accept" "client send \"$quoted\"" "server recv 100" "expect server LISTEN owned \"$quoted\""
	said text "lab" "$LASTACK" lab -v "$lab"
	said json "lab --json" "$LASTACK" lab --json "$lab"
	said text "lab -q" "$LASTACK" lab -q "$lab"
	scenario 'title "x"' 'note "\x1b]0;X\x07 \nFORGED \xc2\x9b \xed\xa0\x80"' 'server listen 7777' 'expect server LISTEN within 100ms'
	said text "escapes of a scenario" "$LASTACK" lab -v "$lab"
	said json "and as JSON" "$LASTACK" lab --json "$lab"
else
	skip "no way to run a lab here"
fi

# --- namespaces and control groups ---------------------------------------------------------------------------------------

# with_names: in a mount namespace of its own, network namespaces have these names.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >"$WORK/names.sh" <<'EOF'
mkdir -p /run/netns && mount -t tmpfs none /run/netns || exit 1
for name; do
	file=/run/netns/$(printf '%s' "$name" | tr -d /)
	: >"$file" && unshare -n mount --bind /proc/self/ns/net "$file"
done
shift $#
"$LASTACK" list --json >"$WORK/names.json" 2>"$WORK/names.err"
"$LASTACK" list -o +netns -v
"$LASTACK" list --group-by netns
"$LASTACK" top --once -d 200ms
"$LASTACK" doctor -v --window 200ms
EOF
	export LASTACK WORK
	said text "network namespaces" unshare -m sh "$WORK/names.sh" "$@"
	cp "$WORK/names.json" "$WORK/out.json"
	said json "and as JSON" cat "$WORK/out.json"
else
	skip "mounts of one's own need root"
fi
v2=/sys/fs/cgroup
[ -d $v2/unified ] && v2=$v2/unified
group=$v2/lastack-$$-$(printf '%s' "$1" | tr -d /)
if [ "$(stat -fc %T $v2 2>/dev/null)" = cgroup2fs ] && mkdir "$group" 2>/dev/null; then
	echo "$pid" >"$group/cgroup.procs"
	said text "control groups" "$LASTACK" list -o +cgroup
	said csv "control groups as CSV" "$LASTACK" list --csv -o +cgroup
	kill "$pid"
	wait "$pid" 2>/dev/null
	rmdir "$group"
else
	skip "no control group may be made here"
fi

# --- all of it ---------------------------------------------------------------------------------------------------------

is "$broke" "" "each of them ends by itself, and none breaks"
python3 "$SRC/test/shows.py" "$WORK/said" >"$WORK/wrong"
is "$(tail -1 "$WORK/wrong")" "$n" "all that $n commands printed is judged"
i=0
while [ "$i" -lt "$n" ]; do
	i=$((i + 1))
	name=$(cat "$WORK/said/$i.name")
	wrong=$(grep -F "$name	" "$WORK/wrong" || true)
	ok "$([ -z "$wrong" ]; echo $?)" "$name" "$wrong"
done
done_testing
