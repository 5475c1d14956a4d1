#!/bin/sh
# SPDX-License-Identifier: MIT
# The static program (make static) where there is nothing but itself, /proc and /dev: no library, no locale, no /etc.
. "$(dirname "$0")/lib.sh"
static=$SRC/build-static/lastack-static
[ -x "$static" ] || skip_all "build-static/lastack-static is not built (make static)"
as=
[ "$(id -u)" -eq 0 ] || as="--user --map-root-user"
# shellcheck disable=SC2086 # words
unshare $as --mount --pid --fork true 2>/dev/null || skip_all "no namespaces may be made here"

ok "$([ "$(stat -c %s "$static")" -le 4194304 ]; echo $?)" "at most 4 MB" "$(stat -c %s "$static")"
is "$(od -An -tx1 -N4 "$static" | tr -d ' ')" "7f454c46" "a program"
has "$(LC_ALL=C grep -c /lib64/ld-linux "$static")" "0" "that names no loader"

mkdir -p "$WORK/root/proc" "$WORK/root/dev" "$WORK/root/tmp"
cp "$static" "$WORK/root/lastack"
cat >"$WORK/inside" <<'END'
root=$1
shift
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 99
exec chroot "$root" /lastack "$@"
END

# runs HIGHEST WHAT WORD…: ends by itself, with an exit code of at most HIGHEST.
runs() {
	highest=$1 what=$2
	shift 2
	rc=0
	# shellcheck disable=SC2086 # words
	out=$(timeout -k 1 60 unshare $as --mount --pid --fork --kill-child sh "$WORK/inside" "$WORK/root" "$@" 2>&1 </dev/null) || rc=$?
	ok "$([ $rc -le "$highest" ]; echo $?)" "$what: exit code $rc" "$out"
}

runs 0 "--version" --version
has "$out" "lastack " "says which"
runs 0 "the overview"
runs 0 "list" list
runs 0 "list of a port by its name" list "sport = :http"
runs 3 "list of a user, where there are none" list uid root
has "$out" "there is no user 'root'" "says that there is none"
mkdir -p "$WORK/root/etc"
echo 'root:x:0:0::/:/bin/sh' >"$WORK/root/etc/passwd"
runs 0 "list of a user of /etc/passwd" list uid root
runs 2 "doctor" doctor --window 100ms
printf '[thresholds]\nsettled = 50ms\n' >"$WORK/root/doctor.ini"
runs 2 "doctor with a configuration, which libinih reads" doctor --window 0 --config /doctor.ini
ok "$(case $out in *"cannot be read"*) echo 1 ;; *) echo 0 ;; esac)" "and it is read" "$out"
runs 0 "top --once" top --once
runs 0 "explain of a word" explain CLOSE_WAIT
if "$LASTACK" lab -q close >/dev/null 2>&1; then
	"$LASTACK" lab -q close --pcap "$WORK/root/close.pcapng" >/dev/null 2>&1
	runs 0 "explain of a capture" explain /close.pcapng
	has "$out" "client first" "who closed"
	runs 0 "lab close" lab -q close
else
	skip "no lab can be made here"
fi

# --- where libraries of another C library lie about ---------------------------------------------------------------------

if command -v strace >/dev/null; then
	export LC_ALL=ja_JP.EUC-JP DEBUGINFOD_URLS=http://127.0.0.1:9
	for words in "doctor --window 0" "list uid root" "list sport=:http" "explain CLOSE_WAIT"; do
		# shellcheck disable=SC2086 # words
		strace -f -A -o "$WORK/calls" -e trace=open,openat "$static" $words >/dev/null 2>&1
	done
	ok "$(grep -q /etc/passwd "$WORK/calls"; echo $?)" "what it opens is seen"
	is "$(grep 'nsswitch\|gconv\|\.so[.\"]' "$WORK/calls" | head -3)" "" "no library, no NSS, no converter is opened"
else
	skip "strace is not installed"
fi
done_testing
