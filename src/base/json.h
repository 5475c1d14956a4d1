/* SPDX-License-Identifier: MIT
 * A streaming JSON writer (RFC 8259): text goes into a buffer as it is said, nothing is built. The caller opens and
 * closes objects in pairs; commas are put by the writer.
 *
 * Whatever bytes a string has, the line is UTF-8 that every reader takes: bytes that are none become U+FFFD. And it may
 * be looked at on a terminal: what does not show there (text_shows()) stands as \uXXXX. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#include <stdint.h>

struct json {
	struct buf *out;
	bool comma; /* one is due before the next member */
};

void json_open(struct json *j, const char *key, char bracket); /* '{' or '['; key NULL inside an array or at the top */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, int64_t value);
void json_real(struct json *j, const char *key, double value); /* which must be finite */
void json_bool(struct json *j, const char *key, bool value);

/* A 64-bit identity as a string: a number would lose digits in readers that know doubles only. */
void json_id(struct json *j, const char *key, uint64_t id);

#endif
