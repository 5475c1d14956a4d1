/* SPDX-License-Identifier: MIT
 * docker_filter [admin] [ptrace] [namespaces] COMMAND…: runs it under a seccomp filter that refuses what Docker's
 * default one refuses of what lastack or its tests call, and some more. admin, ptrace: as with --cap-add SYS_ADMIN,
 * SYS_PTRACE. namespaces: those may be made without it, as podman and a Kubernetes pod without a profile have it. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ALWAYS = 0, ADMIN = 1, PTRACE = 2, NAMESPACES = 4 };

static const struct {
	const char *word;
	unsigned flag;
} words[] = { { "admin", ADMIN }, { "ptrace", PTRACE }, { "namespaces", NAMESPACES } };

/* Refused, unless one of these is given. */
static const struct {
	int call;
	unsigned unless;
	int error;
} refused[] = {
	{ SYS_unshare, ADMIN | NAMESPACES, EPERM },
	{ SYS_setns, ADMIN | NAMESPACES, EPERM },
	{ SYS_mount, ADMIN | NAMESPACES, EPERM },
	{ SYS_umount2, ADMIN | NAMESPACES, EPERM },
	{ SYS_clone3, ADMIN | NAMESPACES, ENOSYS },
	{ SYS_pivot_root, NAMESPACES, EPERM },
	{ SYS_fsopen, ADMIN | NAMESPACES, EPERM },
	{ SYS_fsconfig, ADMIN | NAMESPACES, EPERM },
	{ SYS_fsmount, ADMIN | NAMESPACES, EPERM },
	{ SYS_fspick, ADMIN | NAMESPACES, EPERM },
	{ SYS_open_tree, ADMIN | NAMESPACES, EPERM },
	{ SYS_move_mount, ADMIN | NAMESPACES, EPERM },
	{ SYS_bpf, ADMIN, EPERM },
	{ SYS_perf_event_open, ADMIN, EPERM },
	{ SYS_syslog, ADMIN, EPERM },
	{ SYS_sethostname, ADMIN, EPERM },
	{ SYS_kcmp, PTRACE, EPERM },
	{ SYS_pidfd_getfd, PTRACE | NAMESPACES, EPERM },
	{ SYS_open_by_handle_at, ALWAYS, EPERM },
	{ SYS_userfaultfd, ALWAYS, EPERM },
	{ SYS_io_uring_setup, ALWAYS, EPERM },
	{ SYS_keyctl, ALWAYS, EPERM },
	{ SYS_add_key, ALWAYS, EPERM },
	{ SYS_request_key, ALWAYS, EPERM },
	{ SYS_kexec_load, ALWAYS, EPERM },
	{ SYS_init_module, ALWAYS, EPERM },
	{ SYS_swapon, ALWAYS, EPERM },
	{ SYS_reboot, ALWAYS, EPERM },
};

enum {
	N_REFUSED = sizeof refused / sizeof *refused,
	NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
	                 CLONE_NEWCGROUP,
};

static struct sock_filter code[2 * N_REFUSED + 8];
static unsigned short n;

static void add(unsigned short op, unsigned k, unsigned char yes, unsigned char no)
{
	code[n++] = (struct sock_filter){ op, yes, no, k };
}

static void make(unsigned given)
{
	add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	for (int i = 0; i < N_REFUSED; i++) {
		if (refused[i].unless & given)
			continue;
		add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i].call, 0, 1);
		add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)refused[i].error, 0, 0);
	}
	if (!(given & (ADMIN | NAMESPACES))) {
		add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
		add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]), 0, 0);
		add(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1);
		add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	}
	add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

static unsigned flag_of(const char *word)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].word, word))
			return words[i].flag;
	return 0;
}

/* By who has CAP_SYS_ADMIN still, as container engines do it: no_new_privs is not set. */
int main(int argc, char **argv)
{
	struct sock_fprog program = { 0, code };
	unsigned given = 0;
	int at = 1;

	for (; at < argc && flag_of(argv[at]); at++)
		given |= flag_of(argv[at]);
	make(given);
	program.len = n;
	if (at == argc || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		fprintf(stderr, "docker_filter: no filter (%s)\n", strerror(errno));
		return 125;
	}
	execvp(argv[at], argv + at);
	fprintf(stderr, "docker_filter: %s cannot be run (%s)\n", argv[at], strerror(errno));
	return 125;
}
