/* SPDX-License-Identifier: MIT
 * Findings for people and for Nagios. */
#include "render/findings.h"
#include "base/text.h"
#include "render/out.h"

#include <stdlib.h>

/* --- words --------------------------------------------------------------------------------------------- */

static const char *verdict_word(const struct findings_view *v)
{
	static const char *const words[] = { "OK", "OK", "WARNING", "CRITICAL" };
	enum severity worst = findings_worst(v->findings);

	return v->unknown && worst < SEVERITY_WARNING ? "UNKNOWN" : words[worst];
}

static void add_counts(struct buf *out, const struct findings *fs)
{
	const char *comma = "";

	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
		size_t n = findings_count(fs, (enum severity)s);

		if (!n)
			continue;
		buf_addf(out, "%s%zu %s", comma, n, severity_word((enum severity)s));
		comma = ", ";
	}
	if (!*comma)
		buf_puts(out, "nothing found");
	if (findings_following(fs))
		buf_addf(out, ", %zu that follow%s", findings_following(fs), findings_following(fs) == 1 ? "s" : "");
	if (fs->n_unjudged)
		buf_addf(out, ", %zu unknown", fs->n_unjudged);
}

/* ":8080" of a listener at any address, or at several; "to 10.0.0.1:443". */
static void add_service(struct buf *out, const struct subject *s)
{
	char at[ADDR_TEXT];

	if (s->has_local && (!s->local.addr.family || addr_is_any(&s->local.addr))) {
		buf_addf(out, " :%u", s->local.port);
	} else if (s->has_local) {
		endpoint_format(at, &s->local);
		buf_addf(out, " %s", at);
	}
	if (s->has_peer) {
		endpoint_format(at, &s->peer);
		buf_addf(out, " to %s", at);
	}
}

static void add_subject(struct buf *out, const struct findings_view *v, const struct subject *s)
{
	const struct column_names *n = v->names;
	const char *name;

	if (s->pid) {
		buf_addf(out, "%.*s[%d]", (int)sizeof s->comm, s->comm, s->pid);
	} else if (s->has_local) {
		buf_puts(out, "owner not seen,");
	}
	add_service(out, s);
	if (!s->netns || v->observation->n_nets < 2)
		return;
	name = n->netns ? n->netns(n->ctx, s->netns) : NULL;
	if (name && streq(name, "this one"))
		return;
	buf_puts(out, out->len ? " in " : "");
	if (name)
		buf_puts(out, name);
	else
		buf_addf(out, "netns %llu", (unsigned long long)s->netns);
}

/* --- one finding for people ------------------------------------------------------------------------------ */

enum { MARGIN = 12, WIDEST = 4000, ALL = 1000 };

/* Lines that are already broken, and escaped. */
struct page {
	struct buf text;
	bool cut; /* not all was said */
};

static size_t width_of(const struct findings_view *v)
{
	return v->width > MARGIN + 22 ? v->width - MARGIN - 2 : v->width ? 20 : WIDEST; /* " …" may follow */
}

/* A labelled paragraph, broken to the width; what does not fit `most` lines is left out, and "…" stands for it. */
static void paragraph(struct page *p, const struct findings_view *v, const char *label, const char *text, size_t most)
{
	const char *rest = text;

	for (size_t line = 0; *rest && line < most; line++) {
		const char *next;
		size_t n = text_wrap(rest, width_of(v), &next);
		bool cut = *next && line + 1 == most;

		buf_puts(&p->text, "  ");
		text_pad(&p->text, rest == text ? label : "", MARGIN - 2);
		text_escape(&p->text, rest, n);
		buf_puts(&p->text, cut ? " …\n" : "\n");
		p->cut = p->cut || cut;
		rest = next;
	}
}

static void paragraph_if(struct page *p, const struct findings_view *v, const char *label, const char *text,
                         size_t most)
{
	if (text && *text)
		paragraph(p, v, label, text, most);
}

static const char *cause_of(const struct finding *f)
{
	return f->cause.len ? buf_text(&f->cause) : f->rule->cause;
}

static void add_root(struct page *p, const struct findings_view *v, const struct finding *f)
{
	struct buf b = { 0 };

	if (!f->root)
		return;
	buf_addf(&b, "follows from %s (%s)%s", f->root->rule->id, f->root->rule->name,
	         f->root->suppressed ? ", which is ignored" : "");
	paragraph(p, v, "root", buf_text(&b), ALL);
	buf_free(&b);
}

/* Both ends of the same connections are one finding: the end that is to blame tells of the other one. */
static bool is_told_by_root(const struct finding *f)
{
	return f->other_end && finding_follows(f);
}

/* With `whole`, its evidence as well. */
static bool add_other_ends(struct page *p, const struct findings_view *v, const struct finding *f, bool whole)
{
	bool any = false;

	for (size_t i = 0; i < v->findings->n; i++) {
		const struct finding *other = v->findings->all[i];
		struct buf b = { 0 };

		if (other->root != f || other->suppressed || !is_told_by_root(other))
			continue;
		add_subject(&b, v, &other->subject);
		buf_addf(&b, ": %s (%s %s)", buf_text(&other->headline), other->rule->id, other->rule->name);
		for (size_t k = 0; k < other->n_lines && whole; k++)
			buf_addf(&b, "; %s", buf_text(&other->lines[k]));
		if (whole || !any)
			paragraph(p, v, "other end", buf_text(&b), whole ? ALL : 1);
		p->cut = p->cut || (any && !whole);
		buf_free(&b);
		any = true;
	}
	return any;
}

static void add_value(struct buf *out, double value, enum unit unit)
{
	if (unit == UNIT_NS)
		span_add(out, (struct span){ (int64_t)value });
	else
		buf_addf(out, value >= 1e5 ? "%.0f%s%s" : "%.6g%s%s", value, *unit_word(unit) ? " " : "",
		         unit_word(unit));
}

/* What decides. */
static void add_figures(struct page *p, const struct findings_view *v, const struct finding *f)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < f->n_figures; i++) {
		const struct figure *g = &f->figures[i];

		buf_addf(&b, "%s%s ", b.len ? ", " : "", g->metric);
		add_value(&b, g->value, g->unit);
		if (g->has_threshold) {
			buf_puts(&b, " (threshold ");
			add_value(&b, g->threshold, g->unit);
			buf_puts(&b, ")");
		}
		if (g->source)
			buf_addf(&b, " [%s]", g->source);
	}
	paragraph_if(p, v, "figures", buf_text(&b), ALL);
	buf_free(&b);
}

/* Adds `text` with the real port, process and address where it says PORT, PID and ADDRESS. */
static void add_real(struct buf *out, const char *text, const struct subject *s)
{
	char port[8], pid[16], at[ADDR_TEXT];
	const struct {
		const char *word, *real;
	} words[] = { { "ADDRESS:PORT", s->has_peer ? at : NULL },
		      { "PORT", s->has_local ? port : NULL },
		      { "PID", s->pid ? pid : NULL } };

	snprintf(port, sizeof port, "%u", s->local.port);
	snprintf(pid, sizeof pid, "%d", s->pid);
	endpoint_format(at, &s->peer);
	while (*text) {
		size_t i = 0;

		while (i < ARRAY_SIZE(words) &&
		       !(words[i].real && strncmp(text, words[i].word, strlen(words[i].word)) == 0))
			i++;
		if (i < ARRAY_SIZE(words)) {
			buf_puts(out, words[i].real);
			text += strlen(words[i].word);
		} else {
			buf_add(out, text++, 1);
		}
	}
}

static void add_verify(struct page *p, const struct findings_view *v, const struct finding *f)
{
	struct buf b = { 0 };

	if (f->rule->verify)
		add_real(&b, f->rule->verify, &f->subject);
	paragraph_if(p, v, "verify", buf_text(&b), ALL);
	buf_free(&b);
}

static void whole(struct page *p, const struct findings_view *v, const struct finding *f)
{
	const struct rule_text *r = f->rule;

	paragraph(p, v, "", r->sentence, ALL);
	for (size_t i = 0; i < f->n_lines; i++)
		paragraph_if(p, v, i ? "" : "evidence", buf_text(&f->lines[i]), ALL);
	add_other_ends(p, v, f, true);
	add_root(p, v, f);
	paragraph_if(p, v, "where", buf_text(&f->place), ALL);
	paragraph_if(p, v, "cause", cause_of(f), ALL);
	paragraph_if(p, v, "fix", r->fix, ALL);
	paragraph_if(p, v, "caveat", r->caveat, ALL);
	paragraph_if(p, v, "no help", r->no_help, ALL);
	paragraph_if(p, v, "not when", r->not_when, ALL);
	add_verify(p, v, f);
	add_figures(p, v, f);
}

/* What somebody who is woken at night wants first: six lines with the title. */
static void in_short(struct page *p, const struct findings_view *v, const struct finding *f)
{
	bool bad = f->severity >= SEVERITY_WARNING;

	paragraph_if(p, v, "evidence", buf_text(&f->lines[0]), 2);
	if (!add_other_ends(p, v, f, false))
		paragraph_if(p, v, "also", buf_text(&f->lines[1]), 1);
	add_root(p, v, f);
	if (f->place.len)
		paragraph(p, v, "where", buf_text(&f->place), 1);
	else if ((bad && !f->root) || f->cause.len)
		paragraph_if(p, v, "cause", cause_of(f), 1);
	if (bad && !f->root)
		paragraph_if(p, v, "fix", f->rule->fix, 1);
	p->cut = p->cut || f->n_lines > 2;
}

static void put_tinted(FILE *out, const struct findings_view *v, enum severity s, const char *word)
{
	static const char *const codes[] = { "", "\033[1m", "\033[1;33m", "\033[1;31m" };

	out_code(out, v->colour ? codes[s] : "");
	out_part(out, "%s", word);
	out_code(out, v->colour ? "\033[0m" : "");
}

void findings_line(FILE *out, const struct findings_view *v, const struct finding *f)
{
	struct buf subject = { 0 };

	add_subject(&subject, v, &f->subject);
	put_tinted(out, v, f->severity, f->rule->id);
	out_line(out, " %s  %s  %s%s%s", severity_word(f->severity), f->rule->name, buf_text(&subject),
	         subject.len ? "  " : "", buf_text(&f->headline));
	buf_free(&subject);
}

/* True if not all was said. */
static bool print_finding(FILE *out, const struct findings_view *v, const struct finding *f)
{
	struct page p = { 0 };

	out_end(out);
	findings_line(out, v, f);
	if (v->verbose)
		whole(&p, v, f);
	else
		in_short(&p, v, f);
	out_lines(out, buf_text(&p.text));
	buf_free(&p.text);
	return p.cut;
}

/* --- the whole ------------------------------------------------------------------------------------------- */

static void add_scope(struct buf *out, const struct findings_view *v)
{
	const struct observation *o = v->observation;

	buf_addf(out, "%s (", v->host);
	if (o->only)
		buf_addf(out, "process %d, ", o->only);
	if (o->n_nets != 1)
		buf_addf(out, "%zu namespaces, ", o->n_nets);
	buf_addf(out, "%zu socket%s, ", o->last.n, o->last.n == 1 ? "" : "s");
	buf_puts(out, o->twice ? "window " : "one look");
	if (o->twice)
		span_add(out, o->window);
	buf_puts(out, ")");
}

/* What was not seen: once, behind all that was found. */
static void print_sight(FILE *out, const struct findings_view *v)
{
	const struct findings *fs = v->findings;
	const char *before = "not seen  ";

	for (size_t i = 0; i < fs->n; i++) {
		const struct finding *f = fs->all[i];
		struct page p = { 0 };

		if (f->suppressed || !f->rule->of_sight)
			continue;
		if (*before != ' ')
			out_end(out);
		out_line(out, "%s  %s %s: %s", before, f->rule->id, f->rule->name, buf_text(&f->headline));
		before = "          ";
		for (size_t k = 0; k < f->n_lines; k++)
			paragraph(&p, v, "", buf_text(&f->lines[k]), ALL);
		out_lines(out, buf_text(&p.text));
		buf_free(&p.text);
	}
}

static bool is_told_alone(const struct finding *f)
{
	return !f->suppressed && !is_told_by_root(f) && !f->rule->of_sight;
}

static void print_tail(FILE *out, const struct findings_view *v, bool cut)
{
	const struct findings *fs = v->findings;
	size_t suppressed = 0;

	for (size_t i = 0; i < fs->n; i++)
		suppressed += fs->all[i]->suppressed != NULL;
	out_end(out);
	for (size_t i = 0; i < fs->n_unjudged && v->verbose; i++)
		out_line(out, "unknown: %s %s: %s", fs->unjudged[i].rule->id, fs->unjudged[i].rule->name,
		         fs->unjudged[i].why);
	out_part(out, "%zu rule%s judged", fs->judged, fs->judged == 1 ? "" : "s");
	if (fs->n_unjudged)
		out_part(out, ", %zu unknown%s", fs->n_unjudged, v->verbose ? "" : " (-v says why)");
	if (suppressed)
		out_part(out, ", %zu finding%s ignored", suppressed, suppressed == 1 ? "" : "s");
	out_line(out, "%s", cut ? "; -v tells all" : "");
}

void findings_text(FILE *out, const struct findings_view *v)
{
	enum severity worst = findings_worst(v->findings);
	struct buf line = { 0 };
	bool cut = false;

	add_counts(&line, v->findings);
	buf_puts(&line, "   ");
	add_scope(&line, v);
	put_tinted(out, v, worst, verdict_word(v));
	out_line(out, "  %s", buf_text(&line));
	buf_free(&line);
	if (v->quiet)
		return;
	for (size_t i = 0; i < v->findings->n; i++)
		if (is_told_alone(v->findings->all[i]))
			cut |= print_finding(out, v, v->findings->all[i]);
	print_sight(out, v);
	print_tail(out, v, cut);
}

/* --- Nagios ---------------------------------------------------------------------------------------------- */

static void print_short(FILE *out, const struct findings_view *v, const struct finding *f)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s ", f->rule->id);
	add_subject(&b, v, &f->subject);
	buf_addf(&b, "%s%s", f->subject.pid || f->subject.has_local || f->subject.has_peer ? " " : "",
	         buf_text(&f->headline));
	for (char *bar = b.text; (bar = strchr(bar, '|')); bar++)
		*bar = '/'; /* it would end the text */
	out_part(out, "%s", buf_text(&b));
	buf_free(&b);
}

/* The same label in every run, as far as it is the same trouble. */
static void print_figure(FILE *out, const struct finding *f)
{
	const struct subject *s = &f->subject;

	out_part(out, " %s", f->rule->id);
	if (s->has_local || s->has_peer)
		out_part(out, "_%u", (unsigned)(s->has_local ? s->local.port : s->peer.port));
	else if (s->pid)
		out_part(out, "_%.15s", s->comm[strcspn(s->comm, " '=|")] ? "process" : s->comm);
	out_part(out, "=%zu;;;0", f->count);
}

void findings_nagios(FILE *out, const struct findings_view *v)
{
	const struct findings *fs = v->findings;
	struct buf counts = { 0 };

	add_counts(&counts, fs);
	out_part(out, "TCP %s - %s", verdict_word(v), buf_text(&counts));
	for (size_t i = 0, shown = 0; i < fs->n && shown < 3; i++) {
		if (fs->all[i]->suppressed || fs->all[i]->severity < SEVERITY_WARNING)
			continue;
		out_part(out, "%s", shown++ ? "; " : ": ");
		print_short(out, v, fs->all[i]);
	}
	out_part(out, " | sockets=%zu;;;0", v->observation->last.n);
	for (size_t i = 0; i < fs->n; i++)
		if (!fs->all[i]->suppressed && fs->all[i]->severity >= SEVERITY_WARNING)
			print_figure(out, fs->all[i]);
	out_end(out);
	for (size_t i = 0; i < fs->n && !v->quiet; i++) {
		if (fs->all[i]->suppressed)
			continue;
		out_part(out, "%s: ", severity_word(fs->all[i]->severity));
		print_short(out, v, fs->all[i]);
		out_end(out);
	}
	buf_free(&counts);
}
