/* SPDX-License-Identifier: MIT
 * capabilities(7), seccomp(2), setrlimit(2). */
#include "step/confine.h"
#include "base/file.h"
#include "base/privilege.h"
#include "base/util.h"
#include "step/call.h"
#include "step/processor.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Large programs have some GB of debug information. */
#define MEMORY_MOST ((rlim_t)8 << 30)

/* What libdw, malloc() and the end of a process take. Where a call has taken a pointer to a name (newfstatat(), by
 * which the C library does fstat()), it tells that there is such a file and no more. */
static const int allowed[] = {
	SYS_read,          SYS_pread64,     SYS_readv,           SYS_lseek,   SYS_fstat,        SYS_newfstatat,
	SYS_fcntl,         SYS_close,       SYS_sendmsg,         SYS_recvmsg, SYS_mmap,         SYS_munmap,
	SYS_mremap,        SYS_mprotect,    SYS_madvise,         SYS_brk,     SYS_futex,        SYS_getrandom,
	SYS_clock_gettime, SYS_sched_yield, SYS_getpid,          SYS_gettid,  SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn,  SYS_sigaltstack, SYS_restart_syscall, SYS_tgkill,  SYS_exit,         SYS_exit_group,
};

static int filter_calls(void)
{
	enum { HEAD = 4, TAIL = 2 };
	struct sock_filter rows[HEAD + ARRAY_SIZE(allowed) + TAIL] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, processor.arch, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { ARRAY_SIZE(rows), rows };

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		rows[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i],
		                                              (uint8_t)(ARRAY_SIZE(allowed) - i), 0);
	rows[HEAD + ARRAY_SIZE(allowed)] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES);
	rows[HEAD + ARRAY_SIZE(allowed) + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* its shadow is larger than any limit */
	setrlimit(RLIMIT_DATA, &(struct rlimit){ MEMORY_MOST, MEMORY_MOST });
#endif
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
}

static void close_others(int fd1, int fd2)
{
	unsigned low = (unsigned)(fd1 < fd2 ? fd1 : fd2), high = (unsigned)(fd1 < fd2 ? fd2 : fd1);

	if (fd1 < 0 || fd2 < 0)
		low = high;
	if (low)
		fds_close(0, low - 1);
	if (high > low + 1)
		fds_close(low + 1, high - 1);
	fds_close(high + 1, ~0U);
}

int confine(int fd1, int fd2, int parent)
{
	sigset_t all;
	struct err e;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	if (getppid() != parent)
		return -ESRCH;
	prctl(PR_SET_NAME, "lastack-reader");
	prctl(PR_SET_DUMPABLE, 0);
	close_others(fd1, fd2);
	limit_memory();
	return privilege_keep(0, &e) < 0 ? -EPERM : filter_calls();
}
