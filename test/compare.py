# SPDX-License-Identifier: MIT
# compare.py JSON <TSHARK: the packets of a lab's JSON Lines beside tshark's fields (seq ack window len and flags, tab-separated),
# one by one, as one end saw them: sent at once, received when delivered. Prints the first difference.
import json
import sys

BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}


def flags(text):
    return sum(BITS[f] for f in text.split("+") if f in BITS)


def row(e):
    f = flags(e["flags"])
    ack = e["ack"] if f & 16 else 0
    return (e["seq"], ack, e["win"], e["len"], f)


mine = []
with open(sys.argv[1]) as f:
    for line in f:
        e = json.loads(line)
        kind, client = e.get("event"), e.get("side") == "client"
        injected = e.get("fate") == "injected"
        if kind == "packet" and (client != injected or e["fate"] in ("passed", "twice", "corrupted")):
            mine.append(row(e))
        elif kind == "released" and not client:
            mine.append(row(e))
theirs = []
for line in sys.stdin:
    seq, ack, win, length, fl = line.rstrip("\n").split("\t")
    theirs.append((int(seq), int(ack or 0), int(win), int(length), int(fl, 16)))
for i, (a, b) in enumerate(zip(mine, theirs)):
    if a != b:
        print(f"packet {i + 1} (seq ack win len flags): lastack {a}, tshark {b}")
        sys.exit(1)
if len(mine) != len(theirs):
    print(f"lastack has {len(mine)} packets, tshark {len(theirs)}")
    sys.exit(1)
print(f"{len(mine)} packets alike")
