/* SPDX-License-Identifier: MIT
 * Arithmetic of sequence numbers, modulo 2^32 (RFC 9293 3.4). */
#ifndef MODEL_SEQ_H
#define MODEL_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_at_or_before(uint32_t a, uint32_t b)
{
	return !seq_before(b, a);
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? b : a;
}

#endif
