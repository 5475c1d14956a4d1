#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages as they are installed: whole, without a mark that was to be filled in, their backslashes kept.
. "$(dirname "$0")/lib.sh"
[ -e "$BUILD/man/lastack.1" ] || skip_all "no manual pages were made (make man)"
pages=$(ls "$BUILD"/man/*.[1-9])
ok "$([ "$(echo "$pages" | wc -l)" -eq "$(ls "$SRC"/doc/*.[1-9] | wc -l)" ]; echo $?)" "each page of doc/ is made"

# rendered PAGE: as text of one column, or nothing where there is no mandoc.
rendered() { mandoc -Tutf8 -O width=200 "$1" | sed 's/.\x08//g'; }

for page in $pages; do
	name=$(basename "$page")
	left=$(grep -nE '@[A-Z]{3,}( [a-z]+)?@' "$page")
	is "$left" "" "$name: no mark is left"
	# What a macro or text line may say behind a backslash: e, &, fonts, named characters and strings.
	eaten=$(grep -nP '(?<!\\)(?:\\\\)*\\(?![e&fR(\[*"cts0 -])' "$page" | head -5)
	is "$eaten" "" "$name: no escape that troff does not know"
	if ! command -v mandoc >/dev/null; then
		skip "mandoc is not installed: $name is not read by it"
		continue
	fi
	out=$(mandoc -Tlint -Wwarning "$page" 2>&1 | grep -v 'outdated mandoc.db\|referenced manual not found' || true)
	is "$out" "" "$name: mandoc has nothing to say"
	out=$(rendered "$page" | grep -nE '@[A-Z]{3,}@' || true)
	is "$out" "" "$name: nor has it a mark as one reads it"
done

# What a table writes with a backslash is read with it.
if command -v mandoc >/dev/null; then
	text=$(rendered "$BUILD/man/lastack-scenario.5")
	# shellcheck disable=SC1003 # they are backslashes
	has "$text" 'type on the program'"'"'s terminal; \n is Enter, \x03 Ctrl-C, \x04 the end of input' "the backslashes of a verb"
else
	skip "mandoc is not installed: what is read is not looked at"
fi
# The same lists from the program: an end of a line is one, and not shown as \\n.
run lab --verbs
has "$(printf '%s\n' "$out" | grep -B 1 '^Verbs of the wire')" "
" "'lab --verbs': an empty line before each group"
is "$(printf '%s\n' "$out" | grep -n '^\\n')" "" "and none that begins with a \\n"
for command in "" lab step list top doctor explain; do
	# shellcheck disable=SC2086
	run $command -V
	is "$rc $out" "0 lastack $(cat "$SRC/VERSION")" "lastack $command -V"
done
done_testing
