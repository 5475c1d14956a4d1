/* SPDX-License-Identifier: MIT
 * A set of stretches of sequence space. */
#include "packet/spans.h"
#include "base/util.h"

#include <stdlib.h>
#include <string.h>

static void remove_at(struct spans *s, size_t i)
{
	memmove(&s->at[i], &s->at[i + 1], (s->n - i - 1) * sizeof *s->at);
	s->n--;
}

static void insert_at(struct spans *s, size_t i, struct stretch new)
{
	s->at = grow(s->at, s->n, &s->cap, sizeof *s->at);
	memmove(&s->at[i + 1], &s->at[i], (s->n - i) * sizeof *s->at);
	s->at[i] = new;
	s->n++;
}

void spans_add(struct spans *s, uint32_t from, uint32_t to)
{
	size_t i = 0;

	if (from == to)
		return;
	while (i < s->n && seq_before(s->at[i].to, from))
		i++;
	while (i < s->n && seq_at_or_before(s->at[i].from, to)) {
		from = seq_before(s->at[i].from, from) ? s->at[i].from : from;
		to = seq_max(s->at[i].to, to);
		remove_at(s, i);
	}
	insert_at(s, i, (struct stretch){ from, to });
}

bool spans_cover(const struct spans *s, uint32_t from, uint32_t to)
{
	if (from == to)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (seq_at_or_before(s->at[i].from, from) && seq_at_or_before(to, s->at[i].to))
			return true;
	return false;
}

void spans_remove_first(struct spans *s)
{
	remove_at(s, 0);
}

void spans_trim(struct spans *s, uint32_t from)
{
	while (s->n && seq_at_or_before(s->at[0].to, from))
		remove_at(s, 0);
	if (s->n && seq_before(s->at[0].from, from))
		s->at[0].from = from;
}

void spans_limit(struct spans *s, size_t most)
{
	while (s->n > most) {
		s->at[1].from = s->at[0].from;
		remove_at(s, 0);
	}
}

void spans_copy(struct spans *to, const struct spans *from)
{
	for (size_t i = 0; i < from->n; i++)
		spans_add(to, from->at[i].from, from->at[i].to);
}

void spans_free(struct spans *s)
{
	free(s->at);
	*s = (struct spans){ 0 };
}
