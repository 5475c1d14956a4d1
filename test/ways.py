# SPDX-License-Identifier: MIT
# ways.py write FILE: a pcapng in which each way to wrap a packet has a conversation of its own, between clocks and byte orders.
# ways.py compare LASTACK FILE <TSHARK: each packet as lastack and as tshark (the fields of ways.py fields) read it.
import json
import struct
import subprocess
import sys

FIELDS = ("frame.number tcp.srcport tcp.dstport tcp.seq tcp.ack tcp.window_size_value tcp.len tcp.flags "
          "tcp.checksum.status frame.time_epoch").split()
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
V4 = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
V6 = bytes.fromhex("fd" + 29 * "0" + "1"), bytes.fromhex("fd" + 29 * "0" + "2")
MACS = bytes.fromhex("020000000002020000000001")


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(ends, ports, seq, ack, flags, options=b"", data=b"", wrong=0):
    head = struct.pack(">HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (20 + len(options)) << 2, flags, 1000 + len(data), 0, 0)
    tcp = head + options + data
    total = checksum(ends[0] + ends[1] + struct.pack(">II", len(tcp), 6) + tcp) ^ wrong
    return tcp[:16] + struct.pack(">H", total) + tcp[18:]


def ip(ends, protocol, data, extensions=b""):
    if len(ends[0]) == 16:
        return struct.pack(">IHBB", 6 << 28, len(extensions) + len(data), protocol, 64) + ends[0] + ends[1] + extensions + data
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 7, 0, 64, protocol, 0) + ends[0] + ends[1]
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + data


def conversation(ends, port):
    """(from the client, segment): opening with options, data both ways, a damaged segment, a close; the numbers wrap."""
    back, there, here, sack = ends[::-1], 0xFFFFFFF0, 77, bytes.fromhex("0101050a00000001000000c8")
    yield True, segment(ends, (port, 80), there, 0, SYN, bytes.fromhex("020405b40402080a000000070000000001030307"))
    yield False, segment(back, (80, port), here, there + 1, SYN | ACK, bytes.fromhex("0204021801030309"))
    yield True, segment(ends, (port, 80), there + 1, here + 1, ACK)
    yield True, segment(ends, (port, 80), there + 1, here + 1, ACK | PSH, data=b"x" * 100)
    yield True, segment(ends, (port, 80), there + 101, here + 1, ACK, data=b"odd", wrong=1)
    yield False, segment(back, (80, port), here + 1, there + 101, ACK, sack)
    yield False, segment(back, (80, port), here + 1, there + 101, ACK | PSH | FIN, data=b"bye")
    yield True, segment(ends, (port, 80), there + 101, here + 5, ACK | FIN | 0xC0)
    yield False, segment(back, (80, port), here + 5, there + 102, RST)


def ether(kind, data):
    return MACS + struct.pack(">H", kind) + data


def udp(port, data):
    return ip(V4, 17, struct.pack(">HHHH", 40000, port, 8 + len(data), 0) + data)


def of(x, four, six):
    return four if x[0] >> 4 == 4 else six


# A way: the link type, and a function from the inner IP packet to the frame. Of two neighbours the second is in a big-endian section.
WAYS = {
    "Ethernet": (1, lambda x: ether(of(x, 0x800, 0x86DD), x)),
    "Ethernet, padded": (1, lambda x: ether(of(x, 0x800, 0x86DD), x) + bytes(9)),
    "netfilter log": (239, lambda x: of(x, b"\2", b"\x0a") + bytes(3) + struct.pack("<HHI", 8, 1, 8) + struct.pack("<HH", 4 + len(x), 9) + x),
    "netfilter log, big-endian": (239, lambda x: of(x, b"\2", b"\x0a") + bytes(3) + struct.pack(">HHI", 8, 1, 8 << 24) + struct.pack(">HH", 4 + len(x), 9) + x),
    "SNAP": (1, lambda x: ether(len(x) + 8, b"\xaa\xaa\x03\0\0\0" + of(x, b"\x08\0", b"\x86\xdd") + x)),
    "VLAN": (1, lambda x: ether(0x8100, struct.pack(">HH", 0x6005, of(x, 0x800, 0x86DD)) + x)),
    "QinQ": (1, lambda x: ether(0x88A8, struct.pack(">HHHH", 5, 0x8100, 6, of(x, 0x800, 0x86DD)) + x)),
    "MPLS": (1, lambda x: ether(0x8847, bytes.fromhex("0001004000020140") + x)),
    "PPPoE": (1, lambda x: ether(0x8864, struct.pack(">HHHH", 0x1100, 7, len(x) + 2, of(x, 0x21, 0x57)) + x)),
    "PPP": (9, lambda x: b"\xff\x03" + of(x, b"\0\x21", b"\0\x57") + x),
    "BSD loopback": (0, lambda x: struct.pack("<I", of(x, 2, 30)) + x),
    "OpenBSD loopback": (108, lambda x: struct.pack(">I", of(x, 2, 24)) + x),
    "raw": (101, lambda x: x),
    "cooked": (113, lambda x: bytes(14) + of(x, b"\x08\0", b"\x86\xdd") + x),
    "cooked v2": (276, lambda x: of(x, b"\x08\0", b"\x86\xdd") + bytes(18) + x),
    "in IPv4": (101, lambda x: ip(V4, of(x, 4, 41), x)),
    "in IPv6": (101, lambda x: ip(V6, of(x, 4, 41), x)),
    "in IPv6 with its limit": (101, lambda x: ip(V6, 60, x, of(x, b"\x04", b"\x29") + bytes.fromhex("00040104010100"))),
    "GRE": (1, lambda x: ether(0x800, ip(V4, 47, struct.pack(">HH", 0, of(x, 0x800, 0x86DD)) + x))),
    "GRE with key and sequence": (1, lambda x: ether(0x800, ip(V4, 47, struct.pack(">HHII", 0x3000, of(x, 0x800, 0x86DD), 42, 1) + x))),
    "GRE, Ethernet": (1, lambda x: ether(0x800, ip(V4, 47, struct.pack(">HHI", 0x2000, 0x6558, 42) + ether(of(x, 0x800, 0x86DD), x)))),
    "VXLAN": (1, lambda x: ether(0x800, udp(4789, struct.pack(">II", 8 << 24, 42 << 8) + ether(of(x, 0x800, 0x86DD), x)))),
    "GENEVE": (1, lambda x: ether(0x800, udp(6081, struct.pack(">BBHIII", 2, 0, 0x6558, 42 << 8, 0x01020001, 0) + ether(of(x, 0x800, 0x86DD), x)))),
    "GTP-U": (1, lambda x: ether(0x800, udp(2152, struct.pack(">BBHI", 0x30, 255, len(x), 7) + x))),
    "GTP-U, extended": (1, lambda x: ether(0x800, udp(2152, struct.pack(">BBHIHBBI", 0x34, 255, len(x) + 8, 7, 0, 0, 0x85, 0x01100100) + x))),
}
CLOCKS = [(6, 10**6), (9, 10**9), (0x80 | 20, 2**20), (3, 10**3)]  # if_tsresol, ticks a second


def block(order, kind, body):
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def write(path):
    ms = 1_700_000_000_000
    with open(path, "wb") as out:
        for n, (link, wrap) in enumerate(WAYS.values()):
            order, (resolution, ticks) = "<>"[n % 2], CLOCKS[n % len(CLOCKS)]
            options = option(order, 9, bytes([resolution])) + option(order, 14, struct.pack(order + "q", 100)) + bytes(4)
            out.write(block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)))
            out.write(block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options))
            for port, ends in ((1000 + n, V4), (2000 + n, V6)):
                for client, tcp in conversation(ends, port):
                    ms += 8
                    frame = wrap(ip(ends if client else ends[::-1], 6, tcp))
                    at = (ms - 100_000) * ticks // 1000
                    head = struct.pack(order + "IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(frame), len(frame))
                    comment = option(order, 1, b"a comment") + bytes(4) if n % 3 == 0 else b""
                    out.write(block(order, 6, head + frame + bytes(-len(frame) % 4) + comment))
                    out.write(block(order, 5, struct.pack(order + "III", 0, at >> 32, at & 0xFFFFFFFF)))


def of_tshark(line):
    number, source, to, seq, ack, window, length, flags, good, time = line.rstrip("\n").split("\t")
    seconds, _, ns = time.partition(".")
    return int(number), (int(source), int(to), int(seq), int(ack) if int(flags, 16) & ACK else 0, int(window), int(length), int(flags, 16), good == "1",
                         int(seconds) * 10**9 + int(ns.ljust(9, "0")))


def of_lastack(e, wall):
    flags = sum(BITS[f] for f in e["flags"].split("+"))
    ports = (int(e[x].rpartition(":")[2]) for x in ("from", "to"))
    return (*ports, e["seq"], e["ack"], e["win"], e["len"], flags, e["checksum_ok"], wall + e["ts"])


def compare(lastack, path):
    theirs, mine = dict(of_tshark(line) for line in sys.stdin), {}
    for conn in range(1, 2 * len(WAYS) + 1):
        said = subprocess.run([lastack, "explain", "--json", "--conn", str(conn), path], capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in said.stdout.splitlines()]
        if not lines:
            return f"connection {conn} of {2 * len(WAYS)}: {said.stderr}"
        mine.update((e["number"], of_lastack(e, lines[0]["wall_ns"])) for e in lines if e.get("event") == "packet")
    for number in sorted({*mine, *theirs}):
        if mine.get(number) != theirs.get(number):
            way = list(WAYS)[(number - 1) // 18]
            return f"packet {number} ({way}), source destination seq ack win len flags sum time: lastack {mine.get(number)}, tshark {theirs.get(number)}"
    return f"{len(mine)} packets in {len(WAYS)} ways alike"


if sys.argv[1] == "write":
    write(sys.argv[2])
elif sys.argv[1] == "fields":
    print(" ".join(f"-e {field}" for field in FIELDS))
else:
    print(compare(*sys.argv[2:]))
