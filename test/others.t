#!/bin/sh
# SPDX-License-Identifier: MIT
# lastack step on programs that nobody here wrote. What is not installed is skipped, and said so.
. "$(dirname "$0")/lib.sh"
need_lab
step() { run step "$@"; }
has_program() { command -v "$1" >/dev/null; }
# verbs LINE…: a file of verbs, $verbs.
verbs() {
	verbs=$WORK/verbs
	printf '%s\n' "$@" >"$verbs"
}

if has_program ncat; then
	run lab post-004-ncat
	is $rc 0 "ncat: listeners, a line, Ctrl-C"
	has "$out" "setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0" "with the calls of the post's strace"
	has "$out" "ENOTSOCK (Socket" "recvfrom() on standard input too"
	has "$out" "killed by SIGINT" "and its end"
else
	skip "ncat is not installed"
fi
if has_program nc.openbsd; then
	verbs 'server until blocked' 'client past connect' 'until blocked' 'client type "one line\n"' 'until blocked' 'server type "back\n"' \
		'until blocked' 'expect server ESTABLISHED owned' 'client type "\x03"' 'until blocked' 'expect client TIME_WAIT' 'expect server none'
	step --script "$verbs" nc.openbsd -l 7100 :: nc.openbsd 127.0.0.1 7100
	is $rc 0 "nc: both directions, and Ctrl-C"
	has "$out" "killed by SIGINT" "which was typed"
	has "$out" 'prints "one line\n"' "what was typed has come out at the other side"
	has "$out" 'prints "back\n"' "in both directions"
else
	skip "nc (OpenBSD's) is not installed"
fi
if has_program curl && has_program python3; then
	echo "a page of its own" >"$WORK/page"
	step --auto --json python3 -m http.server --directory "$WORK" 7101 :: curl -s http://127.0.0.1:7101/page
	is $rc 0 "http.server and curl"
	has "$out" 'a page of its own\\n' "curl prints the page"
	is "$(printf '%s\n' "$out" | grep -c '"event":"leak"')" 0 "and nothing leaks"
else
	skip "curl or python3 is not installed"
fi
if has_program redis-server && has_program redis-cli; then
	step --auto redis-server --port 7102 --save '' --daemonize no :: redis-cli -p 7102 set key value
	is $rc 0 "redis-server and redis-cli"
	has "$out" 'prints "OK\n"' "which answers"
else
	skip "redis is not installed"
fi
if has_program nginx && has_program curl; then
	cat >"$WORK/nginx.conf" <<-END
		daemon off; worker_processes 2; error_log stderr; pid $WORK/nginx.pid; events {}
		http { access_log off; client_body_temp_path $WORK/1; proxy_temp_path $WORK/2; fastcgi_temp_path $WORK/3;
		uwsgi_temp_path $WORK/4; scgi_temp_path $WORK/5; server { listen 7103; location / { return 200 "from nginx"; } } }
	END
	step --auto nginx -c "$WORK/nginx.conf" :: curl -s http://127.0.0.1:7103/
	is $rc 0 "nginx, with two workers, and curl"
	has "$out" 'prints "from nginx"' "which gets its page"
	has "$out" "new process, pid" "from a worker"
else
	skip "nginx or curl is not installed"
fi
done_testing
