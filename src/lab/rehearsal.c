/* SPDX-License-Identifier: MIT
 * Reading a scenario without running it. */
#include "lab/rehearsal.h"
#include "lab/lab_internal.h"
#include "lab/verbs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Any number but -1: there may be such a socket. */
enum { MAY_BE_OPEN = 3 };

void rehearsal_init(struct rehearsal *r, struct lab *l)
{
	*r = (struct rehearsal){ .program = { .terminal = -1, .ended = true, .last_number = UINT_MAX } };
	l->rehearsal = r;
}

void rehearsal_free(struct rehearsal *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->mentions[i].name);
	free(r->mentions);
	*r = (struct rehearsal){ 0 };
}

/* The names of counters are this kernel's, those of addresses the lab's. */
int rehearsal_start(struct lab *l)
{
	static const char *const v4[] = { "10.0.0.1", "10.0.0.2" }, *const v6[] = { "fd00::1", "fd00::2" };

	for (int i = 0; i < SIDES; i++) {
		l->hosts[i].side = (enum side)i;
		addr_parse(v4[i], &l->hosts[i].v4);
		if (!l->options.loopback)
			addr_parse(v6[i], &l->hosts[i].v6);
		l->hosts[i].counter_fds[0] = open("/proc/net/snmp", O_RDONLY | O_CLOEXEC);
		l->hosts[i].counter_fds[1] = open("/proc/net/netstat", O_RDONLY | O_CLOEXEC);
	}
	wire_init(&l->wire, (int[]){ -1, -1 }, &l->timeline.conns, note_hooks(l));
	lab_mark(l);
	l->started = true;
	return 0;
}

static void doubt(struct actor *a)
{
	a->conn_fd = a->listener_fd = MAY_BE_OPEN;
	a->doubtful = true;
}

struct actor *rehearsal_actor(struct lab *l, const char *name, enum side side)
{
	struct actor *a = lab_add_actor(l, actor_without_process(name, side));

	if (l->rehearsal->unsure)
		doubt(a);
	return a;
}

/* Who accepts beyond his first connection. */
static void make_heir(struct lab *l, struct actor *from)
{
	char name[ACTOR_NAME + 16];

	if (*from->heir)
		snprintf(name, sizeof name, "%s", from->heir);
	else
		snprintf(name, sizeof name, "%s.%u", from->name, ++from->children + 1);
	name[ACTOR_NAME - 1] = 0;
	if (!lab_find_actor(l, name))
		rehearsal_actor(l, name, from->side)->conn_fd = MAY_BE_OPEN;
}

int rehearsal_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd)
{
	static const int opens[] = { OP_BIND, OP_CONNECT, OP_ACCEPT }, closes[] = { OP_CLOSE, OP_ABORT, OP_VANISH };

	if (cmd->op == OP_ACCEPT && cmd->give_away)
		make_heir(l, a);
	for (size_t i = 0; i < ARRAY_SIZE(opens); i++) {
		if ((int)cmd->op == opens[i] && !cmd->give_away)
			a->conn_fd = MAY_BE_OPEN;
		if ((int)cmd->op == closes[i])
			a->conn_fd = -1;
	}
	if (cmd->op == OP_LISTEN)
		a->listener_fd = MAY_BE_OPEN;
	if (cmd->op == OP_CLOSE_LISTENER)
		a->listener_fd = -1;
	return 0;
}

/* --- what is not known --------------------------------------------------------------------------------- */

/* A line that only looks makes nothing. */
static bool makes_nothing(const char *verb)
{
	static const char *const looks[] = {
		"expect", "note", "table", "held", "packets", "title", "wait", "threshold"
	};

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		if (streq(looks[i], verb))
			return true;
	return false;
}

void rehearsal_doubt(struct lab *l, const char *line)
{
	char first[ACTOR_NAME] = "";
	const char *name = first;
	struct actor *a;
	enum side side;

	if (sscanf(line, " %23s", first) != 1 || makes_nothing(first))
		return;
	if (!actor_name_ok(name, &side))
		name = actor_meant(l, first);
	if (name && actor_name_ok(name, &side)) {
		a = lab_find_actor(l, name);
		doubt(a ? a : rehearsal_actor(l, name, side));
		return;
	}
	l->rehearsal->unsure = true;
	TAILQ_FOREACH (a, &l->actors, link)
		doubt(a);
}

void rehearsal_mention(struct lab *l, const struct saying *s, const char *name)
{
	struct rehearsal *r = l->rehearsal;

	if (!r || lab_find_actor(l, name))
		return;
	r->mentions = grow(r->mentions, r->n, &r->cap, sizeof *r->mentions);
	r->mentions[r->n++] =
		(struct mention){ .name = xstrdup(name), .line = s->script->line, .column = s->w[s->at - 1].column };
}

int rehearsal_nobody(struct lab *l, size_t i, struct err *e)
{
	const char *name = l->rehearsal->mentions[i].name;
	struct near near = { .word = name };
	struct actor *a;

	if (lab_find_actor(l, name) || streq(name, side_name(CLIENT)) || streq(name, side_name(SERVER)))
		return 0;
	TAILQ_FOREACH (a, &l->actors, link)
		near_try(&near, a->name);
	if (near.best)
		return err_set(e, "no line makes an actor '%.40s'; did you mean '%s'?", name, near.best);
	return err_set(e, "no line makes an actor '%.40s'; an actor is made by its first verb, as '%.40s connect 7777'",
	               name, name);
}
