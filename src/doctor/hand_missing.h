/* SPDX-License-Identifier: MIT
 * What is taken away from an observation by hand (by_hand.h): what was not seen, or what such a file does not tell. */
#ifndef DOCTOR_HAND_MISSING_H
#define DOCTOR_HAND_MISSING_H

#include "doctor/hand_socks.h"

/* Each makes something of one socket unknown; false: it was not there. What is not told is 0, so that who does not ask
 * whether it is told is found out. */

static inline bool hand_take_number(struct evidence *ev, size_t i, size_t number)
{
	struct sock_info *info = &ev->infos[i];

	if (sock_number(info, (enum sock_number)number) == UNKNOWN)
		return false;
	sock_number_set(info, (enum sock_number)number, 0);
	info->untold |= INFO_BIT(number);
	return true;
}

static inline bool hand_take_sent(struct evidence *ev, size_t i, size_t unused)
{
	bool told = ev->infos[i].known && ev->infos[i].sent != SENT_UNKNOWN;

	(void)unused;
	ev->infos[i].sent = SENT_UNKNOWN;
	return told;
}

static inline bool hand_take_age(struct evidence *ev, size_t i, size_t unused)
{
	bool told = ev->socks[i].age_is != AGE_UNKNOWN;

	(void)unused;
	ev->socks[i].age_is = AGE_UNKNOWN;
	ev->socks[i].age = (struct span){ 0 };
	return told;
}

/* The ages of these states are made of it (model/age.h). */
static const state_set hand_aged_by_info = 1U << TCP_CLOSE_WAIT | 1U << TCP_ESTABLISHED | 1U << TCP_FIN_WAIT2,
		       hand_aged_by_timer = 1U << TCP_TIME_WAIT | 1U << TCP_SYN_SENT | 1U << TCP_NEW_SYN_RECV;

static inline bool hand_take_info(struct evidence *ev, size_t i, size_t unused)
{
	bool told = ev->infos[i].known;

	ev->infos[i] = (struct sock_info){ .untold = INFO_EVERY };
	if (state_set_has(hand_aged_by_info, ev->socks[i].state))
		told |= hand_take_age(ev, i, unused);
	return told;
}

/* Nobody is known to hold it, and nobody not to. */
static inline void hand_take_holder(struct sock *s)
{
	s->inode = 0;
	s->listener = 0;
	s->held = s->owner || !s->is_mini;
	s->no_owner = s->held && !s->owner ? NO_OWNER_HIDDEN : s->no_owner;
}

/* The timer, or (1) how long it still takes. */
static inline bool hand_take_timer(struct evidence *ev, size_t i, size_t left)
{
	struct sock *s = &ev->socks[i];
	bool told = left ? sock_timer_left_known(s) : s->timer != TIMER_UNKNOWN;

	if (!told)
		return false;
	s->timer_left.ns = sock_timer_runs(s) ? UNKNOWN : s->timer_left.ns;
	if (state_set_has(hand_aged_by_timer, s->state))
		hand_take_age(ev, i, 0);
	if (left)
		return true;
	s->timer = TIMER_UNKNOWN;
	s->retrans = 0;
	return true;
}

static inline bool hand_take_told(struct evidence *ev, size_t i, size_t what)
{
	struct sock *s = &ev->socks[i];

	if (!sock_tells(s, (enum sock_told)what))
		return false;
	s->untold |= TOLD_BIT(what);
	if (what == TOLD_INODE)
		hand_take_holder(s);
	s->uid = what == TOLD_UID ? 0 : s->uid;
	s->drops = what == TOLD_DROPS ? 0 : s->drops;
	return true;
}

static inline bool hand_take_owners(struct evidence *ev, size_t i, size_t unused)
{
	struct sock *s = &ev->socks[i];
	bool told = s->owner != 0;

	(void)unused;
	if (told)
		s->no_owner = NO_OWNER_HIDDEN;
	s->owner = 0;
	return told;
}

/* Of several the first. */
static inline bool hand_take_owner(struct evidence *ev, size_t i, size_t unused)
{
	struct sock *s = &ev->socks[i];
	const struct owner *o = owner_at(ev, s->owner);

	(void)unused;
	if (!o || !o->next)
		return false;
	s->owner = o->next;
	return true;
}

typedef bool hand_taker(struct evidence *ev, size_t i, size_t which);

/* Of these sockets: all of both looks, all of the first look, or one of the last, the first that has it. */
enum hand_where { HAND_ALL, HAND_FIRST_LOOK, HAND_ONE, HAND_WHERES };

static inline bool hand_take(struct observation *o, enum hand_where where, hand_taker *take, size_t which)
{
	struct evidence *looks[] = { where == HAND_ONE ? NULL : &o->first, where == HAND_FIRST_LOOK ? NULL : &o->last };
	bool any = false;

	for (size_t k = 0; k < ARRAY_SIZE(looks); k++) {
		for (size_t i = 0; looks[k] && i < looks[k]->n && !(any && where == HAND_ONE); i++)
			any |= take(looks[k], i, which);
		if (looks[k] && take == hand_take_owners && where != HAND_ONE)
			looks[k]->n_owners = looks[k]->n_holders = 0;
	}
	return any;
}

static inline void hand_lack(struct observation *o)
{
	static const struct {
		unsigned lacks;
		hand_taker *take;
		size_t which;
	} all[] = {
		{ LACKS_OWNERS, hand_take_owners, 0 },       { LACKS_INODES, hand_take_told, TOLD_INODE },
		{ LACKS_TIMERS, hand_take_timer, 0 },        { LACKS_INFO, hand_take_info, 0 },
		{ LACKS_DROPS, hand_take_told, TOLD_DROPS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (o->sight.lacks & all[i].lacks)
			hand_take(o, HAND_ALL, all[i].take, all[i].which);
}

/* Sockets that are not in what was saved. */
static inline void hand_leave_out(struct hand_text *t, unsigned lacks)
{
	for (size_t i = 0; i < t->n; i++) {
		struct hand_line *l = &t->lines[i];
		const char *state = l->n ? l->words[0].key : "";
		unsigned is;

		for (size_t k = 1; k < l->n; k++)
			state = streq(l->words[k].key, "state") ? l->words[k].value : state;
		is = streq(state, "LISTEN") ? LACKS_LISTENERS : streq(state, "BOUND") ? LACKS_BOUND : LACKS_CONNECTIONS;
		if (l->kind == HAND_SOCKS && lacks & is)
			l->out = true;
	}
}

#endif
