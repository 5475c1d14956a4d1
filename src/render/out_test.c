/* SPDX-License-Identifier: MIT
 * The door: what leaves by each of its functions, byte by byte. */
#include "base/tap.h"
#include "render/out.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define HOSTILE "\033]0;x\a\n\xc2\x9b"
#define SHOWN   "\\x1b]0;x\\x07\\n\\xc2\\x9b"

static char *text;
static size_t size;
static FILE *out;

static void begin(void)
{
	out = open_memstream(&text, &size);
}

static void left(const char *should, const char *what)
{
	fclose(out);
	same_text(text, should, what);
	free(text);
}

static void lines(void)
{
	begin();
	out_part(out, "%s|", HOSTILE);
	out_part(out, "%d", 7);
	out_end(out);
	out_line(out, "%s %s", "a", HOSTILE);
	left(SHOWN "|7\na " SHOWN "\n", "parts and a line: nothing in them ends a line");
	begin();
	out_lines(out, "one\ntwo\033\n\nfour");
	out_lines(out, "five\n");
	out_lines(out, "");
	left("one\ntwo\\x1b\n\nfour\nfive\n", "lines: each is ended once");
}

static void tints(void)
{
	struct term colour = { .colour = true }, plain = { .colour = false };

	begin();
	out_tinted(out, &colour, TINT_BAD, "bad\033[0m");
	out_tinted(out, &colour, TINT_NONE, "none");
	out_tinted(out, &colour, TINT_GOOD, "");
	out_tinted(out, &plain, TINT_BAD, "plain");
	left("\033[1;31mbad\\x1b[0m\033[0mnoneplain", "a tint is around the text, and none of it in the text");
	begin();
	out_code(out, "\r\033[K");
	left("\r\033[K", "a code of ours is as it is");
}

static void bytes(void)
{
	struct buf b = { 0 };

	buf_add(&b, "\0\033\n", 3);
	begin();
	out_bytes(out, &b);
	out_bytes(out, &(struct buf){ 0 });
	fflush(out);
	ok(size == 3 && memcmp(text, "\0\033\n", 3) == 0, "bytes are as they are");
	fclose(out);
	free(text);
	buf_free(&b);
}

/* What a function writes to standard error. */
static void says(const struct err *e, const char *should, const char *what)
{
	int was = dup(STDERR_FILENO), p[2];
	char got[512] = "";

	if (pipe(p) < 0)
		return;
	dup2(p[1], STDERR_FILENO);
	out_error("lastack lab", e);
	dup2(was, STDERR_FILENO);
	close(p[1]);
	ok(read(p[0], got, sizeof got - 1) > 0, "it is on standard error");
	same_text(got, should, what);
	close(p[0]);
	close(was);
}

/* What is longer than the screen goes on below, and no word is broken; what is put out is escaped all the same. */
static void wrapped(void)
{
	struct term t = { .width = 20 };

	begin();
	out_wrapped(out, &t, TINT_NONE, 4, "%s", "past CALL, to CALL, until blocked");
	out_wrapped(out, &t, TINT_NONE, 4, "%s", "short \033");
	out_wrapped(out, &t, TINT_NONE, 0, "%s", "");
	left("past CALL, to CALL,\n    until blocked\nshort \\x1b\n\n", "20 columns");
}

static void errors(void)
{
	struct err e;

	err_sys(&e, ENOENT, "%s cannot be read; try another", HOSTILE);
	says(&e, "lastack lab: " SHOWN " cannot be read (no such file or directory); try another\n",
	     "a file's name cannot command the terminal, nor begin a line");
	err_set(&e, "wrong");
	snprintf(e.at, sizeof e.at, "    a line\033\n    ^");
	says(&e, "lastack lab: wrong\n    a line\\x1b\n    ^\n", "the lines below it are lines");
}

int main(void)
{
	setvbuf(stderr, NULL, _IONBF, 0);
	lines();
	tints();
	bytes();
	wrapped();
	errors();
	return tap_done();
}
