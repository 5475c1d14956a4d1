#!/bin/sh
# SPDX-License-Identifier: MIT
# Errors say what they come from: who holds the address, which RST came, what was not answered; of actors and of programs.
. "$(dirname "$0")/lib.sh"
need_lab

# A text wraps where there is a blank: words are looked for in one line.
flat() { printf '%s\n' "$out" | sed -E 's/^ *[0-9.]+ [mnu]?s +//' | tr -s ' \n' ' '; }

cat >"$WORK/why.lab" <<'END'
title "Why"
sysctl client net.ipv4.ip_local_port_range "40000 40001"
server listen 7777
server2 listen 7777
server2 listen 7777 reuseaddr
client connect 7777
client2 connect 7777
client3 connect 7777
client4 connect 81
server accept
client shutdown
client send "x"
client close
server send "hello"
server send "hello"
server close
client5 bind 1111
client6 bind 1111
client5 connect 82
END
run lab "$WORK/why.lab"
all=$(flat)
has "$all" "(Address already in use) from bind() why: 0.0.0.0:7777 is held by the listener of server server2:" "EADDRINUSE: by which listener"
has "$all" "held by the listener of server: SO_REUSEADDR does not help against a listener" "and what does not help"
has "$all" "held by a bound socket of client5, and this socket has no SO_REUSEADDR" "by which bound socket, and what would help"
has "$all" "why: all 2 local ports (ip_local_port_range 40000 to 40001) are taken towards 10.0.0.2:7777" "EADDRNOTAVAIL: no port is left"
has "$all" "why: the RST #8: nobody listens on 10.0.0.2:81" "ECONNREFUSED: by which RST, and why that came"
has "$all" "why: it has sent its FIN and is in FIN_WAIT2: nothing may follow" "EPIPE after its own FIN"
has "$all" "send(4, \"hello\", 5) = -1 EPIPE (Broken pipe) why: the RST #12 had ended the connection" "EPIPE after a RST"
has "$all" "accept(3) = 4 (client) accepted" "who was accepted is told by both ends: client4 had the same port"

cat >"$WORK/late.lab" <<'END'
title "Nobody answers"
server listen 7777
client set syncnt 1
drop server SYN+ACK
client connect 7777
expect client connect ETIMEDOUT within 10s
heal
client2 connect 7777
server accept
inject client RST port 7777
server recv
END
run lab "$WORK/late.lab"
all=$(flat)
has "$all" "why: 2 packets, from #1 on, and no answer came" "ETIMEDOUT: what was sent, and not answered"
has "$all" "-1 ECONNRESET (Connection reset by peer) why: the RST #" "ECONNRESET: by which RST"
run lab --json "$WORK/late.lab"
has "$out" '"failed":true,"why":"the RST #' "JSON tells it, too"
fits_schema event "as the schema says"

cat >"$WORK/again.lab" <<'END'
title "The port of a connection that closes"
server listen 7777
client connect 7777
server accept
server close listener
server close
client close
server2 listen 7777
server2 listen 7777 reuseaddr
END
run lab "$WORK/again.lab"
has "$(flat)" "why: 10.0.0.2:7777 is held by a connection in TIME_WAIT of server, and this socket has no SO_REUSEADDR" \
	"EADDRINUSE: by a connection that closes"

cat >"$WORK/errors.py" <<'END'
import socket
def call(f, *a):
    try:
        f(*a)
    except OSError:
        pass
s = socket.socket()
call(s.recv, 1)
call(s.accept)
l = socket.create_server(("127.0.0.1", 7001))
c = socket.create_connection(("127.0.0.1", 7001))
call(c.connect, ("127.0.0.1", 7001))
b = socket.socket()
b.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
call(b.bind, ("127.0.0.1", 7001))
call(b.connect, ("127.0.0.1", 7002))
fd = b.fileno()
b.close()
call(socket.socket, -1, -1, -1, fd)
END
run step --auto python3 "$WORK/errors.py"
all=$(flat)
has "$all" "why: its socket has no connection" "of a program: ENOTCONN"
has "$all" "why: its socket does not listen" "EINVAL of accept()"
has "$all" "why: its socket is connected to 127.0.0.1:7001, in ESTABLISHED" "EISCONN"
has "$all" "SO_REUSEADDR does not help against a listener" "EADDRINUSE, with the option as it is on its socket"
has "$all" "nobody listens on 127.0.0.1:7002" "ECONNREFUSED"
has "$all" "why: program closed descriptor 6 at " "EBADF: who closed it before"
done_testing
