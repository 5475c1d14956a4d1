/* SPDX-License-Identifier: MIT
 * Kinds of events, and giving back their memory. */
#include "model/event.h"

#include <stdlib.h>

static const struct event_kind_info kinds[] = {
#define EVENT(name, word, witness, sentence) { word, BY_##witness, sentence },
#include "model/event.def"
#undef EVENT
};

_Static_assert(ARRAY_SIZE(kinds) == EVENT_KINDS, "one row per kind");

const struct event_kind_info *event_kind_info(enum event_kind k)
{
	return &kinds[k];
}

const struct counted_info *counted_info(enum counted what)
{
	static const struct counted_info infos[] = {
#define COUNTED(name, group, counter, thrown, words) { group, counter, thrown, words },
#include "model/counted.def"
#undef COUNTED
	};

	return &infos[what];
}

void leak_site_free(struct leak_site *s)
{
	free(s->call);
	free(s->where);
	free(s->who);
}

static void leak_clear(struct event_leak *l)
{
	free(l->fds);
	free(l->peers);
	leak_site_free(&l->made);
	leak_site_free(&l->eof);
	leak_site_free(&l->last);
	leak_site_free(&l->copied);
}

static void clear_call(struct event *e)
{
	free(e->call.text);
	free(e->call.whole);
	free(e->call.where);
	free(e->call.why);
}

static void clear_text(struct event *e)
{
	free(e->text);
}
static void clear_packet(struct event *e)
{
	free(e->packet.bytes);
}
static void clear_expected(struct event *e)
{
	free(e->expected.text);
}
static void clear_leak(struct event *e)
{
	leak_clear(&e->leak);
}

static void clear_table(struct event *e)
{
	for (int i = 0; i < SIDES; i++)
		evidence_free(&e->table.seen[i]);
}

static void clear_kept(struct event *e)
{
	free(e->kept.packets);
	free(e->kept.from);
}

/* What owns nothing has no row. */
static void (*const clear[EVENT_KINDS])(struct event *e) = {
	[EV_CALL] = clear_call,        [EV_RESULT] = clear_call,       [EV_NOTE] = clear_text,
	[EV_LINE] = clear_text,        [EV_NOTICE] = clear_text,       [EV_OUTPUT] = clear_text,
	[EV_PROCESS] = clear_text,     [EV_WAITS] = clear_text,        [EV_STACK] = clear_text,
	[EV_PACKET] = clear_packet,    [EV_AGAIN] = clear_packet,      [EV_RELEASED] = clear_packet,
	[EV_DISCARDED] = clear_packet, [EV_EXPECTED] = clear_expected, [EV_TABLE] = clear_table,
	[EV_KEPT] = clear_kept,        [EV_LEAK] = clear_leak,
};

void event_clear(struct event *e)
{
	if (clear[e->kind])
		clear[e->kind](e);
}
