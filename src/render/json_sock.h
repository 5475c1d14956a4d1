/* SPDX-License-Identifier: MIT
 * A socket in JSON, as doc/schema/sock.schema.json describes it. */
#ifndef RENDER_JSON_SOCK_H
#define RENDER_JSON_SOCK_H

#include "base/json.h"
#include "model/evidence.h"

/* "10.0.0.1:80" */
void json_endpoint(struct json *j, const char *key, const struct endpoint *e);

/* Adds the members of a socket to an object that is open: of what was gathered (WANT_…), and nothing of the rest.
 * Owners are not in it. */
void json_sock(struct json *j, const struct sock *s, unsigned want);

/* "owners", and "no_owner" where there are none. */
void json_owners(struct json *j, const struct evidence *ev, const struct sock *s);

/* "rtt_us", … of tcp_info; nothing of a socket that has none. */
void json_info(struct json *j, const struct sock_info *info);

#endif
