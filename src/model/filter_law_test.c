/* SPDX-License-Identifier: MIT
 * What holds of any filter, tried on random ones; and any text is a filter or an error. */
#include "model/filter_test.h"

/* --- what holds of any filter ----------------------------------------------------------------------------- */

static unsigned random_below(unsigned n)
{
	static uint64_t seed = 42;

	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(seed >> 33) % n;
}

#define ONE_OF(list) list[random_below(ARRAY_SIZE(list))]

static const char *const whole_terms[] = { "mini",
	                                   "v4",
	                                   "v6",
	                                   "listen",
	                                   "close-wait,bound",
	                                   "state connected exclude time-wait",
	                                   "owner none",
	                                   "owner any",
	                                   "owner kernel",
	                                   "comm a*",
	                                   "comm b",
	                                   "pid 1",
	                                   "fd 3",
	                                   "older 5s",
	                                   "younger 9s",
	                                   "listener 3",
	                                   "timer on",
	                                   "src 10.0.0.1",
	                                   "dst 10.0.0.0/31:3",
	                                   "addr ::/1",
	                                   "src [::1]:2",
	                                   "src :4",
	                                   "src != :2",
	                                   "halfopen gt 1",
	                                   "rtt gt 3us",
	                                   "uid != 0",
	                                   "netns blue",
	                                   "cgroup 3" };

static void random_term(struct buf *b)
{
	static const char *const words[] = { "sport", "dport", "port", "sport", "dport" };
	static const char *const ops[] = { "=", "!=", "lt", "le", ">", "ge" };
	static const char *const ends[] = { "0", "1", "2", "5", "65534", "65535" };

	if (random_below(2))
		buf_puts(b, ONE_OF(whole_terms));
	else if (random_below(3))
		buf_addf(b, "%s %s %s", ONE_OF(words), ONE_OF(ops), ONE_OF(ends));
	else
		buf_addf(b, "%s %u-%u", ONE_OF(words), random_below(3), 3 + random_below(65533));
}

static void random_filter(struct buf *b, unsigned depth)
{
	static const char *const joints[] = { " ", " and ", " or ", " | " };

	if (random_below(5) == 0)
		buf_puts(b, "not ");
	if (depth == 0 || random_below(3) == 0) {
		random_term(b);
		return;
	}
	buf_puts(b, "[ ");
	random_filter(b, depth - 1);
	for (unsigned n = random_below(3); n-- > 0;) {
		buf_puts(b, ONE_OF(joints));
		random_filter(b, depth - 1);
	}
	buf_puts(b, " ]");
}

static struct endpoint random_end(void)
{
	static const char *const addrs[] = { "10.0.0.1", "10.0.0.2", "::1", "::ffff:10.0.0.1", "0.0.0.0" };
	static const uint16_t numbers[] = { 0, 1, 2, 3, 4, 65534, 65535 };

	return end(ONE_OF(addrs), ONE_OF(numbers));
}

static void random_host(struct evidence *ev)
{
	struct holder a = { 1, 1, "abc" }, b = { 2, 2, "b" };

	evidence_add_holder(ev, &a);
	evidence_add_holder(ev, &b);
	for (unsigned i = 0; i < 400; i++) {
		struct sock s = { .key = { random_below(2) ? AWAY : HOME, i },
			          .state = (enum tcp_state)random_below(TCP_STATES),
			          .local = random_end(),
			          .remote = random_end(),
			          .half_open = random_below(3),
			          .age = span_s(random_below(12)),
			          .uid = random_below(2),
			          .age_is = (uint8_t)random_below(3),
			          .is_mini = random_below(2),
			          .timer = (enum sock_timer)random_below(TIMERS),
			          .held = random_below(2),
			          .no_owner = (uint8_t)random_below(NO_OWNER_REASONS),
			          .cgroup = random_below(4),
			          .listener = random_below(i + 1) };
		struct sock *added = evidence_add(ev, &s);

		*evidence_add_info(ev) = (struct sock_info){ .known = random_below(2), .rtt_us = random_below(6) };
		if (random_below(2))
			evidence_add_owner(ev, added, random_below(2), (int)random_below(5));
	}
}

static bool within(const struct port_range *r, uint16_t port)
{
	return port >= r->from && port <= r->to;
}

/* A socket that matches is of the states and ports that are dumped. How many match; -1: one is not. */
static int narrowed(const struct filter *f, const struct evidence *ev)
{
	state_set set = filter_states(f);
	struct port_range l, r;
	int n = 0;

	filter_ports(f, &l, &r);
	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];

		if (!filter_match(f, ev, i))
			continue;
		n++;
		if (!state_set_has(set, s->state) || !within(&l, s->local.port) || !within(&r, s->remote.port))
			return -1;
	}
	return n;
}

/* Of three filters x, y, z: "fmt" with them in it, and what it should say. */
struct law {
	const char *fmt, *name;
	bool (*says)(bool x, bool y, bool z);
};

static bool same(bool x, bool y, bool z)
{
	return (void)y, (void)z, x;
}
static bool opposite(bool x, bool y, bool z)
{
	return (void)y, (void)z, !x;
}
static bool tighter(bool x, bool y, bool z)
{
	return x || (y && z);
}
static bool tighter_before(bool x, bool y, bool z)
{
	return (x && y) || z;
}
static bool not_is_tightest(bool x, bool y, bool z)
{
	return !x && (y || z);
}
static bool any_of_three(bool x, bool y, bool z)
{
	return x || y || z;
}

static const struct law laws[] = {
	{ "not not [%s]", "twice 'not' changes nothing", same },
	{ "not [not [%s]]", "nor does it around a group", same },
	{ "not [%s]", "'not' turns it round", opposite },
	{ "[%s] or [%s] and [%s]", "'and' binds tighter than 'or'", tighter },
	{ "[%s] || [%s] [%s]", "and so does nothing between two", tighter },
	{ "[%s] & [%s] | [%s]", "on the other side too", tighter_before },
	{ "not [%s] [[%s] or [%s]]", "'not' binds tightest", not_is_tightest },
	{ "not [not [%s] not [%s] not [%s]]", "de Morgan", any_of_three },
};

static bool law_holds(const struct law *law, const struct evidence *ev, struct buf texts[3])
{
	struct filter *one[3], *joined;
	struct buf text = { 0 };
	bool good = true;

	buf_addf(&text, law->fmt, buf_text(&texts[0]), buf_text(&texts[1]), buf_text(&texts[2]));
	joined = parsed(buf_text(&text));
	for (int i = 0; i < 3; i++)
		one[i] = parsed(buf_text(&texts[i]));
	for (size_t i = 0; i < ev->n && good; i++)
		good = filter_match(joined, ev, i) ==
		       law->says(filter_match(one[0], ev, i), filter_match(one[1], ev, i), filter_match(one[2], ev, i));
	good = good && narrowed(joined, ev) >= 0;
	if (!good)
		printf("# breaks it: %s\n", buf_text(&text));
	for (int i = 0; i < 3; i++)
		filter_free(one[i]);
	filter_free(joined);
	buf_free(&text);
	return good;
}

static void properties(void)
{
	struct evidence ev = { 0 };
	struct buf texts[3] = { 0 };
	unsigned bad = 0, found_some = 0, broken[ARRAY_SIZE(laws)] = { 0 };

	random_host(&ev);
	for (int round = 0; round < 600; round++) {
		for (int i = 0; i < 3; i++) {
			struct filter *f;
			int n;

			buf_clear(&texts[i]);
			random_filter(&texts[i], 3);
			f = parsed(buf_text(&texts[i]));
			n = narrowed(f, &ev);
			filter_free(f);
			bad += n < 0;
			found_some += n > 0;
		}
		for (size_t i = 0; i < ARRAY_SIZE(laws); i++)
			broken[i] += !law_holds(&laws[i], &ev, texts);
	}
	ok(bad == 0, "what matches is within the states and ports that are dumped, of 1800 random filters");
	ok(found_some > 900, "of which most find something (%u)", found_some);
	for (size_t i = 0; i < ARRAY_SIZE(laws); i++)
		ok(broken[i] == 0, "%s, of 600", laws[i].name);
	for (int i = 0; i < 3; i++)
		buf_free(&texts[i]);
	evidence_free(&ev);
}

/* --- hostile text ------------------------------------------------------------------------------------------ */

static void random_text(char *out, size_t n)
{
	static const char *const pieces[] = { "state",    "sport", "src",
		                              "[",        "]",     "(",
		                              ")",        "!",     "!=",
		                              "=",        ":",     ",",
		                              "'",        "\"",    "80",
		                              "-",        "/8",    "::1",
		                              "10.0.0.1", "\xff",  "\xed\x95\x9c",
		                              "\x1b",     "and",   "or",
		                              "not",      " ",     " ",
		                              "gt",       "5s",    "comm",
		                              "*",        "rtt",   "older",
		                              "listen",   "&",     "|",
		                              "owner",    "\\",    "999999999999999999999",
		                              ".",        "k",     "uid",
		                              "%s%n" };
	size_t used = 0;

	for (unsigned i = random_below(24); i-- > 0;) {
		const char *piece = ONE_OF(pieces);

		if (used + strlen(piece) >= n)
			break;
		memcpy(out + used, piece, strlen(piece));
		used += strlen(piece);
	}
	out[used] = 0;
}

static void hostile(void)
{
	unsigned wrong = 0, parsed_ones = 0;
	char text[512];

	for (int i = 0; i < 50000; i++) {
		struct err e;
		struct filter *f;

		random_text(text, sizeof text);
		f = filter_parse(text, i & 1 ? &names : NULL, &e);
		if (!f && !well_formed(err_text(&e)) && !wrong++)
			printf("# %s\n", e.text);
		parsed_ones += f != NULL;
		wrong += f && narrowed(f, &host) < 0;
		filter_free(f);
	}
	ok(wrong == 0, "50000 heaps of pieces are filters or errors with a caret");
	ok(parsed_ones > 500, "and not all of them errors (%u)", parsed_ones);
	filter_free(NULL);
}

int main(void)
{
	make_host();
	properties();
	hostile();
	evidence_free(&host);
	return tap_done();
}
