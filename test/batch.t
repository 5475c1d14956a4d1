#!/bin/sh
# SPDX-License-Identifier: MIT
# Many scenarios: files, folders, built-in ones; TAP, JUnit's XML, and the exit code that counts.
. "$(dirname "$0")/lib.sh"
need_lab

mkdir -p "$WORK/ci/deep/.hidden"
printf 'title "holds"\nserver listen 7777\nexpect server LISTEN\n' >"$WORK/ci/a.lab"
printf 'title "fails"\nserver listen 7777\nnote "]]>&<\\x1b[31m\\xff\\x01\xc3\xa9"\nexpect server ESTABLISHED within 1ms\n' >"$WORK/ci/deep/b.lab"
printf 'title "broken"\nserver lisen 7777\n' >"$WORK/ci/deep/c.lab"
printf 'title "is skipped"\nneeds kernel 99.1\n' >"$WORK/ci/d.lab"
printf 'title "takes long"\nneeds time\n' >"$WORK/ci/e.lab"
printf 'nonsense' >"$WORK/ci/deep/.hidden/f.lab"
printf 'nonsense' >"$WORK/ci/readme.txt"
cd "$WORK" || exit 1

run lab ci
is $rc 3 "one is broken: exit code 3, the worst"
is "$(printf '%s\n' "$out" | sed -n 's/, [0-9.]* m*s$//; /^ok\|^not ok\|^1\.\./p')" '1..5
ok 1 - ci/a.lab
ok 2 - ci/d.lab # SKIP needs kernel 99.1, this is '"$(uname -r | sed 's/\([0-9]*\.[0-9]*\).*/\1/')"'
not ok 3 - ci/deep/b.lab
not ok 4 - ci/deep/c.lab
ok 5 - ci/e.lab # SKIP slow; add --slow' "a folder: every file below it, in order, hidden ones and others left out" "$out"
has "$out" "# expected: server ESTABLISHED within 1ms" "what was expected stands below the one that failed"
has "$out" "# lastack lab: ci/deep/c.lab:2: there is no verb 'lisen'; did you mean 'listen'?" "and what is wrong with the broken one"

run lab ci/a.lab ci/d.lab ci/deep/b.lab refused
is $rc 1 "one failed, none is broken: exit code 1"
has "$out" "ok 4 - refused, " "built-in names beside files"
run lab ci/a.lab ci/d.lab ci/e.lab
is $rc 0 "one is skipped, the others hold: exit code 0"
has "$out" "ok 3 - ci/e.lab, " "what is named is run, slow or not"
run lab ci/d.lab ci/d.lab
is $rc 77 "all are skipped: exit code 77"
run lab --tap ci/a.lab
has "$out" "1..1
ok 1 - ci/a.lab, " "--tap of one"
run lab --slow ci
has "$out" "ok 5 - ci/e.lab, " "--slow takes those of a folder, too"
cp ci/a.lab 'ci/a #1.lab'
run lab --tap 'ci/a #1.lab'
has "$out" 'ok 1 - ci/a \#1.lab, ' "a name with a blank and a #"

# How many at a time: three that wait for one another's files can only hold together.
for i in 1 2 3; do
	printf 'title "meets"\nserver run sh -c "touch m%s; until [ -e m1 -a -e m2 -a -e m3 ]; do sleep 0.1; done"\nserver go\nexpect server exits 0 within 60s\n' \
		$i >"$WORK/meet$i.lab"
done
run lab --jobs 3 --allow-run meet1.lab meet2.lab meet3.lab
is $rc 0 "--jobs 3: three at a time; --allow-run is passed on" "$out"
run lab meet1.lab refused
has "$out" "# lastack lab: meet1.lab:2: a file's 'run' starts programs" "without it none is started"

run lab --junit out.xml ci refused
is $rc 3 "--junit: the same exit code"
has "$out" "1..7" "and TAP beside it"
if command -v python3 >/dev/null; then
	python3 - out.xml >"$WORK/said" 2>&1 <<'END'
import sys, xml.etree.ElementTree as T
root = T.parse(sys.argv[1]).getroot()
suite = root.find('testsuite')
print(root.tag, *[suite.get(k) for k in ('tests', 'failures', 'errors', 'skipped')])
assert float(suite.get('time')) > 0 and root.get('tests') == suite.get('tests')
for c in suite.findall('testcase'):
    kinds = [k.tag for k in c if k.tag != 'system-out']
    print(c.get('classname'), c.get('name'), c.get('file'), *kinds, *[k.get('message') for k in c if k.get('message')])
    assert float(c.get('time')) >= 0 and c.find('system-out') is not None
failed = [c for c in suite if c.find('failure') is not None][0]
text = failed.find('failure').text
assert text == failed.find('system-out').text and '\x1b' not in text
assert 'expected: server ESTABLISHED within 1ms' in text and ']]>&<' in text and '\u00e9' in text, text
assert '0xff' in text or '\\xff' in text, text
END
	is "$(cat "$WORK/said")" 'testsuites 7 1 1 2
ci a #1 ci/a #1.lab
ci a ci/a.lab
ci d ci/d.lab skipped needs kernel 99.1, this is '"$(uname -r | sed 's/\([0-9]*\.[0-9]*\).*/\1/')"'
ci.deep b ci/deep/b.lab failure server ESTABLISHED within 1ms
ci.deep c ci/deep/c.lab error ci/deep/c.lab:2: there is no verb '"'lisen'; did you mean 'listen'?"'
ci e ci/e.lab skipped slow; add --slow
lastack refused None' "an XML parser reads it: suite, cases, failure, error, skipped, what was printed"
else
	skip "python3 is not installed: nobody reads the XML"
fi
run lab --junit out.xml ci/a.lab
has "$(cat out.xml)" 'tests="1" failures="0" errors="0" skipped="0"' "an older, longer file is replaced"
ok "$(tail -1 out.xml | grep -qx '</testsuites>'; echo $?)" "to its end" "$(cat out.xml)"
run lab --junit ci/none/out.xml ci/a.lab
is $rc 3 "a file that cannot be written: exit code 3"
is "$out" "lastack lab: ci/none/out.xml cannot be written (no such file or directory)" "at once, and nothing is run"

mkdir empty
refused "there is no scenario in empty: no file whose name ends in .lab" lab empty
refused "ci/none.lab cannot be read (no such file or directory)" lab ci/a.lab ci/none.lab
refused "--pcap writes the packets of one scenario" lab --pcap x.pcapng ci
refused "--json prints the events of one scenario; for many there are TAP and --junit" lab --json ci
refused "--all runs every scenario; leave 'ci' out, or --all" lab --all ci
done_testing
