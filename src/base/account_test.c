/* SPDX-License-Identifier: MIT
 * Users and services that every machine has, and none. */
#include "base/account.h"
#include "base/tap.h"

int main(void)
{
	uint32_t uid = 7;
	uint16_t port = 7;
	const char *root = account_name(0);

	if (root) {
		same_text(root, "root", "user 0");
		ok(account_number("root", &uid) && uid == 0, "and back");
	} else {
		ok(true, "users # SKIP there is no /etc/passwd here");
	}
	uid = 7;
	ok(!account_number("no such user", &uid) && uid == 7, "no such user");
	ok(!account_name(4294967294U), "no such number");
	ok(service_port("http", &port) && port == 80, "a service");
	ok(service_port("memcached", &port) && port == 11211, "one that not every /etc/services has");
	ok(!service_port("no-such-service", &port) && port == 11211, "none");
	return tap_done();
}
