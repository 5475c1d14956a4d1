/* SPDX-License-Identifier: MIT
 * Choosing an engine. */
#include "source/engine.h"
#include "source/net.h"

#include <stdio.h>
#include <strings.h>

static const struct engine *const engines[] = { &engine_proc, &engine_files, &engine_walk };

/* Sockets of the whole machine, and this namespace's TIME_WAITs; 0: not known. */
static unsigned long sockets_here(void)
{
	struct sockstat s;

	return sockstat_read(&s) ? (unsigned long)(s.time_wait + s.allocated) : 0;
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

/* The first of these that opens. A always does. */
static int open_first(struct engine_chosen *c, const struct engine *const *first, size_t n, struct err *e)
{
	struct buf why = { 0 };
	int rc = -1;

	for (size_t i = 0; i < n && rc < 0; i++) {
		rc = open_engine(c, first[i], e);
		if (rc < 0)
			buf_addf(&why, "; not %s: %s", first[i]->letter, err_text(e));
	}
	snprintf(c->why + strlen(c->why), sizeof c->why - strlen(c->why), "%s", buf_text(&why));
	buf_free(&why);
	return rc;
}

int engine_choose(struct engine_chosen *c, const char *name, bool lasting, struct err *e)
{
	static const struct engine *const few[] = { &engine_files, &engine_proc };
	static const struct engine *const many[] = { &engine_walk, &engine_files, &engine_proc };
	unsigned long sockets = sockets_here();

	*c = (struct engine_chosen){ .expected = sockets };
	if (name)
		return open_named(c, name, e);
	snprintf(c->why, sizeof c->why, "some %lu sockets", sockets);
	if (lasting || sockets > ENGINE_SMALL)
		return open_first(c, many, ARRAY_SIZE(many), e);
	return open_first(c, few, ARRAY_SIZE(few), e);
}

void engine_release(struct engine_chosen *c)
{
	if (c->state)
		c->engine->close(c->state);
	c->state = NULL;
}
