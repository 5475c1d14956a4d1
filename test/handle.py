# SPDX-License-Identifier: MIT
"""Exits 0 if this kernel opens by a handle a network namespace that nothing keeps but a closed connection: name_to_handle_at(2),
nsfs. Linux 6.18 does; 7.2 answers ESTALE, for no process is in it."""
import ctypes
import fcntl
import os
import socket
import struct
import sys

AT_EMPTY_PATH, CLONE_NEWNET = 0x1000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
libc = ctypes.CDLL(None, use_errno=True)


def loopback(flags):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def leave_an_orphan():
    """A connection whose FIN cannot be sent. It is given up at the next turn of its timer but one."""
    loopback(IFF_UP)
    with open("/proc/sys/net/ipv4/tcp_orphan_retries", "w") as f:
        f.write("1")
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    loopback(0)
    server.close()
    client.close()


def handle_of(ns):
    handle = ctypes.create_string_buffer(8 + 128)
    ctypes.c_uint.from_buffer(handle).value = 128
    mount = ctypes.c_int()
    return None if libc.name_to_handle_at(ns, b"", handle, ctypes.byref(mount), AT_EMPTY_PATH) < 0 else handle


def child(go, tell):
    made = libc.unshare(CLONE_NEWNET) == 0
    if made:
        leave_an_orphan()
    os.write(tell, b"+" if made else b"-")
    os.read(go, 1)
    os._exit(0)


go, told = os.pipe(), os.pipe()
pid = os.fork()
if pid == 0:
    os.close(go[1])
    child(go[0], told[1])
os.close(told[1])
made = os.read(told[0], 1) == b"+"
theirs = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY) if made else -1
handle = handle_of(theirs) if made else None
if made:
    os.close(theirs)
os.close(go[1])
os.waitpid(pid, 0)
own = os.open("/proc/self/ns/net", os.O_RDONLY)
sys.exit(not handle or libc.open_by_handle_at(own, handle, os.O_RDONLY) < 0)
