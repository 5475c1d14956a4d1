# SPDX-License-Identifier: MIT
# Sockets that programs which list them get wrong, held until stdin ends; a line of each as it must be listed:
#   LOCAL REMOTE STATE PID:FD[,PID:FD…]
# MPTCP, whose subflows are TCP's and have no descriptor of their own; a socket that is bound alone, with a copy of its
# descriptor; one that two processes hold; two at one address (SO_REUSEPORT); a thread that has its own table.
import ctypes
import os
import socket
import sys
import threading

IPPROTO_MPTCP, CLONE_FILES = 262, 0x400
kept, lines = [], []


def end(address):
    host, port = address[:2]
    return f"[{host}]:{port or '*'}" if ":" in host else f"{host}:{port or '*'}"


def tell(s, state, owners, remote=None):
    kept.append(s)
    names = ",".join(f"{pid}:{fd}" for pid, fd in sorted(owners))
    lines.append(f"{end(s.getsockname())} {end(remote or ('0.0.0.0', 0))} {state} {names}")


def mine(*fds):
    return [(os.getpid(), fd) for fd in fds]


def mptcp():
    try:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError:
        return
    server.bind(("127.0.0.1", 9101))
    server.listen()
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    client.connect(("127.0.0.1", 9101))
    accepted, _ = server.accept()
    tell(server, "LISTEN", mine(server.fileno()))
    for s in (client, accepted):
        tell(s, "ESTABLISHED", mine(s.fileno()), s.getpeername())


def bound_alone():
    s = socket.socket()
    s.bind(("127.0.0.1", 9102))
    tell(s, "BOUND", mine(s.fileno(), os.dup(s.fileno())))


def two_processes():
    s = socket.create_server(("127.0.0.1", 9103))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    kept.append((child, write))
    tell(s, "LISTEN", [(os.getpid(), s.fileno()), (child, s.fileno())])


def two_at_one_address():
    for _ in range(2):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(("127.0.0.1", 9104))
        s.listen()
        tell(s, "LISTEN", mine(s.fileno()))


def thread_with_a_table():
    ready = threading.Event()

    def own():
        ctypes.CDLL(None, use_errno=True).unshare(CLONE_FILES)
        s = socket.create_server(("127.0.0.1", 9105))
        tell(s, "LISTEN", mine(s.fileno()))
        ready.set()
        threading.Event().wait()

    threading.Thread(target=own, daemon=True).start()
    ready.wait()


for make in (thread_with_a_table, two_processes, mptcp, bound_alone, two_at_one_address):
    make()
print("\n".join(lines), flush=True)
print("ready", flush=True)
sys.stdin.read()
