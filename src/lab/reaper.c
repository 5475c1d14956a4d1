/* SPDX-License-Identifier: MIT
 * Who cleans up after kill -9. */
#include "lab/reaper.h"
#include "base/file.h"
#include "lab/leftovers.h"
#include "lab/sysctl.h"
#include "source/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PARENT_CHECK_MS = 500, GRACE_CHECKS = 4, DESTROY_ROUNDS = 50, ORPHAN_ROUNDS = 30 };
#define DESTROY_PAUSE span_ms(2)
#define ORPHAN_PAUSE  span_ms(100)

/* End of file means that everybody is gone. A process that cannot be killed (stuck in the kernel) would
 * keep the pipe open for ever: once lastack itself is gone, wait 2 s more and no longer. */
static void wait_for_the_end(int life, pid_t parent)
{
	struct pollfd p = { .fd = life, .events = POLLIN };
	char byte;
	int patience = GRACE_CHECKS;

	while (patience > 0) {
		int n = poll(&p, 1, PARENT_CHECK_MS);

		if (n > 0 && read(life, &byte, 1) == 0)
			return;
		if (n == 0 && getppid() != parent)
			patience--;
	}
}

bool reaper_end_sockets(void)
{
	bool spared = diag_spares_orphans(), ended = false;
	const struct timespec pause = { .tv_nsec = spared ? ORPHAN_PAUSE.ns : DESTROY_PAUSE.ns };
	struct err e;
	struct diag *d = diag_open(&e);

	if (spared) /* they end by their own timers, at the next turn but one */
		sysctl_write("net.ipv4.tcp_orphan_retries", "1");
	for (int i = 0; d && !ended && i < (spared ? ORPHAN_ROUNDS : DESTROY_ROUNDS); i++) {
		ended = diag_destroy_all(d) <= 0;
		if (!ended)
			nanosleep(&pause, NULL);
	}
	diag_close(d);
	return ended;
}

/* Lets go of the terminal, and of where lastack prints: whoever reads its output must not wait for this process. */
static void drop_everything(int life)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_NAME, "lastack-reaper");
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	fcntl(life, F_SETFD, FD_CLOEXEC);
}

__attribute__((noreturn)) static void reap(const struct host hosts[static SIDES], struct leftovers mine, int life,
                                           pid_t parent)
{
	bool ended = true;

	drop_everything(life);
	leftovers_sweep();
	wait_for_the_end(life, parent);
	for (int i = 0; i < SIDES; i++)
		ended = host_enter(&hosts[i]) == 0 && reaper_end_sockets() && ended;
	if (ended) /* else the next lab looks after it */
		leftovers_forget(&mine);
	_exit(0);
}

int reaper_start(const struct host hosts[static SIDES], struct leftovers *mine, pid_t *pid, struct err *e)
{
	int life[2];
	pid_t me = getpid();
	sigset_t all, was;

	if (pipe2(life, O_CLOEXEC) < 0)
		return err_sys(e, errno, "no pipe can be made");
	sigfillset(&all); /* nobody's Ctrl-C is meant for the reaper, from its first moment on */
	sigprocmask(SIG_SETMASK, &all, &was);
	leftovers_note(mine, hosts);
	*pid = fork();
	if (*pid != 0)
		sigprocmask(SIG_SETMASK, &was, NULL);
	if (*pid < 0) {
		close(life[0]);
		close(life[1]);
		leftovers_forget(mine);
		return err_sys(e, errno, "no process can be started to clean up after the lab");
	}
	if (*pid == 0) {
		close(life[1]);
		reap(hosts, *mine, life[0], me);
	}
	close(life[0]);
	return life[1];
}
