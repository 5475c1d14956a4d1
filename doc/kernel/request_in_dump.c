/* SPDX-License-Identifier: MIT
 * A half-open connection is in sock_diag's dump, as SYN_RECV, without INET_DIAG_SHUTDOWN and without inode: that is how
 * a request socket is told from the full SYN_RECV socket of a simultaneous open (src/source/diag.c). */
#include "fact.h"

int main(void)
{
	const struct sock *s;
	int fd;

	fact_open();
	fact_listen(7777, 5);
	fd = fact_socket(CLIENT);
	fact_connect(fd, 7777);
	fact_carry(CLIENT); /* the SYN; its answer stays in the device */
	s = fact_find(SERVER, TCP_NEW_SYN_RECV);
	ok(s != NULL, "a request socket is in the dump");
	ok(s && s->is_mini && s->inode == 0, "without INET_DIAG_SHUTDOWN and without inode");
	s = fact_find(SERVER, TCP_LISTEN);
	ok(s && s->rq == 0 && s->half_open == 1, "it does not count in the listener's Recv-Q");
	return tap_done();
}
