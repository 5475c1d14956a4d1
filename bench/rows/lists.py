# SPDX-License-Identifier: MIT
"""Looking at sockets: list and doctor beside ss, netstat and lsof."""

import contextlib
import os
import re

from measure import ROUNDS, Failed, best, between, command, run

BARE = "state,recvq,sendq,local,peer"  # what ss -tan shows
WARM = 5  # snapshots in one process
LSOF = "lsof -i TCP -nP"


def lists(*words):
    return lambda stage: lambda program: command(stage, program, "list", "-n", *words)


def ours(b, c, stage, *words, **kw):
    return b.ours(c, " ".join(("list -n", *words)), lists(*words)(stage), **kw)


def parts(said):
    """ "engine C: collect 12.3 ms, order 4.5 ms, ..." taken apart."""
    with open(said, encoding="utf-8", errors="replace") as f:
        lines = [line for line in f if re.match(r"engine [ABC]:", line)]
    if not lines:
        raise Failed("no times were told")
    return {word: float(ms) for word, ms in re.findall(r"([a-z]+) ([0-9.]+) ms", lines[-1])}


def snapshots(b, stage, n, *words):
    """So many in one process, which tells of their parts; the rows go nowhere."""

    def make(program):
        def once():
            said = f"{b.work}/timing"
            sample = run([program, "list", "-n", "--timing", str(n), *words], stage, err=said)
            return {**sample, **parts(said)}

        return once

    return make


def warm(b, c, stage, *words, rounds=3):
    """A snapshot in a process that has started: many less one. With it the subject that tells of the parts."""
    many, one = (b.ours(c, " ".join((f"{n} x", *words)), snapshots(b, stage, n, *words), rounds=rounds) for n in (WARM, 1))
    return between(many, one, "cpu", WARM - 1), many


def floor(b, c, stage):
    """bench/floor.c: the kernel's tables walked by BPF, and nothing made of it."""
    program = f"{b.build}/bench/floor"
    why = "" if os.access(program, os.X_OK) else "there is no floor: programs for the kernel are not built here"
    many, one = (c.subject(f"floor {n}", command(stage, program, str(n)), rounds=5, why=why) for n in (WARM, 1))
    return between(many, one, "cpu", WARM - 1)


def complete(b, stage):
    """A quick answer that leaves sockets out is none."""
    out = f"{b.work}/rows"
    run([b.lastack, "list", "-n", "-H"], stage, out=out)
    with open(out, encoding="utf-8", errors="replace") as f:
        lines = sum(1 for _ in f)
    if lines < stage.sockets:
        raise Failed(f"lastack printed {lines} of {stage.sockets} sockets")


# --- cold: the whole command, beside ss --------------------------------------------------------------------------

# What is held at so many sockets: beside ss -tan with owners and bare, and beside ss -tanp.
COLD = {
    0: (None, None, None),
    100: (None, None, None),
    1000: (1.05, 1.05, "1/1.5"),
    10000: (None, None, "1/2"),
    100000: (None, "1/2.5", "1/25"),
}


def cold(n):
    def rows(b):
        with b.stage("-n", str(n), "-p", "50" if n >= 100000 else "1") as stage:
            complete(b, stage)
            with b.comparing() as c:
                cold_rows(b, c, stage, n)

    return rows


def cold_rows(b, c, stage, n):
    owners, bare_most, beside_p = COLD[n]
    tan = b.rival(c, "ss -tan", command(stage, "ss", "-tan"))
    tanp = b.rival(c, "ss -tanp", command(stage, "ss", "-tanp"), rounds=ROUNDS if n < 100000 else 2)
    auto = ours(b, c, stage)
    bare = ours(b, c, stage, "-o", BARE)
    c.row("list -n, with owners", best(auto), "ss -tan", best(tan), most=owners)
    c.row("list -n, with owners", best(auto), "ss -tanp", best(tanp), most=beside_p)
    c.row("list -n, bare", best(bare), "ss -tan", best(tan), most=bare_most)
    c.row("list -n, with owners: processor time", best(auto, "cpu"), "ss -tan", best(tan, "cpu"))


# --- engines, floor, doctor at many sockets ----------------------------------------------------------------------


def many(n, beside_tanp, extra):
    def rows(b):
        with b.stage("-n", str(n), "-p", "50") as stage, b.comparing() as c:
            extra(b, c, stage, warm_rows(b, c, stage, beside_tanp))

    return rows


def warm_rows(b, c, stage, beside_tanp):
    at, tanp = floor(b, c, stage), b.rival(c, "ss -tanp", command(stage, "ss", "-tanp"), rounds=1)
    text, told = warm(b, c, stage, "--engine", "C")
    json = b.ours(c, "JSON", snapshots(b, stage, WARM, "--engine", "C", "--json"), rounds=3)
    c.row("engine C", text, "floor", at, most=1.6)
    c.row("engine C", text, "ss -tanp", best(tanp, "cpu"), most=beside_tanp)
    c.row("engine C: text, wall", best(told, "total"), "collecting alone", best(told, "collect"), most=2)
    c.row("engine C: JSON, wall", best(json, "total"), "collecting alone", best(json, "collect"), most=3)
    return text


def engines(b, c, stage, text):
    lsof = b.rival(c, LSOF, command(stage, *LSOF.split(), good=(0, 1)), rounds=1)
    netstat = b.rival(c, "netstat -antp", command(stage, "netstat", "-antp"), rounds=1)
    auto = ours(b, c, stage, rounds=2)
    c.row("engine A", warm(b, c, stage, "--engine", "A", rounds=1)[0], LSOF, best(lsof, "cpu"), most="1/4")
    c.row("engine B", warm(b, c, stage, "--engine", "B", rounds=1)[0], LSOF, best(lsof, "cpu"), most="1/8")
    c.row("engine C", text, LSOF, best(lsof, "cpu"), most="1/15")
    c.row("list -n, cold", best(auto, "cpu"), "netstat -antp", best(netstat, "cpu"))
    c.row("list -n: memory", best(auto, "kb"), LSOF, best(lsof, "kb"))


def half_a_million(b, c, stage, _):
    auto, bare = ours(b, c, stage, rounds=5), ours(b, c, stage, "-o", BARE, rounds=5)
    lsof = b.rival(c, LSOF, command(stage, *LSOF.split(), good=(0, 1)), rounds=1)
    tan = b.rival(c, "ss -tan", command(stage, "ss", "-tan"), rounds=5)
    c.row("list -n: memory", best(auto, "kb"), LSOF, best(lsof, "kb"), most=1)
    c.row("list -n, bare", best(bare), "ss -tan", best(tan), most="1/2.5")


def doctor(b):
    with b.stage("-n", "100000", "-p", "50") as stage, b.comparing() as c:
        words = ("doctor", "--engine", "C", "--window", "1s", "-q", "--fail-on", "never")
        d = b.ours(c, "doctor --window 1s", lambda program: command(stage, program, *words), rounds=5)
        one = ours(b, c, stage, "--engine", "C")
        c.row("doctor, window 1 s", best(d), how="=", most=2000)
        c.row("doctor: processor time", best(d, "cpu"), "list --engine C", best(one, "cpu"), most=6)


def half_a_million(b, c, stage):
    auto = ours(b, c, stage)
    lsof = b.rival(c, "lsof -i TCP -nP", command(stage, "lsof", "-i", "TCP", "-nP", good=(0, 1)), rounds=1)
    c.row("list -n: memory", best(auto, "kb"), "lsof -i TCP -nP", best(lsof, "kb"), most=1)
    tan, bare = b.rival(c, "ss -tan", command(stage, "ss", "-tan")), ours(b, c, stage, "-o", BARE)
    c.row("list -n, bare", best(bare), "ss -tan", best(tan), most="1/2.5")


# --- what costs without being asked for: namespaces and processes -----------------------------------------------

THOUSAND = "1,000 sockets"


def empty_namespaces(b):
    with contextlib.ExitStack() as e:
        stages = {k: e.enter_context(b.stage("-n", "1000", named=k)) for k in (0, 20, 100)}
        with b.comparing() as c:
            s = {k: b.ours(c, f"list -n, {k} empty", lists()(stage)) for k, stage in stages.items()}
            for k in (20, 100):
                c.row(f"list -n, {k} empty namespaces", best(s[k]), "none", best(s[0]), most=1.3)


def thousand_namespaces(b):
    with b.stage("-n", "1000", named=100) as few, b.stage("-n", "1000", named=1000) as lots, b.comparing() as c:
        s = [b.ours(c, f"list -n, {n} empty", lists()(stage), rounds=5) for n, stage in ((100, few), (1000, lots))]
        c.row("list -n, 1,000 empty namespaces", best(s[1]), "100 of them", best(s[0]), most=10)


def idle_processes(b):
    with b.stage("-n", "1000") as none, b.stage("-n", "1000", idle=1000) as lots, b.comparing() as c:
        alone, beside = (b.ours(c, f"list -n, {name}", lists()(s)) for name, s in (("alone", none), ("1,000 idle", lots)))
        c.row("list -n, 1,000 idle processes", best(beside), "none", best(alone), how="+", most=3)


SAMPLED = 3  # of the 100 namespaces


def full_namespaces(b):
    """Who has no other tool looks into each namespace, one after the other; a few of them are enough to know the rest."""
    with b.stage("-N", "100", "-n", "1000") as stage:
        complete(b, stage)
        with b.comparing() as c:
            auto = ours(b, c, stage)
            holders = stage.inner_namespaces()[:SAMPLED]
            script = 'for p; do nsenter -t "$p" -n ss -tanp; done'

            def each():
                sample = run(["sh", "-c", script, "sh", *holders], stage)
                return {"wall": sample["wall"] * 100 / SAMPLED}

            ss = b.rival(c, "ss -tanp in each", each, rounds=2)
            c.row("list -n", best(auto), "ss -tanp in each", best(ss), most="1/300")
            c.row("engine C, without start and loading", warm(b, c, stage, "--engine", "C")[0], "floor", floor(b, c, stage))


def only_full(rows):
    def rows_or_reason(b):
        if b.full:
            return rows(b)
        with b.comparing() as c:
            c.row("500,000 sockets", None, why="it takes minutes: FULL=1")
        return None

    return rows_or_reason


GROUPS = [
    ("list.0", "no sockets, cold: whole commands", cold(0)),
    ("list.100", "100 sockets, cold", cold(100)),
    ("list.1k", "1,000 sockets, cold", cold(1000)),
    ("list.10k", "10,000 sockets, cold", cold(10000)),
    ("list.100k", "100,000 sockets of 50 processes, cold", cold(100000)),
    ("list.warm", "100,000 sockets, a snapshot without start and loading: processor time", many(100000, "1/35", engines)),
    ("list.500k", "500,000 sockets", only_full(many(500000, "1/250", half_a_million))),
    ("list.empty", f"{THOUSAND}, and named network namespaces in which there is nothing", empty_namespaces),
    ("list.thousand", "namespaces cost by their number, not by its square", thousand_namespaces),
    ("list.idle", f"{THOUSAND}, and processes that have none", idle_processes),
    ("list.each", "100 network namespaces with 1,000 sockets each", full_namespaces),
    ("doctor", "100,000 sockets", doctor),
]
