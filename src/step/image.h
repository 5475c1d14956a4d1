/* SPDX-License-Identifier: MIT
 * What a process has in its memory, read without its help and without any file: so it is the same in a container, and
 * for a program whose file is gone. All of it is a stranger's, and is read in bounds. Internal to step/. */
#ifndef STEP_IMAGE_H
#define STEP_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All of these bytes, or false: they are not mapped, or it may not be looked at (ptrace(2)). */
bool image_read(pid_t pid, uint64_t at, void *to, size_t n);

/* Reading the same places again and again, as a walk over a stack does whose outer part stays as it is: what was asked
 * for the last time is read at once in one call, and what was not is read when it is asked for. All zero: nothing was
 * asked for yet. For image_again_free(). */
enum { IMAGE_PIECES = 160, IMAGE_ROOM = 24 << 10 };
struct image_again {
	struct image_piece {
		uint64_t at;
		uint32_t n, offset;
	} pieces[IMAGE_PIECES], wanted[IMAGE_PIECES];
	uint32_t n, next, n_wanted, n_bytes;
	unsigned char *bytes;
};

/* Reads it anew. */
void image_again_begin(struct image_again *a, pid_t pid);
/* As image_read(), of what was there when it began or is there now. */
bool image_again_read(struct image_again *a, pid_t pid, uint64_t at, void *to, size_t n);
void image_again_free(struct image_again *a);

/* The names that a program or library exports, where it lies. */
struct image {
	pid_t pid;
	uint64_t bias; /* what is to be added to the addresses in its file */
	uint64_t hash, symbols, strings;
	uint32_t buckets, first;
	uint64_t bucket_at, chain_at;
};

/* `base`: where its file is mapped from the beginning. false: there is no 64-bit ELF file of this processor that
 * exports anything by a GNU hash table, as all have for twenty years. */
bool image_open(struct image *m, pid_t pid, uint64_t base);

/* Where the thing of that name is; 0: it is not exported. */
uint64_t image_symbol(const struct image *m, const char *name);

#endif
