# SPDX-License-Identifier: MIT
"""One table, printed as it comes to be, and what is to be said at its end."""

import sys
import time

UNITS = {"kb": "KiB", "rate": "/s", "per cpu": "/s", "call": "us", "us": "us"}
HEAD = ("", "ours", "beside", "its", "ours is", "bound", "")
WIDTHS = (46, 11, 22, 11, 9, 8, 8)
OLD_HEAD, OLD_WIDTHS = ("old build", "ours is"), (11, 8)


def number(value, unit):
    if value is None:
        return "-"
    digits = 0 if value >= 1000 or unit == "KiB" else 1 if value >= 100 else 2
    return f"{value:,.{digits}f} {unit}"


def ratio(value):
    if value is None:
        return "-"
    if value < 0.1:
        return f"1/{1 / value:.0f}" if value > 0 else "0 x"
    return f"{value:,.0f} x" if value >= 100 else f"{value:.2f} x"


def named(row):
    return f"{row.text} beside {row.beside}" if row.beside else row.text


class Table:
    def __init__(self, old):
        self.old = old  # the older build's subjects beside ours, or None
        self.held = self.shown = 0
        self.unheld, self.skipped, self.failed = [], [], []
        self.began = time.monotonic()
        self.tty = sys.stderr.isatty()

    def line(self, cells, more=()):
        widths = WIDTHS if self.old is None else WIDTHS + OLD_WIDTHS
        cells = tuple(cells) + (() if self.old is None else tuple(more))
        left = (0, 2, 5, 6)
        text = "  ".join(c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths)))
        self.progress("")
        print(text.rstrip(), flush=True)

    def head(self):
        self.line(HEAD, OLD_HEAD)

    def title(self, name, text):
        self.progress("")
        print(f"\n{name}: {text}", flush=True)

    def progress(self, text):
        if self.tty:
            took = int(time.monotonic() - self.began)
            sys.stderr.write(f"\r\033[K{f'{took} s  {text[:90]}' if text else ''}")
            sys.stderr.flush()

    def beside_old(self, row, ours, unit):
        if self.old is None or ours is None or not all(s in self.old for s in row.ours.subjects):
            return ("", "")
        value = row.ours.value(self.old)
        return (number(value, unit), ratio(ours / value)) if value else ("", "")

    def row(self, group, row):
        ours, rival, made = row.figures()
        unit = UNITS.get(row.ours.field, "ms") if row.ours else "ms"
        verdict, reason = "", row.reason()
        if reason:
            verdict = "skipped"
            self.skipped.append((group, row, reason))
        elif row.held() is None:
            self.shown += 1
        elif row.held():
            verdict = "held"
            self.held += 1
        else:
            verdict = "NOT HELD"
            self.unheld.append((group, row))
        more = "-" if made is None else f"{made:+.2f} {unit}"
        what = {"x": ratio(made), "+": more, "=": number(made, unit)}[row.rule.how]
        cells = (f"  {row.text}", number(ours, unit), row.beside, number(rival, unit) if row.rival else "", what)
        self.line(cells + (row.rule.bound(), verdict), self.beside_old(row, ours, unit))

    def could_not(self, group, why):
        self.progress("")
        print(f"  NOT MEASURED: {why}", flush=True)
        self.failed.append(f"{group}: {why}")

    def end(self):
        """The exit status."""
        took = time.monotonic() - self.began
        n = len(self.unheld) + len(self.failed)
        print(f"\n{self.held} held, {n} NOT HELD, {self.shown} shown only, {len(self.skipped)} skipped; {took:.0f} s")
        for group, row in self.unheld:
            print(f"  NOT HELD  {group}: {named(row)}: bound {row.rule.bound()}")
        for reason in dict.fromkeys(r for _, _, r in self.skipped):
            rows = [f"{g}: {named(row)}" for g, row, r in self.skipped if r == reason]
            print(f"  skipped   {reason}: {'; '.join(rows)}")
        for why in self.failed:
            print(f"  NOT HELD  {why}")
        return 1 if n else 0
