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
