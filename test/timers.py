# SPDX-License-Identifier: MIT
# A connection for each timer that a TCP socket may have, held until stdin ends. A line of each:
#   WORD PORT        the socket's own port; WORD as ss and lastack call the timer
# TIME_WAIT lasts a minute only: each line on stdin makes one more, which is told likewise.
import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
kept = []


def pair(window=None):
    """(client, server): a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if window:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    kept.extend((client, server))
    return client, server


def deaf(s):
    """Nothing that comes for it is let in, so nothing is acknowledged: a classic filter of one instruction, return 0."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))


def keepalive():
    client, _ = pair()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return client


def on():
    client, server = pair()
    deaf(server)
    client.send(b"x")
    return client


def persist():
    client, _ = pair(window=4096)
    client.setblocking(False)
    try:
        while True:
            client.send(b"x" * 4096)
    except BlockingIOError:
        return client


def timewait():
    client, server = pair()
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    server.close()
    while client.recv(1):
        pass
    return client


def tell(make):
    s = make()
    port = s.getsockname()[1]
    if make is timewait:
        s.close()
    print(make.__name__, port, flush=True)


for make in (keepalive, on, persist):
    tell(make)
for _ in sys.stdin:
    tell(timewait)
