/* SPDX-License-Identifier: MIT
 * Counters by their columns. */
#include "source/meter.h"
#include "base/file.h"
#include "model/unknown.h"

#include <stdlib.h>

enum { METER_FILE_MAX = 1 << 16 };

static bool is_word(const char *at, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(at, word, n) == 0;
}

/* Which of the names this column of names is; 0: none of them. */
static int8_t row_of(const struct meter *m, const char *line, const char *word, size_t n)
{
	size_t group = strcspn(line, ":");

	for (size_t i = 0; i < m->n; i++)
		if (is_word(line, group, m->names[i].group) && is_word(word, n, m->names[i].counter))
			return (int8_t)(i + 1);
	return 0;
}

static void learn(struct meter *m, const char *line, int8_t row[static METER_COLUMNS])
{
	const char *at = line + strcspn(line, " \n");

	for (size_t column = 0; *at == ' ' && column < METER_COLUMNS; column++) {
		size_t n = strcspn(++at, " \n");

		row[column] = row_of(m, line, at, n);
		at += n;
	}
}

static void take(const char *line, const int8_t row[static METER_COLUMNS], int64_t value[])
{
	const char *at = line + strcspn(line, " \n");

	for (size_t column = 0; *at == ' ' && column < METER_COLUMNS; column++) {
		at++;
		if (row[column])
			value[row[column] - 1] = strtoll(at, NULL, 10);
		at += strcspn(at, " \n");
	}
}

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at ? at + 1 : at;
}

/* Pairs of lines: names and values. */
static size_t take_pairs(struct meter *m, size_t pair, int64_t value[])
{
	const char *names = buf_text(&m->text);

	while (*names && pair < METER_LINES) {
		const char *values = next_line(names);

		if (!m->known)
			learn(m, names, m->row[pair]);
		take(values, m->row[pair++], value);
		names = next_line(values);
	}
	return pair;
}

int meter_read(struct meter *m, const int fds[2], int64_t value[])
{
	size_t pair = 0;

	for (size_t i = 0; i < m->n; i++)
		value[i] = UNKNOWN;
	for (int i = 0; i < 2; i++) {
		int rc;

		buf_clear(&m->text);
		rc = fd_read_all(fds[i], &m->text, METER_FILE_MAX);
		if (rc < 0)
			return rc;
		pair = take_pairs(m, pair, value);
	}
	m->known = true;
	return 0;
}

void meter_free(struct meter *m)
{
	buf_free(&m->text);
}
