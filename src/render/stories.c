/* SPDX-License-Identifier: MIT
 * Stories as text: what a capture holds, one connection a line, and one connection in full. */
#include "render/stories.h"
#include "base/text.h"
#include "render/out.h"

#include <time.h>

enum { NAMES_WIDTH = 18, LIST_INDENT = 6 };

/* Nearer to the end of the capture nothing can be called missing. */
#define TOO_SOON INT64_C(1000000000)

/* --- times ----------------------------------------------------------------------------------------------- */

static void add_span(struct buf *b, struct span d)
{
	char text[SPAN_TEXT];

	span_format(text, d);
	buf_puts(b, text);
}

/* "2026-11-21 12:00:03.123456", local time. */
static void add_moment(struct buf *b, int64_t wall_ns)
{
	time_t s = wall_ns / 1000000000;
	char text[32];
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	buf_addf(b, "%s.%06lld", text, (long long)(wall_ns % 1000000000 / 1000));
}

/* --- the capture ----------------------------------------------------------------------------------------- */

static void print(struct view *v, struct buf *b)
{
	out_lines(v->out, buf_text(b));
	buf_free(b);
}

/* The text in lines that fit the width, all after the first by `indent`; the buffer is empty then. */
static void print_wrapped(struct view *v, struct buf *b, size_t indent)
{
	const char *rest = buf_text(b);
	size_t used = 0;

	while (*rest) {
		const char *from = rest;
		size_t n = text_wrap(from, v->term.width - used, &rest);

		out_line(v->out, "%*s%.*s", (int)used, "", (int)n, from);
		used = indent;
	}
	buf_free(b);
}

static void add_count(struct buf *b, size_t n, const char *what)
{
	buf_addf(b, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

static void print_left_out(struct view *v, const struct capture_facts *f)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < f->n_left_out; i++)
		buf_addf(&b, "%s%zu %s", i ? ", " : "not looked at: ", f->left_out[i].n, f->left_out[i].why);
	print_wrapped(v, &b, 0);
}

static void add_tallies(struct buf *b, const struct capture_facts *f)
{
	for (size_t i = 0; i < f->n_tallies; i++) {
		buf_addf(b, "%9zu  ", f->tallies[i].n);
		story_label(b, &f->tallies[i].like);
		buf_puts(b, "\n");
	}
}

void text_capture(struct view *v, const struct capture_facts *f)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s: %s%s%s, ", f->name, f->format, *f->links ? ", " : "", f->links);
	add_count(&b, f->packets, "packet");
	buf_puts(&b, f->packets == f->segments ? "" : ", of them ");
	if (f->packets != f->segments)
		buf_addf(&b, "%zu TCP", f->segments);
	buf_puts(&b, ", ");
	add_count(&b, f->conns, "connection");
	print_wrapped(v, &b, 0);
	if (f->packets) {
		buf_puts(&b, "from ");
		add_moment(&b, f->wall_ns);
		buf_puts(&b, ", ");
		add_span(&b, f->lasted);
		buf_puts(&b, " long\n");
	}
	print(v, &b);
	if (f->backwards)
		buf_addf(&b,
		         "time goes back %zu time%s: a clock was set, or captures were joined; no time is taken to be "
		         "before the last",
		         f->backwards, f->backwards == 1 ? "" : "s");
	print_wrapped(v, &b, 0);
	print_left_out(v, f);
	if (f->conns > 1) {
		buf_puts(&b, "\n");
		add_tallies(&b, f);
	}
	print(v, &b);
}

/* --- one line ---------------------------------------------------------------------------------------------- */

static void add_ends(struct buf *b, const struct story *s)
{
	char a[ADDR_TEXT], c[ADDR_TEXT];

	endpoint_format(a, &s->end[CLIENT].at);
	endpoint_format(c, &s->end[SERVER].at);
	buf_addf(b, "%s > %s", a, c);
}

static void add_states(struct buf *b, const struct story *s)
{
	for (int i = 0; i < SIDES; i++) {
		buf_addf(b, "%s%s ", i ? ", " : "", side_name((enum side)i));
		state_set_text(b, s->end[i].may, s->end[i].likely);
	}
}

/* An ending that is as it should be needs no second line. */
static bool is_well(const struct story *s)
{
	return s->ending == ENDING_ORDERLY || s->ending == ENDING_HALF_CLOSE || s->ending == ENDING_SIMULTANEOUS;
}

static void add_close_wait(struct buf *b, const struct story *s, const struct capture_facts *f)
{
	const struct story_end *left = &s->end[side_other(s->closer)];

	buf_addf(b, "%s is in CLOSE_WAIT since ", side_name(side_other(s->closer)));
	add_moment(b, f->wall_ns + left->since.ns);
	buf_puts(b, ", for ");
	add_span(b, (struct span){ f->lasted.ns - left->since.ns });
	buf_puts(b, " at the end of the capture: its program has not called close()");
	if (state_set_has(left->may, TCP_LAST_ACK) || state_set_has(left->may, TCP_TIME_WAIT))
		buf_puts(b, ", or its FIN is not in the capture");
}

static bool something_is_missing(const struct story *s)
{
	return s->ending == ENDING_ONE_FIN || s->ending == ENDING_FIN_UNACKED || s->ending == ENDING_HALF_OPEN ||
	       s->ending == ENDING_UNANSWERED;
}

/* From when on something is missing. */
static struct span since(const struct story *s)
{
	return s->ending == ENDING_FIN_UNACKED || s->ending == ENDING_ONE_FIN ? s->end[s->closer].fin_at : s->ended;
}

/* What the ending means here. */
static void add_meaning(struct buf *b, const struct story *s, const struct capture_facts *f)
{
	int64_t left = f->lasted.ns - since(s).ns;

	if (s->ending == ENDING_ONE_FIN && s->end[side_other(s->closer)].likely == TCP_CLOSE_WAIT)
		add_close_wait(b, s, f);
	else
		story_sentence(b, s);
	if (!something_is_missing(s) || left >= TOO_SOON)
		return;
	buf_puts(b, "; the capture ends ");
	add_span(b, (struct span){ left });
	buf_puts(b, " later: what is missing may have come after it");
}

static void list_head(struct view *v)
{
	struct buf b = { 0 };

	buf_puts(&b, "\n conn     began     lasted  client > server\n");
	print(v, &b);
}

static void add_volume(struct buf *b, const struct story *s)
{
	buf_puts(b, "; ");
	add_count(b, s->end[CLIENT].packets + s->end[SERVER].packets, "packet");
	buf_addf(b, ", %llu bytes there, %llu back", (unsigned long long)s->end[CLIENT].bytes,
	         (unsigned long long)s->end[SERVER].bytes);
}

/* What went wrong on the way. */
static void add_losses(struct buf *b, const struct story *s)
{
	unsigned again = s->end[CLIENT].remarked[REMARK_BIT_RESENT] + s->end[SERVER].remarked[REMARK_BIT_RESENT];
	uint64_t unseen = s->end[CLIENT].unseen + s->end[SERVER].unseen;

	if (again)
		buf_addf(b, "; %u sent again", again);
	if (unseen)
		buf_addf(b, "; %llu bytes are not in the capture", (unsigned long long)unseen);
}

static void list_line(struct view *v, const struct story *s, const struct capture_facts *f)
{
	struct buf b = { 0 };
	char began[SPAN_TEXT], lasted[SPAN_TEXT];

	if (s->number == 1)
		list_head(v);
	span_format(began, s->began);
	span_format(lasted, (struct span){ s->ended.ns - s->began.ns });
	buf_addf(&b, "%5u %9s  %9s  ", s->number, began, lasted);
	add_ends(&b, s);
	buf_puts(&b, "\n");
	print(v, &b);
	buf_repeat(&b, " ", LIST_INDENT);
	story_label(&b, s);
	buf_puts(&b, "; ");
	add_states(&b, s);
	add_volume(&b, s);
	add_losses(&b, s);
	print_wrapped(v, &b, LIST_INDENT);
	if (!is_well(s)) {
		buf_repeat(&b, " ", LIST_INDENT);
		add_meaning(&b, s, f);
		print_wrapped(v, &b, LIST_INDENT);
	}
}

/* --- in full ----------------------------------------------------------------------------------------------- */

/* A line of the full story: its name, and text that is wrapped behind it. */
static void begin_line(struct buf *b, const char *name)
{
	buf_puts(b, "  ");
	text_pad(b, name, NAMES_WIDTH);
}

static void end_line(struct view *v, struct buf *b)
{
	print_wrapped(v, b, NAMES_WIDTH + 2);
}

static void add_packet(struct buf *b, const char *what, unsigned number)
{
	if (number)
		buf_addf(b, "%s #%u, ", what, number);
}

static void print_proof(struct view *v, const struct story *s)
{
	const struct proof *p = &s->proof;
	struct buf b = { 0 };

	begin_line(&b, "proved by packets");
	add_packet(&b, "SYN", p->syn);
	add_packet(&b, "SYN+ACK", p->synack);
	add_packet(&b, "ACK", p->ack);
	for (int i = 0; i < SIDES; i++) {
		if (!p->fin[i])
			continue;
		buf_addf(&b, "FIN of %s #%u", side_name((enum side)i), p->fin[i]);
		buf_puts(&b, p->fin_acked[i] ? " " : ", ");
		add_packet(&b, "acknowledged by", p->fin_acked[i]);
	}
	add_packet(&b, "RST", p->rst);
	if (s->ending == ENDING_OPEN)
		add_packet(&b, "the last", p->last);
	if (b.text[b.len - 2] == ',')
		b.text[b.len -= 2] = 0;
	end_line(v, &b);
}

/* On one machine a round trip takes microseconds. */
static void add_short_span(struct buf *b, struct span d)
{
	if (d.ns < 100000)
		buf_addf(b, "%.1f us", (double)d.ns / 1000);
	else
		add_span(b, d);
}

static void print_rtt(struct view *v, const struct story *s)
{
	static const struct {
		const char *name;
		size_t at;
	} rows[] = { { "SYN to SYN+ACK ", offsetof(struct story, rtt_open[SERVER]) },
		     { "SYN+ACK to ACK ", offsetof(struct story, rtt_open[CLIENT]) },
		     { "client's data to its ACK, shortest ", offsetof(struct story, rtt_data[CLIENT]) },
		     { "server's data to its ACK, shortest ", offsetof(struct story, rtt_data[SERVER]) } };
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct span *d = (const struct span *)((const char *)s + rows[i].at);

		if (d->ns < 0)
			continue;
		if (b.len)
			buf_puts(&b, "; ");
		else
			begin_line(&b, "round trips here");
		buf_puts(&b, rows[i].name);
		add_short_span(&b, *d);
	}
	end_line(v, &b);
}

static void print_end(struct view *v, const struct story *s, enum side side)
{
	const struct story_end *x = &s->end[side];
	struct buf b = { 0 };

	begin_line(&b, side_name(side));
	state_set_text(&b, x->may, x->likely);
	buf_addf(&b, "; %u packet%s, %llu bytes of data", x->packets, x->packets == 1 ? "" : "s",
	         (unsigned long long)x->bytes);
	if (x->unseen)
		buf_addf(&b, ", %llu more are not in the capture", (unsigned long long)x->unseen);
	for (int i = 0; i < REMARKS; i++)
		if (x->remarked[i])
			buf_addf(&b, "; %s %s%u", remark_info((enum remark)i)->label, v->term.utf8 ? "×" : "x",
			         x->remarked[i]);
	end_line(v, &b);
}

static void print_opening(struct view *v, const struct story *s)
{
	struct buf b = { 0 };

	begin_line(&b, "opening");
	buf_addf(&b, "%s%s%s", opening_info(s->opening)->sentence,
	         s->reused ? "; the same ports had a connection before" : "",
	         s->sides_guessed ? "; which end is the client is guessed: the one with the higher port" : "");
	end_line(v, &b);
}

static void print_ending(struct view *v, const struct story *s, const struct capture_facts *f)
{
	struct buf b = { 0 };

	begin_line(&b, "ending");
	story_label(&b, s);
	buf_puts(&b, ": ");
	add_meaning(&b, s, f);
	end_line(v, &b);
}

static void in_full(struct view *v, const struct story *s, const struct capture_facts *f)
{
	struct buf b = { 0 };

	buf_addf(&b, "\nconnection %u: ", s->number);
	add_ends(&b, s);
	buf_puts(&b, "\n");
	print(v, &b);
	print_opening(v, s);
	print_ending(v, s, f);
	print_proof(v, s);
	print_end(v, s, CLIENT);
	print_end(v, s, SERVER);
	print_rtt(v, s);
	if (v->verbose)
		return;
	buf_puts(&b, "All states are inferred. NAME? is the likely one of several: what passed here may have been lost "
	             "further on, or "
	             "a FIN may wait behind data; -v names the others.");
	out_end(v->out);
	print_wrapped(v, &b, 0);
}

void text_story(struct view *v, const struct story *s, const struct capture_facts *f, bool whole)
{
	if (whole)
		in_full(v, s, f);
	else
		list_line(v, s, f);
}
