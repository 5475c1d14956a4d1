/* SPDX-License-Identifier: MIT
 * The child that reads strangers' files: what it may do, and what becomes of us when it falls or hangs. */
#include "base/fdmsg.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/proc.h"
#include "base/tap.h"
#include "step/confine.h"
#include "step/stack_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic bool asking;

/* --- what it may do --------------------------------------------------------------------------------------- */

enum tried { OPENS, OPENS_AT, CONNECTS, FORKS, KILLS, TRACES, EXECS, WRITES, MAKES, READS, ALLOCATES, TRIED };

static const struct {
	const char *what;
	bool works;
} tries[TRIED] = {
	[OPENS] = { "open a file", false },      [OPENS_AT] = { "open a path only", false },
	[CONNECTS] = { "make a socket", false }, [FORKS] = { "make a process", false },
	[KILLS] = { "send a signal", false },    [TRACES] = { "trace", false },
	[EXECS] = { "start a program", false },  [WRITES] = { "write to a terminal", false },
	[MAKES] = { "make a folder", false },    [READS] = { "read from what is open", true },
	[ALLOCATES] = { "have memory", true },
};

/* A bit for each that works. */
static unsigned try_all(int memory, int parent)
{
	char byte, *room = malloc(1 << 20);
	unsigned works = 0;

	works |= (unsigned)(open("/dev/null", O_RDONLY) >= 0) << OPENS;
	works |= (unsigned)(open("/", O_PATH) >= 0) << OPENS_AT;
	works |= (unsigned)(socket(AF_INET, SOCK_STREAM, 0) >= 0) << CONNECTS;
	works |= (unsigned)(fork() >= 0) << FORKS;
	works |= (unsigned)(kill(parent, 0) == 0) << KILLS;
	works |= (unsigned)(ptrace(PTRACE_SEIZE, parent, 0, 0) == 0) << TRACES;
	works |= (unsigned)(execl("/bin/true", "true", (char *)NULL) == 0 || errno != EACCES) << EXECS;
	works |= (unsigned)(write(STDERR_FILENO, "", 0) == 0) << WRITES;
	works |= (unsigned)(mkdir("/tmp/lastack-reader-test", 0700) == 0) << MAKES;
	works |= (unsigned)(pread(memory, &byte, 1, 0) == 1) << READS;
	works |= (unsigned)(room != NULL) << ALLOCATES;
	free(room);
	return works;
}

static void confined(void)
{
	int ends[2], file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), none;
	unsigned works = ~0U;
	struct iovec part = { &works, sizeof works };
	pid_t me = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		if (confine(ends[1], file, me) < 0)
			_exit(1);
		works = try_all(file, me);
		fdmsg_send(ends[1], &part, 1, -1);
		_exit(0);
	}
	close(ends[1]);
	close(file);
	ok(fdmsg_recv(ends[0], &part, 1, &none, 0) == sizeof works, "a confined child speaks over what it has");
	for (unsigned i = 0; i < TRIED; i++)
		ok((works >> i & 1) == tries[i].works, "it may %s%s", tries[i].works ? "" : "not ", tries[i].what);
	close(ends[0]);
	waitpid(pid, NULL, 0);
}

/* --- what we see of a process ------------------------------------------------------------------------------ */

__attribute__((noinline, noclone)) static void innermost(void)
{
	raise(SIGSTOP);
	__asm__ volatile("");
}

__attribute__((noinline, noclone)) static void outermost(void)
{
	innermost();
	__asm__ volatile("");
}

static pid_t patient(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		outermost();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return pid;
}

static void names(struct modules *m, const struct stack *s, struct buf *out)
{
	struct frame frames[STACK_DEPTH];
	size_t n = stack_frames(m, s, frames, STACK_DEPTH);

	buf_clear(out);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s ", frames[i].function);
}

static bool knows(struct modules *m, const struct stack *s)
{
	struct buf b = { 0 };
	bool known;

	names(m, s, &b);
	known = strstr(buf_text(&b), "innermost outermost patient ") != NULL;
	buf_free(&b);
	return known;
}

/* Our child that is no patient. */
static pid_t reader_of(pid_t not )
{
	struct buf b = { 0 };
	pid_t found = 0;
	char path[64], *at;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	file_read(path, &b, 4096);
	for (at = b.text; at && *at; at += strspn(at, " ")) {
		pid_t pid = (pid_t)strtol(at, &at, 10);

		found = pid && pid != not ? pid : found;
	}
	buf_free(&b);
	return found;
}

static bool says(pid_t pid, const char *line)
{
	struct buf b = { 0 };
	char path[64];
	bool said;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	said = file_read(path, &b, 1 << 16) == 0 && strstr(buf_text(&b), line);
	buf_free(&b);
	return said;
}

static size_t open_files(pid_t pid)
{
	char path[64];
	size_t n = 0;
	struct stat st;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
		n += lstat(path, &st) == 0;
	}
	return n;
}

static void its_rights(pid_t pid)
{
	ok(says(pid, "\nCapEff:\t0000000000000000\n") && says(pid, "\nCapPrm:\t0000000000000000\n"),
	   "who reads has no capability");
	ok(says(pid, "\nSeccomp:\t2\n") && says(pid, "\nNoNewPrivs:\t1\n"), "and may make few system calls");
	/* Its ends of the socket and of the memory, and one for each file it has read. */
	ok(geteuid() != 0 || open_files(pid) < 12, "nor has it what we have open");
}

/* The same sample without its bytes: who has been told of its places (memo.h) must ask all the same. */
static struct stack *bare(const struct stack *s)
{
	struct stack *b = xcalloc(1, sizeof *b);

	*b = *s;
	b->n = 0;
	return b;
}

static void falls(struct modules *m, const struct stack *s, pid_t reader)
{
	kill(reader, SIGKILL);
	ok(!knows(m, s) && modules_trouble(m) && strstr(modules_trouble(m), "fell"), "it falls: no frames, and why: %s",
	   modules_trouble(m));
	ok(!knows(m, s), "and it is not tried again with the same files");
	modules_forget(m);
	ok(knows(m, s) && !modules_trouble(m), "with others it is");
}

/* A fresh one, which will not answer. */
static pid_t stopped_reader(struct modules *m, const struct stack *s, pid_t patient_pid)
{
	pid_t reader;

	modules_forget(m);
	knows(m, s);
	reader = reader_of(patient_pid);
	if (reader <= 0) /* never kill(0, SIGSTOP) */
		exit(1);
	kill(reader, SIGSTOP);
	return reader;
}

static void hangs(struct modules *m, const struct stack *s, pid_t patient_pid)
{
	pid_t reader = stopped_reader(m, s, patient_pid);

	modules_patience(m, span_ms(300));
	ok(!knows(m, s) && modules_trouble(m) && strstr(modules_trouble(m), "did not end"),
	   "it hangs: no frames, and why: %s", modules_trouble(m));
	ok(kill(reader, 0) < 0 && errno == ESRCH, "and it is gone");
}

/* Interrupts us once the thread that asks sleeps. */
static void *interrupt_sleeper(void *of)
{
	const pid_t *asker = of;
	struct proc_stat now;

	while (!asking || !proc_stat_read(*asker, &now) || now.state != 'S')
		usleep(1000);
	kill(getpid(), SIGINT);
	return NULL;
}

/* Ctrl-C comes to another thread than the one that waits, which no signal wakes up then. */
static void is_interrupted(struct modules *m, const struct stack *s, pid_t patient_pid)
{
	int signals = interrupt_open();
	pid_t reader = stopped_reader(m, s, patient_pid), us = gettid();
	pthread_t other;
	sigset_t set;

	pthread_create(&other, NULL, interrupt_sleeper, &us);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	asking = true;
	ok(!knows(m, s) && interrupt_signal() == SIGINT && !modules_trouble(m),
	   "Ctrl-C in another thread ends the waiting, and it is nobody's fault: %s",
	   modules_trouble(m) ? modules_trouble(m) : "");
	ok(kill(reader, 0) < 0 && errno == ESRCH && !reader_of(patient_pid), "nobody reads on");
	ok(knows(m, s), "who asks when he was interrupted already is answered");
	pthread_join(other, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	interrupt_close(&signals);
}

static void strangers(void)
{
	pid_t pid = patient();
	struct stack *taken = stack_take(pid), *s = bare(taken);
	struct modules *m = modules_open(pid);

	if (stack_why_not()) {
		ok(true, "# SKIP %s", stack_why_not());
	} else {
		ok(knows(m, s), "a stopped process's functions");
		its_rights(reader_of(pid));
		falls(m, s, reader_of(pid));
		is_interrupted(m, s, pid);
		hangs(m, s, pid);
		modules_patience(m, span_s(60));
		modules_forget(m);
		ok(knows(m, s) && reader_of(pid), "another one reads");
	}
	stack_free(taken);
	free(s);
	modules_close(m);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(reader_of(0) == 0, "nobody is left");
}

int main(void)
{
	alarm(120);
	confined();
	strangers();
	return tap_done();
}
