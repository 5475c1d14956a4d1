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

/* The first of these that opens. A always does. */
static int open_first(struct engine_chosen *c, const struct engine *const *first, size_t n, struct err *e)
{
	struct buf why = { 0 };
	int rc = -1;

	for (size_t i = 0; i < n && rc < 0; i++) {
		rc = open_engine(c, first[i], e);
		if (rc < 0)
			buf_addf(&why, "; not %s: %s", first[i]->letter, e->text);
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
