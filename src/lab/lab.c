/* SPDX-License-Identifier: MIT
 * The lab's one loop, and what it notes. */
#include "lab/lab.h"
#include "base/text.h"
#include "lab/reaper.h"
#include "lab/veth.h"
#include "source/owner.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* Packets of one burst that are watched one by one; beyond, a bulk transfer runs freely and the hosts are
 * looked at when it is over. SYN, FIN and RST are always watched. */
enum { BURST_WATCHED = 200, RECEIVED_SHOWN = 40 };

/* --- opening and closing ------------------------------------------------------------------------------- */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int step(struct lab *l, struct err *e);
static enum side packet_sender(void *ctx, const struct segment *s);
static void packet_arrived(void *ctx, const struct packet *p);
static void packet_seen(void *ctx, const struct packet *p, enum fate fate);
static void packet_released(void *ctx, const struct packet *p);
static void packet_delivered(void *ctx, const struct packet *p);
static void packet_discarded(void *ctx, const struct packet *p);
static void packet_again(void *ctx, const struct packet *copy, const struct packet *original);

void lab_init(struct lab *l, struct lab_hooks hooks)
{
	*l = (struct lab){ .hooks = hooks, .life = -1, .signals = -1 };
	for (int i = 0; i < SIDES; i++)
		l->hosts[i] = (struct host){ .ns = -1, .device = -1, .counter_fds = { -1, -1 } };
	l->signals = open_signals();
	TAILQ_INIT(&l->actors);
	timeline_begin(&l->timeline);
}

void lab_mark(struct lab *l)
{
	for (int i = 0; i < SIDES; i++) {
		counters_free(&l->marked[i]);
		counters_read(l->hosts[i].counter_fds, &l->marked[i]);
	}
}

int lab_start(struct lab *l, struct err *e)
{
	struct wire_hooks told = { l,		     packet_sender,    packet_arrived,	 packet_seen,
				   packet_released, packet_delivered, packet_discarded, packet_again };

	if (hosts_open(l->hosts, &l->options, e) < 0)
		return -1;
	if (l->hosts[CLIENT].is_veth)
		stay_on_one_cpu();
	l->life = reaper_start(l->hosts, &l->reaper, e);
	if (l->life < 0) {
		hosts_close(l->hosts);
		return -1;
	}
	wire_init(&l->wire, (int[]){ l->hosts[CLIENT].device, l->hosts[SERVER].device }, &l->timeline.conns, told);
	for (int i = 0; i < SIDES && l->hosts[i].is_veth; i++) {
		l->wire.to[i] = &l->hosts[i].veth_to;
		l->wire.fence[i] = &l->hosts[i].v4;
	}
	l->wire.paced = l->hooks.ask != NULL;
	l->wire.shared = l->options.loopback;
	l->wire.offload = l->options.offload;
	l->wire.latency = l->latency;
	l->started = true;
	if (step(l, e) < 0) /* a veth pair may need a moment before it carries anything */
		return -1;
	lab_mark(l);
	timeline_restart(&l->timeline);
	return 0;
}

void lab_close(struct lab *l)
{
	struct actor *a;

	while ((a = TAILQ_FIRST(&l->actors))) {
		TAILQ_REMOVE(&l->actors, a, link);
		actor_stop(a);
	}
	if (l->started)
		wire_free(&l->wire);
	timeline_free(&l->timeline);
	for (int i = 0; i < SIDES; i++) {
		evidence_free(&l->seen[i]);
		counters_free(&l->marked[i]);
	}
	hosts_close(l->hosts);
	if (l->life >= 0)
		close(l->life);
	if (l->signals >= 0)
		close(l->signals);
	free(l->title);
	free(l->no_start);
	free(l->skipped);
	free(l->failed);
}

/* --- noting -------------------------------------------------------------------------------------------- */

void lab_say(struct lab *l, enum event_kind kind, const char *text)
{
	timeline_append(&l->timeline, (struct event){ .kind = kind, .side = NO_SIDE, .text = xstrdup(text) });
}

const char *lab_name_of_cookie(const struct lab *l, uint64_t cookie)
{
	const struct actor *a;

	TAILQ_FOREACH(a, &l->actors, link)
		if (actor_has_cookie(a, cookie))
			return a->name;
	return "";
}

struct note_ctx {
	struct lab *l;
	enum side side;
};

static void note_socket(void *ctx, const struct sock *was, const struct sock *is)
{
	struct note_ctx *n = ctx;
	struct event ev = { .kind = EV_SOCKET, .side = n->side };
	const struct sock *either = is ? is : was;

	assert(either); /* evidence_diff() never tells of nothing */

	ev.socket.appeared = !was;
	ev.socket.gone = !is;
	if (was)
		ev.socket.was = *was;
	if (is)
		ev.socket.is = *is;
	snprintf(ev.who, sizeof ev.who, "%s", lab_name_of_cookie(n->l, either->key.cookie));
	timeline_append(&n->l->timeline, ev);
}

/* Whose is this socket when both hosts are one? Its actor's; else the side on which its connection has this end. A listener
 * or a bound socket whose actor is gone counts as the server's. */
static enum side side_of(const struct lab *l, const struct sock *s)
{
	const struct actor *a;

	TAILQ_FOREACH(a, &l->actors, link)
		if (actor_has_cookie(a, s->key.cookie))
			return a->side;
	return conns_find(&l->timeline.conns, CLIENT, &s->local, &s->remote) ? CLIENT : SERVER;
}

static void keep_side(const struct lab *l, struct evidence *ev, enum side side)
{
	size_t kept = 0;

	for (size_t i = 0; i < ev->n; i++)
		if (side_of(l, &ev->socks[i]) == side)
			ev->socks[kept++] = ev->socks[i];
	ev->n = kept;
}

static int look(struct lab *l, enum side side, struct evidence *ev, struct err *e)
{
	if (diag_look(l->hosts[side].diag, ev, e) < 0)
		return -1;
	if (l->options.loopback)
		keep_side(l, ev, side);
	return 0;
}

static int look_at(struct lab *l, enum side side, struct err *e)
{
	struct note_ctx n = { l, side };
	struct evidence now = { 0 };

	if (look(l, side, &now, e) < 0) {
		evidence_free(&now);
		return -1;
	}
	evidence_diff(&l->seen[side], &now, note_socket, &n);
	evidence_free(&l->seen[side]);
	l->seen[side] = now;
	l->dirty[side] = false;
	return 0;
}

static int look_where_dirty(struct lab *l, struct err *e)
{
	for (int i = 0; i < SIDES; i++)
		if (l->dirty[i] && look_at(l, (enum side)i, e) < 0)
			return -1;
	return 0;
}

/* A connection's end is called after the actor that holds its socket, so that connections can be told apart. */
static void name_end(struct lab *l, struct conn *c, enum side side)
{
	const struct evidence *ev = &l->seen[side];
	struct conn_end *end = &c->end[side];

	for (size_t i = 0; i < ev->n && !*end->who; i++)
		if (endpoint_equal(&ev->socks[i].local, &end->at) &&
		    endpoint_equal(&ev->socks[i].remote, &c->end[side_other(side)].at))
			snprintf(end->who, sizeof end->who, "%s", lab_name_of_cookie(l, ev->socks[i].key.cookie));
}

struct event_packet lab_packet(const struct packet *p, enum fate fate)
{
	struct event_packet ep = { .number = p->number, .fate = fate, .seg = p->seg,
				   .copies = p->copies, .resent = p->resent,
				   .kept = span_since(p->seen) };

	if (p->conn) {
		ep.conn = p->conn->number;
		ep.rel_seq = conn_relative_seq(p->conn, p->from, p->seg.seq);
		ep.rel_ack = conn_relative_ack(p->conn, p->from, p->seg.ack);
		snprintf(ep.port_of, sizeof ep.port_of, "%s", p->conn->end[CLIENT].who);
	}
	return ep;
}

static void keep_bytes(const struct lab *l, struct event_packet *ep, const struct packet *p)
{
	if (!l->keep_bytes)
		return;
	ep->bytes = xcalloc(p->len, 1);
	ep->n_bytes = p->len;
	memcpy(ep->bytes, p->bytes, p->len);
}

static void note_packet(struct lab *l, enum event_kind kind, const struct packet *p, enum fate fate)
{
	struct event ev = { .kind = kind, .side = p->from, .packet = lab_packet(p, fate) };

	keep_bytes(l, &ev.packet, p);
	timeline_append(&l->timeline, ev);
}

/* The first packet of a connection on a shared device: sent by the actor whose socket has this address. */
static enum side packet_sender(void *ctx, const struct segment *s)
{
	struct lab *l = ctx;
	struct evidence ev = { 0 };
	enum side side = CLIENT;
	struct err e;

	if (diag_look(l->hosts[CLIENT].diag, &ev, &e) == 0)
		for (size_t i = 0; i < ev.n; i++)
			if (endpoint_equal(&ev.socks[i].local, &s->src) && endpoint_equal(&ev.socks[i].remote, &s->dst))
				side = side_of(l, &ev.socks[i]) == SERVER && *lab_name_of_cookie(l, ev.socks[i].key.cookie)
					       ? SERVER
					       : CLIENT;
	evidence_free(&ev);
	return side;
}

static bool watched(const struct lab *l, const struct packet *p)
{
	return l->packets_in_burst < BURST_WATCHED || (p->seg.flags & (SYN | FIN | RST));
}

/* The sender's state before its packet goes on: what the packet says, its kernel has done already. */
static void packet_arrived(void *ctx, const struct packet *p)
{
	struct lab *l = ctx;
	struct err e;

	l->packets_in_burst++;
	if (watched(l, p))
		look_at(l, p->from, &e);
	if (p->conn) {
		name_end(l, p->conn, CLIENT);
		name_end(l, p->conn, SERVER);
	}
}

static void packet_seen(void *ctx, const struct packet *p, enum fate fate)
{
	note_packet(ctx, EV_PACKET, p, fate);
}

static void packet_released(void *ctx, const struct packet *p)
{
	note_packet(ctx, EV_RELEASED, p, FATE_PASSED);
}

static void packet_discarded(void *ctx, const struct packet *p)
{
	note_packet(ctx, EV_DISCARDED, p, FATE_DROPPED);
}

static void packet_delivered(void *ctx, const struct packet *p)
{
	struct lab *l = ctx;

	l->dirty[side_other(p->from)] = true;
}

static void packet_again(void *ctx, const struct packet *copy, const struct packet *original)
{
	struct event ev = { .kind = EV_AGAIN, .side = copy->from, .packet = lab_packet(copy, FATE_HELD) };
	struct lab *l = ctx;

	ev.packet.number = original ? original->number : 0;
	ev.packet.copies = original ? original->copies : 0;
	keep_bytes(l, &ev.packet, copy);
	timeline_append(&l->timeline, ev);
}

/* --- results ------------------------------------------------------------------------------------------- */

/* Which client was accepted; nothing where it is the only one. */
static const char *accepted_client(const struct lab *l, const struct result *r)
{
	for (size_t i = l->timeline.conns.n; i-- > 0;) {
		const struct conn *c = l->timeline.conns.all[i];

		if (endpoint_equal(&c->end[CLIENT].at, &r->reply.peer))
			return c->end[CLIENT].who;
	}
	return "";
}

static void result_text(const struct lab *l, struct buf *out, const struct result *r)
{
	const struct actor_reply *y = &r->reply;

	if (y->ret >= 0)
		buf_addf(out, "%lld", (long long)y->ret);
	else
		buf_addf(out, "-1 %s (%s)", strerrorname_np(y->err), strerror(y->err));
	if (r->op == OP_RECV && y->text_len) {
		buf_puts(out, " \"");
		text_escape(out, r->text, y->text_len < RECEIVED_SHOWN ? y->text_len : RECEIVED_SHOWN);
		buf_puts(out, y->ret > RECEIVED_SHOWN ? "…\"" : "\"");
	}
	if (r->op == OP_RECV && y->ret == 0)
		buf_puts(out, " (end of file)");
	if (r->op == OP_ACCEPT && y->ret >= 0 && *accepted_client(l, r))
		buf_addf(out, " (%s)", accepted_client(l, r));
}

static void note_result(struct lab *l, const struct actor *a, const struct result *r)
{
	struct event ev = { .kind = EV_RESULT, .side = a->side };
	struct buf text = { 0 };

	result_text(l, &text, r);
	ev.call = (struct event_call){ .id = r->id, .text = xstrdup(buf_text(&text)), .failed = r->reply.ret < 0 };
	snprintf(ev.who, sizeof ev.who, "%s", a->name);
	timeline_append(&l->timeline, ev);
	buf_free(&text);
}

/* A connection that accept() gave away gets an actor of its own: A.2, A.3 … It adopts the descriptor; that
 * is the lab's doing and no system call of the story. */
static int hand_over(struct lab *l, struct actor *from, struct result *r, struct err *e)
{
	struct actor_cmd adopt = { .op = OP_ADOPT };
	char name[ACTOR_NAME + 16];
	struct actor *a;
	int rc = -1;

	if (*from->heir)
		snprintf(name, sizeof name, "%s", from->heir);
	else
		snprintf(name, sizeof name, "%s.%u", from->name, ++from->children + 1);
	a = lab_actor(l, name, e);
	if (a)
		rc = actor_command(a, &adopt, NULL, r->fd, ++l->last_call, "accept", false, e);
	close(r->fd);
	return rc;
}

static void note_adopted(struct lab *l, const struct actor *a, const struct result *r)
{
	struct event ev = { .kind = EV_NOTICE, .side = a->side };
	char text[80];

	snprintf(text, sizeof text, "%s takes this connection, as its descriptor %d", a->name, r->reply.fd);
	ev.text = xstrdup(text);
	timeline_append(&l->timeline, ev);
}

static int take_result(struct lab *l, struct actor *a, struct result *r, struct err *e)
{
	l->dirty[a->side] = true;
	if (r->op == OP_ADOPT) {
		note_adopted(l, a, r);
		return 0;
	}
	note_result(l, a, r);
	return r->fd >= 0 ? hand_over(l, a, r, e) : 0;
}

/* Takes what actors answered, in the order of their birth. */
static int collect(struct lab *l, struct err *e)
{
	struct actor *a;
	struct result r;
	int rc;

	TAILQ_FOREACH(a, &l->actors, link) {
		while ((a->now.id || a->aside.id) && (rc = actor_collect(a, &r)) != 0) {
			if (rc < 0)
				return err_set(e, "the process of actor %s is gone", a->name);
			if (take_result(l, a, &r, e) < 0)
				return -1;
		}
	}
	return 0;
}

/* --- the loop ------------------------------------------------------------------------------------------ */

static const struct actor *busy_actor(const struct lab *l)
{
	const struct actor *a;

	TAILQ_FOREACH(a, &l->actors, link)
		if (!actor_settled(a))
			return a;
	return NULL;
}

bool lab_interrupted(struct lab *l)
{
	struct signalfd_siginfo info;

	if (l->signals >= 0 && read(l->signals, &info, sizeof info) == sizeof info)
		l->interrupted = true;
	return l->interrupted;
}

/* Short naps, longer when it lasts: a call mostly takes some microseconds. */
static void nap(unsigned round)
{
	const struct timespec t = { .tv_nsec = round < 20 ? 20000 : round < 60 ? 200000 : 2000000 };

	nanosleep(&t, NULL);
}

/* Waits until every actor is idle or asleep in its call; results are taken on the way. */
static int settle(struct lab *l, struct err *e)
{
	struct instant limit = instant_after(clock_now(), LAB_BUSY_LIMIT);
	const struct actor *busy;

	for (unsigned round = 0;; round++) {
		if (collect(l, e) < 0)
			return -1;
		busy = busy_actor(l);
		if (!busy)
			return 0;
		if (lab_interrupted(l))
			return err_set(e, "interrupted");
		if (instant_reached(limit, clock_now()))
			return err_set(e, "%s is still running in %s after 5 s; a call that blocks would sleep",
				       busy->name, busy->now.call);
		nap(round);
	}
}

static int step(struct lab *l, struct err *e)
{
	int moved = wire_step(&l->wire);

	if (moved < 0)
		err_sys(e, -moved, "the lab's network device failed");
	return moved;
}

/* One packet in lockstep, or, in the middle of a bulk transfer, as many as there are. */
static int move(struct lab *l, struct err *e)
{
	int moved;

	if (l->packets_in_burst < BURST_WATCHED) {
		if (settle(l, e) < 0 || look_where_dirty(l, e) < 0)
			return -1;
		return step(l, e);
	}
	while ((moved = step(l, e)) > 0)
		if (lab_interrupted(l))
			return err_set(e, "interrupted");
	return moved < 0 ? -1 : settle(l, e) < 0 ? -1 : step(l, e);
}

static int until_still(struct lab *l, struct err *e)
{
	int moved;

	while ((moved = move(l, e)) > 0)
		if (lab_interrupted(l))
			return err_set(e, "interrupted");
	return moved;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

int lab_serve_until(struct lab *l, int fd, struct err *e)
{
	while (!readable(fd))
		if (lab_pause(l, span_s(1), fd, e) < 0 || (l->started && until_still(l, e) < 0))
			return -1;
	return 0;
}

/* The wire goes on being served while the person thinks: copies are counted, kernels see no delay of ours. */
static int wait_for_person(struct lab *l, const struct packet *next, struct err *e)
{
	l->hooks.ask(l->hooks.ctx, next);
	if (lab_serve_until(l, l->hooks.pace_fd, e) < 0)
		return -1;
	return l->hooks.answer(l->hooks.ctx) ? 0 : err_set(e, "stopped at the prompt");
}

int lab_quiet(struct lab *l, struct err *e)
{
	struct packet *next;

	if (!l->started)
		return 0;
	for (;;) {
		if (until_still(l, e) < 0)
			return -1;
		l->packets_in_burst = 0;
		if (look_at(l, CLIENT, e) < 0 || look_at(l, SERVER, e) < 0)
			return -1;
		l->hooks.show(l->hooks.ctx);
		next = wire_paced(&l->wire);
		if (!next)
			return 0;
		if (wait_for_person(l, next, e) < 0)
			return -1;
		wire_pass(&l->wire, next);
	}
}

/* A pause ends when a delayed packet's time has come. */
static struct timespec until_due(const struct lab *l, struct span limit)
{
	struct instant due;

	if (l->started && wire_next_due(&l->wire, &due)) {
		struct span left = span_between(clock_now(), due);

		if (left.ns < limit.ns)
			limit.ns = left.ns > 0 ? left.ns : 0;
	}
	return (struct timespec){ .tv_sec = limit.ns / 1000000000, .tv_nsec = limit.ns % 1000000000 };
}

int lab_pause(struct lab *l, struct span limit, int fd, struct err *e)
{
	struct pollfd *p = xcalloc(l->n_actors + 4, sizeof *p);
	struct timespec ts = until_due(l, limit);
	const struct actor *a;
	nfds_t n = 0;

	for (int i = 0; i < SIDES && l->started; i++)
		p[n++] = (struct pollfd){ .fd = l->wire.fd[i], .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = l->signals, .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	TAILQ_FOREACH(a, &l->actors, link)
		if (a->now.id)
			p[n++] = (struct pollfd){ .fd = a->control, .events = POLLIN };
	ppoll(p, n, &ts, NULL);
	free(p);
	return lab_interrupted(l) ? err_set(e, "interrupted") : 0;
}

int lab_run_for(struct lab *l, struct span d, struct err *e)
{
	struct instant end = instant_after(clock_now(), d);

	for (;;) {
		struct instant now;

		if (lab_quiet(l, e) < 0)
			return -1;
		now = clock_now();
		if (instant_reached(end, now))
			return 0;
		if (lab_pause(l, span_between(now, end), -1, e) < 0)
			return -1;
	}
}

/* --- actors -------------------------------------------------------------------------------------------- */

struct actor *lab_find_actor(struct lab *l, const char *name)
{
	struct actor *a;

	TAILQ_FOREACH(a, &l->actors, link)
		if (streq(a->name, name))
			return a;
	return NULL;
}

struct actor *lab_actor(struct lab *l, const char *name, struct err *e)
{
	struct actor *a = lab_find_actor(l, name);
	enum side side;

	if (a)
		return a;
	if (!actor_name_ok(name, &side)) {
		err_set(e, "'%.40s' names no actor: client or server, alone or followed by digits, -x or .x", name);
		return NULL;
	}
	a = actor_start(&l->hosts[side], name, l->life, e);
	if (!a)
		return NULL;
	TAILQ_INSERT_TAIL(&l->actors, a, link);
	l->n_actors++;
	return a;
}

int lab_await(struct lab *l, struct actor *a, struct err *e)
{
	struct instant limit = instant_after(clock_now(), LAB_CALL_LIMIT);

	if (lab_quiet(l, e) < 0)
		return -1;
	while (a->now.id) {
		struct instant now = clock_now();

		if (instant_reached(limit, now))
			return err_set(e, "%s still waits in %s", a->name, a->now.call);
		if (lab_pause(l, span_between(now, limit), -1, e) < 0 || lab_quiet(l, e) < 0)
			return -1;
	}
	return 0;
}

static int begin_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *text, const char *verb,
		      const char *shown, bool aside, struct err *e)
{
	struct event ev = { .kind = EV_CALL, .side = a->side };

	ev.call = (struct event_call){ .id = ++l->last_call, .text = xstrdup(shown) };
	snprintf(ev.who, sizeof ev.who, "%s", a->name);
	timeline_append(&l->timeline, ev);
	l->dirty[a->side] = true;
	if (actor_command(a, cmd, text, -1, l->last_call, verb, aside, e) < 0)
		return -1;
	return lab_quiet(l, e);
}

int lab_call(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *text, const char *verb,
	     const char *shown, struct err *e)
{
	return begin_call(l, a, cmd, text, verb, shown, false, e);
}

int lab_call_aside(struct lab *l, struct actor *a, const struct actor_cmd *cmd, const char *verb, const char *shown,
		   struct err *e)
{
	return begin_call(l, a, cmd, NULL, verb, shown, true, e);
}

/* --- looking ------------------------------------------------------------------------------------------- */

int lab_look(struct lab *l, struct evidence seen[SIDES], struct err *e)
{
	pid_t *pids = xcalloc(l->n_actors, sizeof *pids);
	const struct actor *a;
	int rc = 0;

	for (int i = 0; i < SIDES && rc == 0; i++) {
		size_t n = 0;

		TAILQ_FOREACH(a, &l->actors, link)
			if (a->side == (enum side)i)
				pids[n++] = a->pid;
		rc = look(l, (enum side)i, &seen[i], e);
		if (rc == 0)
			owners_fill(&seen[i], pids, n);
	}
	free(pids);
	return rc;
}
