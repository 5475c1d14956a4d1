#!/bin/sh
# SPDX-License-Identifier: MIT
# Healthy systems are silent: real servers under load, FOR seconds each, in a network namespace of their own; the doctor looks again and
# again and may find no warning. What is not installed is named and skipped. Run by `make torture`.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "network namespaces are made as root"
FOR=${FOR:-60}
WINDOW=${WINDOW:-5}
PATH=$PATH:/usr/sbin:/sbin:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)

# inside COMMAND…: in the namespace of this load, which lives as long as its holder.
inside() { nsenter -t "$holder" -n "$@"; }
begin() {
	unshare -n sh -c 'ip link set lo up && exec sleep 100000' &
	holder=$!
	sleep 0.5
	pids=
}
background() { # no function behind: what is ended later must be the program itself
	nsenter -t "$holder" -n "$@" >>"$WORK/log" 2>&1 </dev/null &
	pids="$pids $!"
}
finish() {
	kill $pids 2>/dev/null
	sleep 1
	kill -9 $pids 2>/dev/null
	wait $pids 2>/dev/null
	kill $holder
	wait $holder 2>/dev/null
}
trap 'kill $pids $holder 2>/dev/null; rm -rf "$WORK"' EXIT

# until PORT: somebody listens there.
listening() {
	i=0
	while [ -z "$(inside ss -Hltn "sport = :$1")" ] && [ $i -lt 100 ]; do
		sleep 0.1
		i=$((i + 1))
	done
}

# silent NAME: no warning in all windows of this time, while there is traffic.
silent() {
	end=$(($(date +%s) + FOR))
	looks=0
	bad=
	most=0
	while [ "$(date +%s)" -lt $end ]; do
		inside "$LASTACK" doctor -N $holder --window "${WINDOW}s" --json >"$WORK/json" 2>"$WORK/err" || bad="$bad
$(grep -E '"severity":"(warning|critical)"' "$WORK/json" | cut -c1-600)$(cat "$WORK/err")"
		looks=$((looks + 1))
		now=$(sed -n '1s/.*"sockets":\([0-9]*\).*/\1/p' "$WORK/json")
		[ "${now:-0}" -le "$most" ] || most=$now
	done
	is "$bad" "" "$1: silent in $looks windows of $WINDOW s, up to $most sockets"
	[ "$most" -ge 20 ]
	ok $? "and there was something to see" "$(tail -5 "$WORK/log")"
}
has_program() {
	for p; do
		command -v "$p" >/dev/null || {
			skip "$name: $p is not installed"
			return 1
		}
	done
}

# clients.py PORT SECONDS keep|close N: so many clients of an HTTP server, which keep their connection or make one for each request.
cat >"$WORK/clients.py" <<'END'
import http.client, sys, threading, time
port, seconds, keep = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "keep"
end = time.time() + seconds
def work():
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while time.time() < end:
        try:
            c.request("GET", "/")
            c.getresponse().read()
        except OSError:
            c.close()
        if not keep:
            c.close()
        time.sleep(0.002)
for t in [threading.Thread(target=work) for _ in range(int(sys.argv[4]))]: t.start()
END

# Its backlog is 5: sixteen such clients overflow it, and the doctor says so (LA301). Four are what it can serve.
name="python3 http.server with four clients that connect for each request"
if has_program python3; then
	begin
	background python3 -m http.server 8000 --directory "$WORK"
	listening 8000
	background python3 "$WORK/clients.py" 8000 $((FOR + 30)) close 4
	silent "$name"
	finish
fi
name="nginx with keep-alive clients and others"
if has_program nginx python3; then
	mkdir -p "$WORK/nginx/html"
	echo hello >"$WORK/nginx/html/index.html"
	cat >"$WORK/nginx/nginx.conf" <<END
daemon off; pid $WORK/nginx/pid; error_log $WORK/nginx/error.log; worker_processes 2; user root;
events { worker_connections 512; }
http { access_log off; client_body_temp_path $WORK/nginx/a; proxy_temp_path $WORK/nginx/b; fastcgi_temp_path $WORK/nginx/c;
uwsgi_temp_path $WORK/nginx/d; scgi_temp_path $WORK/nginx/e; server { listen 8001; root $WORK/nginx/html; } }
END
	begin
	background nginx -p "$WORK/nginx" -c "$WORK/nginx/nginx.conf" -e "$WORK/nginx/error.log"
	listening 8001
	if command -v wrk >/dev/null; then
		background wrk -t 2 -c 64 -d "$((FOR + 30))s" http://127.0.0.1:8001/
	else
		background python3 "$WORK/clients.py" 8001 $((FOR + 30)) keep 16
	fi
	background python3 "$WORK/clients.py" 8001 $((FOR + 30)) close 16
	silent "$name$(command -v wrk >/dev/null && echo ' (wrk)')"
	finish
fi
name="redis-server under redis-benchmark"
if has_program redis-server redis-benchmark; then
	begin
	background redis-server --port 8002 --save '' --dir "$WORK"
	listening 8002
	background redis-benchmark -p 8002 -c 50 -n 100000000 -q
	silent "$name"
	finish
fi
name="postgres under pgbench"
if has_program postgres initdb pgbench && id postgres >/dev/null 2>&1; then
	mkdir -p "$WORK/pg" && chown postgres "$WORK/pg"
	as_postgres() { inside setpriv --reuid postgres --regid postgres --init-groups "$@"; }
	begin
	as_postgres initdb -D "$WORK/pg/data" -A trust >"$WORK/log" 2>&1
	background setpriv --reuid postgres --regid postgres --init-groups postgres -D "$WORK/pg/data" -p 8003 -k "$WORK/pg"
	listening 8003
	sleep 2
	as_postgres pgbench -h 127.0.0.1 -p 8003 -i -q postgres >>"$WORK/log" 2>&1
	background setpriv --reuid postgres --regid postgres --init-groups pgbench -h 127.0.0.1 -p 8003 -c 16 -T $((FOR + 30)) postgres
	silent "$name"
	finish
fi
name="Node.js with keep-alive clients"
if has_program node python3; then
	begin
	background node -e 'require("http").createServer((q, r) => r.end("hello\n")).listen(8004)'
	listening 8004
	background python3 "$WORK/clients.py" 8004 $((FOR + 30)) keep 16
	silent "$name"
	finish
fi
# A proxy on this machine: each of its connections has another one behind it, and all come and go.
cat >"$WORK/proxy.py" <<'END'
import asyncio
async def pump(r, w):
    try:
        while data := await r.read(65536):
            w.write(data)
            await w.drain()
    except OSError:
        pass
    finally:
        w.close()
async def serve(r, w):
    br, bw = await asyncio.open_connection("127.0.0.1", 8000)
    await asyncio.gather(pump(r, bw), pump(br, w))
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 8005) as s:
        await s.serve_forever()
asyncio.run(main())
END
name="a proxy on this machine, with churn"
if has_program python3; then
	begin
	background python3 -m http.server 8000 --directory "$WORK"
	background python3 "$WORK/proxy.py"
	listening 8005
	background python3 "$WORK/clients.py" 8005 $((FOR + 30)) close 4
	silent "$name"
	finish
fi
done_testing
