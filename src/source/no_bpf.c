/* SPDX-License-Identifier: MIT
 * In place of the BPF engines, where clang or bpftool was missing when lastack was built. */
#include "source/engine.h"

static void *refuse(struct err *e)
{
	err_set(e, "this lastack was built without BPF; build it where clang and bpftool are installed");
	return NULL;
}

const struct engine engine_files = { .letter = "B", .summary = "sock_diag and a BPF iterator over descriptors", .open = refuse };
const struct engine engine_walk = { .letter = "C", .summary = "BPF walks of the kernel's hashes and tables", .open = refuse };
