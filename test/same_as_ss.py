# SPDX-License-Identifier: MIT
# same_as_ss.py JSON SS [--netns INODE]: what `lastack list --json` says of each socket beside what ss says of it.
#   JSON   the JSON Lines of `lastack list --json`; SS   the lines of `nsenter -t PID -n ss -tanpeOH` of the same moment
#   --netns INODE   only lastack's sockets of that namespace: ss sees one
# same_as_ss.py --both-lastack A B [--fields]: two snapshots of lastack, by namespace, addresses and state; --fields: also
#   what both say of each pair
# --ignore-ports 22,1024-16383: without the sockets that have such a port at either end
#
# Prints "N sockets, D differences" and the first 20 of them, each in a line. Exit status: 0 none, 1 some, 3 unreadable.
import argparse
import collections
import functools
import ipaddress
import json
import re
import sys

SHOWN = 20
STATES = {
    "UNCONN": "CLOSED", "LISTEN": "LISTEN", "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECV", "ESTAB": "ESTABLISHED",
    "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2", "CLOSE-WAIT": "CLOSE_WAIT", "CLOSING": "CLOSING",
    "LAST-ACK": "LAST_ACK", "TIME-WAIT": "TIME_WAIT",
}
# What ss has one word for, and the states that sock_diag lists only when it is asked to, which this ss may not do.
ONE_WORD = {"NEW_SYN_RECV": "SYN_RECV", "BOUND": "CLOSED"}
NOT_ALWAYS_LISTED = {"CLOSED", "BOUND"}
# What is left out stands for these; but for the cookie, which the kernel makes when it is first asked for it: where either
# does not know one, it is not compared.
SILENT = {"rq": 0, "sq": 0, "uid": 0, "inode": 0, "timer": "off", "owners": frozenset()}
FIELDS = ("state", "rq", "sq", "uid", "inode", "sock", "timer", "owners")


class Unreadable(Exception):
    pass


class Socket(dict):
    """Its fields by name; key() says which connection's end it is."""

    def key(self):
        return (self["netns"], self["local"], self["remote"])

    def __str__(self):
        ends = " ".join(endpoint_text(self[end]) for end in ("local", "remote"))
        return f"{ends} {self['state']}" + (f" (netns {self['netns']})" if self["netns"] else "")


@functools.lru_cache(maxsize=None)
def address_of(text):
    without_device = re.sub(r"%[^\]]*", "", text).strip("[]")
    return ipaddress.ip_address("::" if without_device == "*" else without_device)


def endpoint(text):
    """(address, port) of "127.0.0.1:80", "[::1]:80", "*:80", "127.0.0.1%lo:*", "[fe80::1]%eth0:22"; port 0 is "*"."""
    address, _, port = text.rpartition(":")
    return (address_of(address), 0 if port == "*" else int(port))


NOWHERE = (ipaddress.ip_address("::"), 0)


def endpoint_text(end):
    ip, port = end
    if end == NOWHERE:
        return "*:*"
    return f"[{ip}]:{port or '*'}" if ip.version == 6 else f"{ip}:{port or '*'}"


def nowhere(end):
    """A listener's remote end has as many spellings (*:*, 0.0.0.0:*, [::]:*) as there are programs."""
    ip, port = end
    return NOWHERE if ip.is_unspecified and port == 0 else end


def owners(of):
    """The set of (command, pid, fd). ss (6.1) reads a command's name up to its first parenthesis."""
    return frozenset((comm.partition(")")[0], int(pid), int(fd)) for comm, pid, fd in of)


# --- ss ------------------------------------------------------------------------------------------------------------

# A command's name may hold anything but a NUL: only the end of the list ends it.
USERS = re.compile(r'users:\((\(".*?",pid=\d+(?:,tid=\d+)?,fd=\d+\)(?:,\(".*?",pid=\d+(?:,tid=\d+)?,fd=\d+\))*)\)')
OWNER = re.compile(r'\("(.*?)",pid=(\d+)(?:,tid=\d+)?,fd=(\d+)\)')
WORDS = {
    "timer": (re.compile(r" timer:\((\w+)"), str),
    "uid": (re.compile(r" uid:(\d+)"), int),
    "inode": (re.compile(r" ino:(\d+)"), int),
    "sock": (re.compile(r" sk:([0-9a-f]+)"), lambda text: int(text, 16)),
}


def ss_socket(line):
    state, rq, sq, local, remote, *_ = line.split()
    s = Socket(SILENT, netns="", state=STATES[state], rq=int(rq), sq=int(sq),
               local=endpoint(local), remote=nowhere(endpoint(remote)))
    users = USERS.search(line)
    if users:
        s["owners"] = owners(OWNER.findall(users[1]))
        line = line.replace(users[0], "")
    for field, (pattern, value) in WORDS.items():
        found = pattern.search(line)
        if found:
            s[field] = value(found[1])
    return s


def read_ss(path):
    sockets = []
    with open(path, errors="backslashreplace") as f:
        for number, line in enumerate(f, 1):
            try:
                sockets.append(ss_socket(line))
            except (KeyError, ValueError) as why:
                raise Unreadable(f"{path}:{number}: not a line of ss -tanpeOH ({why})") from None
    return sockets


# --- lastack -------------------------------------------------------------------------------------------------------

def lastack_socket(o):
    s = Socket(SILENT, netns=str(o.get("netns", "")), state=o["state"], local=endpoint(o["local"]),
               remote=nowhere(endpoint(o["remote"])))
    s.update((field, o[field]) for field in ("rq", "sq", "uid", "inode", "timer") if field in o)
    if "sock" in o:
        s["sock"] = int(o["sock"])
    s["owners"] = owners((w["comm"], w["pid"], w["fd"]) for w in o.get("owners", ()))
    return s


def lastack_records(lines):
    """The first line is the head; of the others those that have a state are sockets."""
    for number, line in enumerate(lines):
        o = json.loads(line)
        if number == 0 and "schema" not in o:
            raise ValueError("no head with a schema")
        if number > 0 and "state" in o:
            yield lastack_socket(o)


def read_lastack(path):
    with open(path, errors="backslashreplace") as f:
        lines = f.readlines()
    if not lines:
        raise Unreadable(f"{path}: empty, not even a head")
    try:
        return list(lastack_records(lines))
    except (KeyError, TypeError, ValueError) as why:
        raise Unreadable(f"{path}: not what lastack list --json writes: {why!r}") from None


# --- comparing -----------------------------------------------------------------------------------------------------

def pairs(mine, theirs):
    """The sockets of one key side by side, the surest first: by cookie, by inode, by state; then as they come. One that
    has no partner stands beside None."""
    mine, theirs, both = list(mine), list(theirs), []
    for sign in ("sock", "inode", "state", "local"):
        for a in list(mine):
            b = next((b for b in theirs if a.get(sign) and a[sign] == b.get(sign)), None)
            if b:
                mine.remove(a)
                theirs.remove(b)
                both.append((a, b))
    return both + [(a, None) for a in mine] + [(None, b) for b in theirs]


def by_key(sockets, key):
    found = collections.defaultdict(list)
    for s in sockets:
        found[key(s)].append(s)
    return found


def said(field, value):
    if field != "owners":
        return str(value)
    return ", ".join(f"{comm}/{pid} fd {fd}" for comm, pid, fd in sorted(value)) or "nobody"


def differences(a, b, fields, names):
    """Sentences. A socket that one side does not have is one difference; otherwise each field is."""
    if a is None or b is None:
        return [f"{a or b}: only {names[0] if a else names[1]} has it"]
    return [f"{a}: {field}: {names[0]} says {said(field, a[field])}, {names[1]} says {said(field, b[field])}"
            for field in fields if field in a and field in b and a[field] != b[field]]


def compare(mine, theirs, key, fields, names):
    a, b = by_key(mine, key), by_key(theirs, key)
    found = []
    for k in list(a) + [k for k in b if k not in a]:
        for x, y in pairs(a.get(k, ()), b.get(k, ())):
            found += differences(x, y, fields, names)
    return found


# --- what is asked -------------------------------------------------------------------------------------------------

def port_ranges(text):
    ranges = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        ranges.append(range(int(low), int(high or low) + 1))
    return ranges


def without_ports(sockets, ranges):
    return [s for s in sockets if not any(s[end][1] in r for end in ("local", "remote") for r in ranges)]


def listed_by(theirs, sockets):
    """Where ss has no UNCONN at all, it is one that lists no BOUND (before 6.8); none lists CLOSED that was never bound."""
    if any(s["state"] == "CLOSED" for s in theirs):
        return sockets
    return [s for s in sockets if s["state"] not in NOT_ALWAYS_LISTED]


def beside_ss(arguments):
    all_of_mine = [s for s in read_lastack(arguments.a) if arguments.netns in (None, s["netns"])]
    theirs = read_ss(arguments.b)
    mine = listed_by(theirs, all_of_mine)
    for s in mine:
        s["netns"] = ""  # ss does not say; it is one
        s["state"] = ONE_WORD.get(s["state"], s["state"])
    return mine, theirs, len(all_of_mine) - len(mine)


def beside_lastack(arguments):
    return read_lastack(arguments.a), read_lastack(arguments.b), 0


def with_state(s):
    return (s.key(), s["state"])


def options():
    p = argparse.ArgumentParser(description="what lastack list --json and ss say of the same sockets")
    p.add_argument("a", metavar="JSON")
    p.add_argument("b", metavar="SS")
    p.add_argument("--netns", metavar="INODE")
    p.add_argument("--both-lastack", action="store_true", help="both files are lastack's")
    p.add_argument("--fields", action="store_true", help="with --both-lastack: not only which there are, also what is said of them")
    p.add_argument("--ignore-ports", metavar="PORTS", type=port_ranges, default=[])
    return p.parse_args()


def compared(arguments, mine, theirs):
    if not arguments.both_lastack:
        return compare(mine, theirs, Socket.key, FIELDS, ("lastack", "ss"))
    return compare(mine, theirs, with_state, FIELDS if arguments.fields else (), ("A", "B"))


def main():
    arguments = options()
    mine, theirs, aside = (beside_lastack if arguments.both_lastack else beside_ss)(arguments)
    mine, theirs = (without_ports(sockets, arguments.ignore_ports) for sockets in (mine, theirs))
    found = compared(arguments, mine, theirs)
    print(f"{len(theirs)} sockets, {len(found)} differences")
    for sentence in found[:SHOWN]:
        print(sentence)
    if aside:
        print(f"not compared: {aside} CLOSED or BOUND, which this ss does not list")
    return 1 if found else 0


try:
    sys.exit(main())
except (Unreadable, OSError) as why:
    print(f"same_as_ss.py: {why}", file=sys.stderr)
    sys.exit(3)
