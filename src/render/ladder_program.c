/* SPDX-License-Identifier: MIT
 * The rows of programs: what they print, where they wait, their stacks and leaks. */
#include "render/ladder_internal.h"
#include "base/text.h"

/* Of so many lines that a program prints in a row, so many are shown at the beginning and at the end; of one line, so
 * many bytes. */
enum { OUTPUT_LONG = 24, OUTPUT_SHOWN = 8, OUTPUT_CUT = 400 };

void lay_process(struct layout *lo, const struct event *e)
{
	struct row *r = ladder_add_row(lo, ROW_CALL, e->side, e->at);

	r->told = e->kind == EV_WAITS;
	r->cause = !r->told;
	ladder_add_who(lo, &r->text, e->who, e->side);
	buf_puts(&r->text, e->text);
}

void lay_stack(struct layout *lo, const struct event *e)
{
	struct buf *b = &ladder_add_row(lo, ROW_BLOCK, NO_SIDE, e->at)->text;

	buf_addf(b, "%s, %s", e->who, e->text);
}

/* A line of several in one row: what stands in it ends none. */
PRINTF_LIKE(2, 3) static void add_line(struct buf *b, const char *fmt, ...)
{
	size_t begins = b->len;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
	text_escape_from(b, begins);
	buf_puts(b, "\n");
}

static void add_site(struct buf *b, const char *title, const struct leak_site *s)
{
	if (s->call)
		add_line(b, "    %-10s %s%s%s   %s", title, s->who ? s->who : "", s->who ? ": " : "",
		         s->where ? s->where : "line unknown", s->call);
}

static bool same_text(const char *a, const char *b)
{
	return streq(a ? a : "", b ? b : "");
}

static bool same_site(const struct leak_site *a, const struct leak_site *b)
{
	return a->call && b->call && streq(a->call, b->call) && same_text(a->who, b->who) &&
	       same_text(a->where, b->where);
}

void lay_leak(struct layout *lo, const struct event *e)
{
	struct buf *b = &ladder_add_row(lo, ROW_BLOCK, NO_SIDE, e->at)->text;
	const struct event_leak *k = &e->leak;
	bool one = k->n == 1;

	if (k->state == TCP_CLOSED)
		add_line(b, "leak: %s holds %u connection%s that %s over, but for the descriptor", e->who, k->n,
		         one ? "" : "s", one ? "is" : "are");
	else
		add_line(b, "leak: %s holds %u connection%s whose peer%s sent %s FIN, in %s", e->who, k->n,
		         one ? "" : "s", one ? " has" : "s have", one ? "its" : "their", tcp_state_name(k->state));
	add_line(b, "    fd %s; peer%s %s", k->fds, one ? "" : "s", k->peers);
	if (!k->last.call && !k->made.call) {
		buf_puts(b, "    made before it was watched; no call on it was seen since\n");
		return;
	}
	add_site(b, "made", &k->made);
	if (!k->made.call)
		buf_puts(b, "    made       before it was watched\n");
	add_site(b, "saw end", &k->eof);
	if (!k->eof.call)
		buf_puts(b, k->made.call ? "    saw end    never: it was not read to its end\n"
		                         : "    saw end    not since it was watched\n");
	add_site(b, "copied", &k->copied);
	if (same_site(&k->last, &k->eof))
		buf_puts(b, "    last call  that read: nothing was done with it since\n");
	else
		add_site(b, "last call", &k->last);
}

static size_t lines_from_here(const struct layout *lo, const char *who)
{
	size_t n = 0;

	while (lo->at + n < lo->tl->n && lo->tl->events[lo->at + n]->kind == EV_OUTPUT &&
	       streq(lo->tl->events[lo->at + n]->who, who))
		n++;
	return n;
}

/* Of a long run of lines the middle is not shown, but for -v. True if this one is not; the first one there says how
 * many there are. */
static bool output_left_out(struct layout *lo, const struct event *e)
{
	size_t index;

	if (lo->lines_done == lo->lines) {
		lo->lines = lines_from_here(lo, e->who);
		lo->lines_done = 0;
	}
	index = lo->lines_done++;
	if (lo->v->verbose || lo->lines < OUTPUT_LONG || index < OUTPUT_SHOWN || index >= lo->lines - OUTPUT_SHOWN)
		return false;
	if (index == OUTPUT_SHOWN)
		buf_addf(&ladder_add_row(lo, ROW_LINE, NO_SIDE, e->at)->text,
		         "… %zu more lines of output; -v shows all", lo->lines - OUTPUT_SHOWN - OUTPUT_SHOWN);
	return true;
}

/* The longest beginning of at most `max` bytes that cuts no character. */
static int whole_characters(const char *text, int max)
{
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* What it wrote, in quotes: it is no word of ours. */
void lay_output(struct layout *lo, const struct event *e)
{
	size_t len = strlen(e->text);
	struct row *r;

	if (output_left_out(lo, e))
		return;
	r = ladder_add_row(lo, ROW_CALL, e->side, e->at);

	ladder_add_who(lo, &r->text, e->who, e->side);
	if (len > OUTPUT_CUT && !lo->v->verbose)
		buf_addf(&r->text, "prints \"%.*s\"..., %zu characters", whole_characters(e->text, OUTPUT_CUT), e->text,
		         len);
	else
		buf_addf(&r->text, "prints \"%s\"", e->text);
}
