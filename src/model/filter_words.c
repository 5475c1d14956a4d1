/* SPDX-License-Identifier: MIT
 * The words of the filter language: the table, spelling, groups of states, "did you mean", the manual. */
#include "model/filter_internal.h"
#include "base/near.h"

#include <ctype.h>
#include <stdio.h>

static const struct filter_word words[] = {
#define FILTER_WORD(id, word, aliases, kind, test, wants, arg, help, example)                                          \
	{ word, aliases, arg, help, example, wants },
#include "model/filter.def"
#undef FILTER_WORD
};

#define SET(state) (1U << TCP_##state)

/* ss's groups, and names that mean more than one state. */
static const struct {
	const char *name;
	state_set states;
} groups[] = {
	{ "all", ALL_STATES },
	{ "connected", ALL_STATES & ~(SET(LISTEN) | SET(CLOSED) | SET(BOUND)) },
	{ "synchronized", ALL_STATES & ~(SET(LISTEN) | SET(CLOSED) | SET(BOUND) | SET(SYN_SENT)) },
	{ "bucket", SET(TIME_WAIT) | SET(NEW_SYN_RECV) },
	{ "big", ALL_STATES & ~(SET(TIME_WAIT) | SET(NEW_SYN_RECV)) },
	{ "syn-rcv", SET(SYN_RECV) | SET(NEW_SYN_RECV) },
	{ "unconn", SET(CLOSED) | SET(BOUND) },
	{ "unconnected", SET(CLOSED) | SET(BOUND) },
};

const struct filter_word *filter_words(size_t *n)
{
	*n = ARRAY_SIZE(words);
	return words;
}

static int letter(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

bool filter_same(struct slice s, const char *word)
{
	for (size_t i = 0; i < s.n; i++)
		if (letter(s.at[i]) != letter(word[i])) /* also where `word` ends before */
			return false;
	return !word[s.n];
}

/* The next of the names in a list separated by blanks, copied to `out`; false at its end. */
static bool next_alias(const char **list, char out[static SHOWN_BYTES])
{
	size_t n;

	*list += strspn(*list, " ");
	n = strcspn(*list, " ");
	snprintf(out, SHOWN_BYTES, "%.*s", (int)n, *list);
	*list += n;
	return n > 0;
}

static bool is_called(const struct filter_word *w, struct slice s)
{
	const char *aliases = w->aliases;
	char alias[SHOWN_BYTES];

	if (filter_same(s, w->name))
		return true;
	while (next_alias(&aliases, alias))
		if (filter_same(s, alias))
			return true;
	return false;
}

enum filter_word_id filter_word_find(struct slice s)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(words) && !is_called(&words[i], s))
		i++;
	return (enum filter_word_id)i;
}

state_set filter_state_set(struct slice s)
{
	char name[SHOWN_BYTES];
	enum tcp_state state;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (filter_same(s, groups[i].name))
			return groups[i].states;
	if (s.n == 0 || s.n >= sizeof name)
		return 0;
	snprintf(name, sizeof name, "%.*s", (int)s.n, s.at);
	if (!tcp_state_parse(name, &state))
		return 0;
	/* A half-open connection: which of its two forms the kernel gave it is nobody's question who says syn-recv. */
	return state == TCP_SYN_RECV ? SET(SYN_RECV) | SET(NEW_SYN_RECV) : state_set_of(state);
}

/* --- did you mean --------------------------------------------------------------------------------------- */

struct search {
	struct near near;
	char *best;
};

/* near_try() keeps the pointer; what is built here for one comparison must be copied. */
static void try_name(struct search *s, const char *name)
{
	char written[SHOWN_BYTES];
	const char *before = s->near.best;
	size_t n = 0;

	for (; name[n] && n + 1 < sizeof written; n++)
		written[n] = (char)letter(name[n]);
	written[n] = 0;
	near_try(&s->near, written);
	if (s->near.best == before)
		return;
	memcpy(s->best, written, sizeof written);
	s->near.best = s->best;
}

static void try_words(struct search *s)
{
	static const char *const joints[] = { "and", "or", "not" };
	char alias[SHOWN_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *aliases = words[i].aliases;

		try_name(s, words[i].name);
		while (next_alias(&aliases, alias))
			try_name(s, alias);
	}
	for (size_t i = 0; i < ARRAY_SIZE(joints); i++)
		try_name(s, joints[i]);
}

const char *filter_near(char out[static SHOWN_BYTES], struct slice s, bool all_words)
{
	char word[SHOWN_BYTES];
	struct search search = { { word, NULL, 0 }, out };

	snprintf(word, sizeof word, "%.*s", s.n < sizeof word ? (int)s.n : (int)sizeof word - 1, s.at);
	if (all_words)
		try_words(&search);
	for (int i = 0; i < TCP_STATES; i++) {
		try_name(&search, tcp_state_info((enum tcp_state)i)->ss);
		try_name(&search, tcp_state_name((enum tcp_state)i));
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		try_name(&search, groups[i].name);
	return search.near.best;
}

/* --- the manual ------------------------------------------------------------------------------------------ */

static void manual_aliases(const char *aliases, struct buf *out)
{
	char alias[SHOWN_BYTES];
	const char *joint = "Also written\n.Cm ";

	for (; next_alias(&aliases, alias); joint = " , ")
		buf_addf(out, "%s%s", joint, alias);
	if (*joint == ' ')
		buf_puts(out, " .\n");
}

void filter_manual(struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct filter_word *w = &words[i];

		buf_addf(out, ".It Cm %s%s%s\n%s.\n", w->name, *w->arg ? " Ar " : "", w->arg, w->help);
		manual_aliases(w->aliases, out);
		buf_addf(out, ".Dl %s\n", w->example);
	}
	buf_puts(out, ".El\n");
}
