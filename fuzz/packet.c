/* SPDX-License-Identifier: MIT
 * Any bytes as a packet: no read beyond the end, and what is decoded stays within it. */
#include "packet/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment s;
	struct buf b = { 0 };

	if (!packet_decode(data, size, &s))
		return 0;
	if ((size_t)s.payload_at + s.len > size)
		abort();
	segment_flags(&b, s.flags);
	segment_options(&b, &s);
	(void)segment_kind(&s);
	buf_free(&b);
	return 0;
}
