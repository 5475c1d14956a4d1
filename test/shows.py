# SPDX-License-Identifier: MIT
"""shows.py FOLDER: whether what commands printed may stand on a terminal. The folder has, for each command, N.name (what it was),
N.kind (text, csv, json) and what it printed as N.out and N.err.

All of it must be UTF-8 to the last byte, and have no control character but the ends of lines (of CSV: CR LF), and none that
shows nothing and changes how others are shown (Unicode's categories Cc, Cf, Zl, Zp). No line may begin with FORGED, which
hostile names have behind a newline. Of JSON every line is read, strictly. Prints a line for each command that did not: its name,
a tab, what is wrong; and how many were looked at."""

import json
import pathlib
import sys
import unicodedata

# Of category Cf, and needed by a text of its language: soft hyphen, Arabic and Syriac marks.
HARMLESS = {0x00AD, *range(0x0600, 0x0606), 0x06DD, 0x070F}


def hides(character):
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and ord(character) not in HARMLESS


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def wrong_in_line(line, kind):
    for at, character in enumerate(line):
        if hides(character):
            return f"U+{ord(character):04X} in {line[max(0, at - 30) : at + 10]!r}"
    if line.lstrip().startswith("FORGED"):
        return f"forged: {line!r}"
    if kind == "json" and line:
        try:
            json.loads(line, parse_constant=refuse)
        except ValueError as e:
            return f"no JSON: {e}: {line[:80]!r}"
    return None


def wrong_in(data, kind):
    if kind == "csv":
        data = data.replace(b"\r\n", b"\n")
    try:
        lines = data.decode("utf-8", "strict").split("\n")
    except UnicodeDecodeError as e:
        return f"no UTF-8 at byte {e.start}: {data[max(0, e.start - 30) : e.end + 10]!r}"
    return next((wrong for line in lines if (wrong := wrong_in_line(line, kind))), None)


def main():
    folder = pathlib.Path(sys.argv[1])
    names = sorted(folder.glob("*.name"), key=lambda path: int(path.stem))
    for path in names:
        out, err = path.with_suffix(".out").read_bytes(), path.with_suffix(".err").read_bytes()
        kind = path.with_suffix(".kind").read_text().strip()
        wrong = wrong_in(out, kind) or wrong_in(err, "text")
        if not out and not err:
            wrong = "nothing was printed"
        if wrong:
            print(path.read_text().strip(), wrong, sep="\t")
    print(len(names))


main()
