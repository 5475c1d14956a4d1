# SPDX-License-Identifier: MIT
"""A busy server under `step -p`: nginx, and wrk who asks it.

Who traces and who is traced take turns, so what both use of a processor for a request is what it costs; how many are
answered a second depends on whom else the processors serve, and is shown beside."""

import os
import re
import shutil
import signal
import subprocess
import time

from measure import Failed, best
from stage import children, number_inside, status

PORT, SECONDS, CONNECTIONS = 8080, 1, 8
PATIENCE, ROUNDS = 60, 3  # seconds; each round takes one, and a moment
CONF = """
daemon off; master_process on; worker_processes 1; error_log stderr error; pid {work}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello"; }} }}
}}
"""


def nginx_program(b):
    """Of the system, or what make has unpacked of its package: a package that is installed would begin to serve."""
    unpacked = f"{b.build}/bench/nginx/usr/sbin/nginx"
    return shutil.which("nginx") or (unpacked if os.access(unpacked, os.X_OK) else "")


def why_not(b):
    if not nginx_program(b):
        return "nginx is not installed, and its package could not be unpacked"
    return "" if shutil.which("wrk") else "wrk is not installed"


def used_by(pid):
    """Seconds of a processor, of all its threads."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def wait_until(what, complaint, process):
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end or process.poll() is not None:
            raise Failed(complaint)
        time.sleep(0.02)


class Server:
    def __init__(self, b, stage):
        self.b, self.stage = b, stage
        conf = f"{b.work}/nginx.conf"
        with open(conf, "w", encoding="ascii") as f:
            f.write(CONF.format(work=b.work, port=PORT))
        self.master = self.start(nginx_program(b), "-c", conf, "-p", b.work)
        wait_until(lambda: children(self.master.pid), "nginx has no worker", self.master)
        self.worker = children(self.master.pid)[0]

    def start(self, *argv, out=subprocess.DEVNULL):
        with self.stage:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, text=True)

    def asked(self, tracer=None):
        """One round of requests: how many a second, and for each second of a processor."""
        processes = [self.worker] + ([tracer] if tracer else [])
        used = sum(map(used_by, processes))
        url = f"http://127.0.0.1:{PORT}/"
        p = self.start("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", url, out=subprocess.PIPE)
        told = re.search(r"Requests/sec:\s+([0-9.]+)", p.communicate(timeout=PATIENCE)[0])
        if not told:
            raise Failed("wrk told no rate")
        used = sum(map(used_by, processes)) - used
        return {"rate": float(told.group(1)), "per cpu": float(told.group(1)) * SECONDS / used}

    def under(self, *words):
        """Its worker under `step -p`, who is told of it by the number that it has in there."""

        def make(program):
            def once():
                p = self.start(program, "step", *words, "--auto", "-p", number_inside(self.worker))
                try:
                    wait_until(lambda: status(self.worker, "TracerPid") != "0", "step -p did not take nginx", p)
                    return self.asked(p.pid)
                finally:
                    p.send_signal(signal.SIGINT)
                    p.wait(PATIENCE)

            return once

        return make

    def end(self):
        self.master.terminate()
        self.master.wait(PATIENCE)


WAYS = {"shown": ((), 10), "-q": (("-q",), None), "--leaks": (("--leaks", "-q"), 2)}


def compare(b, server):
    with b.comparing() as c:
        native = c.subject("nginx alone", server.asked, rounds=ROUNDS)
        for name, (words, least) in WAYS.items():
            s = b.ours(c, f"step -p, {name}", server.under(*words), rounds=ROUNDS)
            c.row(f"step -p, {name}: a second", best(s, "rate"), "nginx alone", best(native, "rate"))
            c.row(f"step -p, {name}: a processor's second", best(s, "per cpu"), "nginx alone", best(native, "per cpu"))
            if least:
                b.beside_old(c, f"step -p, {name}: a processor's second", s, "per cpu", least=least)


def nginx(b):
    why = why_not(b)
    if why:
        with b.comparing() as c:
            c.row("nginx, step -p", None, why=why)
        return
    with b.stage() as stage:
        server = Server(b, stage)
        try:
            compare(b, server)
        finally:
            server.end()


GROUPS = [("nginx", f"requests that a worker answers, wrk asks it over {CONNECTIONS} connections", nginx)]
