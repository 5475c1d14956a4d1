/* SPDX-License-Identifier: MIT
 * A look of top as JSON: every key, what changed, and what was left out. */
#include "screen/looks_test.h"

#include <sys/utsname.h>

#define EST TCP_ESTABLISHED

static const struct row rows[] = {
	{ 1, 9, TCP_LISTEN, 80, 0, 3, 128, SERVER, 0, .rest = { .half_open = 2, .drops = 9, .held = true } },
	{ 2, 9, TCP_LISTEN, 81, 0, 0, 5, SERVER, 0, .rest = { .held = true } },
	{ 1, 1, EST, 80, 1, 0, 0, SERVER, 0, .rest = { .key.cookie = 1 } },
	{ 1, 2, EST, 80, 2, 0, 0, SERVER, 0, .rest = { .key.cookie = 2 } },
	{ 1, 9, EST, 80, 3, 0, 0, SERVER, 0, .rest = { .key.cookie = 3 } },
	{ 2, 2, TCP_CLOSE_WAIT, 81, 4, 1, 0, LEAKY, 0,
	  .rest = { .key.cookie = 4, .age = { 7000000000 }, .age_is = AGE_EXACT } },
	{ 3, 3, TCP_CLOSE_WAIT, 81, 5, 1, 0, NOBODY, 0, .rest = { .key.cookie = 5, .no_owner = NO_OWNER_HIDDEN } },
};

/* --- the whole ----------------------------------------------------------------------------------------------- */

/* Sockets without what comes last in them. */
#define SERVERS "\"owners\":[{\"pid\":5000010,\"comm\":\"server\",\"fd\":8}]"
#define LEAKYS  "\"owners\":[{\"pid\":5000020,\"comm\":\"leaky\",\"fd\":8}]"
#define S80                                                                                                            \
	"{\"netns\":\"4026531840\",\"state\":\"LISTEN\",\"local\":\"10.0.0.1:80\",\"remote\":\"*:*\",\"rq\":3,"        \
	"\"sq\":128,\"half_open\":2,\"drops\":9," SERVERS
#define S81                                                                                                            \
	"{\"netns\":\"4026531840\",\"state\":\"LISTEN\",\"local\":\"10.0.0.1:81\",\"remote\":\"*:*\",\"rq\":0,"        \
	"\"sq\":5,\"half_open\":0,\"drops\":0," SERVERS
#define S(n, state, port, rq)                                                                                          \
	"{\"sock\":\"" n "\",\"netns\":\"4026531840\",\"state\":\"" state "\",\"local\":\"10.0.0.1:" port              \
	"\",\"remote\":\"10.0.0.2:" n "\",\"rq\":" rq ",\"sq\":0,"

/* From the kernel's name on, without that. */
static const struct {
	const char *what;
	unsigned look;
	const char *filter, *says;
} objects[] = {
	{ "of one look nothing came and nothing changed", 1, "not dport 2 and not dport 3",
	  "\"engine\":\"X\",\"interval_ns\":0,\"took_ns\":7000000,\"filter\":\"not dport 2 and not dport 3\","
	  "\"hidden_sockets\":0,\"hidden_processes\":1,\"closed_namespaces\":2,\"unsure_chains\":3,"
	  "\"sockets\":2,\"came\":0,\"went\":0,"
	  "\"states\":{\"LISTEN\":{\"sockets\":1,\"change\":0},\"ESTABLISHED\":{\"sockets\":1,\"change\":0}},"
	  "\"listeners\":[" S80 "}],\"listeners_left_out\":0,"
	  "\"group_by\":\"owner\",\"groups\":[{\"group\":\"server[5000010]\",\"sockets\":2,\"change\":0,"
	  "\"states\":{\"LISTEN\":1,\"ESTABLISHED\":1}}],\"groups_left_out\":0,"
	  "\"first_sockets\":[" S80 "}," S("1", "ESTABLISHED", "80", "0") "\"drops\":0," SERVERS "}],"
	                                                                  "\"gone\":[],\"gone_left_out\":0}\n" },
	{ "of the second what came, what went and for how long; a new listener has lost nothing that is known", 2,
	  "not dport 2 and not dport 3",
	  "\"engine\":\"X\",\"interval_ns\":10000000000,\"took_ns\":7000000,"
	  "\"filter\":\"not dport 2 and not dport 3\","
	  "\"hidden_sockets\":0,\"hidden_processes\":1,\"closed_namespaces\":2,\"unsure_chains\":3,"
	  "\"sockets\":3,\"came\":2,\"went\":1,"
	  "\"states\":{\"LISTEN\":{\"sockets\":2,\"change\":1},\"ESTABLISHED\":{\"sockets\":0,\"change\":-1},"
	  "\"CLOSE_WAIT\":{\"sockets\":1,\"change\":1}},"
	  "\"listeners\":[" S80 ",\"dropped\":0}," S81 "}],\"listeners_left_out\":0,"
	  "\"group_by\":\"owner\",\"groups\":[{\"group\":\"server[5000010]\",\"sockets\":2,\"change\":0,"
	  "\"states\":{\"LISTEN\":2}},{\"group\":\"leaky[5000020]\",\"sockets\":1,\"change\":1,"
	  "\"oldest_ns\":7000000000,\"states\":{\"CLOSE_WAIT\":1}}],\"groups_left_out\":0,"
	  "\"first_sockets\":[" S80 "}," S81
	  "}," S("4", "CLOSE_WAIT", "81",
	         "1") "\"age_ns\":7000000000,\"age_is\":\"exact\",\"drops\":0," LEAKYS "}],"
	              "\"gone\":[" S("1", "ESTABLISHED", "80",
	                             "0") "\"drops\":0," SERVERS
	                                  ",\"life_ns\":0,\"life_is\":\"at-least\"}],\"gone_left_out\":0}\n" },
	{ "of the third what went since the second", 3, "dport 1 or dport 2 or dport 4 or dport 5",
	  "\"engine\":\"X\",\"interval_ns\":10000000000,\"took_ns\":7000000,"
	  "\"filter\":\"dport 1 or dport 2 or dport 4 or dport 5\","
	  "\"hidden_sockets\":1,\"hidden_processes\":1,\"closed_namespaces\":2,\"unsure_chains\":3,"
	  "\"sockets\":1,\"came\":1,\"went\":2,"
	  "\"states\":{\"ESTABLISHED\":{\"sockets\":0,\"change\":-1},\"CLOSE_WAIT\":{\"sockets\":1,\"change\":0}},"
	  "\"listeners\":[],\"listeners_left_out\":0,"
	  "\"group_by\":\"owner\",\"groups\":[{\"group\":\"hidden\",\"sockets\":1,\"change\":1,"
	  "\"states\":{\"CLOSE_WAIT\":1}}],\"groups_left_out\":0,"
	  "\"first_sockets\":[" S("5", "CLOSE_WAIT", "81",
	                          "1") "\"drops\":0,\"owners\":[],\"no_owner\":\"hidden\"}],"
	                               "\"gone\":[" S(
					       "4", "CLOSE_WAIT", "81",
					       "1") "\"age_ns\":7000000000,\"age_is\":\"exact\",\"drops\":0," LEAKYS
	                                            ",\"life_ns\":20000000000,\"life_is\":\"less-than\"}," S(
							    "2", "ESTABLISHED", "80",
							    "0") "\"drops\":0," SERVERS
	                                                         ",\"life_ns\":10000000000,\"life_is\":\"at-least\"}],"
	                                                         "\"gone_left_out\":0}\n" },
};

static void head(char *out, size_t size, unsigned look)
{
	struct utsname u;

	uname(&u);
	snprintf(out, size,
	         "{\"schema\":{\"top\":\"lastack.top/1\"},\"command\":\"lastack top\",\"wall_ns\":432%u0000000000,"
	         "\"kernel\":\"%s\",",
	         look, u.release);
}

static void whole_objects(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct top *t = top_at(rows, ARRAY_SIZE(rows));
		struct buf b = { 0 };
		struct err e = { 0 };
		char first[400];

		machine.unseen = (struct top_unseen){ 1, 2, 3 };
		top_set_filter(t, objects[i].filter, &e);
		while (machine.look < objects[i].look) {
			top_looks(t);
			top_count_groups(t);
		}
		t->took = span_ms(7);
		top_json(&b, t);
		head(first, sizeof first, objects[i].look);
		if (ok(!strncmp(buf_text(&b), first, strlen(first)), "whose look it was, and when"))
			same_text(buf_text(&b) + strlen(first), objects[i].says, objects[i].what);
		buf_free(&b);
		top_free(t);
	}
}

/* --- what is left out ---------------------------------------------------------------------------------------- */

enum { LISTENERS = 1005, CONNECTIONS = 1003 };

/* How many objects begin in the array of that name. */
static size_t objects_in(struct buf *json, const char *name)
{
	const char *at = strstr(buf_text(json), name);
	size_t n = 0, deep = 0;

	for (at += at ? strlen(name) : 0; at && *at && (deep || *at != ']'); at++) {
		n += !deep && *at == '{';
		deep += *at == '{' || *at == '[';
		deep -= *at == '}' || *at == ']';
	}
	return n;
}

static void what_is_left_out(void)
{
	struct row *many = xcalloc(LISTENERS + CONNECTIONS, sizeof *many);
	struct buf b = { 0 };
	struct top *t;

	for (uint16_t i = 0; i < LISTENERS; i++)
		many[i] = (struct row){ 1, 2, TCP_LISTEN, 1 + i, 0, 0, 5, SERVER + i, 0, .rest = { .held = true } };
	for (uint16_t i = 0; i < CONNECTIONS; i++)
		many[LISTENERS + i] = (struct row){ 1, 1, EST, 1, 1 + i, 0, 0, NOBODY, 0, .rest = { .held = true } };
	t = top_at(many, LISTENERS + CONNECTIONS);
	top_looks_until(t, 2);
	top_json(&b, t);
	ok(objects_in(&b, "\"listeners\":[") == 1000 && strstr(buf_text(&b), "\"listeners_left_out\":5,"),
	   "a thousand listeners are told");
	ok(objects_in(&b, "\"groups\":[") == 100 && strstr(buf_text(&b), "\"groups_left_out\":905,"),
	   "a hundred groups");
	ok(objects_in(&b, "\"first_sockets\":[") == 20, "twenty sockets");
	ok(objects_in(&b, "\"gone\":[") == 1000 && strstr(buf_text(&b), "\"gone_left_out\":3}"),
	   "a thousand of those that went");
	buf_free(&b);
	top_free(t);
	free(many);
}

int main(void)
{
	whole_objects();
	what_is_left_out();
	return tap_done();
}
