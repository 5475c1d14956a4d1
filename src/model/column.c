/* SPDX-License-Identifier: MIT
 * Columns of a table of sockets. */
#include "model/column.h"
#include "base/near.h"

#include <stdlib.h>

static const struct column_info infos[] = {
#define COLUMN(name, word, title, side, want, sentence) { word, title, side, want, sentence },
#include "model/column.def"
#undef COLUMN
};

const struct column_info *column_info(enum column c)
{
	return &infos[c];
}

/* Letter by letter, without dashes and underscores: "Recv-Q" is recvq. */
static bool same_word(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '-' || *a == '_')
			a++;
		while (*b == '-' || *b == '_')
			b++;
		if ((*a | 0x20) != (*b | 0x20))
			return false;
		if (!*a)
			return true;
	}
}

bool column_by_word(const char *word, enum column *c)
{
	for (int i = 0; i < COLUMNS; i++) {
		if (!same_word(word, infos[i].word) && !same_word(word, infos[i].title))
			continue;
		*c = (enum column)i;
		return true;
	}
	return false;
}

bool columns_have(const struct columns *cs, enum column c)
{
	for (size_t i = 0; i < cs->n; i++)
		if (cs->all[i] == c)
			return true;
	return false;
}

void columns_add(struct columns *cs, enum column c)
{
	if (!columns_have(cs, c))
		cs->all[cs->n++] = c;
}

static int no_such_column(const char *word, struct err *e)
{
	struct near near = { .word = word };

	for (int i = 0; i < COLUMNS; i++)
		near_try(&near, infos[i].word);
	if (near.best)
		return err_set(e, "there is no column '%.40s'; did you mean '%s'?", word, near.best);
	return err_set(e, "there is no column '%.40s'; 'lastack list --list-columns' lists them", word);
}

int columns_parse(struct columns *cs, const char *text, struct err *e)
{
	char *copy, *save, *word;
	int rc = 0;

	if (*text == '+')
		text++;
	else
		cs->n = 0;
	copy = xstrdup(text);
	for (word = strtok_r(copy, ",", &save); word && rc == 0; word = strtok_r(NULL, ",", &save)) {
		enum column c;

		if (column_by_word(word, &c))
			columns_add(cs, c);
		else
			rc = no_such_column(word, e);
	}
	free(copy);
	return rc == 0 && cs->n == 0 ? err_set(e, "no column is named; 'lastack list --list-columns' lists them") : rc;
}

unsigned columns_want(const struct columns *cs)
{
	unsigned want = 0;

	for (size_t i = 0; i < cs->n; i++)
		want |= infos[cs->all[i]].want;
	return want;
}

void columns_manual(struct buf *out)
{
	for (int i = 0; i < COLUMNS; i++)
		buf_addf(out, ".It Cm %s\n%s.\n", infos[i].word, infos[i].sentence);
}
