# SPDX-License-Identifier: MIT
# TAP for shell tests: source this, call ok/is/…, end with `done_testing`.
# shellcheck shell=sh disable=SC2034
LASTACK=${LASTACK:-$(cd "$(dirname "$0")/.." && pwd)/build/lastack}
BUILD=${BUILD:-$(dirname "$LASTACK")}
SRC=${SRC:-$(cd "$(dirname "$0")/.." && pwd)}
T_N=0
T_BAD=0
WORK=$(mktemp -d "${TMPDIR:-/tmp}/lastack-test.XXXXXX")
# The files are for other users too: some tests become nobody.
chmod 755 "$WORK"
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM HUP # dash leaves EXIT out when a signal ends it
export LC_ALL=C.UTF-8 COLUMNS=100 NO_COLOR=1

# Of a long text the first and the last lines.
both_ends() {
	awk '{ l[NR] = $0 }
	END { for (i = 1; i <= NR; i++) if (i <= 10 || i > NR - 14) print "#   " substr(l[i], 1, 200); else if (i == 11) print "#   …" }'
}

# ok STATUS NAME: STATUS 0 is good.
ok() {
	T_N=$((T_N + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $T_N - $2"
	else
		echo "not ok $T_N - $2"
		T_BAD=$((T_BAD + 1))
		[ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /' | head -60
		# prove shows only this of a test that fails.
		[ -t 1 ] || { printf '# failed: %s\n' "$2" | head -1 | cut -c1-200; printf '%s\n' "${3:-}" | both_ends; } >&2
	fi
}

# is IS SHOULD NAME
is() {
	if [ "$1" = "$2" ]; then ok 0 "$3"; else ok 1 "$3" "is:     $1
should: $2"; fi
}

# has TEXT PART NAME: PART stands in TEXT.
has() {
	case $1 in
	*"$2"*) ok 0 "$3" ;;
	*) ok 1 "$3" "'$2' is not in:
$1" ;;
	esac
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

skip() {
	T_N=$((T_N + 1))
	echo "ok $T_N # SKIP $1"
}

# fits_schema SCHEMA NAME [FILE]: each line of it, or of $out, is JSON and what doc/schema/SCHEMA.schema.json says.
fits_schema() {
	if ! python3 -c 'import jsonschema' 2>/dev/null; then
		skip "python3-jsonschema is not installed: $2"
		return
	fi
	[ -n "${3:-}" ] || printf '%s\n' "$out" >"$WORK/fits"
	rc=0
	says=$(python3 "$SRC/test/validate.py" "$SRC/doc/schema/$1.schema.json" <"${3:-$WORK/fits}" 2>&1) || rc=$?
	ok $rc "$2 ($says)" "$says"
}

# Does this kernel tell of sockets that are bound, and neither listen nor are connected?
tells_bound() { ! "$LASTACK" list state bound 2>&1 >/dev/null | grep -q "not told of by this kernel"; }

done_testing() {
	echo "1..$T_N"
	[ "$T_BAD" -eq 0 ]
	exit
}

# Skips the whole test, with the reason, where no lab can run.
need_lab() {
	"$LASTACK" lab --check >"$WORK/check" 2>&1 || skip_all "no way to run a lab here: $(grep why: "$WORK/check" | head -1)"
}

# run ARG…: runs lastack; its output is $out (errors too), its exit code $rc.
run() { checked "$LASTACK" "$@"; }

# checked COMMAND…: runs it; output in $out, exit code in $rc. gcc 12's LeakSanitizer falls itself now and then at the end of a process that has
# loaded libraries ("Tracer caught signal"; on some machines beside other work nearly always), which says nothing about the process: it is
# run again without it then, under the other sanitizers.
checked() {
	rc=0
	out=$("$@" 2>&1 </dev/null) || rc=$?
	case $out in
	*"LeakSanitizer has encountered a fatal error"*)
		echo "# LeakSanitizer itself fell: once more without it"
		rc=0
		out=$(export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" && "$@" 2>&1 </dev/null) || rc=$?
		;;
	esac
}

# split ARG…: the same with $out and $err apart.
split() {
	rc=0
	out=$("$LASTACK" "$@" 2>"$WORK/err" </dev/null) || rc=$?
	err=$(cat "$WORK/err")
}

# refused SENTENCE ARG…: exit code 3, and this sentence.
refused() {
	sentence=$1
	shift
	split "$@"
	is "$rc" 3 "refused: $*"
	has "$err" "$sentence" "with the reason"
}

# scenario TEXT…: a scenario file of these lines; its name is $lab.
scenario() {
	lab=$WORK/t.lab
	printf '%s\n' "$@" >"$lab"
}

# comes COMMAND…: waits until it succeeds. Only what never comes meets the limit, a minute of a machine that is free.
comes() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}

# sleeps PID: it waits for time to pass or for somebody to tell.
# Where the kernel does not tell in which function (5.10), the number of the call does: (clock_)nanosleep, (p)poll, epoll_(p)wait.
sleeps() {
	case $(cat "/proc/$1/wchan" 2>/dev/null),$(uname -m),$(cut -d' ' -f1 "/proc/$1/syscall" 2>/dev/null) in
	*nanosleep*,* | *poll*,*) return 0 ;;
	0,x86_64,7 | 0,x86_64,35 | 0,x86_64,230 | 0,x86_64,232 | 0,x86_64,271 | 0,x86_64,281) return 0 ;;
	0,aarch64,22 | 0,aarch64,73 | 0,aarch64,101 | 0,aarch64,115) return 0 ;;
	*) return 1 ;;
	esac
}

# hears_int PID: this lastack takes SIGINT. Before, it would be lost: the shell starts what runs in the background without it.
hears_int() {
	# shellcheck disable=SC3013 # dash has it
	[ "/proc/$1/exe" -ef "$LASTACK" ] || return 1
	case $(sed -n 's/^SigCgt://p' "/proc/$1/status") in
	*[2367abef]) return 0 ;;
	*) return 1 ;;
	esac
}

# Of the output of lab --all: what did not hold.
not_ok() {
	awk '/^(not )?ok/ { left = 0; bad = /^not/ } /^not ok/ { print; next } bad && /^# (FAILED|lastack)/ { left = 8 } left-- > 0 { print }'
}

# Times, and the strokes and blanks that make room for them.
strip_times() {
	sed -E 's/ *[0-9]+(\.[0-9]+)? (ms|s|min)\b/ T/g; s/─+/─/g; s/ +/ /g'
}
