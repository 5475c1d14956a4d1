/* SPDX-License-Identifier: MIT
 * What is given up is gone, for programs that are started, too: by what /proc says. */
#include "base/privilege.h"
#include "base/file.h"
#include "base/tap.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t field(const char *status, const char *name, int base)
{
	const char *at = strstr(status, name);

	return at ? strtoull(at + strlen(name), NULL, base) : UINT64_MAX;
}

static bool are(const char *status, uint64_t should)
{
	return field(status, "\nCapEff:", 16) == should && field(status, "\nCapPrm:", 16) == should &&
	       field(status, "\nCapInh:", 16) == 0 && field(status, "\nCapAmb:", 16) == 0 &&
	       field(status, "\nNoNewPrivs:", 10) == 1;
}

/* What /proc says of a child after it has kept these. */
static void status_after(uint64_t keep, uint64_t then, bool exec, struct buf *status)
{
	int out[2];
	struct err e;

	if (pipe(out) < 0)
		exit(1);
	if (fork() == 0) {
		dup2(out[1], STDOUT_FILENO);
		if (privilege_keep(keep, &e) < 0 || privilege_keep(then, &e) < 0)
			_exit(1);
		if (exec)
			execlp("cat", "cat", "/proc/self/status", (char *)NULL);
		file_read("/proc/self/status", status, 1 << 16);
		_exit(write(STDOUT_FILENO, buf_text(status), status->len) < 0);
	}
	close(out[1]);
	fd_read_all(out[0], status, 1 << 16);
	close(out[0]);
	wait(NULL);
}

int main(void)
{
	const uint64_t all = UINT64_MAX, some = PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_BPF), had = privileges();
	const struct {
		const char *what;
		uint64_t keep, then, should;
		bool exec;
	} rows[] = {
		{ "none", 0, 0, 0, false },
		{ "one below 32 and one above", some, all, had & some, false },
		{ "all that it has", all, all, had, false },
		{ "without the right to look at everybody, all the rest", had & ~PRIVILEGE(CAP_SYS_PTRACE),
		  PRIVILEGE(CAP_SYS_PTRACE), had & ~PRIVILEGE(CAP_SYS_PTRACE), false },
		{ "what is gone does not come back", 0, all, 0, false },
		{ "one after the other", some, PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_CHOWN), had & PRIVILEGE(CAP_BPF),
		  false },
		{ "a program that is started has none either", 0, 0, 0, true },
		{ "nor more than was kept", some, all, had & some, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf status = { 0 };

		status_after(rows[i].keep, rows[i].then, rows[i].exec, &status);
		ok(are(buf_text(&status), rows[i].should), "%s (%#llx)%s", rows[i].what,
		   (unsigned long long)field(buf_text(&status), "\nCapEff:", 16), had ? "" : ", of one that has none");
		buf_free(&status);
	}
	ok(privileges() == had, "this process has what it had");
	return tap_done();
}
