/* SPDX-License-Identifier: MIT
 * Passing over network namespaces without sockets. */
#include "source/places.h"

#include <errno.h>
#include <stdlib.h>

/* It is we who lack something, and not the namespace that is closed. */
static bool is_shortage(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

/* One that is gone has nothing to be missed. */
int places_enter(struct places *p, size_t netns, struct err *e)
{
	int rc = netns_enter(&p->list.all[netns]);

	if (is_shortage(rc))
		return err_sys(e, -rc, "another network namespace cannot be looked at");
	p->closed += rc < 0 && rc != -ENOENT;
	return rc == 0;
}

static void look_into(struct places *p, size_t netns, state_set asked)
{
	state_set states = asked & net_states();

	p->entered++;
	if (!states)
		return;
	p->all = grow(p->all, p->n, &p->cap, sizeof *p->all);
	p->all[p->n++] = (struct place){ (uint32_t)netns, states };
	p->walks += (states & PLACE_HASHED) != 0;
}

/* From one into the next; home at the end only. */
int places_read(struct places *p, struct netns_list *list, state_set states, uint64_t own, int home, struct err *e)
{
	int rc = 0;

	*p = (struct places){ .list = *list };
	for (size_t i = 0; i < p->list.n && rc >= 0; i++) {
		rc = p->list.all[i].inode == own ? 0 : places_enter(p, i, e);
		if (rc > 0)
			look_into(p, i, states);
	}
	if (p->entered) /* who may enter none may not come back either */
		netns_back(home);
	return rc < 0 ? -1 : 0;
}

void places_free(struct places *p)
{
	netns_list_free(&p->list);
	free(p->all);
	*p = (struct places){ 0 };
}
