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

static void site_clear(struct leak_site *s)
{
	free(s->call);
	free(s->where);
	free(s->who);
}

static void leak_clear(struct event_leak *l)
{
	free(l->fds);
	free(l->peers);
	site_clear(&l->made);
	site_clear(&l->eof);
	site_clear(&l->last);
	site_clear(&l->copied);
}

void event_clear(struct event *e)
{
	switch (e->kind) {
	case EV_CALL:
	case EV_RESULT:
		free(e->call.text);
		free(e->call.whole);
		free(e->call.where);
		break;
	case EV_NOTE:
	case EV_LINE:
	case EV_NOTICE:
	case EV_OUTPUT:
	case EV_PROCESS:
	case EV_WAITS:
	case EV_STACK:
		free(e->text);
		break;
	case EV_PACKET:
	case EV_AGAIN:
	case EV_RELEASED:
	case EV_DISCARDED:
		free(e->packet.bytes);
		break;
	case EV_EXPECTED:
		free(e->expected.text);
		break;
	case EV_TABLE:
		for (int i = 0; i < SIDES; i++)
			evidence_free(&e->table.seen[i]);
		break;
	case EV_LEAK:
		leak_clear(&e->leak);
		break;
	case EV_KEPT:
		free(e->kept.packets);
		free(e->kept.from);
		break;
	default: /* plain values */
		break;
	}
}
