#!/bin/sh
# SPDX-License-Identifier: MIT
# For container.t. `enter`: a container as Docker makes one, by unshare, pivot_root, setpriv and a seccomp filter; no image is needed,
# for its files are this machine's, read-only. `look`: what each command says in there, into files.
# shellcheck disable=SC2086 # words
set -eu

DEFAULT=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap

device() {
	mknod -m 666 "$1" c "$2" "$3"
}

make_dev() {
	mount -t tmpfs -o mode=755,size=1m none dev
	mkdir dev/pts dev/shm dev/net
	device dev/null 1 3
	device dev/zero 1 5
	device dev/urandom 1 9
	device dev/tty 5 0
	[ -z "$TUN" ] || device dev/net/tun 10 200
	mount -t devpts -o newinstance,ptmxmode=666 none dev/pts
	ln -s pts/ptmx dev/ptmx
}

# What Docker hides, and what it lets nobody write.
make_proc() {
	mount -t proc ${HIDEPID:+-o hidepid=$HIDEPID} none proc
	for f in kcore keys timer_list latency_stats; do
		[ ! -e proc/$f ] || mount --bind dev/null proc/$f
	done
	[ ! -e proc/acpi ] || mount -t tmpfs -o ro none proc/acpi
	for f in bus fs irq sys sysrq-trigger; do
		[ "$f" = sys ] && [ -n "$WRITABLE" ] && continue
		[ ! -e proc/$f ] || { mount --bind proc/$f proc/$f && mount -o remount,bind,ro proc/$f; }
	done
}

# In namespaces of its own (unshare), before it is a container.
enter() {
	work=$1
	mount --bind / "$work/root"
	cd "$work/root"
	make_dev
	make_proc
	mount -t tmpfs none run
	mount -t tmpfs none tmp
	for dir in "$BUILD" "$SRC" "$work"; do
		mkdir -p "./$dir" 2>/dev/null || [ -d "./$dir" ]
		mount --bind "$dir" "./$dir"
	done
	mount -o remount,bind,ro .
	pivot_root . .
	umount -l .
	cd /
	ip link set lo up
	hostname container
	[ "$WHO" = root ] && who= || who="--reuid $WHO --regid $WHO --clear-groups"
	exec "$BUILD_PROGRAMS/docker_filter" $FILTER setpriv $who --inh-caps=-all --bounding-set "-all,$DEFAULT$CAPS" sh "$0" look "$work"
}

# said NAME ARG…: what lastack says, and how it ends.
said() {
	name=$1
	shift
	rc=0
	timeout -k 1 120 "$LASTACK" "$@" >"$work/out/$name" 2>&1 </dev/null || rc=$?
	echo $rc >"$work/out/$name.rc"
}

listens() { grep -q ":2328 0*:0000 0A" /proc/net/tcp; }

look() {
	work=$1
	ex=${BUILD_PROGRAMS%/*}/examples
	"$ex/leaking_server" 9000 >/dev/null 2>&1 &
	server=$!
	tries=0
	until listens || [ $tries -eq 600 ]; do tries=$((tries + 1)); sleep 0.1; done
	printf 'one\nq\n' | "$ex/line_client" 127.0.0.1 9000 >/dev/null 2>&1
	echo $server >"$work/out/server"
	said check lab --check
	said alone
	said close lab close
	said json lab --json close
	for name in $SCENARIOS; do
		said "lab-$name" lab -q "$name"
	done
	[ "$(cat "$work/out/check.rc")" = 0 ] && [ -z "$ALL" ] || said all lab --all --jobs 2
	for e in A B C; do
		said "list-$e" list --engine $e
	done
	said list list
	said doctor doctor --window 200ms
	said lab-step step --auto "$ex/echo_server" 7001 :: "$ex/echo_client" 127.0.0.1 7001 hello
	said host-step step --host --auto "$ex/echo_server" 7002 :: "$ex/echo_client" 127.0.0.1 7002 hello
	said leaks step --leaks --for 300ms -p $server
	kill $server
}

# Without a container, by a user to whom no user namespace is left. In a user namespace, whose limit is its own.
limited() {
	echo 0 >/proc/sys/user/max_user_namespaces
	ip link set lo up
	exec setpriv --ambient-caps=-all --inh-caps=-all sh "$0" look "$1"
}

# A static program in a chroot, its debug information beside it, stepped from outside.
chrooted() {
	work=$1
	ip link set lo up
	mkdir -p "$work/chroot/.debug"
	objcopy --only-keep-debug "$BUILD_PROGRAMS/leaking-static" "$work/chroot/.debug/server.debug"
	objcopy --strip-all --add-gnu-debuglink="$work/chroot/.debug/server.debug" "$BUILD_PROGRAMS/leaking-static" "$work/chroot/server"
	said chroot step --auto --host --for 20s chroot "$work/chroot" /server 9000 :: "$BUILD_PROGRAMS/crowd" 9000 1
}

"$@"
