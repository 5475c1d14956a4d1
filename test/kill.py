#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill.py main|all RUNS PROGRAM SCENARIO…: kills labs at random moments and says what they leave.

`main`: lastack alone is killed, its reaper lives. `all`: every process of the lab in one blow, by the end of a PID
namespace, as a container's. Only what was started here is looked at: processes by their executable (PROGRAM is a copy of
its own), network namespaces by descriptors that are taken before the kill. Nothing is judged by the clock: what goes is
waited for (LIMIT at most), and how long that took at worst is only told.

One line: runs, how often it was caught with a connection, processes left, namespaces with sockets left, worst seconds.
"""
import ctypes
import os
import random
import signal
import subprocess
import sys
import time

LIMIT = 60.0
LAST_MOMENT = 0.1  # a lab is killed up to so many seconds after its start

how, runs, program, scenarios = sys.argv[1], int(sys.argv[2]), os.path.realpath(sys.argv[3]), sys.argv[4:]
libc = ctypes.CDLL(None, use_errno=True)
own = os.readlink("/proc/self/ns/net")
random.seed(os.getpid())


def link(pid, name):
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""


met = set()


def is_there(pid):
    """Also when it ends: it has no memory and so no executable any more, but still its descriptors, locks and namespaces."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def processes():
    """Of ours, those that end included."""
    met.update(int(p) for p in os.listdir("/proc") if p.isdigit() and link(p, "exe") == program)
    met.difference_update([p for p in met if not is_there(p)])
    return sorted(met)


def namespaces(pids):
    """Descriptors of their network namespaces, by inode."""
    found = {}
    for pid in pids:
        name = link(pid, "ns/net")
        if name and name != own and name not in found:
            try:
                found[name] = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            except OSError:
                pass
    return found


def has_sockets(fd, states=None):
    """In these states; by default any but TIME_WAIT, which pins nothing. A child looks: it may not come back."""
    pid = os.fork()
    if pid == 0:
        rc = 2
        if libc.setns(fd, 0x40000000) == 0:
            seen = {l.split()[3] for f in ("tcp", "tcp6") if os.path.exists(f"/proc/thread-self/net/{f}")
                    for l in open(f"/proc/thread-self/net/{f}").readlines()[1:]}
            rc = int(bool(seen & states if states else seen - {"06"}))
        os._exit(rc)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def until_gone(question):
    """Asks until the answer is empty; the last answer, and how long it took."""
    began = time.monotonic()
    while (answer := question()) and time.monotonic() - began < LIMIT:
        time.sleep(0.05)
    return answer, time.monotonic() - began


def start(scenario):
    command = [program, "lab", scenario]
    if how == "all":
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] + command
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def state(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0]


def kill(lab):
    """unshare's child hears of its parent's end only once it has asked for that (--kill-child), which is too late if it has not
    run yet. So the parent is stopped, and the child, with whose end all of its PID namespace ends, is killed first."""
    if how == "all" and lab.poll() is None:
        lab.send_signal(signal.SIGSTOP)
        while state(lab.pid) not in "TZ":
            time.sleep(0.001)
        with open(f"/proc/{lab.pid}/task/{lab.pid}/children") as f:
            for pid in f.read().split():
                os.kill(int(pid), signal.SIGKILL)
    lab.kill()
    lab.wait()


caught, left, pinned, worst = 0, 0, 0, 0.0
kept = []  # of `all`: looked at when another lab has been started
for i in range(runs):
    lab = start(scenarios[i % len(scenarios)])
    # One of four at any moment; the others once there is a connection, however slow the machine is.
    there = {}
    while i % 4 and lab.poll() is None and not any(has_sockets(fd, {"01"}) for fd in there.values()):
        time.sleep(0.02)
        there |= {name: fd for name, fd in namespaces(processes()).items() if name not in there}
    time.sleep(random.random() * LAST_MOMENT)
    there |= {name: fd for name, fd in namespaces(processes()).items() if name not in there}
    caught += any(has_sockets(fd, {"01"}) for fd in there.values())
    kill(lab)
    some, took = until_gone(processes)
    worst = max(worst, took)
    left += bool(some)
    for pid in some:
        print(f"# left: {pid} {link(pid, 'exe')}")
    kept += there.values()
    if how == "main":
        some, took = until_gone(lambda: [fd for fd in kept if has_sockets(fd)])
        worst = max(worst, took)
        pinned += len(some)
        for fd in kept:
            os.close(fd)
        kept = []
if how == "all":
    subprocess.run([program, "lab", "-q", "refused"], stdout=subprocess.DEVNULL, check=False)
    some, took = until_gone(lambda: [fd for fd in kept if has_sockets(fd)])
    pinned = len(some)
print(runs, caught, left, pinned, f"{worst:.2f}")
