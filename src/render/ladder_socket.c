/* SPDX-License-Identifier: MIT
 * The rows of sockets: states beside what caused them, and what stands beneath. The columns of states belong to
 * connections: a socket that is bound or listens is none, and what is said of it stands between the columns. */
#include "render/ladder_internal.h"
#include "render/socket.h"

/* In the machine's own network other things happen at the same time: a packet of another connection changed nothing of
 * this one. */
static bool is_anothers(const struct layout *lo, const struct row *r, const struct event *e)
{
	const struct sock *s;
	const struct conn *c;

	if (!lo->v->names[CLIENT] || e->kind != EV_SOCKET || r->kind != ROW_ARROW || !r->conn)
		return false;
	s = e->socket.gone ? &e->socket.was : &e->socket.is;
	c = conns_find(&lo->tl->conns, e->side, &s->local, &s->remote);
	return !c || c->number != r->conn;
}

/* A state belongs beside what caused it: the packet just drawn, or the call of this side. */
static struct row *row_for_state(struct layout *lo, const struct event *e)
{
	struct row *r = ladder_last_row(lo);

	if (r && r->reason && lo->rows->n > 1)
		r--;
	if (r && (e->socket.before || is_anothers(lo, r, e)))
		r = NULL;
	if (r && !r->detail && !r->told && !*r->state[e->side] &&
	    (r->kind == ROW_ARROW || (r->kind == ROW_CALL && r->side == e->side)))
		return r;
	return ladder_add_row(lo, ROW_CALL, e->side, e->at);
}

/* Details of one moment and side share a row. */
static void add_detail(struct layout *lo, const struct event *e, struct row *state_row, const char *text)
{
	struct row *r = ladder_last_row(lo);

	if (r && r->detail && r->kind == ROW_CALL && r->side == e->side) {
		buf_puts(&r->text, "; ");
	} else if (state_row && !state_row->text.len) {
		r = state_row;
	} else {
		r = ladder_add_row(lo, ROW_CALL, e->side, e->at);
		r->detail = true;
	}
	ladder_add_who(lo, &r->text, e->who, e->side);
	buf_puts(&r->text, text);
}

static void lay_documentation(struct layout *lo, const struct event *e, enum tcp_state from, enum tcp_state to)
{
	const struct transition *t = transition_find(from, to);

	if (lo->v->verbose && t)
		buf_addf(&ladder_add_row(lo, ROW_LINE, e->side, e->at)->text, "%s %s -> %s: %s (%s; %s)",
		         side_name(e->side), tcp_state_name(from), tcp_state_name(to), t->why, t->rfc, t->kernel);
}

/* A state that stands alone says whose it is, where there are several connections that nobody named. */
static void add_connection(const struct layout *lo, struct row *r, const struct event *e)
{
	const struct sock *s = e->socket.gone ? &e->socket.was : &e->socket.is;
	char local[ADDR_TEXT], remote[ADDR_TEXT];

	if (!lo->v->names[CLIENT] || r->text.len || r->kind != ROW_CALL || !s->remote.port)
		return;
	endpoint_format(local, &s->local);
	endpoint_format(remote, &s->remote);
	buf_addf(&r->text, "%s > %s", local, remote);
}

/* Details, and with -v what documents a state, belong to the row before them. */
static const struct row *row_before_details(const struct layout *lo)
{
	size_t i = lo->rows->n;

	while (i > 0 && (lo->rows->all[i - 1].detail ||
	                 (lo->rows->all[i - 1].kind == ROW_LINE && lo->rows->all[i - 1].side != NO_SIDE)))
		i--;
	return i ? &lo->rows->all[i - 1] : NULL;
}

static bool has_cause(const struct layout *lo, const struct event *e)
{
	const struct row *r = row_before_details(lo);

	return r && r->cause && (r->kind == ROW_ARROW || r->side == e->side);
}

static bool is_connection(enum tcp_state s)
{
	return s != TCP_LISTEN && s != TCP_BOUND;
}

/* Bound, listening, or closed again: it never stood in a column. */
static bool is_no_connection(const struct event_socket *es)
{
	return !is_connection(es->gone ? es->was.state : es->is.state);
}

/* "LISTEN 0/5 waiting", "listener CLOSED". */
static void lay_no_connection(struct layout *lo, const struct event *e, const char *detail)
{
	const struct event_socket *es = &e->socket;
	struct buf text = { 0 };
	struct row *r = NULL;

	if (!es->appeared && !es->gone &&
	    is_connection(es->was.state)) { /* connect() failed: closed, and bound as before */
		r = row_for_state(lo, e);
		r->state[e->side] = tcp_state_name(TCP_CLOSED);
	}
	buf_puts(&text, detail);
	if (es->gone)
		buf_puts(&text, es->was.state == TCP_LISTEN ? "listener CLOSED" : "bound socket CLOSED");
	if (!r && !has_cause(lo, e)) {
		r = ladder_add_row(lo, ROW_CALL, e->side, e->at);
		r->told = true;
	}
	if (text.len)
		add_detail(lo, e, r, buf_text(&text));
	buf_free(&text);
}

/* Is it one of the connections that were there before and that are folded into one line? */
static bool is_folded(const struct layout *lo, const struct event *e)
{
	return e->kind == EV_SOCKET && e->socket.before && !is_no_connection(&e->socket) && !lo->v->verbose;
}

/* Of the program's own: how many in which state. */
static size_t count_folded(const struct layout *lo, size_t in[static TCP_STATES])
{
	size_t n = 0;

	for (size_t i = lo->at; i < lo->tl->n; i++) {
		const struct event *e = lo->tl->events[i];

		if (!is_folded(lo, e) || e->side != CLIENT)
			continue;
		in[e->socket.is.state]++;
		n++;
	}
	return n;
}

/* "60 connections were there before: 40 ESTABLISHED, 20 CLOSE_WAIT", by the first of them; the others are silent. */
static void lay_folded(struct layout *lo, const struct event *e)
{
	size_t in[TCP_STATES] = { 0 }, n = count_folded(lo, in);
	const char *joint = ": ";
	struct row *r;

	if (lo->folded || !n)
		return;
	lo->folded = true;
	lo->v->many = lo->v->many || n > 1;
	r = ladder_add_row(lo, ROW_CALL, CLIENT, e->at);
	r->told = true;
	buf_addf(&r->text, "%zu connection%s there before", n, n == 1 ? " was" : "s were");
	for (int s = 0; s < TCP_STATES; s++) {
		if (in[s] == n)
			buf_addf(&r->text, ", %s", tcp_state_name((enum tcp_state)s));
		else if (in[s])
			buf_addf(&r->text, "%s%zu %s", joint, in[s], tcp_state_name((enum tcp_state)s));
		if (in[s])
			joint = ", ";
	}
}

void lay_socket(struct layout *lo, const struct event *e)
{
	const struct event_socket *es = &e->socket;
	enum tcp_state from = es->appeared ? TCP_CLOSED : es->was.state;
	enum tcp_state to = es->gone ? TCP_CLOSED : es->is.state;
	struct buf detail = { 0 };
	struct row *r = NULL;

	if (is_folded(lo, e)) {
		lay_folded(lo, e);
		return;
	}
	socket_describe(lo->v, lo->tl, lo->at, &detail);
	if (is_no_connection(es)) {
		lay_no_connection(lo, e, buf_text(&detail));
	} else if (from != to) {
		r = row_for_state(lo, e);
		r->state[e->side] = tcp_state_name(to);
		add_connection(lo, r, e);
	}
	if (detail.len && !is_no_connection(es))
		add_detail(lo, e, r, buf_text(&detail));
	else if (r && r->kind == ROW_ARROW && *e->who && !streq(e->who, view_name(lo->v, e->side)))
		add_detail(lo, e, r, tcp_state_name(to));
	buf_free(&detail);
	if (from != to)
		lay_documentation(lo, e, from, to);
}

/* A likely state that is not the only possible one is marked. The kernel's words have no such mark. */
static const char *marked_name(enum tcp_state s)
{
	static const char *const names[] = {
#define STATE(name, number, ss, netstat, sentence, out) #name "?",
#include "model/tcp_state.def"
#undef STATE
	};

	return names[s];
}

/* Both ends' states follow from one packet: they stand beside it, whatever was said of it in between. */
static struct row *row_for_inferred(struct layout *lo, const struct event *e)
{
	for (size_t i = lo->rows->n; i-- > 0;) {
		struct row *r = &lo->rows->all[i];

		if (r->kind == ROW_ARROW && r->at.ns == e->at.ns && !*r->state[e->side])
			return r;
		if (!r->detail)
			break;
	}
	return row_for_state(lo, e);
}

void lay_inferred(struct layout *lo, const struct event *e)
{
	state_set others = e->inferred.may & ~state_set_of(e->inferred.likely);
	struct row *r = row_for_inferred(lo, e);
	struct buf or = { 0 };

	r->state[e->side] = others ? marked_name(e->inferred.likely) : tcp_state_name(e->inferred.likely);
	if (others && lo->v->verbose) {
		buf_puts(& or, "or ");
		state_set_text(& or, others, TCP_STATES);
		add_detail(lo, e, r, buf_text(& or));
	}
	buf_free(& or);
}
