/* SPDX-License-Identifier: MIT
 * The filter, run here as the kernel would: which calls stop, which pass, which are refused. What must stop is written
 * down once more, by the C library's names. */
#include "step/filter.h"
#include "step/processor.h"
#include "base/tap.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

static const long stopping[] = {
	SYS_socket,      SYS_socketpair, SYS_bind,    SYS_listen,         SYS_connect,    SYS_accept,
	SYS_accept4,     SYS_sendto,     SYS_sendmsg, SYS_sendmmsg,       SYS_recvfrom,   SYS_recvmsg,
	SYS_recvmmsg,    SYS_shutdown,   SYS_close,   SYS_setsockopt,     SYS_getsockopt, SYS_getsockname,
	SYS_getpeername, SYS_read,       SYS_write,   SYS_readv,          SYS_writev,     SYS_sendfile,
	SYS_splice,      SYS_dup,        SYS_dup3,    SYS_io_uring_setup,
#ifdef SYS_dup2
	SYS_dup2,
#endif
	SYS_exit_group,
};

static bool must_stop(long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(stopping); i++)
		if (stopping[i] == number)
			return true;
	return false;
}

/* The few instructions that filters of this kind have (Documentation/networking/filter.rst); -1: another one, or it
 * runs over the end. */
static int64_t run(const struct sock_filter *rows, unsigned n, uint32_t arch, uint32_t number)
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };
	uint32_t a = 0;

	for (unsigned at = 0; at < n; at++) {
		const struct sock_filter *r = &rows[at];

		if (r->code == (BPF_RET | BPF_K))
			return r->k;
		if (r->code == (BPF_LD | BPF_W | BPF_ABS) && r->k + sizeof a <= sizeof data)
			memcpy(&a, (const char *)&data + r->k, sizeof a);
		else if (r->code == (BPF_JMP | BPF_JEQ | BPF_K))
			at += a == r->k ? r->jt : r->jf;
		else if (r->code == (BPF_JMP | BPF_JGE | BPF_K))
			at += a >= r->k ? r->jt : r->jf;
		else
			return -1;
	}
	return -1;
}

static void every_call(bool no_uring)
{
	struct sock_filter rows[FILTER_MAX];
	unsigned n = filter_compose(rows, no_uring), wrong = 0, others = 0;

	for (uint32_t number = 0; number < 1000; number++) {
		int64_t should = must_stop(number) ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW;

		if (no_uring && number == SYS_io_uring_setup)
			should = SECCOMP_RET_ERRNO | ENOSYS;
		if (run(rows, n, processor.arch, number) != should)
			printf("# call %u: %#llx\n", number, (unsigned long long)run(rows, n, processor.arch, number));
		wrong += run(rows, n, processor.arch, number) != should;
		others += run(rows, n, AUDIT_ARCH_I386, number) != SECCOMP_RET_TRACE;
		others += run(rows, n, processor.arch, number | 0x40000000) != SECCOMP_RET_TRACE;
	}
	ok(n && wrong == 0, "socket calls stop and all others pass%s", no_uring ? ", io_uring is refused" : "");
	ok(others == 0, "every call of another kind stops: 32-bit, x32");
	ok(run(rows, n, processor.arch, 0x3fffffff) == SECCOMP_RET_ALLOW, "what there is not passes");
}

int main(void)
{
	every_call(false);
	every_call(true);
	return tap_done();
}
