/* SPDX-License-Identifier: MIT
 * Observations written by hand, for tests of rules: what was seen of a machine, as a text.
 *
 * A line is a label, a kind, and words `key=value` or `key`:
 *
 *     look   twice window=5s                                        all of it: looks, what could not be seen
 *     host   orphans=10 memory=10                                   the machine
 *     net    own somaxconn=128 ip_local_port_range.0=32768 OutSegs=500 tcp_mem.1=?
 *     log    said=too~many~orphaned~sockets ago=10s                 a line of the kernel's log; ~ is a blank
 *     P      process pid=80 fds=50 limit=1024
 *     waits  socks CLOSE_WAIT n=20 local=10.0.0.1:8080 remote=10.0.0.2:40000+ pid=80 age=60s was=CLOSE_WAIT
 *     tools  probes strays=30 stacks=main.c:5~main()
 *
 * The first word is the label and, where none of the kinds stands second, the kind as well. A counter's value is how
 * much it rose in the window (or before/after). `+` behind an address, a port or an age: each further socket has one
 * more. `was`: its state in the first look; without it the socket came later. `gone`: it is in the first look only.
 * A value `?` is unknown. What is not said of a socket, a process or a counter is known, and usual; settings that are
 * not named are unknown. `lacks` takes from sockets what such a file does not tell.
 *
 * The same with a difference: "waits.n=19 P.fds=? net=-" puts another value, makes one unknown, leaves a line out;
 * "waits.was=-" takes a word away. */
#ifndef DOCTOR_BY_HAND_H
#define DOCTOR_BY_HAND_H

#include "doctor/hand_missing.h"

static inline void hand_make_line(struct by_hand *h, struct hand_line *l, uint64_t *cookies)
{
	switch (l->kind) {
	case HAND_LOOK:
		hand_set_all(&h->o, hand_look_keys, ARRAY_SIZE(hand_look_keys), l);
		break;
	case HAND_HOST:
		hand_set_all(&h->o.host, hand_host_keys, ARRAY_SIZE(hand_host_keys), l);
		break;
	case HAND_NET:
		hand_make_net(h, l);
		break;
	case HAND_LOG:
		hand_make_log(h, l);
		break;
	case HAND_PROCESS:
		hand_make_process(h, l);
		break;
	case HAND_SOCKS:
		hand_make_socks(h, l, cookies);
		break;
	default:
		hand_set_all(&h->found, hand_probes_keys, ARRAY_SIZE(hand_probes_keys), l);
	}
}

/* "5,0,7": what waited at a listener in looks between both. */
static inline void hand_add_samples(struct queue_samples *q, const char *text)
{
	for (; *text; text += *text == ',') {
		char *end;

		q->rq[q->n++] = (uint32_t)strtoul(text, &end, 10);
		if (end == text)
			hand_fail("'%s' are no samples", text);
		text = end;
	}
}

static inline void hand_take_samples(struct by_hand *h)
{
	struct observation *o = &h->o;

	o->queues = xcalloc(o->n_listeners + 1, sizeof *o->queues);
	for (size_t i = 0; i < h->text.n; i++)
		for (size_t k = 0; k < h->text.lines[i].n && !h->text.lines[i].out; k++)
			for (size_t s = 0; s < o->n_listeners && streq(h->text.lines[i].words[k].key, "queue"); s++)
				if (o->listeners[s] + 1 == h->text.lines[i].first_sock)
					hand_add_samples(&o->queues[s], h->text.lines[i].words[k].value);
}

/* For by_hand_free(). */
static inline struct by_hand *by_hand_lacking(const char *text, const char *but, unsigned lacks)
{
	struct by_hand *h = xcalloc(1, sizeof *h);
	uint64_t cookies = 0;

	h->o.window = span_s(5);
	h->o.host = (struct host_facts){ UNKNOWN, UNKNOWN, false };
	hand_read(&h->text, text);
	hand_change(&h->text, but);
	hand_leave_out(&h->text, lacks);
	for (size_t i = 0; i < h->text.n; i++)
		if (!h->text.lines[i].out)
			hand_make_line(h, &h->text.lines[i], &cookies);
	h->o.sight.lacks |= lacks;
	hand_lack(&h->o);
	observation_join(&h->o);
	hand_take_samples(h);
	return h;
}

static inline struct by_hand *by_hand(const char *text, const char *but)
{
	return by_hand_lacking(text, but, 0);
}

static inline void by_hand_free(struct by_hand *h)
{
	observation_free(&h->o);
	free(h->watched);
	free(h);
}

/* --- probes ------------------------------------------------------------------------------------------------ */

static inline ssize_t hand_epoll(void *ctx, pid_t pid, struct watched **out)
{
	struct by_hand *h = ctx;

	(void)pid;
	*out = xcalloc(h->n_watched + 1, sizeof **out);
	if (h->n_watched)
		memcpy(*out, h->watched, h->n_watched * sizeof **out);
	return (ssize_t)h->n_watched;
}

static inline ssize_t hand_strays(void *ctx, pid_t pid, const struct evidence *ev, struct stray **out)
{
	struct by_hand *h = ctx;

	(void)pid;
	(void)ev;
	*out = xcalloc((size_t)h->found.strays + 1, sizeof **out);
	for (int64_t i = 0; i < h->found.strays; i++)
		(*out)[i] = (struct stray){ 10 + (int32_t)i, 5000 + (uint64_t)i };
	return h->found.strays;
}

/* A line each behind a comma. */
static inline ssize_t hand_add_lines(struct buf *out, const char *given)
{
	char text[HAND_WORD];
	ssize_t n = *given != 0;

	snprintf(text, sizeof text, "%s", given);
	hand_blanks(text);
	for (const char *c = text; *c; c++) {
		n += *c == ',';
		buf_add(out, *c == ',' ? "\n" : c, 1);
	}
	if (n)
		buf_puts(out, "\n");
	return n;
}

static inline ssize_t hand_stacks(void *ctx, pid_t pid, struct buf *out)
{
	struct by_hand *h = ctx;
	ssize_t n = hand_add_lines(out, h->found.stacks);

	(void)pid;
	return h->found.threads ? (ssize_t)h->found.threads : n;
}

static inline bool hand_left(void *ctx, pid_t pid, struct buf *place, struct buf *sentence)
{
	struct by_hand *h = ctx;

	(void)pid;
	buf_puts(place, h->found.left);
	buf_puts(sentence, *h->found.left ? "it was followed" : "");
	return *h->found.left != 0;
}

static inline ssize_t hand_configured(void *ctx, const char *name, struct buf *out)
{
	struct by_hand *h = ctx;

	if (!*h->found.configured)
		return 0;
	buf_addf(out, "%s: %s = 1", h->found.configured, name);
	return 1;
}

static inline struct probes by_hand_probes(struct by_hand *h)
{
	if (h->found.blind)
		return (struct probes){ .ctx = NULL };
	return (struct probes){ h, hand_epoll, hand_strays, hand_stacks, hand_left, hand_configured };
}

#endif
