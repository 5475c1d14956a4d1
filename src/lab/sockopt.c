/* SPDX-License-Identifier: MIT
 * Socket options by name. */
#include "lab/sockopt.h"
#include "base/util.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

const struct sockopt sockopts[] = {
#define SOCKOPT(name, level, option, kind, meaning) { #name, #option, level, option, SOCKOPT_##kind, meaning },
#include "lab/sockopt.def"
#undef SOCKOPT
};
const size_t sockopts_n = ARRAY_SIZE(sockopts);

int sockopt_find(const char *name)
{
	for (size_t i = 0; i < sockopts_n; i++)
		if (!strcasecmp(name, sockopts[i].name) || !strcasecmp(name, sockopts[i].constant))
			return (int)i;
	return -1;
}

int sockopt_set(int fd, int row, int value)
{
	const struct sockopt *o = &sockopts[row];
	struct linger linger = { .l_onoff = value >= 0, .l_linger = value };

	if (o->kind == SOCKOPT_LINGER)
		return setsockopt(fd, o->level, o->option, &linger, sizeof linger);
	return setsockopt(fd, o->level, o->option, &value, sizeof value);
}
