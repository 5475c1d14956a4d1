/* SPDX-License-Identifier: MIT
 * The ladder on a terminal: how a row looks. */
#include "base/text.h"
#include "render/ladder.h"
#include "render/out.h"
#include "render/stories.h"

#include <stdlib.h>

/* Columns: time, client's state, the middle, server's state. */
enum { TIME_WIDTH = 8, STATE_WIDTH = 12, SIDES_WIDTH = TIME_WIDTH + 2 + STATE_WIDTH + 1 + 1 + STATE_WIDTH };
enum { NOTE_INDENT = 10, HEAD_INDENT = 4, SETTING_INDENT = 41, BLOCK_INDENT = 4 };
/* Columns beside the label: of an arrow that looks like one, and of its strokes, head and blanks alone. */
enum { ARROW_LEAST = 8, HEADLESS = 4 };

/* The strokes of an arrow, and of a prose line, for screens with and without UTF-8. */
struct strokes {
	const char *line, *to_right, *to_left, *stop_right, *stop_left, *lost, *note;
};

static const struct strokes drawn = { "─", "▶", "◀", "┤", "├", "✗", "│" };
static const struct strokes plain = { "-", ">", "<", "|", "|", "x", "|" };

static const struct strokes *strokes_of(const struct view *v)
{
	return v->term.utf8 ? &drawn : &plain;
}

static size_t middle_width(const struct view *v)
{
	size_t w = v->term.width > 120 ? 120 : v->term.width;

	return w - SIDES_WIDTH;
}

/* Without UTF-8 the few characters of ours beyond ASCII get stand-ins; a scenario's own text is left as it is. For
 * buf_free(). */
static struct buf with_stand_ins(const struct view *v, const char *text)
{
	static const struct {
		const char *from, *to;
	} stand_ins[] = { { "…", "..." }, { "×", "x" } };
	struct buf b = { 0 };

	while (*text) {
		size_t i = v->term.utf8 ? ARRAY_SIZE(stand_ins) : 0;

		while (i < ARRAY_SIZE(stand_ins) && strncmp(text, stand_ins[i].from, strlen(stand_ins[i].from)) != 0)
			i++;
		if (i == ARRAY_SIZE(stand_ins)) {
			buf_add(&b, text++, 1);
			continue;
		}
		buf_puts(&b, stand_ins[i].to);
		text += strlen(stand_ins[i].from);
	}
	return b;
}

static void tinted(const struct view *v, enum tint tint, const char *text)
{
	struct buf b = with_stand_ins(v, text);

	out_tinted(v->out, &v->term, tint, buf_text(&b));
	buf_free(&b);
}

static void put(const struct view *v, const char *text)
{
	tinted(v, TINT_NONE, text);
}

static void state_cell(const struct view *v, const char *state, bool pad)
{
	struct buf b = { 0 };

	text_pad(&b, state, pad ? STATE_WIDTH : 0);
	tinted(v, TINT_STATE, buf_text(&b));
	buf_free(&b);
}

/* "0.000123", "12.34567", "4321.012", "1234567": as many digits as fit the column. */
static void seconds_format(char out[static SPAN_TEXT], struct span d)
{
	int whole = 1;

	for (int64_t s = d.ns / 1000000000; s >= 10; s /= 10)
		whole++;
	snprintf(out, SPAN_TEXT, "%.*f", whole < TIME_WIDTH - 1 ? TIME_WIDTH - 1 - whole : 0, (double)d.ns / 1e9);
}

/* One line of the ladder; `middle` is as wide as the middle, or is nothing. A text of several lines has the client's
 * state before its first, and the server's behind its last, so that none stands within it. */
static void line(const struct view *v, const struct row *r, bool first, bool last, const char *middle, enum tint tint)
{
	char time[SPAN_TEXT] = "";
	const char *right = last ? r->state[SERVER] : "";
	struct buf b = { 0 };

	if (first && !r->detail && v->precise)
		seconds_format(time, r->at);
	else if (first && !r->detail)
		span_format(time, r->at);
	text_pad_left(&b, time, TIME_WIDTH);
	tinted(v, TINT_DIM, buf_text(&b));
	put(v, "  ");
	state_cell(v, first ? r->state[CLIENT] : "", *middle || *right);
	buf_clear(&b);
	text_pad(&b, middle, *right ? middle_width(v) : 0);
	if (*middle || *right)
		put(v, " ");
	tinted(v, tint, buf_text(&b));
	if (*right) {
		put(v, " ");
		state_cell(v, right, false);
	}
	out_end(v->out);
	buf_free(&b);
}

static void draw_call(const struct view *v, const struct row *r)
{
	size_t width = middle_width(v);
	const char *rest = buf_text(&r->text);
	bool first = true;

	do {
		struct buf part = { 0 }, placed = { 0 };
		const char *from = rest;
		size_t n = text_wrap(from, width, &rest);

		buf_add(&part, from, n);
		if (r->side == SERVER)
			text_pad_left(&placed, buf_text(&part), width);
		else
			buf_puts(&placed, buf_text(&part));
		line(v, r, first, !*rest, part.len ? buf_text(&placed) : "", TINT_NONE);
		first = false;
		buf_free(&part);
		buf_free(&placed);
	} while (*rest);
}

/* --- arrows -------------------------------------------------------------------------------------------- */

static size_t fit(size_t width, size_t used)
{
	return width > used ? width - used : 0;
}

/* `label ─────▶` over the whole middle; the label stands at the sender. What is thrown away arrives with a cross. */
static void whole_arrow(struct buf *b, const struct strokes *s, const struct row *r, const char *label, size_t width)
{
	size_t strokes = fit(width, text_width(label) + 4);

	if (r->side == CLIENT) {
		buf_addf(b, "%s %s ", s->line, label);
		buf_repeat(b, s->line, strokes);
		buf_puts(b, r->thrown ? s->lost : s->to_right);
	} else {
		buf_puts(b, r->thrown ? s->lost : s->to_left);
		buf_repeat(b, s->line, strokes);
		buf_addf(b, " %s %s", label, s->line);
	}
}

/* Why an arrow stops; NULL: it arrives. */
static const char *stop_word(enum fate fate)
{
	static const char *const words[] = {
		[FATE_HELD] = "held",       [FATE_DROPPED] = "dropped", [FATE_DELAYED] = "delayed",
		[FATE_OVERTAKEN] = "waits", [FATE_DOUBLED] = "held",    [FATE_INJECTED] = NULL
	};

	return words[fate];
}

/* `label ───┤ held`: it does not arrive, or not now. */
static void stopped_arrow(struct buf *b, const struct strokes *s, const struct row *r, const char *label, size_t width)
{
	const char *word = stop_word(r->fate);
	const char *stop = r->fate == FATE_DROPPED ? s->lost : r->side == CLIENT ? s->stop_right : s->stop_left;
	size_t used = text_width(label) + 3 + 1 + 1 + strlen(word);
	size_t strokes = fit(width, used) / 2;

	if (r->side == CLIENT) {
		buf_addf(b, "%s %s ", s->line, label);
		buf_repeat(b, s->line, strokes);
		buf_addf(b, "%s %s", stop, word);
	} else {
		buf_repeat(b, " ", fit(width, used + strokes));
		buf_addf(b, "%s %s", word, stop);
		buf_repeat(b, s->line, strokes);
		buf_addf(b, " %s %s", label, s->line);
	}
}

/* `        ├ label ───▶`: from the middle of the wire, where it was held. */
static void released_arrow(struct buf *b, const struct strokes *s, const struct row *r, const char *label, size_t width)
{
	size_t used = text_width(label) + 4;
	size_t strokes = fit(width, used) / 2;

	if (r->side == CLIENT) {
		buf_repeat(b, " ", fit(width, used + strokes));
		buf_addf(b, "%s %s ", s->stop_left, label);
		buf_repeat(b, s->line, strokes);
		buf_puts(b, r->thrown ? s->lost : s->to_right);
	} else {
		buf_puts(b, r->thrown ? s->lost : s->to_left);
		buf_repeat(b, s->line, strokes);
		buf_addf(b, " %s %s", label, s->stop_right);
	}
}

static enum tint arrow_tint(const struct row *r)
{
	if (r->thrown || r->fate == FATE_DROPPED || r->fate == FATE_CORRUPTED || r->fate == FATE_INJECTED)
		return TINT_BAD;
	return r->released || stop_word(r->fate) ? TINT_HELD : TINT_NONE;
}

/* The beginning of a label in front of `mark`, if it fits: its length; 0: it does not. */
static size_t cut_before(const char *label, const char *mark, size_t width)
{
	const char *at = strstr(label, mark);
	char *begin = at ? xstrndup(label, (size_t)(at - label)) : NULL;
	size_t cut = begin && text_width(begin) <= width ? (size_t)(at - label) : 0;

	free(begin);
	return cut;
}

/* The longer label where an arrow of some length is left beside it; of the shorter one as much as fits, up to a comma,
 * or to one of its numbers: the rest stands below. */
static const char *choose_label(const struct row *r, size_t width, struct buf *label)
{
	static const char *const marks[] = { ", ", " len ", " ack ", " seq ", " " };
	size_t word = stop_word(r->fate) ? strlen(stop_word(r->fate)) + 1 : 0;
	const char *whole = buf_text(&r->text), *shorter = buf_text(&r->shorter);
	size_t room = fit(width, HEADLESS + word), cut = 0;

	if (text_width(whole) + ARROW_LEAST + word <= width) {
		buf_puts(label, whole);
		return "";
	}
	for (size_t i = 0; i < ARRAY_SIZE(marks) && !cut && text_width(shorter) > room; i++)
		cut = cut_before(shorter, marks[i], room);
	buf_add(label, shorter, cut ? cut : r->shorter.len);
	return cut ? shorter + cut + strspn(shorter + cut, ", ") : "";
}

static void draw_below(const struct view *v, const struct row *arrow, const char *text)
{
	struct row r = { .side = arrow->side, .detail = true, .state = { "", "" } };

	buf_puts(&r.text, text);
	draw_call(v, &r);
	buf_free(&r.text);
}

static void draw_arrow(const struct view *v, const struct row *r)
{
	size_t width = middle_width(v);
	struct buf b = { 0 }, label = { 0 };
	const char *rest = choose_label(r, width, &label);

	if (r->released)
		released_arrow(&b, strokes_of(v), r, buf_text(&label), width);
	else if (!stop_word(r->fate))
		whole_arrow(&b, strokes_of(v), r, buf_text(&label), width);
	else
		stopped_arrow(&b, strokes_of(v), r, buf_text(&label), width);
	line(v, r, true, true, buf_text(&b), arrow_tint(r));
	if (*rest)
		draw_below(v, r, rest);
	buf_free(&b);
	buf_free(&label);
}

/* --- prose --------------------------------------------------------------------------------------------- */

static void draw_prose(const struct view *v, const struct row *r, const char *mark, enum tint tint)
{
	size_t width = middle_width(v) + SIDES_WIDTH - NOTE_INDENT - 2;
	const char *rest = buf_text(&r->text);

	while (*rest) {
		const char *from = rest;
		size_t n = text_wrap(from, width, &rest);
		struct buf part = { 0 };

		buf_repeat(&part, " ", NOTE_INDENT);
		buf_addf(&part, "%s ", mark);
		buf_add(&part, from, n);
		tinted(v, tint, buf_text(&part));
		out_end(v->out);
		buf_free(&part);
	}
}

static void draw_note(const struct view *v, const struct row *r)
{
	draw_prose(v, r, strokes_of(v)->note, TINT_NOTE);
}

static void draw_line(const struct view *v, const struct row *r)
{
	draw_prose(v, r, " ", TINT_DIM);
}

/* Lines as they are, for a program may read them; on a screen, what is too wide goes on below. */
static void draw_block(const struct view *v, const struct row *r)
{
	struct buf b = with_stand_ins(v, buf_text(&r->text));

	out_end(v->out);
	for (const char *at = buf_text(&b); *at;) {
		size_t n = strcspn(at, "\n"), indent = strspn(at, " ") + BLOCK_INDENT;

		if (v->term.screen)
			out_wrapped(v->out, &v->term, TINT_NONE, indent, "%.*s", (int)n, at);
		else
			out_line(v->out, "%.*s", (int)n, at);
		at += n + (at[n] == '\n');
	}
	out_end(v->out);
	buf_free(&b);
}

static void (*const draw[])(const struct view *v, const struct row *r) = {
	[ROW_CALL] = draw_call, [ROW_ARROW] = draw_arrow, [ROW_NOTE] = draw_note,
	[ROW_LINE] = draw_line, [ROW_BLOCK] = draw_block,
};

/* --- the renderer -------------------------------------------------------------------------------------- */

static void heading(const struct view *v)
{
	struct buf b = { 0 };

	text_pad_left(&b, v->precise ? "seconds" : "time", TIME_WIDTH);
	buf_puts(&b, "  ");
	text_pad(&b, view_name(v, CLIENT), STATE_WIDTH + 1 + middle_width(v) + 1);
	buf_puts(&b, view_name(v, SERVER));
	tinted(v, TINT_BOLD, buf_text(&b));
	out_end(v->out);
	buf_free(&b);
}

/* The command is bold, but where the line is longer than the screen. */
static void put_title(const struct view *v, const struct showing *s)
{
	struct buf title = with_stand_ins(v, s->title);

	if (text_width(s->command) + 2 + text_width(buf_text(&title)) > v->term.width) {
		out_wrapped(v->out, &v->term, TINT_BOLD, HEAD_INDENT, "%s: %s", s->command, buf_text(&title));
	} else {
		tinted(v, TINT_BOLD, s->command);
		out_line(v->out, ": %s", buf_text(&title));
	}
	buf_free(&title);
}

static void text_head(struct view *v, const struct showing *s)
{
	put_title(v, s);
	if (s->setting)
		out_wrapped(v->out, &v->term, TINT_DIM, HEAD_INDENT, "%s", s->setting);
	for (size_t i = 0; s->verbose && i < s->n_settings; i++)
		out_wrapped(v->out, &v->term, TINT_NONE, SETTING_INDENT, "  %-38s %-20s %s%s", s->settings[i].name,
		            s->settings[i].missing ? "(not on this kernel)" : s->settings[i].value,
		            s->settings[i].refused ? "REFUSED, so not: " : "", s->settings[i].why);
	out_end(v->out);
	heading(v);
	out_push(v->out);
}

static void text_events(struct view *v, const struct timeline *tl)
{
	struct rows rows = { 0 };

	ladder_layout(v, tl, &rows);
	for (size_t i = 0; i < rows.n; i++)
		draw[rows.all[i].kind](v, &rows.all[i]);
	rows_free(&rows);
	out_push(v->out);
}

static void text_verdict(struct view *v, const struct verdict *verdict)
{
	char took[SPAN_TEXT];

	span_format(took, verdict->took);
	switch (verdict->is) {
	case VERDICT_OK:
		tinted(v, TINT_GOOD, verdict->expectations ? "ok" : "done");
		if (verdict->expectations)
			out_part(v->out, ", %u expectation%s", verdict->expectations,
			         verdict->expectations == 1 ? "" : "s");
		out_line(v->out, ", %s%s%s", took, verdict->exits ? ", " : "", verdict->exits ? verdict->exits : "");
		break;
	case VERDICT_SKIPPED:
		out_line(v->out, "skipped: %s", verdict->reason);
		break;
	case VERDICT_FAILED:
		tinted(v, TINT_BAD, "FAILED");
		if (verdict->expectations)
			out_part(v->out, " after %u expectation%s", verdict->expectations,
			         verdict->expectations == 1 ? "" : "s");
		out_line(v->out, ", %s", took);
		out_lines(v->out, verdict->reason);
		break;
	case VERDICT_ERROR: /* said on standard error */
		break;
	}
	out_push(v->out);
}

static void text_tail(struct view *v, const struct verdict *verdict)
{
	out_end(v->out);
	if (v->verbose && verdict->late_copies)
		out_line(v->out, "%u segment%s sent again only because the lab was late, left out",
		         verdict->late_copies, verdict->late_copies == 1 ? "" : "s");
	text_verdict(v, verdict);
}

const struct renderer render_text = { text_head, text_events, text_tail, text_capture, text_story };
const struct renderer render_verdict = { .tail = text_verdict, .capture = text_capture };
