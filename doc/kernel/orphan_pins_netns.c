/* SPDX-License-Identifier: MIT
 * A closed connection whose FIN is not acknowledged stays as an orphan without any process; SOCK_DESTROY ends it. That
 * is why the lab has a reaper (src/lab/reaper.h). */
#include "fact.h"

int main(void)
{
	const struct sock *orphan;
	int fd;

	fact_open();
	fact_listen(7777, 5);
	fd = fact_socket(CLIENT);
	fact_connect(fd, 7777);
	fact_settle();
	close(fd); /* its FIN stays in the device */
	orphan = fact_find(CLIENT, TCP_FIN_WAIT1);
	ok(orphan != NULL, "after close() the socket lives on in FIN_WAIT1");
	ok(orphan && orphan->inode == 0, "and belongs to nobody");
	diag_destroy_all(hosts[CLIENT].diag);
	if (diag_spares_orphans())
		tap_skip("before Linux 6.11 SOCK_DESTROY would take its FIN from it and leave it there");
	else
		ok(fact_find(CLIENT, TCP_FIN_WAIT1) == NULL, "SOCK_DESTROY ends it");
	return tap_done();
}
