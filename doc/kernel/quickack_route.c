/* SPDX-License-Identifier: MIT
 * With the route attribute quickack, the ACK of data and of a FIN is sent within the delivery; the lab's lockstep needs
 * no waiting for delayed ACKs (src/lab/netconf.h). */
#include "fact.h"

int main(void)
{
	int fd, late = 0;

	fact_open_tun();
	fact_listen(7777, 5);
	fd = fact_socket(CLIENT);
	fact_connect(fd, 7777);
	fact_settle();
	for (int i = 0; i < 20; i++) {
		if (write(fd, "x", 1) != 1)
			return 1;
		fact_carry(CLIENT);
		late += !fact_readable(SERVER);
		fact_settle();
	}
	ok(late == 0, "20 segments, each acknowledged at once (%d were not)", late);
	close(fd);
	fact_carry(CLIENT);
	ok(fact_readable(SERVER), "the FIN too");
	return tap_done();
}
