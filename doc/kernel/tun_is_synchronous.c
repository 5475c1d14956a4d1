/* SPDX-License-Identifier: MIT
 * A packet written to a TUN has been through the receiver's TCP when write() returns: its answer can be read.
 * The wire (src/lab/wire.h) takes an empty device for a quiet wire because of this. */
#include "fact.h"

int main(void)
{
	int fd, rounds = 200, late = 0;

	fact_open_tun();
	fact_listen(7777, 300);
	for (int i = 0; i < rounds; i++) {
		fd = fact_socket(CLIENT);
		fact_connect(fd, 7777);
		late += !fact_readable(CLIENT);
		fact_carry(CLIENT);
		late += !fact_readable(SERVER);
		fact_carry(SERVER);
		late += !fact_readable(CLIENT);
		fact_carry(CLIENT);
		close(fd);
		fact_settle();
	}
	ok(late == 0, "%d handshakes: each answer was there at once (%d were not)", rounds, late);
	return tap_done();
}
