# SPDX-License-Identifier: MIT
"""What stepping costs a program for each of its calls, beside strace and gdb.

Free, the program itself says what a call took (test/programs/loop.c): a stop may wake another processor, which is
waiting and not work. On one processor nobody waits for anybody else, so a call costs what both used of it, and that is
known however many others want the processor too: many calls less one, divided by their number."""

import os

from measure import between, best, missing, run

CALLS = {"socket": 2000, "other": 20000}
SHOWN, GDB_CALLS = 400, 100  # where one takes a millisecond and more
STRACE = ("strace", "-f", "-e", "trace=network", "-o", "/dev/null")
# Stop before and after each such call, and go on, as a person would by hand.
GDB = ["set pagination off", "catch syscall getsockopt", "commands", "silent", "continue", "end", "run"]
GDB_OPTIONS = ("-q", "-nx", "-batch", "-x")


class Loop:
    """The loop of calls under something that watches it."""

    def __init__(self, b, stage, kind, pinned=False):
        self.b, self.stage, self.kind = b, stage, kind
        self.pin = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] if pinned else []
        self.file = f"{b.work}/ns"

    def under(self, *watcher, calls=None):
        n = calls or CALLS[self.kind]
        argv = [*self.pin, *watcher, f"{self.b.build}/programs/loop", self.kind, str(n), self.file]

        def once():
            sample = run(argv, self.stage)
            with open(self.file, encoding="ascii") as f:
                return {"call": float(f.read()) / 1000, "us": sample["cpu"] * 1000}

        return once

    def step(self, *words, calls=None):
        return lambda program: self.under(program, "step", *words, "--auto", calls=calls)


def socket_calls(b):
    with b.stage() as stage, b.comparing() as c:
        loop = Loop(b, stage, "socket")
        strace = c.subject("strace", loop.under(*STRACE), why=missing("strace"))
        quiet = b.ours(c, "step -q", loop.step("-q"))
        shown = b.ours(c, "step", loop.step(calls=SHOWN))
        with open(f"{b.work}/gdb", "w", encoding="ascii") as f:
            f.write("\n".join(GDB) + "\n")
        by_hand = loop.under("gdb", *GDB_OPTIONS, f"{b.work}/gdb", "--args", calls=GDB_CALLS)
        gdb = c.subject("gdb", by_hand, rounds=3, why=missing("gdb"))
        native = c.subject("native", loop.under())
        for name, ours, rival, beside, most in (
            ("step -q", quiet, strace, "strace -f -e network", 0.6),
            ("step, shown", shown, strace, "strace -f -e network", 2),
            ("step -q", quiet, native, "native", None),
            ("step, shown", shown, gdb, "gdb, catch syscall", None),
        ):
            c.row(f"{name}, a socket call", best(ours, "call"), beside, best(rival, "call"), most=most)


def per_call(many_and_one, n):
    return between(*many_and_one, "us", n - 1)


def pinned_calls(b):
    with b.stage() as stage, b.comparing() as c:
        loop = Loop(b, stage, "socket", pinned=True)

        n = CALLS["socket"]
        strace = [c.subject(f"strace, {k} calls", loop.under(*STRACE, calls=k), why=missing("strace")) for k in (n, 1)]
        for name, words, n, most in (("step -q", ("-q",), n, 1), ("step, shown", (), SHOWN, 2)):
            ours = [b.ours(c, f"{name}, {k} calls", loop.step(*words, calls=k)) for k in (n, 1)]
            c.row(f"{name}, a socket call", per_call(ours, n), "strace -f -e network",
                  per_call(strace, CALLS["socket"]), most=most)


def other_calls(b):
    with b.stage() as stage, b.comparing() as c:
        loop = Loop(b, stage, "other")
        quiet = b.ours(c, "step -q", loop.step("-q"))
        native = c.subject("native", loop.under())
        strace = c.subject("strace", loop.under(*STRACE), why=missing("strace"))
        c.row("step -q, another call", best(quiet, "call"), "native", best(native, "call"), how="+", most=0.2)
        c.row("step -q, another call", best(quiet, "call"), "strace -f -e network", best(strace, "call"))


GROUPS = [
    ("step.free", "a loop of getsockopt() under step --auto, as it comes", socket_calls),
    ("step.pinned", "the same on one processor (taskset): what both used of it", pinned_calls),
    ("step.other", "a loop of getppid(), which is of no socket", other_calls),
]
