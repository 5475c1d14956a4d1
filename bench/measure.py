# SPDX-License-Identifier: MIT
"""Rounds, in which everything that is compared is measured once, in turn; and what is made of their samples.

A machine that others share makes things slower, never faster. So every figure is the best of its rounds, a ratio is
that of two bests of the same rounds, and what a process waited for a processor that others had is taken off where the
kernel says it (/proc/PID/schedstat). A row that is not held gets three times as many rounds before that is said."""

import contextlib
import dataclasses
import os
import shutil
import signal
import time

LIMIT = 300  # seconds for a command; one that takes longer is ended, and counts as this long
ROUNDS, LEAST = 15, 2  # so many rounds of each at most, and at least
HIGH = ("rate", "per cpu")  # best when high
BUDGET, MORE = 1.0, 3  # seconds for each of them; how many times as much for what is not held


class Failed(Exception):
    """What could not be measured says why."""


def waited_for_processor(pid):
    """Seconds. 0 where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
            return int(f.read().split()[1]) / 1e9
    except OSError:
        return 0.0


@contextlib.contextmanager
def alarm(pid):
    def end(*_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(argv, stage=contextlib.nullcontext(), out="/dev/null", err="/dev/null", good=(0,)):
    """A whole command, as a person waits for it: {"wall": ms, "cpu": ms, "kb": its largest size}."""
    made = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
    actions += [(os.POSIX_SPAWN_OPEN, fd, path, made, 0o600) for fd, path in ((1, out), (2, err))]
    with stage:
        began = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    with alarm(pid):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    took = time.perf_counter() - began
    took -= min(waited_for_processor(pid), took)
    _, status, used = os.wait4(pid, 0)
    status = os.waitstatus_to_exitcode(status)
    if status not in good and status != -signal.SIGKILL:
        raise Failed(f"exit status {status} of {' '.join(argv[:6])}")
    return {"wall": took * 1000, "cpu": (used.ru_utime + used.ru_stime) * 1000, "kb": used.ru_maxrss}


@dataclasses.dataclass(eq=False)
class Subject:
    """Something that is measured: `once()` gives a sample, a dict of figures."""

    name: str
    once: object
    rounds: int = ROUNDS
    samples: list = dataclasses.field(default_factory=list)
    spent: float = 0.0
    why: str = ""  # it cannot be measured

    def due(self, more):
        if self.why or len(self.samples) >= self.rounds * more:
            return False
        return len(self.samples) < min(LEAST, self.rounds) or self.spent < BUDGET * more

    def measure(self):
        began = time.monotonic()
        try:
            self.samples.append(self.once())
        except (Failed, OSError) as e:
            self.why = str(e)
        self.spent += time.monotonic() - began

    def best(self, field):
        """None where it was not measured."""
        values = [s[field] for s in self.samples if field in s]
        return (max if field in HIGH else min)(values) if values and not self.why else None


def command(stage, *argv, **kw):
    return lambda: run(list(argv), stage, **kw)


def missing(program):
    return "" if shutil.which(program) else f"{program} is not installed"


# --- what is asked of the figures --------------------------------------------------------------------------------


@dataclasses.dataclass
class Figure:
    """A number made of the bests of subjects."""

    make: object
    subjects: list
    field: str

    def value(self, instead=None):
        """With `instead`, of other subjects: {this one: that one}. None where one was not measured."""
        bests = [(instead or {}).get(s, s).best(self.field) for s in self.subjects]
        return None if None in bests else self.make(*bests)


def best(subject, field="wall"):
    return Figure(lambda a: a, [subject], field)


def between(a, b, field="wall", parts=1):
    """What lies between two subjects, for each of so many parts."""
    return Figure(lambda high, low: (high - low) / parts, [a, b], field)


def value_of(bound):
    """A bound is a number, or "1/25"."""
    return 1 / float(bound[2:]) if isinstance(bound, str) else bound


@dataclasses.dataclass
class Rule:
    """What `ours` and `rival` make (x: ours / rival; +: ours - rival; =: ours alone), and what bounds it, if any."""

    how: str = "x"
    most: object = None
    least: object = None

    def number(self, ours, rival):
        if ours is None or (rival is None and self.how != "="):
            return None
        if self.how == "x":
            return ours / rival if rival else None
        return ours - rival if self.how == "+" else ours

    def holds(self, number):
        if number is None or self.most is self.least is None:
            return None
        return number <= value_of(self.most) if self.least is None else number >= value_of(self.least)

    def bound(self):
        if self.most is self.least is None:
            return ""
        return f"<= {self.most}" if self.least is None else f">= {self.least}"


@dataclasses.dataclass
class Row:
    text: str
    ours: Figure
    beside: str  # the rival's name
    rival: Figure
    rule: Rule
    why: str = ""  # it is left out

    def figures(self):
        """Ours, the rival's, and the number that is bounded; None for what was not measured."""
        ours, rival = (f.value() if f and not self.why else None for f in (self.ours, self.rival))
        return ours, rival, self.rule.number(ours, rival)

    def held(self):
        """None: nothing bounds it, or it was not measured."""
        return self.rule.holds(self.figures()[2])

    def subjects(self):
        return [s for f in (self.ours, self.rival) if f for s in f.subjects]

    def reason(self):
        """Why there is no number; empty when there is one."""
        if self.why or self.figures()[2] is not None:
            return self.why
        return next((s.why for s in self.subjects() if s.why), "it came out as nothing")


class Comparison:
    """What is measured in turn, and the rows that are made of it."""

    def __init__(self, progress):
        self.subjects, self.rows, self.progress = [], [], progress

    def subject(self, name, once, **kw):
        self.subjects.append(Subject(name, once, **kw))
        return self.subjects[-1]

    def row(self, text, ours, beside="", rival=None, why="", **rule):
        self.rows.append(Row(text, ours, beside, rival, Rule(**rule), why))

    def wanted(self, more):
        if more == 1:
            return self.subjects
        return [s for r in self.rows if r.held() is False for s in r.subjects()]

    def go(self):
        for more in (1, MORE):
            n = 0
            while due := [s for s in self.subjects if s in self.wanted(more) and s.due(more)]:
                n += 1
                for s in due:
                    self.progress(f"round {n}{' more' if more > 1 else ''}: {s.name}")
                    s.measure()
