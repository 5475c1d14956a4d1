/* SPDX-License-Identifier: MIT
 * The cookie of a connection's end is one number from request socket to child, and from the socket to its FIN_WAIT2 and
 * TIME_WAIT minisockets; it is what SO_COOKIE says. lastack's identity of an end rests on it (src/model/sock.h). */
#include "fact.h"

int main(void)
{
	uint64_t request = 0, cookie = 0;
	socklen_t len = sizeof cookie;
	const struct sock *s;
	int listener, fd, child;

	fact_open();
	listener = fact_listen(7777, 5);
	fd = fact_socket(CLIENT);
	fact_connect(fd, 7777);
	fact_carry(CLIENT);
	s = fact_find(SERVER, TCP_NEW_SYN_RECV);
	request = s ? s->key.cookie : 0;
	fact_settle();
	s = fact_find(SERVER, TCP_ESTABLISHED);
	ok(request && s && s->key.cookie == request, "request socket and child have one cookie");
	host_enter(&hosts[SERVER]);
	child = accept(listener, NULL, NULL);
	getsockopt(child, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	ok(cookie == request, "SO_COOKIE says the same");
	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	close(fd);
	fact_settle();
	s = fact_find(CLIENT, TCP_FIN_WAIT2);
	ok(s && s->key.cookie == cookie, "the FIN_WAIT2 minisocket keeps it");
	close(child);
	fact_settle();
	s = fact_find(CLIENT, TCP_TIME_WAIT);
	ok(s && s->key.cookie == cookie, "and TIME_WAIT too");
	return tap_done();
}
