#!/bin/sh
# SPDX-License-Identifier: MIT
# What doc/DESIGN.md names is there: files, functions in their files, and the picture of the folders.
. "$(dirname "$0")/lib.sh"

# Each `file.c:function` and each `folder/file.x` of the page, one a line.
named() { grep -o '`[a-z]*/[a-z_0-9]*\.[a-z]*\(:[a-z_0-9]*\)\?`' "$SRC/doc/DESIGN.md" | tr -d '`' | sort -u; }

# there FILE [FUNCTION]: the file is in src/ or where it says, and defines it.
there() {
	file=$SRC/src/$1
	[ -f "$file" ] || file=$SRC/$1
	[ -f "$file" ] || return 1
	[ -z "${2:-}" ] || grep -qE "^[a-z].*\b$2\(" "$file"
}

missing=
functions=0
for name in $(named); do
	case $name in *laNNN* | */NAME*) continue ;; esac
	case $name in *:*) functions=$((functions + 1)) ;; esac
	there "$(echo "$name" | cut -d: -f1)" "$(echo "$name" | cut -s -d: -f2)" || missing="$missing $name"
done
is "$missing" "" "every file and function that DESIGN names is there"
ok "$([ $functions -ge 30 ]; echo $?)" "it names $functions functions"
there lab/wire.c no_such_function
is $? 1 "one that is not there would be noticed"
ok "$([ "$(wc -L <"$SRC/doc/DESIGN.md")" -le 120 ]; echo $?)" "its lines have at most 120 columns"
if command -v python3 >/dev/null 2>&1; then
	out=$("$SRC/tools/layers" --check 2>&1)
	ok $? "its picture is the house" "$out"
else
	skip "python3 is not installed: the picture is not compared"
fi
done_testing
