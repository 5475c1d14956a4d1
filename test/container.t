#!/bin/sh
# SPDX-License-Identifier: MIT
# In containers of each kind (container.sh makes them), and where no user namespace may be made: what each command says is so, and what
# it cannot do it says in one sentence that helps.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "only root can make a container as Docker does"
for tool in setpriv unshare pivot_root mount ip; do
	command -v $tool >/dev/null || skip_all "there is no $tool"
done
# The project may lie where only root may look (/root); who is in a container is somebody else.
mkdir "$WORK/build" "$WORK/test"
cp "$LASTACK" "$WORK/build/lastack"
cp -r "$SRC/build/programs" "$SRC/build/examples" "$WORK/build/"
cp "$SRC/test/container.sh" "$WORK/test/"
BUILD=$WORK/build LASTACK=$WORK/build/lastack SRC=$WORK
chmod -R go+rX "$WORK"
export BUILD_PROGRAMS="$BUILD/programs" BUILD SRC LASTACK
SCENARIOS="close post-000-echo post-000-step syn-cookies"
export SCENARIOS
mkdir "$WORK/root"

empty() {
	rm -rf "$WORK/out"
	mkdir -m 777 "$WORK/out"
}

# container NAME=VALUE…: what is said in one, in $WORK/out/.
container() {
	empty
	env WHO=root CAPS= FILTER= TUN= HIDEPID= WRITABLE= ALL= "$@" \
		unshare --mount --pid --fork --kill-child --net --ipc --uts --cgroup sh "$SRC/test/container.sh" enter "$WORK" >"$WORK/log" 2>&1
}

said() { cat "$WORK/out/$1"; }
code() { cat "$WORK/out/$1.rc"; }
lines() { grep -c . "$WORK/out/$1"; }

# one_sentence WHAT PART: it is refused so, in one line that says this.
one_sentence() {
	is "$(code "$1") $(lines "$1")" "3 1" "$in: $1: refused, in one line"
	has "$(said "$1")" "$2" "$in: $1: and what to do"
}

# What is advised beside something that is not the reason, by `lab --check`.
misfits() {
	said check | awk '/why:|but:/ { why = $0 }
		/try:/ && why ~ /net\/tun.*no such file/ && !/--device \/dev\/net\/tun/
		/try:/ && why ~ /user namespace/ && /chmod|modprobe/'
}

# Title and settings, as one line.
ladders_head() { sed '/^$/q' "$WORK/out/close" | tr -s '\n ' ' '; }

# --- where a lab can be ----------------------------------------------------------------------------------

# The lab that is promised, with all its settings or without some.
lab_is() {
	way=$1 refused=$2
	is "$(code check)" 0 "$in: lab --check: yes"
	has "$(said check | grep -A 1 "^$way .*yes")" "$way" "$in: by $way"
	is "$(misfits)" "" "$in: what is advised is about what is in the way"
	has "$(said alone)" "lab       yes, $way" "$in: lastack alone says so too"
	is "$(code close)" 0 "$in: and a lab runs"
	if [ -z "$refused" ]; then
		has "$(ladders_head)" ", reno, quick ACKs (-v" "$in: with the lab's settings"
		has "$(said json | head -1)" '"not_set":[]' "$in: all of them"
	else
		n=$(said json | head -1 | sed 's/.*"not_set":\[//; s/\].*//' | tr ',' '\n' | grep -c net)
		ok "$([ "$n" -gt 0 ]; echo $?)" "$in: $n settings could not be made"
		has "$(ladders_head)" ", $n settings refused" "$in: the ladder's head says so"
		has "$(said check)" "$n of" "$in: lab --check says so"
		has "$(said check)" "systempaths=unconfined" "$in: and what gives them"
	fi
	cc=$(said json | head -1 | sed 's/.*"net.ipv4.tcp_congestion_control":"//; s/".*//')
	has "$(ladders_head)" ", $cc, quick ACKs" "$in: the congestion control is the one that is used ($cc)"
	for name in $SCENARIOS; do
		case "$(code "lab-$name") $(said "lab-$name")" in
		0*) ok 0 "$in: $name" ;;
		"77 skipped: needs net."*", and /proc/sys is read-only here")
			has "$refused" some "$in: $name is skipped with its reason" ;;
		"77 skipped: a program's sockets cannot be seen: "*"--cap-add SYS_PTRACE")
			has "$(said check)" "verb run no" "$in: $name is skipped with its reason" ;;
		*) ok 1 "$in: $name" "$(said "lab-$name")" ;;
		esac
	done
}

# step A :: B in it.
lab_steps() {
	is "$(code lab-step)" 0 "$in: step A :: B"
	has "$(said lab-step)" 'connect(3, {sa_family=AF_INET' "$in: with the client's calls"
	has "$(said lab-step)" 'prints "hello' "$in: and the client has its answer"
	has "$(said lab-step)" "one host, 127.0.0.1" "$in: over the lab's wire"
}

all_hold() {
	is "$(code all)" 0 "$in: lab --all" "$(said all | not_ok)"
	is "$(said all | grep '^ok' | grep -c -v SKIP)" "$(($(said all | grep -c '^ok') - $(said all | grep -c '# SKIP slow')))" \
		"$in: none was skipped" "$(said all | grep SKIP)"
}

# --- where none can be -----------------------------------------------------------------------------------

no_lab() {
	is "$(code check)" 3 "$in: lab --check: no"
	is "$(said check | grep -c '^[ru].* + .* yes$')" 0 "$in: in no way"
	has "$(said check)" "$1" "$in: with what would help"
	is "$(misfits)" "" "$in: and about what is in the way"
	has "$(said alone)" "lab       no: " "$in: lastack alone says so too"
	one_sentence close "--check"
	one_sentence all "--check"
}

# --- what works everywhere -------------------------------------------------------------------------------

engine() {
	e=$1 letters=$2
	case $letters in
	*$e*)
		is "$(code "list-$e")" 0 "$in: engine $e"
		has "$(said "list-$e")" "leaking_server[$(said server)]" "$in: engine $e: with owners"
		;;
	*)
		is "$(code "list-$e") $(lines "list-$e")" "3 1" "$in: engine $e is refused in one line"
		has "$(said "list-$e")" "CAP_BPF" "$in: engine $e says what it needs"
		;;
	esac
}

looks_are() {
	for e in A B C; do
		engine $e "$1"
	done
	is "$(code list)" 0 "$in: list"
	has "$(said list | grep CLOSE_WAIT)" "leaking_server[$(said server)]" "$in: and who leaks"
	ok "$([ "$(code doctor)" -lt 3 ]; echo $?)" "$in: doctor" "$(said doctor)"
	has "$(said doctor)" " rules judged" "$in: doctor judges"
	is "$(said doctor | grep -c LA901)" 0 "$in: and all descriptors were looked at"
}

# Programs are stepped in the machine's own network, or it is said that none can.
steps() {
	has "$(said check)" "step, and the verb run yes" "$in: lab --check: step works"
	is "$(code host-step)" 0 "$in: step --host A :: B"
	has "$(said host-step)" 'connect(3, {sa_family=AF_INET' "$in: step --host: with the client's calls"
	has "$(said host-step)" 'prints "hello' "$in: step --host: the client has its answer"
	is "$(code leaks)" 1 "$in: step --leaks -p"
	has "$(said leaks)" "program holds 1 connection" "$in: step --leaks: finds it"
}

no_steps() {
	has "$(said check)" "step, and the verb run no" "$in: lab --check: no step"
	for name in lab-step host-step leaks; do
		one_sentence $name "--cap-add SYS_PTRACE"
	done
}

# --- the settings ----------------------------------------------------------------------------------------

in=root
container WHO=root || skip_all "no container can be made here: $(tail -1 "$WORK/log")"
no_lab "--cap-add SYS_ADMIN"
looks_are A
no_steps

in="user 1000"
container WHO=1000
no_lab "seccomp=unconfined"
looks_are A
no_steps

in=SYS_PTRACE
container CAPS=,+sys_ptrace FILTER=ptrace
no_lab "--cap-add SYS_ADMIN"
looks_are A
steps
one_sentence lab-step "--host"

in=NET_ADMIN
container CAPS=,+net_admin
no_lab "give it CAP_SYS_ADMIN:"
looks_are A
no_steps

in="hidepid, user 1000"
container WHO=1000 HIDEPID=2
no_lab "seccomp=unconfined"
looks_are A
no_steps

in="NET_ADMIN, SYS_ADMIN, SYS_PTRACE, TUN"
container CAPS=,+net_admin,+sys_admin,+sys_ptrace FILTER="admin ptrace" TUN=yes ALL=yes
lab_is "root + TUN" ""
lab_steps
all_hold
looks_are ABC
steps

in="NET_ADMIN, SYS_ADMIN"
container CAPS=,+net_admin,+sys_admin FILTER=admin
lab_is "root + veth" ""
looks_are ABC
no_steps

# As podman has it: /proc is hidden in part, so nobody may have another one.
in="root, user namespaces"
container FILTER=namespaces
lab_is "user namespace + veth" some
lab_steps
looks_are A
steps

in="user 1000, user namespaces"
container WHO=1000 FILTER=namespaces
lab_is "user namespace + veth" some
lab_steps
looks_are A
steps
# --- beside containers -----------------------------------------------------------------------------------

in="user.max_user_namespaces=0"
empty
if ALL='' unshare --user --map-user=1000 --map-group=1000 --keep-caps --net --pid --fork --kill-child --mount --mount-proc \
	sh "$SRC/test/container.sh" limited "$WORK" >"$WORK/log" 2>&1; then
	no_lab "sysctl user.max_user_namespaces is reached"
	looks_are A
	steps
	one_sentence lab-step "--host"
else
	skip "$in: $(tail -1 "$WORK/log")"
fi

in=chroot
empty
if unshare --net sh "$SRC/test/container.sh" chrooted "$WORK" >"$WORK/log" 2>&1; then
	has "$(said chroot)" "leaking_server.c:55 main" "$in: a call's line, by debug information beside the program"
else
	skip "$in: $(tail -1 "$WORK/log")"
fi

# A kernel of its own, whose sockets are not to be seen from within: that there are none is not said.
in=gVisor
sentry() { runsc --network=none --ignore-cgroups "do" "$LASTACK" "$@" >"$WORK/log" 2>&1; }
if command -v runsc >/dev/null && runsc --network=none --ignore-cgroups "do" true >/dev/null 2>&1; then
	for what in list "doctor --window 0" "doctor --port 8080" "top --once"; do
		rc=0
		# shellcheck disable=SC2086 # words
		sentry $what || rc=$?
		is "$rc" 3 "$in: $what: exit code 3"
		has "$(cat "$WORK/log")" "no network namespace can be looked at from here, not even our own" "$in: $what: one sentence"
	done
else
	skip "$in: runsc is not installed, or does not start here"
fi
done_testing
