/* SPDX-License-Identifier: MIT
 * For tests: a child on a terminal of its own, to which is typed; and one whose output is kept. */
#ifndef SESSION_TERMINAL_TEST_H
#define SESSION_TERMINAL_TEST_H

#include "base/buf.h"
#include "base/file.h"
#include "base/tap.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

struct terminal {
	int keys;   /* what is written here is typed */
	FILE *told; /* what the child tells us, line by line */
	pid_t child, reader;
};

/* What it shows is read, so that it never waits to show more. */
static inline pid_t terminal_reader(int screen)
{
	pid_t pid = fork();

	if (pid == 0) {
		char bytes[512];

		alarm(60);
		while (read(screen, bytes, sizeof bytes) > 0)
			;
		_exit(0);
	}
	return pid;
}

/* `live` is its whole life; what it writes to `to` is read from t->told. False: no terminal can be made here. */
static inline bool terminal_open(struct terminal *t, void (*live)(int to))
{
	int master, slave, told[2];

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0 || pipe(told) < 0)
		return false;
	fflush(NULL);
	t->child = fork();
	if (t->child == 0) {
		close(told[0]);
		close(master);
		alarm(60);
		setenv("TERM", "dumb", 1);
		if (login_tty(slave) == 0)
			live(told[1]);
		_exit(1);
	}
	close(slave);
	close(told[1]);
	t->reader = terminal_reader(master);
	t->keys = master;
	t->told = fdopen(told[0], "r");
	return t->told != NULL;
}

static inline void terminal_type(const struct terminal *t, const char *text)
{
	if (write(t->keys, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
}

/* The next line that it tells, without its newline. */
static inline const char *terminal_told(const struct terminal *t)
{
	static char line[200];

	if (!fgets(line, sizeof line, t->told))
		return "(nothing)";
	line[strcspn(line, "\n")] = 0;
	return line;
}

/* Its exit code, when it has ended. */
static inline int terminal_close(struct terminal *t)
{
	int status = 0;

	waitpid(t->child, &status, 0);
	fclose(t->told);
	close(t->keys);
	waitpid(t->reader, NULL, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs it in a child, its output and errors into `said`; its exit code; -1 where it took more than `seconds`. */
static inline int kept_output(struct buf *said, int (*run)(void), unsigned seconds)
{
	int fd = memfd_create("said", MFD_CLOEXEC), status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(seconds);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		exit(run());
	}
	waitpid(pid, &status, 0);
	buf_clear(said);
	fd_read_all(fd, said, 1 << 20);
	close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
