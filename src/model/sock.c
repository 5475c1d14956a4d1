/* SPDX-License-Identifier: MIT
 * One TCP socket as a value. */
#include "model/sock.h"
#include "base/hash.h"

#include <assert.h>
#include <stddef.h>

static const char *const timer_names[] = { "off", "on", "keepalive", "timewait", "persist", "delack" };

_Static_assert(ARRAY_SIZE(timer_names) == TIMERS, "one name per timer");

static const struct no_owner_info no_owners[] = {
#define NO_OWNER(name, word, text, sentence) { word, text, sentence },
#include "model/no_owner.def"
#undef NO_OWNER
};

const struct no_owner_info *no_owner_info(enum no_owner why)
{
	return &no_owners[why];
}

const char *sock_told_word(enum sock_told what)
{
	static const char *const words[SOCK_TOLDS] = {
#define TOLD(name, word, sentence) word,
#include "model/told.def"
#undef TOLD
	};

	assert(what < SOCK_TOLDS);
	return words[what];
}

_Static_assert(SOCK_TOLDS <= 8, "a bit each in sock.untold");
_Static_assert(sizeof(struct sock) == 128, "tables hold half a million");

/* --- numbers of tcp_info --------------------------------------------------------------------------------- */

static const struct sock_number_info numbers[SOCK_NUMBERS] = {
#define INFO(member, type, kernel, sentence) { #member, offsetof(struct sock_info, member), sizeof(type) },
#define INFO_AFTER                           INFO
#include "model/info.def"
#undef INFO
#undef INFO_AFTER
};

_Static_assert(SOCK_NUMBERS < 32, "a bit each in sock_info.untold");

const struct sock_number_info *sock_number_info(enum sock_number n)
{
	assert(n < SOCK_NUMBERS);
	return &numbers[n];
}

int64_t sock_number(const struct sock_info *info, enum sock_number n)
{
	const struct sock_number_info *is = sock_number_info(n);
	const void *at;

	if (!info || !info->known || info->untold & INFO_BIT(n))
		return UNKNOWN;
	if (n == INFO_rtt_us && !info->rtt_us) /* no round trip was measured yet */
		return UNKNOWN;
	at = (const char *)info + is->offset;
	if (is->size == sizeof(uint32_t))
		return *(const uint32_t *)at;
	return (int64_t) * (const uint64_t *)at;
}

void sock_number_set(struct sock_info *info, enum sock_number n, uint64_t value)
{
	const struct sock_number_info *is = sock_number_info(n);
	void *at = (char *)info + is->offset;

	info->untold &= ~INFO_BIT(n);
	if (is->size == sizeof(uint32_t))
		*(uint32_t *)at = (uint32_t)value;
	else
		*(uint64_t *)at = value;
}

/* --- queues ---------------------------------------------------------------------------------------------- */

/* More than any send buffer holds. */
enum { NO_QUEUE = 1 << 26 };

void sock_settle_queues(struct sock *s)
{
	if (s->state != TCP_SYN_SENT)
		return;
	s->rq = 0;
	if (s->wq > NO_QUEUE)
		s->wq = 0;
}

const char *sock_timer_name(enum sock_timer t)
{
	return t < TIMERS ? timer_names[t] : "unknown";
}

static uint64_t end_hash(uint64_t h, const struct endpoint *e)
{
	return hash_mix(addr_hash(h, &e->addr), e->port);
}

uint64_t sock_hash(const struct sock *s)
{
	return end_hash(end_hash(s->key.netns, &s->local), &s->remote);
}

bool sock_timer_parse(const char *text, enum sock_timer *t)
{
	for (size_t i = 0; i < TIMERS; i++) {
		if (!streq(text, timer_names[i]))
			continue;
		*t = (enum sock_timer)i;
		return true;
	}
	return false;
}

bool sock_timer_runs(const struct sock *s)
{
	return s->timer != TIMER_OFF && s->timer != TIMER_UNKNOWN;
}

bool sock_timer_left_known(const struct sock *s)
{
	return sock_timer_runs(s) && s->timer_left.ns != UNKNOWN;
}

void sock_timer_text(struct buf *out, const struct sock *s)
{
	if (!sock_timer_runs(s))
		return;
	buf_puts(out, sock_timer_name(s->timer));
	if (sock_timer_left_known(s)) {
		buf_puts(out, " ");
		span_add(out, s->timer_left);
	}
	if (s->retrans)
		buf_addf(out, ", %u retransmit%s", s->retrans, s->retrans == 1 ? "" : "s");
}

static int compare(unsigned a, unsigned b)
{
	return a < b ? -1 : a > b;
}

int sock_order(const void *a, const void *b)
{
	const struct sock *x = a, *y = b;
	int c = compare(x->state != TCP_LISTEN, y->state != TCP_LISTEN);

	if (!c)
		c = compare(x->local.port, y->local.port);
	if (!c)
		c = compare(x->remote.port, y->remote.port);
	return c ? c : compare(x->local.addr.family, y->local.addr.family);
}
