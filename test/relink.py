# SPDX-License-Identifier: MIT
# relink.py FILE.pcapng DIR: writes what one interface of a lab's capture saw in every format and link layer that lastack reads.
import struct
import sys


def packets(path):
    """(ns, IP packet) of the first interface."""
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            interface, high, low, n = struct.unpack_from("<IIII", data, at + 8)
            if interface == 0:
                yield high << 32 | low, data[at + 28:at + 28 + n]
        at += length


MAC = bytes(6) + bytes.fromhex("020000000001")
ETHERNET = MAC + b"\x08\x00"
LINKS = {
    "raw": (101, b""),
    "raw4": (228, b""),
    "ethernet": (1, ETHERNET),
    "vlan": (1, MAC + b"\x81\x00\x00\x07\x08\x00"),
    "qinq": (1, MAC + b"\x88\xa8\x00\x07\x81\x00\x00\x08\x08\x00"),
    "mpls": (1, MAC + b"\x88\x47\x00\x00\x71\x40"),
    "pppoe": (1, MAC + b"\x88\x64\x11\x00\x00\x07\x00\x00\x00\x21"),
    "snap": (1, MAC + b"\x00\x50\xaa\xaa\x03\x00\x00\x00\x08\x00"),
    "null": (0, b"\x02\x00\x00\x00"),
    "sll": (113, bytes(14) + b"\x08\x00"),
    "sll2": (276, b"\x08\x00" + bytes(18)),
    "vxlan": (1, None),
}


def in_vxlan(ip):
    inner = ETHERNET + ip
    udp = struct.pack(">HHHH", 40000, 4789, 16 + len(inner), 0) + b"\x08\x00\x00\x00\x00\x00\x07\x00" + inner
    outer = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x0a\x09\x00\x01", b"\x0a\x09\x00\x02")
    return ETHERNET + outer + udp


def framed(link, ip):
    number, header = LINKS[link]
    return number, in_vxlan(ip) if header is None else header + ip


def pcap(path, link, seen, order="<", magic=0xA1B2C3D4, unit=1000, snap=262144):
    with open(path, "wb") as out:
        out.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, LINKS[link][0]))
        for ns, ip in seen:
            frame = framed(link, ip)[1]
            part = frame[:snap]
            out.write(struct.pack(order + "IIII", ns // 10**9, ns % 10**9 // unit, len(part), len(frame)))
            if magic == 0xA1B2CD34:
                out.write(bytes(8))
            out.write(part)


def block(order, kind, body):
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def pcapng(path, seen, order):
    """Two sections; times in 2^-20 s; an unknown block in between."""
    with open(path, "wb") as out:
        for half in (seen[: len(seen) // 2], seen[len(seen) // 2:]):
            out.write(block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)))
            resolution = struct.pack(order + "HHB3x", 9, 1, 0x80 | 20) + struct.pack(order + "HH", 0, 0)
            out.write(block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + resolution))
            out.write(block(order, 0x0BAD, b"????"))
            for ns, ip in half:
                frame = framed("ethernet", ip)[1]
                ticks = -(-ns * 2**20 // 10**9)
                body = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
                out.write(block(order, 6, body + frame + bytes(-len(frame) % 4)))


def main():
    source, where = sys.argv[1:]
    seen = list(packets(source))
    for link in LINKS:
        pcap(f"{where}/{link}.cap", link, seen)
    pcap(f"{where}/nanoseconds.cap", "raw", seen, magic=0xA1B23C4D, unit=1)
    pcap(f"{where}/big-endian.cap", "ethernet", seen, order=">")
    pcap(f"{where}/long-records.cap", "raw", seen, magic=0xA1B2CD34)
    pcap(f"{where}/cut.cap", "ethernet", seen, snap=68)
    pcapng(f"{where}/little.cap", seen, "<")
    pcapng(f"{where}/big.cap", seen, ">")


main()
