/* SPDX-License-Identifier: MIT
 * Addresses with a port in a text that was pasted, and who listens there on this machine. */
#ifndef WORDS_ADDRESS_H
#define WORDS_ADDRESS_H

#include "base/addr.h"

/* Up to `max` places with a port that are in the text, as programs write them: 127.0.0.1:80, [::1]:80, ::1:80 (Node),
 * localhost:80 and localhost/127.0.0.1:80 (Java), "127.0.0.1", port 80 (libpq), 127.0.0.1 port 80 (curl), ('127.0.0.1',
 * 80) (Python), host='localhost', port=80 (requests), A->B (Go: B). localhost is two places, one of each family. How
 * many. */
size_t addresses_in(const char *text, struct endpoint *all, size_t max);

/* "here now    nothing listens on [::1]:3306; mysqld[77] listens on 127.0.0.1:3306": of each place that is this
 * machine's, who listens there, or who on the same port of another address; of others that they are elsewhere. In this
 * network namespace. Nothing where the text has no address. */
void addresses_say(const char *text);

#endif
