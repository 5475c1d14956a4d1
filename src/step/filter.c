/* SPDX-License-Identifier: MIT
 * seccomp(2), in the old BPF. */
#include "step/filter.h"
#include "step/call.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#else
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

/* Room for the head, a comparison for each call, and the two answers. */
enum { FILTER_MAX = 80 };

struct filter {
	struct sock_filter rows[FILTER_MAX];
	unsigned short n;
};

static void add(struct filter *f, unsigned short code, uint32_t k, uint8_t yes, uint8_t no)
{
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

static void compose(struct filter *f, bool no_uring)
{
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	answer(f, SECCOMP_RET_TRACE);
	load(f, offsetof(struct seccomp_data, nr));
	if (no_uring) {
		only_if(f, SYS_io_uring_setup);
		answer(f, SECCOMP_RET_ERRNO | ENOSYS);
	}
	for (size_t i = 0; i < syscalls_n; i++)
		add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)syscalls[i].number, (uint8_t)(syscalls_n - i), 0);
	answer(f, SECCOMP_RET_ALLOW);
	answer(f, SECCOMP_RET_TRACE);
}

int filter_install(bool no_uring)
{
	struct filter f = { .n = 0 };
	struct sock_fprog program;

	compose(&f, no_uring);
	program = (struct sock_fprog){ f.n, f.rows };
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	/* Without privilege a filter is allowed to those who give up becoming more. */
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}
