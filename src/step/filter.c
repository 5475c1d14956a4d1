/* SPDX-License-Identifier: MIT
 * seccomp(2), in the old BPF. */
#include "step/filter.h"
#include "step/call.h"
#include "step/processor.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

struct filter {
	struct sock_filter *rows;
	unsigned short n;
};

static void add(struct filter *f, unsigned short code, uint32_t k, uint8_t yes, uint8_t no)
{
	assert(f->n < FILTER_MAX);
	f->rows[f->n++] = (struct sock_filter){ code, yes, no, k };
}

static void load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}
static void answer(struct filter *f, uint32_t action)
{
	add(f, BPF_RET | BPF_K, action, 0, 0);
}

/* If the loaded word is `k`, the next row is run, else it is jumped over. */
static void only_if(struct filter *f, uint32_t k)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
}

unsigned short filter_compose(struct sock_filter *rows, bool no_uring)
{
	struct filter whole = { rows, 0 }, *f = &whole;

	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, processor.arch, 1, 0);
	answer(f, SECCOMP_RET_TRACE);
	load(f, offsetof(struct seccomp_data, nr));
	if (no_uring) {
		only_if(f, SYS_io_uring_setup);
		answer(f, SECCOMP_RET_ERRNO | ENOSYS);
	}
	add(f, BPF_JMP | BPF_JGE | BPF_K, CALL_OTHER_ABI, (uint8_t)(syscalls_n + 1), 0);
	for (size_t i = 0; i < syscalls_n; i++)
		add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)syscalls[i].number, (uint8_t)(syscalls_n - i), 0);
	answer(f, SECCOMP_RET_ALLOW);
	answer(f, SECCOMP_RET_TRACE);
	return f->n;
}

int filter_install(bool no_uring)
{
	struct sock_filter rows[FILTER_MAX];
	struct sock_fprog program = { filter_compose(rows, no_uring), rows };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	/* Without privilege a filter is allowed to those who give up becoming more. */
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}
