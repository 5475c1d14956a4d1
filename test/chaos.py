# SPDX-License-Identifier: MIT
# chaos.py LASTACK DIR FIRST N: N random scenarios, numbered from FIRST; in each what is inferred from the packets is held against the
# kernel (--check-explain). A line that the lab refuses is left out and the rest tried again. Prints TAP; a scenario that failed stays
# in DIR as NUMBER.lab.
import os
import random
import subprocess
import sys

KINDS = ["SYN", "SYNACK", "ACK", "FIN", "DATA", "RST", "any"]
SENDERS = ["client", "server", "both"]
ENDS = ["client", "server"]


def opening(r):
    if r.random() < 0.1:
        return ["client bind 1111", "server bind 2222", "hold both SYN", "client connect 2222", "server connect 1111", "release SYN"]
    lines = [f"server listen 7777 backlog {r.choice([0, 1, 5])}"]
    if r.random() < 0.3:
        lines.append(r.choice(["drop client SYN 1", "drop server SYNACK 1", "dup client SYN 1", "hold client ACK",
                               "hold server SYNACK", "drop client ACK 1"]))
    lines.append("client connect 7777")
    if r.random() < 0.8:
        lines.append("server accept")
    return lines


def step(r):
    end = r.choice(ENDS)
    packets = f"{r.choice(SENDERS)} {r.choice(KINDS)}"
    choices = [
        (22, f"{end} send {r.choice([1, 10, 3000])} bytes"),
        (12, f"{end} recv"),
        (12, f"{end} close"),
        (8, f"{end} shutdown {r.choice(['wr', 'wr', 'rd', 'both'])}"),
        (4, f"{end} abort"),
        (12, f"hold {packets}"),
        (8, f"release {r.choice(KINDS[:6] + ['all', 'all'])}"),
        (6, f"{r.choice(['drop', 'dup', 'corrupt', 'reorder'])} {packets} 1"),
        (3, f"delay {packets} {r.choice([5, 50])}ms 1"),
        (3, f"wait {r.choice([20, 250])}ms"),
        (2, "pass all"),
        (3, f"inject {end} {r.choice(['RST', 'RST+ACK'])} seq {r.choice([0, 0, 1, -1, 100]):+d}"),
    ]
    return r.choices([c[1] for c in choices], [c[0] for c in choices])[0]


def scenario(seed):
    r = random.Random(seed)
    lines = [f'title "random scenario {seed}"', *opening(r)]
    lines += [step(r) for _ in range(r.randint(4, 16))]
    return [*lines, "heal", "release all", "wait 20ms"]


def run(lastack, path, lines):
    """The output of a run in which every line was taken."""
    while True:
        with open(path, "w") as f:
            f.write("\n".join(lines) + "\n")
        done = subprocess.run([lastack, "lab", "-q", "--check-explain", path], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 3 or path + ":" not in done.stderr:
            return done
        del lines[int(done.stderr.split(path + ":")[1].split(":")[0]) - 1]


def main():
    lastack, where, first, n = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    failed = 0
    print(f"1..{n}", flush=True)
    for i in range(n):
        path = f"{where}/{first + i}.lab"
        done = run(lastack, path, scenario(first + i))
        good = done.returncode == 0
        print(f"{'' if good else 'not '}ok {i + 1} - random scenario {first + i}", flush=True)
        if good:
            os.unlink(path)
            continue
        failed += 1
        print("\n".join("# " + line for line in (done.stdout + done.stderr).split("\n")[:20]))
    sys.exit(failed != 0)


main()
