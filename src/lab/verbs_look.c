/* SPDX-License-Identifier: MIT
 * Verbs that look: expect (expect.c), table, held, packets. */
#include "lab/verbs.h"

static int run_table(struct saying *s)
{
	struct event ev = { .kind = EV_TABLE, .side = NO_SIDE };
	struct lab *l = s->ctx;

	ev.table.one_host = l->options.loopback;
	if (!take_keyword(s, "ss"))
		ev.table.netstat = take_keyword(s, "netstat");
	if (take_nothing(s) < 0 || lab_quiet(l, s->e) < 0)
		return -1;
	if (l->rehearsal)
		return 0;
	if (lab_look(l, ev.table.seen, s->e) < 0) {
		event_clear(&ev);
		return -1;
	}
	timeline_append(&l->timeline, ev);
	l->hooks.show(l->hooks.ctx);
	return 0;
}

static int run_held(struct saying *s)
{
	struct event ev = { .kind = EV_KEPT, .side = NO_SIDE };
	struct lab *l = s->ctx;
	const struct packet *p;
	size_t n = 0;

	if (take_nothing(s) < 0 || lab_quiet(l, s->e) < 0)
		return -1;
	TAILQ_FOREACH (p, &l->wire.held, link)
		n++;
	ev.kept.packets = xcalloc(n, sizeof *ev.kept.packets);
	ev.kept.from = xcalloc(n, sizeof *ev.kept.from);
	TAILQ_FOREACH (p, &l->wire.held, link) {
		ev.kept.from[ev.kept.n] = p->from;
		ev.kept.packets[ev.kept.n++] = lab_packet(p, FATE_HELD);
	}
	timeline_append(&l->timeline, ev);
	l->hooks.show(l->hooks.ctx);
	return 0;
}

static int run_packets(struct saying *s)
{
	struct lab *l = s->ctx;
	bool verbose = take_keyword(s, "-v");

	if (take_nothing(s) < 0 || lab_quiet(l, s->e) < 0)
		return -1;
	l->hooks.show_all(l->hooks.ctx, verbose);
	return 0;
}

static int run_threshold(struct saying *s)
{
	struct lab *l = s->ctx;
	const char *name = take_word(s, "the threshold's name"), *value = name ? take_word(s, "its value") : NULL;

	if (!value || take_nothing(s) < 0)
		return -1;
	if (!l->hooks.threshold)
		return err_set(s->e, "there is no doctor here");
	return l->hooks.threshold(l->hooks.ctx, name, value, s->e);
}

static const struct verb rows[] = {
	{ "expect", VERB_PLAIN,
	  "H STATE [by ACTOR] [rq N] [sq N] [owned|no-owner] [timer NAME] [retrans N] [port N] | H LISTEN [queue N] "
	  "[backlog N] [syn N] [drops N] | H none [STATE] | H count STATE N | A CALL RESULT | A exits [CODE] | A leaks "
	  "N [at \"PLACE\"] | H counter NAME N | "
	  "wire FROM KIND N | held FROM KIND [N] | finding RULE | no finding [RULE]; each [within TIME] [for TIME]",
	  "hold what the kernel, the calls and the wire say against this, until it is so; 5 s unless 'within'",
	  "Only the time in which the lab waits counts. With 'for TIME' it must then stay so. A number is N, >=N or "
	  "<N. H is client or server, the whole host, or "
	  "an "
	  "actor's name: that actor's socket. STATE is any of the RFC's names in any spelling; SYN_RECV is both kinds, "
	  "NEW_SYN_RECV only request sockets; also BOUND; CLOSED is 'none', which LISTEN and BOUND do not disturb "
	  "unless "
	  "named. CALL is the verb, RESULT is ok, a number, an errno name, pending, or the text received by the last "
	  "call. "
	  "exits is the end of a program that the actor runs; leaks counts the connections whose peers have sent their "
	  "FIN and that the program holds, at: whose end was read "
	  "at a line or function so called. wire counts the packets that came from a host, held and dropped ones too; "
	  "copies that a freeze swallowed and what was injected "
	  "are not counted. finding is what lastack doctor says of this lab, by a rule's id or name; each judgement "
	  "takes its window (threshold window). Counters are those of /proc/net/netstat and snmp since the lab began "
	  "or the last mark. A failed expectation ends the scenario with "
	  "exit code 1.",
	  verb_expect, 0, false },
	{ "threshold", VERB_PLAIN, "NAME VALUE",
	  "a number that the doctor of 'expect finding' judges by; 'window' is how long it looks, 1 s",
	  "lastack doctor --thresholds lists them. What takes a minute in life can so be proved in a second.",
	  run_threshold, 0, false },
	{ "table", VERB_PLAIN, "[netstat|ss]", "the sockets of both hosts, as ss or as netstat prints them", NULL,
	  run_table, 0, false },
	{ "held", VERB_PLAIN, "", "the packets that are held, and for how long", NULL, run_held, 0, false },
	{ "packets", VERB_PLAIN, "[-v]", "the ladder from the beginning", NULL, run_packets, 0, false },
};
const struct verb_group verbs_look = { "Verbs that look", rows, ARRAY_SIZE(rows) };
