# SPDX-License-Identifier: MIT
"""Places to measure in: PID, mount and network namespaces of their own, with exactly what is to be looked at in them.

Several stages stand side by side and are entered in turn, so that what a namespace or a process costs is the difference
of two figures of one minute. What the machine has besides is not seen from in there."""

import contextlib
import ctypes
import os
import re
import subprocess
import time

NEWNS, NEWPID, NEWNET = 0x00020000, 0x20000000, 0x40000000
PRIVATE, REC, BIND = 1 << 18, 1 << 14, 1 << 12
PATIENCE, FEW = 30, 200  # seconds, sockets
KINDS = ("pid", "net", "mnt")  # mnt last: behind it another /proc answers
libc = ctypes.CDLL(None, use_errno=True)


class NoStage(Exception):
    """A stage that cannot be made says why."""


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        error = ctypes.get_errno()
        raise NoStage(f"{name}: {os.strerror(error)}")


def mount(source, target, kind=None, flags=0):
    call("mount", *(s.encode() if s else None for s in (source, target, kind)), ctypes.c_ulong(flags), None)


def namespaces_of(pid):
    return [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in KINDS]


HOME = namespaces_of("self")


def go_to(fds):
    for fd in fds:
        call("setns", fd, 0)


def name_namespaces(names):
    """As `ip netns add` does it. Whoever does is in the last of them then."""
    for name in names:
        call("unshare", NEWNET)
        os.close(os.open(f"/run/netns/{name}", os.O_CREAT | os.O_WRONLY))
        mount("/proc/self/ns/net", f"/run/netns/{name}", flags=BIND)


def furnish(names):
    mount(None, "/", flags=PRIVATE | REC)
    mount("proc", "/proc", "proc")
    for path in ("/run/netns", "/run/lastack"):
        os.makedirs(path, exist_ok=True)
        mount("none", path, "tmpfs")
    name_namespaces(names)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return f.read().split()


def status(pid, word):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return re.search(rf"^{word}:.*?(\d+)$", f.read(), re.M).group(1)


def number_inside(pid):
    """What a process of a stage is known by in there: the last of its numbers."""
    return status(pid, "NSpid")


class Stage:
    """`hold`: the arguments of bench/hold.c, whose process is the first of the PID namespace: with it all others end.
    `named`: so many empty network namespaces with names. `idle`: so many processes that do nothing."""

    def __init__(self, hold_program, *hold, named=0, idle=0):
        self.fds = []
        self.idle = None
        asks, self.input = os.pipe()
        self.output, says = os.pipe()
        self.helper = os.fork()
        if self.helper == 0:
            os.dup2(asks, 0)
            os.dup2(says, 1)
            os.closerange(3, 4096)  # another stage's pipe, kept open here, would keep that stage from ending
            self.become([hold_program, "-u", *hold], [f"empty{i}" for i in range(named)])
        os.close(asks)
        os.close(says)
        with open(self.output, encoding="ascii") as f:
            words = f.readline().split()
        if words[:1] != ["ready"]:
            self.close()
            raise NoStage(" ".join(words) or "its sockets could not be made (bench/hold.c says why)")
        self.sockets = int(words[5])
        self.fds = namespaces_of(self.first_process())
        self.idle = self.sleepers(idle) if idle else None

    @staticmethod
    def become(command, names):
        """In the child: makes the namespaces; its own child is the first process in there."""
        try:
            call("unshare", NEWPID | NEWNS)
            pid = os.fork()
            if pid:
                os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
            furnish(names)
            os.execv(command[0], command)
        except (NoStage, OSError) as e:
            os.write(1, f"{e}\n".encode())
        os._exit(1)

    def first_process(self):
        return children(self.helper)[0]

    def sleepers(self, n):
        script = f"i=0; while [ $i -lt {n} ]; do sleep 100000 & i=$((i + 1)); done; echo there; wait"
        with self:
            p = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
        p.stdout.readline()
        return p

    def inner_namespaces(self):
        """Process ids, as this stage counts them, of the holders: with -N each in a namespace of its own."""
        return [number_inside(pid) for pid in children(self.first_process())]

    def __enter__(self):
        go_to(self.fds)

    def __exit__(self, *_):
        go_to(HOME)

    def close(self):
        os.close(self.input)
        if self.idle:  # ours, not the stage's: the stage ends when it is buried, and not before
            self.idle.stdout.close()
            self.idle.wait()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.helper, 0)
        for fd in self.fds:
            os.close(fd)


def allocated():
    """The machine's TCP sockets, those included that nobody holds any more."""
    with open("/proc/net/sockstat", encoding="ascii") as f:
        return int(re.search(r"^TCP:.* alloc (\d+)", f.read(), re.M).group(1))


def settle(before):
    """What a stage held is given back behind its end, and until then burdens whoever looks."""
    end = time.monotonic() + PATIENCE
    while allocated() > before + FEW and time.monotonic() < end:
        time.sleep(0.05)


@contextlib.contextmanager
def staged(*args, **kw):
    before = allocated()
    s = Stage(*args, **kw)
    try:
        yield s
    finally:
        s.close()
        settle(before)
