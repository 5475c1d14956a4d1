/* SPDX-License-Identifier: MIT
 * Choosing an engine. */
#include "source/engine.h"
#include "base/file.h"

#include <stdio.h>
#include <strings.h>

static const struct engine *const engines[] = { &engine_proc, &engine_files, &engine_walk };

/* Sockets of the whole machine ("alloc" counts every namespace's), and this namespace's TIME_WAITs; 0: not known. */
static unsigned long sockets_here(void)
{
	unsigned long time_wait = 0, allocated = 0;
	struct buf b = { 0 };
	const char *tcp;

	if (file_read("/proc/net/sockstat", &b, 4096) == 0 && (tcp = strstr(buf_text(&b), "TCP:")))
		sscanf(tcp, "TCP: inuse %*u orphan %*u tw %lu alloc %lu", &time_wait, &allocated);
	buf_free(&b);
	return time_wait + allocated;
}

static int open_engine(struct engine_chosen *c, const struct engine *engine, struct err *e)
{
	c->engine = engine;
	c->state = engine->open(e);
	return c->state ? 0 : -1;
}

static int open_named(struct engine_chosen *c, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		if (strcasecmp(engines[i]->letter, name) != 0)
			continue;
		snprintf(c->why, sizeof c->why, "asked for");
		return open_engine(c, engines[i], e);
	}
	return err_set(e, "there is no engine '%.20s': A (sock_diag and /proc), B (sock_diag and BPF), C (BPF)", name);
}

/* The fastest that opens. A always does. */
static int open_fastest(struct engine_chosen *c, unsigned long sockets, struct err *e)
{
	for (size_t i = ARRAY_SIZE(engines); i-- > 0;) {
		if (open_engine(c, engines[i], e) < 0) {
			snprintf(c->why, sizeof c->why, "%s: %.300s", engines[i]->letter, e->text);
			continue;
		}
		if (!*c->why)
			snprintf(c->why, sizeof c->why, "some %lu sockets", sockets);
		return 0;
	}
	return -1;
}

int engine_choose(struct engine_chosen *c, const char *name, bool lasting, struct err *e)
{
	unsigned long sockets = sockets_here();

	*c = (struct engine_chosen){ 0 };
	if (name)
		return open_named(c, name, e);
	if (lasting || sockets > ENGINE_SMALL)
		return open_fastest(c, sockets, e);
	snprintf(c->why, sizeof c->why, "some %lu sockets, too few for BPF to be worth its loading", sockets);
	return open_engine(c, &engine_proc, e);
}

void engine_release(struct engine_chosen *c)
{
	if (c->state)
		c->engine->close(c->state);
	c->state = NULL;
}
