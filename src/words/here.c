/* SPDX-License-Identifier: MIT
 * What is here now. */
#include "words/here.h"
#include "base/file.h"
#include "model/filter.h"
#include "source/btf.h"
#include "source/counter.h"
#include "source/engine.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

/* --- counters ------------------------------------------------------------------------------------------- */

/* Read once: what is said of one word is of one moment. One file may be there without the other. */
static const struct counters *counters_here(void)
{
	static const char *const files[] = { "/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat" };
	static struct counters all;
	static bool read;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !read; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			counters_read_file(fd, &all);
		fd_close(&fd);
	}
	read = true;
	return &all;
}

bool here_counter(struct buf *b, const char *name)
{
	bool twice;
	const struct counter *c = counter_find(counters_here(), name, &twice);

	if (c)
		buf_addf(b, "%lld", (long long)c->value);
	return c != NULL;
}

/* --- settings ------------------------------------------------------------------------------------------- */

enum { SETTING_MAX = 4096, SETTING_SHOWN = 60 };

/* "4096 131072 33554432" of what the file has with tabs. */
static void add_value(struct buf *b, const char *text)
{
	size_t n = strcspn(text, "\n");

	for (size_t i = 0; i < n && i < SETTING_SHOWN; i++)
		buf_addf(b, "%c", isspace((unsigned char)text[i]) ? ' ' : text[i]);
	if (n > SETTING_SHOWN)
		buf_puts(b, "…");
	if (!n)
		buf_puts(b, "(empty)");
}

bool here_setting(struct buf *b, const char *name)
{
	struct buf text = { 0 };
	char path[128];
	int rc;

	if (strncmp(name, "net", 3) != 0 || !strchr("./", name[3]) || strstr(name, ".."))
		return false;
	snprintf(path, sizeof path, "/proc/sys/%s", name);
	for (char *c = path; *c; c++)
		*c = *c == '.' ? '/' : *c;
	rc = file_read(path, &text, SETTING_MAX);
	if (rc == 0)
		add_value(b, buf_text(&text));
	buf_free(&text);
	return rc == 0;
}

/* --- reasons -------------------------------------------------------------------------------------------- */

struct seek {
	const char *prefix, *name;
	bool found;
	int64_t value;
};

static const char *behind(const char *prefix, const char *name)
{
	size_t n = strlen(prefix);

	return strncmp(name, prefix, n) == 0 ? name + n : name;
}

static void compare(void *ctx, const char *name, int64_t value)
{
	struct seek *s = ctx;

	if (!streq(behind(s->prefix, name), behind(s->prefix, s->name)))
		return;
	s->found = true;
	s->value = value;
}

bool here_reason(struct buf *b, const char *enumeration, const char *prefix, const char *name)
{
	struct seek s = { .prefix = prefix, .name = name };
	struct err e;

	if (btf_enum(NULL, enumeration, compare, &s, &e) == 0 && s.found)
		buf_addf(b, "this kernel has it: number %lld of enum %s", (long long)s.value, enumeration);
	return s.found;
}

/* --- sockets -------------------------------------------------------------------------------------------- */

bool here_look(struct evidence *ev, unsigned want, size_t *closed, struct err *e)
{
	struct engine_chosen engine = { 0 };
	struct engine_ask ask = { .want = want };
	struct engine_report report = { 0 };
	bool known = engine_choose(&engine, NULL, ENGINE_ONCE, want, e) == 0 &&
	             engine_look(&engine, &ask, ev, &report, e) == 0;

	*closed = report.closed;
	engine_release(&engine);
	return known;
}

/* How many are meant; false: they cannot be looked at. */
static bool count_sockets(const char *filter, size_t *n, size_t *closed)
{
	struct evidence ev = { 0 };
	struct err e;
	struct filter *f = filter_parse(filter, NULL, &e);
	bool known = f && here_look(&ev, filter_wants(f) & ~(unsigned)FILTER_WANTS_NETNS, closed, &e);

	*n = 0;
	for (size_t i = 0; i < ev.n && known; i++)
		*n += filter_match(f, &ev, i);
	evidence_free(&ev);
	filter_free(f);
	return known;
}

struct buf here_sockets(const char *filter)
{
	struct buf b = { 0 };
	size_t n, closed;

	if (!count_sockets(filter, &n, &closed))
		return b;
	buf_addf(&b, "%zu in the network namespaces that can be seen", n);
	if (closed)
		buf_addf(&b, " (%zu may not be entered)", closed);
	if (n)
		buf_addf(&b, ": lastack list %s", filter);
	return b;
}

/* --- what moves with a word ------------------------------------------------------------------------------ */

static const char *shortest(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && strncmp(name, "net.", 4) != 0 ? dot + 1 : name;
}

static void add_named(struct buf *b, const char *name)
{
	struct buf value = { 0 };

	buf_addf(b, "%s%s", b->len ? ", " : "", shortest(name));
	if (strchr(name, '.') && (here_counter(&value, name) || here_setting(&value, name)))
		buf_addf(b, " %s", buf_text(&value));
	buf_free(&value);
}

struct buf here_values(const char *names)
{
	struct buf b = { 0 };

	while (*names) {
		char name[128];
		size_t n = strcspn(names, ",");

		snprintf(name, sizeof name, "%.*s", (int)n, names);
		add_named(&b, name);
		names += n + strspn(names + n, ", ");
	}
	return b;
}
