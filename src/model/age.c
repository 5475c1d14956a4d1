/* SPDX-License-Identifier: MIT
 * How long a socket has been in its present state. */
#include "model/age.h"

#define TIME_WAIT_LENGTH span_s(60)
#define FIRST_WAIT       span_s(1)

/* What was sent so long before an ACK came was not acknowledged by that one: it would have been sent again
 * meanwhile. */
enum { ANSWERED_MS = 1000 };

struct age {
	enum age_is is;
	struct span span;
};

/* `ms` may be UNKNOWN, and the age is then. */
static struct age since_ms(enum age_is is, int64_t ms)
{
	return ms == UNKNOWN ? (struct age){ AGE_UNKNOWN, { 0 } } : (struct age){ is, span_ms(ms) };
}

static int64_t since_ack(const struct sock_info *info)
{
	return sock_number(info, INFO_last_ack_ms);
}
static int64_t since_sent(const struct sock_info *info)
{
	return sock_number(info, INFO_last_snd_ms);
}

static struct age of_close_wait(const struct sock *s, const struct sock_info *info)
{
	int64_t ack = since_ack(info), sent = since_sent(info); /* UNKNOWN is the least of all */
	bool settled = s->wq == 0 && ack != UNKNOWN && sent > ack + ANSWERED_MS;
	bool quiet = s->timer == TIMER_OFF && (info->sent == SENT_NEVER || settled);

	return since_ms(quiet ? AGE_EXACT : AGE_AT_LEAST, ack);
}

static struct age of_established(const struct sock *s, const struct sock_info *info)
{
	int64_t ack = since_ack(info), sent = since_sent(info);

	if (!sock_tells(s, TOLD_INODE) || s->held)
		return since_ms(AGE_AT_LEAST, ack > sent ? ack : sent);
	return since_ms(s->rq == 0 ? AGE_EXACT : AGE_AT_LEAST, ack);
}

static struct age of_fin_wait2(const struct sock *s, const struct sock_info *info)
{
	(void)s;
	return since_ms(AGE_AT_LEAST, since_ack(info));
}

static struct age of_time_wait(const struct sock *s, const struct sock_info *info)
{
	struct span passed;

	(void)info;
	if (s->timer == TIMER_UNKNOWN || s->timer_left.ns == UNKNOWN)
		return (struct age){ AGE_UNKNOWN, { 0 } };
	passed = (struct span){ TIME_WAIT_LENGTH.ns - s->timer_left.ns };
	return (struct age){ AGE_AT_LEAST, passed.ns > 0 ? passed : (struct span){ 0 } };
}

/* After `waits` of a second or more, `doublings` of which were each twice as long as the one before, and in a further
 * one of which `left` is left. */
static struct age waiting(unsigned waits, unsigned doublings, struct span left)
{
	int64_t length = FIRST_WAIT.ns << doublings, passed = length > left.ns ? length - left.ns : 0;
	struct span all = { (waits - doublings) * FIRST_WAIT.ns + length - FIRST_WAIT.ns + passed };

	return (struct age){ all.ns ? AGE_AT_LEAST : AGE_UNKNOWN, all };
}

/* Waits grow up to two minutes (TCP_RTO_MAX): those after the seventh are counted as a second each. */
enum { DOUBLINGS = 6 };

/* The first ones may all be of the same length (tcp_syn_linear_timeouts), so only what is left tells of a doubling. */
static struct age of_syn_sent(const struct sock *s, const struct sock_info *info)
{
	unsigned doublings = 0;

	(void)info;
	if (s->timer != TIMER_ON || !sock_timer_left_known(s))
		return (struct age){ AGE_UNKNOWN, { 0 } };
	while (doublings < DOUBLINGS && doublings < s->retrans && FIRST_WAIT.ns << doublings < s->timer_left.ns)
		doublings++;
	return waiting(s->retrans, doublings, s->timer_left);
}

/* Each wait is twice the one before (reqsk_timer_handler()). */
static struct age of_syn_received(const struct sock *s, const struct sock_info *info)
{
	(void)info;
	if (s->timer != TIMER_ON || !sock_timer_left_known(s))
		return (struct age){ AGE_UNKNOWN, { 0 } };
	return waiting(s->retrans, s->retrans < DOUBLINGS ? s->retrans : DOUBLINGS, s->timer_left);
}

static const struct {
	struct age (*of)(const struct sock *s, const struct sock_info *info);
	bool by_info; /* needs what tcp_info tells */
} rules[TCP_STATES] = {
	[TCP_CLOSE_WAIT] = { of_close_wait, true }, [TCP_ESTABLISHED] = { of_established, true },
	[TCP_FIN_WAIT2] = { of_fin_wait2, true },   [TCP_TIME_WAIT] = { of_time_wait, false },
	[TCP_SYN_SENT] = { of_syn_sent, false },    [TCP_NEW_SYN_RECV] = { of_syn_received, false },
};

void sock_set_age(struct sock *s, const struct sock_info *info)
{
	struct age age = { AGE_UNKNOWN, { 0 } };

	if (rules[s->state].of && (!rules[s->state].by_info || (info && info->known)))
		age = rules[s->state].of(s, info);
	s->age_is = (uint8_t)age.is;
	s->age = age.span;
}

const char *age_is_word(enum age_is is)
{
	static const char *const words[] = { [AGE_UNKNOWN] = "", [AGE_EXACT] = "exact", [AGE_AT_LEAST] = "at-least" };

	return words[is];
}

void sock_age_text(struct buf *out, const struct sock *s, bool utf8)
{
	if (s->age_is == AGE_UNKNOWN)
		return;
	if (s->age_is == AGE_AT_LEAST)
		buf_puts(out, utf8 ? "≥" : ">=");
	span_add(out, s->age);
}
