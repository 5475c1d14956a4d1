# SPDX-License-Identifier: MIT
"""The lab: its set-up, a look, a scenario, all of them, and one with a thousand clients."""

import os
import pathlib
import subprocess

from measure import Failed, best, command, run

CLIENTS = """title "{n} clients"
server listen 7777 backlog 4000
repeat {n} as i
client$i connect 7777
end
expect client count ESTABLISHED {n}
"""
SETUP_ROUNDS = 7
HERE = pathlib.Path(__file__).resolve().parents[1]


def setup_of(program, stage, out):
    """bench/setup.c prints a line for each of what it measures: name, least ms, median ms."""

    def once():
        run([program, str(SETUP_ROUNDS)], stage, out=out)
        with open(out, encoding="ascii") as f:
            rows = [line.split() for line in f][1:]
        return {words[0]: float(words[1]) for words in rows if len(words) > 2}

    return once


def old_setup(b):
    """setup.c asks the library, not the program: here that of the older build, in our folder. Where the library's ways
    have changed since, it is the older tree's own setup.c."""
    objects = os.path.dirname(b.old)
    tree, library, out = os.path.dirname(objects), f"{objects}/liblastack.a", f"{b.work}/old-setup"
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64", "-O2", "-w", f"-I{tree}/src"]
    flags += [f"-I{objects}", "-idirafter", f"{tree}/vendor/bsd"]
    for source in (f"{HERE}/setup.c", f"{tree}/bench/setup.c"):
        argv = [os.environ.get("CC", "cc"), *flags, "-o", out, source, library, "-lmnl", "-lutil", "-lpthread", "-ldl"]
        if subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return out
    raise Failed(f"bench/setup cannot be made of {tree} and {library}: OLD is to lie in the tree that it was built of")


def lab_close(b):
    with b.stage() as stage, b.comparing() as c:
        s = c.subject("set-up", setup_of(f"{b.build}/bench/setup", stage, f"{b.work}/setup"), rounds=3)
        close = b.ours(c, "lab -q close", lambda program: command(stage, program, "lab", "-q", "close"), rounds=20)
        floor = "2 namespaces, 2 TUN"
        c.row("set-up of a lab", best(s, "lab"), floor, best(s, "floor"), most=2.2)
        c.row("a look at a host", best(s, "look"), floor, best(s, "floor"))
        look_beside_old(b, c, s, stage)
        c.row("lab -q close", best(close), floor, best(s, "floor"))
        b.beside_old(c, "lab -q close", close, most=0.4)
        b.beside_old(c, "lab -q close, processor time", close, "cpu", most=0.4)


def look_beside_old(b, c, ours, stage):
    try:
        why, program = b.no_old, old_setup(b) if b.old else ""
    except Failed as e:
        why, program = str(e), ""
    old = c.subject("set-up (old build)", setup_of(program, stage, f"{b.work}/setup"), rounds=3, why=why)
    c.row("a look at a host", best(ours, "look"), "old build", best(old, "look"), most=0.1, why=why)


def lab_all(b):
    with b.stage() as stage, b.comparing() as c:
        s = b.ours(c, "lab --all", lambda program: command(stage, program, "lab", "--all"), rounds=2)
        c.row("lab --all", best(s), how="=", most=5000)
        c.row("lab --all, processor time", best(s, "cpu"), how="=")


def clients(b):
    """Each line of a scenario looks at all sockets, of which there are more each time."""
    with b.stage() as stage, b.comparing() as c:
        s = {}
        for n, rounds in ((100, 3), (1000, 1)):
            path = f"{b.work}/{n}.lab"
            with open(path, "w", encoding="ascii") as f:
                f.write(CLIENTS.format(n=n))
            s[n] = c.subject(f"lab, {n} clients", command(stage, b.lastack, "lab", "-q", path), rounds=rounds)
        c.row("a lab with 1,000 clients, processor time", best(s[1000], "cpu"), "100 clients", best(s[100], "cpu"), most=10)


GROUPS = [
    ("lab.close", "a scenario, beside what its kernel's part costs bare", lab_close),
    ("lab.all", "all built-in scenarios, several at a time", lab_all),
    ("lab.clients", "clients cost by their number, not by its square", clients),
]
