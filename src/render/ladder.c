/* SPDX-License-Identifier: MIT
 * The ladder's layout. One function per kind of event; each adds rows or completes the last one. */
#include "render/ladder_internal.h"
#include "base/text.h"
#include "render/table.h"

#include <stdlib.h>

/* Of a long burst of plain data and ACKs so many packets are drawn at its beginning and its end. */
enum { BURST_LONG = 24, BURST_FIRST = 12, BURST_LAST = 4 };

struct row *ladder_add_row(struct layout *lo, enum row_kind kind, enum side side, struct span at)
{
	struct rows *r = lo->rows;

	r->all = grow(r->all, r->n, &r->cap, sizeof *r->all);
	r->all[r->n] = (struct row){ .kind = kind, .side = side, .at = at, .state = { "", "" } };
	return &r->all[r->n++];
}

struct row *ladder_last_row(const struct layout *lo)
{
	return lo->rows->n ? &lo->rows->all[lo->rows->n - 1] : NULL;
}

/* "client2: " when more is needed than the column to say whose; nothing for the hosts' own actors. */
void ladder_add_who(const struct layout *lo, struct buf *b, const char *who, enum side side)
{
	if (*who && !streq(who, view_name(lo->v, side)))
		buf_addf(b, "%s: ", who);
}

uint16_t ladder_port(const struct view *v, const struct timeline *tl, const struct conn *c)
{
	if (!c || (v->names[CLIENT] ? !v->many && tl->conns.last_number < 2 : !c->end[CLIENT].one_of))
		return 0;
	return conn_port(c);
}

/* --- calls --------------------------------------------------------------------------------------------- */

static const struct event *find_call(const struct layout *lo, unsigned id, size_t *at)
{
	for (*at = lo->at; (*at)-- > 0;) {
		const struct event *e = lo->tl->events[*at];

		if (e->kind == EV_CALL && e->call.id == id)
			return e;
	}
	return NULL;
}

/* What other programs do in between does not keep a call and its result apart; what happens on the wire and in the
 * kernel does. */
static bool is_aside(const struct event *e)
{
	return e->kind == EV_CALL || e->kind == EV_RESULT || e->kind == EV_OUTPUT || e->kind == EV_PROCESS;
}

/* A call and its result are one row when it did not sleep. NULL: it did. */
static const struct event *result_at_once(const struct layout *lo, size_t at)
{
	const struct event *call = lo->tl->events[at];

	for (size_t i = at + 1; i < lo->tl->n && is_aside(lo->tl->events[i]); i++) {
		const struct event *e = lo->tl->events[i];

		if (e->kind == EV_RESULT && e->call.id == call->call.id)
			return e;
		if (e->kind == EV_CALL && streq(e->who, call->who))
			return NULL;
	}
	return NULL;
}

/* With -v, as strace -T has it. */
static void add_duration(const struct layout *lo, struct buf *b, const struct event_call *result)
{
	char text[SPAN_TEXT];

	if (!lo->v->verbose || !result->took.ns)
		return;
	span_format(text, result->took);
	buf_addf(b, " <%s>", text);
}

static void lay_why(struct layout *lo, const struct event *result)
{
	struct row *r;

	if (!result || !result->call.why)
		return;
	r = ladder_add_row(lo, ROW_CALL, result->side, result->at);
	r->detail = r->reason = true;
	buf_addf(&r->text, "why: %s", result->call.why);
}

static void lay_call(struct layout *lo, const struct event *e)
{
	struct row *r = ladder_add_row(lo, ROW_CALL, e->side, e->at);
	const struct event *result = result_at_once(lo, lo->at);

	r->cause = true;
	ladder_add_who(lo, &r->text, e->who, e->side);
	buf_puts(&r->text, result && result->call.whole ? result->call.whole : e->call.text);
	if (result) {
		buf_addf(&r->text, " = %s", result->call.text);
		add_duration(lo, &r->text, &result->call);
	} else {
		buf_puts(&r->text, " …");
	}
	if (e->call.where)
		buf_addf(&r->text, "  %s", e->call.where);
	lay_why(lo, result);
}

/* Of "bind(3, …), listen(3, 5)" what stands behind the first call; NULL: it is the last. What stands in quotes is no
 * call. */
static const char *next_call(const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && !strncmp(text, "), ", 3))
			return text + 3;
	}
	return NULL;
}

/* "listen " of "bind(3, …), listen(3, 5)": the one that slept. */
static void add_call_name(struct buf *b, const char *text)
{
	for (const char *next = text; next; next = next_call(text))
		text = next;
	buf_add(b, text, strcspn(text, "("));
	buf_puts(b, " ");
}

static void lay_result(struct layout *lo, const struct event *e)
{
	size_t at;
	const struct event *call = find_call(lo, e->call.id, &at);
	struct row *r;

	if (call && at >= lo->first && result_at_once(lo, at) == e)
		return; /* stands in the call's row */
	r = ladder_add_row(lo, ROW_CALL, e->side, e->at);
	r->cause = true;
	ladder_add_who(lo, &r->text, e->who, e->side);
	buf_puts(&r->text, "… ");
	if (e->call.whole)
		buf_addf(&r->text, "%s ", e->call.whole);
	else if (call)
		add_call_name(&r->text, call->call.text);
	buf_addf(&r->text, "= %s", e->call.text);
	add_duration(lo, &r->text, &e->call);
	lay_why(lo, e);
}

/* --- packets ------------------------------------------------------------------------------------------- */

static void add_numbers(struct buf *b, const struct event_packet *p, bool with_window)
{
	const struct segment *s = &p->seg;

	if (s->len)
		buf_addf(b, " seq %u:%u", p->rel_seq, p->rel_seq + s->len);
	else
		buf_addf(b, " seq %u", p->rel_seq);
	buf_puts(b, p->seq_absolute ? " (absolute)" : "");
	if (s->flags & ACK)
		buf_addf(b, " ack %u%s", p->rel_ack, p->ack_absolute ? " (absolute)" : "");
	if (with_window)
		buf_addf(b, " win %u", s->window);
	if (s->len)
		buf_addf(b, " len %u", s->len);
}

/* What is said of a packet that arrives all the same. */
static const char *remark(enum fate fate)
{
	switch (fate) {
	case FATE_TWICE:
		return ", delivered twice";
	case FATE_CORRUPTED:
		return ", checksum broken";
	case FATE_DOUBLED:
		return ", the wire's copy";
	case FATE_INJECTED:
		return ", injected";
	default:
		return "";
	}
}

static void add_remarks(struct buf *b, remarks set)
{
	if (set & (REMARK_(FAST) | REMARK_(SPURIOUS) | REMARK_(FIRST_UNSEEN))) /* they say it, too */
		set &= ~REMARK_(RESENT);
	for (int i = 0; i < REMARKS; i++)
		if (set >> i & 1)
			buf_addf(b, ", %s", remark_info((enum remark)i)->label);
}

static void add_port(const struct layout *lo, struct buf *b, unsigned conn)
{
	uint16_t port = ladder_port(lo->v, lo->tl, conns_numbered(&lo->tl->conns, conn));

	if (port)
		buf_addf(b, ":%u ", port);
}

static void add_label(const struct layout *lo, struct buf *b, const struct event_packet *p, bool with_window)
{
	buf_addf(b, "#%u ", p->number);
	if (!p->conn) {
		buf_addf(b, "no TCP, IP protocol %u", p->seg.protocol);
		return;
	}
	add_port(lo, b, p->conn);
	segment_flags(b, p->seg.flags);
	add_numbers(b, p, with_window);
	if (*p->port_of && !streq(p->port_of, view_name(lo->v, CLIENT)))
		buf_addf(b, " (%s)", p->port_of);
	if (p->cookie)
		buf_puts(b, ", a SYN cookie");
	if (p->resent)
		buf_puts(b, ", sent again");
	add_remarks(b, p->remarks);
	buf_puts(b, remark(p->fate));
}

static void add_copies(struct buf *b, const struct event_packet *p)
{
	if (p->copies)
		buf_addf(b, ", again ×%u", p->copies);
}

static bool is_plain(const struct event *e)
{
	return e->kind == EV_PACKET && e->packet.fate == FATE_PASSED && e->packet.conn && !e->packet.remarks &&
	       (segment_kind(&e->packet.seg) == KIND_DATA || segment_kind(&e->packet.seg) == KIND_ACK);
}

/* Sockets and inferred states follow packets and do not end a run of them. */
static bool ends_run(const struct event *e)
{
	return !is_plain(e) && e->kind != EV_SOCKET && e->kind != EV_INFERRED;
}

/* How many plain packets follow one another from here on. */
static size_t run_length(const struct layout *lo)
{
	size_t n = 0;

	for (size_t i = lo->at; i < lo->tl->n && !ends_run(lo->tl->events[i]); i++)
		n += is_plain(lo->tl->events[i]);
	return n;
}

/* True while a plain packet stands in the middle of a long run; the first one there says how many there are. */
static bool left_out(struct layout *lo, const struct event *e)
{
	size_t index;

	if (lo->plain_done == lo->plain) {
		lo->plain = run_length(lo);
		lo->plain_done = 0;
	}
	index = lo->plain_done++;
	if (lo->v->verbose || lo->plain < BURST_LONG || index < BURST_FIRST || index >= lo->plain - BURST_LAST)
		return false;
	if (index == BURST_FIRST)
		buf_addf(&ladder_add_row(lo, ROW_LINE, NO_SIDE, e->at)->text,
		         "… %zu more packets, DATA and ACK; -v shows all", lo->plain - BURST_FIRST - BURST_LAST);
	return true;
}

/* With -v, a packet's options stand below it. */
static void lay_options(struct layout *lo, const struct event *e)
{
	struct row *r;

	if (!lo->v->verbose || !e->packet.seg.n_options)
		return;
	r = ladder_add_row(lo, ROW_LINE, NO_SIDE, e->at);
	r->detail = true;
	buf_addf(&r->text, "#%u options [", e->packet.number);
	segment_options(&r->text, &e->packet.seg);
	buf_puts(&r->text, "]");
}

/* What its receiver's kernel counted stands right behind it. */
static bool is_thrown(const struct layout *lo, unsigned number)
{
	const struct event *next = lo->at + 1 < lo->tl->n ? lo->tl->events[lo->at + 1] : NULL;

	return next && next->kind == EV_COUNTED && next->counted.number == number &&
	       counted_info(next->counted.what)->thrown;
}

static void lay_counted(struct layout *lo, const struct event *e)
{
	const struct counted_info *info = counted_info(e->counted.what);
	struct row *r = ladder_add_row(lo, ROW_CALL, e->side, e->at);

	r->detail = r->reason = true;
	buf_addf(&r->text, "%s%s (%s)", info->thrown ? "thrown away: " : "", info->words, info->counter);
}

static void lay_packet(struct layout *lo, const struct event *e)
{
	struct row *r;

	if (is_plain(e) && left_out(lo, e))
		return;
	r = ladder_add_row(lo, ROW_ARROW, e->side, e->at);
	r->cause = true;
	r->conn = e->packet.conn;
	r->fate = e->packet.fate;
	r->thrown = is_thrown(lo, e->packet.number);
	r->released = r->fate == FATE_INJECTED; /* it, too, begins in the middle */
	add_label(lo, &r->text, &e->packet, true);
	add_label(lo, &r->shorter, &e->packet, false);
	lay_options(lo, e);
}

static void lay_released(struct layout *lo, const struct event *e)
{
	struct row *r = ladder_add_row(lo, ROW_ARROW, e->side, e->at);
	char kept[SPAN_TEXT];

	r->cause = true;
	r->released = true;
	r->thrown = is_thrown(lo, e->packet.number);
	span_format(kept, e->packet.kept);
	buf_addf(&r->text, "#%u ", e->packet.number);
	add_port(lo, &r->text, e->packet.conn);
	segment_flags(&r->text, e->packet.seg.flags);
	buf_addf(&r->text, " released after %s", kept);
	add_copies(&r->text, &e->packet);
	buf_puts(&r->shorter, buf_text(&r->text));
}

static void lay_discarded(struct layout *lo, const struct event *e)
{
	struct row *r = ladder_add_row(lo, ROW_ARROW, e->side, e->at);

	r->fate = FATE_DROPPED;
	buf_addf(&r->text, "#%u ", e->packet.number);
	add_port(lo, &r->text, e->packet.conn);
	segment_flags(&r->text, e->packet.seg.flags);
	add_copies(&r->text, &e->packet);
	buf_puts(&r->shorter, buf_text(&r->text));
}

/* --- the rest ------------------------------------------------------------------------------------------ */

static void lay_table(struct layout *lo, const struct event *e)
{
	table_render(&ladder_add_row(lo, ROW_BLOCK, NO_SIDE, e->at)->text, &e->table, lo->v);
}

static void lay_kept(struct layout *lo, const struct event *e)
{
	struct buf *b = &ladder_add_row(lo, ROW_BLOCK, NO_SIDE, e->at)->text;
	char kept[SPAN_TEXT];

	for (size_t i = 0; i < e->kept.n; i++) {
		span_format(kept, e->kept.packets[i].kept);
		buf_addf(b, "held from %s: ", side_name(e->kept.from[i]));
		add_label(lo, b, &e->kept.packets[i], true);
		buf_addf(b, ", for %s", kept);
		add_copies(b, &e->kept.packets[i]);
		buf_puts(b, "\n");
	}
	if (!e->kept.n)
		buf_puts(b, "nothing is held\n");
}

static void lay_text(struct layout *lo, const struct event *e)
{
	if (e->kind == EV_LINE && !lo->v->verbose)
		return;
	buf_puts(&ladder_add_row(lo, e->kind == EV_NOTE ? ROW_NOTE : ROW_LINE, NO_SIDE, e->at)->text, e->text);
}

static void lay_expected(struct layout *lo, const struct event *e)
{
	if (lo->v->verbose)
		buf_addf(&ladder_add_row(lo, ROW_LINE, NO_SIDE, e->at)->text, "%s %s",
		         e->expected.held ? "ok:" : "NOT:", e->expected.text);
}

static void (*const lay[EVENT_KINDS])(struct layout *lo, const struct event *e) = {
	[EV_CALL] = lay_call,           [EV_RESULT] = lay_result,
	[EV_PACKET] = lay_packet,       [EV_RELEASED] = lay_released,
	[EV_DISCARDED] = lay_discarded, [EV_COUNTED] = lay_counted,
	[EV_SOCKET] = lay_socket,       [EV_TABLE] = lay_table,
	[EV_KEPT] = lay_kept,           [EV_NOTE] = lay_text,
	[EV_LINE] = lay_text,           [EV_EXPECTED] = lay_expected,
	[EV_NOTICE] = lay_text,         [EV_INFERRED] = lay_inferred,
	[EV_OUTPUT] = lay_output,       [EV_PROCESS] = lay_process,
	[EV_WAITS] = lay_process,       [EV_STACK] = lay_stack,
	[EV_LEAK] = lay_leak,           [EV_AGAIN] = NULL, /* told when its packet is let go */
};

void ladder_layout(struct view *v, const struct timeline *tl, struct rows *rows)
{
	struct layout lo = { .v = v, .tl = tl, .rows = rows, .first = v->next };

	for (lo.at = v->next; lo.at < tl->n; lo.at++)
		if (lay[tl->events[lo.at]->kind])
			lay[tl->events[lo.at]->kind](&lo, tl->events[lo.at]);
	v->next = tl->n;
}

void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		buf_free(&rows->all[i].text);
		buf_free(&rows->all[i].shorter);
	}
	free(rows->all);
	*rows = (struct rows){ 0 };
}
