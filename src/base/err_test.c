/* SPDX-License-Identifier: MIT
 * Errors: the parts of the sentence, whatever the names in it are. */
#include "base/err.h"
#include "base/tap.h"

#include <errno.h>

static void parts(const struct err *e, const char *what, const char *why, const char *advice)
{
	same_text(e->what, what, "what");
	same_text(e->why, why, "why");
	same_text(e->advice, advice, "what to try");
}

static void plain(void)
{
	struct err e;

	ok(err_set(&e, "there is no verb '%s'; did you mean '%s'?", "conect", "connect") == -1, "always -1");
	parts(&e, "there is no verb 'conect'", "", "did you mean 'connect'?");
	same_text(err_text(&e), "there is no verb 'conect'; did you mean 'connect'?", "the sentence");
	err_set(&e, "interrupted");
	parts(&e, "interrupted", "", "");
	same_text(err_text(&e), "interrupted", "without advice");
	err_set(&e, "one; two; %d", 3);
	parts(&e, "one; two", "", "3");
	err_set(&e, "what;why");
	parts(&e, "what;why", "", "");
}

static void with_reason(void)
{
	struct err e;

	ok(err_sys(&e, ENOENT, "%s cannot be opened; try another", "x") == -1, "always -1");
	parts(&e, "x cannot be opened", "no such file or directory", "try another");
	same_text(err_text(&e), "x cannot be opened (no such file or directory); try another", "the sentence");
	err_sys(&e, EACCES, "%s cannot be read", "x");
	same_text(err_text(&e), "x cannot be read (permission denied)", "without advice");
}

/* What somebody named a file decides nothing. */
static void names(void)
{
	struct err e;

	err_sys(&e, ENOENT, "%s cannot be read; try %s", "./no;such; file", "a; b");
	parts(&e, "./no;such; file cannot be read", "no such file or directory", "try a; b");
	err_set(&e, "'%s' is no file", "a; try rm -rf");
	parts(&e, "'a; try rm -rf' is no file", "", "");
	err_set(&e, "%s", "100%; %s %n");
	parts(&e, "100%; %s %n", "", "");
}

/* Whoever lacks descriptors is not helped by what helps otherwise. */
static void lacks(void)
{
	static const struct {
		int number;
		const char *advice;
	} rows[] = { { EMFILE, "raise the limit of open files (ulimit -n)" },
		     { ENFILE, "the machine's limit of open files is reached (sysctl fs.file-max)" },
		     { ENOMEM, "the machine, or this process's limit (ulimit -v), has no memory left" },
		     { ENOSPC, "make room on that disk" },
		     { EDQUOT, "the quota on that disk is used up" },
		     { EFBIG, "the limit of a file's size (ulimit -f) is reached" },
		     { EPERM, "is /proc mounted?" } };
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err_sys(&e, rows[i].number, "%s cannot be opened; is /proc mounted?", "/proc/stat");
		same_text(e.advice, rows[i].advice, strerror(rows[i].number));
	}
}

static void places(void)
{
	struct err e;
	struct buf b = { 0 };

	err_sys(&e, ENOENT, "x cannot be set; try y");
	err_locate(&e, "%s:%d: ", "a; b.lab", 7);
	err_form(&e, "%s PORT", "ACTOR connect");
	same_text(err_text(&e), "a; b.lab:7: x cannot be set (no such file or directory); try y (ACTOR connect PORT)",
	          "where it holds, and the form of the command");
	err_set(&e, "the port is missing");
	err_form(&e, "ACTOR connect PORT");
	parts(&e, "the port is missing (ACTOR connect PORT)", "", "");
	snprintf(e.at, sizeof e.at, "    client connect\n    ^");
	err_add(&b, &e);
	same_text(buf_text(&b), "the port is missing (ACTOR connect PORT)", "the sentence alone");
	same_text(err_text(&e), "the port is missing (ACTOR connect PORT)\n    client connect\n    ^",
	          "the sentence, and the lines below it");
	err_set(&e, "a\nb: %s", "c\033");
	same_text(err_text(&e), "a\\nb: c\\x1b", "no name makes a line of its own");
	err_set(&e, "new");
	same_text(err_text(&e), "new", "nothing is left of the error before");
	buf_free(&b);
}

/* A part that is too long is cut, and the others are whole. */
static void long_ones(void)
{
	struct err e;
	char name[5000];

	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = 0;
	err_sys(&e, EPERM, "%s; try %s", name, name);
	ok(strlen(e.what) == sizeof e.what - 1 && strlen(e.advice) == sizeof e.advice - 1,
	   "parts as long as there is room");
	ok(strncmp(e.advice, "try xxx", 7) == 0, "the advice begins where it begins");
	err_locate(&e, "%s", name);
	err_form(&e, "%s", name);
	memset(e.at, 'y', sizeof e.at - 1);
	ok(strlen(err_text(&e)) == sizeof e.what - 1 + strlen(" (operation not permitted); ") + sizeof e.advice - 1 +
	                                   1 + sizeof e.at - 1,
	   "the longest sentence is whole");
}

static void states(void)
{
	struct err e = { 0 };

	ok(!err_is_set(&e), "nothing has failed");
	err_set(&e, "failed");
	ok(err_is_set(&e), "something has");
}

int main(void)
{
	plain();
	with_reason();
	names();
	lacks();
	places();
	long_ones();
	states();
	return tap_done();
}
