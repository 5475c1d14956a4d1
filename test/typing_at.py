#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""typing_at.py COMMAND KEYS…: types at the prompt of a command, on a terminal of its own, and prints its screen.

Nothing is typed by the clock. KEYS (with escapes as \\r, \\003) go in when the prompt stands there and waits; those that
begin with '@' (left out) as soon as the line before was taken: while its command runs. KILL=NAME sends that signal
instead, when the prompt stands there. At the end the exit status is printed on the last line.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 60  # of a whole dialogue; only what hangs comes near it
PROMPTS = (b"lab> ", b"step> ", b"...> ")
PART = re.compile(rb"\x1b\[([0-9;?]*)([A-Za-z])|\x1b[=>]|\x07|[^\x1b\x07]", re.S)

screen = b""
seen = 0  # how much of it stood there when something was typed last
end = time.monotonic() + LIMIT


def look(fd):
    """Reads more of the screen; False at its end."""
    global screen
    left = end - time.monotonic()
    if left <= 0 or not select.select([fd], [], [], left)[0]:
        print(f"typing_at.py: nothing more on the screen within {LIMIT} s", flush=True)
        return False
    try:
        more = os.read(fd, 65536)
    except OSError:
        more = b""
    screen += more
    return bool(more)


def last_line():
    """What stands in the cursor's line: an editor writes over what is there."""
    line, at = bytearray(), 0
    for part in PART.finditer(screen):
        c = part.group(0)
        if c == b"\n":
            line, at = bytearray(), 0
        elif c == b"\r":
            at = 0
        elif c == b"\b":
            at = max(at - 1, 0)
        elif part.group(2) == b"K":
            del line[at:]
        elif part.group(2) == b"D":
            at = max(at - int(part.group(1) or 1), 0)
        elif part.group(2) == b"G":
            at = int(part.group(1) or 1) - 1
        elif len(c) == 1 and c >= b" ":
            line[at : at + 1] = c
            at += 1
    return bytes(line)


def await_prompt(fd):
    while len(screen) == seen or last_line() not in PROMPTS:
        if not look(fd):
            return False
    return True


def await_echo(fd):
    while b"\n" not in screen[seen:]:
        if not look(fd):
            return False
    return True


def play(fd, pid, keys):
    global seen
    for key in keys:
        aside = key.startswith("@")
        if not (await_echo(fd) if aside else await_prompt(fd)):
            return
        if not aside:
            seen = len(screen)
        key = key[aside:]
        if key.startswith("KILL="):
            os.kill(pid, getattr(signal, "SIG" + key[5:]))
        else:
            os.write(fd, codecs.decode(key, "unicode_escape").encode("latin-1"))


pid, fd = pty.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", "exec " + sys.argv[1]])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(os.environ.get("COLUMNS", "100")), 0, 0))
play(fd, pid, sys.argv[2:])
while look(fd):
    pass
sys.stdout.buffer.write(screen.replace(b"\r", b""))
if time.monotonic() >= end:
    os.kill(pid, signal.SIGKILL)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(f"\nexit {status}")
