/* SPDX-License-Identifier: MIT
 * How long a socket has been in its present state. */
#include "model/age.h"

#define TIME_WAIT_LENGTH span_s(60)
#define FIRST_WAIT span_s(1)

/* What was sent so long before an ACK came was not acknowledged by that one: it would have been sent again meanwhile. */
enum { ANSWERED_MS = 1000 };

struct age {
	enum age_is is;
	struct span span;
};

static struct age since_ms(enum age_is is, uint32_t ms)
{
	return (struct age){ is, span_ms(ms) };
}

static struct age of_close_wait(const struct sock *s, const struct sock_info *info)
{
	bool settled = s->wq == 0 && info->last_snd_ms > info->last_ack_ms + ANSWERED_MS;
	bool quiet = s->timer == TIMER_OFF && (info->never_sent || settled);

	return since_ms(quiet ? AGE_EXACT : AGE_AT_LEAST, info->last_ack_ms);
}

static struct age of_established(const struct sock *s, const struct sock_info *info)
{
	uint32_t ms = info->last_ack_ms > info->last_snd_ms ? info->last_ack_ms : info->last_snd_ms;

	if (!s->held)
		return since_ms(s->rq == 0 ? AGE_EXACT : AGE_AT_LEAST, info->last_ack_ms);
	return since_ms(AGE_AT_LEAST, ms);
}

static struct age of_fin_wait2(const struct sock *s, const struct sock_info *info)
{
	(void)s;
	return since_ms(AGE_AT_LEAST, info->last_ack_ms);
}

static struct age of_time_wait(const struct sock *s, const struct sock_info *info)
{
	struct span passed = { TIME_WAIT_LENGTH.ns - s->timer_left.ns };

	(void)info;
	return (struct age){ AGE_AT_LEAST, passed.ns > 0 ? passed : (struct span){ 0 } };
}

/* Each wait before the present one took a second or more. */
static struct age of_handshake(const struct sock *s, const struct sock_info *info)
{
	(void)info;
	return (struct age){ s->retrans ? AGE_AT_LEAST : AGE_UNKNOWN, { s->retrans * FIRST_WAIT.ns } };
}

static const struct {
	struct age (*of)(const struct sock *s, const struct sock_info *info);
	bool by_info; /* needs what tcp_info tells */
} rules[TCP_STATES] = {
	[TCP_CLOSE_WAIT] = { of_close_wait, true },   [TCP_ESTABLISHED] = { of_established, true },
	[TCP_FIN_WAIT2] = { of_fin_wait2, true },     [TCP_TIME_WAIT] = { of_time_wait, false },
	[TCP_SYN_SENT] = { of_handshake, false },     [TCP_NEW_SYN_RECV] = { of_handshake, false },
};

void sock_set_age(struct sock *s, const struct sock_info *info)
{
	struct age age = { AGE_UNKNOWN, { 0 } };

	if (rules[s->state].of && (!rules[s->state].by_info || (info && info->known)))
		age = rules[s->state].of(s, info);
	s->age_is = (uint8_t)age.is;
	s->age = age.span;
}

void sock_age_text(struct buf *out, const struct sock *s, bool utf8)
{
	if (s->age_is == AGE_UNKNOWN)
		return;
	if (s->age_is == AGE_AT_LEAST)
		buf_puts(out, utf8 ? "≥" : ">=");
	span_add(out, s->age);
}
