/* SPDX-License-Identifier: MIT
 * Running a BPF iterator: what it says of each of the things that it goes through (Linux 5.8). */
#ifndef SOURCE_ITERATOR_H
#define SOURCE_ITERATOR_H

#include <stddef.h>

/* Goes through all of them once. What the program writes (bpf_seq_write()) is read into `piece`, of `size` bytes, a
 * multiple of a record's, and `take` called with the number of bytes there; `take` may be NULL for a program that
 * writes nothing. 0 or -errno. */
int iterator_run(int link, void *piece, size_t size, void (*take)(void *ctx, const void *piece, size_t n), void *ctx);

#endif
