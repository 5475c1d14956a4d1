/* SPDX-License-Identifier: MIT
 * Everything of an observation that may be missing, each to be taken away from one that was made by hand: numbers and
 * other facts of sockets, counters, settings, what is known of processes and of the machine, the second look, and what
 * probes tell. New numbers, facts, counters and settings are in by their own tables; a new member of a struct below
 * does not compile before somebody has asked whether it may be missing. */
#ifndef DOCTOR_WITHOUT_H
#define DOCTOR_WITHOUT_H

#include "doctor/by_hand.h"

/* One kind of thing. */
struct without {
	const char *what;
	size_t n;                      /* how many there are of it, in how many places */
	const char *(*name)(size_t i); /* NULL: it has none */
	hand_taker *take;              /* of a socket: three places for each, enum hand_where */
	bool (*drop)(struct by_hand *h, struct probes *p, size_t i); /* else; false: it was not there */
	bool of_looks;                                               /* and sockets are changed by it */
	unsigned lacks; /* else: sockets that are left out of what was saved */
	bool weighs;    /* what is found is found all the same, and how bad it is depends on this */
};

/* On 64 bits; elsewhere the same members lie closer. */
#define WITHOUT_KNOWS(type, bytes)                                                                                     \
	_Static_assert(sizeof(void *) != 8 || sizeof(type) == (bytes),                                                 \
	               "may the new member be missing? a row in withouts[]")

WITHOUT_KNOWS(struct sock, 128);
WITHOUT_KNOWS(struct sock_info, 80);
WITHOUT_KNOWS(struct net_facts, 16 + 16 * COUNTERS + 8 * SYSCTLS + 32);
WITHOUT_KNOWS(struct host_facts, 24);
WITHOUT_KNOWS(struct process_facts, 376);
WITHOUT_KNOWS(struct sight, 88);
WITHOUT_KNOWS(struct probes, 48);

/* --- sockets ----------------------------------------------------------------------------------------------- */

static const char *without_number_name(size_t i)
{
	return sock_number_info((enum sock_number)i)->name;
}
static const char *without_timer_name(size_t i)
{
	return i ? "and what is left of it" : "";
}
static const char *without_told_name(size_t i)
{
	return sock_told_word((enum sock_told)i);
}

/* --- namespaces -------------------------------------------------------------------------------------------- */

/* Of all of them (even numbers), and of the first alone. */
static size_t without_nets(const struct by_hand *h, size_t i)
{
	return i % 2 && h->o.n_nets ? 1 : h->o.n_nets;
}

static const char *without_counter_name(size_t i)
{
	return counter_info((enum counter_id)(i / 4))->word;
}

/* At the end of the window, and at its beginning. */
static bool without_counter(struct by_hand *h, struct probes *p, size_t i)
{
	bool any = false;

	(void)p;
	for (size_t k = 0; k < without_nets(h, i); k++) {
		int64_t *value = i & 2 ? &h->o.nets[k].before[i / 4] : &h->o.nets[k].after[i / 4];

		any |= *value != UNKNOWN;
		*value = UNKNOWN;
	}
	return any;
}

static bool without_counters(struct by_hand *h, struct probes *p, size_t i)
{
	bool any = false;

	for (size_t c = 0; c < COUNTERS; c++)
		any |= without_counter(h, p, 4 * c + i);
	return any;
}

static const char *without_setting_name(size_t i)
{
	return sysctl_info((enum sysctl_id)(i / 2))->path;
}

static bool without_setting(struct by_hand *h, struct probes *p, size_t i)
{
	bool any = false;

	(void)p;
	for (size_t k = 0; k < without_nets(h, i); k++) {
		any |= h->o.nets[k].sysctl[i / 2] != UNKNOWN;
		h->o.nets[k].sysctl[i / 2] = UNKNOWN;
	}
	return any;
}

static bool without_reserved(struct by_hand *h, struct probes *p, size_t i)
{
	bool any = false;

	(void)p;
	for (size_t k = 0; k < without_nets(h, i); k++) {
		any |= h->o.nets[k].reserved_told;
		h->o.nets[k].reserved_told = false;
		h->o.nets[k].n_reserved = 0;
	}
	return any;
}

static bool without_settings(struct by_hand *h, struct probes *p, size_t i)
{
	bool any = without_reserved(h, p, i);

	for (size_t s = 0; s < SYSCTLS; s++)
		any |= without_setting(h, p, 2 * s + i);
	return any;
}

/* --- the machine ------------------------------------------------------------------------------------------- */

static bool without_host(struct by_hand *h, struct probes *p, size_t i)
{
	int64_t *numbers[] = { &h->o.host.orphans, &h->o.host.memory };
	bool told = *numbers[i] != UNKNOWN;

	(void)p;
	*numbers[i] = UNKNOWN;
	return told;
}

static bool without_log(struct by_hand *h, struct probes *p, size_t i)
{
	bool told = !h->o.sight.unlogged;

	(void)p, (void)i;
	memset(h->o.said, 0, sizeof h->o.said);
	h->o.sight.unlogged = true;
	return told;
}

/* --- processes --------------------------------------------------------------------------------------------- */

/* What is read of one file each, and is missing together. */
enum without_file { WITHOUT_STAT, WITHOUT_EXE, WITHOUT_LIMITS, WITHOUT_FDS, WITHOUT_FDS_BEFORE, WITHOUT_FILES };

static const char *without_file_name(size_t i)
{
	static const char *const names[] = { "stat", "exe", "limits", "fd", "fd before" };

	return names[i / 2];
}

static void without_file_of(struct process_facts *p, enum without_file file)
{
	const struct process_facts none = process_unknown(p->pid);

	switch (file) {
	case WITHOUT_STAT:
		p->state = none.state;
		p->parent = none.parent;
		p->age = none.age;
		p->started = none.started;
		break;
	case WITHOUT_EXE:
		memset(p->exe, 0, sizeof p->exe);
		p->exe_id = none.exe_id;
		p->runtime = none.runtime;
		break;
	case WITHOUT_LIMITS:
		p->fd_limit = p->fd_hard = UNKNOWN;
		break;
	case WITHOUT_FDS:
		p->fds = UNKNOWN;
		break;
	default:
		p->fds_before = UNKNOWN;
	}
}

static bool without_process_file(struct by_hand *h, struct probes *p, size_t i)
{
	(void)p;
	for (size_t k = 0; k < h->o.n_processes && !(i % 2 && k); k++)
		without_file_of(&h->o.processes[k], (enum without_file)(i / 2));
	return h->o.n_processes > 0;
}

/* All, the first, the last: nothing but its number is known. */
static bool without_process(struct by_hand *h, struct probes *p, size_t i)
{
	size_t n = h->o.n_processes;

	(void)p;
	for (size_t k = 0; k < n; k++)
		if (i == 0 || k == (i == 1 ? 0 : n - 1))
			h->o.processes[k] = process_unknown(h->o.processes[k].pid);
	return n > 0;
}

/* --- looks ------------------------------------------------------------------------------------------------- */

/* As if --window 0 had been said. */
static bool without_second_look(struct by_hand *h, struct probes *p, size_t i)
{
	struct observation *o = &h->o;

	(void)p, (void)i;
	if (!o->twice)
		return false;
	o->twice = false;
	o->window = span_s(0);
	observation_unjoin(o);
	evidence_free(&o->first);
	observation_join(o);
	for (size_t k = 0; k < o->n_nets; k++)
		memcpy(o->nets[k].before, o->nets[k].after, sizeof o->nets[k].before);
	for (size_t k = 0; k < o->n_processes; k++)
		o->processes[k].fds_before = UNKNOWN;
	return true;
}

static bool without_samples(struct by_hand *h, struct probes *p, size_t i)
{
	bool any = false;

	(void)p, (void)i;
	for (size_t k = 0; k < h->o.n_listeners && h->o.queues; k++) {
		any |= h->o.queues[k].n > 0;
		h->o.queues[k].n = 0;
	}
	return any;
}

/* --- probes ------------------------------------------------------------------------------------------------ */

static const char *without_probe_name(size_t i)
{
	static const char *const names[] = { "epoll", "strays", "stacks", "left", "configured" };

	return names[i];
}

static bool without_probe(struct by_hand *h, struct probes *p, size_t i)
{
	struct probes all = *p;

	(void)h;
	*p = (struct probes){
		.ctx = all.ctx,
		.epoll = i == 0 ? NULL : all.epoll,
		.strays = i == 1 ? NULL : all.strays,
		.stacks = i == 2 ? NULL : all.stacks,
		.left = i == 3 ? NULL : all.left,
		.configured = i == 4 ? NULL : all.configured,
	};
	return memcmp(p, &all, sizeof all) != 0;
}

/* --- all of it --------------------------------------------------------------------------------------------- */

static const struct without withouts[] = {
	{ .what = "tcp_info's", .n = SOCK_NUMBERS, .name = without_number_name, .take = hand_take_number },
	{ .what = "whether it has sent", .n = 1, .take = hand_take_sent },
	{ .what = "tcp_info", .n = 1, .take = hand_take_info },
	{ .what = "the age", .n = 1, .take = hand_take_age },
	{ .what = "the timer", .n = 2, .name = without_timer_name, .take = hand_take_timer },
	{ .what = "the socket's", .n = SOCK_TOLDS, .name = without_told_name, .take = hand_take_told },
	{ .what = "the owners", .n = 1, .take = hand_take_owners, .weighs = true },
	{ .what = "one of several owners", .n = 1, .take = hand_take_owner, .weighs = true },
	{ .what = "ss -p", .n = 1, .lacks = LACKS_OWNERS, .weighs = true },
	{ .what = "ss -e", .n = 1, .lacks = LACKS_INODES },
	{ .what = "ss -o", .n = 1, .lacks = LACKS_TIMERS },
	{ .what = "ss -i", .n = 1, .lacks = LACKS_INFO },
	{ .what = "ss -m", .n = 1, .lacks = LACKS_DROPS },
	{ .what = "listeners", .n = 1, .lacks = LACKS_LISTENERS },
	{ .what = "connections", .n = 1, .lacks = LACKS_CONNECTIONS },
	{ .what = "bound sockets", .n = 1, .lacks = LACKS_BOUND },
	{ .what = "the counter", .n = 4 * COUNTERS, .name = without_counter_name, .drop = without_counter },
	{ .what = "any counter", .n = 4, .drop = without_counters },
	{ .what = "the setting", .n = 2 * SYSCTLS, .name = without_setting_name, .drop = without_setting },
	{ .what = "the reserved ports", .n = 2, .drop = without_reserved },
	{ .what = "any setting", .n = 2, .drop = without_settings },
	{ .what = "the machine's numbers", .n = 2, .drop = without_host },
	{ .what = "the kernel's log", .n = 1, .drop = without_log },
	{ .what = "/proc/PID/",
	  .n = 2 * WITHOUT_FILES,
	  .name = without_file_name,
	  .drop = without_process_file,
	  .weighs = true },
	{ .what = "processes", .n = 3, .drop = without_process, .weighs = true },
	{ .what = "a second look", .n = 1, .drop = without_second_look, .of_looks = true },
	{ .what = "looks in between", .n = 1, .drop = without_samples, .of_looks = true },
	{ .what = "the probe", .n = 5, .name = without_probe_name, .drop = without_probe },
};

/* How many things of this kind there are to be taken away. */
static inline size_t without_count(const struct without *w)
{
	return w->take ? w->n * HAND_WHERES : w->n;
}

/* Owners are read of /proc/PID/fd: of whom that may not be looked at the number of descriptors is not known either. */
static inline void without_descriptors(struct observation *o, size_t where)
{
	o->sight.hidden += !o->sight.hidden;
	for (size_t i = 0; i < o->n_processes && (where == HAND_ALL || o->only); i++)
		o->processes[i].fds = o->processes[i].fds_before = UNKNOWN;
}

/* Takes away the i-th. False: it was not there. */
static inline bool without_take(const struct without *w, struct by_hand *h, struct probes *p, size_t i)
{
	bool taken = w->lacks;

	if (w->take)
		taken = hand_take(&h->o, (enum hand_where)(i % HAND_WHERES), w->take, i / HAND_WHERES);
	else if (w->drop)
		taken = w->drop(h, p, i);
	if (taken && (w->take == hand_take_owners || w->take == hand_take_owner))
		without_descriptors(&h->o, i % HAND_WHERES);
	return taken;
}

static inline void without_say(struct buf *out, const struct without *w, size_t i)
{
	static const char *const wheres[] = { "", " of the first look", " of one" };

	buf_puts(out, w->what);
	if (w->name)
		buf_addf(out, " %s", w->name(w->take ? i / HAND_WHERES : i));
	if (w->take)
		buf_puts(out, wheres[i % HAND_WHERES]);
	else if (w->n > 1)
		buf_addf(out, " (%zu)", i);
}

#endif
