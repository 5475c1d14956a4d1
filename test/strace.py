#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""strace.py STRACE-OUTPUT STEP-JSON: the calls that step printed against those that strace did, line by line; differences on standard output.

Pointers and ports are each run's own. strace begins at the first socket(), as step does."""
import json, re, sys


def of_step(lines):
    calls = {}
    for line in lines:
        e = json.loads(line)
        if e.get("event") == "call":
            calls[e["call"]] = e["text"] + " = ?"
        elif e.get("event") == "result":
            calls[e["call"]] = e["whole"] + " = " + e["text"]
    return list(calls.values())


def of_strace(lines):
    calls = [re.sub(r"\) +=", ") =", line.rstrip()) for line in lines if not line.startswith(("+++", "---"))]
    first = next(i for i, c in enumerate(calls) if c.startswith("socket("))
    # A close() of nothing is no socket's: it passes in silence.
    return [c for c in calls[first:] if not c.endswith("EBADF (Bad file descriptor)")]


def same_for_all(call):
    return re.sub(r"htons\(\d+\)", "htons(PORT)", re.sub(r"0x[0-9a-f]{6,}", "POINTER", call))


strace = [same_for_all(c) for c in of_strace(open(sys.argv[1]))]
step = [same_for_all(c) for c in of_step(open(sys.argv[2]))]
bad = 0
for i in range(max(len(strace), len(step))):
    a = strace[i] if i < len(strace) else "(nothing)"
    b = step[i] if i < len(step) else "(nothing)"
    if a != b:
        bad += 1
        print(f"strace: {a}\nstep:   {b}")
print(f"{len(step)} calls, {bad} differ")
sys.exit(bad != 0)
