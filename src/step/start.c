/* SPDX-License-Identifier: MIT
 * The beginning of stepping: fork and exec under a filter, or attach. */
#include "step/program_internal.h"
#include "base/file.h"
#include "base/proc.h"
#include "step/filter.h"
#include "step/processor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

/* --- what kind of program it is ------------------------------------------------------------------------ */

static bool is_64_bit(pid_t pid)
{
	unsigned char head[EI_NIDENT];
	char path[48];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = read(fd, head, sizeof head);
	close(fd);
	return n != sizeof head || head[EI_CLASS] == ELFCLASS64;
}

/* A traced program does not get the rights of its file's owner; it would do something else than it does. */
static int check_program(const char *name, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;

	if (!*name)
		return err_set(e, "a program's name is missing: '' is none");
	if (!program_find(name, path) || stat(path, &st) < 0)
		return strchr(name, '/')
		               ? err_sys(e, ENOENT, "%.200s cannot be started", name)
		               : err_sys(e, ENOENT,
		                         "%.200s cannot be started; a program in this folder is named ./NAME", name);
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%.200s is a folder, not a program", name);
	if (access(path, X_OK) < 0)
		return err_sys(e, errno, "%.200s cannot be started; is it executable?", name);
	if (geteuid() != 0 && st.st_mode & (S_ISUID | S_ISGID))
		return err_set(
			e,
			"%.200s is a setuid program, and under a tracer it would not get its rights; step it as root",
			name);
	return 0;
}

/* --- starting ------------------------------------------------------------------------------------------ */

/* As a terminal is, but for what would change the bytes: no echo, and a newline stays one. */
static void quiet_terminal(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return;
	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	tcsetattr(fd, TCSANOW, &t);
}

/* The word for what failed in the new process, and errno. */
struct trouble {
	int error;
	char what[28];
};

__attribute__((noreturn)) static void give_up(int tell, const char *what, int error)
{
	struct trouble t = { .error = error };

	snprintf(t.what, sizeof t.what, "%s", what);
	if (write(tell, &t, sizeof t) < 0)
		_exit(126);
	_exit(127);
}

struct birth {
	char *const *argv;
	const struct placing *where;
	bool no_uring;
	int go[2], tell[2]; /* pipes: it may go on; what went wrong */
	int terminal;       /* its end */
	pid_t parent;
};

/* As at a fresh terminal: who started lastack in the background has SIGINT ignored, and Ctrl-C would mean nothing to
 * the program. */
static void fresh_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The new process, up to exec: its place first, while lastack's rights are there, its filter last. */
__attribute__((noreturn)) static void be_born(const struct birth *b)
{
	char byte;
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != b->parent)
		_exit(0);
	login_tty(b->terminal);
	quiet_terminal(STDIN_FILENO);
	rc = b->where ? b->where->enter(b->where->ctx) : 0;
	if (rc < 0)
		give_up(b->tell[1], "its network cannot be entered", -rc);
	fresh_signals();
	rc = fds_close_at_exec(STDERR_FILENO + 1);
	if (rc < 0)
		give_up(b->tell[1], "what is open cannot be closed", -rc);
	prctl(PR_SET_PDEATHSIG, 0);
	if (read(b->go[0], &byte, 1) != 1) /* lastack is gone */
		_exit(0);
	rc = filter_install(b->no_uring);
	if (rc < 0)
		give_up(b->tell[1], "seccomp is not allowed", -rc);
	execvp(b->argv[0], b->argv);
	give_up(b->tell[1], "exec failed", errno);
}

static void close_pair(int pair[2])
{
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static int open_birth(struct birth *b, struct program *p, struct err *e)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	if (pipe2(b->go, O_CLOEXEC) < 0 || pipe2(b->tell, O_CLOEXEC) < 0 ||
	    openpty(&p->terminal, &b->terminal, p->terminal_name, NULL, &size) < 0)
		return err_sys(e, errno, "%s cannot be given a terminal of its own; is /dev/pts mounted?", p->name);
	fcntl(p->terminal, F_SETFD, FD_CLOEXEC);
	fcntl(b->terminal, F_SETFD, FD_CLOEXEC);
	fcntl(p->terminal, F_SETFL, fcntl(p->terminal, F_GETFL) | O_NONBLOCK);
	return 0;
}

/* Runs it up to exec: until then nobody else is waited for. */
static int until_exec(struct stepper *s, struct program *p, const struct birth *b, struct err *e)
{
	struct trouble t = { 0 };
	int status;

	while (waitpid(p->pid, &status, __WALL) == p->pid) {
		bool exec = WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXEC;

		if (exec && !is_64_bit(p->pid))
			return err_set(e, "%.200s is a 32-bit program; lastack steps 64-bit ones", p->command);
		if (!WIFSTOPPED(status))
			p->ended = true;
		if (read(b->tell[0], &t, sizeof t) == sizeof t)
			return err_sys(e, t.error, "%.200s cannot be started: %s", p->command, t.what);
		if (p->ended)
			return err_set(e, "%.200s ended before its first instruction", p->command);
		status_arrived(s, p->pid, status);
		if (exec)
			return 0;
	}
	return err_sys(e, errno, "%.200s is gone", p->command);
}

static int trace(struct program *p, const struct birth *b, struct err *e)
{
	if (ptrace(PTRACE_SEIZE, p->pid, NULL, (void *)trace_options(p)) < 0)
		return err_sys(e, errno, "%.200s cannot be traced; a container may need --cap-add SYS_PTRACE",
		               p->command);
	if (write(b->go[1], "", 1) != 1)
		return err_sys(e, errno, "%.200s cannot be told to begin", p->command);
	return 0;
}

static int give_birth(struct stepper *s, struct program *p, struct birth *b, struct err *e)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* its orphans come to us, and are no zombies for long */
	fflush(NULL);                     /* or the child's copy of what is buffered would be written twice */
	b->parent = getpid();
	p->pid = fork();
	if (p->pid < 0)
		return err_sys(e, errno, "no process can be started for %.200s", p->command);
	if (p->pid == 0)
		be_born(b);
	thread_new(s, p->pid, process_new(s, p->pid, p));
	close(b->tell[1]);
	b->tell[1] = -1;
	fcntl(b->tell[0], F_SETFL, O_NONBLOCK);
	return trace(p, b, e) < 0 ? -1 : until_exec(s, p, b, e);
}

struct program *program_start(struct stepper *s, const char *name, char *const argv[], const struct placing *where,
                              struct err *e)
{
	struct birth b = { argv, where, s->no_uring, { -1, -1 }, { -1, -1 }, -1, 0 };
	struct program *p;
	int rc;

	if (processor_known(e) < 0 || check_program(argv[0], e) < 0)
		return NULL;
	p = program_new(s, name, argv);
	rc = open_birth(&b, p, e);
	if (rc == 0)
		rc = give_birth(s, p, &b, e);
	fd_close(&b.terminal);
	close_pair(b.go);
	close_pair(b.tell);
	if (rc == 0)
		return p;
	program_end(s, p);
	return NULL;
}

/* --- attaching ----------------------------------------------------------------------------------------- */

static int cannot_attach(pid_t pid, int error, struct err *e)
{
	struct proc_status status;

	if (error == ESRCH)
		return err_set(e, "there is no process %d", pid);
	if (proc_is_zombie(pid))
		return err_set(e, "process %d has ended; its parent has not asked for its exit code yet", pid);
	if (proc_status_read(pid, &status) && status.tracer)
		return err_set(e, "process %d is traced already, by process %d; one tracer at a time", pid,
		               status.tracer);
	if (geteuid() == 0)
		return err_sys(
			e, error,
			"process %d cannot be stepped; in a container it takes the capability SYS_PTRACE, and kernel "
			"threads have no calls",
			pid);
	return err_sys(e, error, "process %d cannot be stepped; try as root (and see sysctl kernel.yama.ptrace_scope)",
	               pid);
}

/* A thread or process of the family is there and cannot be had: what it does will not be seen. One that has just ended
 * is no loss. */
static void note_missed(struct program *p, pid_t tid, const struct err *why)
{
	struct proc_stat now;

	if (!proc_stat_read(tid, &now) || now.state == 'Z' || now.state == 'X')
		return;
	if (p->missed++ == 0)
		p->missed_why = *why;
}

static int seize(struct stepper *s, struct process *x, pid_t tid, struct err *e)
{
	struct program *p = x->program;

	if (thread_find(s, tid))
		return 0;
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)trace_options(p)) < 0) {
		cannot_attach(tid, errno, e);
		if (tid == x->pid)
			return -1;
		note_missed(p, tid, e);
		return 0;
	}
	thread_new(s, tid, x);
	ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	return 1;
}

/* Once more until no new thread was found: they may be made meanwhile. */
static int seize_threads(struct stepper *s, struct process *x, struct err *e)
{
	unsigned missed = x->program->missed;
	int found;

	do {
		struct numbers threads;

		found = 0;
		x->program->missed = missed; /* who is missed still is met again */
		if (!numbers_open(&threads, "/proc/%d/task", x->pid))
			return cannot_attach(x->pid, ESRCH, e);
		while (found >= 0 && numbers_next(&threads)) {
			int rc = seize(s, x, threads.number, e);

			found = rc < 0 ? -1 : found + rc;
		}
		numbers_close(&threads);
	} while (found > 0);
	if (found == 0 && !x->n_threads) /* it ended before the first was read */
		return cannot_attach(x->pid, ESRCH, e);
	return found;
}

static int seize_family(struct stepper *s, struct program *p, pid_t pid, struct err *e)
{
	struct process *x = process_new(s, pid, p);
	struct err why;
	pid_t *children;
	size_t n;

	if (seize_threads(s, x, e) < 0) {
		process_drop(s, x);
		return -1;
	}
	children = proc_children(pid, &n);
	for (size_t i = 0; i < n; i++)
		if (seize_family(s, p, children[i], &why) < 0)
			note_missed(p, children[i], &why);
	free(children);
	return 0;
}

struct program *program_attach(struct stepper *s, const char *name, pid_t pid, struct err *e)
{
	char comm[COMM_SIZE], *argv[] = { comm, NULL };
	struct program *p;

	if (processor_known(e) < 0)
		return NULL;
	if (kill(pid, 0) < 0 && errno == ESRCH) {
		err_set(e, "there is no process %d", pid);
		return NULL;
	}
	if (!is_64_bit(pid)) {
		err_set(e, "process %d is a 32-bit program; lastack steps 64-bit ones", pid);
		return NULL;
	}
	comm_read(pid, comm);
	p = program_new(s, name, argv);
	p->pid = pid;
	p->attached = true;
	if (seize_family(s, p, pid, e) == 0)
		return p;
	program_end(s, p);
	return NULL;
}
