/* SPDX-License-Identifier: MIT
 * Bytes written as hex digits in the tables of tests, so that they can be held beside an RFC's figure. */
#ifndef PACKET_HEX_TEST_H
#define PACKET_HEX_TEST_H

#include "base/util.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

static inline uint8_t hex_digit(char c)
{
	assert(isxdigit((unsigned char)c));
	return (uint8_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

/* The bytes of `hex`, in which blanks do not count; exactly `*n`, so that a sanitizer sees what reads on. free() them.
 */
static inline uint8_t *hex_bytes(const char *hex, size_t *n)
{
	uint8_t *bytes = xcalloc(strlen(hex) / 2 + 1, 1);
	size_t digits = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | hex_digit(*hex));
		digits++;
	}
	assert(digits % 2 == 0);
	*n = digits / 2;
	return xrealloc(bytes, *n ? *n : 1, 1);
}

/* The first `n` of these bytes, in memory of exactly that size. */
static inline uint8_t *first_bytes(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = xcalloc(n ? n : 1, 1);

	memcpy(copy, bytes, n);
	return copy;
}

#endif
