/* SPDX-License-Identifier: MIT
 * The table of socket options, from sockopt.def. */
#ifndef LAB_SOCKOPT_H
#define LAB_SOCKOPT_H

#include <stddef.h>

enum sockopt_kind { SOCKOPT_INT, SOCKOPT_LINGER };

struct sockopt {
	const char *name;
	const char *constant; /* "TCP_NODELAY" */
	int level, option;
	enum sockopt_kind kind;
	const char *meaning;
};

extern const struct sockopt sockopts[];
extern const size_t sockopts_n;

/* By name (or constant, any case); its row, or -1. */
int sockopt_find(const char *name);

/* setsockopt() as the row says. 0 or -1 with errno. */
int sockopt_set(int fd, int row, int value);

#endif
