/* SPDX-License-Identifier: MIT
 * Tables as ss (iproute2 misc/ss.c) and netstat (net-tools netstat.c) print them: same columns, same words. */
#include "render/table.h"
#include "base/text.h"

#include <stdio.h>

static void holder_comm(struct buf *out, const struct holder *h)
{
	text_escape(out, h->comm, strlen(h->comm));
}

/* timer:(timewait,59.8 s,0): ss's form, with a time that cannot be misread (ss prints 1.972 s as 1.972ms). */
static void ss_timer(struct buf *out, const struct sock *s)
{
	char left[SPAN_TEXT] = "";

	if (!sock_timer_runs(s))
		return;
	if (sock_timer_left_known(s))
		span_format(left, s->timer_left);
	buf_addf(out, " timer:(%s,%s,%u)", sock_timer_name(s->timer), left, s->retrans);
}

static void ss_owners(struct buf *out, const struct evidence *ev, const struct sock *s)
{
	const char *before = " users:(";

	if (!s->owner)
		return;
	FOR_EACH_OWNER(o, ev, s)
	{
		buf_addf(out, "%s(\"", before);
		holder_comm(out, holder_of(ev, o));
		buf_addf(out, "\",pid=%d,fd=%d)", holder_of(ev, o)->pid, o->fd);
		before = ",";
	}
	buf_puts(out, ")");
}

/* A listener on :: that also takes IPv4 stands for any address: ss writes *. */
static void ss_endpoint(char out[static ADDR_TEXT], const struct sock *s, const struct endpoint *e)
{
	bool both = s->state == TCP_LISTEN && e->addr.family == AF_INET6 && !s->v6only && addr_is_any(&e->addr);

	if (!both)
		endpoint_format(out, e);
	else if (e->port)
		snprintf(out, ADDR_TEXT, "*:%u", e->port);
	else
		snprintf(out, ADDR_TEXT, "*:*");
}

static void ss_row(struct buf *out, const char *host, const struct evidence *ev, const struct sock *s)
{
	char local[ADDR_TEXT], remote[ADDR_TEXT];

	ss_endpoint(local, s, &s->local);
	ss_endpoint(remote, s, &s->remote);
	if (host)
		buf_addf(out, "%-7s ", host);
	buf_addf(out, "%-10s %6u %6u %-21s %-21s", tcp_state_info(s->state)->ss, s->rq, s->wq, local, remote);
	ss_timer(out, s);
	ss_owners(out, ev, s);
	buf_puts(out, "\n");
}

static void ss_head(struct buf *out, bool one_host)
{
	if (!one_host)
		buf_addf(out, "%-7s ", "Host");
	buf_addf(out, "%-10s %6s %6s %-21s %s\n", "State", "Recv-Q", "Send-Q", "Local Address:Port",
	         "Peer Address:Port");
}

static void netstat_owner(struct buf *out, const struct evidence *ev, const struct sock *s, bool with_fd)
{
	const struct owner *o = owner_at(ev, s->owner);

	if (!o) {
		buf_puts(out, "-");
		return;
	}
	buf_addf(out, "%d/", holder_of(ev, o)->pid);
	holder_comm(out, holder_of(ev, o));
	if (with_fd)
		buf_addf(out, " fd %d", o->fd);
}

static void netstat_row(struct buf *out, const struct evidence *ev, const struct sock *s, bool with_fd)
{
	char local[ADDR_TEXT], remote[ADDR_TEXT];
	/* netstat shows no backlog: Send-Q of a listener is 0 there. */
	uint32_t wq = s->state == TCP_LISTEN ? 0 : s->wq;

	endpoint_format_netstat(local, &s->local);
	endpoint_format_netstat(remote, &s->remote);
	buf_addf(out, "%-4s  %6u %6u %-23s %-23s %-11s ", s->local.addr.family == AF_INET6 ? "tcp6" : "tcp", s->rq, wq,
	         local, remote, tcp_state_info(s->state)->netstat);
	netstat_owner(out, ev, s, with_fd);
	buf_puts(out, "\n");
}

static void netstat_head(struct buf *out)
{
	buf_addf(out, "%-5s %6s %6s %-23s %-23s %-11s %s\n", "Proto", "Recv-Q", "Send-Q", "Local Address",
	         "Foreign Address", "State", "PID/Program name");
}

static void rows(struct buf *out, const struct event_table *t, enum side side, const struct view *v)
{
	const struct evidence *ev = &t->seen[side];

	if (ev->n && t->netstat && !t->one_host)
		buf_addf(out, "%s:\n", view_name(v, side));
	for (size_t i = 0; i < ev->n; i++) {
		const struct sock *s = &ev->socks[i];

		if (!t->netstat)
			ss_row(out, t->one_host ? NULL : view_name(v, side), ev, s);
		else if (s->state != TCP_BOUND) /* netstat does not know them */
			netstat_row(out, ev, s, v->verbose);
	}
}

/* On one host the server's rows come first: its listener heads the table. */
void table_render(struct buf *out, const struct event_table *t, const struct view *v)
{
	if (t->netstat)
		netstat_head(out);
	else
		ss_head(out, t->one_host);
	rows(out, t, t->one_host ? SERVER : CLIENT, v);
	rows(out, t, t->one_host ? CLIENT : SERVER, v);
}
