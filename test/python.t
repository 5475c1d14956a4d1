#!/bin/sh
# SPDX-License-Identifier: MIT
# Lines of Python: step, leaks and doctor's stacks name those of the script, as Python itself does, with each version of
# it that is here (PYTHONS="a b": with those).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"

# The programs themselves, not what chooses one of them.
pythons() {
	for p in ${PYTHONS:-/usr/bin/python3 "$HOME"/.pyenv/versions/*/bin/python3 python3}; do
		"$p" -c 'import os, sys; print("%d.%d" % sys.version_info[:2], os.path.realpath(sys.executable))' 2>/dev/null
	done | sort -u -k1,1
}
known() { pythons | grep -E '^3\.(9|1[0-3]) '; }
[ -n "$(known)" ] || skip_all "no Python 3.9 to 3.13 is here"

step() { timeout 100 "$LASTACK" step "$@" 2>&1 </dev/null; }

# What step said of each word that was sent: "WORD WHERE", as it is in JSON.
said_where() {
	python3 -c 'import json, re, sys
for line in sys.stdin:
    e = json.loads(line)
    m = re.match(r"sendto\([0-9]+, \"([^\"]*)\"", e.get("text", ""))
    if e.get("event") == "call" and m:
        print(m.group(1), e.get("where", "?"))'
}

line_of() { grep -n "# $1\$" "$SRC/test/where.py" | cut -d: -f1; }
made=$(line_of "where it is made")
end=$(line_of "where its end is read")
stuck=$(line_of "for ever")

# --- as Python says it -------------------------------------------------------------------------------------

# A name that is no text is shown escaped, and one without an end is cut.
hostile='hostile \xff\x1b[31m.py:3 a\nb'

known >"$WORK/pythons"
while read -r version python; do
	step --auto --json "$python" "$SRC/test/where.py" "$WORK/told" all >"$WORK/json"
	said_where <"$WORK/json" >"$WORK/said"
	grep -v '^hostile\|^b$\|^endless' "$WORK/told" | sort >"$WORK/should"
	grep -v '^hostile\|^endless' "$WORK/said" | sort >"$WORK/is"
	n=$(wc -l <"$WORK/should")
	ok "$(diff "$WORK/should" "$WORK/is" >"$WORK/differ"; echo $?)" "$version: $n calls, each in the line that Python says" \
		"$(cat "$WORK/differ")"
	is "$(grep '^hostile' "$WORK/said")" "$hostile" "$version: a file and a function of any bytes"
	is "$(grep '^endless' "$WORK/said" | cut -d' ' -f2- | tr -s xy)" "x:3 y" "$version: names without an end are cut"

	step --auto --json "$python" "$SRC/test/where.py" "$WORK/told" corrupted >"$WORK/json"
	said_where <"$WORK/json" >"$WORK/said"
	is "$(grep -v '^wrong' "$WORK/said" | tr '\n' ';')" "$(tr '\n' ';' <"$WORK/told")" \
		"$version: where a code object is none for a while, the lines before and after are told"
	is "$(grep -c '^wrong' "$WORK/said") $(grep -c '^wrong.*where.py' "$WORK/said")" "7 0" "$version: and none meanwhile"
	has "$(cat "$WORK/json")" "do not lie as those of Python $version do" "$version: and why"

	step --leaks --for 3s "$python" "$SRC/test/where.py" "$WORK/told" leaks >"$WORK/leaks"
	has "$(cat "$WORK/leaks")" "made       where.py:$made leaks < where.py:" "$version: a leak: where it is made"
	has "$(cat "$WORK/leaks")" "saw end    where.py:$end leaks < where.py:" "$version: and where its end was read"
	is "$(grep -c 'ceval\|_PyEval\|socketmodule\|socket.py\|threading.py' "$WORK/leaks")" 0 "$version: nothing of the interpreter's own"

	"$python" "$SRC/test/where.py" "$WORK/told" blocked >"$WORK/ready" 2>&1 &
	pid=$!
	until grep -q blocked "$WORK/ready"; do sleep 0.05; done
	"$LASTACK" doctor -v --window 1s "$pid" >"$WORK/doctor" 2>&1
	has "$(cat "$WORK/doctor")" "thread $pid sleeps at where.py:$stuck blocked < where.py:" "$version: doctor: where its thread sleeps"
	kill "$pid"
	wait "$pid" 2>/dev/null
done <"$WORK/pythons"

# --- those that are not known ------------------------------------------------------------------------------

pythons | grep -E '^3\.([78]|1[4-9]) ' | head -1 >"$WORK/others"
if [ -s "$WORK/others" ]; then
	read -r version python <"$WORK/others"
	step --auto "$python" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))' | tr -s ' \n' ' ' >"$WORK/said"
	has "$(cat "$WORK/said")" "Python $([ "${version#3.1}" = "$version" ] && echo "before 3.9" || echo "$version are")" \
		"$version: that its lines are not known is said"
	is "$(grep -o 'not known to this lastack' "$WORK/said" | wc -l)" 1 "$version: once"
else
	skip "every Python that is here is known"
fi

done_testing
