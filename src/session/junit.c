/* SPDX-License-Identifier: MIT
 * What CI systems read. */
#include "session/junit.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int junit_open(struct junit *j, const char *path, struct err *e)
{
	*j = (struct junit){ .path = path, .fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) };
	return j->fd < 0 ? err_sys(e, errno, "%s cannot be written", path) : 0;
}

/* --- XML ----------------------------------------------------------------------------------------------- */

static const char *entity(char c)
{
	static const struct {
		char c;
		const char *is;
	} entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&apos;" } };

	for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
		if (entities[i].c == c)
			return entities[i].is;
	return NULL;
}

/* XML 1.0, 2.2: tab, newline, and all from the blank on but surrogates, which are no UTF-8, and the last two of the
 * plane. A carriage return would be read as a newline. */
static bool is_character(uint32_t code)
{
	return code == '\t' || code == '\n' || (code >= ' ' && code != 0xfffe && code != 0xffff);
}

void junit_text(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t code;
		size_t bytes = text_decode(text + i, n - i, &code);
		const char *as = entity(text[i]);

		if (as)
			buf_puts(out, as);
		else if (bytes && is_character(code))
			buf_add(out, text + i, bytes);
		for (size_t k = 0; !as && !(bytes && is_character(code)) && k < (bytes ? bytes : 1); k++)
			buf_addf(out, "\\x%02x", (unsigned char)text[i + k]);
		i += bytes ? bytes : 1;
	}
}

static void attribute(struct buf *out, const char *name, const char *value, size_t n)
{
	buf_addf(out, " %s=\"", name);
	junit_text(out, value, n);
	buf_puts(out, "\"");
}

static void seconds(struct buf *out, struct span took)
{
	buf_addf(out, " time=\"%.3f\"", (double)took.ns / 1e9);
}

/* --- one case ------------------------------------------------------------------------------------------ */

/* "ci/tcp/mine.lab" is mine of ci.tcp, as a test is called whose class is a dotted name. */
static void names(struct buf *out, const char *path, bool built_in)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base);
	struct buf class = { 0 };

	if (n > 4 && streq(base + n - 4, ".lab"))
		n -= 4;
	while (!strncmp(path, "./", 2) || *path == '/')
		path++;
	for (; path < base - 1; path++)
		buf_add(&class, *path == '/' ? "." : path, 1);
	if (!class.len)
		buf_puts(&class, built_in ? "lastack" : "lab");
	attribute(out, "classname", buf_text(&class), class.len);
	attribute(out, "name", base, n);
	buf_free(&class);
}

void junit_add(struct junit *j, const char *name, bool built_in, enum junit_is is, struct span took, const char *why,
               const char *said)
{
	static const char *const tags[] = { NULL, "failure", "error", "skipped" };
	struct buf *out = &j->cases;

	j->n[is]++;
	buf_puts(out, "    <testcase");
	names(out, name, built_in);
	if (!built_in)
		attribute(out, "file", name, strlen(name));
	seconds(out, took);
	buf_puts(out, ">\n");
	if (tags[is]) {
		buf_addf(out, "      <%s", tags[is]);
		attribute(out, "message", why, strlen(why));
		if (is != JUNIT_SKIPPED)
			attribute(out, "type", is == JUNIT_FAILED ? "expectation" : "scenario",
			          is == JUNIT_FAILED ? 11 : 8);
		buf_puts(out, is == JUNIT_SKIPPED ? "/>\n" : ">");
	}
	if (tags[is] && is != JUNIT_SKIPPED) {
		junit_text(out, said, strlen(said));
		buf_addf(out, "</%s>\n", tags[is]);
	}
	buf_puts(out, "      <system-out>");
	junit_text(out, said, strlen(said));
	buf_puts(out, "</system-out>\n    </testcase>\n");
}

/* --- the file ------------------------------------------------------------------------------------------ */

static void head(struct buf *out, const char *tag, const struct junit *j, struct span took)
{
	size_t all = 0;

	for (int i = 0; i < JUNIT_KINDS; i++)
		all += j->n[i];
	buf_addf(out, "<%s name=\"lastack lab\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", tag,
	         all, j->n[JUNIT_FAILED], j->n[JUNIT_BROKEN], j->n[JUNIT_SKIPPED]);
	seconds(out, took);
	buf_puts(out, ">\n");
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR)
			return -1;
		bytes += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

int junit_write(struct junit *j, struct span took, struct err *e)
{
	struct buf out = { 0 };
	struct stat st;
	int rc;

	buf_puts(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	head(&out, "testsuites", j, took);
	buf_puts(&out, "  ");
	head(&out, "testsuite", j, took);
	buf_add(&out, buf_text(&j->cases), j->cases.len);
	buf_puts(&out, "  </testsuite>\n</testsuites>\n");
	rc = write_all(j->fd, buf_text(&out), out.len);
	if (rc == 0 && fstat(j->fd, &st) == 0 && S_ISREG(st.st_mode))
		rc = ftruncate(j->fd, (off_t)out.len);
	buf_free(&out);
	return rc < 0 ? err_sys(e, errno, "%s cannot be written", j->path) : 0;
}

void junit_close(struct junit *j)
{
	fd_close(&j->fd);
	buf_free(&j->cases);
}
