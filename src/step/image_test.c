/* SPDX-License-Identifier: MIT
 * Reading this process's own memory as if it were a stranger's. */
#include "base/tap.h"
#include "step/image.h"

#include <sys/mman.h>
#include <unistd.h>

static struct image_again again;

static uint64_t word_of(const void *at)
{
	uint64_t word = 0;

	return image_again_read(&again, getpid(), (uintptr_t)at, &word, sizeof word) ? word : UINT64_MAX;
}

static void of_again(void)
{
	long page = sysconf(_SC_PAGESIZE);
	uint64_t *gone = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t a = 1, b = 2, c = 3;

	image_again_begin(&again, getpid());
	ok(word_of(&a) == 1 && word_of(gone) == 0 && word_of(&b) == 2, "what was never asked for is read");
	a = 11;
	image_again_begin(&again, getpid());
	a = 12;
	ok(word_of(&a) == 11, "the next time it is as it was when that began");
	ok(word_of(&c) == 3 && word_of(&b) == 2 && word_of(gone) == 0, "in another order, and with something new");
	munmap(gone, (size_t)page);
	a = 13;
	image_again_begin(&again, getpid());
	a = 14;
	ok(word_of(&a) == 13 && word_of(gone) == UINT64_MAX && word_of(&b) == 2,
	   "what is gone is gone, the rest is there");
	image_again_begin(&again, getpid());
	for (uint64_t i = 0; i < 2 * IMAGE_PIECES; i += 8)
		ok(word_of(&again.wanted[i % IMAGE_PIECES]) != UINT64_MAX, "more than is remembered: %u", (unsigned)i);
	image_again_free(&again);
}

static void of_symbols(void)
{
	static const char no_elf[4096] = "\177ELF";
	struct image m;

	ok(!image_open(&m, getpid(), (uintptr_t)no_elf), "what only begins like an ELF file is none");
	ok(!image_open(&m, getpid(), 8), "nor is what is not mapped");
}

int main(void)
{
	of_again();
	of_symbols();
	return tap_done();
}
