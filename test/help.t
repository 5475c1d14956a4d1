#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack help: the manual pages from within, whether man and mandoc are there or not.
. "$(dirname "$0")/lib.sh"

for page in lab step list top doctor explain rules words scenario lastack; do
	rc=0
	PATH=/nowhere "$LASTACK" help $page >"$WORK/$page" 2>&1 || rc=$?
	is $rc 0 "help $page"
	has "$(head -2 "$WORK/$page" | tail -1)" "lastack" "has its name"
	is "$(grep -c '^\.[A-Z][a-z]\|@\|\\&\|\\e' "$WORK/$page")" 0 "nothing of its making is left in it" "$(grep '^\.[A-Z][a-z]\|@\|\\&\|\\e' "$WORK/$page")"
	ok "$([ "$(wc -L <"$WORK/$page")" -le 120 ]; echo $?)" "it fits a terminal ($(wc -L <"$WORK/$page"))"
done
has "$(cat "$WORK/scenario")" "    A connect PORT [host HOST] [v6]" "a verb, in one line"
has "$(cat "$WORK/doctor")" "EXIT STATUS" "sections"
has "$(cat "$WORK/lab")" "    lastack lab --junit results.xml ci/" "examples"

# Word for word what mandoc makes of the same page.
if command -v mandoc >/dev/null; then
	# shellcheck disable=SC1112 # these very quotes
	words() { tr -d ' \n' | sed 's/[“”‘’"'"'"'`]//g; s/–/-/g'; }
	first_difference() {
		at=$(cmp "$WORK/theirs" "$WORK/ours" | sed 's/.*byte \([0-9]*\).*/\1/')
		for who in theirs ours; do
			[ -z "$at" ] || { tail -c "+$((at > 30 ? at - 30 : 1))" "$WORK/$who" | head -c 90; echo; }
		done
	}
	for file in "$BUILD"/man/lastack-*.[157]; do
		name=$(basename "$file")
		page=${name#lastack-}
		page=${page%.*}
		mandoc -T utf8 -O width=78 "$file" | sed 's/.\x08//g; 1,2d' | sed '$d' | words >"$WORK/theirs"
		words <"$WORK/$page" >"$WORK/ours"
		cmp -s "$WORK/theirs" "$WORK/ours"
		ok $? "$page: the words that mandoc prints" "$(first_difference)"
	done
else
	skip "mandoc is not installed: the pages are not compared"
fi

run help
is $rc 0 "help alone"
has "$out" "lastack help PAGE" "tells of the pages"
run help lastack-doctor
is $rc 0 "a page by its whole name"
refused "there is no page 'docter'; did you mean 'doctor'?" help docter
refused "there is no page 'zzzzzz'; 'lastack help' lists them" help zzzzzz
done_testing
