/* SPDX-License-Identifier: MIT
 * Any bytes as a capture file, read as lastack explain does: reader, link layers, headers, connections, stories. */
#include "packet/capture.h"
#include "packet/decode.h"
#include "packet/link.h"
#include "tcp/book.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct book *b)
{
	for (unsigned i = 1; i <= b->n; i++) {
		struct buf text = { 0 };
		struct story st;

		book_story(b, i, &st);
		for (int side = 0; side < SIDES; side++)
			if (!state_set_has(st.end[side].may, st.end[side].likely))
				abort();
		story_label(&text, &st);
		story_sentence(&text, &st);
		buf_free(&text);
	}
}

static void read_all(struct capture *c)
{
	struct book book;
	struct captured p;
	struct err e;
	int64_t now = 0;

	book_open(&book, &tcp_view_tap);
	while (capture_next(c, &p, &e) > 0) {
		struct inside in;
		struct segment s;
		const char *why;

		if (!link_find_ip(p.link, p.bytes, p.n, &in, &why) || !packet_decode_captured(in.at, in.n, &s) ||
		    s.protocol != IPPROTO_TCP)
			continue;
		now = p.ns > now ? p.ns : now;
		book_take(&book, &(struct sighting){ &s, in.domain, p.interface, p.number, now });
	}
	book_end(&book, now);
	check(&book);
	book_close(&book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture *c;
	struct err e;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	c = capture_open(fd, "input", &e);
	if (!c)
		return 0;
	read_all(c);
	capture_close(c);
	return 0;
}
