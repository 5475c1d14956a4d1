#!/bin/sh
# SPDX-License-Identifier: MIT
# The rows of test/mutants fit the sources, and the program that plays them tells noticed from not noticed: shown on a tiny tree.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip_all "no python3"
mutants() { checked "$SRC/test/mutants/run" --tree "$WORK/tree" "$@"; }

checked "$SRC/test/mutants/run" --check
is "$rc" 0 "every row fits the sources"
[ "$rc" = 0 ] || echo "$out" >&2

mkdir -p "$WORK/tree/src/x" "$WORK/tree/test/mutants" "$WORK/tree/tools"
cp "$SRC/tools/run-test" "$SRC/tools/alone.c" "$WORK/tree/tools/"
cat >"$WORK/tree/Makefile" <<'END'
build/x/x_test: src/x/x_test.c src/x/x.h
	mkdir -p build/x && gcc -o $@ src/x/x_test.c
build/x/red_test: src/x/red_test.c
	mkdir -p build/x && gcc -o $@ $<
build/lastack: src/x/x.h
	mkdir -p build && cp src/x/x.h $@
build/alone: tools/alone.c
	mkdir -p build && gcc -D_GNU_SOURCE -o $@ $<
programs:
END
printf 'enum { A = 1, B = 2 };\nstatic int c = 3;\n\nstatic int d(void)\n{\n\treturn A;\n}\n' >"$WORK/tree/src/x/x.h"
cat >"$WORK/tree/src/x/x_test.c" <<'END'
#include <stdio.h>
#include "x.h"
int main(void)
{
	if (c == 5)
		fopen("started", "w");
	while (c == 5)
		continue;
	return printf("%sok 1 - A and d\n1..1\n", A == 1 && d() == 1 ? "" : "not ") < 0;
}
END
echo 'grep -q "B = 2" "$LASTACK" && echo "ok 1 - B" || echo "not ok 1 - B"; echo 1..1' >"$WORK/tree/test/b.t"
echo 'echo "1..0 # SKIP no moon"' >"$WORK/tree/test/skipped.t"
echo 'echo "not ok 1 - always"; echo 1..1' >"$WORK/tree/test/red.t"
printf 'int main(void)\n{\n\treturn 1;\n}\n' >"$WORK/tree/src/x/red_test.c"

# row NAME OLD NEW TESTS
row() { printf 'mutant %s\nwhy because\nfile src/x/x.h\n- %s\n+ %s\ntests %s\n\n' "$@"; }
rows() { cat >"$WORK/tree/test/mutants/$1.mut"; }

{
	echo "# a comment"
	row a-changed 'enum { A = 1, B = 2 };' 'enum { A = 7, B = 2 };' build/x/x_test
	row b-changed 'enum { A = 1, B = 2 };' 'enum { A = 1, B = 3 };' 'build/x/x_test test/b.t'
	printf 'mutant two-places\nwhy because\nfile src/x/x.h\n- enum { A = 1, B = 2 };\n+ enum { A = 1,\n+ B = 9 };\n- static int c = 3;\n-\n+ static int c = 4;\ntests test/b.t'
} | rows good
mutants --only good -j 2
is "$rc" 0 "all noticed: exit code 0"
has "$(echo "$out" | tr -s ' ')" "noticed good a-changed build/x/x_test: not ok 1 - A and d" "by which test, and what it said"
has "$(echo "$out" | tr -s ' ')" "noticed good b-changed test/b.t: not ok 1 - B" "by the second one that the row names"
has "$(echo "$out" | tr -s ' ')" "noticed good two-places test/b.t: not ok 1 - B" "two places, several lines, an empty one"
has "$(echo "$out" | tr -s ' ')" "good 3 3 100.0 0 0" "the table"
is "$(ls "$WORK/tree/build-mutants")" "tree-0
tree-1" "two trees worked"
ok "$(cmp "$WORK/tree/src/x/x.h" "$WORK/tree/build-mutants/tree-0/src/x/x.h" >/dev/null; echo $?)" "and are left as they were"

{
	row c-changed 'static int c = 3;' 'static int c = 4;' 'build/x/x_test test/b.t'
	row a-unnamed 'enum { A = 1, B = 2 };' 'enum { A = 7, B = 2 };' test/b.t
	row not-here 'static int e = 3;' 'static int e = 4;' build/x/x_test
	row by-the-red-one 'static int c = 3;' 'static int c = 4;' test/b.t
	row no-c 'static int c = 3;' 'static int c = ;' build/x/x_test
	row always-red 'static int c = 3;' 'static int c = 4;' test/red.t
	row no-moon 'static int c = 3;' 'static int c = 4;' test/skipped.t
	row no-test 'static int c = 3;' 'static int c = 4;' test/none.t
} | rows bad
mutants --only bad
is "$rc" 1 "one not noticed: exit code 1"
out=$(echo "$out" | tr -s ' ')
has "$out" "NOT NOTICED bad c-changed because" "it is said which"
has "$out" "noticed bad a-unnamed build/x/x_test, which the row does not name: not ok 1 - A and d" "a unit test that was not named counts, and is told"
has "$out" "NOT NOTICED bad by-the-red-one because" "a unit test that is red without the mutant notices none"
has "$out" "error bad not-here 'static int e = 3;' matches 0 times in src/x/x.h, not once" "lines that are not there are an error"
has "$out" "error bad no-c does not build: src/x/x.h:2" "so is what does not compile"
has "$out" "error bad always-red test/red.t is red without the mutant: not ok 1 - always" "so is a test that is red anyway"
has "$out" "skipped bad no-moon no moon" "where the tests are skipped, the row is"
has "$out" "error bad no-test test/none.t: there is no test/none.t" "a test that is not there is an error"
has "$out" "bad 1 3 33.3 4 1" "none of those counts"
mutants --check
is "$rc" 1 "--check finds the rows that do not fit"
has "$out" "9 of 11 rows fit" "and counts them"
mutants --only b-changed --only a-unnamed --least 100
is "$rc" 0 "rows can be chosen by name"

row c-for-ever 'static int c = 3;' 'static int c = 5;' build/x/x_test | rows slow
"$SRC/test/mutants/run" --tree "$WORK/tree" --only slow >"$WORK/out" 2>&1 &
until [ -e "$WORK/tree/build-mutants/tree-0/started" ]; do sleep 0.05; done
kill $!
wait $!
is "$?" 130 "SIGTERM ends it"
is "$(readlink /proc/[0-9]*/exe | grep "$WORK")" "" "and the test that ran"
ok "$(cmp "$WORK/tree/src/x/x.h" "$WORK/tree/build-mutants/tree-0/src/x/x.h" >/dev/null; echo $?)" "the mutant is taken back"
has "$(cat "$WORK/out")" "mutants: interrupted; nothing runs any more" "and it says so"
done_testing
