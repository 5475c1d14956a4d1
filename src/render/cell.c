/* SPDX-License-Identifier: MIT
 * One value of a table of sockets as text. */
#include "render/cell.h"
#include "model/age.h"

#include <assert.h>
#include <stdlib.h>

/* What a function below is given. */
struct subject {
	const struct evidence *ev;
	const struct sock *s;
	const struct sock_info *info; /* NULL: not asked for, or a minisocket's */
	const struct cell_style *style;
};

/* --- plain values -------------------------------------------------------------------------------------- */

static void state(struct buf *out, const struct subject *x)
{
	buf_puts(out, tcp_state_name(x->s->state));
}
static void recvq(struct buf *out, const struct subject *x)
{
	buf_number(out, x->s->rq);
}
static void sendq(struct buf *out, const struct subject *x)
{
	buf_number(out, x->s->wq);
}
static void retrans(struct buf *out, const struct subject *x)
{
	if (x->s->timer != TIMER_UNKNOWN)
		buf_number(out, x->s->retrans);
}
static void drops(struct buf *out, const struct subject *x)
{
	buf_number(out, x->s->drops);
}

static void add_time(struct buf *out, const struct subject *x, struct span d)
{
	if (x->style->plain)
		buf_addf(out, "%.6f", (double)d.ns / 1e9);
	else
		span_add(out, d);
}

static void age(struct buf *out, const struct subject *x)
{
	if (!x->style->plain)
		sock_age_text(out, x->s, x->style->utf8);
	else if (x->s->age_is != AGE_UNKNOWN)
		add_time(out, x, x->s->age);
}

static void age_is(struct buf *out, const struct subject *x)
{
	buf_puts(out, age_is_word((enum age_is)x->s->age_is));
}

static void timer(struct buf *out, const struct subject *x)
{
	if (!x->style->plain)
		sock_timer_text(out, x->s);
	else if (sock_timer_runs(x->s))
		buf_puts(out, sock_timer_name(x->s->timer));
}

static void timer_left(struct buf *out, const struct subject *x)
{
	if (sock_timer_left_known(x->s))
		add_time(out, x, x->s->timer_left);
}

/* A listener on :: that also takes IPv4 stands for any address: ss writes *. */
static void add_endpoint(struct buf *out, const struct sock *s, const struct endpoint *e)
{
	if (s->state == TCP_LISTEN && e->addr.family == AF_INET6 && !s->v6only && addr_is_any(&e->addr))
		endpoint_add(out, &(struct endpoint){ .port = e->port });
	else
		endpoint_add(out, e);
}

static void local(struct buf *out, const struct subject *x)
{
	add_endpoint(out, x->s, &x->s->local);
}
static void peer(struct buf *out, const struct subject *x)
{
	add_endpoint(out, x->s, &x->s->remote);
}

static void inode(struct buf *out, const struct subject *x)
{
	if (x->s->inode)
		buf_number(out, x->s->inode);
}

static void cookie(struct buf *out, const struct subject *x)
{
	if (x->s->key.cookie)
		buf_addf(out, "%llx", (unsigned long long)x->s->key.cookie);
}

static void half_open(struct buf *out, const struct subject *x)
{
	if (x->s->state == TCP_LISTEN)
		buf_number(out, x->s->half_open);
}

/* --- names --------------------------------------------------------------------------------------------- */

static void add_named(struct buf *out, const char *name, uint64_t number)
{
	if (name)
		buf_puts(out, name);
	else
		buf_number(out, number);
}

static void user(struct buf *out, const struct subject *x)
{
	const struct column_names *n = x->style->names;

	add_named(out, n->user ? n->user(n->ctx, x->s->uid) : NULL, x->s->uid);
}

static void netns(struct buf *out, const struct subject *x)
{
	const struct column_names *n = x->style->names;

	add_named(out, n->netns ? n->netns(n->ctx, x->s->key.netns) : NULL, x->s->key.netns);
}

static void cgroup(struct buf *out, const struct subject *x)
{
	const struct column_names *n = x->style->names;

	if (x->s->cgroup)
		add_named(out, n->cgroup ? n->cgroup(n->ctx, x->s->cgroup) : NULL, x->s->cgroup);
}

/* --- owners -------------------------------------------------------------------------------------------- */

static void add_holder(struct buf *out, const struct holder *h)
{
	buf_puts(out, h->comm);
	buf_add(out, "[", 1);
	buf_number(out, (uint64_t)h->pid);
	if (h->tid != h->pid) {
		buf_add(out, "/", 1);
		buf_number(out, (uint64_t)h->tid);
	}
	buf_add(out, "]", 1);
}

/* A process that holds it twice is one owner. */
static void add_holders(struct buf *out, const struct subject *x, const struct sock *s)
{
	unsigned others = 0;
	uint32_t last = UINT32_MAX;

	FOR_EACH_OWNER(o, x->ev, s)
	{
		bool first = last == UINT32_MAX;

		if (o->holder == last)
			continue;
		last = o->holder;
		if (!first && !x->style->all_owners) {
			others++;
			continue;
		}
		if (!first)
			buf_puts(out, ", ");
		add_holder(out, holder_of(x->ev, o));
	}
	if (others) {
		buf_puts(out, " +");
		buf_number(out, others);
	}
}

/* "not accepted (nginx[77])" */
static void owner(struct buf *out, const struct subject *x)
{
	const struct sock *listener = x->s->listener ? &x->ev->socks[x->s->listener - 1] : NULL;

	if (x->s->owner) {
		add_holders(out, x, x->s);
		return;
	}
	buf_puts(out, no_owner_info((enum no_owner)x->s->no_owner)->text);
	if (!listener || !listener->owner)
		return;
	buf_puts(out, x->s->listener_one_of ? " (one of " : " (");
	add_holders(out, x, listener);
	buf_puts(out, ")");
}

static void fds(struct buf *out, const struct subject *x)
{
	const char *comma = "";

	FOR_EACH_OWNER(o, x->ev, x->s)
	{
		buf_puts(out, comma);
		buf_number(out, (uint64_t)o->fd);
		comma = ",";
	}
}

static void pid(struct buf *out, const struct subject *x)
{
	if (x->s->owner)
		buf_number(out, (uint64_t)holder_of(x->ev, owner_at(x->ev, x->s->owner))->pid);
}

/* --- queues in words ----------------------------------------------------------------------------------- */

static void count(struct buf *out, uint32_t n, const char *what)
{
	if (!n)
		return;
	if (out->len)
		buf_puts(out, ", ");
	buf_number(out, n);
	buf_puts(out, what);
}

static void listener_queues(struct buf *out, const struct sock *s)
{
	count(out, s->rq,
	      s->rq > s->wq ? " wait for accept(), more than the backlog of " : " wait for accept(), backlog ");
	if (!s->rq)
		buf_puts(out, "nobody waits for accept(), backlog ");
	buf_number(out, s->wq);
}

/* The peer's FIN is counted as a byte until read() has returned 0 (tcp_data_queue()); ours until it is acknowledged. */
static bool fin_received(const struct sock *s)
{
	return s->state == TCP_CLOSE_WAIT || s->state == TCP_CLOSING || s->state == TCP_LAST_ACK;
}

static bool fin_sent(const struct sock *s)
{
	return s->state == TCP_FIN_WAIT1 || s->state == TCP_CLOSING || s->state == TCP_LAST_ACK;
}

static void queues(struct buf *out, const struct subject *x)
{
	const struct sock *s = x->s;
	struct buf b = { 0 };

	if (s->state == TCP_LISTEN) {
		listener_queues(&b, s);
	} else if (s->state == TCP_SYN_SENT) {
		count(&b, s->wq > 1 ? s->wq - 1 : 0, " bytes behind the SYN");
	} else {
		count(&b, fin_received(s) && s->rq ? s->rq - 1 : s->rq, " bytes not read");
		if (fin_received(s) && s->rq)
			buf_puts(&b, b.len ? " and the FIN" : "the FIN not read");
		count(&b, fin_sent(s) && s->wq ? s->wq - 1 : s->wq, " bytes not acknowledged");
		if (fin_sent(s) && s->wq)
			buf_puts(&b, s->wq > 1 ? ", nor the FIN"
			             : b.len   ? ", our FIN not acknowledged"
			                       : "our FIN not acknowledged");
		if (s->timer == TIMER_PERSIST)
			buf_puts(&b, b.len ? "; the peer's window is closed" : "the peer's window is closed");
	}
	buf_puts(out, buf_text(&b));
	buf_free(&b);
}

/* --- tcp_info ------------------------------------------------------------------------------------------ */

/* How a number of info.def is written. */
enum unit { NO_NUMBER, PLAIN, IN_US, IN_MS };

static void add_number(struct buf *out, const struct subject *x, int64_t n, enum unit unit)
{
	if (unit == PLAIN)
		buf_number(out, n);
	else if (unit == IN_MS)
		add_time(out, x, span_ms(n));
	else
		add_time(out, x, span_us(n));
}

static void options(struct buf *out, const struct subject *x)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = { { 1, "ts" }, { 2, "sack" }, { 8, "ecn" }, { 4, "wscale" } };
	const char *blank = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(x->info->options & names[i].bit))
			continue;
		buf_puts(out, blank);
		buf_puts(out, names[i].name);
		blank = " ";
	}
	if (x->info->options & 4)
		buf_addf(out, ":%u,%u", x->info->snd_wscale, x->info->rcv_wscale);
}

/* --- for sorting --------------------------------------------------------------------------------------- */

static uint64_t age_number(const struct subject *x)
{
	return (uint64_t)x->s->age.ns;
}
static uint64_t recvq_number(const struct subject *x)
{
	return x->s->rq;
}
static uint64_t sendq_number(const struct subject *x)
{
	return x->s->wq;
}
static uint64_t state_number(const struct subject *x)
{
	return x->s->state;
}
static uint64_t timer_number(const struct subject *x)
{
	return sock_timer_left_known(x->s) ? (uint64_t)x->s->timer_left.ns + 1 : sock_timer_runs(x->s);
}
static uint64_t retrans_number(const struct subject *x)
{
	return x->s->retrans;
}
static uint64_t drops_number(const struct subject *x)
{
	return x->s->drops;
}
static uint64_t half_open_number(const struct subject *x)
{
	return x->s->half_open;
}
static uint64_t inode_number(const struct subject *x)
{
	return x->s->inode;
}
static uint64_t cookie_number(const struct subject *x)
{
	return x->s->key.cookie;
}

static uint64_t pid_number(const struct subject *x)
{
	return x->s->owner ? (uint64_t)holder_of(x->ev, owner_at(x->ev, x->s->owner))->pid : 0;
}

static uint64_t fd_number(const struct subject *x)
{
	return x->s->owner ? (uint64_t)owner_at(x->ev, x->s->owner)->fd : 0;
}

static void endpoint_key(struct buf *out, const struct endpoint *e)
{
	buf_addf(out, "%02x", e->addr.family);
	for (size_t i = 0; i < sizeof e->addr.bytes; i++)
		buf_addf(out, "%02x", e->addr.bytes[i]);
	buf_addf(out, "%04x", e->port);
}

/* --- the table ----------------------------------------------------------------------------------------- */

static const struct cell {
	void (*add)(struct buf *out, const struct subject *x);
	uint64_t (*number)(const struct subject *x); /* NULL: ordered as it reads */
	enum unit unit;                              /* without the two above: a number of info.def */
	enum sock_number is;
	uint8_t told; /* TOLD_BIT() of what must be told for it */
} cells[COLUMNS] = {
	[COL_STATE] = { .add = state, .number = state_number },
	[COL_AGE] = { .add = age, .number = age_number },
	[COL_AGEIS] = { .add = age_is },
	[COL_RECVQ] = { .add = recvq, .number = recvq_number },
	[COL_SENDQ] = { .add = sendq, .number = sendq_number },
	[COL_LOCAL] = { .add = local },
	[COL_PEER] = { .add = peer },
	[COL_OWNER] = { .add = owner },
	[COL_FD] = { .add = fds, .number = fd_number },
	[COL_PID] = { .add = pid, .number = pid_number },
	[COL_QUEUES] = { .add = queues },
	[COL_HALFOPEN] = { .add = half_open, .number = half_open_number },
	[COL_TIMER] = { .add = timer, .number = timer_number },
	[COL_TIMERLEFT] = { .add = timer_left, .number = timer_number },
	[COL_RETRANS] = { .add = retrans, .number = retrans_number },
	[COL_UID] = { .add = user, .told = TOLD_BIT(TOLD_UID) },
	[COL_INODE] = { .add = inode, .number = inode_number, .told = TOLD_BIT(TOLD_INODE) },
	[COL_SK] = { .add = cookie, .number = cookie_number },
	[COL_NETNS] = { .add = netns },
	[COL_CGROUP] = { .add = cgroup },
	[COL_DROPS] = { .add = drops, .number = drops_number, .told = TOLD_BIT(TOLD_DROPS) },
	[COL_RTT] = { .unit = IN_US, .is = INFO_rtt_us },
	[COL_RTO] = { .unit = IN_US, .is = INFO_rto_us },
	[COL_CWND] = { .unit = PLAIN, .is = INFO_cwnd },
	[COL_MSS] = { .unit = PLAIN, .is = INFO_mss },
	[COL_UNACKED] = { .unit = PLAIN, .is = INFO_unacked },
	[COL_LOST] = { .unit = PLAIN, .is = INFO_lost },
	[COL_RESENT] = { .unit = PLAIN, .is = INFO_total_retrans },
	[COL_RCVWND] = { .unit = PLAIN, .is = INFO_rcv_wnd },
	[COL_SNDWND] = { .unit = PLAIN, .is = INFO_snd_wnd },
	[COL_LASTSND] = { .unit = IN_MS, .is = INFO_last_snd_ms },
	[COL_LASTRCV] = { .unit = IN_MS, .is = INFO_last_rcv_ms },
	[COL_LASTACK] = { .unit = IN_MS, .is = INFO_last_ack_ms },
	[COL_OPTIONS] = { .add = options },
};

static struct subject subject_of(const struct evidence *ev, size_t index, const struct cell_style *style)
{
	bool known = ev->infos && ev->infos[index].known;

	return (struct subject){ ev, &ev->socks[index], known ? &ev->infos[index] : NULL, style };
}

/* What is not told of this socket has no value. */
static bool has_value(enum column c, const struct subject *x)
{
	return !(x->s->untold & cells[c].told) && (x->info || !(column_info(c)->want & WANT_INFO));
}

void cell_add(struct buf *out, enum column c, const struct evidence *ev, size_t index, const struct cell_style *style)
{
	struct subject x = subject_of(ev, index, style);
	const struct cell *cell = &cells[c];
	int64_t n;

	assert(cell->add || cell->unit);
	if (!has_value(c, &x))
		return;
	if (cell->add)
		cell->add(out, &x);
	else if ((n = sock_number(x.info, cell->is)) != UNKNOWN)
		add_number(out, &x, n, cell->unit);
}

bool cell_number(enum column c, const struct evidence *ev, size_t index, uint64_t *number)
{
	struct subject x = subject_of(ev, index, NULL);
	const struct cell *cell = &cells[c];
	int64_t n;

	*number = 0;
	if (cell->add && !cell->number)
		return false;
	if (cell->number && has_value(c, &x))
		*number = cell->number(&x);
	else if (!cell->number && (n = sock_number(x.info, cell->is)) != UNKNOWN)
		*number = (uint64_t)n;
	return true;
}

void cell_key(struct buf *out, enum column c, const struct evidence *ev, size_t index, const struct cell_style *style)
{
	if (c == COL_LOCAL)
		endpoint_key(out, &ev->socks[index].local);
	else if (c == COL_PEER)
		endpoint_key(out, &ev->socks[index].remote);
	else
		cell_add(out, c, ev, index, style);
}
