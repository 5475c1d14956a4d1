/* SPDX-License-Identifier: MIT
 * A namespace made under one with tcp_child_ehash_entries has a hash table of its own (Linux 6.1), so that one look
 * costs a walk of 1024 buckets. net.ipv4.tcp_ehash_entries tells: positive for an own table, negative for the machine's
 * (src/lab/host.c). */
#include "fact.h"

int main(void)
{
	struct buf b = { 0 };

	fact_open();
	if (!hosts[SERVER].own_hash)
		return tap_skip_all("this kernel has no tcp_child_ehash_entries");
	host_enter(&hosts[SERVER]);
	ok(file_read("/proc/sys/net/ipv4/tcp_ehash_entries", &b, 64) == 0, "the sysctl can be read");
	same_text(buf_text(&b), "1024\n", "the server has a table of its own");
	buf_free(&b);
	return tap_done();
}
