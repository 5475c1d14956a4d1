/* SPDX-License-Identifier: MIT
 * Counters: pairs of lines, names and values, each beginning with its group. */
#include "source/counter.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>

enum { COUNTER_FILE_MAX = 1 << 16 };

static void add(struct counters *c, const char *group, const char *name, const char *value)
{
	c->all = grow(c->all, c->n, &c->cap, sizeof *c->all);
	c->all[c->n++] = (struct counter){ name, group, strtoll(value, NULL, 10) };
}

static void parse_pair(struct counters *c, char *names, char *values)
{
	char *in_names, *in_values;
	char *group = strtok_r(names, " ", &in_names);
	const char *name, *value;

	if (!group || !strtok_r(values, " ", &in_values))
		return;
	group[strcspn(group, ":")] = '\0';
	while ((name = strtok_r(NULL, " ", &in_names)) && (value = strtok_r(NULL, " ", &in_values)))
		add(c, group, name, value);
}

void counters_parse(struct counters *c, struct buf *b)
{
	char *save, *names, *values, *text = b->text;

	if (!text)
		return;
	*b = (struct buf){ 0 };
	c->texts = grow(c->texts, c->n_texts, &c->cap_texts, sizeof *c->texts);
	c->texts[c->n_texts++] = text;
	for (names = strtok_r(text, "\n", &save); names; names = strtok_r(NULL, "\n", &save)) {
		values = strtok_r(NULL, "\n", &save);
		if (!values)
			return;
		parse_pair(c, names, values);
	}
}

int counters_read_file(int fd, struct counters *c)
{
	struct buf b = { 0 };
	int rc = fd_read_all(fd, &b, COUNTER_FILE_MAX);

	if (rc == 0)
		counters_parse(c, &b);
	buf_free(&b);
	return rc;
}

int counters_read(const int fds[2], struct counters *c)
{
	int rc = counters_read_file(fds[0], c);

	return rc < 0 ? rc : counters_read_file(fds[1], c);
}

static bool matches(const struct counter *c, const char *name)
{
	const char *dot = strchr(name, '.');
	size_t group = strlen(c->group);

	if (!dot) /* nstat writes TcpRetransSegs */
		return streq(c->name, name) || (!strncmp(c->group, name, group) && streq(c->name, name + group));
	return strlen(c->group) == (size_t)(dot - name) && !strncmp(c->group, name, (size_t)(dot - name)) &&
	       streq(c->name, dot + 1);
}

const struct counter *counter_find(const struct counters *c, const char *name, bool *twice)
{
	const struct counter *found = NULL;

	*twice = false;
	for (size_t i = 0; i < c->n; i++) {
		if (!matches(&c->all[i], name))
			continue;
		*twice = found != NULL;
		if (*twice)
			return NULL;
		found = &c->all[i];
	}
	return found;
}

void counters_free(struct counters *c)
{
	for (size_t i = 0; i < c->n_texts; i++)
		free(c->texts[i]);
	free(c->texts);
	free(c->all);
	*c = (struct counters){ 0 };
}
