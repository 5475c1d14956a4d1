/* SPDX-License-Identifier: MIT
 * JSON Lines: one object a line, as doc/schema describes them. The first says what runs and where, the last the
 * verdict. */
#include "base/json.h"
#include "render/json_sock.h"
#include "render/out.h"
#include "render/stories.h"

static const char *const witnesses[] = { [BY_CALLS] = "calls",   [BY_WIRE] = "wire", [BY_KERNEL] = "kernel",
	                                 [BY_SCRIPT] = "script", [BY_LAB] = "lab",   [BY_INFERENCE] = "inference" };

static const char *const fates[] = {
	[FATE_PASSED] = "passed",       [FATE_HELD] = "held",           [FATE_DROPPED] = "dropped",
	[FATE_DELAYED] = "delayed",     [FATE_OVERTAKEN] = "overtaken", [FATE_TWICE] = "twice",
	[FATE_CORRUPTED] = "corrupted", [FATE_DOUBLED] = "doubled",     [FATE_INJECTED] = "injected"
};

static void call(struct json *j, const struct event *e)
{
	json_number(j, "call", e->call.id);
	json_string(j, "text", e->call.text);
	if (e->call.where)
		json_string(j, "where", e->call.where);
	if (e->call.whole)
		json_string(j, "whole", e->call.whole);
	if (e->kind == EV_RESULT)
		json_bool(j, "failed", e->call.failed);
	if (e->call.why)
		json_string(j, "why", e->call.why);
	if (e->kind == EV_RESULT && e->call.took.ns)
		json_number(j, "took_ns", e->call.took.ns);
}

static void packet_fields(struct json *j, const struct event_packet *p)
{
	struct buf flags = { 0 };

	if (p->number)
		json_number(j, "number", p->number);
	if (p->conn)
		json_number(j, "conn", p->conn);
	segment_flags(&flags, p->seg.flags);
	json_endpoint(j, "from", &p->seg.src);
	json_endpoint(j, "to", &p->seg.dst);
	json_string(j, "flags", buf_text(&flags));
	json_number(j, "seq", p->rel_seq);
	json_number(j, "ack", p->seg.flags & ACK ? p->rel_ack : 0);
	if (p->seq_absolute)
		json_bool(j, "seq_absolute", true);
	if (p->ack_absolute && p->seg.flags & ACK)
		json_bool(j, "ack_absolute", true);
	json_number(j, "win", p->seg.window);
	json_number(j, "len", p->seg.len);
	json_bool(j, "checksum_ok", p->seg.checksum_ok);
	buf_free(&flags);
}

static void packet(struct json *j, const struct event *e)
{
	const struct event_packet *p = &e->packet;

	packet_fields(j, p);
	if (e->kind == EV_PACKET)
		json_string(j, "fate", fates[p->fate]);
	if (e->kind == EV_PACKET)
		json_bool(j, "resent", p->resent || p->remarks & REMARK_(RESENT));
	if (p->cookie)
		json_bool(j, "cookie", true);
	if (p->remarks)
		json_remarks(j, p->remarks);
	if (e->kind == EV_RELEASED || e->kind == EV_DISCARDED)
		json_number(j, "held_ns", p->kept.ns);
	json_number(j, "copies", p->copies);
}

static void counted(struct json *j, const struct event *e)
{
	const struct counted_info *info = counted_info(e->counted.what);
	struct buf counter = { 0 };

	buf_addf(&counter, "%s.%s", info->group, info->counter);
	json_number(j, "number", e->counted.number);
	json_string(j, "counter", buf_text(&counter));
	json_bool(j, "thrown", info->thrown);
	json_string(j, "text", info->words);
	buf_free(&counter);
}

/* All that one look of a lab gathers. */
enum { LOOKED_AT = WANT_TIMER | WANT_INODE | WANT_UID | WANT_DROPS };

static void socket_change(struct json *j, const struct event *e)
{
	const struct event_socket *s = &e->socket;

	if (s->before)
		json_bool(j, "before", true);
	json_string(j, "change", s->appeared ? "appeared" : s->gone ? "gone" : "changed");
	if (!s->appeared)
		json_string(j, "was", tcp_state_name(s->was.state));
	json_sock(j, s->gone ? &s->was : &s->is, LOOKED_AT);
}

static void table(struct json *j, const struct event *e)
{
	for (int side = 0; side < SIDES; side++) {
		const struct evidence *ev = &e->table.seen[side];

		json_open(j, side_name((enum side)side), '[');
		for (size_t i = 0; i < ev->n; i++) {
			json_open(j, NULL, '{');
			json_sock(j, &ev->socks[i], LOOKED_AT);
			json_owners(j, ev, &ev->socks[i]);
			json_close(j, '}');
		}
		json_close(j, ']');
	}
}

static void kept(struct json *j, const struct event *e)
{
	json_open(j, "held", '[');
	for (size_t i = 0; i < e->kept.n; i++) {
		json_open(j, NULL, '{');
		packet_fields(j, &e->kept.packets[i]);
		json_number(j, "held_ns", e->kept.packets[i].kept.ns);
		json_number(j, "copies", e->kept.packets[i].copies);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void text(struct json *j, const struct event *e)
{
	json_string(j, "text", e->text);
}

static void site(struct json *j, const char *key, const struct leak_site *s)
{
	if (!s->call)
		return;
	json_open(j, key, '{');
	json_string(j, "call", s->call);
	if (s->who)
		json_string(j, "who", s->who);
	if (s->where)
		json_string(j, "where", s->where);
	json_close(j, '}');
}

static void leak(struct json *j, const struct event *e)
{
	json_number(j, "count", e->leak.n);
	json_string(j, "state", tcp_state_name(e->leak.state));
	json_string(j, "fds", e->leak.fds);
	json_string(j, "peers", e->leak.peers);
	site(j, "made", &e->leak.made);
	site(j, "eof", &e->leak.eof);
	site(j, "last", &e->leak.last);
	site(j, "copied", &e->leak.copied);
}

static void inferred(struct json *j, const struct event *e)
{
	json_string(j, "likely", tcp_state_name(e->inferred.likely));
	json_states(j, "may", e->inferred.may);
}

static void expected(struct json *j, const struct event *e)
{
	json_string(j, "text", e->expected.text);
	json_bool(j, "held", e->expected.held);
}

static void (*const fields[EVENT_KINDS])(struct json *j, const struct event *e) = {
	[EV_CALL] = call,         [EV_RESULT] = call,     [EV_PACKET] = packet,    [EV_COUNTED] = counted,
	[EV_AGAIN] = packet,      [EV_RELEASED] = packet, [EV_DISCARDED] = packet, [EV_SOCKET] = socket_change,
	[EV_TABLE] = table,       [EV_KEPT] = kept,       [EV_NOTE] = text,        [EV_LINE] = text,
	[EV_EXPECTED] = expected, [EV_OUTPUT] = text,     [EV_PROCESS] = text,     [EV_WAITS] = text,
	[EV_STACK] = text,        [EV_LEAK] = leak,       [EV_NOTICE] = text,      [EV_INFERRED] = inferred,
};

void json_put(const struct view *v, struct buf *b)
{
	buf_puts(b, "\n");
	out_bytes(v->out, b);
	buf_free(b);
}

static void json_events(struct view *v, const struct timeline *tl)
{
	for (; v->next < tl->n; v->next++) {
		const struct event *e = tl->events[v->next];
		struct buf b = { 0 };
		struct json j = { &b, false };

		json_open(&j, NULL, '{');
		json_number(&j, "ts", e->at.ns);
		json_string(&j, "event", event_kind_info(e->kind)->word);
		json_string(&j, "src", witnesses[event_kind_info(e->kind)->witness]);
		if (e->side != NO_SIDE)
			json_string(&j, "side", side_name(e->side));
		if (*e->who)
			json_string(&j, "who", e->who);
		fields[e->kind](&j, e);
		json_close(&j, '}');
		json_put(v, &b);
	}
	out_push(v->out);
}

static void json_head(struct view *v, const struct showing *s)
{
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_open(&j, "schema", '{');
	json_string(&j, "event", "lastack.event/1");
	json_string(&j, "sock", "lastack.sock/1");
	json_close(&j, '}');
	json_string(&j, "command", s->command);
	json_string(&j, "title", s->title);
	json_number(&j, "wall_ns", s->wall_ns);
	json_string(&j, "kernel", s->kernel);
	json_open(&j, "settings", '{');
	for (size_t i = 0; i < s->n_settings; i++)
		if (!s->settings[i].missing)
			json_string(&j, s->settings[i].name, s->settings[i].value);
	json_close(&j, '}');
	json_open(&j, "not_set", '[');
	for (size_t i = 0; i < s->n_settings; i++)
		if (s->settings[i].refused)
			json_string(&j, NULL, s->settings[i].name);
	json_close(&j, ']');
	json_open(&j, "not_seen", '[');
	for (size_t i = 0; i < s->n_settings; i++)
		if (s->settings[i].missing)
			json_string(&j, NULL, s->settings[i].name);
	json_close(&j, ']');
	json_close(&j, '}');
	json_put(v, &b);
	out_push(v->out);
}

static void json_tail(struct view *v, const struct verdict *verdict)
{
	static const char *const words[] = { [VERDICT_OK] = "ok",
		                             [VERDICT_FAILED] = "failed",
		                             [VERDICT_SKIPPED] = "skipped",
		                             [VERDICT_ERROR] = "error" };
	struct buf b = { 0 };
	struct json j = { &b, false };

	json_open(&j, NULL, '{');
	json_string(&j, "event", "verdict");
	json_string(&j, "verdict", words[verdict->is]);
	json_number(&j, "expectations", verdict->expectations);
	json_number(&j, "took_ns", verdict->took.ns);
	if (verdict->late_copies)
		json_number(&j, "late_copies", verdict->late_copies);
	if (verdict->exits && verdict->is == VERDICT_OK)
		json_string(&j, "exits", verdict->exits);
	if (*verdict->reason)
		json_string(&j, "reason", verdict->reason);
	json_close(&j, '}');
	json_put(v, &b);
	out_push(v->out);
}

const struct renderer render_json = { json_head, json_events, json_tail, json_capture, json_story };
