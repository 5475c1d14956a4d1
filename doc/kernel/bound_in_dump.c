/* SPDX-License-Identifier: MIT
 * Since Linux 6.8 a socket that is bound and neither listens nor connects is in the dump when state bit 13 is asked
 * for. On an older kernel BOUND cannot be seen, and `expect … BOUND` fails there. */
#include "fact.h"

#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct endpoint at = { { AF_INET, { 0 } }, 1111 };
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&at, &ss);
	unsigned major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	if (sscanf(u.release, "%u.%u", &major, &minor) == 2 && (major < 6 || (major == 6 && minor < 8)))
		return tap_skip_all("this kernel is older than 6.8");
	fact_open();
	ok(bind(fact_socket(CLIENT), (struct sockaddr *)&ss, len) == 0, "bind() to a port");
	ok(fact_find(CLIENT, TCP_BOUND) != NULL, "a bound socket is in the dump");
	return tap_done();
}
