/* SPDX-License-Identifier: MIT
 * Mixing numbers into one, for tables and for telling things apart; not against an enemy. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/* Every bit of `value` changes about half of the bits of the result; 0 is as good a value as any. */
static inline uint64_t hash_mix(uint64_t h, uint64_t value)
{
	h = ((h ^ value) + 0x632BE59BD9B4E019ULL) * 0x9E3779B97F4A7C15ULL; /* the sum: nothing but 0 would come of 0 */
	return h ^ h >> 29;
}

#endif
