/* SPDX-License-Identifier: MIT
 * What the rules about listeners share. */
#include "doctor/listen.h"

/* sk_drops of a listener is what it threw away; it can only grow (measured F6). */
static int64_t listen_drops_of(const struct visit *v, size_t listener)
{
	const struct sock *was = observation_was(v->o, listener), *is = visit_sock(v, listener);

	if (!sock_tells(is, TOLD_DROPS))
		return UNKNOWN;
	if (!is->drops) /* then it was 0 before, too */
		return 0;
	return was && sock_tells(was, TOLD_DROPS) && is->drops >= was->drops ? (int64_t)(is->drops - was->drops)
	                                                                     : UNKNOWN;
}

static void listen_add_samples(const struct visit *v, size_t listener, struct listen_queue *q)
{
	const struct queue_samples *samples = observation_queue(v->o, listener);
	const struct sock *was = observation_was(v->o, listener);

	for (uint32_t i = 0; samples && i < samples->n; i++) {
		q->least = samples->rq[i] < q->least ? samples->rq[i] : q->least;
		q->most = samples->rq[i] > q->most ? samples->rq[i] : q->most;
	}
	q->looks += samples ? samples->n : 0;
	if (!was)
		return;
	q->least = was->rq < q->least ? was->rq : q->least;
	q->most = was->rq > q->most ? was->rq : q->most;
	q->looks++;
}

/* It may wait there, or be held by somebody who is not seen. */
static bool listen_is_unsure(const struct sock *s, const struct sock *listener)
{
	return visit_is_nobodys(s) == TRUTH_UNKNOWN && s->key.netns == listener->key.netns &&
	       s->local.port == listener->local.port && (s->state == TCP_ESTABLISHED || s->state == TCP_CLOSE_WAIT);
}

/* Those that wait are complete connections without a process: established, or already left by their peers. */
static void listen_find_oldest(const struct visit *v, size_t listener, struct listen_queue *q)
{
	static const enum tcp_state waiting[] = { TCP_ESTABLISHED, TCP_CLOSE_WAIT };

	for (size_t k = 0; k < ARRAY_SIZE(waiting); k++)
		FOR_EACH_IN_STATE(v, waiting[k], i, s)
		{
			q->ageless += listen_is_unsure(s, visit_sock(v, listener));
			if (s->listener != listener + 1)
				continue;
			q->ageless += s->age_is == AGE_UNKNOWN;
			if (s->age_is == AGE_UNKNOWN || s->age.ns <= q->oldest.ns)
				continue;
			q->oldest = s->age;
			q->oldest_index = i;
		}
}

/* The queue is served in order, so one accept() takes away one of those that were there at first. (A reset does so,
 * too: then nothing is claimed.) */
static enum truth listen_is_unmoved(const struct visit *v, size_t listener)
{
	const struct sock *was = observation_was(v->o, listener);
	const struct evidence *ev = &v->o->first;
	size_t waited = 0, unsure = 0;

	for (size_t i = 0; i < ev->n && was; i++) {
		const struct sock *s = &ev->socks[i], *is;

		unsure += listen_is_unsure(s, was);
		if (s->listener != (uint32_t)(was - ev->socks) + 1 || s->state == TCP_NEW_SYN_RECV)
			continue;
		is = observation_is(v->o, i);
		if (is && listen_is_unsure(is, was))
			unsure++;
		else if (!is || is->listener != listener + 1)
			return TRUTH_NO;
		waited++;
	}
	return unsure ? TRUTH_UNKNOWN : truth_of(waited > 0);
}

struct listen_queue listen_queue(const struct visit *v, size_t listener)
{
	const struct sock *s = visit_sock(v, listener);
	struct listen_queue q = { .now = s->rq,
		                  .backlog = s->wq,
		                  .least = s->rq,
		                  .most = s->rq,
		                  .looks = 1,
		                  .drops = listen_drops_of(v, listener) };

	listen_add_samples(v, listener, &q);
	if (s->rq) {
		listen_find_oldest(v, listener, &q);
		q.unmoved = listen_is_unmoved(v, listener);
	}
	return q;
}

struct finding *listen_find(struct visit *v, enum severity severity, size_t listener, const struct listen_queue *q)
{
	struct finding *f = find_new(v, severity);
	struct buf *line;

	find_about(v, f, listener);
	finding_sock(f, listener);
	f->count = q->now;
	line = finding_line(f);
	buf_addf(line, "%u wait for accept(), backlog %u", q->now, q->backlog);
	if (q->looks > 1)
		buf_addf(line, "; in %u looks from %u to %u", q->looks, q->least, q->most);
	if (q->oldest.ns) {
		buf_puts(line, "; the oldest for ");
		span_add(line, q->oldest);
	}
	find_figure(v, f, "accept_queue", q->now, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
	find_figure(v, f, "backlog", q->backlog, UNIT_SOCKETS, THRESHOLDS, "sock_diag");
	return f;
}

void listen_tell_uncounted(struct visit *v)
{
	visit_tell_unknown(v, v->o->twice ? "what some listeners threw away in the window is not known"
	                                  : "what listeners throw away takes two looks");
}
