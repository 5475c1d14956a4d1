/* SPDX-License-Identifier: MIT
 * The sockets of an observation by hand (by_hand.h), and who holds them. A key is a row of a table here. */
#ifndef DOCTOR_HAND_SOCKS_H
#define DOCTOR_HAND_SOCKS_H

#include "doctor/hand_machine.h"

#include <sys/epoll.h>

struct hand_sock {
	struct sock is;
	struct sock_info info;
	int64_t n;
	pid_t pid, and_pid;
	int fd;
	char was[HAND_WORD], local[HAND_WORD], remote[HAND_WORD], age[HAND_WORD];
	char timer[HAND_WORD], listener[HAND_WORD], no_owner[HAND_WORD], watched[HAND_WORD], queue[HAND_WORD],
		untold[HAND_WORD];
	int64_t was_rq, was_drops, was_received, watched_inode; /* -1: the same as in the last look */
	bool gone, never_sent;
};

static const struct hand_key hand_sock_keys[] = {
	HAND_KEY(struct hand_sock, "n", n, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "netns", is.key.netns, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "pid", pid, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "and-pid", and_pid, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "fd", fd, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "local", local, HAND_TEXT),
	HAND_KEY(struct hand_sock, "remote", remote, HAND_TEXT),
	HAND_KEY(struct hand_sock, "age", age, HAND_TEXT),
	HAND_KEY(struct hand_sock, "rq", is.rq, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "wq", is.wq, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "half-open", is.half_open, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "retrans", is.retrans, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "drops", is.drops, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "held", is.held, HAND_FLAG),
	HAND_KEY(struct hand_sock, "mini", is.is_mini, HAND_FLAG),
	HAND_KEY(struct hand_sock, "timer", timer, HAND_TEXT),
	HAND_KEY(struct hand_sock, "left", is.timer_left, HAND_SPAN),
	HAND_KEY(struct hand_sock, "listener", listener, HAND_TEXT),
	HAND_KEY(struct hand_sock, "no-owner", no_owner, HAND_TEXT),
	HAND_KEY(struct hand_sock, "watched", watched, HAND_TEXT),
	HAND_KEY(struct hand_sock, "watched-inode", watched_inode, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "queue", queue, HAND_TEXT),
	HAND_KEY(struct hand_sock, "was", was, HAND_TEXT),
	HAND_KEY(struct hand_sock, "was-rq", was_rq, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "was-drops", was_drops, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "was-received", was_received, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "gone", gone, HAND_FLAG),
	HAND_KEY(struct hand_sock, "info", info.known, HAND_FLAG),
	HAND_KEY(struct hand_sock, "rto", info.rto_us, HAND_US),
	HAND_KEY(struct hand_sock, "received", info.bytes_received, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "rcv-wnd", info.rcv_wnd, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "again", info.total_retrans, HAND_NUMBER),
	HAND_KEY(struct hand_sock, "last-snd", info.last_snd_ms, HAND_MS),
	HAND_KEY(struct hand_sock, "last-rcv", info.last_rcv_ms, HAND_MS),
	HAND_KEY(struct hand_sock, "last-ack", info.last_ack_ms, HAND_MS),
	HAND_KEY(struct hand_sock, "never-sent", never_sent, HAND_FLAG),
	HAND_KEY(struct hand_sock, "untold", untold, HAND_TEXT),
};

/* "10.0.0.2+:40000+", of the i-th socket of its line. */
static inline struct endpoint hand_end(const char *text, size_t i)
{
	char host[HAND_WORD];
	struct endpoint e = { .port = 0 };
	const char *colon = strrchr(text, ':');
	size_t n;

	if (!colon)
		hand_fail("'%s' is no address and port", text);
	n = (size_t)(colon - text);
	snprintf(host, sizeof host, "%.*s", (int)(text[n - 1] == '+' ? n - 1 : n), text);
	if (!addr_parse(host, &e.addr))
		hand_fail("'%s' is no address", host);
	if (text[n - 1] == '+')
		e.addr.bytes[3] = (uint8_t)(e.addr.bytes[3] + i);
	e.port = (uint16_t)(strtoul(colon + 1, NULL, 10) + (text[strlen(text) - 1] == '+' ? i : 0));
	return e;
}

static inline uint8_t hand_no_owner(const char *word)
{
	for (int i = 0; i < NO_OWNER_REASONS; i++)
		if (streq(no_owner_info((enum no_owner)i)->word, word))
			return (uint8_t)i;
	hand_fail("'%s' is no reason for having no owner", word);
}

static inline enum tcp_state hand_state(const char *word)
{
	enum tcp_state s;

	if (!tcp_state_parse(word, &s))
		hand_fail("'%s' is no state", word);
	return s;
}

/* A name in info.def, or in told.def. */
static inline void hand_untell(struct hand_sock *s, const char *name)
{
	for (int i = 0; i < SOCK_NUMBERS; i++)
		if (streq(name, sock_number_info((enum sock_number)i)->name)) {
			s->info.untold |= INFO_BIT(i);
			return;
		}
	for (int i = 0; i < SOCK_TOLDS; i++)
		if (streq(name, sock_told_word((enum sock_told)i))) {
			s->is.untold |= TOLD_BIT(i);
			return;
		}
	if (!streq(name, "timer"))
		hand_fail("'%s' is nothing that may be untold", name);
	s->is.timer = TIMER_UNKNOWN;
}

/* The state is the first word, or another one by `state=` of a difference; known tcp_info is what there is if nothing
 * else is said. */
static inline struct hand_sock hand_read_sock(struct by_hand *h, const struct hand_line *l)
{
	struct hand_sock s = { .n = 1, .was_rq = -1, .was_drops = -1, .was_received = -1, .watched_inode = -1 };
	const char *state = l->words[0].key;

	for (size_t i = 1; i < l->n; i++)
		state = streq(l->words[i].key, "state") ? l->words[i].value : state;
	s.is.key.netns = HAND_NETNS;
	s.is.state = hand_state(state);
	s.info.known = s.is.state != TCP_LISTEN && s.is.state != TCP_TIME_WAIT && s.is.state != TCP_NEW_SYN_RECV;
	for (size_t i = 1; i < l->n; i++)
		if (!streq(l->words[i].key, "state") &&
		    !hand_set(&s, hand_sock_keys, ARRAY_SIZE(hand_sock_keys), &l->words[i]))
			hand_fail("%s has no '%s'", l->label, l->words[i].key);
	if (*s.untold)
		hand_untell(&s, s.untold);
	s.info.sent = s.never_sent ? SENT_NEVER : SENT_SOME;
	if (*s.timer && !sock_timer_parse(s.timer, &s.is.timer))
		hand_fail("'%s' is no timer", s.timer);
	if (*s.no_owner)
		s.is.no_owner = hand_no_owner(s.no_owner);
	if (*s.listener)
		s.is.listener = hand_line(&h->text, s.listener)->first_sock;
	if (streq(s.age, "?")) /* ages are made of tcp_info (model/age.h) */
		s.info.known = false;
	s.is.held |= s.pid != 0;
	return s;
}

static inline void hand_own(struct evidence *ev, struct sock *s, pid_t pid, int fd)
{
	struct holder holder = { pid, pid, "by-hand" };

	if (pid)
		evidence_add_owner(ev, s, evidence_add_holder(ev, &holder), fd);
}

/* In the first look: its state there, and what it had then. */
static inline void hand_put_first(struct by_hand *h, struct hand_line *l, const struct hand_sock *given, struct sock s)
{
	struct evidence *ev = &h->o.first;
	struct sock_info info = given->info;
	struct sock *was;

	s.state = given->gone ? s.state : hand_state(given->was);
	s.rq = given->was_rq >= 0 ? (uint32_t)given->was_rq : s.rq;
	s.drops = given->was_drops >= 0 ? (uint32_t)given->was_drops : s.drops;
	s.owner = 0;
	s.listener = *given->listener ? hand_line(&h->text, given->listener)->first_was : 0;
	info.bytes_received = given->was_received >= 0 ? (uint64_t)given->was_received : info.bytes_received;
	was = evidence_add(ev, &s);
	*evidence_add_info(ev) = info;
	hand_own(ev, was, given->pid, given->fd);
	if (!l->first_was)
		l->first_was = (uint32_t)ev->n;
}

static inline void hand_watch(struct by_hand *h, const struct hand_sock *given, const struct sock *s, int fd)
{
	static const struct {
		const char *word;
		uint32_t events;
	} kinds[] = { { "in", EPOLLIN }, { "rdhup", EPOLLRDHUP }, { "out", EPOLLOUT } };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (!streq(kinds[k].word, given->watched))
			continue;
		h->watched = grow(h->watched, h->n_watched, &h->cap_watched, sizeof *h->watched);
		h->watched[h->n_watched++] =
			(struct watched){ fd, kinds[k].events,
			                  given->watched_inode >= 0 ? (uint64_t)given->watched_inode : s->inode };
	}
}

static inline void hand_put_last(struct by_hand *h, struct hand_line *l, const struct hand_sock *given, struct sock s)
{
	struct evidence *ev = &h->o.last;
	int fd = given->fd ? given->fd : (int)ev->n + 3;
	struct sock *is = evidence_add(ev, &s);

	*evidence_add_info(ev) = given->info;
	hand_own(ev, is, given->and_pid, fd);
	hand_own(ev, is, given->pid, fd);
	hand_watch(h, given, is, fd);
	if (!l->first_sock)
		l->first_sock = (uint32_t)ev->n;
}

static inline void hand_put_age(struct sock *s, const char *age, size_t i)
{
	bool at_least = *age == '>';

	if (!*age || streq(age, "?"))
		return;
	s->age.ns = hand_time(age + at_least) + (age[strlen(age) - 1] == '+' ? (int64_t)i * 1000000000 : 0);
	s->age_is = at_least ? AGE_AT_LEAST : AGE_EXACT;
}

static inline void hand_make_socks(struct by_hand *h, struct hand_line *l, uint64_t *cookies)
{
	struct hand_sock given = hand_read_sock(h, l);

	for (size_t i = 0; i < (size_t)given.n; i++) {
		struct sock s = given.is;

		s.key.cookie = ++*cookies;
		s.inode = s.held ? 1000 + (uint32_t)*cookies : 0;
		s.local = *given.local ? hand_end(given.local, i) : (struct endpoint){ .port = 0 };
		s.remote = *given.remote ? hand_end(given.remote, i) : (struct endpoint){ .port = 0 };
		hand_put_age(&s, given.age, i);
		if (*given.was || given.gone)
			hand_put_first(h, l, &given, s);
		if (!given.gone)
			hand_put_last(h, l, &given, s);
	}
}

#endif
