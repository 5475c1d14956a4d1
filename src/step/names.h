/* SPDX-License-Identifier: MIT
 * Constants of the socket interface by their names. Internal to step/. */
#ifndef STEP_NAMES_H
#define STEP_NAMES_H

#include "base/buf.h"

#include <stdint.h>

struct name {
	uint64_t value;
	const char *name;
};

/* Tables; each ends with a row whose name is NULL. */
extern const struct name names_domain[], names_type[], names_type_flags[], names_protocol[], names_message_flags[],
	names_how[], names_level[], names_open_flags[], names_so[], names_tcp[], names_ip[], names_ipv6[];

/* The name, or the number with `unknown` ("SOL_???") as strace writes it. */
void name_text(struct buf *out, const struct name *table, uint64_t value, const char *unknown);

/* "MSG_PEEK|MSG_DONTWAIT"; 0 is "0". What has no name stands as a number. */
void flags_text(struct buf *out, const struct name *table, uint64_t flags);

#endif
