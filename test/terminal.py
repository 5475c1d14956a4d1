# SPDX-License-Identifier: MIT
"""terminal.py READY HOW COMMAND...: runs a command on a terminal of its own until its output has READY, ends it by HOW (a
signal's name, or type:TEXT with Python's escapes), and prints how it ended ("exit 0", "signal 3", "runs on") and what the
terminal is like after it: "cooked", or "raw" with the modes that differ from before.

What is to come one after the other is separated by '+', as in INT+type:quit\\r: half a second lies between."""

import os
import pty
import select
import signal
import sys
import termios
import time

LIMIT = 30


def read_until(fd, ready, pid, is_raw):
    """What was printed, until it has that text and reads keys; all of it when the process ends before."""
    got = b""
    end = time.monotonic() + LIMIT
    while (ready not in got or not is_raw()) and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                got += os.read(fd, 65536)
            except OSError:
                break
        elif ended(pid):
            break
    return got


statuses = {}


def ended(pid):
    if pid not in statuses:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            statuses[pid] = status
    return pid in statuses


def do(how, pid, master):
    if how.startswith("type:"):
        os.write(master, how[5:].encode().decode("unicode_escape").encode())
    elif not ended(pid):
        os.kill(pid, getattr(signal, "SIG" + how))


def wait_for_end(pid, master, limit):
    end = time.monotonic() + limit
    while not ended(pid) and time.monotonic() < end:
        if select.select([master], [], [], 0.02)[0]:
            os.read(master, 65536)
    return ended(pid)


def modes(slave):
    now = termios.tcgetattr(slave)
    now[3] &= ~termios.PENDIN  # the kernel's own, while typed text waits
    return now


def main():
    ready, how, command = sys.argv[1].encode(), sys.argv[2].split("+"), sys.argv[3:]
    master, slave = pty.openpty()
    before = modes(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(master)
        attach(slave)
        os.execvp(command[0], command)
    got = read_until(master, ready, pid, lambda: modes(slave) != before)
    if ready not in got:
        print("never ready:", got[-500:])
        return 1
    for i, one in enumerate(how):
        do(one, pid, master)
        if i + 1 < len(how):
            wait_for_end(pid, master, 0.5)
    over = wait_for_end(pid, master, LIMIT)
    status = statuses.get(pid, 0)
    if not over:
        print("runs on", end=", ")
    elif os.WIFSIGNALED(status):
        print(f"signal {os.WTERMSIG(status)}", end=", ")
    else:
        print(f"exit {os.WEXITSTATUS(status)}", end=", ")
    after = modes(slave)
    if after == before:
        print("cooked")
    else:
        print("raw:", " ".join(f"{name} {a:#x}>{b:#x}" for name, a, b in zip(("i", "o", "c", "l"), before, after) if a != b) or "keys")
    if not over:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return 0


def attach(slave):
    import fcntl

    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)


sys.exit(main())
