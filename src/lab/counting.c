/* SPDX-License-Identifier: MIT
 * Counters before and after a packet. */
#include "lab/counting.h"
#include "lab/lab_internal.h"
#include "source/meter.h"

#include <stdlib.h>

static const struct meter_name names[] = {
#define COUNTED(name, group, counter, thrown, words) { group, counter },
#include "model/counted.def"
#undef COUNTED
};

struct counting {
	struct meter meter;
	int64_t before[COUNTEDS];
	bool known;      /* they were read */
	unsigned cookie; /* the packet that was handed over as this one was answered by a SYN cookie; 0: none yet */
};

static bool is_counted(const struct lab *l, const struct packet *p)
{
	return l->counts && p->conn && !l->hosts[CLIENT].is_veth && l->packets_in_burst < BURST_WATCHED;
}

static struct counting *counting_of(struct lab *l)
{
	if (!l->counting) {
		l->counting = xcalloc(1, sizeof *l->counting);
		l->counting->meter = (struct meter){ .names = names, .n = COUNTEDS };
	}
	return l->counting;
}

void counting_begins(struct lab *l, const struct packet *p)
{
	struct counting *c;

	if (!is_counted(l, p))
		return;
	c = counting_of(l);
	c->known = meter_read(&c->meter, l->hosts[side_other(p->from)].counter_fds, c->before) == 0;
}

/* The first that moved by one; COUNTEDS: none did, or one moved further. */
static enum counted what_moved(const int64_t before[], const int64_t after[])
{
	enum counted moved = COUNTEDS;

	for (int i = 0; i < COUNTEDS; i++) {
		if (before[i] == UNKNOWN || after[i] == before[i])
			continue;
		if (after[i] != before[i] + 1)
			return COUNTEDS;
		if (moved == COUNTEDS)
			moved = (enum counted)i;
	}
	return moved;
}

static void note_counted(struct lab *l, const struct packet *p, enum counted what)
{
	struct event ev = { .kind = EV_COUNTED, .side = side_other(p->from) };

	ev.counted.number = p->number;
	ev.counted.what = what;
	timeline_append(&l->timeline, ev);
}

void counting_ends(struct lab *l, const struct packet *p)
{
	struct counting *c = l->counting;
	int64_t after[COUNTEDS];
	enum counted what;

	if (!c || !c->known)
		return;
	c->known = false;
	if (meter_read(&c->meter, l->hosts[side_other(p->from)].counter_fds, after) < 0)
		return;
	what = what_moved(c->before, after);
	if (what == COUNTED_COOKIE_SENT)
		c->cookie = l->wire.handed;
	else if (what != COUNTEDS)
		note_counted(l, p, what);
}

bool counting_made_cookie(const struct lab *l, const struct packet *p)
{
	return l->counting && l->counting->cookie && p->answer && p->handed == l->counting->cookie &&
	       (p->seg.flags & (SYN | ACK)) == (SYN | ACK);
}

void counting_close(struct lab *l)
{
	if (l->counting)
		meter_free(&l->counting->meter);
	free(l->counting);
	l->counting = NULL;
}
