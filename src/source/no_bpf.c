/* SPDX-License-Identifier: MIT
 * In place of what is done by BPF, where clang or bpftool was missing when lastack was built. */
#include "source/engine_internal.h"
#include "source/registers.h"

static void *refuse(unsigned want, struct err *e)
{
	(void)want;
	err_set(e, "this lastack was built without BPF: " WHY_NO_BPF);
	return NULL;
}

const struct engine engine_files = { .letter = "B",
	                             .summary = "sock_diag and a BPF iterator over descriptors",
	                             .open = refuse };
const struct engine engine_walk = { .letter = "C",
	                            .summary = "BPF walks of the kernel's hashes and tables",
	                            .open = refuse };

void *files_open_beside(void)
{
	return NULL;
}

struct err *files_refused(void *state)
{
	(void)state;
	return NULL;
}

void registers_open(void) {}

void registers_close(void) {}

void registers_read(struct registers *r, pid_t pid)
{
	(void)pid;
	*r = (struct registers){ 0 };
}

void registers_free(struct registers *r)
{
	(void)r;
}

const __u64 *registers_of(const struct registers *r, pid_t tid)
{
	(void)r;
	(void)tid;
	return NULL;
}
