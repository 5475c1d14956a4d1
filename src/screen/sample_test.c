/* SPDX-License-Identifier: MIT
 * Looks, one after the other: what each asks for, what is told of the whole, which groups are compared, and the filter.
 */
#include "screen/looks_test.h"

#define EST    TCP_ESTABLISHED
#define HIDDEN .no_owner = NO_OWNER_HIDDEN

/* --- what a look asks for ------------------------------------------------------------------------------------ */

enum {
	ALWAYS = WANT_OWNERS | WANT_TIMER | WANT_UID | WANT_INODE | WANT_AGE | WANT_DROPS,
	PAGES = WANT_INFO | WANT_CGROUP,
	FEW = 3,
	MANY = 50001
};

/* In the second look, by how many sockets the first had. */
static const struct {
	const char *what;
	size_t many;
	const char *filter, *sorting;
	bool page;
	unsigned wanted;
} wants[] = {
	{ "few sockets: all that pages show", FEW, "", "", false, ALWAYS | PAGES },
	{ "many: what costs little", MANY, "", "", false, ALWAYS },
	{ "exactly as many as cost little", MANY - 1, "", "", false, ALWAYS | PAGES },
	{ "an open page: all that it shows", MANY, "", "", true, ALWAYS | PAGES },
	{ "what the filter asks", MANY, "rtt > 5ms", "", false, ALWAYS | WANT_INFO },
	{ "what orders them", MANY, "", "state,-cgroup", false, ALWAYS | WANT_CGROUP },
	{ "of namespaces nothing more is gathered", MANY, "netns 4026531840", "", false, ALWAYS },
};

static void what_looks_ask_for(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		struct top *t = top_at(NULL, 0);
		struct err e = { 0 };

		machine.many = wants[i].many;
		top_looks(t);
		if (top_set_filter(t, wants[i].filter, &e) < 0 || sorting_parse(&t->sorting, wants[i].sorting, &e) < 0)
			printf("Bail out! %s\n", err_text(&e));
		t->page.on = wants[i].page;
		t->page.is_gone = true; /* nothing of it is followed */
		top_looks(t);
		ok(machine.wanted == wants[i].wanted && t->wanted == wants[i].wanted, "%s: %x", wants[i].what,
		   machine.wanted);
		ok(!top_now(t)->infos == !(wants[i].wanted & WANT_INFO),
		   "and infos are there where they were asked for");
		top_free(t);
	}
}

/* The evidence of two looks before has infos, and this look asks for none. */
static void infos_do_not_stay(void)
{
	struct top *t = top_at(NULL, 0);

	machine.many = 1;
	top_looks_until(t, 2);
	machine.many = MANY;
	top_looks(t);
	machine.many = 1;
	top_looks(t);
	ok(!(machine.wanted & WANT_INFO) && !top_now(t)->infos && !top_now(t)->cap_infos && top_now(t)->n == 1,
	   "a look without infos has not those of an earlier one");
	top_free(t);
}

/* --- what is told of the whole ------------------------------------------------------------------------------- */

static const struct row several[] = {
	{ 1, 3, EST, 80, 1, 0, 0, SERVER, 0, .rest = { .key = { HOME, 1 } } },
	{ 1, 3, EST, 80, 2, 0, 0, NOBODY, 0, .rest = { .key = { HOME, 2 }, HIDDEN } },
	{ 1, 3, EST, 80, 3, 0, 0, SERVER, 0, .rest = { .key = { HOME, 3 }, HIDDEN } },
	{ 1, 3, EST, 80, 4, 0, 0, NOBODY, 0, .rest = { .key = { HOME, 4 }, .no_owner = NO_OWNER_ORPHAN } },
	{ 1, 2, EST, 80, 5, 0, 0, NOBODY, 0, .rest = { .key = { AWAY, 5 }, HIDDEN } },
};

static const struct {
	const char *what;
	unsigned look;
	const char *filter;
	size_t hidden;
	bool several;
} surveys[] = {
	{ "owners are hidden where nobody else is known; two namespaces", 1, "", 2, true },
	{ "of the present look", 3, "", 1, false },
	{ "of what the filter lets through", 2, "dport < 5", 1, false },
	{ "one namespace, another one", 2, "dport 5", 1, false },
	{ "the first and the last", 2, "dport 1 or dport 5", 1, true },
	{ "none at all", 2, "dport 6", 0, false },
};

static void what_is_told_of_the_whole(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(surveys); i++) {
		struct top *t = top_at(several, ARRAY_SIZE(several));
		struct err e = { 0 };

		top_looks_until(t, surveys[i].look);
		top_set_filter(t, surveys[i].filter, &e);
		ok(t->hidden == surveys[i].hidden && t->several == surveys[i].several, "%s: %zu hidden, %s namespace",
		   surveys[i].what, t->hidden, t->several ? "more than one" : "one");
		top_looks(t);
		top_free(t);
	}
}

static void what_was_not_seen(void)
{
	struct top *t = top_at(several, ARRAY_SIZE(several));

	machine.unseen = (struct top_unseen){ 1, 2, 3 };
	top_looks(t);
	ok(t->unseen.processes == 1 && t->unseen.namespaces == 2 && t->unseen.chains == 3, "what a look could not see");
	machine.fails = true;
	ok(top_looks(t) < 0 && t->n_looks == 1 && top_now(t)->n == 5, "of looks that fail the last one stays");
	machine.fails = false;
	machine.unseen = (struct top_unseen){ 0 };
	ok(top_looks(t) == 0 && t->n_looks == 2 && !t->unseen.namespaces, "and the next one sees all");
	top_free(t);
}

/* --- names --------------------------------------------------------------------------------------------------- */

/* So long ago they were asked for; whether the look asks anew. Not near the 15 s, for machines are slow. */
static const struct {
	int ago_s;
	bool anew;
} names[] = { { 0, false }, { 2, false }, { 16, true }, { 1000, true } };

static void names_are_renewed(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct top *t = top_at(several, ARRAY_SIZE(several));
		struct instant began = clock_now(), asked = { began.ns - span_s(names[i].ago_s).ns };

		t->named = asked;
		top_looks(t);
		ok(machine.forgotten == names[i].anew, "names of %d s ago are %s", names[i].ago_s,
		   names[i].anew ? "forgotten" : "kept");
		ok(names[i].anew ? t->named.ns >= began.ns && t->named.ns <= clock_now().ns : t->named.ns == asked.ns,
		   "and it is known when that was");
		top_free(t);
	}
}

/* --- groups -------------------------------------------------------------------------------------------------- */

static const struct row growing[] = {
	{ 1, 9, EST, 80, 1, 0, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 2, 9, EST, 80, 2, 0, 0, SERVER, 0, .rest = { .key.cookie = 2 } },
	{ 3, 9, EST, 80, 3, 0, 0, SERVER, 0, .rest = { .key.cookie = 3 } },
	{ 3, 9, EST, 80, 4, 0, 0, SERVER, 0, .rest = { .key.cookie = 4 } },
};

/* L looks, c counts, o by owner, p by peer's address, f filters. How many the group has then, and had. */
static const struct {
	const char *steps;
	uint32_t n, was;
	const char *what;
} counts[] = {
	{ "Lc", 1, 1, "the first look: no change" },
	{ "LcLc", 2, 1, "the look before was counted" },
	{ "LLc", 2, 2, "it was not" },
	{ "LcLLc", 4, 4, "only the one before that was" },
	{ "LcLcLc", 4, 2, "each against the one before it" },
	{ "LcLcc", 2, 1, "counted again: the same" },
	{ "LcLpc", 2, 2, "the look before was counted by another kind" },
	{ "LcLpcoc", 2, 2, "this look was, too" },
	{ "LpcLpc", 2, 1, "by peer both times" },
	{ "LcLpcLpc", 4, 2, "by peer again" },
	{ "LcLcfc", 2, 2, "counted of another filter" },
	{ "LcLcfcLc", 4, 2, "and again of that one" },
};

static void step(struct top *t, char what)
{
	struct err e = { 0 };

	if (what == 'L')
		top_looks(t);
	else if (what == 'c')
		top_count_groups(t);
	else if (what == 'f')
		top_set_filter(t, "state established", &e);
	else
		t->grouping = what == 'p' ? GROUP_PEER : GROUP_OWNER;
}

static void groups_are_compared(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct top *t = top_at(growing, ARRAY_SIZE(growing));
		const struct group *g;

		for (const char *c = counts[i].steps; *c; c++)
			step(t, *c);
		g = &t->groups.all[0];
		ok(t->groups.n == 1 && g->n == counts[i].n && g->was == counts[i].was, "%s (%s): %u, before %u",
		   counts[i].what, counts[i].steps, g->n, g->was);
		top_free(t);
	}
}

/* --- the filter ---------------------------------------------------------------------------------------------- */

/* Set after the first look, of many sockets; a look is taken at once where it asks what was not gathered. */
static const struct {
	const char *what, *filter;
	bool paused;
	size_t looks, shown;
	const char *stays;
} filters[] = {
	{ "what is known already", "dport 1", false, 2, 1, "dport 1" },
	{ "what is not", "rtt < 1h", false, 3, 0, "rtt < 1h" },
	{ "what is not, and the look is to stay", "rtt < 1h", true, 2, 0, "rtt < 1h" },
	{ "none", "", false, 2, MANY + 2, "" },
	{ "nonsense", "nonsense", false, 2, 1, "dport 2" },
};

static void filters_are_set(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct top *t = top_at(growing, ARRAY_SIZE(growing));
		struct err e = { 0 };
		bool good = !streq(filters[i].filter, "nonsense");

		machine.many = MANY;
		top_set_filter(t, "dport 2", &e);
		top_looks_until(t, 2);
		t->paused = filters[i].paused;
		ok((top_set_filter(t, filters[i].filter, &e) == 0) == good, "%s", filters[i].what);
		ok(t->n_looks == filters[i].looks && t->history.n_shown == filters[i].shown &&
		           streq(buf_text(&t->filter_text), filters[i].stays),
		   "%zu looks, %zu sockets through '%s'", t->n_looks, t->history.n_shown, buf_text(&t->filter_text));
		top_free(t);
	}
}

/* --- words --------------------------------------------------------------------------------------------------- */

static void words(void)
{
	struct top *t = top_at(growing, ARRAY_SIZE(growing));
	char clock[CLOCK_TEXT];

	top_say(t, true, "%d is %s", 7, "bad");
	ok(streq(t->message, "7 is bad") && t->message_is_bad, "what is bad is said");
	top_say(t, false, "good");
	ok(streq(t->message, "good") && !t->message_is_bad, "and what is not");
	top_looks_until(t, 3);
	top_clock(t, top_now(t)->at, clock);
	ok(streq(clock, "12:00:30"), "an instant is told as people tell time");
	top_free(t);
}

int main(void)
{
	what_looks_ask_for();
	infos_do_not_stay();
	what_is_told_of_the_whole();
	what_was_not_seen();
	names_are_renewed();
	groups_are_compared();
	filters_are_set();
	words();
	return tap_done();
}
