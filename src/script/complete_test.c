/* SPDX-License-Identifier: MIT
 * What may follow at each place of a form. */
#include "base/tap.h"
#include "base/buf.h"
#include "script/complete.h"

static void words_of(void *ctx, const char *capital, const char *before, void (*add)(void *to, const char *word),
                     void *to)
{
	(void)ctx;
	if (streq(capital, "FROM")) {
		add(to, "client");
		add(to, "server");
	} else if (streq(capital, "KIND")) {
		add(to, "SYN");
		add(to, "FIN");
	} else if (streq(capital, "NAME") && streq(before, "timer")) {
		add(to, "keepalive");
	}
}

static bool accepts(void *ctx, const char *capital, const char *word)
{
	(void)ctx;
	if (streq(capital, "FROM"))
		return streq(word, "client") || streq(word, "server");
	if (streq(capital, "KIND"))
		return streq(word, "SYN") || streq(word, "FIN");
	return !streq(capital, "N") || (*word >= '0' && *word <= '9');
}

static void gather(void *to, const char *word)
{
	buf_addf(to, "%s ", word);
}

/* "FORM: words, |: what may follow" */
static const struct {
	const char *form, *words[4], *next;
} rows[] = {
	{ "FROM KIND [of ACTOR] [port N]", { 0 }, "client server " },
	{ "FROM KIND [of ACTOR] [port N]", { "client" }, "SYN FIN " },
	{ "FROM KIND [of ACTOR] [port N]", { "client", "SYN" }, "of port " },
	{ "FROM KIND [of ACTOR] [port N]", { "client", "SYN", "port" }, "" },
	{ "FROM KIND [of ACTOR] [port N]", { "client", "SYN", "port", "80" }, "of " },
	{ "FROM KIND [of ACTOR] [port N]", { "nobody" }, "" },
	{ "[FROM] KIND | all", { 0 }, "client server SYN FIN all " },
	{ "[FROM] KIND | all", { "client" }, "SYN FIN " },
	{ "[FROM] KIND | all", { "all" }, "" },
	{ "[wr|rd|both]", { 0 }, "wr rd both " },
	{ "[wr|rd|both]", { "rd" }, "" },
	{ "N | FROM KIND [N]", { "5" }, "" },
	{ "N | FROM KIND [N]", { "server" }, "SYN FIN " },
	{ "H LISTEN [queue N] | KIND; each [within TIME] [timer NAME]", { "x" }, "LISTEN " },
	{ "H LISTEN [queue N] | KIND; each [within TIME] [timer NAME]", { "x", "listen" }, "queue within timer " },
	{ "H LISTEN [queue N] | KIND; each [within TIME] [timer NAME]", { "SYN" }, "LISTEN within timer " },
	{ "H LISTEN [queue N] | KIND; each [within TIME] [timer NAME]", { "SYN", "timer" }, "keepalive " },
	{ "", { 0 }, "" },
	{ "", { "x" }, "" },
};

int main(void)
{
	const struct complete_hooks hooks = { NULL, words_of, accepts };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf said = { 0 };
		size_t n = 0;

		while (n < ARRAY_SIZE(rows[i].words) && rows[i].words[n])
			n++;
		complete_form(rows[i].form, rows[i].words, n, &hooks, gather, &said);
		same_text(buf_text(&said), rows[i].next, rows[i].form);
		buf_free(&said);
	}
	return tap_done();
}
