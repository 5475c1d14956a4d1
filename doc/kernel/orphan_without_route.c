/* SPDX-License-Identifier: MIT
 * An orphan whose device is gone ends when its RTO has come to its cap, however many retries it may have
 * (net/ipv4/tcp_timer.c tcp_orphan_retries(): a soft error, and no longer "alive"). That is why the lab sets
 * tcp_rto_max_ms (src/lab/baseline.def): what is killed in one blow does not stay for hours. */
#include "fact.h"
#include "lab/sysctl.h"

#include <time.h>

int main(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	int fd;

	fact_open();
	host_enter(&hosts[CLIENT]);
	if (sysctl_write("net.ipv4.tcp_rto_max_ms", "1000") < 0)
		return tap_skip_all("this kernel has no tcp_rto_max_ms (Linux 6.15)");
	sysctl_write("net.ipv4.tcp_orphan_retries", "255");
	fact_listen(7777, 5);
	fd = fact_socket(CLIENT);
	fact_connect(fd, 7777);
	fact_settle();
	close(fd); /* its FIN stays in the device */
	ok(fact_find(CLIENT, TCP_FIN_WAIT1) != NULL, "after close() the socket lives on in FIN_WAIT1");
	fd_close(&hosts[CLIENT].device);
	/* 0.2 + 0.4 + 0.8 + 1 s; with the default cap some 6 minutes. */
	for (int i = 0; i < 1500 && fact_find(CLIENT, TCP_FIN_WAIT1); i++)
		nanosleep(&moment, NULL);
	ok(fact_find(CLIENT, TCP_FIN_WAIT1) == NULL, "without its device it ends when its RTO has come to the cap");
	return tap_done();
}
